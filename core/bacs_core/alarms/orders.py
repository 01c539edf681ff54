"""What people do with alarms. None of it ever changes what is active, or a trip.

Acknowledging says "I have seen it", muting silences the buzzer, shelving puts one alarm aside for a
time, and taking out of service stops a rule at a place until somebody puts it back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Final

import numpy as np

from bacs_core.alarms.book import (
    AlarmBook,
    Change,
    Key,
    Mute,
    Occurrence,
    OutOfService,
    away_of,
    is_quiet,
    marks_of,
)
from bacs_core.alarms.layout import Layout
from bacs_core.alarms.place import Place
from bacs_core.alarms.rules import RULE_OF, RULES, Scope
from bacs_core.alarms.states import NEXT, PUBLISHED, ChangeKind, Happening, State, kinds
from bacs_core.errors import RefusedError
from bacs_core.model import AlarmState

#: What has to be put aside for longer belongs out of service.
LONGEST_SHELF_S: Final = 24 * 3600.0
#: So many of the alarms that are not there are named in a refusal.
MOST_NAMED: Final = 3


def acknowledge(
    book: AlarmBook, alarm_ids: Collection[str] | None, by: str, now: float
) -> AlarmBook:
    """Acknowledge some alarms, or all of them, at unix time `now`.

    Of several that are named, those that are over by now are left out.

    Raises `RefusedError` (code `unknown_alarm`) where none of them is there.
    """
    if alarm_ids is None:
        return _moved(book, book.occurrences, Happening.IS_ACKNOWLEDGED, by, now)
    wanted = frozenset(alarm_ids)
    chosen = [key for key, alarm in book.occurrences.items() if alarm.id in wanted]
    if not chosen:
        named = ", ".join(sorted(wanted)[:MOST_NAMED])
        raise RefusedError(f"there is no alarm {named}", code="unknown_alarm")
    return _moved(book, chosen, Happening.IS_ACKNOWLEDGED, by, now)


def shelve(book: AlarmBook, alarm_id: str, by: str, now: float, until: float) -> AlarmBook:
    """Put an alarm aside until a unix time, for a day at most; then it comes back by itself.

    Raises `RefusedError`: `unknown_alarm`, or `stands` for an alarm that tells of protection.
    """
    key = _key(book, alarm_id)
    if RULE_OF[key[0]].stands:
        raise RefusedError(f"{key[0]} cannot be put aside", code="stands")
    book = _moved(book, [key], Happening.IS_SHELVED, by, now)
    alarm = book.occurrences[key]
    if alarm.state is not AlarmState.SHELVED:
        return book
    until = min(until, now + LONGEST_SHELF_S)
    shelved = replace(alarm, shelved_until=until, shelved_by=by)
    told = book.told or (Change(ChangeKind.SHELVED, shelved, now, by),)
    return replace(
        book,
        occurrences={**book.occurrences, key: shelved},
        told=tuple(replace(change, alarm=shelved) for change in told),
    )


def unshelve(book: AlarmBook, alarm_id: str, by: str, now: float) -> AlarmBook:
    """Take a shelved alarm up again.

    Raises `RefusedError`: `unknown_alarm`, `not_shelved`.
    """
    key = _key(book, alarm_id)
    if book.occurrences[key].state is not AlarmState.SHELVED:
        raise RefusedError(f"alarm {alarm_id} is not shelved", code="not_shelved")
    return _moved(book, [key], Happening.LEAVES_SHELF, by, now)


def mute(book: AlarmBook, by: str, now: float) -> AlarmBook:
    """Silence the buzzer for all that rang up to now; what is raised later sounds again."""
    return replace(book, mute=Mute(book.rings, by, now), told=())


def take_out_of_service(book: AlarmBook, order: OutOfService) -> AlarmBook:
    """Stop a rule, or all that do not stand, from raising anything at a place.

    Raises `RefusedError`: `unknown_rule`, `unknown_place` (also one that the rule does not watch),
    `stands`.
    """
    layout, place = _named_in_full(order.place, book)
    rule = None if order.rule is None else RULE_OF.get(order.rule)
    if order.rule is not None and rule is None:
        raise RefusedError(f"there is no rule {order.rule!r}", code="unknown_rule")
    if rule is not None and rule.stands:
        raise RefusedError(f"{rule.name} cannot be taken out of service", code="stands")
    if rule is not None and not layout.inside(place, rule.scope).any():
        reason = f"{rule.name} watches nothing at {place.label}"
        raise RefusedError(reason, code="unknown_place")
    order = replace(order, place=place)
    others = tuple(
        known for known in book.out_of_service if (known.rule, known.place) != (order.rule, place)
    )
    return _served(book, (*others, order), layout, order.by, order.at)


def put_back(book: AlarmBook, place: Place, rule: str | None, by: str, now: float) -> AlarmBook:
    """Take back what was taken out of service there.

    Raises `RefusedError`: `unknown_place`, `not_out_of_service`.
    """
    layout, place = _named_in_full(place, book)
    others = tuple(
        known for known in book.out_of_service if (known.rule, known.place) != (rule, place)
    )
    if len(others) == len(book.out_of_service):
        reason = f"{rule or 'nothing'} is out of service at {place.label}"
        raise RefusedError(reason, code="not_out_of_service")
    return _served(book, others, layout, by, now)


def replaced(book: AlarmBook, string_key: str, cell: int, by: str, now: float) -> AlarmBook:
    """Forget the alarms of a cell (from 1) in whose place another one was put.

    What is wrong with the new one is raised after its delay. What stands is not forgotten.
    """
    place = Place(string_key=string_key, cell=cell)
    named = None if book.layout is None else book.layout.named(place)
    if book.layout is None or named is None:
        return replace(book, told=())
    row = named[1]
    occurrences, memories = dict(book.occurrences), dict(book.memories)
    told: list[Change] = []
    for rule in RULES:
        memory = memories.get(rule.name)
        if rule.scope is not Scope.CELL or rule.stands or memory is None or memory.quiet:
            continue
        state, since = memory.state.copy(), memory.turning_since.copy()
        state[row], since[row] = State.NORMAL, np.nan
        memories[rule.name] = replace(
            memory,
            state=state,
            turning_since=since,
            quiet=is_quiet(state, since),
            standing=None,
        )
        if (gone := occurrences.pop((rule.name, row), None)) is not None:
            told.append(Change(ChangeKind.CLEARED, gone, now, by))
    marks = marks_of(memories, book.layout)
    return replace(book, occurrences=occurrences, memories=memories, told=tuple(told), marks=marks)


def _key(book: AlarmBook, alarm_id: str) -> Key:
    for key, occurrence in book.occurrences.items():
        if occurrence.id == alarm_id:
            return key
    raise RefusedError(f"there is no alarm {alarm_id}", code="unknown_alarm")


def _named_in_full(place: Place, book: AlarmBook) -> tuple[Layout, Place]:
    layout = book.layout
    named = None if layout is None else layout.named(place)
    if layout is None or named is None:
        raise RefusedError(f"there is no place {place.label}", code="unknown_place")
    return layout, layout.place(*named)


def _served(
    book: AlarmBook, orders: tuple[OutOfService, ...], layout: Layout, by: str, now: float
) -> AlarmBook:
    """Let alarms leave service and return to it as the new orders say."""
    away = away_of(layout, orders)
    leaving: list[Key] = []
    returning: list[Key] = []
    for key, alarm in book.occurrences.items():
        name, row = key
        if (name in away and bool(away[name][row])) is (alarm.state is AlarmState.OUT_OF_SERVICE):
            continue
        (returning if alarm.state is AlarmState.OUT_OF_SERVICE else leaving).append(key)
    book = replace(book, out_of_service=orders, away=away, layout=layout)
    left = _moved(book, leaving, Happening.LEAVES_SERVICE, by, now)
    back = _moved(left, returning, Happening.RETURNS_TO_SERVICE, by, now)
    return replace(back, told=(*left.told, *back.told))


def _moved(
    book: AlarmBook, keys: Iterable[Key], happening: Happening, by: str, now: float
) -> AlarmBook:
    """Let the same happen to some alarms, by a person."""
    by_rule: dict[str, list[int]] = {}
    for name, row in keys:
        by_rule.setdefault(name, []).append(row)
    occurrences, memories = dict(book.occurrences), dict(book.memories)
    told: list[Change] = []
    rings = book.rings
    for name, rows in by_rule.items():
        memory = memories[name]
        state = memory.state.copy()
        state[rows] = NEXT[state[rows], happening]
        for row in rows:
            before, after = State(memory.state[row]), State(state[row])
            if before is after:
                continue
            alarm = _after(occurrences.pop((name, row)), after, happening, by, now)
            if after is State.UNACKNOWLEDGED:
                rings = book.rings + 1
                alarm = replace(alarm, ring=rings)
            if after is not State.NORMAL:
                occurrences[name, row] = alarm
            told.extend(Change(kind, alarm, now, by) for kind in kinds(before, after))
        quiet = is_quiet(state, memory.turning_since)
        memories[name] = replace(memory, state=state, quiet=quiet, standing=None)
    order = {key: occurrences[key] for key in book.occurrences if key in occurrences}
    marks = book.marks if book.layout is None or not told else marks_of(memories, book.layout)
    return replace(
        book, occurrences=order, memories=memories, told=tuple(told), rings=rings, marks=marks
    )


def _after(
    alarm: Occurrence, state: State, happening: Happening, by: str, now: float
) -> Occurrence:
    """Return an alarm as a person's act leaves it."""
    published = PUBLISHED.get(state, alarm.state)
    if happening is Happening.IS_ACKNOWLEDGED:
        return replace(alarm, state=published, acknowledged_by=by, acknowledged_at=now)
    if happening is Happening.IS_SHELVED:
        return replace(alarm, state=published)
    alarm = replace(alarm, state=published, shelved_until=None, shelved_by=None, suppressed_by=None)
    if state is State.OUT_OF_SERVICE:
        return replace(alarm, suppressed_by=by)
    if state is State.UNACKNOWLEDGED:
        return replace(alarm, acknowledged_by=None, acknowledged_at=None)
    return alarm
