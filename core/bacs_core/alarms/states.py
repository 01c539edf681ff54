"""The states of an alarm and what changes them: ISA-18.2 as a table.

Shelved, suppressed and out of service are states of their own. Their condition is watched on: an
alarm that comes back from there while its condition holds is new to people, one whose condition is
over is gone. What a person put on the shelf stays there until its time is over; what is suppressed
or out of service and no longer holds needs nobody.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.model import AlarmState


class State(IntEnum):
    """What an alarm is in at one place."""

    NORMAL = 0
    UNACKNOWLEDGED = 1
    ACKNOWLEDGED = 2
    RETURNED = 3
    SHELVED = 4
    SHELVED_RETURNED = 5
    """On the shelf, and its condition is over for now."""
    SUPPRESSED = 6
    OUT_OF_SERVICE = 7


class Happening(IntEnum):
    """What can happen to an alarm."""

    BEGINS = 0
    ENDS = 1
    IS_ACKNOWLEDGED = 2
    IS_SHELVED = 3
    LEAVES_SHELF = 4
    IS_SUPPRESSED = 5
    IS_RELEASED = 6
    LEAVES_SERVICE = 7
    RETURNS_TO_SERVICE = 8


#: ISA-18.2; what is not listed changes nothing.
TRANSITIONS: Final = {
    (State.NORMAL, Happening.BEGINS): State.UNACKNOWLEDGED,
    (State.RETURNED, Happening.BEGINS): State.UNACKNOWLEDGED,
    (State.SHELVED_RETURNED, Happening.BEGINS): State.SHELVED,
    (State.UNACKNOWLEDGED, Happening.ENDS): State.RETURNED,
    (State.ACKNOWLEDGED, Happening.ENDS): State.NORMAL,
    (State.SHELVED, Happening.ENDS): State.SHELVED_RETURNED,
    (State.SUPPRESSED, Happening.ENDS): State.NORMAL,
    (State.OUT_OF_SERVICE, Happening.ENDS): State.NORMAL,
    (State.UNACKNOWLEDGED, Happening.IS_ACKNOWLEDGED): State.ACKNOWLEDGED,
    (State.RETURNED, Happening.IS_ACKNOWLEDGED): State.NORMAL,
    (State.UNACKNOWLEDGED, Happening.IS_SHELVED): State.SHELVED,
    (State.ACKNOWLEDGED, Happening.IS_SHELVED): State.SHELVED,
    (State.RETURNED, Happening.IS_SHELVED): State.SHELVED_RETURNED,
    (State.SHELVED, Happening.LEAVES_SHELF): State.UNACKNOWLEDGED,
    (State.SHELVED_RETURNED, Happening.LEAVES_SHELF): State.NORMAL,
    (State.UNACKNOWLEDGED, Happening.IS_SUPPRESSED): State.SUPPRESSED,
    (State.ACKNOWLEDGED, Happening.IS_SUPPRESSED): State.SUPPRESSED,
    (State.SUPPRESSED, Happening.IS_RELEASED): State.UNACKNOWLEDGED,
    (State.UNACKNOWLEDGED, Happening.LEAVES_SERVICE): State.OUT_OF_SERVICE,
    (State.ACKNOWLEDGED, Happening.LEAVES_SERVICE): State.OUT_OF_SERVICE,
    (State.SHELVED, Happening.LEAVES_SERVICE): State.OUT_OF_SERVICE,
    (State.SHELVED_RETURNED, Happening.LEAVES_SERVICE): State.NORMAL,
    (State.SUPPRESSED, Happening.LEAVES_SERVICE): State.OUT_OF_SERVICE,
    (State.OUT_OF_SERVICE, Happening.RETURNS_TO_SERVICE): State.UNACKNOWLEDGED,
}
#: In these people are told of the condition, and it holds.
SHOWN: Final = (State.UNACKNOWLEDGED, State.ACKNOWLEDGED)
#: In these the condition holds.
ACTIVE: Final = (*SHOWN, State.SHELVED, State.SUPPRESSED, State.OUT_OF_SERVICE)
PUBLISHED: Final = {
    State.UNACKNOWLEDGED: AlarmState.UNACKNOWLEDGED,
    State.ACKNOWLEDGED: AlarmState.ACKNOWLEDGED,
    State.RETURNED: AlarmState.RETURNED,
    State.SHELVED: AlarmState.SHELVED,
    State.SHELVED_RETURNED: AlarmState.SHELVED,
    State.SUPPRESSED: AlarmState.SUPPRESSED,
    State.OUT_OF_SERVICE: AlarmState.OUT_OF_SERVICE,
}


class ChangeKind(StrEnum):
    """What happened to an alarm."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    CLEARED = "cleared"
    SHELVED = "shelved"
    UNSHELVED = "unshelved"
    SUPPRESSED = "suppressed"
    RELEASED = "released"
    """It is no longer suppressed."""
    OUT_OF_SERVICE = "taken_out_of_service"
    PUT_BACK = "put_back"


_ENTERED: Final = {
    State.ACKNOWLEDGED: ChangeKind.ACKNOWLEDGED,
    State.RETURNED: ChangeKind.RETURNED,
    State.SHELVED: ChangeKind.SHELVED,
    State.SHELVED_RETURNED: ChangeKind.SHELVED,
    State.SUPPRESSED: ChangeKind.SUPPRESSED,
    State.OUT_OF_SERVICE: ChangeKind.OUT_OF_SERVICE,
}
_LEFT: Final = {
    State.SHELVED: ChangeKind.UNSHELVED,
    State.SHELVED_RETURNED: ChangeKind.UNSHELVED,
    State.SUPPRESSED: ChangeKind.RELEASED,
    State.OUT_OF_SERVICE: ChangeKind.PUT_BACK,
}
_SHELF: Final = (State.SHELVED, State.SHELVED_RETURNED)


def kinds(before: State, after: State) -> tuple[ChangeKind, ...]:
    """Name what people see of a transition; what happens on the shelf they do not see."""
    if before is after or (before in _SHELF and after in _SHELF):
        return ()
    if after is State.UNACKNOWLEDGED:
        return (_LEFT.get(before, ChangeKind.RAISED),)
    if after is not State.NORMAL:
        return (_ENTERED[after],)
    if before is State.RETURNED:
        return (ChangeKind.ACKNOWLEDGED, ChangeKind.CLEARED)
    if before is State.SHELVED_RETURNED:
        return (ChangeKind.UNSHELVED, ChangeKind.CLEARED)
    return (ChangeKind.CLEARED,)


def _table() -> NDArray[np.uint8]:
    table = np.repeat(np.arange(len(State), dtype=np.uint8)[:, None], len(Happening), axis=1)
    for (state, happening), after in TRANSITIONS.items():
        table[state, happening] = after
    table.flags.writeable = False
    return table


#: The next state of many places at once, by state and happening.
NEXT: Final = _table()
IS_ACTIVE: Final = np.isin(np.arange(len(State)), ACTIVE)
IS_SHOWN: Final = np.isin(np.arange(len(State)), SHOWN)
