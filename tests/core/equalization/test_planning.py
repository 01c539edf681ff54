from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from bacs_core.devices.panel_module import STATUS_HOT, STATUS_MEASURING_RESISTANCE
from bacs_core.equalization import Memory, Plan, initial, plan
from bacs_core.model import Chemistry, EqualizationState, EqualizedBy, Inhibit, String
from bacs_core.snapshot import StringReadings
from bacs_core.summary import trusted
from tests.core.equalization.build import NAN, START, a_string, readings

SPREAD_V = [2.24, 2.26, 2.28, 2.30]
Read = Callable[[float], StringReadings]


def spread(read_at: float) -> StringReadings:
    return readings(SPREAD_V, read_at)


def run(
    string: String,
    read: Read,
    seconds: int,
    *,
    memory: Memory | None = None,
    start: float = START,
    step_s: float = 1.0,
    paused: bool = False,
    inhibits: tuple[Inhibit, ...] = (),
) -> Plan:
    """Tick for some seconds, the first time at `start`, and return the last plan."""
    memory = memory or initial(string)
    for tick in range(int(seconds / step_s) + 1):
        now = start + tick * step_s
        latest = plan(string, read(now), memory, now, paused=paused, inhibits=inhibits)
        memory = latest.memory
    return latest


def test_cells_above_the_target_get_bypass_and_cells_below_get_none() -> None:
    latest = run(a_string(4), spread, 600)
    low, lower_middle, upper_middle, high = latest.duty_percent
    assert low == lower_middle == 0
    assert 0 < upper_middle < high
    assert latest.summary.state is EqualizationState.ACTIVE
    assert latest.summary.inhibited_by == ()


def test_duty_is_a_slow_integral() -> None:
    string = a_string(4)
    after_a_minute = run(string, spread, 60).duty_percent[3]
    after_two = run(string, spread, 120).duty_percent[3]
    assert after_a_minute < 2
    assert after_two == pytest.approx(2 * after_a_minute, rel=0.1)


def test_a_cell_without_bypass_starts_at_5_mv_above_the_target_and_not_before() -> None:
    string = a_string(2)
    assert (
        run(string, lambda at: readings([2.2655, 2.2745], at), 3600, step_s=10).duty_percent[1] == 0
    )
    assert run(string, lambda at: readings([2.2645, 2.2755], at), 60).duty_percent[1] > 0


def test_the_same_start_holds_for_a_monobloc() -> None:
    string = a_string(2, cell_voltage_v=12.0, capacity_ah=100.0, module_type="C24")
    assert (
        run(string, lambda at: readings([13.6155, 13.6245], at), 3600, step_s=10).duty_percent[1]
        == 0
    )
    assert run(string, lambda at: readings([13.6145, 13.6255], at), 60).duty_percent[1] > 0


def test_duty_rests_once_the_cell_is_at_the_target() -> None:
    string = a_string(4)
    working = run(string, spread, 600)
    near = run(
        string,
        lambda at: readings([2.270, 2.270, 2.270, 2.270], at),
        600,
        memory=working.memory,
        start=START + 601,
    )
    later = run(
        string,
        lambda at: readings([2.2695, 2.2695, 2.2705, 2.2705], at),
        3600,
        step_s=10,
        memory=near.memory,
        start=START + 1202,
    )
    assert later.duty_percent == pytest.approx(near.duty_percent, abs=0.5)


def test_a_cell_that_falls_under_bypass_gets_less_than_one_that_does_not() -> None:
    string = a_string(4)

    def falling(at: float) -> StringReadings:
        fall_v = 0.006 * (at - START) / 1200
        return readings([2.24 + fall_v, 2.26, 2.28, 2.30 - fall_v], at)

    assert run(string, falling, 1200).duty_percent[3] < run(string, spread, 1200).duty_percent[3]


def test_without_a_usable_float_current_no_duty_exceeds_half() -> None:
    string = a_string(4)
    wide = [2.21, 2.31, 2.31, 2.31]
    latest = run(
        string, lambda at: readings(wide, at, current_a=0.3, current_error_a=0.5), 36000, step_s=10
    )
    assert latest.duty_percent.max() == pytest.approx(50)


