"""What becomes of single alarms in one tick: they are raised, change their state, and end."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from bacs_core.alarms.book import AlarmBook, Key, Occurrence, string_of
from bacs_core.alarms.inputs import Inputs
from bacs_core.alarms.layout import Layout, Told
from bacs_core.alarms.once import Once
from bacs_core.alarms.place import Place
from bacs_core.alarms.rules import RULE_OF, Figure, Rule, Scope, Signal
from bacs_core.alarms.states import PUBLISHED, ChangeKind, State, kinds
from bacs_core.alarms.trip_signals import SIGNALS as TRIP_SIGNALS, runaway_note, trip_note
from bacs_core.model import AlarmState
from bacs_core.snapshot import Flags, Floats

#: Alarms of one string belong to one burst while they follow each other within this. Ten alarms in
#: ten minutes are what EEMUA 191 calls a flood.
BURST_S: Final = 600.0
_RUNAWAY: Final = (Signal.RUNAWAY_PRE_ALERT, Signal.RUNAWAY_ALARM, Signal.RUNAWAY_TRIP)


@dataclass(slots=True)
class Tick:
    """What one tick changes, while it is worked out."""

    layout: Layout
    inputs: Inputs
    book: AlarmBook
    now: float
    occurrences: dict[Key, Occurrence]
    once: Once
    holding: dict[str, Flags] = field(default_factory=dict)
    told: list[tuple[ChangeKind, Key, Occurrence]] = field(default_factory=list)
    began: dict[Key, float] = field(default_factory=dict)
    """The alarms that are new in this tick, with the time since which their condition holds."""
    well: dict[str, Told] = field(default_factory=dict)
    """The signals that are nowhere beyond the limit of a rule, by the rule's name."""
    stood: dict[str, Told] = field(default_factory=dict)
    """The signals with which nothing became of a rule of which something is up."""
    rings: bool = False
    marks_changed: bool = False


def enter(rule: Rule, row: int, step: tuple[State, State], value: float, tick: Tick) -> None:
    """Write into the tick that an alarm went from one state into another."""
    key, (before, state) = (rule.name, row), step
    alarm = tick.occurrences.get(key)
    if alarm is None:
        alarm = _new(rule, row, value, tick)
        if state is State.UNACKNOWLEDGED:
            tick.began[key] = tick.now
        else:
            alarm = _in_state(alarm, state, tick)
    else:
        alarm = _in_state(alarm, state, tick)
        if state is State.UNACKNOWLEDGED and (note := _note(rule, row, alarm.place, tick)):
            alarm = replace(alarm, note=note)
    if state is State.NORMAL:
        tick.occurrences.pop(key, None)
    else:
        tick.occurrences[key] = alarm
    tick.rings = tick.rings or state is State.UNACKNOWLEDGED
    tick.told.extend((kind, key, alarm) for kind in kinds(before, state))
    tick.marks_changed = tick.marks_changed or rule.scope is Scope.CELL


def _in_state(alarm: Occurrence, state: State, tick: Tick) -> Occurrence:
    """Return an alarm in another state, less what belonged to the one before."""
    published = PUBLISHED.get(state, alarm.state)
    if state is State.UNACKNOWLEDGED:
        return replace(
            alarm,
            state=published,
            acknowledged_by=None,
            acknowledged_at=None,
            shelved_until=None,
            shelved_by=None,
            suppressed_by=None,
            ring=tick.book.rings + 1,
        )
    if published is AlarmState.SUPPRESSED:
        return replace(alarm, state=published, suppressed_by=alarm.rule.suppressed_by[0].value)
    if published is AlarmState.OUT_OF_SERVICE:
        return replace(
            alarm,
            state=published,
            shelved_until=None,
            shelved_by=None,
            suppressed_by=_stopped_by(alarm, tick),
        )
    return replace(alarm, state=published)


def _stopped_by(alarm: Occurrence, tick: Tick) -> str | None:
    """Name who took the place of an alarm out of service."""
    scope, layout = alarm.rule.scope, tick.layout
    row = layout.row(scope, alarm.place)
    for order in tick.book.out_of_service:
        named = order.rule in (None, alarm.rule.name)
        if named and row is not None and layout.inside(order.place, scope)[row]:
            return order.by
    return None


def _new(rule: Rule, row: int, value: float, tick: Tick) -> Occurrence:
    """Make the alarm that is raised where there was none, new to people."""
    place = tick.layout.place(rule.scope, row)
    limit = float(tick.layout.limits[rule.name].limit[row])
    if rule.figure is not None:
        value, limit = _figure(rule.figure, row, tick)
    return Occurrence(
        id=f"{rule.name}:{place.label}:{tick.now:.0f}",
        rule=rule,
        place=place,
        state=AlarmState.UNACKNOWLEDGED,
        value=value,
        limit=limit,
        raised_at=tick.now,
        note=_note(rule, row, place, tick),
        ring=tick.book.rings + 1,
    )


def _figure(figure: Figure, row: int, tick: Tick) -> tuple[float, float]:
    """Return what the cell in a row has and the limit that it broke, NaN where it has none."""
    rows = tick.layout.rows
    limit = getattr(rows.strings[rows.string_of_cell[row]].limits, figure.limit)
    value = float(tick.inputs.frame.columns[figure.quantity].values[row])
    return value, math.nan if limit is None else float(limit)


def _note(rule: Rule, row: int, place: Place, tick: Tick) -> str:
    """Return what the engine has to say of a rule at one place."""
    inputs, label = tick.inputs, place.label
    if (note := inputs.notes.get((rule.name, label))) is not None:
        return note
    if rule.signal is Signal.RECORDING_FAILED:
        return inputs.recording_problem or ""
    if rule.scope is Scope.ACCESSORY:
        return inputs.accessories[label].name
    if rule.signal in _RUNAWAY:
        return runaway_note(inputs.verdict, row)
    if rule.signal in TRIP_SIGNALS and label in inputs.trips:
        return trip_note(inputs.trips[label])
    return ""


def mark_first_out(tick: Tick) -> Floats:
    """Mark the alarm that came first in a burst, and return when each string last raised one.

    Of those that are raised in one tick it is the one whose condition began first; several where
    they began together.
    """
    last_raised = tick.book.last_raised
    strings = tick.layout.rows.string_count
    if len(last_raised) != strings:
        last_raised = np.full(strings, -np.inf)
    if not tick.began:
        return last_raised
    by_string: dict[int, list[Key]] = {}
    for key in tick.began:
        string = string_of(tick.layout, RULE_OF[key[0]], key[1])
        if string is not None:
            by_string.setdefault(string, []).append(key)
    if not by_string:
        return last_raised
    last_raised = last_raised.copy()
    for string, keys in by_string.items():
        if abs(tick.now - last_raised[string]) > BURST_S:
            earliest = min(tick.began[key] for key in keys)
            for key in keys:
                if tick.began[key] == earliest:
                    tick.occurrences[key] = replace(tick.occurrences[key], first_out=True)
        last_raised[string] = tick.now
    return last_raised
