"""The shapes that a page is made of: lines with a label, and tables."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """A label and what it names; several texts stand below each other."""

    label: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table; `mark` is its style: empty, `odd` or `bad`."""

    cells: tuple[str, ...]
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: headings with their units below, rows, and how many columns hold numbers.

    `numbers` is one flag per column.
    """

    headings: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    numbers: tuple[bool, ...]


def line(label: str, *texts: str) -> Line:
    """Make a line."""
    return Line(label, texts)
