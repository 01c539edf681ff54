"""All places of a site in rows, so that a rule is evaluated for the whole site at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bacs_core.alarms.rules import RULES, Rule, Scope
from bacs_core.model import EqualizedBy, Manager, Quantity, Site, String
from bacs_core.snapshot import Flags, Floats

Indices = NDArray[np.intp]
#: The line of each manager id and string key; of each cell in order where a string spans lines.
LineOf = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an alarm is, as exact as its rule; `cell` is counted from 1."""

    manager_id: str | None = None
    string_key: str | None = None
    cell: int | None = None
    line_id: str | None = None
    accessory_id: str | None = None

    @property
    def label(self) -> str:
        """A name that is stable and unique among the places of its scope."""
        if self.accessory_id is not None:
            return self.accessory_id
        if self.line_id is not None:
            return self.line_id
        name = self.string_key or self.manager_id or ""
        return name if self.cell is None else f"{name}:{self.cell:02d}"


@dataclass(frozen=True, slots=True)
class Layout:
    """What stays the same from tick to tick; `made_of` tells when it has to be made anew."""

    made_of: tuple[Site, tuple[str, ...], LineOf, dict[str, str]]
    strings: tuple[String, ...]
    managers: tuple[Manager, ...]
    line_ids: tuple[str, ...]
    accessory_lines: dict[str, str]
    """The line of each accessory id."""
    counts: dict[Scope, int]
    first_cell: Indices
    """Row of cell 1 of each string."""
    string_of_cell: Indices
    inside_of: dict[tuple[Scope, Scope], Indices]
    """Row of the wider place around each place; the row after the last where there is none."""
    limits: dict[str, Floats]
    stale_after_s: dict[Quantity, Floats]
    engine_managed: Flags
    float_voltage_v: Floats
    measured: Flags
    """Cells whose voltage their devices give."""
    slices: dict[str, slice]

    def count(self, scope: Scope) -> int:
        """How many places there are."""
        return self.counts[scope]

    def place(self, scope: Scope, row: int) -> Place:
        """Name the place in a row."""
        if scope is Scope.LINE:
            return Place(line_id=self.line_ids[row])
        if scope is Scope.MANAGER:
            return Place(manager_id=self.managers[row].id)
        if scope is Scope.ACCESSORY:
            name, line_id = tuple(self.accessory_lines.items())[row]
            return Place(line_id=line_id, accessory_id=name)
        index = row if scope is Scope.STRING else int(self.string_of_cell[row])
        string = self.strings[index]
        cell = None if scope is Scope.STRING else row - int(self.first_cell[index]) + 1
        return Place(manager_id=string.manager_id, string_key=string.key, cell=cell)

    def row(self, scope: Scope, place: Place) -> int | None:
        """Return the row that `place` names, `None` where the site has no such place."""
        names: dict[Scope, tuple[str | None, tuple[str, ...]]] = {
            Scope.LINE: (place.line_id, self.line_ids),
            Scope.MANAGER: (place.manager_id, tuple(manager.id for manager in self.managers)),
            Scope.ACCESSORY: (place.accessory_id, tuple(self.accessory_lines)),
        }
        wanted, known = names.get(scope, (place.string_key, tuple(self.slices)))
        if wanted is None or wanted not in known:
            return None
        row = known.index(wanted)
        if scope is Scope.CELL:
            cells = self.slices[wanted]
            row = cells.start + (place.cell or 0) - 1
            if row not in range(cells.start, cells.stop):
                return None
        return row if self.place(scope, row) == place else None

    def spread(self, flags: Flags, wider: Scope, narrower: Scope) -> Flags:
        """Carry flags of wider places to the places inside of them.

        A string lies inside of all its lines together: only what holds for each holds for it.
        """
        if wider is narrower:
            return flags
        if (wider, narrower) == (Scope.LINE, Scope.STRING):
            of_cells = self.spread(flags, Scope.LINE, Scope.CELL)
            return np.logical_and.reduceat(of_cells, self.first_cell)
        return np.append(flags, [False])[self.inside_of[wider, narrower]]


