"""The alarm book: which alarms there are, and how each tick and each person changes it.

States and transitions are those of ISA-18.2, as a table; a row more makes a state more (shelved,
suppressed, out of service). A book is never changed: every function returns a new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.alarms.layout import Layout, Place, lay_out
from bacs_core.alarms.rules import RULES, Beyond, Rule, Scope
from bacs_core.alarms.signals import Inputs, Strangers, signals
from bacs_core.errors import RefusedError
from bacs_core.model import AlarmSeverity, AlarmState, CellStatus, Quantity, Site, String
from bacs_core.snapshot import Flags, Floats, StringReadings

__all__ = [
    "AlarmBook",
    "Change",
    "ChangeKind",
    "Inputs",
    "Occurrence",
    "Strangers",
    "acknowledge",
    "book_of",
    "cell_status",
    "changes",
    "evaluate",
    "shifted",
]


class State(IntEnum):
    """What an alarm is in at one place."""

    NORMAL = 0
    UNACKNOWLEDGED = 1
    ACKNOWLEDGED = 2
    RETURNED = 3


class Happening(IntEnum):
    """What can happen to an alarm."""

    BEGINS = 0
    ENDS = 1
    IS_ACKNOWLEDGED = 2


#: ISA-18.2; what is not listed changes nothing.
TRANSITIONS: Final = {
    (State.NORMAL, Happening.BEGINS): State.UNACKNOWLEDGED,
    (State.UNACKNOWLEDGED, Happening.ENDS): State.RETURNED,
    (State.UNACKNOWLEDGED, Happening.IS_ACKNOWLEDGED): State.ACKNOWLEDGED,
    (State.ACKNOWLEDGED, Happening.ENDS): State.NORMAL,
    (State.RETURNED, Happening.BEGINS): State.UNACKNOWLEDGED,
    (State.RETURNED, Happening.IS_ACKNOWLEDGED): State.NORMAL,
}
#: In these the condition holds.
ACTIVE: Final = (State.UNACKNOWLEDGED, State.ACKNOWLEDGED)
PUBLISHED: Final = {
    State.UNACKNOWLEDGED: AlarmState.UNACKNOWLEDGED,
    State.ACKNOWLEDGED: AlarmState.ACKNOWLEDGED,
    State.RETURNED: AlarmState.RETURNED,
}

_STATES: Final = {published: state for state, published in PUBLISHED.items()}
_IS_ACTIVE: Final = np.isin(np.arange(len(State)), ACTIVE)
_MARKS: Final = {
    AlarmSeverity.WARNING: CellStatus.WARNING,
    AlarmSeverity.ALARM: CellStatus.ALARM,
}
_RULES: Final = {rule.name: rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One alarm from its raising until it is normal again.

    `value` and `limit` are those of the raising; an alarm that comes back before anybody
    acknowledged it is the same occurrence.
    """

    id: str
    rule: Rule
    place: Place
    state: AlarmState
    value: float
    limit: float
    raised_at: float
    acknowledged_by: str | None = None
    acknowledged_at: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class RuleMemory:
    """One rule at all its places: the states, and since when each is about to change (or NaN)."""

    state: NDArray[np.uint8]
    turning_since: Floats

    @classmethod
    def initial(cls, count: int) -> RuleMemory:
        """Begin with everything normal."""
        return cls(np.zeros(count, np.uint8), np.full(count, np.nan))


@dataclass(frozen=True, slots=True)
class AlarmBook:
    """All alarms of a site, by rule name and row. `ended` are those that the last step ended."""

    occurrences: Mapping[tuple[str, int], Occurrence] = field(default_factory=dict)
    memories: Mapping[str, RuleMemory] = field(default_factory=dict)
    ended: tuple[Occurrence, ...] = ()
    layout: Layout | None = None
    marks: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))
    """The worst active mark of each cell of the site."""

    @property
    def raised(self) -> tuple[Occurrence, ...]:
        """All alarms that are not normal, in the order of raising."""
        return tuple(self.occurrences.values())


