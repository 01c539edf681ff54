"""Finds the line of a TOML file on which a key stands, so that a refusal can name it.

`tomllib` keeps no positions. This reads only what a site file uses: tables, arrays of tables and
plain keys; a key inside an inline table or a multi-line value is found by the key it belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

Path = tuple[str | int, ...]

#: Tables and keys stand at the start of a line; what comes further to the right is a value.
LOOKED_AT: Final = 200
_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*[A-Za-z0-9_-]+)*)\s*=""")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file is not accepted, and where: the keys and places in lists that lead there."""

    place: Path
    reason: str


def key_lines(text: str) -> dict[Path, int]:
    """Map each table and key of `text` to its line, counted from 1."""
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    # Not `splitlines`, which knows ends of lines that TOML does not.
    for number, whole in enumerate(text.split("\n"), start=1):
        line = whole[:LOOKED_AT]
        if header := _HEADER.match(line):
            table = _open_table(header[2].split("."), counts, is_array=header[1] == "[[")
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            names = tuple(part.strip().strip("\"'") for part in key[1].split("."))
            for depth in range(1, len(names) + 1):
                lines.setdefault(table + names[:depth], number)
    return lines


def line_of(lines: Mapping[Path, int], path: Sequence[str | int]) -> int:
    """Return the line of `path`, or of the nearest table or key around it."""
    for depth in range(len(path), 0, -1):
        if (found := lines.get(tuple(path[:depth]))) is not None:
            return found
    return 1


def _open_table(names: Sequence[str], counts: dict[Path, int], *, is_array: bool) -> Path:
    path: Path = ()
    for depth, raw_name in enumerate(names, start=1):
        path = (*path, raw_name.strip().strip("\"'"))
        if is_array and depth == len(names):
            counts[path] = counts.get(path, 0) + 1
        if path in counts:
            path = (*path, counts[path] - 1)
    return path
