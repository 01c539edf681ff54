"""A frame says of each string what its readings say alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st

from bacs_core.frame import gather
from bacs_core.model import Quantity
from bacs_core.rows import rows_of
from bacs_core.snapshot import Column, Reading
from bacs_core.summary import fresh_current_a, target_voltage_v, trusted
from tests.core.equalization.build import NAN, STALE_S, START, a_string, readings

voltages = st.one_of(
    st.floats(2.1, 2.4), st.sampled_from([NAN, 0.0, 0.65, 1.0, 3.3, 7.0, 1.8, 2.6])
)


@given(st.lists(st.lists(voltages, min_size=1, max_size=12), min_size=1, max_size=4), st.data())
def test_the_same_cells_are_trusted_as_in_each_string_alone(
    strings: list[list[float]], data: st.DataObject
) -> None:
    built = [a_string(len(cells), number=place + 1) for place, cells in enumerate(strings)]
    told = {}
    for string, cells in zip(built, strings, strict=True):
        ages = data.draw(
            st.lists(st.sampled_from([0.0, 5.0, 11.0]), min_size=len(cells), max_size=len(cells))
        )
        told[string.key] = readings(cells, voltage_read_at=START - np.array(ages), current_a=0.3)
    rows = rows_of(built)
    frame = gather(rows, told, START)
    for place, string in enumerate(built):
        own = rows.slices[string.key]
        alone = trusted(string, told[string.key], START)
        assert frame.trusted[own].tolist() == alone.tolist()
        target_v = target_voltage_v(told[string.key].columns[Quantity.VOLTAGE], alone)
        expected = NAN if target_v is None else target_v
        assert frame.target_v[place] == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("age_s", [0.0, STALE_S, STALE_S + 0.1])
def test_a_current_grows_stale_like_the_voltages_beside_it(age_s: float) -> None:
    string = a_string()
    told = replace(
        readings([2.27] * 4, current_a=1.5, current_error_a=0.1),
        current_a=Reading(1.5, START - age_s),
    )
    frame = gather(rows_of([string]), {string.key: told}, START)
    alone = fresh_current_a(string, told, START)
    assert frame.current_a[0] == pytest.approx(NAN if alone is None else alone, nan_ok=True)
    assert frame.current_error_a[0] == 0.1


def test_flags_that_are_those_of_the_tick_before_are_the_same_object_and_others_are_not() -> None:
    string = a_string()
    rows = rows_of([string])
    frames = [
        gather(rows, {string.key: readings(volts, START + tick)}, START + tick)
        for tick, volts in enumerate(([2.27] * 4, [2.28] * 4, [2.28, 2.28, 2.28, NAN]))
    ]
    assert frames[0].trusted is frames[1].trusted
    assert frames[2].trusted.tolist() == [True, True, True, False]
    assert not frames[0].trusted.flags.writeable


def test_what_is_too_old_is_not_known() -> None:
    string = a_string(2)
    told = readings([2.27, 2.28], temperature_c=[20.0, 21.0])
    column = Column(np.array([20.0, 21.0]), np.array([START, START - 100.0]))
    told = replace(told, columns={**told.columns, Quantity.TEMPERATURE: column})
    frame = gather(rows_of([string]), {string.key: told}, START)
    np.testing.assert_array_equal(frame.known(Quantity.TEMPERATURE), [20.0, NAN])


@pytest.mark.parametrize("current_a", [1e7, -10_001.0, float("inf"), -float("inf")])
def test_a_current_that_no_string_can_have_is_not_known(current_a: float) -> None:
    string = a_string(capacity_ah=500.0)
    told = readings([2.27] * 4, current_a=current_a, current_error_a=0.01)
    assert np.isnan(gather(rows_of([string]), {string.key: told}, START).current_a[0])


def test_a_current_of_twenty_times_the_capacity_is_still_known() -> None:
    strings = [a_string(capacity_ah=100.0), a_string(capacity_ah=500.0, number=2)]
    told = readings([2.0] * 4, current_a=-2000.5, current_error_a=1.0)
    frame = gather(rows_of(strings), {string.key: told for string in strings}, START)
    np.testing.assert_array_equal(frame.current_a, [NAN, -2000.5])