def lay_out(
    site: Site,
    line_ids: tuple[str, ...],
    line_of: LineOf,
    accessory_lines: Mapping[str, str] | None = None,
) -> Layout:
    """Put all places in rows.

    `line_of` names the lines that managers and strings hang on, `accessory_lines` those of the
    accessories by id.
    """
    lines_of_accessories = dict(accessory_lines or {})
    strings, managers = site.strings, site.managers
    counts = np.array([string.cell_count for string in strings], np.intp)
    string_of_cell = np.repeat(np.arange(len(strings)), counts)
    first_cell = np.cumsum(counts) - counts
    line_row = {line_id: row for row, line_id in enumerate(line_ids)}
    manager_row = {manager.id: row for row, manager in enumerate(managers)}
    no_line = len(line_ids)

    def rows_of_lines(count: int, *names: str) -> Indices:
        lines = next((line_of[name] for name in names if name in line_of), "")
        each = (lines,) * count if isinstance(lines, str) else lines
        return np.array([line_row.get(line_id, no_line) for line_id in each], np.intp)

    no_rows = np.zeros(0, np.intp)
    totals = {
        Scope.LINE: len(line_ids),
        Scope.MANAGER: len(managers),
        Scope.STRING: len(strings),
        Scope.CELL: len(string_of_cell),
        Scope.ACCESSORY: len(lines_of_accessories),
    }
    string_managers = np.array([manager_row[string.manager_id] for string in strings], np.intp)
    return Layout(
        made_of=(site, line_ids, line_of, lines_of_accessories),
        strings=strings,
        managers=managers,
        line_ids=line_ids,
        accessory_lines=lines_of_accessories,
        counts=totals,
        first_cell=first_cell,
        string_of_cell=string_of_cell,
        inside_of={
            (Scope.LINE, Scope.MANAGER): np.concatenate(
                [no_rows, *(rows_of_lines(1, manager.id) for manager in managers)]
            ),
            (Scope.LINE, Scope.CELL): np.concatenate(
                [
                    no_rows,
                    *(
                        rows_of_lines(string.cell_count, string.key, string.manager_id)
                        for string in strings
                    ),
                ]
            ),
            (Scope.LINE, Scope.ACCESSORY): np.array(
                [line_row.get(line_id, no_line) for line_id in lines_of_accessories.values()],
                np.intp,
            ),
            (Scope.MANAGER, Scope.STRING): string_managers,
            (Scope.MANAGER, Scope.CELL): string_managers[string_of_cell],
            (Scope.STRING, Scope.CELL): string_of_cell,
        },
        limits={rule.name: _limits(rule, strings, string_of_cell, totals) for rule in RULES},
        stale_after_s={
            quantity: np.array([string.stale_after_s[quantity] for string in strings])[
                string_of_cell
            ]
            for quantity in (Quantity.VOLTAGE, Quantity.TEMPERATURE, Quantity.RESISTANCE)
        },
        engine_managed=np.array(
            [string.equalized_by is EqualizedBy.ENGINE for string in strings], np.bool_
        ),
        float_voltage_v=np.array([string.float_voltage_v for string in strings]),
        measured=np.array([Quantity.VOLTAGE not in string.absent for string in strings], np.bool_)[
            string_of_cell
        ],
        slices={
            string.key: slice(int(first), int(first) + string.cell_count)
            for string, first in zip(strings, first_cell, strict=True)
        },
    )


def _limits(
    rule: Rule,
    strings: tuple[String, ...],
    string_of_cell: Indices,
    counts: dict[Scope, int],
) -> Floats:
    """Return the limit per place, NaN where it is switched off."""
    if isinstance(rule.limit, str):
        wanted = [getattr(string.limits, rule.limit) for string in strings]
        per_string = np.array([np.nan if limit is None else limit for limit in wanted])
        return per_string[string_of_cell] if rule.scope is Scope.CELL else per_string
    return np.full(counts[rule.scope], rule.limit)
