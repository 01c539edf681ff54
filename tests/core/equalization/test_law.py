from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from bacs_core.equalization import initial, orders_of, plan
from bacs_core.model import ChargePhase, EqualizationMode, String
from bacs_core.snapshot import StringReadings
from tests.core.equalization.build import (
    NAN,
    START,
    a_string,
    estimates,
    readings,
    rows_and_frame,
)
from tests.core.equalization.ticking import ticking

SPREAD_V = [2.24, 2.26, 2.28, 2.30]
BLOCKS = a_string(2, cell_voltage_v=12.0, capacity_ah=100.0, module_type="C24")


def spread(read_at: float) -> StringReadings:
    return readings(SPREAD_V, read_at)


def test_duty_is_a_slow_integral() -> None:
    string = ticking(a_string(4))
    after_a_minute = string.run(spread, 60).duty_percent[3]
    after_two = string.run(spread, 60).duty_percent[3]
    assert after_a_minute < 2
    assert after_two == pytest.approx(2 * after_a_minute, rel=0.1)


@pytest.mark.parametrize(("string", "target_v"), [(a_string(2), 2.27), (BLOCKS, 13.62)])
def test_a_cell_without_bypass_starts_at_5_mv_above_the_target_and_not_before(
    string: String, target_v: float
) -> None:
    def apart(by_v: float) -> list[float]:
        return [target_v - by_v, target_v + by_v]

    waits = ticking(string, step_s=10.0)
    assert waits.run(lambda at: readings(apart(0.0048), at), 3600).duty_percent[1] == 0
    starts = ticking(string)
    assert starts.run(lambda at: readings(apart(0.0055), at), 60).duty_percent[1] > 0


def one_low(count: int, by_v: float) -> list[float]:
    return [2.27 - by_v] + [2.27] * (count - 1)


@pytest.mark.parametrize(
    ("count", "by_v", "starts"),
    [(24, 0.050, True), (24, 0.009, False), (120, 0.020, True), (120, 0.009, False)],
)
def test_for_a_cell_that_is_more_than_10_mv_too_low_the_others_start(
    count: int, by_v: float, *, starts: bool
) -> None:
    string = ticking(a_string(count), step_s=10.0)
    latest = string.run(lambda at: readings(one_low(count, by_v), at), 1800)
    assert latest.duty_percent[0] == 0
    assert (latest.duty_percent[1:] > 0).tolist() == [starts] * (count - 1)


def test_as_long_as_a_cell_is_as_high_as_another_is_low_no_other_starts_for_the_low_one() -> None:
    string = ticking(a_string(24), step_s=10.0)
    voltage_v = [2.24, *[2.269] * 11, *[2.271] * 11, 2.30]
    latest = string.run(lambda at: readings(voltage_v, at), 3600)
    assert np.flatnonzero(latest.duty_percent).tolist() == [23]


def test_an_untrusted_low_cell_starts_no_other() -> None:
    string = ticking(a_string(24), step_s=10.0)
    latest = string.run(lambda at: readings(one_low(24, 0.6), at), 3600)
    assert not latest.duty_percent.any()


def test_duty_rests_once_the_cell_is_at_the_target() -> None:
    string = ticking(a_string(4), step_s=10.0)
    string.run(spread, 600)
    near = string.run(lambda at: readings([2.270] * 4, at), 600)
    later = string.run(lambda at: readings([2.2695, 2.2695, 2.2705, 2.2705], at), 3600)
    assert later.duty_percent == pytest.approx(near.duty_percent, abs=0.5)


def test_a_cell_that_falls_under_bypass_gets_less_than_one_that_does_not() -> None:
    def falling(at: float) -> StringReadings:
        fall_v = 0.006 * (at - START) / 1200
        return readings([2.24 + fall_v, 2.26, 2.28, 2.30 - fall_v], at)

    falls, stands = (ticking(a_string(4), step_s=10.0) for _ in range(2))
    assert falls.run(falling, 1200).duty_percent[3] < stands.run(spread, 1200).duty_percent[3]


