"""The breaker of each string: what is ordered, what its contact tells, what people may do about it.

One pure state machine per string, after the table in `table`. A trip latches, over restarts too:
only a person ends it, at the panel, and not while a cause stands. Alarms know of trips, trips know
nothing of alarms: to acknowledge, mute, shelve or suppress one changes nothing here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from bacs_core.errors import RefusedError
from bacs_core.model import RunawayStage, TripCause, TripState
from bacs_core.protection.detector import Verdict
from bacs_core.protection.table import MOVES, TABLE, Act, Event
from bacs_core.rows import Rows

READBACK_S: Final = 5.0
DEFERRAL_S: Final = 1800.0
DEFERRAL_LIMIT_C: Final = 55.0
LONGEST_OFF_H: Final = 24.0
SECONDS_PER_HOUR: Final = 3600.0
#: A member of an enumeration is slow to look up.
_ARMED: Final = TripState.ARMED
_ALARM: Final = int(RunawayStage.ALARM)
_TRIP: Final = int(RunawayStage.TRIP)
_SEEN: Final = {
    Event.CONTACT_OPEN,
    Event.CONTACT_CLOSED,
    Event.NO_ANSWER,
    Event.TIME_IS_OVER,
    Event.TOO_HOT,
}
#: Only causes and people move these.
_MOVED_BY_OTHERS: Final = tuple(state for state, moves in MOVES.items() if not _SEEN & set(moves))


@dataclass(frozen=True, slots=True)
class Demand:
    """What protection of one string asks for at one tick.

    `causes` want the breaker open now, `standing` are those that forbid to close it: they hold on
    through a discharge, in which a trip needs more. `cell` (from 1) is the first one concerned,
    `hottest_c` the warmest believed reading, `None` unknown. `threatened` tells of an alarm that
    may become a trip.
    """

    causes: tuple[TripCause, ...] = ()
    standing: tuple[TripCause, ...] = ()
    cell: int | None = None
    hottest_c: float | None = None
    threatened: bool = False


@dataclass(frozen=True, slots=True)
class Trip:
    """The protection of one string. Times are unix seconds.

    `causes` and `cell` (from 1) tell why it tripped and are kept until it is closed again. `by` and
    `reason` belong to the last act of a person; `until` is when a deferral or switching off ends,
    `left_s` how far off that was when it was looked at last: a clock that is late after a restart
    makes it no longer. `contact_open` is what the contact of the breaker tells, `None` unknown.
    """

    state: TripState
    causes: tuple[TripCause, ...] = ()
    cell: int | None = None
    since: float = 0.0
    by: str | None = None
    reason: str = ""
    until: float | None = None
    left_s: float | None = field(default=None, compare=False)
    deferred_once: bool = False
    contact_open: bool | None = None
    threatened: bool = False

    @property
    def ordered(self) -> bool:
        """The breaker is to be open: the order is given, and repeated until it is."""
        return self.state in {TripState.TRIPPING, TripState.TRIPPED, TripState.FAILED}

    @property
    def opened_by_somebody(self) -> bool:
        """The breaker is open although nobody here has ordered it."""
        return self.contact_open is True and not self.ordered


def armed(now: float, *, breaker: bool = True) -> Trip:
    """Begin with the protection on; without a breaker it can only tell."""
    return Trip(TripState.ARMED if breaker else TripState.NO_BREAKER, since=now)


def demands_of(rows: Rows, verdict: Verdict, keys: Iterable[str]) -> dict[str, Demand]:
    """Return by key what `verdict` asks for the strings of these keys."""
    wanted = {cause: flags for cause, flags in verdict.cause.items() if np.count_nonzero(flags)}
    strings_wanting = {cause: rows.any(flags) for cause, flags in wanted.items()}
    stages, hottest_c = verdict.string_stage.tolist(), verdict.hottest_c.tolist()
    demands = {}
    for key in keys:
        place = rows.places[key]
        stage = stages[place]
        if not wanted and stage < _ALARM:
            demands[key] = Demand((), (), None, _known(hottest_c[place]))
            continue
        cells = rows.slices[key]
        found = {
            cause: int(wanted[cause][cells].argmax())
            for cause, strings in strings_wanting.items()
            if strings[place]
        }
        demands[key] = Demand(
            causes=tuple(found),
            standing=_standing(tuple(found), stage),
            cell=1 + next(iter(found.values())) if found else None,
            hottest_c=_known(hottest_c[place]),
            threatened=stage >= _ALARM,
        )
    return demands


def _standing(causes: tuple[TripCause, ...], stage: int) -> tuple[TripCause, ...]:
    if stage < _TRIP or TripCause.THERMAL_RUNAWAY in causes:
        return causes
    return (*causes, TripCause.THERMAL_RUNAWAY)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def follow(trip: Trip, demand: Demand, contact_open: bool | None, now: float) -> Trip:  # noqa: FBT001
    """Return the trip after one tick."""
    if _stays(trip, demand, contact_open):
        return trip
    if trip.contact_open is not contact_open or trip.threatened is not demand.threatened:
        trip = replace(trip, contact_open=contact_open, threatened=demand.threatened)
    for event in _events(trip, demand, now):
        trip = _moved(trip, event, now)
    acts = {TABLE[trip.state][cause] for cause in demand.causes}
    if Act.OPEN in acts:
        trip = replace(
            trip,
            state=TripState.TRIPPING,
            causes=demand.causes,
            cell=demand.cell,
            since=now,
            until=None,
            left_s=None,
        )
        return _moved(trip, Event.CONTACT_OPEN, now) if contact_open else trip
    if trip.until is not None:
        trip = replace(trip, left_s=trip.until - now)
    if acts & {Act.REPEAT, Act.HOLD}:
        new = tuple(cause for cause in demand.causes if cause not in trip.causes)
        trip = replace(trip, causes=trip.causes + new)
    over = trip.state is _ARMED and not (demand.threatened or demand.standing)
    return replace(trip, deferred_once=False) if over and trip.deferred_once else trip


def _stays(trip: Trip, demand: Demand, contact_open: bool | None) -> bool:  # noqa: FBT001
    """Tell that nothing is asked of an armed breaker, and that nothing about it has changed."""
    return (
        trip.state is _ARMED
        and trip.until is None
        and not trip.deferred_once
        and not (demand.causes or demand.standing or demand.threatened or trip.threatened)
        and trip.contact_open is contact_open
    )


def defer(trip: Trip, by: str, now: float, hottest_c: float | None) -> Trip:
    """Put a trip off for half an hour, once per occurrence.

    Raises `RefusedError` with `no_breaker`, `tripped`, `deferred_before`, `off`,
    `nothing_to_defer`, `temperature_unknown` or `too_hot`.
    """
    _refuse_without_breaker(trip)
    if trip.ordered:
        raise RefusedError("The breaker has been ordered to open already.", code="tripped")
    if trip.deferred_once:
        raise RefusedError("A trip is put off once only.", code="deferred_before")
    if trip.state is TripState.OFF:
        raise RefusedError("The protection of this string is switched off.", code="off")
    if not trip.threatened:
        raise RefusedError("There is no trip to put off.", code="nothing_to_defer")
    if hottest_c is None or math.isnan(hottest_c):
        raise RefusedError("Nobody knows how hot the string is.", code="temperature_unknown")
    if hottest_c > DEFERRAL_LIMIT_C:
        msg = f"A cell has {hottest_c:.1f} °C; above {DEFERRAL_LIMIT_C:g} °C nothing is put off."
        raise RefusedError(msg, code="too_hot")
    trip = _moved(trip, Event.DEFERRED, now)
    until = now + DEFERRAL_S
    return replace(trip, by=by, until=until, left_s=DEFERRAL_S, deferred_once=True)


def reclose(trip: Trip, by: str, now: float, demand: Demand) -> Trip:
    """End a trip: the order is taken back, a person closes the breaker.

    Raises `RefusedError` with `no_breaker`, `not_tripped` or `cause_stands`.
    """
    _refuse_without_breaker(trip)
    if Event.RECLOSED not in MOVES[trip.state]:
        raise RefusedError("This breaker was not tripped.", code="not_tripped")
    if demand.standing or demand.causes:
        named = ", ".join(demand.standing or demand.causes).replace("_", " ")
        raise RefusedError(f"The cause still stands: {named}.", code="cause_stands")
    trip = _moved(trip, Event.RECLOSED, now)
    return replace(trip, causes=(), cell=None, by=by, deferred_once=False)


def switch_off(trip: Trip, by: str, reason: str, hours: float, now: float) -> Trip:
    """Switch the protection of a string off for some hours; it comes back by itself.

    Raises `RefusedError` with `no_breaker`, `tripped`, `already_off`, `reason_missing` or
    `hours_out_of_range`.
    """
    _refuse_without_breaker(trip)
    if trip.ordered:
        raise RefusedError("The breaker has been ordered to open.", code="tripped")
    if trip.state is TripState.OFF:
        raise RefusedError("It is switched off already.", code="already_off")
    if not reason.strip():
        raise RefusedError("Say why it is switched off.", code="reason_missing")
    if not 0 < hours <= LONGEST_OFF_H:
        msg = f"It can be off for {LONGEST_OFF_H:g} h at most."
        raise RefusedError(msg, code="hours_out_of_range")
    trip = _moved(trip, Event.SWITCHED_OFF, now)
    left_s = hours * SECONDS_PER_HOUR
    return replace(trip, by=by, reason=reason.strip(), until=now + left_s, left_s=left_s)


def switch_on(trip: Trip, by: str, now: float) -> Trip:
    """Switch the protection of a string on again.

    Raises `RefusedError` with `no_breaker` or `not_off`.
    """
    _refuse_without_breaker(trip)
    if trip.state is not TripState.OFF:
        raise RefusedError("It is not switched off.", code="not_off")
    return replace(_moved(trip, Event.SWITCHED_ON, now), by=by)


def shifted_trip(trip: Trip, step_s: float) -> Trip:
    """Return the trip with its times moved by a step of the clock."""
    until = None if trip.until is None else trip.until + step_s
    return replace(trip, since=trip.since + step_s, until=until)


def _events(trip: Trip, demand: Demand, now: float) -> list[Event]:
    """Return what happened to this state since the last tick, apart from causes and people."""
    if trip.state in _MOVED_BY_OTHERS:
        return []
    hot = demand.hottest_c is None or demand.hottest_c > DEFERRAL_LIMIT_C
    happened = {
        Event.CONTACT_OPEN: trip.contact_open is True,
        Event.CONTACT_CLOSED: trip.contact_open is False,
        Event.NO_ANSWER: now - trip.since >= READBACK_S,
        Event.TIME_IS_OVER: trip.until is not None and now >= trip.until,
        Event.TOO_HOT: hot,
    }
    return [event for event in MOVES[trip.state] if happened.get(event)][:1]


def _moved(trip: Trip, event: Event, now: float) -> Trip:
    state = MOVES[trip.state][event]
    return replace(trip, state=state, since=now, until=None, left_s=None, reason="")


def _refuse_without_breaker(trip: Trip) -> None:
    if trip.state is TripState.NO_BREAKER:
        raise RefusedError("The site file names no breaker for this string.", code="no_breaker")
