"""How an alarm is told to people: one English sentence that names the place."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from bacs_core.alarms.book import Occurrence
from bacs_core.alarms.figures import number
from bacs_core.alarms.place import Place
from bacs_core.api.messages import Alarm
from bacs_core.model import Manager, Site, String, cell_label

__all__ = ["Alarm", "to_message"]


def to_message(alarm: Occurrence, site: Site) -> Alarm:
    """Turn an alarm into what the API publishes."""
    rule, place = alarm.rule, alarm.place
    measured = not rule.counts or rule.figure is not None
    value = number(alarm.value, rule.unit)
    limit = number(alarm.limit, rule.unit, exact=True)
    return Alarm(
        id=alarm.id,
        rule=rule.name,
        severity=rule.severity,
        state=alarm.state,
        manager_id=place.manager_id,
        string_key=place.string_key,
        cell=place.cell,
        line_id=place.line_id,
        accessory_id=place.accessory_id,
        value=_told(alarm.value) if measured else None,
        limit=_told(alarm.limit) if measured else None,
        raised_at=datetime.fromtimestamp(alarm.raised_at, UTC),
        acknowledged_by=alarm.acknowledged_by,
        note=alarm.note,
        first_out=alarm.first_out,
        shelved_until=None
        if alarm.shelved_until is None
        else datetime.fromtimestamp(alarm.shelved_until, UTC),
        suppressed_by=alarm.suppressed_by,
        text=f"{where(place, site)}: {rule.text.format(value=value, limit=limit, note=alarm.note)}",
    )


def _told(figure: float) -> float | None:
    return None if math.isnan(figure) else figure


def where(place: Place, site: Site) -> str:
    """Name a place as people know it."""
    if place.line_id is not None:
        return f"Line {place.line_id}"
    if place.manager_id is None:
        return site.name
    manager = next(manager for manager in site.managers if manager.id == place.manager_id)
    if place.string_key is None:
        return manager.name
    string = _string(manager, place.string_key)
    if place.cell is None:
        return string.name
    return f"{string.name}, cell {cell_label(place.cell, string.cell_count)}"


def _string(manager: Manager, key: str) -> String:
    return next(string for string in manager.strings if string.key == key)
