"""What stands behind a colon in the words of an event: which rule, how long, which cells, why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bacs_core.api.history_messages import EventMessage
from bacs_core.model import Site, cell_label
from bacs_hmi import wording
from bacs_hmi.format import NO_BREAK, Numbers, minute_of
from bacs_hmi.given_reasons import reason_words
from bacs_hmi.texts import Texts

#: More cells than this are counted and not named.
MOST_NAMED_CELLS: Final = 6
_ALL: Final = "all"
_MINUTES_PER_HOUR: Final = 60
#: How a chosen limit is no number.
_NO_NUMBERS: Final = ("off", "default")


@dataclass(frozen=True, slots=True)
class Telling:
    """One event, and the language in which it is told; `devices` are names by id."""

    event: EventMessage
    site: Site
    texts: Texts
    numbers: Numbers
    devices: Mapping[str, str]

    def clock(self, at: datetime) -> str:
        """Write a time of day, with its day where that is another one than that of the event."""
        return minute_of(at, self.event.at, self.texts["day_format"])

    def cell(self, cell: int) -> str:
        """Write the number of a cell (from 1) of the string of the event."""
        string = wording.string_of(self.site, self.event.string_key)
        return cell_label(cell, 0 if string is None else string.cell_count)

    def cells(self, cells: list[int]) -> str:
        """Name some cells (from 1) of the string of the event, or say how many there are."""
        if len(cells) > MOST_NAMED_CELLS:
            return f"{len(cells)}{NO_BREAK}{self.texts['cells']}"
        named = ", ".join(map(self.cell, sorted(cells)))
        return f"{self.texts['cell' if len(cells) == 1 else 'cells']} {named}"


def moment_of(told: object) -> datetime | None:
    """Read a moment as events hold it: ISO 8601 with zone, or unix seconds."""
    if isinstance(told, str):
        try:
            return datetime.fromisoformat(told).astimezone(UTC)
        except ValueError:
            return None
    if isinstance(told, int | float) and not isinstance(told, bool):
        try:
            return datetime.fromtimestamp(told, UTC)
        except (OverflowError, OSError, ValueError):
            return None
    return None


def _alarm_ids(told: Telling) -> list[object]:
    """Return the ids of a command that names several alarms."""
    ids = told.event.data.get("alarm_ids")
    return list(ids) if isinstance(ids, list | tuple) else []


def _rule(told: Telling) -> str:
    """Name a rule; that of an alarm stands at the beginning of its id."""
    data, texts = told.event.data, told.texts
    alarm_id = data.get("alarm_id") or next(iter(_alarm_ids(told)), None)
    name = told.event.rule or data.get("rule") or str(alarm_id or "").partition(":")[0]
    if name == _ALL or (not name and "alarm_id" in data):
        return texts["all_alarms"]
    return wording.rule_name(str(name), texts) if name else texts["all_alarms"]


def _limit(told: Telling) -> str:
    data = told.event.data
    limit = data.get("limit", data.get("value"))
    if limit in _NO_NUMBERS:
        return told.texts[f"limit_{limit}"]
    if not isinstance(limit, int | float):
        return ""
    string = wording.string_of(told.site, told.event.string_key)
    volts = 0.0 if string is None else string.cell_voltage_v
    return wording.figure(str(told.event.rule or data.get("rule")), float(limit), volts, told.texts)


def _end(told: Telling) -> str:
    """Say until when: a moment, or so many minutes from the event on."""
    data, texts = told.event.data, told.texts
    until = moment_of(data.get("until"))
    if until is not None:
        return texts["trip_until"].format(until=told.clock(until))
    minutes = data.get("minutes")
    if isinstance(minutes, int):
        return wording.duration(minutes, texts)
    return ""


def _test_end(told: Telling) -> str:
    until = moment_of(told.event.data.get("value"))
    return "" if until is None else told.texts["trip_until"].format(until=told.clock(until))


def _hours(told: Telling) -> str:
    hours = told.event.data.get("hours")
    if not isinstance(hours, int | float):
        return ""
    return wording.duration(round(hours * _MINUTES_PER_HOUR), told.texts)


def _cells(told: Telling) -> str:
    cells = told.event.data.get("cells")
    return told.cells([int(cell) for cell in cells]) if isinstance(cells, list) and cells else ""


def _mode(told: Telling) -> str:
    data, texts = told.event.data, told.texts
    value = data.get("mode", data.get("value"))
    return texts.get(f"mode_{value}", str(value or ""))


def _work(told: Telling) -> str:
    work = told.event.data.get("work")
    return told.texts.get(f"work_{work}", str(work or ""))


def _on_off(told: Telling) -> str:
    data = told.event.data
    value = data.get("enabled", data.get("value"))
    return told.texts["switched_on" if value else "switched_off"]


def _device(told: Telling) -> str:
    device_id = str(told.event.data.get("device_id", ""))
    return told.devices.get(device_id, device_id)


def _relay(told: Telling) -> str:
    data, texts = told.event.data, told.texts
    if data.get("relay") is None:
        return ""
    contact = texts["contact_closed" if data.get("closed") else "contact_open"]
    return f"{texts['relay_number'].format(number=data['relay'])} {contact}"


def _wire(told: Telling) -> str:
    data, texts = told.event.data, told.texts
    line = data.get("line_id")
    return texts["line_named"].format(line=line) if line else str(data.get("port") or "")


def _unit(told: Telling) -> str:
    unit, new = told.event.data.get("unit"), told.event.data.get("new_unit")
    if unit is None:
        return ""
    named = told.texts["unit"].format(unit=unit)
    return named if new is None else f"{named} → {new}"


def _key(told: Telling) -> str:
    key = str(told.event.data.get("key", ""))
    if key == _ALL:
        return told.texts["all_devices"]
    string = wording.string_of(told.site, key)
    manager = wording.manager_of(told.site, key)
    return string.name if string is not None else key if manager is None else manager.name


def _field(name: str) -> Callable[[Telling], str]:
    return lambda told: str(told.event.data.get(name) or "")


def _reason(told: Telling) -> str:
    data: Mapping[str, Any] = told.event.data
    return reason_words(str(data.get("reason") or data.get("value") or ""), told.texts)


DETAILS: Final[Mapping[str, Callable[[Telling], str]]] = {
    "rule": _rule,
    "limit": _limit,
    "end": _end,
    "test_end": _test_end,
    "hours": _hours,
    "cells": _cells,
    "mode": _mode,
    "work": _work,
    "on_off": _on_off,
    "device": _device,
    "relay": _relay,
    "wire": _wire,
    "unit": _unit,
    "key": _key,
    "note": _field("note"),
    "reason": _reason,
}
#: What is told of each command; those that are not here say all with their name.
COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "acknowledge": ("rule",),
    "shelve_alarm": ("rule", "end"),
    "unshelve_alarm": ("rule",),
    "set_alarm_limit": ("rule", "limit"),
    "take_out_of_service": ("rule", "reason"),
    "put_back": ("rule",),
    "pause_equalization": ("cells", "end"),
    "resume_equalization": ("cells",),
    "set_equalization_mode": ("mode",),
    "cell_replaced": ("note",),
    "add_maintenance": ("work", "note"),
    "switch_protection_off": ("hours", "reason"),
    "start_battery_test": ("hours",),
    "set_network": ("on_off",),
    "set_stick_export": ("on_off",),
    "start_scan": ("wire",),
    "start_addressing": ("wire",),
    "readdress_module": ("wire", "unit"),
    "identify": ("wire", "unit"),
    "confirm_devices": ("key",),
    "switch_relay": ("device", "relay"),
}
#: What is told of each choice.
SETTINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "alarm_limit": ("rule", "limit"),
    "out_of_service": ("rule", "reason"),
    "equalization_mode": ("mode",),
    "battery_test_until": ("test_end",),
    "network_enabled": (),
    "unattended_stick_export": (),
}