def test_without_a_usable_float_current_one_high_cell_gets_no_more_than_the_string_can_carry() -> (
    None
):
    string = a_string(24)
    one_high = [2.27] * 23 + [2.37]
    latest = run(string, lambda at: readings(one_high, at), 36000, step_s=10)
    # 0.2 A of float current and what the bypass of this one cell adds to it, over 24 cells.
    assert latest.duty_percent[23] * 0.85 / 100 == pytest.approx(0.2 * 24 / 23, rel=0.01)


def test_with_a_usable_float_current_every_cell_keeps_a_tenth_of_the_nominal_one() -> None:
    string = a_string(4)
    latest = run(
        string,
        lambda at: readings([2.20, 2.20, 2.34, 2.34], at, current_a=0.3, current_error_a=0.01),
        36000,
        step_s=10,
    )
    assert latest.duty_percent.max() * 0.85 / 100 == pytest.approx(0.3 - 0.01 - 0.02)


def test_a_sensor_that_rules_a_current_out_limits_the_bypass_even_if_it_is_not_usable() -> None:
    latest = run(
        a_string(4),
        lambda at: readings([2.20, 2.20, 2.34, 2.34], at, current_a=0.0, current_error_a=0.01),
        3600,
        step_s=10,
    )
    assert latest.duty_percent.max() * 0.85 / 100 <= 0.0101


@dataclass(frozen=True)
class Cause:
    """Something that inhibits a whole string."""

    name: Inhibit
    voltage_v: Sequence[float] = tuple(SPREAD_V)
    current_a: float | None = None
    paused: bool = False
    inhibits: tuple[Inhibit, ...] = ()


@pytest.mark.parametrize(
    "cause",
    [
        Cause(Inhibit.MANUAL_STOP, paused=True),
        Cause(Inhibit.MIXED_GENERATIONS, inhibits=(Inhibit.MIXED_GENERATIONS,)),
        Cause(Inhibit.DISCHARGE, current_a=-20.0),
        Cause(Inhibit.DISCHARGE, voltage_v=(2.05, 2.06, 2.07, 2.08)),
        Cause(Inhibit.DISCHARGE, voltage_v=(2.22, 2.24, 2.26, 2.28)),
        Cause(Inhibit.STALE_READING, voltage_v=(2.24, NAN, NAN, NAN)),
    ],
    ids=["a person", "generations", "current", "far below float", "falling", "too few cells"],
)
def test_an_inhibit_sends_nothing_and_keeps_what_was_worked_out(cause: Cause) -> None:
    string = a_string(4)
    before = run(string, spread, 600)
    inhibited = run(
        string,
        lambda at: readings(cause.voltage_v, at, current_a=cause.current_a, current_error_a=2.0),
        5,
        memory=before.memory,
        start=START + 601,
        paused=cause.paused,
        inhibits=cause.inhibits,
    )
    assert not inhibited.duty_percent.any()
    assert inhibited.summary.state is EqualizationState.INHIBITED
    assert cause.name in inhibited.summary.inhibited_by
    assert inhibited.memory.law.duty_percent == pytest.approx(before.duty_percent)


def uniform(mean_v: float, current_a: float, at: float) -> StringReadings:
    return readings([mean_v] * 4, at, current_a=current_a, current_error_a=2.0)


def test_timeline_of_a_power_failure() -> None:
    """(second, mean voltage, current) -> whether discharge is named; the sensor errs by 2 A."""
    timeline = [
        (0, 2.27, 0.3, False),
        (60, 2.10, -80.0, True),
        (600, 1.95, -80.0, True),
        (900, 2.15, 40.0, True),
        (2400, 2.22, 30.0, True),
        (2900, 2.24, 20.0, True),
        (2990, 2.26, 5.0, False),
        (4000, 2.27, 0.3, False),
    ]
    string = a_string(4)
    memory = initial(string)
    seen = []
    for (at_s, mean_v, current_a, _), until_s in zip(
        timeline, [at_s for at_s, *_ in timeline[1:]] + [4060], strict=True
    ):
        latest = run(
            string,
            partial(uniform, mean_v, current_a),
            until_s - at_s - 1,
            memory=memory,
            start=START + at_s,
        )
        memory = latest.memory
        seen.append(Inhibit.DISCHARGE in latest.summary.inhibited_by)
    assert seen == [named for *_, named in timeline]


