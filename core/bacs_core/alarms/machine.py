"""One tick of the alarm book: conditions begin and end, shelves run out, suppression comes.

In a quiet plant a rule costs one comparison over all its places.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.alarms.book import (
    AlarmBook,
    Change,
    Mute,
    Occurrence,
    OutOfService,
    RuleMemory,
    away_of,
    is_quiet,
    marks_of,
)
from bacs_core.alarms.declaration import Suppression
from bacs_core.alarms.entering import Tick, enter, mark_first_out
from bacs_core.alarms.inputs import Inputs, Strangers
from bacs_core.alarms.layout import Layout, RuleLimits, lay_out
from bacs_core.alarms.orders import LONGEST_SHELF_S, acknowledge
from bacs_core.alarms.rules import RULE_OF, RULES, Beyond, Rule, Scope
from bacs_core.alarms.signals import Told, look, signals
from bacs_core.alarms.states import IS_ACTIVE, NEXT, ChangeKind, Happening, State
from bacs_core.model import CellStatus, Quantity, Site, String
from bacs_core.rows import Indices
from bacs_core.snapshot import Flags, Floats, StringReadings

__all__ = [
    "AlarmBook",
    "Change",
    "ChangeKind",
    "Inputs",
    "Mute",
    "Occurrence",
    "OutOfService",
    "Strangers",
    "acknowledge",
    "cell_status",
    "changes",
    "evaluate",
    "shifted",
]

#: What lies longer between two ticks was not watched: no delay runs on meanwhile.
LONGEST_STEP_S: Final = 90.0

#: Rows whose time on the shelf is over, places out of service, and places that are suppressed.
PutAside = tuple[list[int] | None, Flags | None, Flags | None]

_ABOVE: Final = Beyond.ABOVE
_PUT_ASIDE: Final = (State.SUPPRESSED, State.OUT_OF_SERVICE)


def evaluate(site: Site, inputs: Inputs, book: AlarmBook, now: float) -> AlarmBook:
    """Return the book after the tick at unix time `now`; one that is not later changes nothing."""
    if book.at is not None and -LONGEST_STEP_S < now - book.at <= 0:
        return replace(book, told=()) if book.told else book
    book = _resumed(book, now)
    layout = _layout(site, inputs, book.layout)
    watched = signals(look(layout, inputs))
    away = book.away if layout is book.layout else away_of(layout, book.out_of_service)
    kept_back = {Suppression.BATTERY_TEST: inputs.testing} if inputs.testing.any() else {}
    shelf_over = _shelf_over(book, now)
    tick = Tick(layout, inputs, book, now, dict(book.occurrences))
    memories = _memories(book, layout)
    for rule in RULES:
        told, memory = watched[rule.signal], memories[rule.name]
        limits = layout.limits[rule.name]
        if memory.quiet and (limits.idle or told.values is layout.nobody[rule.scope]):
            continue
        if tick.holding:
            told = _unheld(rule, told, tick)
        wrong = _wrong(rule, told, limits)
        if memory.quiet and not np.count_nonzero(wrong):
            continue
        put_aside = (
            shelf_over.get(rule.name),
            away.get(rule.name),
            _suppressed(rule, kept_back, layout),
        )
        if not _aside(put_aside) and _stands(memory, wrong):
            tick.holding[rule.name] = wrong
            continue
        after = _advance(rule, memory, told, wrong, put_aside, tick)
        memories[rule.name] = after
        active = IS_ACTIVE[after.state]
        if (holding := wrong | active).any():
            tick.holding[rule.name] = holding
    last_raised = mark_first_out(tick)
    marks = book.marks
    if tick.marks_changed or layout is not book.layout:
        marks = marks_of(memories, layout)
    return replace(
        book,
        occurrences=tick.occurrences,
        memories=memories,
        told=tuple(
            Change(kind, tick.occurrences.get(key, last), now) for kind, key, last in tick.told
        ),
        layout=layout,
        marks=marks,
        at=now,
        last_raised=last_raised,
        away=away,
        rings=book.rings + tick.rings,
    )


def shifted(book: AlarmBook, step_s: float) -> AlarmBook:
    """Return the book with everything that runs moved by a step of the clock."""
    shelved = {
        key: replace(alarm, shelved_until=alarm.shelved_until + step_s)
        for key, alarm in book.occurrences.items()
        if alarm.shelved_until is not None
    }
    return replace(
        _delays_shifted(book, step_s),
        occurrences={**book.occurrences, **shelved},
        told=(),
        at=None if book.at is None else book.at + step_s,
        last_raised=book.last_raised + step_s,
    )


def changes(before: AlarmBook, after: AlarmBook) -> tuple[Change, ...]:
    """Tell what one step changed: `after` came out of `before` by one step."""
    return () if after is before else after.told


def cell_status(
    book: AlarmBook, string: String, readings: StringReadings, now: float
) -> NDArray[np.uint8]:
    """Return the worst mark of each cell: its alarms, or silent where its voltage is stale."""
    voltage = readings.columns[Quantity.VOLTAGE]
    fresh = voltage.fresh(now, string.stale_after_s[Quantity.VOLTAGE])
    place = None if book.layout is None else book.layout.rows.slices.get(string.key)
    marks = np.zeros(string.cell_count, np.uint8) if place is None else book.marks[place]
    if Quantity.VOLTAGE in string.absent:
        fresh = np.ones(string.cell_count, np.bool_)
    status = np.where(fresh, marks, np.uint8(CellStatus.SILENT))
    status.flags.writeable = False
    return status


def _resumed(book: AlarmBook, now: float) -> AlarmBook:
    """Let no delay run on over a time in which nobody watched."""
    if book.at is None or abs(now - book.at) <= LONGEST_STEP_S:
        return book
    return _delays_shifted(book, now - book.at)


def _delays_shifted(book: AlarmBook, step_s: float) -> AlarmBook:
    memories = {
        name: replace(
            memory,
            turning_since=memory.turning_since + step_s,
            urgent_since=None if memory.urgent_since is None else memory.urgent_since + step_s,
        )
        for name, memory in book.memories.items()
    }
    return replace(book, memories=memories)


def _memories(book: AlarmBook, layout: Layout) -> dict[str, RuleMemory]:
    """Return the memory of every rule; it begins anew where the places are others."""
    if layout is book.layout and len(book.memories) == len(RULES):
        return dict(book.memories)
    known = {name: memory for name, memory in book.memories.items() if name in RULE_OF}
    initial = {rule.name: RuleMemory.initial(layout.counts[rule.scope]) for rule in RULES}
    return initial | {
        name: memory
        for name, memory in known.items()
        if len(memory.state) == len(initial[name].state)
    }


def _layout(site: Site, inputs: Inputs, layout: Layout | None) -> Layout:
    line_ids = tuple(inputs.lines)
    accessory_lines = {name: told.line_id for name, told in inputs.accessories.items()}
    if layout is not None:
        known_site, *others = layout.made_of
        if site is known_site and others == [
            line_ids,
            inputs.line_of,
            accessory_lines,
            inputs.overrides,
        ]:
            return layout
    return lay_out(site, line_ids, inputs.line_of, accessory_lines, inputs.overrides)


def _shelf_over(book: AlarmBook, now: float) -> dict[str, list[int]]:
    """Return the rows, by rule, whose time on the shelf is over."""
    over: dict[str, list[int]] = {}
    for (name, row), alarm in book.occurrences.items():
        until = alarm.shelved_until
        if until is not None and not 0 < until - now <= LONGEST_SHELF_S:
            over.setdefault(name, []).append(row)
    return over


def _unheld(rule: Rule, told: Told, tick: Tick) -> Told:
    """Know nothing where a wider or stronger rule already speaks of the same cause."""
    held: Flags | None = None
    for name in rule.held_by:
        if name in tick.holding:
            more = tick.layout.spread(tick.holding[name], RULE_OF[name].scope, rule.scope)
            held = more if held is None else held | more
    if held is None:
        return told
    known = ~np.isnan(told.values) if told.known is None else told.known
    return Told(told.values, known & ~held)


def _wrong(rule: Rule, told: Told, limits: RuleLimits) -> Flags:
    """Mark the places whose signal is beyond its limit."""
    wrong: Flags
    if told.values.dtype == np.bool_:
        wrong = told.values.astype(np.bool_, copy=False)
        wrong = wrong & ~np.isnan(limits.limit) if limits.off else wrong
    elif rule.beyond is _ABOVE:
        wrong = told.values > limits.raises
    else:
        wrong = told.values < limits.raises
    return wrong if told.known is None else wrong & told.known


def _well(rule: Rule, told: Told, limits: RuleLimits) -> Flags:
    """Mark the places that are known to be back, and those whose limit was switched off."""
    away: Flags
    if told.values.dtype == np.bool_:
        away = told.values.astype(np.bool_)
    elif rule.counts:
        away = told.values > limits.returns
    elif rule.beyond is _ABOVE:
        away = told.values >= limits.returns
    else:
        away = told.values <= limits.returns
    known = ~np.isnan(told.values) if told.known is None else told.known
    return (known & ~away) | np.isnan(limits.limit)


def _suppressed(rule: Rule, kept_back: Mapping[Suppression, Flags], layout: Layout) -> Flags | None:
    """Mark the places at which the rule is kept back by design."""
    for condition in rule.suppressed_by:
        if condition in kept_back:
            return layout.spread(kept_back[condition], Scope.STRING, rule.scope)
    return None


def _aside(put_aside: PutAside) -> bool:
    """Tell whether anything may be put aside or come back from there."""
    return any(marks is not None for marks in put_aside)


def _stands(memory: RuleMemory, wrong: Flags) -> bool:
    """Tell that the condition holds just where it is known to, and nothing is about to change."""
    return memory.standing is not None and np.array_equal(wrong, memory.standing)


def _advance(
    rule: Rule,
    memory: RuleMemory,
    told: Told,
    wrong: Flags,
    put_aside: PutAside,
    tick: Tick,
) -> RuleMemory:
    """Return the rule's new memory, and write into the tick what became of its alarms.

    Only the places are worked on at which anything is or was up; nothing becomes of the others,
    nor of what was raised and still holds.
    """
    up = wrong | (memory.state != State.NORMAL) | ~np.isnan(memory.turning_since)
    rows, now = np.flatnonzero(up), tick.now
    limits, told = tick.layout.limits[rule.name].at(rows), _told_at(told, rows)
    wrong, before = wrong[rows], memory.state[rows]
    active = IS_ACTIVE[before]
    known = ~np.isnan(told.values) if told.known is None else told.known
    turning = np.where(active, _well(rule, told, limits), wrong)
    running = memory.turning_since[rows]
    aside = _aside(put_aside) or np.isin(before, _PUT_ASIDE).any()
    runs = np.isfinite(running)
    if not (aside or turning.any() or (runs & known).any()):
        # What runs at a place where nothing is known goes on, and has to be looked at again.
        return memory if runs.any() else replace(memory, standing=IS_ACTIVE[memory.state])
    since = _running(running, turning, known, now)
    delay_s = np.where(active, limits.clear_after_s, limits.raise_after_s)
    due = turning & (now - since >= delay_s)
    urgent_since = np.full(len(rows), np.nan)
    if limits.urgent is not None and rule.urgent is not None:
        above = rule.beyond is _ABOVE
        far = told.values > limits.urgent if above else told.values < limits.urgent
        ran = urgent_since if memory.urgent_since is None else memory.urgent_since[rows]
        far = far & wrong & ~active
        urgent_since = _running(ran, far, known, now)
        due |= far & (now - urgent_since >= rule.urgent.raise_after_s)
        urgent_since[due] = np.nan
    began = since.copy()
    since[due] = np.nan
    over, away, kept_back = put_aside
    state = _next_states(
        before,
        due,
        active,
        (
            None if over is None else np.isin(rows, over),
            None if away is None else away[rows],
            None if kept_back is None else kept_back[rows],
        ),
    )
    for place in np.flatnonzero(state != before).tolist():
        row, step = int(rows[place]), (State(before[place]), State(state[place]))
        enter(rule, row, step, float(told.values[place]), tick)
        if (rule.name, row) in tick.began:
            tick.began[rule.name, row] = float(began[place])
    return _remembered(memory, rows, state, since, urgent_since)


def _told_at(told: Told, rows: Indices) -> Told:
    return Told(told.values[rows], None if told.known is None else told.known[rows])


def _remembered(
    memory: RuleMemory,
    rows: Indices,
    state: NDArray[np.uint8],
    since: Floats,
    urgent_since: Floats,
) -> RuleMemory:
    """Return the memory with what became of some places; at all others nothing is up."""
    states, turning_since = memory.state.copy(), memory.turning_since.copy()
    states[rows], turning_since[rows] = state, since
    urgent = None
    if not np.isnan(urgent_since).all():
        urgent = np.full(len(states), np.nan)
        urgent[rows] = urgent_since
    return RuleMemory(states, turning_since, urgent, is_quiet(state, since))


def _running(since: Floats, turning: Flags, known: Flags, now: float) -> Floats:
    """Return since when each place is turning; where nothing is known, what ran goes on."""
    begun = np.where(np.isnan(since), now, since)
    return np.where(turning, begun, np.where(known, np.nan, since))


def _next_states(
    state: NDArray[np.uint8],
    due: Flags,
    active: Flags,
    put_aside: tuple[Flags | None, Flags | None, Flags | None],
) -> NDArray[np.uint8]:
    """Let happen what does: conditions first, then what ends, then what puts aside."""
    over, away, kept_back = put_aside
    state = np.where(due & ~active, NEXT[state, Happening.BEGINS], state)
    state = np.where(due & active, NEXT[state, Happening.ENDS], state)
    if over is not None:
        state = np.where(over, NEXT[state, Happening.LEAVES_SHELF], state)
    for marks, begins, ends in (
        (away, Happening.LEAVES_SERVICE, Happening.RETURNS_TO_SERVICE),
        (kept_back, Happening.IS_SUPPRESSED, Happening.IS_RELEASED),
    ):
        if marks is None:
            state = NEXT[state, ends]
        else:
            state = np.where(marks, NEXT[state, begins], NEXT[state, ends])
    return state
