"""One tick of the alarm book: conditions begin and end, shelves run out, suppression comes.

In a quiet plant a rule costs one comparison over all its places, and none where its signal is the
one of the tick before. What stands, or waits for its delay to end, costs one comparison more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.alarms.advancing import NOTHING_ASIDE, PutAside, advance, is_aside, known_of, stands
from bacs_core.alarms.book import (
    AlarmBook,
    Change,
    Mute,
    Occurrence,
    OutOfService,
    RuleMemory,
    away_of,
    marks_of,
)
from bacs_core.alarms.declaration import Suppression
from bacs_core.alarms.entering import Tick, mark_first_out
from bacs_core.alarms.inputs import Inputs, Strangers
from bacs_core.alarms.layout import Layout, RuleLimits, Told, Watch, lay_out
from bacs_core.alarms.once import Once
from bacs_core.alarms.orders import LONGEST_SHELF_S, acknowledge
from bacs_core.alarms.rules import RULE_OF, RULES, Beyond, Rule, Scope, Signal
from bacs_core.alarms.signals import signals
from bacs_core.alarms.slow_signals import SlowSignals, slow_signals
from bacs_core.alarms.states import IS_ACTIVE, ChangeKind
from bacs_core.alarms.still_signals import still_signals
from bacs_core.model import CellStatus, Quantity, Site, String
from bacs_core.snapshot import Flags, StringReadings

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

_ABOVE: Final = Beyond.ABOVE


def evaluate(site: Site, inputs: Inputs, book: AlarmBook, now: float) -> AlarmBook:
    """Return the book after the tick at unix time `now`; one that is not later changes nothing."""
    if book.at is not None and -LONGEST_STEP_S < now - book.at <= 0:
        return replace(book, told=()) if book.told else book
    book = _resumed(book, now)
    layout = _layout(site, inputs, book.layout)
    once = Once(book.made)
    watched, slow, still = _watched(layout, inputs, book, once)
    away = book.away if layout is book.layout else away_of(layout, book.out_of_service)
    kept_back = {}
    if np.count_nonzero(inputs.testing):
        kept_back[Suppression.BATTERY_TEST] = inputs.testing
    shelf_over = _shelf_over(book, now)
    anything_aside = bool(away or kept_back or shelf_over)
    tick = Tick(layout, inputs, book, now, dict(book.occurrences), once)
    well: Mapping[str, Told] = book.well if layout is book.layout else {}
    memories = _memories(book, layout)
    for watch in layout.watches:
        rule, name, signal, limits, nobody = watch
        memory, told = memories[name], watched[signal]
        if memory.quiet:
            if limits.idle or told.values is nobody:
                continue
            if well.get(name) is told:
                tick.well[name] = told
                continue
        put_aside = NOTHING_ASIDE
        if anything_aside:
            suppressed = _suppressed(rule, kept_back, layout)
            put_aside = (shelf_over.get(name), away.get(name), suppressed)
        after = _judged(watch, memory, told, put_aside, tick)
        if after is not memory:
            memories[name] = after
    last_raised = mark_first_out(tick)
    marks = book.marks
    if tick.marks_changed or layout is not book.layout:
        marks = marks_of(memories, layout)
    return AlarmBook(
        occurrences=tick.occurrences,
        memories=memories,
        told=tuple(
            Change(kind, tick.occurrences.get(key, last), now) for kind, key, last in tick.told
        ),
        layout=layout,
        marks=marks,
        at=now,
        last_raised=last_raised,
        out_of_service=book.out_of_service,
        away=away,
        rings=book.rings + tick.rings,
        mute=book.mute,
        slow=slow,
        still=still,
        well=tick.well,
        stood=tick.stood,
        holding=tick.holding,
        made=once.now,
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
            until=memory.until + step_s,
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
    # Limits and delays may be others: what stood is looked at again.
    return initial | {
        name: replace(memory, standing=None)
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


def _watched(
    layout: Layout, inputs: Inputs, book: AlarmBook, once: Once
) -> tuple[dict[Signal, Told], SlowSignals, tuple[SlowSignals, ...]]:
    """Return every signal, and those of them that may be the same at the next tick."""
    slow = slow_signals(layout, inputs.estimates, book.slow)
    online = tuple(_online(inputs, manager.id) for manager in layout.managers)
    still = still_signals(layout, inputs, online, book.still)
    watched = {**signals(layout, inputs, online, once), **slow.told}
    for kept in still:
        watched.update(kept.told)
    return watched, slow, still


def _online(inputs: Inputs, manager_id: str) -> bool | None:
    manager = inputs.managers.get(manager_id)
    return None if manager is None else manager.online


def _shelf_over(book: AlarmBook, now: float) -> dict[str, list[int]]:
    """Return the rows, by rule, whose time on the shelf is over."""
    over: dict[str, list[int]] = {}
    for (name, row), alarm in book.occurrences.items():
        until = alarm.shelved_until
        if until is not None and not 0 < until - now <= LONGEST_SHELF_S:
            over.setdefault(name, []).append(row)
    return over


def _judged(
    watch: Watch, memory: RuleMemory, told: Told, put_aside: PutAside, tick: Tick
) -> RuleMemory:
    """Return what a rule remembers after this tick: the very same where nothing became of it."""
    rule, name = watch.rule, watch.name
    may_stand = memory.standing is not None and tick.now < memory.until and not is_aside(put_aside)
    if may_stand and tick.book.stood.get(name) is told and _held_as_before(rule, tick):
        _note_standing(name, memory, told, tick)
        return memory
    concerned = _concerned(watch, told, tick, quiet=memory.quiet)
    if concerned is None:
        return memory
    of_rule, wrong = concerned
    if may_stand and stands(memory, of_rule, wrong):
        _note_standing(name, memory, told, tick)
        return memory
    after = advance(rule, memory, of_rule, wrong, put_aside, tick)
    _note_holding(rule, wrong | IS_ACTIVE[after.state], tick)
    return after


def _concerned(watch: Watch, told: Told, tick: Tick, *, quiet: bool) -> tuple[Told, Flags] | None:
    """Return the signal and where it is beyond its limit; `None` where there is nothing to do.

    `quiet` tells that nothing of this rule is raised or about to be.
    """
    rule, name = watch.rule, watch.name
    wrong = _wrong(rule, told, watch.limits)
    if quiet and not np.count_nonzero(wrong):
        tick.well[name] = told
        return None
    if tick.holding and rule.held_by and (free := _free(rule, tick)) is not None:
        told, wrong = Told(told.values, known_of(told) & free), wrong & free
        if quiet and not np.count_nonzero(wrong):
            return None
    return told, wrong


def _free(rule: Rule, tick: Tick) -> Flags | None:
    """Mark the places of which no wider or stronger rule already speaks, `None` for all."""
    holding = [name for name in rule.held_by if name in tick.holding]
    if not holding:
        return None

    def free_of(layout: Layout, *held: Flags) -> Flags:
        spread = [
            layout.spread(flags, RULE_OF[name].scope, rule.scope)
            for name, flags in zip(holding, held, strict=True)
        ]
        return ~reduce(np.logical_or, spread)

    key = (rule.name, *holding)
    return tick.once.keyed(key, free_of, tick.layout, *[tick.holding[name] for name in holding])


def _held_as_before(rule: Rule, tick: Tick) -> bool:
    """Tell that the rules that hold this one speak of the places of the tick before."""
    now, before = tick.holding, tick.book.holding
    return all(now.get(name) is before.get(name) for name in rule.held_by)


def _note_standing(name: str, memory: RuleMemory, told: Told, tick: Tick) -> None:
    """Note that nothing became of a rule, and the signal for which that holds."""
    tick.stood[name] = told
    # What holds at every place at which it is raised needs no look at the states.
    if memory.raised is not None:
        tick.holding[name] = memory.raised


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


def _suppressed(rule: Rule, kept_back: Mapping[Suppression, Flags], layout: Layout) -> Flags | None:
    """Mark the places at which the rule is kept back by design."""
    for condition in rule.suppressed_by:
        if condition in kept_back:
            return layout.spread(kept_back[condition], Scope.STRING, rule.scope)
    return None


def _note_holding(rule: Rule, holding: Flags, tick: Tick) -> None:
    """Note the places at which a rule speaks: its condition holds there, or it is raised."""
    if np.count_nonzero(holding):
        tick.holding[rule.name] = holding
