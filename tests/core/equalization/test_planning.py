from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from bacs_core.devices.panel_module import STATUS_HOT, STATUS_MEASURING_RESISTANCE
from bacs_core.equalization import initial, orders_of, plan, replaced, shifted
from bacs_core.model import (
    ChargePhase,
    Chemistry,
    EqualizationMode,
    EqualizationState,
    EqualizedBy,
    Inhibit,
)
from bacs_core.rows import rows_of
from bacs_core.snapshot import StringReadings
from tests.core.equalization.build import (
    NAN,
    START,
    a_string,
    estimates,
    readings,
    rows_and_frame,
)
from tests.core.equalization.ticking import Read, Ticking, slowly, ticking

SPREAD_V = [2.24, 2.26, 2.28, 2.30]


def spread(read_at: float) -> StringReadings:
    return readings(SPREAD_V, read_at)


def worked() -> Ticking:
    """Return a string whose two upper cells have worked up some duty in ten minutes."""
    string = ticking(a_string(4), step_s=10.0)
    string.run(spread, 600)
    string.step_s = 1.0
    return string


def test_cells_above_the_target_get_bypass_and_cells_below_get_none() -> None:
    string = ticking(a_string(4))
    low, lower_middle, upper_middle, high = string.run(spread, 600).duty_percent
    assert low == lower_middle == 0
    assert 0 < upper_middle < high
    assert string.summary().state is EqualizationState.ACTIVE
    assert string.summary().inhibited_by == ()


def test_all_strings_are_planned_at_once_each_for_itself() -> None:
    one, other = a_string(4), a_string(3, manager_id="other", equalized_by=EqualizedBy.NONE)
    third = a_string(2, manager_id="third")
    told = [spread(START), readings([2.2, 2.3, 2.3]), readings([2.2695, 2.2705])]
    rows, frame = rows_and_frame([one, other, third], told, START)
    latest = plan(frame, estimates(rows), initial(rows), orders_of(rows))
    for second in range(1, 300):
        latest = plan(
            replace(frame, now=START + second), estimates(rows), latest.memory, orders_of(rows)
        )
    assert (latest.duty_percent > 0).tolist() == [False, False, True, True] + [False] * 5
    assert latest.state == (
        EqualizationState.ACTIVE,
        EqualizationState.NOT_OFFERED,
        EqualizationState.IDLE,
    )


@dataclass(frozen=True)
class Cause:
    """Something that inhibits a whole string."""

    name: Inhibit
    voltage_v: Sequence[float] = tuple(SPREAD_V)
    paused: bool = False
    phase: ChargePhase = ChargePhase.FLOAT
    mode: EqualizationMode | None = None
    mixed: bool = False


@pytest.mark.parametrize(
    "cause",
    [
        Cause(Inhibit.MANUAL_STOP, paused=True),
        Cause(Inhibit.MIXED_GENERATIONS, mixed=True),
        Cause(Inhibit.DISCHARGE, phase=ChargePhase.DISCHARGE),
        Cause(Inhibit.CHARGE_PHASE, phase=ChargePhase.UNKNOWN),
        Cause(Inhibit.CHARGE_PHASE, phase=ChargePhase.REST),
        Cause(Inhibit.CHARGE_PHASE, phase=ChargePhase.BULK),
        Cause(Inhibit.STALE_READING, voltage_v=(2.24, NAN, NAN, NAN)),
        Cause(Inhibit.MODE_OFF, mode=EqualizationMode.OFF),
    ],
    ids=lambda cause: f"{cause.name} {cause.phase.name}",
)
def test_an_inhibit_sends_nothing_and_keeps_what_was_worked_out(cause: Cause) -> None:
    string = worked()
    assert string.memory is not None
    before = string.memory.law.duty_percent
    string.paused, string.phase, string.mode = cause.paused, cause.phase, cause.mode
    if cause.mixed:
        string.inhibits = {Inhibit.MIXED_GENERATIONS: np.array([True])}
    inhibited = string.run(lambda at: readings(cause.voltage_v, at), 5)
    assert not inhibited.duty_percent.any()
    assert string.summary().state is EqualizationState.INHIBITED
    assert string.summary().inhibited_by == (cause.name,)
    assert inhibited.memory.law.duty_percent == pytest.approx(before)


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
        (Inhibit.FORMING_PERIOD, spread),
    ],
    ids=["silent", "lying", "hot module", "hot cell", "resistance", "forming"],
)
def test_what_concerns_one_cell_stops_that_cell_alone(name: Inhibit, read: Read) -> None:
    string = worked()
    assert string.memory is not None
    before = string.memory.law.duty_percent[3]
    string.paused_cells = (3,) if name is Inhibit.FORMING_PERIOD else ()
    latest = string.run(read, 5)
    assert latest.duty_percent[3] == 0
    assert latest.cell_inhibited.tolist() == [False, False, False, True]
    assert latest.memory.law.duty_percent[3] == pytest.approx(before)
    assert string.summary().inhibited_by == (name,)
    if name is not Inhibit.STALE_READING:
        assert latest.duty_percent[2] > 0
        assert string.summary().state is EqualizationState.ACTIVE


