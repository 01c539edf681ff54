"""Cause x state: what is done about each cause, and what moves the state of a breaker otherwise.

The state machine in `trips` reads this table; docs/PROTECTION.md is printed from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from bacs_core.errors import DeclarationError
from bacs_core.model import TripCause, TripState


class Act(StrEnum):
    """What is done while a cause stands."""

    TELL = "tell"
    """Nothing but alarms."""
    OPEN = "open"
    """The breaker is ordered to open."""
    WAIT = "wait"
    """Nothing until the deferral ends; it ends at once where the string is too hot."""
    REPEAT = "repeat"
    """The order is repeated until the contact tells that the breaker is open, for ever."""
    HOLD = "hold"
    """The breaker is open and stays so; nobody closes it while the cause stands."""


class Event(StrEnum):
    """What else moves a state."""

    CONTACT_OPEN = "contact_open"
    """The contact tells that the breaker is open."""
    CONTACT_CLOSED = "contact_closed"
    """The contact tells that the breaker is closed."""
    NO_ANSWER = "no_answer"
    """5 s after the order the contact tells of no open breaker, or nothing at all."""
    TIME_IS_OVER = "time_is_over"
    TOO_HOT = "too_hot"
    """Above 55 °C, or nobody knows how hot."""
    DEFERRED = "deferred"
    """A technician at the panel."""
    RECLOSED = "reclosed"
    """A technician at the panel; refused while a cause stands."""
    SWITCHED_OFF = "switched_off"
    """A technician, with a reason, for 24 h at most."""
    SWITCHED_ON = "switched_on"


_EVERY_CAUSE: Final = tuple(TripCause)


def _row(act: Act) -> dict[TripCause, Act]:
    return dict.fromkeys(_EVERY_CAUSE, act)


TABLE: Final[Mapping[TripState, Mapping[TripCause, Act]]] = {
    TripState.NO_BREAKER: _row(Act.TELL),
    TripState.ARMED: _row(Act.OPEN),
    TripState.DEFERRED: _row(Act.WAIT),
    TripState.TRIPPING: _row(Act.REPEAT),
    TripState.TRIPPED: _row(Act.HOLD),
    TripState.FAILED: _row(Act.REPEAT),
    TripState.OFF: _row(Act.TELL),
}

#: Where an event leads; one that is not listed for a state changes nothing, or is refused where a
#: person causes it. Acknowledging, muting, shelving and suppressing alarms are no events here.
MOVES: Final[Mapping[TripState, Mapping[Event, TripState]]] = {
    TripState.NO_BREAKER: {},
    TripState.ARMED: {
        Event.DEFERRED: TripState.DEFERRED,
        Event.SWITCHED_OFF: TripState.OFF,
    },
    TripState.DEFERRED: {
        Event.TIME_IS_OVER: TripState.ARMED,
        Event.TOO_HOT: TripState.ARMED,
        Event.SWITCHED_OFF: TripState.OFF,
    },
    TripState.TRIPPING: {
        Event.CONTACT_OPEN: TripState.TRIPPED,
        Event.NO_ANSWER: TripState.FAILED,
    },
    TripState.TRIPPED: {
        Event.CONTACT_CLOSED: TripState.TRIPPING,
        Event.RECLOSED: TripState.ARMED,
    },
    TripState.FAILED: {
        Event.CONTACT_OPEN: TripState.TRIPPED,
        Event.RECLOSED: TripState.ARMED,
    },
    TripState.OFF: {
        Event.TIME_IS_OVER: TripState.ARMED,
        Event.SWITCHED_ON: TripState.ARMED,
    },
}


def check() -> None:
    """Raise `DeclarationError` where a state or cause is not declared."""
    for state in TripState:
        if set(TABLE.get(state, ())) != set(TripCause) or state not in MOVES:
            msg = f"the table of trips does not say what {state} does"
            raise DeclarationError(msg)


check()