def test_a_cell_below_the_target_gives_its_duty_back() -> None:
    string = ticking(a_string(4), step_s=10.0)
    string.run(spread, 1800)
    string.run(lambda at: readings(SPREAD_V[::-1], at), 7200)
    assert string.latest is not None
    assert string.latest.duty_percent[3] == 0


# --- properties ---

cells = st.one_of(st.just(NAN), st.floats(0, 7), st.floats(2.2, 2.35))
columns = st.lists(st.lists(cells, min_size=6, max_size=6), min_size=3, max_size=12)
modes = st.sampled_from(EqualizationMode)
phases = st.sampled_from(ChargePhase)
charges = st.lists(st.one_of(st.just(NAN), st.floats(0, 100)), min_size=6, max_size=6)


@settings(deadline=None, max_examples=60)
@given(
    columns=columns,
    current_a=st.one_of(st.none(), st.floats(-100, 100)),
    mode=modes,
    charge_percent=charges,
    data=st.data(),
)
def test_no_untrusted_reading_ever_leads_to_bypass(
    columns: list[list[float]],
    current_a: float | None,
    mode: EqualizationMode,
    charge_percent: list[float],
    data: st.DataObject,
) -> None:
    string = a_string(6, equalization=mode)
    now, memory = START, None
    for voltage_v in columns:
        now += data.draw(st.floats(0, 25))
        age_s = data.draw(st.floats(0, 20))
        told = readings(
            voltage_v,
            now - age_s,
            current_a=current_a,
            current_error_a=0.1,
            duty_percent=data.draw(st.lists(st.floats(0, 127), min_size=6, max_size=6)),
        )
        rows, frame = rows_and_frame(string, told, now)
        memory = initial(rows) if memory is None else memory
        known = estimates(
            rows,
            data.draw(phases),
            usable=current_a is not None and current_a > 0.3,
            charge_percent=charge_percent,
        )
        latest = plan(frame, known, memory, orders_of(rows))
        memory = latest.memory
        assert np.all((latest.duty_percent >= 0) & (latest.duty_percent <= 100))
        assert not latest.duty_percent[~frame.trusted].any()
        if np.isnan(frame.target_v[0]):
            assert not latest.duty_percent.any()


@settings(deadline=None, max_examples=20)
@given(
    voltage_v=st.lists(st.floats(2.2, 2.35), min_size=6, max_size=6),
    order=st.permutations(range(6)),
)
def test_the_order_of_cells_does_not_matter(voltage_v: list[float], order: list[int]) -> None:
    straight = ticking(a_string(6), step_s=10.0).run(lambda at: readings(voltage_v, at), 300)
    shuffled_v = [voltage_v[cell] for cell in order]
    shuffled = ticking(a_string(6), step_s=10.0).run(lambda at: readings(shuffled_v, at), 300)
    assert shuffled.duty_percent == pytest.approx(straight.duty_percent[order], abs=1e-6)


@settings(deadline=None, max_examples=20)
@given(
    strings=st.lists(st.lists(st.floats(2.2, 2.35), min_size=1, max_size=6), min_size=2, max_size=5)
)
def test_no_string_has_an_influence_on_another(strings: list[list[float]]) -> None:
    own = [a_string(len(cells), number=number) for number, cells in enumerate(strings, 1)]
    memory = None
    for tick in range(12):
        now = START + 10 * tick
        rows, frame = rows_and_frame(own, [readings(cells, now) for cells in strings], now)
        memory = initial(rows) if memory is None else memory
        latest = plan(frame, estimates(rows), memory, orders_of(rows))
        memory = latest.memory
    together = latest.duty_percent
    for string, cells in zip(own, strings, strict=True):
        alone = ticking(string, step_s=10.0).run(lambda at, told=cells: readings(told, at), 110)  # type: ignore[misc]
        assert together[rows.slices[string.key]] == pytest.approx(alone.duty_percent, abs=1e-9)