def test_a_charger_that_stops_without_a_load_is_noticed_by_the_falling_mean() -> None:
    string = a_string(24)

    def falling(at: float) -> StringReadings:
        return readings(np.linspace(2.24, 2.30, 24) - 0.014 * (at - START) / 3600, at)

    held = run(string, lambda at: readings(np.linspace(2.24, 2.30, 24), at), 3600, step_s=10)
    latest = run(string, falling, 3000, memory=held.memory, start=START + 3610, step_s=10)
    assert latest.summary.inhibited_by == (Inhibit.DISCHARGE,)


def test_losing_a_cell_is_no_fall_of_the_mean() -> None:
    string = a_string(4)
    before = run(string, spread, 600)
    after = run(
        string,
        lambda at: readings([2.24, 2.26, 2.28, NAN], at),
        60,
        memory=before.memory,
        start=START + 601,
    )
    assert Inhibit.DISCHARGE not in after.summary.inhibited_by


@pytest.mark.parametrize(
    ("name", "read"),
    [
        (Inhibit.STALE_READING, lambda at: readings([*SPREAD_V[:3], NAN], at)),
        (Inhibit.STALE_READING, lambda at: readings([*SPREAD_V[:3], 2.9], at)),
        (Inhibit.HOT_MODULE, lambda at: readings(SPREAD_V, at, status=[0, 0, 0, STATUS_HOT])),
        (Inhibit.HOT_MODULE, lambda at: readings(SPREAD_V, at, temperature_c=[25, 25, 25, 51])),
        (
            Inhibit.RESISTANCE_MEASUREMENT,
            lambda at: readings(SPREAD_V, at, status=[0, 0, 0, STATUS_MEASURING_RESISTANCE]),
        ),
    ],
    ids=["silent", "lying", "hot module", "hot cell", "resistance"],
)
def test_what_concerns_one_cell_stops_that_cell_alone(name: Inhibit, read: Read) -> None:
    string = a_string(4)
    before = run(string, spread, 600)
    latest = run(string, read, 5, memory=before.memory, start=START + 601)
    assert latest.duty_percent[3] == 0
    assert latest.memory.law.duty_percent[3] == pytest.approx(before.duty_percent[3])
    assert latest.summary.inhibited_by == (name,)
    if name is not Inhibit.STALE_READING:
        assert latest.duty_percent[2] > 0
        assert latest.summary.state is EqualizationState.ACTIVE


def test_a_module_that_was_hot_rests_for_five_minutes() -> None:
    string = a_string(4)
    hot = run(
        string,
        lambda at: readings(SPREAD_V, at, status=[0, 0, 0, STATUS_HOT]),
        600,
        memory=run(string, spread, 600).memory,
        start=START + 601,
    )
    soon = run(string, spread, 290, memory=hot.memory, start=START + 1202)
    assert soon.duty_percent[3] == 0
    later = run(string, spread, 20, memory=soon.memory, start=START + 1493)
    assert later.duty_percent[3] > 0


def test_after_a_long_gap_between_ticks_nothing_is_added() -> None:
    string = a_string(4)
    before = run(string, spread, 600)
    now = START + 600 + 7200
    after = plan(string, spread(now), before.memory, now, paused=False)
    assert after.memory.law.duty_percent == pytest.approx(before.memory.law.duty_percent)


def test_the_length_of_ticks_does_not_matter() -> None:
    string = a_string(4)
    fine = run(string, spread, 1800)
    coarse = run(string, spread, 1800, step_s=10)
    assert coarse.duty_percent == pytest.approx(fine.duty_percent, rel=0.02)


