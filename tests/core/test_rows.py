"""Work in rows gives each string what it would have given alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, strategies as st

from bacs_core.rows import Rows, rows_of
from bacs_core.snapshot import Flags, Floats
from tests.core.equalization.build import a_string

lengths = st.lists(st.integers(1, 9), min_size=1, max_size=6)


def of_lengths(counts: Sequence[int]) -> Rows:
    return rows_of([a_string(count, number=place + 1) for place, count in enumerate(counts)])


def filled(rows: Rows, data: st.DataObject) -> tuple[Floats, Flags]:
    count = rows.cell_count
    values = data.draw(st.lists(st.floats(-500, 500), min_size=count, max_size=count))
    marks = data.draw(st.lists(st.booleans(), min_size=count, max_size=count))
    where = np.array(marks, np.bool_)
    # What is not marked may be missing, and must not matter.
    return np.where(where, np.array(values), np.nan), where


@given(lengths, st.data())
def test_each_string_gets_its_own_mean_median_least_and_most(
    counts: list[int], data: st.DataObject
) -> None:
    rows = of_lengths(counts)
    values, where = filled(rows, data)
    told = (
        (rows.mean(values, where), np.mean),
        (rows.median(values, where), np.median),
        (rows.least(values, where), np.min),
        (rows.most(values, where), np.max),
    )
    for place, string in enumerate(rows.strings):
        own = rows.slices[string.key]
        marked = values[own][where[own]]
        for per_string, alone in told:
            expected = alone(marked) if len(marked) else np.nan
            assert per_string[place] == pytest.approx(expected, abs=1e-7, nan_ok=True)


@given(lengths, st.data())
def test_sums_and_flags_stay_inside_their_string(counts: list[int], data: st.DataObject) -> None:
    rows = of_lengths(counts)
    values, where = filled(rows, data)
    sums = rows.total(np.where(where, values, 0.0))
    for place, string in enumerate(rows.strings):
        own = rows.slices[string.key]
        assert sums[place] == pytest.approx(values[own][where[own]].sum(), abs=1e-7)
        assert rows.any(where)[place] == where[own].any()
        assert rows.all(where)[place] == where[own].all()


def test_what_a_string_has_is_given_to_each_of_its_cells() -> None:
    rows = of_lengths([2, 1, 3])
    assert rows.spread(np.array([1.0, 2.0, 3.0])).tolist() == [1, 1, 2, 3, 3, 3]
    assert rows.cell_count == 6
    assert rows.string_count == 3
    assert rows.of_strings(lambda string: string.limits.resistance_high_ohm).shape == (3,)


def test_a_plant_without_strings_is_no_error() -> None:
    rows = rows_of([])
    nothing = np.zeros(0)
    unmarked = np.zeros(0, np.bool_)
    for told in (
        rows.total(nothing),
        rows.mean(nothing, unmarked),
        rows.median(nothing, unmarked),
        rows.most(nothing, unmarked),
        rows.any(unmarked),
        rows.all(unmarked),
    ):
        assert told.shape == (0,)


@given(st.lists(st.integers(20, 60), min_size=1, max_size=5), st.integers(0, 9), st.booleans())
def test_few_marked_cells_and_all_but_a_few_count_and_average_the_same(
    counts: list[int], few: int, but_a_few: bool
) -> None:
    rows = of_lengths(counts)
    where = np.zeros(rows.cell_count, np.bool_)
    where[np.arange(few) * 7 % rows.cell_count] = True
    where = ~where if but_a_few else where
    values = np.where(where, np.arange(rows.cell_count) / 8, np.nan)
    count, means = rows.total(where), rows.mean(values, where)
    most = rows.most_known(values)
    for place, string in enumerate(rows.strings):
        own = rows.slices[string.key]
        marked = values[own][where[own]]
        assert count[place] == len(marked)
        assert means[place] == pytest.approx(
            np.mean(marked) if len(marked) else np.nan, nan_ok=True
        )
        assert most[place] == pytest.approx(np.max(marked) if len(marked) else np.nan, nan_ok=True)
        assert rows.places[string.key] == place
