"""All places of a site in rows, so that a rule is evaluated for the whole site at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bacs_core.alarms.declaration import AROUND, Beyond, Limit, Rule, Scope, Signal
from bacs_core.alarms.overrides import Override
from bacs_core.alarms.place import Place
from bacs_core.alarms.rules import RULES
from bacs_core.model import Chemistry, EqualizedBy, Manager, Quantity, Site
from bacs_core.rows import Indices, Rows, rows_of
from bacs_core.snapshot import Flags, Floats

__all__ = ["Layout", "LineOf", "Place", "RuleLimits", "lay_out"]

#: The line of each manager id and string key; of each cell in order where a string spans lines.
LineOf = Mapping[str, str | tuple[str, ...]]

#: Below this share of the float voltage a string is not in float: 2.20 V for lead.
FLOAT_FROM: Final = 0.97
#: Chemistries whose voltage limits are those of float: in a discharge they mean nothing.
FLOAT_LIMITED = frozenset({Chemistry.VRLA, Chemistry.VENTED_LEAD, Chemistry.NICD})


@dataclass(frozen=True, slots=True)
class RuleLimits:
    """The limits and delays of one rule, per place; NaN where the rule is switched off.

    `raises` is the limit with the dead band, `returns` with the hysteresis, `urgent` (where there
    is one) the limit of the shorter delay. `off` tells whether any place is switched off.
    """

    limit: Floats
    raises: Floats
    returns: Floats
    urgent: Floats | None
    raise_after_s: Floats
    clear_after_s: Floats
    off: bool
    idle: bool

    @classmethod
    def made(
        cls, rule: Rule, limit: Floats, normal: Floats, raise_after_s: Floats, clear_after_s: Floats
    ) -> RuleLimits:
        """Work out of the limits what is compared with a signal."""
        outwards = 1.0 if rule.beyond is Beyond.ABOVE else -1.0
        urgent = None
        if rule.urgent is not None:
            urgent = normal + rule.urgent.times * (limit - normal)
            # A limit on the wrong side of the normal value must not make everything urgent.
            urgent = outwards * np.maximum(outwards * urgent, outwards * limit)
        return cls(
            limit=limit,
            raises=limit + outwards * rule.dead_band,
            returns=limit - outwards * (rule.hysteresis + rule.hysteresis_share * limit),
            urgent=urgent,
            raise_after_s=raise_after_s,
            clear_after_s=clear_after_s,
            off=bool(np.isnan(limit).any()),
            idle=bool(np.isnan(limit).all()),
        )

    def at(self, rows: Indices) -> RuleLimits:
        """Return what holds at some places."""
        return RuleLimits(
            limit=self.limit[rows],
            raises=self.raises[rows],
            returns=self.returns[rows],
            urgent=None if self.urgent is None else self.urgent[rows],
            raise_after_s=self.raise_after_s[rows],
            clear_after_s=self.clear_after_s[rows],
            off=self.off,
            idle=self.idle,
        )


class Told(NamedTuple):
    """A signal: values (or yes and no) per place, and where they are known (`None`: unless NaN)."""

    values: Floats | Flags
    known: Flags | None = None


class Watch(NamedTuple):
    """A rule with what is asked of it in every tick; `nobody` is no place of its scope."""

    rule: Rule
    name: str
    signal: Signal
    limits: RuleLimits
    nobody: Flags


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """What stays the same from tick to tick; `made_of` tells when it has to be made anew."""

    made_of: tuple[Site, tuple[str, ...], LineOf, dict[str, str], tuple[Override, ...]]
    site: Site
    rows: Rows
    managers: tuple[Manager, ...]
    line_ids: tuple[str, ...]
    accessory_lines: dict[str, str]
    """The line of each accessory id."""
    counts: dict[Scope, int]
    inside_of: dict[tuple[Scope, Scope], Indices]
    """Row of the wider place around each place; the row after the last where there is none."""
    limits: dict[str, RuleLimits]
    engine_managed: Flags
    float_voltage_v: Floats
    float_from_v: Floats
    """Below it a string is not in float."""
    float_limited: Flags
    unmeasured: Flags | None
    """Cells whose voltage their devices do not give; `None` where all give it."""
    nobody: dict[Scope, Flags]
    """No place of a scope."""
    nothing: Told
    """A value that no cell has, and which is known of all."""
    watches: list[Watch]
    """Every rule, in the order in which they are judged."""
    unlimited: set[Signal]
    """The signals that no rule has a limit for anywhere."""

    def count(self, scope: Scope) -> int:
        """How many places there are."""
        return self.counts[scope]

    def place(self, scope: Scope, row: int) -> Place:
        """Name the place in a row."""
        if scope is Scope.SITE:
            return Place()
        if scope is Scope.LINE:
            return Place(line_id=self.line_ids[row])
        if scope is Scope.MANAGER:
            return Place(manager_id=self.managers[row].id)
        if scope is Scope.ACCESSORY:
            name, line_id = tuple(self.accessory_lines.items())[row]
            return Place(line_id=line_id, accessory_id=name)
        index = row if scope is Scope.STRING else int(self.rows.string_of_cell[row])
        string = self.rows.strings[index]
        cell = None if scope is Scope.STRING else row - int(self.rows.first_cell[index]) + 1
        return Place(manager_id=string.manager_id, string_key=string.key, cell=cell)

    def row(self, scope: Scope, place: Place) -> int | None:
        """Return the row that `place` names in full, `None` where the site has no such place."""
        named = self.named(place)
        if named is None or named[0] is not scope:
            return None
        return named[1] if self.place(scope, named[1]) == place else None

    def named(self, place: Place) -> tuple[Scope, int] | None:
        """Return scope and row of a place by its most exact name; nothing named is the site."""
        if place.string_key is not None:
            cells = self.rows.slices.get(place.string_key)
            if cells is None:
                return None
            if place.cell is None:
                return Scope.STRING, self.rows.places[place.string_key]
            row = cells.start + place.cell - 1
            return (Scope.CELL, row) if row in range(cells.start, cells.stop) else None
        scope, name = Scope.SITE, ""
        known: tuple[str, ...] = ("",)
        if place.accessory_id is not None:
            scope, name, known = Scope.ACCESSORY, place.accessory_id, tuple(self.accessory_lines)
        elif place.manager_id is not None:
            managers = tuple(manager.id for manager in self.managers)
            scope, name, known = Scope.MANAGER, place.manager_id, managers
        elif place.line_id is not None:
            scope, name, known = Scope.LINE, place.line_id, self.line_ids
        if name not in known or place.cell is not None:
            return None
        return scope, known.index(name)

    def inside(self, place: Place, scope: Scope) -> Flags:
        """Mark all places of `scope` that are `place` or lie inside of it."""
        named = self.named(place)
        if named is None or named[0] not in AROUND[scope]:
            return self.nobody[scope]
        marks = np.zeros(self.counts[named[0]], np.bool_)
        marks[named[1]] = True
        return self.spread(marks, named[0], scope)

    def spread(self, flags: Flags, wider: Scope, narrower: Scope) -> Flags:
        """Carry flags of wider places to the places inside of them.

        A string lies inside of all its lines together: only what holds for each holds for it.
        """
        if wider is narrower:
            return flags
        if wider is Scope.SITE:
            return np.full(self.counts[narrower], flags[0])
        if (wider, narrower) == (Scope.LINE, Scope.STRING):
            return self.rows.all(self.spread(flags, Scope.LINE, Scope.CELL))
        return np.append(flags, [False])[self.inside_of[wider, narrower]]


def lay_out(
    site: Site,
    line_ids: tuple[str, ...],
    line_of: LineOf,
    accessory_lines: Mapping[str, str] | None = None,
    overrides: tuple[Override, ...] = (),
) -> Layout:
    """Put all places in rows, with the limits that hold for each of them.

    `line_of` names the lines that managers and strings hang on, `accessory_lines` those of the
    accessories by id. An override that does not fit the site has no effect.
    """
    lines_of_accessories = dict(accessory_lines or {})
    rows, managers = rows_of(site.strings), site.managers
    counts = {
        Scope.SITE: 1,
        Scope.LINE: len(line_ids),
        Scope.MANAGER: len(managers),
        Scope.STRING: rows.string_count,
        Scope.CELL: rows.cell_count,
        Scope.ACCESSORY: len(lines_of_accessories),
    }
    unmeasured = rows.spread(
        rows.flags_of_strings(lambda string: Quantity.VOLTAGE in string.absent)
    )
    layout = Layout(
        made_of=(site, line_ids, line_of, lines_of_accessories, overrides),
        site=site,
        rows=rows,
        managers=managers,
        line_ids=line_ids,
        accessory_lines=lines_of_accessories,
        counts=counts,
        inside_of=_inside_of(rows, managers, line_ids, line_of, lines_of_accessories),
        limits={},
        engine_managed=rows.flags_of_strings(
            lambda string: string.equalized_by is EqualizedBy.ENGINE
        ),
        float_voltage_v=rows.of_strings(lambda string: string.float_voltage_v),
        float_from_v=FLOAT_FROM * rows.of_strings(lambda string: string.float_voltage_v),
        float_limited=rows.flags_of_strings(lambda string: string.chemistry in FLOAT_LIMITED),
        unmeasured=unmeasured if unmeasured.any() else None,
        nobody={scope: np.zeros(count, np.bool_) for scope, count in counts.items()},
        nothing=Told(np.full(rows.cell_count, np.nan), np.ones(rows.cell_count, np.bool_)),
        watches=[],
        unlimited=set(Signal),
    )
    for rule in RULES:
        limits = layout.limits[rule.name] = _limits(rule, layout)
        watch = Watch(rule, rule.name, rule.signal, limits, layout.nobody[rule.scope])
        layout.watches.append(watch)
        if not limits.idle:
            layout.unlimited.discard(rule.signal)
    return layout


def _inside_of(
    rows: Rows,
    managers: tuple[Manager, ...],
    line_ids: tuple[str, ...],
    line_of: LineOf,
    accessory_lines: Mapping[str, str],
) -> dict[tuple[Scope, Scope], Indices]:
    line_row = {line_id: row for row, line_id in enumerate(line_ids)}
    manager_row = {manager.id: row for row, manager in enumerate(managers)}
    no_line = len(line_ids)

    def rows_of_lines(count: int, *names: str) -> Indices:
        lines = next((line_of[name] for name in names if name in line_of), "")
        each = (lines,) * count if isinstance(lines, str) else lines
        return np.array([line_row.get(line_id, no_line) for line_id in each], np.intp)

    no_rows: NDArray[np.intp] = np.zeros(0, np.intp)
    string_managers = np.array([manager_row[string.manager_id] for string in rows.strings], np.intp)
    return {
        (Scope.LINE, Scope.MANAGER): np.concatenate(
            [no_rows, *(rows_of_lines(1, manager.id) for manager in managers)]
        ),
        (Scope.LINE, Scope.CELL): np.concatenate(
            [
                no_rows,
                *(
                    rows_of_lines(string.cell_count, string.key, string.manager_id)
                    for string in rows.strings
                ),
            ]
        ),
        (Scope.LINE, Scope.ACCESSORY): np.array(
            [line_row.get(line_id, no_line) for line_id in accessory_lines.values()], np.intp
        ),
        (Scope.MANAGER, Scope.STRING): string_managers,
        (Scope.MANAGER, Scope.CELL): rows.spread(string_managers),
        (Scope.STRING, Scope.CELL): rows.string_of_cell,
    }


def _limits(rule: Rule, layout: Layout) -> RuleLimits:
    """Return the limits of a rule: those of its row, of the site file, and what people changed."""
    count = layout.counts[rule.scope]
    limit = _default(rule.limit, rule.scope, layout)
    raise_after_s = np.full(count, float(rule.raise_after_s))
    clear_after_s = np.full(count, float(rule.clear_after_s))
    overrides = [wish for wish in layout.made_of[-1] if wish.rule == rule.name]
    # What is said of a narrower place holds against what is said of a wider one around it.
    for wish in sorted(overrides, key=lambda wish: _WIDTH.index(wish.place.scope)):
        rows = layout.inside(wish.place, rule.scope)
        if wish.off or wish.limit is not None:
            limit[rows] = np.nan if wish.off else wish.limit
        if wish.raise_after_s is not None:
            raise_after_s[rows] = wish.raise_after_s
        if wish.clear_after_s is not None:
            clear_after_s[rows] = wish.clear_after_s
    normal = np.full(count, np.nan)
    if rule.urgent is not None:
        normal = (
            _per_string(layout.float_voltage_v, rule.scope, layout)
            if rule.urgent.normal is None
            else np.full(count, rule.urgent.normal)
        )
    return RuleLimits.made(rule, limit, normal, raise_after_s, clear_after_s)


#: From wide to narrow, as limits are changed.
_WIDTH = (Scope.SITE, Scope.LINE, Scope.MANAGER, Scope.STRING, Scope.CELL, Scope.ACCESSORY)


def _default(limit: Limit, scope: Scope, layout: Layout) -> Floats:
    """Return the limit per place before anybody changed it, NaN where it is switched off."""
    if isinstance(limit, str):
        name = limit
        of_strings = layout.rows.of_strings(lambda string: getattr(string.limits, name))
        return _per_string(of_strings, scope, layout)
    if isinstance(limit, Mapping):
        of_chemistry = limit
        of_strings = layout.rows.of_strings(lambda string: of_chemistry.get(string.chemistry))
        return _per_string(of_strings, scope, layout)
    return np.full(layout.counts[scope], float(limit))


def _per_string(values: Floats, scope: Scope, layout: Layout) -> Floats:
    return layout.rows.spread(values) if scope is Scope.CELL else values.copy()