class ChangeKind(StrEnum):
    """What happened to an alarm."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Change:
    """One change, with the alarm as it was after it (or last was)."""

    kind: ChangeKind
    alarm: Occurrence


def book_of(raised: Iterable[tuple[int, Occurrence]], layout: Layout) -> AlarmBook:
    """Put a book together from alarms and their rows; no alarm is about to change its state."""
    occurrences: dict[tuple[str, int], Occurrence] = {}
    memories: dict[str, RuleMemory] = {}
    marks = np.zeros(layout.count(Scope.CELL), np.uint8)
    for row, occurrence in raised:
        rule = occurrence.rule
        if rule.name not in memories:
            memories[rule.name] = RuleMemory.initial(layout.count(rule.scope))
        state = _STATES[occurrence.state]
        memories[rule.name].state[row] = state
        occurrences[rule.name, row] = occurrence
        if rule.scope is Scope.CELL and state in ACTIVE:
            marks[row] = max(int(marks[row]), _mark(rule))
    return AlarmBook(occurrences, memories, layout=layout, marks=marks)


def evaluate(site: Site, inputs: Inputs, book: AlarmBook, now: float) -> AlarmBook:
    """Return the book after the tick at unix time `now`."""
    layout = _layout(site, inputs, book.layout)
    watched = signals(layout, inputs, now)
    occurrences = dict(book.occurrences)
    memories: dict[str, RuleMemory] = {}
    holding: dict[str, Flags] = {}
    ended: list[Occurrence] = []
    marks = np.zeros(layout.count(Scope.CELL), np.uint8)
    for rule in RULES:
        signal = _unheld(rule, watched[rule.signal], holding, layout)
        memory = book.memories.get(rule.name)
        if memory is None or len(memory.state) != len(signal):
            memory = RuleMemory.initial(len(signal))
        limit = layout.limits[rule.name]
        wrong = _beyond(rule, signal, limit)
        memories[rule.name], turned = _advance(rule, memory, signal, limit, wrong, now)
        for row in turned:
            state = State(memories[rule.name].state[row])
            fresh = _fresh(rule, row, float(signal[row]), layout, inputs, now)
            _enter(state, fresh, (rule.name, row), occurrences, ended)
        active = _IS_ACTIVE[memories[rule.name].state]
        holding[rule.name] = wrong | active
        if rule.scope is Scope.CELL and active.any():
            marks = np.maximum(marks, active * np.uint8(_mark(rule)))
    return AlarmBook(occurrences, memories, tuple(ended), layout, marks)


def acknowledge(book: AlarmBook, alarm_id: str | None, by: str, now: float) -> AlarmBook:
    """Acknowledge one alarm, or all of them, at unix time `now`. Never changes what is active.

    Raises `RefusedError` (code `unknown_alarm`) where there is no such alarm.
    """
    chosen = {
        key: occurrence
        for key, occurrence in book.occurrences.items()
        if alarm_id in (None, occurrence.id)
    }
    if alarm_id is not None and not chosen:
        msg = f"there is no alarm {alarm_id}"
        raise RefusedError(msg, code="unknown_alarm")
    occurrences, memories, ended = dict(book.occurrences), dict(book.memories), []
    for (name, row), occurrence in chosen.items():
        before = State(memories[name].state[row])
        after = TRANSITIONS.get((before, Happening.IS_ACKNOWLEDGED), before)
        if after is before:
            continue
        state = memories[name].state.copy()
        state[row] = after
        memories[name] = replace(memories[name], state=state)
        signed = replace(occurrence, acknowledged_by=by, acknowledged_at=now)
        if after is State.NORMAL:
            del occurrences[name, row]
            ended.append(signed)
        else:
            occurrences[name, row] = replace(signed, state=PUBLISHED[after])
    return replace(book, occurrences=occurrences, memories=memories, ended=tuple(ended))


def shifted(book: AlarmBook, step_s: float) -> AlarmBook:
    """Return the book with its running delays moved by a step of the clock."""
    memories = {
        name: replace(memory, turning_since=memory.turning_since + step_s)
        for name, memory in book.memories.items()
    }
    return replace(book, memories=memories, ended=())


def changes(before: AlarmBook, after: AlarmBook) -> tuple[Change, ...]:
    """Tell what one step changed: `after` came out of `before` by `evaluate` or `acknowledge`."""
    return tuple(_changes(before, after))


def cell_status(
    book: AlarmBook, string: String, readings: StringReadings, now: float
) -> NDArray[np.uint8]:
    """Return the worst mark of each cell: its alarms, or silent where its voltage is stale."""
    voltage = readings.columns[Quantity.VOLTAGE]
    fresh = voltage.fresh(now, string.stale_after_s[Quantity.VOLTAGE])
    place = None if book.layout is None else book.layout.slices.get(string.key)
    marks = np.zeros(string.cell_count, np.uint8) if place is None else book.marks[place]
    if Quantity.VOLTAGE in string.absent:
        fresh = np.ones(string.cell_count, np.bool_)
    status = np.where(fresh, marks, np.uint8(CellStatus.SILENT))
    status.flags.writeable = False
    return status


def _layout(site: Site, inputs: Inputs, layout: Layout | None) -> Layout:
    line_ids = tuple(inputs.lines)
    accessory_lines = {name: told.line_id for name, told in inputs.accessories.items()}
    if layout is not None:
        known_site, *others = layout.made_of
        if site is known_site and others == [line_ids, inputs.line_of, accessory_lines]:
            return layout
    return lay_out(site, line_ids, inputs.line_of, accessory_lines)


def _unheld(rule: Rule, signal: Floats, holding: dict[str, Flags], layout: Layout) -> Floats:
    """Blank the signal where a wider or stronger rule already speaks of the same cause."""
    for name in rule.held_by:
        if holding[name].any():
            held = layout.spread(holding[name], _RULES[name].scope, rule.scope)
            signal = np.where(held, np.nan, signal)
    return signal


def _beyond(rule: Rule, signal: Floats, limit: Floats) -> Flags:
    wrong: Flags = signal > limit if rule.beyond is Beyond.ABOVE else signal < limit
    return wrong


def _advance(
    rule: Rule, memory: RuleMemory, signal: Floats, limit: Floats, wrong: Flags, now: float
) -> tuple[RuleMemory, list[int]]:
    """Return the rule's new memory, and the rows that changed their state."""
    busy = memory.state.any() or not np.isnan(memory.turning_since).all()
    if not busy and not wrong.any():
        return memory, []
    back = rule.hysteresis + rule.hysteresis_share * limit
    if rule.beyond is Beyond.ABOVE:
        well = signal < limit - back if back.any() else signal <= limit
    else:
        well = signal > limit + back
    # A limit that was switched off clears what it raised.
    well |= np.isnan(limit)
    active = _IS_ACTIVE[memory.state]
    turning = np.where(active, well, wrong)
    begun = np.where(np.isnan(memory.turning_since), now, memory.turning_since)
    waiting = np.where(np.isnan(signal), memory.turning_since, np.nan)
    since = np.where(turning, begun, waiting)
    delay_s = np.where(active, rule.clear_after_s, rule.raise_after_s)
    rows = np.flatnonzero(turning & (now - since >= delay_s)).tolist()
    if not rows:
        return replace(memory, turning_since=since), []
    state = memory.state.copy()
    for row in rows:
        happening = Happening.ENDS if active[row] else Happening.BEGINS
        state[row] = TRANSITIONS[State(state[row]), happening]
    since[rows] = np.nan
    return RuleMemory(state, since), rows


