"""The alarm rules, as rows. A row that would chatter or that nothing can evaluate fails at import.

A rule watches one signal. Signals are numbers per place (line, manager, string or cell); a yes or
no is 1 or 0. A place without a value keeps the state it has: silence never clears an alarm.

`held_by` is how one cause gives one alarm: where one of the named rules applies, at the same place
or at the wider one around it, this rule raises nothing of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum, StrEnum
from typing import Final

from bacs_core.devices.registers import Unit
from bacs_core.errors import DeclarationError
from bacs_core.model import AlarmSeverity, Limits


class Scope(IntEnum):
    """What a place is."""

    LINE = 0
    MANAGER = 1
    STRING = 2
    CELL = 3
    ACCESSORY = 4


#: The scopes in whose places one of a scope can lie; each lies in itself.
AROUND: Final = {
    Scope.LINE: (Scope.LINE,),
    Scope.MANAGER: (Scope.LINE, Scope.MANAGER),
    Scope.STRING: (Scope.LINE, Scope.MANAGER, Scope.STRING),
    Scope.CELL: (Scope.LINE, Scope.MANAGER, Scope.STRING, Scope.CELL),
    Scope.ACCESSORY: (Scope.LINE, Scope.ACCESSORY),
}


class Signal(StrEnum):
    """What can be watched."""

    LINE_GONE = "line_gone"
    LINE_LENT = "line_lent"
    """A person commissions the line: nothing on it is polled, equalized or protected."""
    ACCESSORIES_EXCHANGED = "accessories_exchanged"
    """Accessories of the line in whose place another device answers."""
    ACCESSORY_SILENT = "accessory_silent"
    """Absent where another device answers in its place."""
    MANAGER_EXCHANGED = "manager_exchanged"
    MANAGER_SILENT = "manager_silent"
    DEVICES_EXCHANGED = "devices_exchanged"
    """Modules of the string, and its current sensor, in whose place another device answers."""
    STRING_SILENT = "string_silent"
    CURRENT_SENSOR_SILENT = "current_sensor_silent"
    """Absent where the string has none, and where another device answers in its place."""
    STRING_MEAN_VOLTAGE = "string_mean_voltage"
    LEASES_EXPIRED = "leases_expired"
    """Modules whose bypass went off by an expired lease while the engine commands a duty."""
    MODULE_SILENT = "module_silent"
    CELL_VOLTAGE = "cell_voltage"
    """Absent in discharge and until the string has recovered: float limits mean nothing then."""
    CELL_DEVIATION = "cell_deviation"
    """Percent of the target, absent like the voltage and while the string is not in float."""
    CELL_TEMPERATURE = "cell_temperature"
    CELL_RESISTANCE = "cell_resistance"
    AUTHORITY_EXHAUSTED = "authority_exhausted"


SCOPES: Final = {
    Signal.LINE_GONE: Scope.LINE,
    Signal.LINE_LENT: Scope.LINE,
    Signal.ACCESSORIES_EXCHANGED: Scope.LINE,
    Signal.ACCESSORY_SILENT: Scope.ACCESSORY,
    Signal.MANAGER_EXCHANGED: Scope.MANAGER,
    Signal.MANAGER_SILENT: Scope.MANAGER,
    Signal.DEVICES_EXCHANGED: Scope.STRING,
    Signal.STRING_SILENT: Scope.STRING,
    Signal.CURRENT_SENSOR_SILENT: Scope.STRING,
    Signal.STRING_MEAN_VOLTAGE: Scope.STRING,
    Signal.LEASES_EXPIRED: Scope.STRING,
    Signal.MODULE_SILENT: Scope.CELL,
    Signal.CELL_VOLTAGE: Scope.CELL,
    Signal.CELL_DEVIATION: Scope.CELL,
    Signal.CELL_TEMPERATURE: Scope.CELL,
    Signal.CELL_RESISTANCE: Scope.CELL,
    Signal.AUTHORITY_EXHAUSTED: Scope.CELL,
}
#: Signals that only count or say yes or no: any of it is too much.
COUNTS: Final = frozenset(
    {
        Signal.LINE_GONE,
        Signal.LINE_LENT,
        Signal.ACCESSORIES_EXCHANGED,
        Signal.ACCESSORY_SILENT,
        Signal.MANAGER_EXCHANGED,
        Signal.DEVICES_EXCHANGED,
        Signal.MANAGER_SILENT,
        Signal.STRING_SILENT,
        Signal.CURRENT_SENSOR_SILENT,
        Signal.LEASES_EXPIRED,
        Signal.MODULE_SILENT,
        Signal.AUTHORITY_EXHAUSTED,
    }
)
ANY: Final = 0.5


class Beyond(StrEnum):
    """On which side of its limit a signal is wrong."""

    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. `limit` is a field of `Limits`, or a number that is the same everywhere.

    The signal must come back by `hysteresis` (in its own unit) plus `hysteresis_share` of the
    limit. `text` may use `{value}`, `{limit}` and `{note}`,
    which is what the engine has to say of this one place.
    """

    name: str
    signal: Signal
    severity: AlarmSeverity
    text: str
    raise_after_s: float
    clear_after_s: float
    limit: str | float = ANY
    beyond: Beyond = Beyond.ABOVE
    hysteresis: float = 0.0
    hysteresis_share: float = 0.0
    unit: Unit = Unit.NONE
    held_by: tuple[str, ...] = ()

    @property
    def scope(self) -> Scope:
        """What the places of this rule are."""
        return SCOPES[self.signal]

    def __post_init__(self) -> None:
        """Refuse rows that would chatter or cannot be evaluated."""
        if self.raise_after_s < 0 or self.clear_after_s <= 0:
            msg = f"{self.name}: needs a delay before it clears, and none may be negative"
            raise DeclarationError(msg)
        if self.signal in COUNTS:
            if self.limit != ANY:
                msg = f"{self.name}: {self.signal} is a count, its limit is fixed"
                raise DeclarationError(msg)
        elif self.hysteresis + self.hysteresis_share <= 0 or self.raise_after_s == 0:
            msg = f"{self.name}: a measured value needs hysteresis and a delay, or it chatters"
            raise DeclarationError(msg)
        if isinstance(self.limit, str) and self.limit not in _LIMIT_NAMES:
            msg = f"{self.name}: there is no limit {self.limit!r}"
            raise DeclarationError(msg)
        self.text.format(value="", limit="", note="")


