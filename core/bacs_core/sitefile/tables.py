"""The tables and keys of a site file. A key that does not stand here is a typing error.

The descriptions are for people: `docs/SITE-FILE.md` is made from them.
"""

from __future__ import annotations

from typing import Annotated, Final, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bacs_core.model import (
    MAX_CELLS_PER_MANAGER,
    MAX_MANAGERS,
    MAX_STRINGS_PER_MANAGER,
    MODULE_TYPES,
    Chemistry,
    EqualizationMode,
    EqualizedBy,
    Quantity,
)
from bacs_core.settings import Parity, SnmpVersion
from bacs_core.sitefile.quantities import (
    Capacity,
    CellVoltageScale,
    CriticalTemperature,
    CurrentScale,
    DeviceIdentifier,
    DischargeTime,
    Duration,
    FileName,
    Identifier,
    LinePort,
    Name,
    Resistance,
    ResistanceScale,
    ShareScale,
    Silence,
    Temperature,
    TemperatureScale,
    Unit,
    Units,
    Voltage,
    VoltageScale,
)

Scale = TypeVar("Scale")
Baud = Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600]
#: One line of the help on a small screen, or two.
MAX_CONTACT_LENGTH: Final = 200
DeviceName = Annotated[str, Field(min_length=1, max_length=60)]
MAX_CONTACTS = 16
Names = Annotated[list[Name], Field(max_length=MAX_CONTACTS)]
Contact = Annotated[int, Field(ge=1, le=MAX_CONTACTS)]
Contacts = Annotated[list[Contact], Field(max_length=MAX_CONTACTS)]

_TURNAROUND = "how long the device may think; without it what is known of the device, or the line's"


