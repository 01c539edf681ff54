"""Rules about whoever measures, and about the room: history, lines, managers, sensors, modules."""

from __future__ import annotations

from typing import Final

from bacs_core.alarms.declaration import Beyond, Range, Rule, Signal, Urgent
from bacs_core.devices.registers import Unit
from bacs_core.model import AlarmSeverity

_MINUTE: Final = 60.0
_LINE: Final = ("line_gone", "line_lent")
_MANAGER: Final = (*_LINE, "manager_exchanged", "manager_silent")
#: Names of rules of which one explains why nothing is heard of a string.
UNHEARD: Final = (*_MANAGER, "string_silent")

#: Hydrogen: 1 % by volume is the most that NFPA 1 permits, a quarter of what explodes; 0.5 % warns.
#: Room: warm as the usual limit of the cells in it; below 5 °C lead has lost a fifth of its
#: capacity.
DEVICE_RULES: Final = (
    Rule(
        "recording_failed",
        Signal.RECORDING_FAILED,
        AlarmSeverity.WARNING,
        "the history cannot be written: {note}",
        raise_after_s=10,
        clear_after_s=_MINUTE,
    ),
    Rule(
        "line_gone",
        Signal.LINE_GONE,
        AlarmSeverity.ALARM,
        "port not available",
        raise_after_s=2,
        clear_after_s=5,
    ),
    Rule(
        "line_lent",
        Signal.LINE_LENT,
        AlarmSeverity.ALARM,
        "protection is paused, the line is lent until {note}",
        raise_after_s=0,
        clear_after_s=1,
        stands=True,
    ),
    Rule(
        "accessories_exchanged",
        Signal.ACCESSORIES_EXCHANGED,
        AlarmSeverity.WARNING,
        "another device answers in place of {note}; a technician has to confirm it",
        raise_after_s=0,
        clear_after_s=1,
    ),
    Rule(
        "accessory_silent",
        Signal.ACCESSORY_SILENT,
        AlarmSeverity.WARNING,
        "{note} does not answer or is not believed",
        raise_after_s=15,
        clear_after_s=5,
        held_by=_LINE,
    ),
    Rule(
        "hydrogen_high",
        Signal.HYDROGEN,
        AlarmSeverity.ALARM,
        "{note}: hydrogen in the air, {value}, limit {limit}",
        limit=1.0,
        hysteresis=0.1,
        unit=Unit.PERCENT,
        raise_after_s=30,
        clear_after_s=5 * _MINUTE,
        urgent=Urgent(0.0, raise_after_s=5),
        allowed=Range(0.2, 2.0),
    ),
    Rule(
        "hydrogen_raised",
        Signal.HYDROGEN,
        AlarmSeverity.WARNING,
        "{note}: hydrogen in the air, {value}, limit {limit}",
        limit=0.5,
        hysteresis=0.1,
        unit=Unit.PERCENT,
        raise_after_s=_MINUTE,
        clear_after_s=5 * _MINUTE,
        held_by=("hydrogen_high",),
        allowed=Range(0.2, 2.0),
    ),
    Rule(
        "room_temperature_high",
        Signal.ROOM_TEMPERATURE,
        AlarmSeverity.WARNING,
        "{note}: room warm, {value}, limit {limit}",
        limit=35.0,
        hysteresis=2.0,
        unit=Unit.CELSIUS,
        raise_after_s=5 * _MINUTE,
        clear_after_s=10 * _MINUTE,
        urgent=Urgent(20.0, raise_after_s=30),
        allowed=Range(20.0, 60.0),
    ),
    Rule(
        "room_temperature_low",
        Signal.ROOM_TEMPERATURE,
        AlarmSeverity.WARNING,
        "{note}: room cold, {value}, limit {limit}",
        limit=5.0,
        beyond=Beyond.BELOW,
        hysteresis=2.0,
        unit=Unit.CELSIUS,
        raise_after_s=5 * _MINUTE,
        clear_after_s=10 * _MINUTE,
        allowed=Range(-40.0, 20.0),
    ),
    Rule(
        "manager_exchanged",
        Signal.MANAGER_EXCHANGED,
        AlarmSeverity.ALARM,
        "another device answers, its values do not count until a technician confirms it",
        raise_after_s=0,
        clear_after_s=1,
    ),
    Rule(
        "manager_silent",
        Signal.MANAGER_SILENT,
        AlarmSeverity.ALARM,
        "does not answer",
        raise_after_s=5,
        clear_after_s=5,
        held_by=(*_LINE, "manager_exchanged"),
    ),
    Rule(
        "manager_room_temperature_high",
        Signal.MANAGER_ROOM_TEMPERATURE,
        AlarmSeverity.WARNING,
        "room warm, {value}, limit {limit}",
        limit=35.0,
        hysteresis=2.0,
        unit=Unit.CELSIUS,
        raise_after_s=5 * _MINUTE,
        clear_after_s=10 * _MINUTE,
        urgent=Urgent(20.0, raise_after_s=30),
        allowed=Range(20.0, 60.0),
    ),
    Rule(
        "devices_exchanged",
        Signal.DEVICES_EXCHANGED,
        AlarmSeverity.ALARM,
        "other devices answer than before ({note}), their values do not count until a technician "
        "confirms them",
        raise_after_s=0,
        clear_after_s=1,
    ),
    Rule(
        "string_silent",
        Signal.STRING_SILENT,
        AlarmSeverity.ALARM,
        "no module answers",
        raise_after_s=10,
        clear_after_s=5,
        held_by=_MANAGER,
    ),
    Rule(
        "current_sensor_silent",
        Signal.CURRENT_SENSOR_SILENT,
        AlarmSeverity.WARNING,
        "its current sensor does not answer or is not believed, its current is not known",
        raise_after_s=15,
        clear_after_s=5,
        held_by=("string_silent",),
    ),
    Rule(
        "bypass_lease_expired",
        Signal.LEASES_EXPIRED,
        AlarmSeverity.WARNING,
        "bypass switched itself off in {value} modules, the engine was not heard",
        raise_after_s=10,
        clear_after_s=10,
        held_by=(*_LINE, "string_silent"),
    ),
    Rule(
        "module_silent",
        Signal.MODULE_SILENT,
        AlarmSeverity.ALARM,
        "module does not answer",
        raise_after_s=15,
        clear_after_s=5,
        held_by=(*_MANAGER, "string_silent"),
    ),
)
