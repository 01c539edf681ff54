"""Finds out which row of an agent's table is which module or string.

A row says its own number; the order in which rows arrive means nothing. Some agents count from 0
and some from 1, and a row may be missing: a table shows where it begins only by a row 0 (which a
table from 1 never has) or by a row `count` (which a table from 0 never has). One that has neither,
or both, is not believed: a guess could move every value to the neighbour.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

Value = int | bytes | None
"""A number, a text, or `None` where the agent has neither."""

Instance = tuple[int, ...]
"""What tells the rows of a table apart: what follows the column in the names of their values."""

Column = dict[Instance, Value]
"""Values of one column by the instance of their row."""


@dataclass(frozen=True, slots=True)
class Places:
    """The place of each row, counted from 0, and the number that the agent gives to the first one.

    `problem` says why no row is believed; `missing` counts places without a row.
    """

    by_instance: Mapping[Instance, int]
    first: int | None
    missing: int
    problem: str | None = None


def places(indices: Mapping[Instance, Value], count: int, first: int | None) -> Places:
    """Place the rows of a table of `count` rows by their column of numbers.

    `first` is the number of the first row where an earlier table of the same agent has shown it.
    Rows with the same number are not believed.
    """
    numbers = {row: number for row, number in indices.items() if isinstance(number, int)}
    strangers = sorted(number for number in numbers.values() if not 0 <= number <= count)
    if strangers:
        return _nowhere(f"has a row {strangers[0]}, with {count} expected")
    present = set(numbers.values())
    shown = {number for number, sign in ((0, 0), (1, count)) if sign in present}
    if len(shown) > 1:
        return _nowhere(f"has rows 0 and {count}, with {count} expected")
    if shown and first is not None and first not in shown:
        return _nowhere(f"began at {first} and begins at {shown.pop()} now")
    begins = shown.pop() if shown else first
    if begins is None:
        return _nowhere(
            f"shows {len(present)} of {count} rows, and not whether it begins at 0 or 1"
        )
    often = Counter(numbers.values())
    by_instance = {row: number - begins for row, number in numbers.items() if often[number] == 1}
    return Places(by_instance, begins, count - len(by_instance))


def column(found: Places, values: Mapping[Instance, Value], count: int) -> list[int | None]:
    """Bring a column into the order of places; `None` where a row has no number in it."""
    placed: list[int | None] = [None] * count
    for instance, place in found.by_instance.items():
        value = values.get(instance)
        if isinstance(value, int):
            placed[place] = value
    return placed


def _nowhere(problem: str) -> Places:
    return Places({}, None, 0, problem)
