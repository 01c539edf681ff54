"""Turns what changed between two ticks into events for the history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from bacs_core.alarms import machine, view
from bacs_core.alarms.book import AlarmBook
from bacs_core.alarms.states import ChangeKind
from bacs_core.history.events import Event, EventKind, Json
from bacs_core.model import Site, String
from bacs_core.protection import Trip
from bacs_core.snapshot import Snapshot


def clock_step(step_s: float, at: datetime) -> Event:
    """Tell that the system clock was set."""
    return Event(
        at=at,
        kind=EventKind.CLOCK_STEPPED,
        text=f"the system clock was set by {step_s:+.1f} s",
        data={"step_s": step_s},
    )


ALARM_EVENTS: Final = {
    ChangeKind.RAISED: EventKind.ALARM_RAISED,
    ChangeKind.ACKNOWLEDGED: EventKind.ALARM_ACKNOWLEDGED,
    ChangeKind.RETURNED: EventKind.ALARM_RETURNED,
    ChangeKind.CLEARED: EventKind.ALARM_CLEARED,
    ChangeKind.SHELVED: EventKind.ALARM_PUT_ASIDE,
    ChangeKind.UNSHELVED: EventKind.ALARM_PUT_ASIDE,
    ChangeKind.SUPPRESSED: EventKind.ALARM_PUT_ASIDE,
    ChangeKind.RELEASED: EventKind.ALARM_PUT_ASIDE,
    ChangeKind.OUT_OF_SERVICE: EventKind.ALARM_PUT_ASIDE,
    ChangeKind.PUT_BACK: EventKind.ALARM_PUT_ASIDE,
}


def alarm_changes(before: AlarmBook, after: AlarmBook, site: Site) -> Iterator[Event]:
    """Tell what happened to alarms, and who did it."""
    for change in machine.changes(before, after):
        alarm = view.to_message(change.alarm, site)
        yield Event(
            at=datetime.fromtimestamp(change.at, UTC),
            kind=ALARM_EVENTS[change.kind],
            text=f"{change.kind.replace('_', ' ')}: {alarm.text}",
            by=change.by,
            manager_id=alarm.manager_id,
            string_key=alarm.string_key,
            cell=alarm.cell,
            line_id=alarm.line_id,
            data=_alarm_data(change.kind, alarm),
            severity=alarm.severity,
            rule=alarm.rule,
        )


def _alarm_data(kind: ChangeKind, alarm: view.Alarm) -> dict[str, Json]:
    """Return what was measured and what it is now, as far as it is known of this alarm."""
    told: dict[str, Json] = {
        "alarm_id": alarm.id,
        "change": kind.value,
        "state": alarm.state.value,
        "value": alarm.value,
        "limit": alarm.limit,
        "note": alarm.note,
        "accessory_id": alarm.accessory_id,
        "shelved_until": None if alarm.shelved_until is None else alarm.shelved_until.isoformat(),
        "suppressed_by": alarm.suppressed_by,
    }
    return {name: value for name, value in told.items() if value not in {None, ""}}


def trip_changes(
    before: Mapping[str, Trip], after: Mapping[str, Trip], site: Site, now: float
) -> Iterator[Event]:
    """Tell which breakers were ordered to open, have opened or not, or are armed again."""
    for key, trip in after.items():
        was = before.get(key)
        if was is None or (was.state, was.causes) == (trip.state, trip.causes):
            continue
        string = next(string for string in site.strings if string.key == key)
        yield Event(
            at=datetime.fromtimestamp(now, UTC),
            kind=EventKind.PROTECTION,
            text=_trip_text(string, trip),
            by=trip.by,
            manager_id=string.manager_id,
            string_key=key,
            cell=trip.cell,
            data={
                "key": "protection",
                "before": was.state.value,
                "value": trip.state.value,
                "state": trip.state.value,
                "causes": [cause.value for cause in trip.causes],
                "reason": trip.reason,
                "until": trip.until,
            },
        )


def _trip_text(string: String, trip: Trip) -> str:
    causes = ", ".join(trip.causes).replace("_", " ")
    where = "" if trip.cell is None else f" (cell {trip.cell})"
    return f"{string.name}: protection {trip.state}" + (f", {causes}{where}" if causes else "")


def connection_changes(before: Snapshot | None, after: Snapshot) -> Iterator[Event]:
    """Tell which lines and managers were lost or came back."""
    if before is None:
        return
    for line_id, line in after.lines.items():
        if line.port_open != before.lines[line_id].port_open:
            kind = EventKind.LINE_RETURNED if line.port_open else EventKind.LINE_LOST
            text = f"line {line_id} works" if line.port_open else f"line {line_id}: {line.message}"
            yield Event(after.at, kind, text, line_id=line_id)
    for manager_id, manager in after.managers.items():
        if manager.online is None or manager.online == before.managers[manager_id].online:
            continue
        kind = EventKind.MANAGER_RETURNED if manager.online else EventKind.MANAGER_LOST
        text = f"manager {manager_id} {'answers' if manager.online else 'is silent'}"
        yield Event(after.at, kind, text, manager_id=manager_id)