def test_inhibits_are_told_in_the_order_of_their_names_and_once_each() -> None:
    string = worked()
    string.paused, string.phase = True, ChargePhase.DISCHARGE
    string.run(lambda at: readings([2.24, NAN, NAN, NAN], at, status=[STATUS_HOT] * 4), 5)
    assert string.summary().inhibited_by == (
        Inhibit.DISCHARGE,
        Inhibit.STALE_READING,
        Inhibit.HOT_MODULE,
        Inhibit.MANUAL_STOP,
    )


def test_a_string_whose_cells_are_all_inhibited_is_inhibited() -> None:
    string = worked()
    string.run(lambda at: readings(SPREAD_V, at, status=[STATUS_HOT] * 4), 5)
    assert string.summary().state is EqualizationState.INHIBITED


def test_a_module_that_was_hot_rests_for_five_minutes() -> None:
    string = worked()
    string.run(lambda at: readings(SPREAD_V, at, status=[0, 0, 0, STATUS_HOT]), 20)
    assert string.run(spread, 290).duty_percent[3] == 0
    assert string.run(spread, 20).duty_percent[3] > 0


def test_after_a_long_gap_between_ticks_nothing_is_added() -> None:
    string = worked()
    assert string.memory is not None
    before = string.memory
    string.now += 7200
    after = string.tick(readings(SPREAD_V, string.now, duty_percent=[50] * 4))
    assert after.memory.law.duty_percent == pytest.approx(before.law.duty_percent)
    assert after.bled_ah == pytest.approx(before.cells.bled_ah)


def test_a_tick_at_the_same_time_changes_nothing() -> None:
    string = worked()
    assert string.memory is not None
    before = string.memory
    again = string.tick(spread(string.now))
    assert np.array_equal(again.memory.law.duty_percent, before.law.duty_percent)
    assert np.array_equal(again.memory.law.error_v, before.law.error_v)


def test_a_step_of_the_clock_moves_every_time_that_is_kept() -> None:
    stays, steps = worked(), worked()
    hot = [0, 0, 0, STATUS_HOT]
    for string in (stays, steps):
        string.run(lambda at: readings(SPREAD_V, at, status=hot), 5)
    assert steps.memory is not None
    steps.memory = shifted(steps.memory, -86400)
    steps.now -= 86400
    for seconds in (295, 10):
        expected, seen = stays.run(spread, seconds), steps.run(spread, seconds)
        assert seen.duty_percent == pytest.approx(expected.duty_percent)
    assert seen.duty_percent[3] > 0


def test_the_length_of_ticks_does_not_matter() -> None:
    fine, coarse = ticking(a_string(4)), ticking(a_string(4), step_s=10.0)
    assert coarse.run(spread, 1800).duty_percent == pytest.approx(
        fine.run(spread, 1800).duty_percent, rel=0.02
    )