_LIMIT_NAMES: Final = frozenset(item.name for item in fields(Limits))

_MINUTE: Final = 60.0

#: Wider places first. Deviations: makers call ±2 % normal (Peakpower CL); half an hour and five
#: minutes after Victron's midpoint monitor, which waits long for small deviations.
RULES: Final = (
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
        "protection is paused, {note}",
        raise_after_s=0,
        clear_after_s=1,
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
        held_by=("line_gone", "line_lent"),
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
        held_by=("line_gone", "line_lent", "manager_exchanged"),
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
        held_by=("line_gone", "line_lent", "manager_exchanged", "manager_silent"),
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
        "string_voltage_low",
        Signal.STRING_MEAN_VOLTAGE,
        AlarmSeverity.WARNING,
        "not held by its charger, mean cell voltage {value}, limit {limit}",
        limit="voltage_low_v",
        beyond=Beyond.BELOW,
        hysteresis_share=0.005,
        unit=Unit.VOLT,
        raise_after_s=5,
        clear_after_s=_MINUTE,
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
    ),
    Rule(
        "bypass_lease_expired",
        Signal.LEASES_EXPIRED,
        AlarmSeverity.WARNING,
        "bypass switched itself off in {value} modules, the engine was not heard",
        raise_after_s=10,
        clear_after_s=10,
        held_by=("line_gone", "line_lent", "string_silent"),
    ),
    Rule(
        "module_silent",
        Signal.MODULE_SILENT,
        AlarmSeverity.ALARM,
        "module does not answer",
        raise_after_s=15,
        clear_after_s=5,
        held_by=(
            "line_gone",
            "line_lent",
            "manager_exchanged",
            "manager_silent",
            "string_silent",
        ),
    ),
    Rule(
        "cell_voltage_low",
        Signal.CELL_VOLTAGE,
        AlarmSeverity.WARNING,
        "voltage low, {value}, limit {limit}",
        limit="voltage_low_v",
        beyond=Beyond.BELOW,
        hysteresis_share=0.005,
        unit=Unit.VOLT,
        raise_after_s=_MINUTE,
        clear_after_s=_MINUTE,
        held_by=("string_voltage_low",),
    ),
    Rule(
        "cell_voltage_high",
        Signal.CELL_VOLTAGE,
        AlarmSeverity.WARNING,
        "voltage high, {value}, limit {limit}",
        limit="voltage_high_v",
        hysteresis_share=0.005,
        unit=Unit.VOLT,
        raise_after_s=_MINUTE,
        clear_after_s=_MINUTE,
        held_by=("string_voltage_high",),
    ),
    Rule(
        "cell_deviation_large",
        Signal.CELL_DEVIATION,
        AlarmSeverity.ALARM,
        "far from the target voltage, by {value}, limit {limit}",
        limit=4.0,
        hysteresis=0.4,
        unit=Unit.PERCENT,
        raise_after_s=5 * _MINUTE,
        clear_after_s=5 * _MINUTE,
    ),
    Rule(
        "cell_deviation",
        Signal.CELL_DEVIATION,
        AlarmSeverity.WARNING,
        "away from the target voltage, by {value}, limit {limit}",
        limit=2.0,
        hysteresis=0.2,
        unit=Unit.PERCENT,
        raise_after_s=30 * _MINUTE,
        clear_after_s=5 * _MINUTE,
        held_by=("cell_deviation_large", "cell_voltage_low", "cell_voltage_high"),
    ),
    Rule(
        "cell_temperature_critical",
        Signal.CELL_TEMPERATURE,
        AlarmSeverity.ALARM,
        "temperature critical, {value}, limit {limit}",
        limit="temperature_critical_c",
        hysteresis=2.0,
        unit=Unit.CELSIUS,
        raise_after_s=10,
        clear_after_s=_MINUTE,
    ),
    Rule(
        "cell_temperature_high",
        Signal.CELL_TEMPERATURE,
        AlarmSeverity.WARNING,
        "temperature high, {value}, limit {limit}",
        limit="temperature_high_c",
        hysteresis=2.0,
        unit=Unit.CELSIUS,
        raise_after_s=_MINUTE,
        clear_after_s=5 * _MINUTE,
        held_by=("cell_temperature_critical",),
    ),
    Rule(
        "cell_resistance_high",
        Signal.CELL_RESISTANCE,
        AlarmSeverity.WARNING,
        "internal resistance high, {value}, limit {limit}",
        limit="resistance_high_ohm",
        hysteresis_share=0.05,
        unit=Unit.OHM,
        raise_after_s=2 * _MINUTE,
        clear_after_s=5 * _MINUTE,
    ),
    Rule(
        "bypass_exhausted",
        Signal.AUTHORITY_EXHAUSTED,
        AlarmSeverity.WARNING,
        "too high although its bypass works at the limit for hours",
        raise_after_s=_MINUTE,
        clear_after_s=60 * _MINUTE,
    ),
)


def check(rules: tuple[Rule, ...]) -> None:
    """Refuse double names, and rules held by one that comes later or lies inside of them."""
    earlier: dict[str, Rule] = {}
    for rule in rules:
        if rule.name in earlier:
            msg = f"rule {rule.name} is there twice"
            raise DeclarationError(msg)
        for name in rule.held_by:
            if name not in earlier or earlier[name].scope not in AROUND[rule.scope]:
                msg = f"{rule.name} cannot be held by {name}"
                raise DeclarationError(msg)
        earlier[rule.name] = rule


check(RULES)
