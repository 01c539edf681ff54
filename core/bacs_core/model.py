"""What a plant is: a site has managers, a manager has strings, a string has cells in series.

Plain, immutable and free of wiring: which line and address a cell is read from stands in
`settings`. Everything here is also what the API publishes about a site.

Units are unprefixed SI, degrees Celsius and percent. Positive current charges the battery.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

MAX_MANAGERS: Final = 8
MAX_STRINGS_PER_MANAGER: Final = 16
MAX_CELLS_PER_MANAGER: Final = 512


class Chemistry(StrEnum):
    """What is inside the cells of a string."""

    VRLA = "vrla"
    VENTED_LEAD = "vented_lead"
    NICD = "nicd"
    LFP = "lfp"
    LTO = "lto"


class EqualizedBy(StrEnum):
    """Who drives the bypass of a string."""

    ENGINE = "engine"
    MANAGER = "manager"
    NONE = "none"


class Quantity(StrEnum):
    """A value that every cell may have; the name carries the unit."""

    VOLTAGE = "voltage_v"
    TEMPERATURE = "temperature_c"
    RESISTANCE = "resistance_ohm"
    CHARGE = "charge_percent"
    DUTY = "duty_percent"


class CellStatus(IntEnum):
    """The one mark a cell gets on every screen; the worst that applies wins."""

    NORMAL = 0
    WARNING = 1
    ALARM = 2
    SILENT = 3
    """No trustworthy reading: never read, or the last voltage is too old."""


class EqualizationState(StrEnum):
    """What equalization of a string is doing."""

    NOT_OFFERED = "not_offered"
    IDLE = "idle"
    ACTIVE = "active"
    INHIBITED = "inhibited"
    UNKNOWN = "unknown"


class EqualizationMode(StrEnum):
    """When the engine equalizes a string."""

    OFF = "off"
    CONTINUOUS = "continuous"
    """Whenever the string floats."""
    TOP = "top"
    """With full duty in the final phase of charging only, then with a minimum."""
    PARTIAL = "partial"
    """By ampere-hours that were counted since the last full charge; for lithium."""


class ChargePhase(IntEnum):
    """What the charger does with a string, in the order of a discharge and the recharge after."""

    UNKNOWN = 0
    DISCHARGE = 1
    REST = 2
    """Neither charged nor discharged: the charger is off or not connected."""
    BULK = 3
    """The charger gives all the current it can, the voltage rises."""
    ABSORPTION = 4
    """The charger holds a voltage, the current falls."""
    FLOAT = 5


class Basis(IntEnum):
    """What an estimate rests on."""

    NONE = 0
    DEVICE = 1
    """The device says so."""
    COUNTED = 2
    """Counted from an earlier proof."""
    PROVEN_FULL = 3
    """A stable float."""
    REST_VOLTAGE = 4
    DISCHARGE = 5
    """Measured in a discharge down to the end voltage."""
    LOWER_BOUND = 6
    """A discharge that ended before this cell did: at least so much."""
    RESISTANCE = 7
    """From internal resistance against the own baseline."""
    RATED = 8
    """The figure of the name plate: nothing was measured yet."""


class RunawayStage(IntEnum):
    """How far the signs of thermal runaway have come."""

    NONE = 0
    PRE_ALERT = 1
    ALARM = 2
    TRIP = 3


class TripCause(StrEnum):
    """Why a breaker is to be opened."""

    THERMAL_RUNAWAY = "thermal_runaway"
    OVER_TEMPERATURE = "over_temperature"
    OVER_VOLTAGE = "over_voltage"
    UNDER_VOLTAGE = "under_voltage"


class TripState(StrEnum):
    """Where the protection of one string stands."""

    NO_BREAKER = "no_breaker"
    """The site file names no breaker: protection can only raise alarms."""
    ARMED = "armed"
    DEFERRED = "deferred"
    """A technician at the panel put a trip off, once and for half an hour."""
    TRIPPING = "tripping"
    """The order is given, the contact of the breaker does not tell of it yet."""
    TRIPPED = "tripped"
    FAILED = "failed"
    """The order was given and the breaker still does not open."""
    OFF = "off"
    """Switched off by a technician with a reason, for a day at most."""


class Inhibit(StrEnum):
    """Why equalization must not bypass just now, each a name the user sees."""

    DISCHARGE = "discharge"
    STALE_READING = "stale_reading"
    RESISTANCE_MEASUREMENT = "resistance_measurement"
    HOT_MODULE = "hot_module"
    FORMING_PERIOD = "forming_period"
    MIXED_GENERATIONS = "mixed_generations"
    MANUAL_STOP = "manual_stop"
    MODE_OFF = "mode_off"
    CHARGE_PHASE = "charge_phase"
    """Top balancing and lithium wait for the final phase of charging."""


class AlarmSeverity(StrEnum):
    """How bad: a warning is orange, an alarm red."""

    WARNING = "warning"
    ALARM = "alarm"


class AlarmState(StrEnum):
    """States of ISA-18.2 that an alarm which is not normal can be in."""

    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned_unacknowledged"
    SHELVED = "shelved"
    """Put aside by a person, for a time."""
    SUPPRESSED = "suppressed"
    """Kept back by design, for example during a battery test."""
    OUT_OF_SERVICE = "out_of_service"


class MaintenanceWork(StrEnum):
    """What a person did to a cell or a string."""

    CELL_REPLACED = "cell_replaced"
    INSPECTED = "inspected"
    TIGHTENED = "tightened"
    """Connections brought to their torque."""
    CLEANED = "cleaned"
    MEASURED_BY_HAND = "measured_by_hand"


class Role(StrEnum):
    """What somebody may do; each role includes those before it."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    TECHNICIAN = "technician"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class ModuleType:
    """The electronics on one cell, as sold."""

    name: str
    generation: int
    nominal_voltages_v: tuple[float, ...]
    voltage_range_v: tuple[float, float]
    resistance_range_ohm: tuple[float, float]
    bypass_current_a: float