@pytest.mark.parametrize("by", [EqualizedBy.MANAGER, EqualizedBy.NONE])
def test_a_string_that_the_engine_does_not_equalize_gets_nothing(by: EqualizedBy) -> None:
    string = ticking(a_string(4, equalized_by=by))
    string.phase = ChargePhase.DISCHARGE
    latest = string.run(lambda at: readings(SPREAD_V, at, status=[STATUS_HOT] * 4), 5)
    assert string.summary().state is EqualizationState.NOT_OFFERED
    assert string.summary().inhibited_by == ()
    assert not latest.duty_percent.any()


def test_a_plant_without_strings_is_planned() -> None:
    rows, frame = rows_and_frame([], [], START)
    latest = plan(frame, estimates(rows), initial(rows), orders_of(rows))
    latest = plan(replace(frame, now=START + 1), estimates(rows), latest.memory, orders_of(rows))
    assert latest.state == ()
    assert len(latest.duty_percent) == 0


def test_a_plan_cannot_be_changed() -> None:
    latest = ticking(a_string(4)).run(spread, 5)
    for column in (latest.duty_percent, latest.limit_percent, latest.exhausted, latest.bled_ah):
        assert not column.flags.writeable


# --- modes ---


def test_top_balancing_bypasses_in_the_final_phase_and_then_keeps_a_minimum() -> None:
    """(phase, minutes, highest duty that may be sent, is the string inhibited)."""
    string = slowly(a_string(4), mode=EqualizationMode.TOP, usable=True)
    timeline = [
        (ChargePhase.BULK, 60, 0.0, True),
        (ChargePhase.ABSORPTION, 240, 100.0, False),
        (ChargePhase.FLOAT, 10, 10.0, False),
        (ChargePhase.DISCHARGE, 60, 0.0, True),
        (ChargePhase.REST, 10, 0.0, True),
        (ChargePhase.ABSORPTION, 240, 100.0, False),
    ]
    for phase, minutes, most_percent, inhibited in timeline:
        string.phase = phase
        latest = string.run(
            lambda at: readings(SPREAD_V, at, current_a=5.0, current_error_a=0.5), 60 * minutes
        )
        assert latest.duty_percent.max() == pytest.approx(most_percent)
        assert (string.summary().state is EqualizationState.INHIBITED) is inhibited


def test_the_minimum_of_top_balancing_is_no_exhausted_authority() -> None:
    string = slowly(a_string(4), mode=EqualizationMode.TOP)
    assert not string.run(spread, 12 * 3600).exhausted.any()


def test_lithium_is_bypassed_by_voltage_only_in_the_final_phase_of_charging() -> None:
    lithium = a_string(4, cell_voltage_v=3.2, capacity_ah=100.0, chemistry=Chemistry.LFP)
    string = ticking(lithium)
    plateau = string.run(lambda at: readings([3.30, 3.31, 3.32, 3.33], at), 600)
    assert not plateau.duty_percent.any()
    assert string.summary().inhibited_by == (Inhibit.CHARGE_PHASE,)
    final = string.run(lambda at: readings([3.38, 3.39, 3.41, 3.42], at), 600)
    assert final.duty_percent[3] > 0


# --- limits ---


def test_without_a_usable_float_current_no_duty_exceeds_half() -> None:
    string = slowly(a_string(4))
    duty = np.zeros(4)

    def read(at: float) -> StringReadings:
        return readings(
            [2.21, 2.31, 2.31, 2.31], at, current_a=0.3, current_error_a=0.5, duty_percent=duty
        )

    for _ in range(120):
        latest = string.run(read, 300)
        duty = latest.duty_percent
    assert latest.duty_percent.max() == pytest.approx(50)
    assert latest.limit_percent == pytest.approx([50])


def test_without_a_usable_float_current_one_high_cell_gets_no_more_than_the_string_can_carry() -> (
    None
):
    string = slowly(a_string(24))
    duty = np.zeros(24)
    for _ in range(100):
        told = [2.27] * 23 + [2.37]
        duty = string.run(
            lambda at, told=told, duty=duty: readings(told, at, duty_percent=duty),  # type: ignore[misc]
            300,
        ).duty_percent
    # 0.2 A of float current and what the bypass of this one cell adds to it, over 24 cells.
    assert duty[23] * 0.85 / 100 == pytest.approx(0.2 * 24 / 23, rel=0.01)


