"""What an alarm rule is: one row. A row that would chatter or that nothing can evaluate is refused.

A rule watches one signal. Signals are numbers per place (site, line, manager, string, cell or
accessory); a yes or no is 1 or 0. A place without a value keeps the state it has: silence never
clears an alarm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import IntEnum, StrEnum
from typing import Final

from bacs_core.devices.registers import Unit
from bacs_core.errors import DeclarationError
from bacs_core.model import AlarmSeverity, Chemistry, Limits, Quantity


class Scope(IntEnum):
    """What a place is."""

    LINE = 0
    MANAGER = 1
    STRING = 2
    CELL = 3
    ACCESSORY = 4
    SITE = 5


#: The scopes in whose places one of a scope can lie; each lies in itself.
AROUND: Final = {
    Scope.SITE: (Scope.SITE,),
    Scope.LINE: (Scope.SITE, Scope.LINE),
    Scope.MANAGER: (Scope.SITE, Scope.LINE, Scope.MANAGER),
    Scope.STRING: (Scope.SITE, Scope.LINE, Scope.MANAGER, Scope.STRING),
    Scope.CELL: (Scope.SITE, Scope.LINE, Scope.MANAGER, Scope.STRING, Scope.CELL),
    Scope.ACCESSORY: (Scope.SITE, Scope.LINE, Scope.ACCESSORY),
}


class Signal(StrEnum):
    """What can be watched."""

    RECORDING_FAILED = "recording_failed"
    LINE_GONE = "line_gone"
    LINE_LENT = "line_lent"
    """A person commissions the line: nothing on it is polled, equalized or protected."""
    ACCESSORIES_EXCHANGED = "accessories_exchanged"
    """Accessories of the line in whose place another device answers."""
    ACCESSORY_SILENT = "accessory_silent"
    """Absent where another device answers in its place."""
    HYDROGEN = "hydrogen"
    ROOM_TEMPERATURE = "room_temperature"
    """As the environment sensor measures it."""
    MANAGER_EXCHANGED = "manager_exchanged"
    MANAGER_SILENT = "manager_silent"
    MANAGER_ROOM_TEMPERATURE = "manager_room_temperature"
    """The warmest room of the strings of a manager; absent where an environment sensor measures."""
    DEVICES_EXCHANGED = "devices_exchanged"
    """Modules of the string, and its current sensor, in whose place another device answers."""
    STRING_SILENT = "string_silent"
    CURRENT_SENSOR_SILENT = "current_sensor_silent"
    """Absent where the string has none, and where another device answers in its place."""
    CURRENT_MISSING = "current_missing"
    """Absent where the string has no current sensor."""
    ROOM_MISSING = "room_missing"
    TEMPERATURES_MISSING = "temperatures_missing"
    """No cell of the string has its temperature."""
    BREAKER_TRIPPING = "breaker_tripping"
    BREAKER_TRIPPED = "breaker_tripped"
    BREAKER_FAILED = "breaker_failed"
    TRIP_DEFERRED = "trip_deferred"
    PROTECTION_OFF = "protection_off"
    BREAKER_FOUND_OPEN = "breaker_found_open"
    BREAKER_UNKNOWN = "breaker_unknown"
    BREAKER_CONTRADICTED = "breaker_contradicted"
    """Its contact says open, and yet a current flows."""
    RECHARGE_OVERDUE = "recharge_overdue"
    """Temperature or current still rise long after the charger holds its voltage."""
    ON_BATTERY = "on_battery"
    STRING_MEAN_VOLTAGE = "string_mean_voltage"
    STRING_HELD_VOLTAGE = "string_held_voltage"
    """The mean, absent while a charger that gives all it can lifts it."""
    STRING_CHARGE = "string_charge"
    """Absent until it was counted from a proof."""
    STRING_WARM = "string_warm"
    """Cells above their temperature limit, where those are nearly all."""
    CHARGER_RIPPLE = "charger_ripple"
    """Percent above the own baseline."""
    CHARGER_DRIFT = "charger_drift"
    """Percent of the float voltage by which the charger left its learned setting."""
    LEASES_EXPIRED = "leases_expired"
    """Modules whose bypass went off by an expired lease while the engine commands a duty."""
    MODULE_SILENT = "module_silent"
    RUNAWAY_TRIP = "runaway_trip"
    RUNAWAY_ALARM = "runaway_alarm"
    """This stage or the one after it; so is the pre-alert."""
    RUNAWAY_PRE_ALERT = "runaway_pre_alert"
    TRIP_TEMPERATURE = "trip_temperature"
    TRIP_VOLTAGE_HIGH = "trip_voltage_high"
    TRIP_VOLTAGE_LOW = "trip_voltage_low"
    TEMPERATURE_MISSING = "temperature_missing"
    TEMPERATURE_SUSPECT = "temperature_suspect"
    CELL_VOLTAGE = "cell_voltage"
    CELL_HELD_VOLTAGE = "cell_held_voltage"
    """Where float limits are meant, absent in discharge and until the string has recovered."""
    CELL_DEVIATION = "cell_deviation"
    """Percent of the target, absent like the voltage and while the string is not in float."""
    CELL_TEMPERATURE = "cell_temperature"
    CHARGED_TEMPERATURE = "charged_temperature"
    """Of cells that are charged just now; those that are not are well."""
    CELL_RESISTANCE = "cell_resistance"
    RESISTANCE_RISE = "resistance_rise"
    """Percent above the own baseline."""
    CAPACITY = "capacity"
    """Absent unless it was measured; where only a lower bound is known, it can but clear."""
    HEALTH = "health"
    BYPASS_STUCK_ON = "bypass_stuck_on"
    BYPASS_STUCK_OFF = "bypass_stuck_off"
    AUTHORITY_EXHAUSTED = "authority_exhausted"


_OF_LINES: Final = (Signal.LINE_GONE, Signal.LINE_LENT, Signal.ACCESSORIES_EXCHANGED)
_OF_ACCESSORIES: Final = (Signal.ACCESSORY_SILENT, Signal.HYDROGEN, Signal.ROOM_TEMPERATURE)
_OF_MANAGERS: Final = (
    Signal.MANAGER_EXCHANGED,
    Signal.MANAGER_SILENT,
    Signal.MANAGER_ROOM_TEMPERATURE,
)
_OF_STRINGS: Final = (
    Signal.DEVICES_EXCHANGED,
    Signal.STRING_SILENT,
    Signal.CURRENT_SENSOR_SILENT,
    Signal.CURRENT_MISSING,
    Signal.ROOM_MISSING,
    Signal.TEMPERATURES_MISSING,
    Signal.BREAKER_TRIPPING,
    Signal.BREAKER_TRIPPED,
    Signal.BREAKER_FAILED,
    Signal.TRIP_DEFERRED,
    Signal.PROTECTION_OFF,
    Signal.BREAKER_FOUND_OPEN,
    Signal.BREAKER_UNKNOWN,
    Signal.BREAKER_CONTRADICTED,
    Signal.RECHARGE_OVERDUE,
    Signal.ON_BATTERY,
    Signal.STRING_MEAN_VOLTAGE,
    Signal.STRING_HELD_VOLTAGE,
    Signal.STRING_CHARGE,
    Signal.STRING_WARM,
    Signal.CHARGER_RIPPLE,
    Signal.CHARGER_DRIFT,
    Signal.LEASES_EXPIRED,
)
SCOPES: Final = (
    dict.fromkeys(Signal, Scope.CELL)
    | {Signal.RECORDING_FAILED: Scope.SITE}
    | dict.fromkeys(_OF_LINES, Scope.LINE)
    | dict.fromkeys(_OF_ACCESSORIES, Scope.ACCESSORY)
    | dict.fromkeys(_OF_MANAGERS, Scope.MANAGER)
    | dict.fromkeys(_OF_STRINGS, Scope.STRING)
)
#: Signals that are measured or estimated. All others only count, or say yes or no: any of it is
#: too much.
MEASURED: Final = frozenset(
    {
        Signal.HYDROGEN,
        Signal.ROOM_TEMPERATURE,
        Signal.MANAGER_ROOM_TEMPERATURE,
        Signal.STRING_MEAN_VOLTAGE,
        Signal.STRING_HELD_VOLTAGE,
        Signal.STRING_CHARGE,
        Signal.CHARGER_RIPPLE,
        Signal.CHARGER_DRIFT,
        Signal.CELL_VOLTAGE,
        Signal.CELL_HELD_VOLTAGE,
        Signal.CELL_DEVIATION,
        Signal.CELL_TEMPERATURE,
        Signal.CHARGED_TEMPERATURE,
        Signal.CELL_RESISTANCE,
        Signal.RESISTANCE_RISE,
        Signal.CAPACITY,
        Signal.HEALTH,
    }
)
COUNTS: Final = frozenset(Signal) - MEASURED
ANY: Final = 0.5


class Beyond(StrEnum):
    """On which side of its limit a signal is wrong."""

    ABOVE = "above"
    BELOW = "below"


class Suppression(StrEnum):
    """By what an alarm is kept back by design."""

    BATTERY_TEST = "battery_test"
    """Somebody discharges the string on purpose."""


@dataclass(frozen=True, slots=True)
class Urgent:
    """The law of the double excess: who is far beyond the limit is told of sooner.

    Beyond `normal + times * (limit - normal)` the alarm is raised after `raise_after_s` already.
    `normal` is where the signal belongs: a number, or the float voltage of the string where it is
    `None`. Midpoint monitors do so (Go Power BMK and Victron BMV-702 manuals: 5 min beyond the set
    deviation, 10 s beyond twice of it).
    """

    normal: float | None
    raise_after_s: float
    times: float = 2.0


@dataclass(frozen=True, slots=True)
class Figure:
    """What of a cell is told with a rule that itself says yes or no, and the limit that it broke.

    `limit` is the name of a field of `Limits`.
    """

    quantity: Quantity
    limit: str


@dataclass(frozen=True, slots=True)
class Range:
    """Between what a person may set a limit: in the unit of the rule, or in float voltages."""

    least: float
    most: float
    of_float: bool = False


#: A field of `Limits`, a number that is the same everywhere, or one per chemistry; a chemistry that
#: is not there has no limit.
Limit = str | float | Mapping[Chemistry, float]


@dataclass(frozen=True, slots=True)
class Rule:
    """One row.

    The signal must pass the limit by more than `dead_band`, and come back by `hysteresis` (both in
    its own unit) plus `hysteresis_share` of the limit. `text` may use `{value}`, `{limit}` and
    `{note}`, which is what the engine has to say of this one place.

    `figure` is told of a cell beside a yes; `unit` is then its unit.

    `held_by` is how one cause gives one alarm: where one of the named rules applies, at the same
    place or at the wider one around it, this rule raises nothing of its own. One that `stands`
    tells of protection: nobody can shelve it, take it out of service or switch it off, and nothing
    suppresses it.
    """

    name: str
    signal: Signal
    severity: AlarmSeverity
    text: str
    raise_after_s: float
    clear_after_s: float
    limit: Limit = ANY
    beyond: Beyond = Beyond.ABOVE
    hysteresis: float = 0.0
    hysteresis_share: float = 0.0
    dead_band: float = 0.0
    unit: Unit = Unit.NONE
    figure: Figure | None = None
    held_by: tuple[str, ...] = ()
    urgent: Urgent | None = None
    allowed: Range | None = None
    suppressed_by: tuple[Suppression, ...] = ()
    stands: bool = False

    @property
    def scope(self) -> Scope:
        """What the places of this rule are."""
        return SCOPES[self.signal]

    @property
    def counts(self) -> bool:
        """Whether the signal only counts, or says yes or no."""
        return self.signal in COUNTS

    def __post_init__(self) -> None:
        """Refuse rows that would chatter or cannot be evaluated."""
        if self.raise_after_s < 0 or self.clear_after_s <= 0:
            self._refuse("needs a delay before it clears, and none may be negative")
        if self.counts:
            if self.limit != ANY or self.urgent is not None or self.allowed is not None:
                self._refuse(f"{self.signal} is a count, its limit is fixed")
        elif self.hysteresis + self.hysteresis_share <= 0 or self.raise_after_s == 0:
            self._refuse("a measured value needs hysteresis and a delay, or it chatters")
        elif self.allowed is None:
            self._refuse("a limit that people may set needs a range")
        if isinstance(self.limit, str) and self.limit not in _LIMIT_NAMES:
            self._refuse(f"there is no limit {self.limit!r}")
        if self.urgent is not None and not 0 < self.urgent.raise_after_s < self.raise_after_s:
            self._refuse("what is urgent needs a shorter delay, but one")
        if self.suppressed_by and (self.stands or self.scope not in _IN_STRINGS):
            self._refuse("only a string or its cells can be suppressed, and nothing that stands")
        self.text.format(value="", limit="", note="")
        self._check_figure()

    def _check_figure(self) -> None:
        if self.figure is None:
            return
        if self.figure.limit not in _LIMIT_NAMES:
            self._refuse(f"there is no limit {self.figure.limit!r}")
        if not self.counts or self.scope is not Scope.CELL:
            self._refuse("only a rule that says yes or no of a cell has a figure beside it")

    def _refuse(self, why: str) -> None:
        msg = f"{self.name}: {why}"
        raise DeclarationError(msg)


_LIMIT_NAMES: Final = frozenset(item.name for item in fields(Limits))
_IN_STRINGS: Final = (Scope.STRING, Scope.CELL)


def check(rules: tuple[Rule, ...]) -> None:
    """Refuse double names, and rules held by one that comes later or lies inside of them.

    What stands is held only by what stands too, so that no shelf ever hides a trip.
    """
    earlier: dict[str, Rule] = {}
    for rule in rules:
        if rule.name in earlier:
            msg = f"rule {rule.name} is there twice"
            raise DeclarationError(msg)
        for name in rule.held_by:
            if name not in earlier or earlier[name].scope not in AROUND[rule.scope]:
                msg = f"{rule.name} cannot be held by {name}"
                raise DeclarationError(msg)
            if rule.stands and not earlier[name].stands:
                msg = f"{rule.name} stands and cannot be held by {name}"
                raise DeclarationError(msg)
        earlier[rule.name] = rule
