"""Turns the tables of a site file, checked before, into `Settings`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from bacs_core import chemistries
from bacs_core.bus.timing import silence_s
from bacs_core.devices.catalogue import DEVICES, gives
from bacs_core.model import EqualizedBy, Limits, Manager, Quantity, Site, String, string_key
from bacs_core.settings import (
    Accessory,
    Address,
    AlarmRelay,
    Breaker,
    Keeping,
    Line,
    Link,
    ManagerOptions,
    ModuleBlock,
    Settings,
    SnmpAccess,
)
from bacs_core.sitefile.devices import (
    ENGINE,
    EQUALIZING_MANAGERS,
    OWN_CURRENT_SENSOR,
    OWN_MODULE,
    STALE_AFTER_S,
)
from bacs_core.sitefile.tables import (
    BreakerTable,
    DeviceTable,
    LimitsTable,
    LineTable,
    ManagerTable,
    ModuleBlockTable,
    SiteFile,
    StringTable,
)

#: How long a device may think, where neither the line nor the device says anything; behind a
#: gateway that includes a wire.
TURNAROUND_S: Final = {
    Link.SERIAL: 0.2,
    Link.RTU_OVER_TCP: 0.2,
    Link.MODBUS_TCP: 0.5,
    Link.SNMP: 0.5,
}
#: IEC 60896-21 states the capacity of stationary lead cells for 10 h.
USUAL_RATED_HOURS: Final = 10.0
#: What asks an agent that has no unit address.
NO_UNIT: Final = 0
NETWORK: Final = frozenset(Link) - {Link.SERIAL}


def build(tables: SiteFile, folder: Path) -> Settings:
    """Return the settings; relative paths are taken from `folder`, the place of the site file."""
    lines = {table.id: line_of(table, folder) for table in tables.line}
    strings = {
        string_key(manager.id, string.number): string
        for manager in tables.manager
        for string in manager.string
    }
    alarm_relay = tables.site.alarm_relay
    history = tables.history
    return Settings(
        contact=tables.site.contact.strip(),
        keeping=Keeping(
            round(history.budget_gb * 1e9),
            history.full_days,
            history.minute_days,
            history.hour_days,
        ),
        site=Site(tables.site.name, tuple(_manager(table, lines) for table in tables.manager)),
        lines=lines,
        managers={
            manager.id: _address(manager.device, manager.line, manager.unit, manager.max_turnaround)
            for manager in tables.manager
            if manager.line is not None
        },
        modules={key: module_addresses(table) for key, table in strings.items() if table.modules},
        current_sensors={
            key: _address(OWN_CURRENT_SENSOR, sensor.line, sensor.unit, sensor.max_turnaround)
            for key, table in strings.items()
            if (sensor := table.current_sensor) is not None
        },
        accessories=tuple(map(_accessory, tables.device)),
        module_devices={
            key: table.modules[0].device
            for key, table in strings.items()
            if table.modules and table.modules[0].device != OWN_MODULE
        },
        manager_options={
            manager.id: options
            for manager in tables.manager
            if (options := _options(manager)) is not None
        },
        breakers={
            key: breaker_of(table.breaker)
            for key, table in strings.items()
            if table.breaker is not None
        },
        alarm_relay=None if alarm_relay is None else AlarmRelay(alarm_relay.box, alarm_relay.relay),
    )


def breaker_of(table: BreakerTable) -> Breaker:
    """Return what trips a breaker and how it is read back."""
    return Breaker(
        box=table.box,
        relay=table.relay,
        input=table.input,
        open_when=table.open_when == "closed contact",
        trips_by_closing=table.trips_by == "closing",
    )


def module_addresses(string: StringTable) -> tuple[Address, ...]:
    """Return where the modules of a string are, in cell order."""
    return tuple(
        _address(table.device, table.line, unit, table.max_turnaround)
        for table in string.modules
        for unit in table.units
    )


def _address(device: str, line: str, unit: int | None, turnaround_s: float | None) -> Address:
    if turnaround_s is None and (known := DEVICES.get(device)) is not None:
        turnaround_s = known.max_turnaround_s
    return Address(line, NO_UNIT if unit is None else unit, turnaround_s)


def may_command(table: LineTable) -> bool:
    """Tell whether bypass and trips may go over a line."""
    return table.port.link not in NETWORK or table.commands_over_network


def line_of(table: LineTable, folder: Path) -> Line:
    """Return a line with what it leaves out filled in."""
    link, where = table.port.link, table.port.where
    is_path = link is Link.SERIAL and not where.startswith("usb:")
    line = Line(
        id=table.id,
        port=str(folder / where) if is_path else where,
        baud=table.baud,
        parity=table.parity,
        stop_bits=table.stop_bits,
        gap_s=0.0,
        max_turnaround_s=(
            TURNAROUND_S[link] if table.max_turnaround is None else table.max_turnaround
        ),
        link=link,
        rs485=table.rs485,
        in_flight=table.in_flight,
        may_command=may_command(table),
        snmp=(
            None
            if table.snmp is None
            else SnmpAccess(table.snmp.version, folder / table.snmp.secrets)
        ),
    )
    if link in (Link.MODBUS_TCP, Link.SNMP):
        return line
    gap_s = silence_s(line.character_s, line.baud) if table.silence is None else table.silence
    return replace(line, gap_s=gap_s)


def float_voltage_v(string: StringTable) -> float:
    """Return the float voltage of a cell: as given, or as usual for its chemistry."""
    return string.float_voltage or chemistries.float_voltage_v(
        string.chemistry, string.cell_voltage
    )


def limits_of(string: StringTable) -> Limits:
    """Return the alarm limits: as given, or as usual for the chemistry."""
    usual = chemistries.limits(string.chemistry, string.cell_voltage)
    given: LimitsTable = string.limits
    return Limits(
        voltage_low_v=_given(given.voltage_low, usual.voltage_low_v),
        voltage_high_v=_given(given.voltage_high, usual.voltage_high_v),
        temperature_high_c=_given(given.temperature_high, usual.temperature_high_c),
        temperature_critical_c=_given(given.temperature_critical, usual.temperature_critical_c),
        resistance_high_ohm=given.resistance_high,
        voltage_trip_low_v=given.voltage_trip_low,
        voltage_trip_high_v=given.voltage_trip_high,
        temperature_trip_c=given.temperature_trip,
    )


def _given(value: float | None, usual: float | None) -> float | None:
    return usual if value is None else value


def usual_equalization(
    manager: ManagerTable, string: StringTable, may_command: dict[str, bool]
) -> EqualizedBy:
    """Return who equalizes a string of which the file does not say it.

    `may_command` tells of each line whether a bypass may go over it.
    """
    if manager.device in EQUALIZING_MANAGERS:
        return EqualizedBy.MANAGER
    if manager.device == ENGINE and all(
        table.device == OWN_MODULE and may_command.get(table.line, False)
        for table in string.modules
    ):
        return EqualizedBy.ENGINE
    return EqualizedBy.NONE


def _manager(manager: ManagerTable, lines: dict[str, Line]) -> Manager:
    strings: list[String] = []
    first_cell = 1
    for table in manager.string:
        strings.append(_string(manager, table, lines, first_cell))
        first_cell += table.cells
    return Manager(manager.id, manager.name, manager.device, tuple(strings))


def _string(
    manager: ManagerTable, table: StringTable, lines: dict[str, Line], first_cell: int
) -> String:
    may_command = {line.id: line.may_command for line in lines.values()}
    return String(
        manager_id=manager.id,
        number=table.number,
        name=table.name or f"{manager.name} string {table.number}",
        chemistry=table.chemistry,
        cell_count=table.cells,
        cell_voltage_v=table.cell_voltage,
        float_voltage_v=float_voltage_v(table),
        capacity_ah=table.capacity,
        module_type=table.module_type or "",
        equalized_by=table.equalized_by or usual_equalization(manager, table, may_command),
        limits=limits_of(table),
        stale_after_s=_stale_after_s(manager.device),
        first_cell=first_cell,
        absent=_absent(manager, table),
        equalization=table.equalization,
        end_voltage_v=table.end_voltage,
        rated_hours=table.rated_hours or USUAL_RATED_HOURS,
    )


def _absent(manager: ManagerTable, string: StringTable) -> tuple[Quantity, ...]:
    device = string.modules[0].device if string.modules else manager.device
    given = gives(device, _options(manager))
    return tuple(quantity for quantity in Quantity if quantity not in given)


def _stale_after_s(device: str) -> dict[Quantity, float]:
    return dict(STALE_AFTER_S.get(device, STALE_AFTER_S[ENGINE]))


def _accessory(table: DeviceTable) -> Accessory:
    return Accessory(
        id=table.id,
        name=table.name,
        device=table.device,
        address=_address(table.device, table.line, table.unit, table.max_turnaround),
        inputs=tuple(table.inputs),
        relays=tuple(table.relays),
        released=frozenset(table.released),
        breakers=frozenset(table.breakers),
    )


def _options(manager: ManagerTable) -> ManagerOptions | None:
    if manager.registers is None and manager.module_block is None:
        return None
    registers, block = manager.registers, manager.module_block
    return ManagerOptions(
        current_scale_a=None if registers is None else registers.current_scale,
        voltage_scale_v=None if registers is None else registers.voltage_scale,
        ups=registers is not None and registers.ups,
        module_block=None if block is None else _module_block(block),
    )


def _module_block(table: ModuleBlockTable) -> ModuleBlock:
    values = table.values()
    return ModuleBlock(
        address=table.address,
        stride=table.stride,
        function=table.function,
        offsets={quantity: value.offset for quantity, value in values.items()},
        scales={quantity: value.scale for quantity, value in values.items()},
        signed=frozenset(quantity for quantity, value in values.items() if value.signed),
    )
