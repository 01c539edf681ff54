"""The alarm rules as they apply at a site, read from the declarations and from what people changed.

Pure: the layout says what holds where, and one without any change what is usual.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple, cast

from bacs_core.alarms.book import OutOfService
from bacs_core.alarms.layout import Layout, lay_out
from bacs_core.alarms.overrides import Override, allowed
from bacs_core.alarms.place import Place
from bacs_core.alarms.rules import RULES, Rule, Scope
from bacs_core.api.rule_messages import (
    AlarmRule,
    ChangedLimit,
    RuleLimit,
    RulePlace,
    Rules,
    RuleScope,
    StoppedRule,
)

_IN_STRINGS: Final = (Scope.STRING, Scope.CELL)


class _Held(NamedTuple):
    """What holds at a place, see `RuleLimit`."""

    usual: float | None
    limit: float | None
    off: bool
    lowest: float | None
    highest: float | None


class _Layouts(NamedTuple):
    """What holds without any change, with those of the site, and with all but those of cells.

    What a single cell has for itself says nothing about its string, and what a line or a manager
    has nothing about the others.
    """

    usual: Layout
    of_site: Layout
    of_strings: Layout


def rules_of(layout: Layout, out_of_service: Sequence[OutOfService]) -> Rules:
    """Tell every rule with its limits at the places of `layout`, and what is out of service."""
    changes = layout.made_of[-1]

    def with_changes(*scopes: Scope) -> Layout:
        kept = tuple(change for change in changes if change.place.scope in scopes)
        return lay_out(*layout.made_of[:-1], kept)

    wide = (Scope.SITE, Scope.LINE, Scope.MANAGER, Scope.STRING)
    layouts = _Layouts(with_changes(), with_changes(Scope.SITE), with_changes(*wide))
    return Rules(
        rules=[_rule(rule, layouts, changes) for rule in RULES],
        out_of_service=[
            StoppedRule(
                rule=stopped.rule,
                place=_place(stopped.place),
                reason=stopped.reason,
                by=stopped.by,
                since=_moment(stopped.at),
            )
            for stopped in out_of_service
        ],
    )


def _rule(rule: Rule, layouts: _Layouts, changes: Sequence[Override]) -> AlarmRule:
    return AlarmRule(
        name=rule.name,
        scope=cast("RuleScope", rule.scope.name.lower()),
        signal=rule.signal.value,
        unit=rule.unit.value,
        severity=rule.severity,
        beyond=rule.beyond.value,
        raise_after_s=rule.raise_after_s,
        clear_after_s=rule.clear_after_s,
        counts=rule.counts,
        stands=rule.stands,
        suppressed_by=[cause.value for cause in rule.suppressed_by],
        limits=_limits(rule, layouts),
        changed=[
            _changed(rule, change, layouts.usual) for change in changes if change.rule == rule.name
        ],
    )


def _limits(rule: Rule, layouts: _Layouts) -> list[RuleLimit]:
    """Return what holds for each string, those alike together; or once for places of other kinds.

    The usual limit is the same at all lines, managers and accessories.
    """
    usual = layouts.usual.limits[rule.name].limit
    if rule.scope not in _IN_STRINGS:
        of_site = layouts.of_site.limits[rule.name].limit
        if not usual.size:
            return []
        return [_limit((), _held(rule, usual[0], of_site[0], Place(), layouts.usual))]
    in_force, rows = layouts.of_strings.limits[rule.name].limit, layouts.usual.rows
    groups: dict[_Held, list[str]] = {}
    for index, string in enumerate(rows.strings):
        row = index if rule.scope is Scope.STRING else rows.first_cell[index]
        place = Place(string.manager_id, string.key)
        held = _held(rule, usual[row], in_force[row], place, layouts.usual)
        groups.setdefault(held, []).append(string.key)
    return [_limit(strings, held) for held, strings in groups.items()]


def _held(rule: Rule, usual: float, limit: float, place: Place, layout: Layout) -> _Held:
    lowest, highest = allowed(rule, place, layout) or (None, None)
    return _Held(
        usual=None if rule.counts else _number(usual),
        limit=None if rule.counts else _number(limit),
        off=math.isnan(limit) and not math.isnan(usual),
        lowest=_number(lowest),
        highest=_number(highest),
    )


def _limit(strings: Sequence[str], held: _Held) -> RuleLimit:
    return RuleLimit(strings=list(strings), **held._asdict())


def _changed(rule: Rule, change: Override, layout: Layout) -> ChangedLimit:
    lowest, highest = allowed(rule, change.place, layout) or (None, None)
    return ChangedLimit(
        place=_place(change.place),
        limit=change.limit,
        off=change.off,
        raise_after_s=change.raise_after_s,
        clear_after_s=change.clear_after_s,
        lowest=_number(lowest),
        highest=_number(highest),
        by=change.by,
        since=_moment(change.at),
    )


def _place(place: Place) -> RulePlace:
    return RulePlace(
        manager_id=place.manager_id,
        string_key=place.string_key,
        cell=place.cell,
        line_id=place.line_id,
        accessory_id=place.accessory_id,
    )


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


def _moment(unix_s: float) -> datetime:
    return datetime.fromtimestamp(unix_s, UTC)