def _enter(
    state: State,
    fresh: Occurrence,
    key: tuple[str, int],
    occurrences: dict[tuple[str, int], Occurrence],
    ended: list[Occurrence],
) -> None:
    """Write into the book that the rule and row of `key` came into `state`."""
    known = occurrences.get(key)
    if state is State.NORMAL:
        ended.append(occurrences.pop(key))
    elif known is not None:
        note = fresh.note or known.note
        occurrences[key] = replace(known, state=PUBLISHED[state], note=note)
    else:
        occurrences[key] = fresh


def _fresh(
    rule: Rule, row: int, value: float, layout: Layout, inputs: Inputs, now: float
) -> Occurrence:
    """Make the alarm that is raised where there was none."""
    place = layout.place(rule.scope, row)
    return Occurrence(
        id=f"{rule.name}:{place.label}:{now:.0f}",
        rule=rule,
        place=place,
        state=AlarmState.UNACKNOWLEDGED,
        value=value,
        limit=float(layout.limits[rule.name][row]),
        raised_at=now,
        note=inputs.notes.get((rule.name, place.label), ""),
    )


def _mark(rule: Rule) -> CellStatus:
    return CellStatus.SILENT if rule.name == "module_silent" else _MARKS[rule.severity]


def _changes(before: AlarmBook, after: AlarmBook) -> Iterator[Change]:
    ended = {occurrence.id: occurrence for occurrence in after.ended}
    present = {occurrence.id for occurrence in after.raised}
    for occurrence in before.raised:
        if occurrence.id in present:
            continue
        last = ended.get(occurrence.id, occurrence)
        if last.acknowledged_by != occurrence.acknowledged_by:
            yield Change(ChangeKind.ACKNOWLEDGED, last)
        yield Change(ChangeKind.CLEARED, last)
    known = {occurrence.id: occurrence.state for occurrence in before.raised}
    kinds = {
        AlarmState.UNACKNOWLEDGED: ChangeKind.RAISED,
        AlarmState.ACKNOWLEDGED: ChangeKind.ACKNOWLEDGED,
        AlarmState.RETURNED: ChangeKind.RETURNED,
    }
    for occurrence in after.raised:
        if known.get(occurrence.id) is not occurrence.state:
            yield Change(kinds[occurrence.state], occurrence)