#: Product data sheets of the module family: voltage range, Ri range and bypass current per type.
MODULE_TYPES: Final[dict[str, ModuleType]] = {
    module_type.name: module_type
    for module_type in (
        ModuleType("C20", 3, (12.0,), (9.7, 17.0), (0.5e-3, 60e-3), 0.15),
        ModuleType("C23", 3, (16.0,), (9.7, 21.0), (0.5e-3, 60e-3), 0.12),
        ModuleType("C24", 4, (12.0,), (8.0, 17.0), (0.5e-3, 60e-3), 0.15),
        ModuleType("C30", 3, (6.0,), (4.8, 8.0), (0.5e-3, 60e-3), 0.30),
        ModuleType("C40", 3, (2.0,), (1.2, 3.2), (0.02e-3, 6e-3), 0.90),
        ModuleType("C41", 3, (4.0,), (2.4, 5.0), (0.5e-3, 30e-3), 0.30),
        ModuleType("C44", 4, (1.2, 2.0, 2.3, 3.2), (0.7, 6.0), (0.02e-3, 6e-3), 0.85),
    )
}


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one string, per cell; `None` switches a limit off.

    Those named `trip` open the breaker of the string. For lithium they supplement the battery's own
    protection and are off by default.
    """

    voltage_low_v: float | None
    voltage_high_v: float | None
    temperature_high_c: float | None
    temperature_critical_c: float | None
    resistance_high_ohm: float | None
    voltage_trip_low_v: float | None = None
    voltage_trip_high_v: float | None = None
    temperature_trip_c: float | None = None


@dataclass(frozen=True, slots=True)
class String:
    """Cells in series, all of one kind, watched by one manager.

    `stale_after_s` tells how old a reading of a quantity may be before it no longer counts.
    `first_cell` is the place of cell 1 in the manager's own numbering, counted from 1. `absent` are
    quantities that its devices do not give by their nature: nobody misses them.
    """

    manager_id: str
    number: int
    name: str
    chemistry: Chemistry
    cell_count: int
    cell_voltage_v: float
    float_voltage_v: float
    capacity_ah: float
    module_type: str
    equalized_by: EqualizedBy
    limits: Limits
    stale_after_s: dict[Quantity, float]
    first_cell: int = 1
    absent: tuple[Quantity, ...] = ()
    equalization: EqualizationMode = EqualizationMode.CONTINUOUS
    end_voltage_v: float | None = None
    """Where a discharge ends, per cell; `None` takes what is usual for the chemistry."""
    rated_hours: float = 10.0
    """The discharge time for which `capacity_ah` is stated."""

    @property
    def key(self) -> str:
        """The name of the string inside a site, e.g. `ups-a/1`; stable over restarts."""
        return string_key(self.manager_id, self.number)


@dataclass(frozen=True, slots=True)
class Manager:
    """A web manager, or the engine in that role for modules it drives itself."""

    id: str
    name: str
    device: str
    strings: tuple[String, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """One panel: up to 8 managers and 4096 cells."""

    name: str
    managers: tuple[Manager, ...]

    @property
    def strings(self) -> tuple[String, ...]:
        """All strings, in the order of the site file."""
        return tuple(string for manager in self.managers for string in manager.strings)


def string_key(manager_id: str, number: int) -> str:
    """Name a string inside a site."""
    return f"{manager_id}/{number}"


def cell_label(cell: int, cell_count: int) -> str:
    """Zero-padded number of a cell (1-based), so that names sort as people count."""
    return f"{cell:0{max(2, len(str(cell_count)))}d}"
