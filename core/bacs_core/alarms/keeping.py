"""Carries the alarm book over a restart, as plain JSON: alarms, running delays, orders, the mute.

The delay of a measured value goes on where it was: time in which nobody watched does not count. A
shelf ends when its person was told, however long the engine was away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, OnErrorOmit, TypeAdapter

from bacs_core.alarms.book import (
    STATES,
    AlarmBook,
    Key,
    Mute,
    Occurrence,
    OutOfService,
    RuleMemory,
    away_of,
    marks_of,
    string_of,
)
from bacs_core.alarms.layout import Layout, LineOf, lay_out
from bacs_core.alarms.overrides import Override
from bacs_core.alarms.place import Place
from bacs_core.alarms.rules import RULE_OF, Rule
from bacs_core.model import AlarmState, Site
from bacs_core.snapshot import Floats

Json = dict[str, Any]

#: Later than this no time can be published.
_LAST_TIME_S: Final = datetime(9999, 12, 31, tzinfo=UTC).timestamp()

_Name = Annotated[str, Field(min_length=1)]
_Time = Annotated[float, Field(ge=0, le=_LAST_TIME_S)]
_Elapsed = Annotated[float, Field(ge=0, le=_LAST_TIME_S)]
_Ring = Annotated[int, Field(ge=0, lt=2**53)]


class _KeptPlace(BaseModel):
    """Where something is, with all names of the place."""

    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False)

    manager_id: str | None
    string_key: str | None
    cell: int | None
    line_id: str | None
    accessory_id: str | None = None

    @property
    def place(self) -> Place:
        """The place itself."""
        return Place(self.manager_id, self.string_key, self.cell, self.line_id, self.accessory_id)


class _KeptAlarm(_KeptPlace):
    """One raised alarm as it lies in the history; times are unix seconds."""

    id: _Name
    rule: str
    state: Annotated[AlarmState, Field(strict=False)]
    value: float
    limit: float
    raised_at: _Time
    acknowledged_by: _Name | None
    acknowledged_at: _Time | None
    note: str = ""
    first_out: bool = False
    shelved_until: _Time | None = None
    shelved_by: _Name | None = None
    suppressed_by: _Name | None = None
    ring: _Ring = 1

    def fits(self, rule: Rule) -> bool:
        """Tell whether the parts do not contradict each other."""
        aside = (AlarmState.SHELVED, AlarmState.SUPPRESSED, AlarmState.OUT_OF_SERVICE)
        if self.state in aside:
            if rule.stands or (self.state is AlarmState.SUPPRESSED and not rule.suppressed_by):
                return False
        elif (self.state is AlarmState.ACKNOWLEDGED) is (self.acknowledged_by is None):
            return False
        shelved, kept_back = self.state is AlarmState.SHELVED, self.state in aside[1:]
        return (
            shelved is (self.shelved_until is not None)
            and shelved is (self.shelved_by is not None)
            and kept_back is (self.suppressed_by is not None)
        )


class _KeptDelay(_KeptPlace):
    """A delay that was running: for how many seconds already."""

    rule: str
    for_s: _Elapsed
    urgent_for_s: _Elapsed | None = None


class _KeptOrder(_KeptPlace):
    """What a person took out of service."""

    rule: str | None
    by: _Name
    at: _Time
    reason: str


class _KeptMute(BaseModel):
    """Up to which ring the buzzer is silent."""

    model_config = _KeptPlace.model_config

    ring: _Ring
    by: str | None = None
    at: _Time | None = None


_ALARMS: Final = TypeAdapter(list[OnErrorOmit[_KeptAlarm]])
_DELAYS: Final = TypeAdapter(list[OnErrorOmit[_KeptDelay]])
_ORDERS: Final = TypeAdapter(list[OnErrorOmit[_KeptOrder]])
_MUTES: Final = TypeAdapter(list[OnErrorOmit[_KeptMute]])


def keep(book: AlarmBook) -> Json:
    """Return all that a restart must not lose as plain JSON; alarms in the order of raising."""
    return {
        "alarms": [
            {
                "id": alarm.id,
                "rule": alarm.rule.name,
                **asdict(alarm.place),
                "state": alarm.state.value,
                "value": alarm.value,
                "limit": alarm.limit,
                "raised_at": alarm.raised_at,
                "acknowledged_by": alarm.acknowledged_by,
                "acknowledged_at": alarm.acknowledged_at,
                "note": alarm.note,
                "first_out": alarm.first_out,
                "shelved_until": alarm.shelved_until,
                "shelved_by": alarm.shelved_by,
                "suppressed_by": alarm.suppressed_by,
                "ring": alarm.ring,
            }
            for alarm in book.raised
        ],
        "delays": list(_delays(book)),
        "out_of_service": [
            {
                "rule": order.rule,
                **asdict(order.place),
                "by": order.by,
                "at": order.at,
                "reason": order.reason,
            }
            for order in book.out_of_service
        ],
        "mute": asdict(book.mute),
    }


def restore(
    kept: object,
    site: Site,
    line_ids: Sequence[str],
    line_of: LineOf,
    accessory_lines: Mapping[str, str] | None = None,
    overrides: tuple[Override, ...] = (),
) -> AlarmBook:
    """Return the book that `keep` was given, as far as it still fits the site.

    What is malformed, contradicts itself or names a rule or place that is no more is left out, one
    by one. `line_ids`, `accessory_lines` and `overrides` must be those of the inputs of `evaluate`,
    in their order.
    """
    layout = lay_out(site, tuple(line_ids), line_of, accessory_lines, overrides)
    # An earlier version kept the alarms alone.
    parts = kept if isinstance(kept, dict) else {"alarms": kept}
    occurrences = dict(_occurrences(parts.get("alarms"), layout))
    memories = _memories(occurrences, layout)
    last_raised = np.full(layout.rows.string_count, -np.inf)
    for (_, row), alarm in occurrences.items():
        if (string := string_of(layout, alarm.rule, row)) is not None:
            last_raised[string] = max(float(last_raised[string]), alarm.raised_at)
    mutes = _MUTES.validate_python([parts.get("mute")])
    mute = Mute(**mutes[0].model_dump()) if mutes else Mute()
    orders = tuple(_orders(parts.get("out_of_service"), layout))
    rings = max([mute.ring, *(alarm.ring for alarm in occurrences.values())])
    return AlarmBook(
        occurrences,
        _with_delays(memories, parts.get("delays"), layout),
        layout=layout,
        marks=marks_of(memories, layout),
        # Delays are restored as seconds before this: the first tick moves them up to its own time.
        at=0.0,
        last_raised=last_raised,
        out_of_service=orders,
        away=away_of(layout, orders),
        rings=rings,
        mute=mute,
    )


def _delays(book: AlarmBook) -> Iterator[Json]:
    if book.layout is None or book.at is None:
        return
    for name, memory in book.memories.items():
        # A start itself is silent for some seconds: such delays must not add up over starts.
        if RULE_OF[name].counts:
            continue
        for row in np.flatnonzero(np.isfinite(memory.turning_since)).tolist():
            place = book.layout.place(RULE_OF[name].scope, row)
            yield {
                "rule": name,
                **asdict(place),
                "for_s": _elapsed(memory.turning_since, row, book.at),
                "urgent_for_s": None
                if memory.urgent_since is None
                else _elapsed(memory.urgent_since, row, book.at),
            }


def _elapsed(since: Floats, row: int, at: float) -> float | None:
    return max(at - float(since[row]), 0.0) if np.isfinite(since[row]) else None


def _occurrences(kept: object, layout: Layout) -> Iterator[tuple[Key, Occurrence]]:
    seen: set[str | Key] = set()
    for alarm in _ALARMS.validate_python(kept) if isinstance(kept, list) else ():
        rule = RULE_OF.get(alarm.rule)
        row = None if rule is None else layout.row(rule.scope, alarm.place)
        if rule is None or row is None or not alarm.fits(rule):
            continue
        if not seen.isdisjoint({alarm.id, (rule.name, row)}):
            continue
        seen |= {alarm.id, (rule.name, row)}
        yield (
            (rule.name, row),
            Occurrence(
                id=alarm.id,
                rule=rule,
                place=alarm.place,
                state=alarm.state,
                value=alarm.value,
                limit=alarm.limit,
                raised_at=alarm.raised_at,
                acknowledged_by=alarm.acknowledged_by,
                acknowledged_at=alarm.acknowledged_at,
                note=alarm.note,
                first_out=alarm.first_out,
                shelved_until=alarm.shelved_until,
                shelved_by=alarm.shelved_by,
                suppressed_by=alarm.suppressed_by,
                ring=alarm.ring,
            ),
        )


def _memories(occurrences: Mapping[Key, Occurrence], layout: Layout) -> dict[str, RuleMemory]:
    memories: dict[str, RuleMemory] = {}
    for (name, row), alarm in occurrences.items():
        if name not in memories:
            memories[name] = replace(
                RuleMemory.initial(layout.counts[alarm.rule.scope]), quiet=False
            )
        memories[name].state[row] = STATES[alarm.state]
    return memories


def _with_delays(
    memories: Mapping[str, RuleMemory], kept: object, layout: Layout
) -> dict[str, RuleMemory]:
    running = dict(memories)
    for delay in _DELAYS.validate_python(kept) if isinstance(kept, list) else ():
        rule = RULE_OF.get(delay.rule)
        row = None if rule is None else layout.row(rule.scope, delay.place)
        if rule is None or row is None:
            continue
        count = layout.counts[rule.scope]
        memory = running.get(rule.name) or RuleMemory.initial(count)
        since, urgent = memory.turning_since.copy(), memory.urgent_since
        since[row] = -delay.for_s
        if delay.urgent_for_s is not None and rule.urgent is not None:
            urgent = np.full(count, np.nan) if urgent is None else urgent.copy()
            urgent[row] = -delay.urgent_for_s
        running[rule.name] = RuleMemory(memory.state, since, urgent, quiet=False)
    return running


def _orders(kept: object, layout: Layout) -> Iterator[OutOfService]:
    for order in _ORDERS.validate_python(kept) if isinstance(kept, list) else ():
        rule = None if order.rule is None else RULE_OF.get(order.rule)
        if order.rule is not None and (rule is None or rule.stands):
            continue
        named = layout.named(order.place)
        if named is not None and layout.place(*named) == order.place:
            yield OutOfService(order.rule, order.place, order.by, order.at, order.reason)