def test_a_bypass_that_no_module_reports_lifts_no_limit() -> None:
    string = slowly(a_string(24))
    latest = string.run(lambda at: readings([2.27] * 23 + [2.37], at, duty_percent=[0] * 24), 18000)
    assert latest.duty_percent[23] * 0.85 / 100 == pytest.approx(0.2)


def test_in_a_cold_room_less_is_taken() -> None:
    string = slowly(a_string(24))
    cold = string.run(
        lambda at: readings([2.27] * 23 + [2.37], at, temperature_c=[17.0] * 24), 18000
    )
    assert cold.duty_percent[23] * 0.85 / 100 == pytest.approx(0.1)


def test_with_a_usable_float_current_every_cell_keeps_a_tenth_of_the_nominal_one() -> None:
    string = slowly(a_string(4), usable=True)
    latest = string.run(
        lambda at: readings([2.20, 2.20, 2.34, 2.34], at, current_a=0.3, current_error_a=0.01),
        36000,
    )
    assert latest.duty_percent.max() * 0.85 / 100 == pytest.approx(0.3 - 0.01 - 0.02)


def test_a_sensor_that_rules_a_current_out_limits_the_bypass_even_if_it_is_not_usable() -> None:
    string = slowly(a_string(4))
    latest = string.run(
        lambda at: readings([2.20, 2.20, 2.34, 2.34], at, current_a=0.0, current_error_a=0.01),
        3600,
    )
    assert latest.duty_percent.max() * 0.85 / 100 <= 0.0101


# --- what was bled ---


def test_what_the_modules_report_is_counted_as_bled() -> None:
    string = slowly(a_string(4))
    latest = string.run(lambda at: readings(SPREAD_V, at, duty_percent=[0, 10, 100, NAN]), 7200)
    assert latest.bled_ah == pytest.approx([0, 0.17, 1.7, 0], rel=0.01)
    assert latest.bled_since == pytest.approx([START] * 4)


def test_a_new_cell_begins_anew() -> None:
    string = slowly(a_string(4))
    string.run(lambda at: readings(SPREAD_V, at, duty_percent=[50] * 4), 7200)
    assert string.memory is not None
    before = string.memory
    after = replaced(before, 3, string.now)
    assert after.law.duty_percent[3] == 0
    assert after.cells.bled_ah[3] == 0
    assert after.cells.bled_since[3] == string.now
    assert np.array_equal(after.law.duty_percent[:3], before.law.duty_percent[:3])
    assert before.cells.bled_ah[3] > 0


def test_modes_come_from_the_site_file() -> None:
    rows = rows_of([a_string(2, equalization=EqualizationMode.TOP), a_string(2, number=2)])
    modes = [tuple(EqualizationMode)[mode] for mode in orders_of(rows).mode]
    assert modes == [EqualizationMode.TOP, EqualizationMode.CONTINUOUS]


@pytest.mark.parametrize("offset_s", range(5))
def test_what_forbids_bypass_acts_at_once_also_between_two_steps_of_the_law(offset_s: int) -> None:
    string = worked()
    before = string.run(spread, 1 + offset_s).duty_percent
    string.now += 1
    hot = string.tick(replace(spread(string.now), module_status=np.array([0, 0, 0, STATUS_HOT])))
    assert before[3] > 0
    assert hot.duty_percent[3] == 0
    string.now += 1
    string.phase = ChargePhase.DISCHARGE
    assert (string.tick(spread(string.now)).duty_percent == 0).all()


def test_the_law_takes_the_mean_of_the_readings_since_it_was_worked_last() -> None:
    def noisy(read_at: float) -> StringReadings:
        noise_v = 0.004 if round(read_at - START) % 2 else -0.004
        return readings([2.24 - noise_v, 2.26, 2.28, 2.30 + noise_v], read_at)

    quiet, loud = ticking(a_string(4)), ticking(a_string(4))
    smooth, rough = (one.run(read, 1200) for one, read in ((quiet, spread), (loud, noisy)))
    assert np.abs(smooth.duty_percent - rough.duty_percent).max() < 2.0
