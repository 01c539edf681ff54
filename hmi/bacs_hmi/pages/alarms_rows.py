"""Alarms as rows: the worst first, and many cells of a string with the same alarm as one row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bacs_core.alarms.rules import RULE_OF
from bacs_core.api.command_messages import MOST_ALARMS_AT_ONCE
from bacs_core.api.live import LiveSite
from bacs_core.api.messages import Acknowledge, Alarm
from bacs_core.api.rule_messages import RulePlace, StoppedRule
from bacs_core.model import AlarmSeverity, AlarmState, Site, cell_label
from bacs_hmi import wording
from bacs_hmi.conclusions import today_of
from bacs_hmi.format import day_and_clock
from bacs_hmi.texts import Texts

#: From so many cells on they are one row.
GROUP_FROM: Final = 3
#: So many cells of a group are named, the others counted.
NAMED_CELLS: Final = 6
#: These wait for somebody to acknowledge them.
OPEN: Final = (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED)
_SEPARATOR: Final = " · "


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """One alarm, or those of one rule at many cells of a string; the worst first."""

    alarms: tuple[Alarm, ...]

    @property
    def worst(self) -> Alarm:
        """The alarm that stands for all of them."""
        return self.alarms[0]

    @property
    def is_group(self) -> bool:
        """Whether it stands for several cells."""
        return len(self.alarms) > 1

    @property
    def key(self) -> str:
        """What stays the same while the row is about the same."""
        worst = self.worst
        if not self.is_group:
            return worst.id
        return f"{worst.rule}/{worst.string_key}/{worst.severity}/{worst.state}"


@dataclass(frozen=True, slots=True)
class RowTexts:
    """What a row says."""

    place: str
    what: str
    when: str
    state: str


def active_rows(alarms: Iterable[Alarm]) -> list[AlarmRow]:
    """Return those that were not put aside; what is over and not acknowledged comes last."""
    return _grouped(alarm for alarm in alarms if alarm.state not in wording.PUT_ASIDE)


def aside_rows(alarms: Iterable[Alarm], stopped: Sequence[StoppedRule] | None) -> list[AlarmRow]:
    """Return those that were put aside; what an order holds back is told with the order instead."""
    return _grouped(
        alarm
        for alarm in alarms
        if alarm.state in wording.PUT_ASIDE
        and not (stopped and alarm.state is AlarmState.OUT_OF_SERVICE)
    )


def alarms_of_group(alarms: Iterable[Alarm], rule: str, key: str) -> list[Alarm]:
    """Return the alarms of one rule at the cells of a string, the worst first."""
    own = (
        alarm
        for alarm in alarms
        if alarm.rule == rule and alarm.string_key == key and alarm.cell is not None
    )
    return wording.worst_first(own)


def first_of_bursts(alarms: Iterable[Alarm]) -> frozenset[str]:
    """Return the id of the one alarm of each burst to look at first.

    The engine marks several where they began together; of them the worst, then the lowest cell.
    """
    marked = sorted(
        (alarm for alarm in alarms if alarm.first_out),
        key=lambda alarm: (alarm.severity is not AlarmSeverity.ALARM, alarm.cell or 0, alarm.id),
    )
    first: dict[tuple[str | None, datetime], str] = {}
    for alarm in marked:
        first.setdefault((alarm.string_key, alarm.raised_at), alarm.id)
    return frozenset(first.values())


def acknowledging(alarms: Sequence[Alarm]) -> Acknowledge | None:
    """Return the one command that acknowledges those that wait for it; `None` where none does."""
    waiting = [alarm.id for alarm in alarms if alarm.state in OPEN]
    if not waiting:
        return None
    if len(waiting) == 1:
        return Acknowledge(alarm_id=waiting[0])
    return Acknowledge(alarm_ids=waiting[:MOST_ALARMS_AT_ONCE])


def may_put_aside(alarm: Alarm) -> bool:
    """Tell whether an alarm can be shelved or taken out of service; protection never can."""
    known = RULE_OF.get(alarm.rule)
    return known is None or not known.stands


def texts_of_row(row: AlarmRow, site: Site, texts: Texts, live: LiveSite) -> RowTexts:
    """Say where, what, since when and in which state."""
    worst, today = row.worst, today_of(live)
    if not row.is_group:
        return RowTexts(
            wording.place(worst, site, texts),
            wording.condition(worst, site, texts, live),
            day_and_clock(worst.raised_at, texts["day_format"]),
            wording.state(worst, texts, today),
        )
    string = wording.string_of(site, worst.string_key)
    count = 0 if string is None else string.cell_count
    labels = [cell_label(alarm.cell or 0, count) for alarm in row.alarms]
    named = ", ".join(sorted(labels[:NAMED_CELLS]))
    if len(labels) > NAMED_CELLS:
        named = f"{named} {texts['and_more'].format(count=len(labels) - NAMED_CELLS)}"
    first = min(alarm.raised_at for alarm in row.alarms)
    rule = wording.rule(worst, site, texts)
    return RowTexts(
        worst.string_key or "" if string is None else string.name,
        texts["alarm_group"].format(count=len(row.alarms), rule=rule, cells=named),
        day_and_clock(first, texts["day_format"]),
        _states(row.alarms, texts),
    )


def _states(alarms: Sequence[Alarm], texts: Texts) -> str:
    counted = Counter(alarm.state for alarm in alarms)
    if len(counted) == 1:
        return texts[f"alarm_{alarms[0].state.value}"]
    return _SEPARATOR.join(
        f"{counted[state]} {texts[f'alarm_{state.value}']}"
        for state in AlarmState
        if counted[state]
    )


def counts(alarms: Iterable[Alarm]) -> tuple[int, int]:
    """Count the alarms that people are told of, and those that were put aside."""
    aside = Counter(alarm.state in wording.PUT_ASIDE for alarm in alarms)
    return aside[False], aside[True]


def held_back(order: StoppedRule, alarms: Iterable[Alarm]) -> list[Alarm]:
    """Return the alarms that an order keeps out of service."""
    return [
        alarm
        for alarm in alarms
        if alarm.state is AlarmState.OUT_OF_SERVICE
        and order.rule in {None, alarm.rule}
        and _is_inside(alarm, order.place)
    ]


def place_name(place: RulePlace, site: Site, texts: Texts, accessories: dict[str, str]) -> str:
    """Name the place of an order; `accessories` are names by id."""
    string = wording.string_of(site, place.string_key)
    if string is not None:
        if place.cell is None:
            return string.name
        cell = cell_label(place.cell, string.cell_count)
        return texts["alarm_place_string_cell"].format(string=string.name, cell=cell)
    manager = wording.manager_of(site, place.manager_id)
    if manager is not None:
        return manager.name
    if place.accessory_id is not None:
        return accessories.get(place.accessory_id, place.accessory_id)
    if place.line_id is not None:
        return texts["line_named"].format(line=place.line_id)
    return site.name


def _is_inside(alarm: Alarm, place: RulePlace) -> bool:
    return all(
        wanted is None or wanted == told
        for wanted, told in (
            (place.manager_id, alarm.manager_id),
            (place.string_key, alarm.string_key),
            (place.cell, alarm.cell),
            (place.line_id, alarm.line_id),
            (place.accessory_id, alarm.accessory_id),
        )
    )


def _grouped(alarms: Iterable[Alarm]) -> list[AlarmRow]:
    """Put alarms in order, those of one rule at many cells of a string where the worst stands."""
    ordered = wording.worst_first(alarms)
    by_key: dict[tuple[str, str, AlarmSeverity, bool, bool], list[Alarm]] = {}
    for alarm in ordered:
        if alarm.cell is not None and alarm.string_key is not None:
            by_key.setdefault(_group_key(alarm), []).append(alarm)
    rows: list[AlarmRow] = []
    told: set[tuple[str, str, AlarmSeverity, bool, bool]] = set()
    for alarm in ordered:
        key = _group_key(alarm)
        group = by_key.get(key, [])
        if len(group) < GROUP_FROM or alarm.cell is None:
            rows.append(AlarmRow((alarm,)))
        elif key not in told:
            told.add(key)
            rows.append(AlarmRow(tuple(group)))
    return rows


def _group_key(alarm: Alarm) -> tuple[str, str, AlarmSeverity, bool, bool]:
    aside = alarm.state in wording.PUT_ASIDE
    return alarm.rule, alarm.string_key or "", alarm.severity, alarm.active, aside