class Table(BaseModel):
    """A table of the file: every key is known, every type is exact."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class AlarmRelayTable(Table):
    """`alarm_relay` of the site: closed while all is well, open on an alarm or without engine."""

    box: Annotated[str, Field(description="id of the relay box")]
    relay: Annotated[
        Contact, Field(description="its relay, from 1; neither released nor a breaker's")
    ]


class SiteTable(Table):
    """`[site]`: what the place is called, and how it calls for help."""

    name: Annotated[Name, Field(description="name of the site, as people say it")]
    contact: Annotated[
        str,
        Field(
            max_length=MAX_CONTACT_LENGTH,
            description="whom to call in an emergency, 200 characters at most, as the help shows "
            "it",
        ),
    ] = ""
    alarm_relay: Annotated[
        AlarmRelayTable | None,
        Field(
            description="relay that is closed while all is well and drops out on an alarm and when "
            "the engine dies"
        ),
    ] = None


class SnmpTable(Table):
    """`snmp` of a line: how the agent is asked."""

    version: Annotated[SnmpVersion, Field(strict=False, description="which SNMP the agent speaks")]
    secrets: Annotated[
        FileName,
        Field(
            description="file with the community or the keys, readable by its owner only",
        ),
    ]


class LineTable(Table):
    """`[[line]]`: one RS485 pair, or what stands in its place on a network."""

    id: Annotated[Identifier, Field(description="name by which devices say where they are")]
    port: Annotated[
        LinePort,
        Field(
            description="path, `usb:SERIAL`, `rtu-tcp://host:port` (a serial server), "
            "`modbus-tcp://host:port` or `snmp://host:port`; a relative path starts at this file"
        ),
    ]
    baud: Annotated[Baud, Field(description="speed of the wire (serial and rtu-tcp)")] = 19200
    parity: Annotated[
        Parity,
        Field(strict=False, description="parity bit (serial and rtu-tcp)"),
    ] = Parity.NONE
    stop_bits: Annotated[Literal[1, 2], Field(description="stop bits (serial and rtu-tcp)")] = 1
    silence: Annotated[
        Silence | None,
        Field(
            description="pause before a request (serial and rtu-tcp); without it 3.5 characters, "
            "1.75 ms above 19200 baud"
        ),
    ] = None
    max_turnaround: Annotated[
        Duration | None,
        Field(
            description="how long a device may think before it answers; without it 200 ms, "
            "500 ms for modbus-tcp and snmp; what the network needs comes on top"
        ),
    ] = None
    rs485: Annotated[
        bool, Field(description="the driver has to switch the direction of the line (serial)")
    ] = False
    commands_over_network: Annotated[
        bool,
        Field(description="bypass and trips may go over this network too (rtu-tcp, modbus-tcp)"),
    ] = False
    in_flight: Annotated[
        int, Field(ge=1, le=16, description="requests open at once (modbus-tcp)")
    ] = 1
    snmp: Annotated[SnmpTable | None, Field(description="how the agent is asked (snmp)")] = None


class ModulesTable(Table):
    """`modules` of a string: where they are, in cell order; a list where it spans lines."""

    line: Annotated[str, Field(description="line that they hang on")]
    units: Annotated[Units, Field(description="unit addresses in cell order")]
    device: Annotated[DeviceName, Field(description="kind of module")] = "panel_module"
    max_turnaround: Annotated[Duration | None, Field(description=_TURNAROUND)] = None


class SensorTable(Table):
    """`current_sensor` of a string."""

    line: Annotated[str, Field(description="line that it hangs on")]
    unit: Annotated[Unit, Field(description="unit address")]
    max_turnaround: Annotated[Duration | None, Field(description=_TURNAROUND)] = None


class BreakerTable(Table):
    """`breaker` of a string: what opens it, and how it tells that it is open."""

    box: Annotated[str, Field(description="id of the relay box, on a line that may command")]
    relay: Annotated[Contact, Field(description="relay (from 1), one of the `breakers` of the box")]
    input: Annotated[
        Contact,
        Field(description="input (from 1) on which the contact of the breaker is read back"),
    ]
    open_when: Annotated[
        Literal["open contact", "closed contact"],
        Field(description="what the input shows while the breaker is open"),
    ]
    trips_by: Annotated[
        Literal["closing", "opening"],
        Field(
            description="what the relay does to trip: closing (shunt trip) or opening "
            "(undervoltage release)"
        ),
    ]
    shared: Annotated[
        bool, Field(description="other strings hang on the same breaker, and all of them say so")
    ] = False


class LimitsTable(Table):
    """`limits` of a string, per cell: of its alarms, and of the trip of its breaker."""

    voltage_low: Annotated[
        Voltage | None, Field(description="below it a warning; the chemistry's")
    ] = None
    voltage_high: Annotated[
        Voltage | None, Field(description="above it a warning; the chemistry's")
    ] = None
    temperature_high: Annotated[
        Temperature | None, Field(description="above it a warning; the chemistry's")
    ] = None
    temperature_critical: Annotated[
        CriticalTemperature | None, Field(description="above it an alarm; the chemistry's")
    ] = None
    resistance_high: Annotated[
        Resistance | None, Field(description="above it a warning; without it no limit")
    ] = None
    voltage_trip_low: Annotated[
        Voltage | None,
        Field(description="below it the breaker trips, in discharge too; without it never"),
    ] = None
    voltage_trip_high: Annotated[
        Voltage | None, Field(description="above it the breaker trips; without it never")
    ] = None
    temperature_trip: Annotated[
        CriticalTemperature | None,
        Field(
            description="above it the breaker trips; without it only where thermal runaway is seen"
        ),
    ] = None


def _as_list(value: object) -> object:
    """Take one table for a list of one."""
    return [value] if isinstance(value, dict) else value


class StringTable(Table):
    """`[[manager.string]]`: cells in series."""

    number: Annotated[
        int, Field(ge=1, le=MAX_STRINGS_PER_MANAGER, description="1, 2, 3 ... in order")
    ]
    name: Annotated[Name | None, Field(description="without it name of the manager and number")] = (
        None
    )
    chemistry: Annotated[
        Chemistry,
        Field(strict=False, description="what is inside the cells"),
    ]
    cells: Annotated[int, Field(ge=1, le=MAX_CELLS_PER_MANAGER, description="how many in series")]
    cell_voltage: Annotated[Voltage, Field(description="nominal voltage of one cell or monobloc")]
    capacity: Annotated[Capacity, Field(description="nominal capacity")]
    module_type: Annotated[
        Literal[tuple(MODULE_TYPES)] | None,  # type: ignore[valid-type]
        Field(description="type of the modules; only where they are of this family"),
    ] = None
    float_voltage: Annotated[
        Voltage | None, Field(description="float voltage per cell; without it the chemistry's")
    ] = None
    end_voltage: Annotated[
        Voltage | None,
        Field(description="per cell, where a discharge ends; without it the chemistry's"),
    ] = None
    rated_hours: Annotated[
        DischargeTime | None,
        Field(description="discharge time for which `capacity` is stated; without it 10 h"),
    ] = None
    equalized_by: Annotated[
        EqualizedBy | None,
        Field(
            strict=False,
            description="who drives the bypass; without it what the devices allow",
        ),
    ] = None
    equalization: Annotated[
        EqualizationMode,
        Field(
            strict=False,
            description="when the engine equalizes: never, in float, at the end of charging "
            "(generation 4), or by ampere-hours (lithium); can be changed at the panel",
        ),
    ] = EqualizationMode.CONTINUOUS
    modules: Annotated[
        list[ModulesTable],
        BeforeValidator(_as_list),
        Field(description='where the modules are (`device = "engine"`)'),
    ] = []
    current_sensor: Annotated[
        SensorTable | None, Field(description='where the sensor is (`device = "engine"`)')
    ] = None
    breaker: Annotated[
        BreakerTable | None, Field(description="what opens its breaker; without it nothing trips")
    ] = None
    limits: Annotated[LimitsTable, Field(description="limits of alarms and trips, per cell")] = (
        LimitsTable()
    )


class RegistersTable(Table):
    """`registers` of a manager: what no public source tells of it."""

    current_scale: Annotated[
        CurrentScale | None,
        Field(
            description="string current per count, negative where the device counts discharge as "
            "positive; without it no current is shown"
        ),
    ] = None
    voltage_scale: Annotated[
        VoltageScale | None, Field(description="string voltages per count (`bacs_manager`)")
    ] = None
    ups: Annotated[
        bool, Field(description="whether registers 97-150 are read (`bacs_manager`)")
    ] = False


class ModuleValueTable(Table, Generic[Scale]):
    """A quantity in `module_block`."""

    offset: Annotated[int, Field(ge=0, le=65535, description="registers from the cell's first")]
    scale: Annotated[Scale, Field(description="what one count stands for")]
    signed: Annotated[bool, Field(description="two's complement")] = False


class ModuleBlockTable(Table):
    """`module_block` of a `bacs_manager`: cells, as its installer declares them, unverified."""

    address: Annotated[int, Field(ge=0, le=65535, description="first register of cell 1, from 0")]
    stride: Annotated[int, Field(ge=1, le=1024, description="registers from one cell to the next")]
    function: Annotated[Literal[3, 4], Field(description="Modbus function that reads them")] = 3
    voltage: Annotated[ModuleValueTable[CellVoltageScale], Field(description="cell voltage")]
    temperature: Annotated[
        ModuleValueTable[TemperatureScale] | None, Field(description="cell temperature")
    ] = None
    resistance: Annotated[
        ModuleValueTable[ResistanceScale] | None, Field(description="internal resistance")
    ] = None
    charge: Annotated[ModuleValueTable[ShareScale] | None, Field(description="state of charge")] = (
        None
    )
    duty: Annotated[ModuleValueTable[ShareScale] | None, Field(description="bypass duty")] = None

    def values(self) -> dict[Quantity, ModuleValueTable[float]]:
        """Return what the block has, by quantity."""
        values = {
            Quantity.VOLTAGE: self.voltage,
            Quantity.TEMPERATURE: self.temperature,
            Quantity.RESISTANCE: self.resistance,
            Quantity.CHARGE: self.charge,
            Quantity.DUTY: self.duty,
        }
        return {quantity: value for quantity, value in values.items() if value is not None}


class ManagerTable(Table):
    """`[[manager]]`: a web manager, a pack, or the engine for modules it drives itself."""

    id: Annotated[DeviceIdentifier, Field(description="name in keys and links, e.g. `ups-a`")]
    name: Annotated[Name, Field(description="name that people see")]
    device: Annotated[DeviceName, Field(description='kind of manager, or `"engine"`')]
    line: Annotated[str | None, Field(description="line that it hangs on")] = None
    unit: Annotated[
        Unit | None, Field(description="unit address; none for snmp and for the engine")
    ] = None
    max_turnaround: Annotated[Duration | None, Field(description=_TURNAROUND)] = None
    registers: Annotated[
        RegistersTable | None, Field(description="its scales (`bacs_manager`, `sunspec_803`)")
    ] = None
    module_block: Annotated[
        ModuleBlockTable | None, Field(description="registers of its cells (`bacs_manager`)")
    ] = None
    string: Annotated[list[StringTable], Field(min_length=1, description="its strings")]


class DeviceTable(Table):
    """`[[device]]`: a relay box or an environment sensor."""

    id: Annotated[DeviceIdentifier, Field(description="name in keys and links")]
    name: Annotated[Name, Field(description="name that people see")]
    device: Annotated[DeviceName, Field(description="kind of device")]
    line: Annotated[str, Field(description="line that it hangs on")]
    unit: Annotated[Unit, Field(description="unit address")]
    inputs: Annotated[Names, Field(description="names of its inputs, in their order")] = []
    relays: Annotated[Names, Field(description="names of its relays, in their order")] = []
    released: Annotated[
        Contacts, Field(description="relays (from 1) that people and programs may switch")
    ] = []
    breakers: Annotated[
        Contacts, Field(description="relays (from 1) that trip a breaker; never released")
    ] = []
    max_turnaround: Annotated[Duration | None, Field(description=_TURNAROUND)] = None


class HistoryTable(Table):
    """`[history]`: how much of the measurements is kept, and for how long."""

    budget_gb: Annotated[
        float,
        Field(
            ge=0.01,
            le=100_000,
            description="size of all measurements; beyond it the oldest of the finest goes first",
        ),
    ] = 6.0
    full_days: Annotated[
        float, Field(ge=0, le=36_600, description="recorded days for which every sample is kept")
    ] = 60.0
    minute_days: Annotated[
        float,
        Field(
            ge=0,
            le=36_600,
            description="recorded days for means of minutes, and extremes of quarters of an hour",
        ),
    ] = 1096.0
    hour_days: Annotated[
        float,
        Field(ge=0, le=36_600, description="recorded days for hours: minimum, mean and maximum"),
    ] = 3653.0


class SiteFile(Table):
    """The whole file."""

    site: SiteTable
    line: Annotated[list[LineTable], Field(min_length=1)]
    manager: Annotated[list[ManagerTable], Field(min_length=1, max_length=MAX_MANAGERS)]
    device: list[DeviceTable] = []
    history: HistoryTable = HistoryTable()
