"""Rules about a string as a whole: supply, charge, charger."""

from __future__ import annotations

from typing import Final

from bacs_core.alarms.declaration import Beyond, Range, Rule, Signal, Suppression, Urgent
from bacs_core.devices.registers import Unit
from bacs_core.model import AlarmSeverity

_MINUTE: Final = 60.0
_OPEN: Final = ("breaker_failed", "breaker_tripped", "breaker_found_open")
_TEST: Final = (Suppression.BATTERY_TEST,)
#: How far from its float voltage a limit of a cell may be put.
LOW_RANGE: Final = Range(0.6, 1.0, of_float=True)
HIGH_RANGE: Final = Range(1.0, 1.15, of_float=True)
#: In which a voltage limit is passed far enough to be told of soon.
SOON: Final = Urgent(None, raise_after_s=10)

#: Limits of charge, ripple and drift are our choice.
STRING_RULES: Final = (
    Rule(
        "on_battery",
        Signal.ON_BATTERY,
        AlarmSeverity.WARNING,
        "on battery until its charger is confirmed",
        raise_after_s=2,
        clear_after_s=30,
        suppressed_by=_TEST,
    ),
    Rule(
        "charge_low",
        Signal.STRING_CHARGE,
        AlarmSeverity.ALARM,
        "charge low, {value}, limit {limit}",
        limit=30.0,
        beyond=Beyond.BELOW,
        hysteresis=5.0,
        unit=Unit.PERCENT,
        raise_after_s=10,
        clear_after_s=_MINUTE,
        allowed=Range(5.0, 95.0),
        suppressed_by=_TEST,
    ),
    Rule(
        "string_voltage_low",
        Signal.STRING_HELD_VOLTAGE,
        AlarmSeverity.WARNING,
        "not held by its charger, mean cell voltage {value}, limit {limit}",
        limit="voltage_low_v",
        beyond=Beyond.BELOW,
        hysteresis_share=0.005,
        unit=Unit.VOLT,
        raise_after_s=10,
        clear_after_s=_MINUTE,
        held_by=("on_battery", *_OPEN),
        allowed=LOW_RANGE,
        suppressed_by=_TEST,
    ),
    Rule(
        "string_voltage_high",
        Signal.STRING_MEAN_VOLTAGE,
        AlarmSeverity.WARNING,
        "charged too high, mean cell voltage {value}, limit {limit}",
        limit="voltage_high_v",
        hysteresis_share=0.005,
        unit=Unit.VOLT,
        raise_after_s=_MINUTE,
        clear_after_s=_MINUTE,
        urgent=SOON,
        allowed=HIGH_RANGE,
    ),
    Rule(
        "string_warm",
        Signal.STRING_WARM,
        AlarmSeverity.WARNING,
        "warm as a whole, {value} cells above their limit",
        raise_after_s=_MINUTE,
        clear_after_s=5 * _MINUTE,
        held_by=("manager_room_temperature_high",),
    ),
    Rule(
        "charger_ripple",
        Signal.CHARGER_RIPPLE,
        AlarmSeverity.WARNING,
        "more ripple current from its charger than it used to be, by {value}, limit {limit}",
        limit=50.0,
        hysteresis=10.0,
        dead_band=1.0,
        unit=Unit.PERCENT,
        raise_after_s=60 * _MINUTE,
        clear_after_s=60 * _MINUTE,
        allowed=Range(10.0, 500.0),
    ),
    Rule(
        "charger_drift",
        Signal.CHARGER_DRIFT,
        AlarmSeverity.WARNING,
        "its charger left the float voltage it used to hold, by {value}, limit {limit}",
        limit=1.0,
        hysteresis=0.2,
        dead_band=0.05,
        unit=Unit.PERCENT,
        raise_after_s=60 * _MINUTE,
        clear_after_s=60 * _MINUTE,
        allowed=Range(0.2, 10.0),
    ),
)