def test_a_cell_that_its_limit_does_not_bring_down_for_six_hours_is_reported() -> None:
    string = a_string(24)
    voltage_v = [2.266] * 23 + [2.362]
    latest = run(string, lambda at: readings(voltage_v, at), 5 * 3600, step_s=10)
    assert not latest.exhausted.any()
    latest = run(
        string,
        lambda at: readings(voltage_v, at),
        3 * 3600,
        memory=latest.memory,
        start=START + 5 * 3600 + 10,
        step_s=10,
    )
    assert latest.exhausted.tolist() == [False] * 23 + [True]
    silent = run(
        string,
        lambda at: readings([2.266] * 23 + [NAN], at),
        600,
        memory=latest.memory,
        start=START + 8 * 3600 + 20,
        step_s=10,
    )
    assert silent.exhausted[23]
    solved = run(
        string,
        lambda at: readings([2.27] * 24, at),
        600,
        memory=silent.memory,
        start=START + 9 * 3600,
        step_s=10,
    )
    assert not solved.exhausted.any()


def test_a_manager_that_equalizes_is_shown_and_gets_no_plan() -> None:
    string = a_string(4, equalized_by=EqualizedBy.MANAGER)
    reported = replace(spread(START), reported_equalization=EqualizationState.ACTIVE)
    latest = plan(string, reported, initial(string), START, paused=False)
    assert latest.summary.state is EqualizationState.ACTIVE
    assert not latest.duty_percent.any()
    unknown = plan(string, spread(START), initial(string), START, paused=False)
    assert unknown.summary.state is EqualizationState.UNKNOWN


def test_a_string_without_equalization_says_so() -> None:
    string = a_string(4, equalized_by=EqualizedBy.NONE)
    latest = plan(string, spread(START), initial(string), START, paused=False)
    assert latest.summary.state is EqualizationState.NOT_OFFERED


def test_lithium_is_bypassed_only_in_the_final_phase_of_charging() -> None:
    string = a_string(4, cell_voltage_v=3.2, capacity_ah=100.0, chemistry=Chemistry.LFP)
    plateau = run(string, lambda at: readings([3.30, 3.31, 3.32, 3.33], at), 600)
    assert not plateau.duty_percent.any()
    assert plateau.summary.state is EqualizationState.IDLE
    final = run(string, lambda at: readings([3.38, 3.39, 3.41, 3.42], at), 600)
    assert final.duty_percent[3] > 0


cells = st.one_of(st.just(NAN), st.floats(0, 7), st.floats(2.2, 2.35))
columns = st.lists(st.lists(cells, min_size=6, max_size=6), min_size=3, max_size=12)


@settings(deadline=None, max_examples=60)
@given(columns=columns, current_a=st.one_of(st.none(), st.floats(-100, 100)), data=st.data())
def test_no_untrusted_reading_ever_leads_to_bypass(
    columns: list[list[float]], current_a: float | None, data: st.DataObject
) -> None:
    string = a_string(6)
    memory, now = initial(string), START
    for voltage_v in columns:
        now += data.draw(st.floats(0, 25))
        age_s = data.draw(st.floats(0, 20))
        read = readings(voltage_v, now - age_s, current_a=current_a, current_error_a=0.1)
        latest = plan(string, read, memory, now, paused=False)
        memory = latest.memory
        assert np.all((latest.duty_percent >= 0) & (latest.duty_percent <= 100))
        assert not latest.duty_percent[~trusted(string, read, now)].any()


@settings(deadline=None, max_examples=30)
@given(
    voltage_v=st.lists(st.floats(2.2, 2.35), min_size=6, max_size=6),
    order=st.permutations(range(6)),
)
def test_the_order_of_cells_does_not_matter(voltage_v: list[float], order: list[int]) -> None:
    string = a_string(6)
    straight = run(string, lambda at: readings(voltage_v, at), 300, step_s=10)
    shuffled = run(
        string, lambda at: readings([voltage_v[cell] for cell in order], at), 300, step_s=10
    )
    assert shuffled.duty_percent == pytest.approx(straight.duty_percent[order], abs=1e-6)
