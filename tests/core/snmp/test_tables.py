"""Which row of an agent's table is which module."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, strategies as st

from bacs_core.snmp.tables import Column, column, places

COUNT = 12


def rows(numbers: Iterable[int]) -> Column:
    """Rows whose numbers do not follow their names."""
    return {(40 + row,): number for row, number in enumerate(numbers)}


@given(first=st.integers(0, 1), order=st.permutations(range(COUNT)))
def test_a_row_stands_where_its_own_number_says(first: int, order: list[int]) -> None:
    indices = rows(place + first for place in order)
    found = places(indices, COUNT, None)
    assert found.problem is None
    values = dict(zip(indices, [100 + place for place in order], strict=True))
    assert column(found, values, COUNT) == [100 + place for place in range(COUNT)]


@given(first=st.integers(0, 1), present=st.sets(st.integers(0, COUNT - 1)))
def test_a_missing_row_never_moves_another(first: int, present: set[int]) -> None:
    indices = rows(place + first for place in present)
    found = places(indices, COUNT, None)
    values = dict(zip(indices, [100 + place for place in present], strict=True))
    for place, value in enumerate(column(found, values, COUNT)):
        assert value in {None, 100 + place}
    shows_its_first = {0: 0, 1: COUNT - 1}[first] in present
    assert (found.problem is None) == shows_its_first


@given(first=st.integers(0, 1), present=st.sets(st.integers(0, COUNT - 1)))
def test_where_the_first_number_is_known_every_row_counts(first: int, present: set[int]) -> None:
    found = places(rows(place + first for place in present), COUNT, first)
    assert found.problem is None
    assert found.missing == COUNT - len(present)
    assert set(found.by_instance.values()) == present


def test_rows_with_the_same_number_are_both_left_out() -> None:
    indices = rows([1, 2, 2, *range(4, COUNT + 1)])
    found = places(indices, COUNT, None)
    values = dict.fromkeys(indices, 7)
    assert column(found, values, COUNT)[:5] == [7, None, None, 7, 7]
    assert found.missing == 2


@pytest.mark.parametrize(
    ("numbers", "first", "reason"),
    [
        ([*range(COUNT + 1)], None, "rows 0 and 12"),
        ([*range(1, COUNT + 2)], None, "a row 13"),
        ([-1, *range(1, COUNT)], None, "a row -1"),
        ([*range(1, COUNT)], None, "shows 11 of 12 rows, and not whether it begins at 0 or 1"),
        ([*range(COUNT)], 1, "began at 1 and begins at 0 now"),
        ([], None, "shows 0 of 12 rows"),
    ],
)
def test_a_table_that_contradicts_itself_is_not_believed(
    numbers: list[int], first: int | None, reason: str
) -> None:
    found = places(rows(numbers), COUNT, first)
    assert found.problem is not None
    assert reason in found.problem
    assert not found.by_instance


def test_a_row_without_a_number_and_a_value_that_is_none_are_absent() -> None:
    indices: Column = {**rows(range(1, COUNT + 1)), (99,): b"text"}
    found = places(indices, COUNT, None)
    values: Column = dict.fromkeys(indices, 7)
    values[41,] = b"text"
    del values[42,]
    assert column(found, values, COUNT)[:4] == [7, None, None, 7]
