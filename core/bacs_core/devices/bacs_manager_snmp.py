"""The real web manager through SNMP: the documented way to its cells.

The settings stand in the OID list of an OEM edition of the product. The tables of modules and
strings are not in any document that can be read: their columns and scales are those of a monitoring
plug-in that has been in use on such managers for years (Checkmk's community plug-in), and were not
tried on a device here. Of the identification, two rows are used.

What an installer has to know:

* Voltages come in steps of 10 mV. State of charge, equalization and limits of the module are not
  there: absent is normal for this device.
* Modules are counted from 0 by some firmware and from 1 by other; both are understood.
* To which string a module belongs is not in the tables. It is taken that they are counted through
  all strings, string 1 first.
* Temperatures are taken as °C. The alarm levels are in the unit that is configured at the manager,
  °C or °F, and are therefore not read; whether the modules' temperatures follow that setting is not
  known.
* What the agent says of a module that does not measure is not published. A number that the declared
  module cannot have measured is left out, and that is told.
* Module column 4 and the meaning of a module's state are not published. The state is a bare number.

Nothing is ever set, although impedance period and alarm levels could be.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from bacs_core.devices.device import Device, Evidence, Role
from bacs_core.devices.places import StringValue
from bacs_core.devices.ranges import Range, range_of
from bacs_core.devices.registers import Unit
from bacs_core.errors import DeclarationError
from bacs_core.model import MODULE_TYPES, Quantity, String
from bacs_core.settings import Link

NAME: Final = "bacs_manager_snmp"
SOURCE: Final = "EcoStruxure Battery Management System user guide DD00594044: SNMP OID list"
SOURCE_TABLES: Final = (
    "Yogibaer75/Check_MK-Things fdbef58, bacs_battery.py and bacs_string.py (a plug-in in use)"
)
SOURCE_IDENTITY: Final = "RFC1628-cs1x1.mib, upsIdent"
SOURCE_SYSTEM: Final = "RFC 3418"

POLL_EVERY_S: Final = 30.0
#: How old a reading of such a manager may be: three polls, so that one lost poll ages nobody.
STALE_AFTER_S: Final = 100.0

_UPS_MIB: Final = "1.3.6.1.2.1.33"
SETTINGS: Final = f"{_UPS_MIB}.5.1"
MODULES: Final = f"{_UPS_MIB}.5.2.5.1"
STRINGS: Final = f"{_UPS_MIB}.5.2.7.1"


@dataclass(frozen=True, slots=True)
class Object:
    """One number of the manager, or a column of them: `value = raw / per_unit`.

    `oid` is a scalar with its instance, or the column of a table.
    """

    name: str
    oid: str
    label: str
    source: str
    unit: Unit = Unit.NONE
    per_unit: int = 1
    quantity: Quantity | StringValue | None = None

    def __post_init__(self) -> None:
        """Refuse rows that cannot be true."""
        if self.per_unit < 1 or not all(part.isdigit() for part in self.oid.split(".")):
            msg = f"{self.name}: {self.oid} per {self.per_unit} is no object"
            raise DeclarationError(msg)

    def value(self, raw: int) -> float:
        """Turn a raw number into the value it stands for."""
        return raw / self.per_unit


UP_TIME: Final = Object(
    "up_time_s",
    "1.3.6.1.2.1.1.3.0",
    "time since the agent started",
    SOURCE_SYSTEM,
    Unit.SECOND,
    100,
)
STRING_COUNT: Final = Object("string_count", f"{SETTINGS}.2.0", "strings in the setup", SOURCE)
MODULE_COUNT: Final = Object("module_count", f"{SETTINGS}.3.0", "modules in the setup", SOURCE)
#: Read as text; a manager that has none of it is no worse.
FIRMWARE_VERSION: Final = Object(
    "firmware_version", f"{_UPS_MIB}.1.4.0", "version of the agent", SOURCE_IDENTITY
)
SERIAL_NUMBER: Final = Object(
    "serial_number", f"{_UPS_MIB}.1.10.0", "serial number of the manager", SOURCE_IDENTITY
)
SCALARS: Final = (UP_TIME, STRING_COUNT, MODULE_COUNT, FIRMWARE_VERSION, SERIAL_NUMBER)

#: Place of a module or string in its table; the column that rows are told apart by.
MODULE_INDEX: Final = Object("module", f"{MODULES}.1", "number of the module", SOURCE_TABLES)
MODULE_COLUMNS: Final = (
    Object(
        "voltage_v",
        f"{MODULES}.2",
        "cell voltage",
        SOURCE_TABLES,
        Unit.VOLT,
        100,
        Quantity.VOLTAGE,
    ),
    Object(
        "temperature_c",
        f"{MODULES}.3",
        "cell temperature",
        SOURCE_TABLES,
        Unit.CELSIUS,
        10,
        Quantity.TEMPERATURE,
    ),
    Object(
        "resistance_ohm",
        f"{MODULES}.5",
        "internal resistance, in 0.01 mΩ",
        SOURCE_TABLES,
        Unit.OHM,
        100_000,
        Quantity.RESISTANCE,
    ),
)

STRING_INDEX: Final = Object("string", f"{STRINGS}.1", "number of the string", SOURCE_TABLES)
STRING_CURRENT: Final = Object(
    "current_a",
    f"{STRINGS}.2",
    "string current",
    SOURCE_TABLES,
    Unit.AMPERE,
    100,
    StringValue.CURRENT,
)
STRING_SUM: Final = Object(
    "sum_voltage_v",
    f"{STRINGS}.3",
    "overall voltage",
    SOURCE_TABLES,
    Unit.VOLT,
    100,
    StringValue.SUM_VOLTAGE,
)
STRING_MEAN: Final = Object(
    "mean_voltage_v",
    f"{STRINGS}.4",
    "average voltage",
    SOURCE_TABLES,
    Unit.VOLT,
    100,
    StringValue.MEAN_VOLTAGE,
)
STRING_COLUMNS: Final = (STRING_CURRENT, STRING_SUM, STRING_MEAN)

#: A module lives on its cell, so that far outside of its range it measures nothing.
_VOLTAGE_MARGINS: Final = (0.5, 1.25)
_RESISTANCE_MARGINS: Final = (0.2, 5.0)


def range_for(row: Object, string: String) -> Range:
    """Return which values of a column can have been measured on a string."""
    target = row.quantity
    if target is None:
        return Range(-math.inf, math.inf)
    kind = MODULE_TYPES.get(string.module_type)
    if kind is None:
        return range_of(target, string)
    voltage_v = _widened(kind.voltage_range_v, _VOLTAGE_MARGINS)
    of_modules: dict[Quantity | StringValue, Range] = {
        Quantity.VOLTAGE: voltage_v,
        StringValue.MEAN_VOLTAGE: voltage_v,
        StringValue.SUM_VOLTAGE: Range(voltage_v.lowest, voltage_v.highest * string.cell_count),
        Quantity.RESISTANCE: _widened(kind.resistance_range_ohm, _RESISTANCE_MARGINS),
    }
    return of_modules.get(target) or range_of(target, string)


def _widened(measured: tuple[float, float], margins: tuple[float, float]) -> Range:
    return Range(measured[0] * margins[0], measured[1] * margins[1])


#: Published too, but not read: nothing here needs them. The alarm levels of temperature (.10, .11)
#: are left out, because their unit cannot be read.
NOT_READ: Final = (
    Object("module_type", f"{SETTINGS}.1.0", "0 C20, 1 C21, 10 C30, 20 C40 or C41", SOURCE),
    Object("capacity_ah", f"{SETTINGS}.4.0", "battery capacity, in Ah", SOURCE),
    Object("log_period_s", f"{SETTINGS}.5.0", "log period", SOURCE, Unit.SECOND),
    Object(
        "log_period_in_use_s", f"{SETTINGS}.6.0", "log period in (dis)charge", SOURCE, Unit.SECOND
    ),
    Object("resistance_period_min", f"{SETTINGS}.7.0", "resistance period, in minutes", SOURCE),
    Object(
        "resistance_low_ohm", f"{SETTINGS}.8.0", "resistance alarm, low", SOURCE, Unit.OHM, 100_000
    ),
    Object(
        "resistance_high_ohm",
        f"{SETTINGS}.9.0",
        "resistance alarm, high",
        SOURCE,
        Unit.OHM,
        100_000,
    ),
    Object("state", f"{MODULES}.6", "state of a module; meaning not published", SOURCE_TABLES),
)

DEVICE: Final = Device(
    name=NAME,
    title="BACS web manager through SNMP (v2c, v3)",
    maker="GENEREX and its OEMs",
    role=Role.MANAGER,
    links=(Link.SNMP,),
    evidence=Evidence.PUBLISHED,
    source=f"{SOURCE}; {SOURCE_TABLES}",
    gives=(Quantity.VOLTAGE, Quantity.TEMPERATURE, Quantity.RESISTANCE),
    also="current, sum and mean voltage of each string, every 30 s; voltages in steps of 10 mV",
    without="state of charge, equalization, alarm levels; sign of the current not confirmed",
)
