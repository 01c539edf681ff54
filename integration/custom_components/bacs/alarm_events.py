"""What happened to alarms between two looks at them, as pure functions."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import count
from typing import Any, Final

from bacs_core.api.messages import Alarm
from bacs_core.model import AlarmSeverity, AlarmState, Site, cell_label

from .readings import PUT_ASIDE


class AlarmEventType(StrEnum):
    """What can happen to an alarm."""

    RAISED = "raised"
    CLEARED = "cleared"
    """The condition no longer holds, whether somebody saw the alarm or not."""
    ACKNOWLEDGED = "acknowledged"
    SHELVED = "shelved"
    SUPPRESSED = "suppressed"
    OUT_OF_SERVICE = "out_of_service"


type _After = Mapping[AlarmState | None, tuple[AlarmEventType, ...]]

_ASIDE: Final[_After] = {
    AlarmState.SHELVED: (AlarmEventType.SHELVED,),
    AlarmState.SUPPRESSED: (AlarmEventType.SUPPRESSED,),
    AlarmState.OUT_OF_SERVICE: (AlarmEventType.OUT_OF_SERVICE,),
}
_SILENTLY_ASIDE: Final[_After] = dict.fromkeys(_ASIDE, ())
_RAISED: Final = (AlarmEventType.RAISED,)
_CLEARED: Final = (AlarmEventType.CLEARED,)
_ACKNOWLEDGED: Final = (AlarmEventType.ACKNOWLEDGED,)

#: From no alarm to ...
_ENTERED: Final[_After] = {
    AlarmState.UNACKNOWLEDGED: _RAISED,
    AlarmState.ACKNOWLEDGED: (*_RAISED, *_ACKNOWLEDGED),
    AlarmState.RETURNED: (*_RAISED, *_CLEARED),
    **_SILENTLY_ASIDE,
}
#: From an alarm that was put aside to ...
_TAKEN_UP: Final[_After] = {
    AlarmState.UNACKNOWLEDGED: _RAISED,
    AlarmState.ACKNOWLEDGED: _RAISED,
    AlarmState.RETURNED: (),
    None: _CLEARED,
    **_SILENTLY_ASIDE,
}
#: From an alarm that everybody was told of to ...
_LEFT: Final[Mapping[AlarmState, _After]] = {
    AlarmState.UNACKNOWLEDGED: {
        AlarmState.ACKNOWLEDGED: _ACKNOWLEDGED,
        AlarmState.RETURNED: _CLEARED,
        None: _CLEARED,
        **_ASIDE,
    },
    AlarmState.ACKNOWLEDGED: {
        AlarmState.UNACKNOWLEDGED: _RAISED,
        AlarmState.RETURNED: _CLEARED,
        None: _CLEARED,
        **_ASIDE,
    },
    AlarmState.RETURNED: {
        AlarmState.UNACKNOWLEDGED: _RAISED,
        AlarmState.ACKNOWLEDGED: (*_RAISED, *_ACKNOWLEDGED),
        None: _ACKNOWLEDGED,
        **_ASIDE,
    },
}


@dataclass(frozen=True, slots=True)
class AlarmEvent:
    """One thing that happened to one alarm, which is as it is now, or was at last.

    It is number `number` of `of` things of the same type that happened to alarms of the same
    severity between two looks.
    """

    type: AlarmEventType
    alarm: Alarm
    number: int = 1
    of: int = 1


def happened(before: AlarmState | None, after: AlarmState | None) -> tuple[AlarmEventType, ...]:
    """Tell what lies between two states of an alarm; `None` stands for none.

    An alarm that was raised and cleared between two looks did both; one that was put aside before
    anybody could be told of it is told when it comes back.
    """
    if before == after:
        return ()
    if before is None or before in PUT_ASIDE:
        return _ENTERED[after] if before is None else _TAKEN_UP[after]
    return _LEFT[before][after]


def alarm_events(before: Mapping[str, Alarm], after: Mapping[str, Alarm]) -> tuple[AlarmEvent, ...]:
    """Tell what happened to alarms, by their ids; severe ones and old ones first."""
    alarms = [*after.values(), *(alarm for id_, alarm in before.items() if id_ not in after)]
    turned = [alarm for alarm in alarms if _state(before, alarm.id) != _state(after, alarm.id)]
    found = [
        (type_, alarm)
        for alarm in sorted(turned, key=_urgency)
        for type_ in happened(_state(before, alarm.id), _state(after, alarm.id))
    ]
    of = Counter((type_, alarm.severity) for type_, alarm in found)
    number = {kind: count(1) for kind in of}
    return tuple(
        AlarmEvent(type_, alarm, next(number[type_, alarm.severity]), of[type_, alarm.severity])
        for type_, alarm in found
    )


def _urgency(alarm: Alarm) -> tuple[bool, datetime]:
    return alarm.severity is not AlarmSeverity.ALARM, alarm.raised_at


def _state(alarms: Mapping[str, Alarm], id_: str) -> AlarmState | None:
    return alarms[id_].state if id_ in alarms else None


def told(event: AlarmEvent, site: Site, reason: str | None = None) -> dict[str, Any]:
    """Say everything about an event that an automation may want to pass on.

    `reason` is the text of the alarm in another language than that of the engine.
    """
    alarm = event.alarm
    string = next((each for each in site.strings if each.key == alarm.string_key), None)
    manager = next((each for each in site.managers if each.id == alarm.manager_id), None)
    known = {
        "alarm_id": alarm.id,
        "rule": alarm.rule,
        "severity": alarm.severity.value,
        "reason": alarm.text if reason is None else reason,
        "cell": alarm.cell,
        "cell_name": None
        if string is None or alarm.cell is None
        else cell_label(alarm.cell, string.cell_count),
        "string": None if string is None else string.name,
        "manager": None if manager is None else manager.name,
        "line": alarm.line_id,
        "accessory": alarm.accessory_id,
        "value": alarm.value,
        "limit": alarm.limit,
        "raised_at": alarm.raised_at.isoformat(),
        "by": alarm.acknowledged_by,
        "first_out": alarm.first_out,
        "burst_number": event.number,
        "burst_size": event.of,
    }
    return {name: value for name, value in known.items() if value is not None}
