"""Turns the tables of a site file into `Settings`, and finds what no single key shows.

Two devices at one address, a line nobody declared, modules that do not fit the cells: each is a
`Refusal` with its place in the file. All mistakes are reported at once.
"""

from __future__ import annotations

import os.path
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bacs_core import chemistries
from bacs_core.bus.timing import silence_s
from bacs_core.model import (
    MAX_CELLS_PER_MANAGER,
    MODULE_TYPES,
    EqualizedBy,
    Limits,
    Manager,
    Quantity,
    Site,
    String,
    string_key,
)
from bacs_core.settings import Address, Line, Settings

if TYPE_CHECKING:
    from bacs_core.sitefile import LineTable, ManagerTable, ModulesTable, SiteFile, StringTable

#: Fast values come every round; a line at 9600 baud with 512 cells needs 6 s for one.
FAST_STALE_S: Final = 15.0
#: Slow values come once a minute.
SLOW_STALE_S: Final = 300.0
STALE_AFTER_S: Final = {
    Quantity.VOLTAGE: FAST_STALE_S,
    Quantity.TEMPERATURE: FAST_STALE_S,
    Quantity.DUTY: FAST_STALE_S,
    Quantity.RESISTANCE: SLOW_STALE_S,
    Quantity.CHARGE: SLOW_STALE_S,
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a site file is not accepted, and where."""

    place: tuple[str | int, ...]
    reason: str


def build(tables: SiteFile, folder: Path) -> tuple[Settings | None, list[Refusal]]:
    """Return the settings, or `None` with all reasons against them.

    Relative port paths are taken from `folder`, the place of the site file.
    """
    refusals = [
        *_double_lines(tables),
        *_double_managers(tables),
        *_double_addresses(tables),
        *(
            refusal
            for index, manager in enumerate(tables.manager)
            for refusal in _wrong_manager(manager, ("manager", index))
        ),
    ]
    if refusals:
        return None, refusals
    lines = {line.id: _line(line, folder) for line in tables.line}
    settings = Settings(
        site=Site(tables.site.name, tuple(_manager(manager) for manager in tables.manager)),
        lines=lines,
        managers={
            manager.id: Address(manager.line, manager.unit)
            for manager in tables.manager
            if manager.line is not None and manager.unit is not None
        },
        modules={
            string_key(manager.id, string.number): tuple(_module_addresses(string))
            for manager in tables.manager
            for string in manager.string
            if string.modules is not None
        },
        current_sensors={
            string_key(manager.id, string.number): Address(
                string.current_sensor.line, string.current_sensor.unit
            )
            for manager in tables.manager
            for string in manager.string
            if string.current_sensor is not None
        },
    )
    return settings, []


def _double_lines(tables: SiteFile) -> Iterator[Refusal]:
    ids: set[str] = set()
    ports: dict[str, str] = {}
    for index, line in enumerate(tables.line):
        if line.id in ids:
            yield Refusal(("line", index, "id"), f"line {line.id!r} is declared twice")
        ids.add(line.id)
        port = os.path.normpath(line.port)
        if port in ports:
            yield Refusal(
                ("line", index, "port"), f"port {line.port} already belongs to {ports[port]!r}"
            )
        ports[port] = line.id


def _double_managers(tables: SiteFile) -> Iterator[Refusal]:
    ids: set[str] = set()
    for index, manager in enumerate(tables.manager):
        if manager.id in ids:
            yield Refusal(("manager", index, "id"), f"manager {manager.id!r} is declared twice")
        ids.add(manager.id)


def _double_addresses(tables: SiteFile) -> Iterator[Refusal]:
    known = {line.id for line in tables.line}
    taken: dict[Address, str] = {}
    for place, address, owner in _addresses(tables):
        if address.line_id not in known:
            yield Refusal(place, f"line {address.line_id!r} is not declared")
        if address in taken:
            yield Refusal(
                place,
                f"unit address {address.unit} on line {address.line_id!r} "
                f"already belongs to {taken[address]}",
            )
        taken.setdefault(address, owner)


def _addresses(tables: SiteFile) -> Iterator[tuple[tuple[str | int, ...], Address, str]]:
    for index, manager in enumerate(tables.manager):
        place: tuple[str | int, ...] = ("manager", index)
        if manager.line is not None and manager.unit is not None:
            yield (*place, "unit"), Address(manager.line, manager.unit), f"manager {manager.id!r}"
        for number, string in enumerate(manager.string):
            label = f"string {string_key(manager.id, string.number)}"
            for cell, address in enumerate(_module_addresses(string), start=1):
                yield (*place, "string", number, "modules"), address, f"{label}, cell {cell}"
            if (sensor := string.current_sensor) is not None:
                yield (
                    (*place, "string", number, "current_sensor"),
                    Address(sensor.line, sensor.unit),
                    f"the current sensor of {label}",
                )


def _wrong_manager(manager: ManagerTable, place: tuple[str | int, ...]) -> Iterator[Refusal]:
    is_engine = manager.device == "engine"
    if is_engine and (manager.line is not None or manager.unit is not None):
        yield Refusal(place, 'device = "engine" has no line and unit of its own')
    if not is_engine and (manager.line is None or manager.unit is None):
        yield Refusal(place, f"manager {manager.id!r} needs its 'line' and 'unit'")
    if sum(string.cells for string in manager.string) > MAX_CELLS_PER_MANAGER:
        yield Refusal(place, f"more than {MAX_CELLS_PER_MANAGER} cells in one manager")
    numbers = [string.number for string in manager.string]
    if numbers != list(range(1, len(numbers) + 1)):
        yield Refusal(place, f"strings are numbered 1, 2, 3 ... in order, not {numbers}")
    generations = {MODULE_TYPES[string.module_type].generation for string in manager.string}
    if len(generations) > 1:
        yield Refusal(place, f"modules of generations {sorted(generations)} must not be mixed")
    for index, string in enumerate(manager.string):
        yield from _wrong_string(string, (*place, "string", index), is_engine=is_engine)


def _wrong_string(
    string: StringTable, place: tuple[str | int, ...], *, is_engine: bool
) -> Iterator[Refusal]:
    if chemistries.inner_cells(string.chemistry, string.cell_voltage) is None:
        nominal_v = chemistries.FIGURES[string.chemistry].nominal_v
        yield Refusal(
            (*place, "cell_voltage"),
            f"{string.cell_voltage:g} V is not a multiple of {nominal_v:g} V ({string.chemistry})",
        )
    module_type = MODULE_TYPES[string.module_type]
    low_v, high_v = module_type.voltage_range_v
    float_v = _float_voltage_v(string)
    if not low_v <= float_v <= high_v:
        yield Refusal(
            (*place, "module_type"),
            f"{module_type.name} measures {low_v:g} to {high_v:g} V, "
            f"this cell floats at {float_v:g} V",
        )
    addresses = list(_module_addresses(string))
    if is_engine and len(addresses) != string.cells:
        yield Refusal(
            (*place, "modules"),
            f"{string.cells} cells need {string.cells} module addresses, not {len(addresses)}",
        )
    if not is_engine and addresses:
        yield Refusal((*place, "modules"), "the modules of this string belong to its web manager")
    if not is_engine and string.current_sensor is not None:
        yield Refusal(
            (*place, "current_sensor"), "the current of this string is read by its web manager"
        )
    if string.equalized_by is EqualizedBy.ENGINE and not is_engine:
        yield Refusal((*place, "equalized_by"), 'only strings of device = "engine" can have this')
    if string.equalized_by is EqualizedBy.MANAGER and is_engine:
        yield Refusal((*place, "equalized_by"), "this string has no web manager")
    limits = _limits(string)
    if (
        limits.voltage_low_v is not None
        and limits.voltage_high_v is not None
        and limits.voltage_low_v >= limits.voltage_high_v
    ):
        yield Refusal((*place, "limits"), "voltage_low must be below voltage_high")


def _module_addresses(string: StringTable) -> Iterator[Address]:
    tables: list[ModulesTable] = (
        string.modules
        if isinstance(string.modules, list)
        else [string.modules]
        if string.modules is not None
        else []
    )
    return (Address(table.line, unit) for table in tables for unit in table.units)


def _float_voltage_v(string: StringTable) -> float:
    return string.float_voltage or chemistries.float_voltage_v(
        string.chemistry, string.cell_voltage
    )


def _limits(string: StringTable) -> Limits:
    usual = chemistries.limits(string.chemistry, string.cell_voltage)
    given = string.limits
    return replace(
        usual,
        voltage_low_v=_given(given.voltage_low, usual.voltage_low_v),
        voltage_high_v=_given(given.voltage_high, usual.voltage_high_v),
        temperature_high_c=_given(given.temperature_high, usual.temperature_high_c),
        temperature_critical_c=_given(given.temperature_critical, usual.temperature_critical_c),
        resistance_high_ohm=given.resistance_high,
    )


def _given(value: float | None, usual: float | None) -> float | None:
    return usual if value is None else value


def _manager(manager: ManagerTable) -> Manager:
    strings: list[String] = []
    first_cell = 1
    for table in manager.string:
        strings.append(_string(manager, table, first_cell))
        first_cell += table.cells
    return Manager(manager.id, manager.name, manager.device, tuple(strings))


def _string(manager: ManagerTable, table: StringTable, first_cell: int) -> String:
    usual = EqualizedBy.ENGINE if manager.device == "engine" else EqualizedBy.MANAGER
    return String(
        manager_id=manager.id,
        number=table.number,
        name=table.name or f"{manager.name} string {table.number}",
        chemistry=table.chemistry,
        cell_count=table.cells,
        cell_voltage_v=table.cell_voltage,
        float_voltage_v=_float_voltage_v(table),
        capacity_ah=table.capacity,
        module_type=table.module_type,
        equalized_by=table.equalized_by or usual,
        limits=_limits(table),
        stale_after_s=dict(STALE_AFTER_S),
        first_cell=first_cell,
    )


def _line(table: LineTable, folder: Path) -> Line:
    line = Line(
        id=table.id,
        port=str(folder / table.port) if "://" not in table.port else table.port,
        baud=table.baud,
        parity=table.parity,
        stop_bits=table.stop_bits,
        gap_s=0.0,
        max_turnaround_s=table.max_turnaround,
    )
    gap_s = silence_s(line.character_s, line.baud) if table.silence is None else table.silence
    return replace(line, gap_s=gap_s)
