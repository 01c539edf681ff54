"""Finds in a site file what no single key shows, and names each mistake with its place.

Two devices at one address, a line nobody declared, a device on a link it does not have, modules
that do not fit the cells: all mistakes are found at once.
"""

from __future__ import annotations

import os.path
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path as FilePath
from typing import Final

from bacs_core.devices import bacs_manager, sunspec_battery
from bacs_core.devices.catalogue import DEVICES, refusal
from bacs_core.devices.device import Role
from bacs_core.devices.panel_map import MAX_MODULE_UNIT
from bacs_core.equalization_modes import misfit
from bacs_core.errors import SettingsError
from bacs_core.model import (
    MAX_CELLS_PER_MANAGER,
    MODULE_TYPES,
    EqualizedBy,
    Site,
    string_key,
)
from bacs_core.settings import Address, Link
from bacs_core.sitefile import contacts
from bacs_core.sitefile.devices import (
    ENGINE,
    FAMILY,
    OWN,
    OWN_CURRENT_SENSOR,
    OWN_MODULE,
    PUBLISHED_REGISTERS,
)
from bacs_core.sitefile.limits import wrong_values
from bacs_core.sitefile.plan import NO_UNIT, may_command, module_addresses, usual_equalization
from bacs_core.sitefile.tables import (
    LineTable,
    ManagerTable,
    ModuleBlockTable,
    RegistersTable,
    SiteFile,
    SnmpTable,
    StringTable,
)
from bacs_core.sitefile.toml_lines import Path, Refusal
from bacs_core.snmp import secrets

_RTU: Final = (Link.SERIAL, Link.RTU_OVER_TCP)
#: Keys of a line that mean something on some links only.
LINKS_OF_KEY: Final[dict[str, tuple[Link, ...]]] = {
    "baud": _RTU,
    "parity": _RTU,
    "stop_bits": _RTU,
    "silence": _RTU,
    "rs485": (Link.SERIAL,),
    "commands_over_network": (Link.RTU_OVER_TCP, Link.MODBUS_TCP),
    "in_flight": (Link.MODBUS_TCP,),
    "snmp": (Link.SNMP,),
}
#: Modbus over serial line V1.02, 2.5.1.1: a gap of more than 1.5 characters ends a frame.
LEAST_SILENCE_CHARACTERS: Final = 1.5
LAST_REGISTER: Final = 0xFFFF
#: All names of this computer for itself.
LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")
#: What an installer may declare of which device.
DECLARED: Final = {
    bacs_manager.NAME: {"module_block", *RegistersTable.model_fields},
    sunspec_battery.NAME: {"current_scale"},
}
_WORDS: Final = {
    Role.MANAGER: "a manager",
    Role.MODULE: "a module",
    Role.CURRENT_SENSOR: "a current sensor",
    Role.RELAY_BOX: "a relay box",
    Role.ENVIRONMENT_SENSOR: "an environment sensor",
}


def refusals(tables: SiteFile, folder: FilePath) -> list[Refusal]:
    """Return every reason against the file; `folder` is its place."""
    return [
        *_doubles("line", [line.id for line in tables.line]),
        *_doubles("manager", [manager.id for manager in tables.manager]),
        *_doubles("device", [device.id for device in tables.device]),
        *_double_ports(tables.line),
        *(
            found
            for n, line in enumerate(tables.line)
            for found in _wrong_line(line, ("line", n), folder)
        ),
        *_wrong_addresses(tables),
        *_wrong_devices(tables),
        *_disturbed(tables),
        *(
            found
            for n, manager in enumerate(tables.manager)
            for found in _wrong_manager(manager, tables, ("manager", n))
        ),
        *contacts.refusals(tables),
    ]


def unfit(tables: SiteFile, site: Site) -> Iterator[Refusal]:
    """Yield what kinds of devices say of the strings that they shall watch."""
    for index, manager in enumerate(site.managers):
        place: Path = ("manager", index)
        if (reason := refusal(manager.device, manager.strings)) is not None:
            yield Refusal((*place, "device"), reason)
        for number, (table, string) in enumerate(
            zip(tables.manager[index].string, manager.strings, strict=True)
        ):
            for kind in {modules.device for modules in table.modules}:
                if (reason := refusal(kind, (string,))) is not None:
                    yield Refusal((*place, "string", number, "modules"), reason)


def _doubles(kind: str, ids: Sequence[str]) -> Iterator[Refusal]:
    for index, name in enumerate(ids):
        if name in ids[:index]:
            yield Refusal((kind, index, "id"), f"{kind} {name!r} is declared twice")


def _double_ports(lines: Iterable[LineTable]) -> Iterator[Refusal]:
    known: dict[tuple[Link, str], str] = {}
    for index, line in enumerate(lines):
        link, where = line.port.link, line.port.where
        where = os.path.normpath(where) if link is Link.SERIAL else _one_name(where.lower())
        # Behind one TCP port there is one wire, whatever is spoken to it.
        link = Link.MODBUS_TCP if link is Link.RTU_OVER_TCP else link
        owner = known.setdefault((link, where), line.id)
        if owner != line.id:
            yield Refusal(
                ("line", index, "port"), f"port {line.port.where} already belongs to {owner!r}"
            )


def _one_name(where: str) -> str:
    host, _, number = where.rpartition(":")
    return f"{LOOPBACK[0]}:{number}" if host in LOOPBACK else where


def _wrong_line(line: LineTable, place: Path, folder: FilePath) -> Iterator[Refusal]:
    link = line.port.link
    for key, links in LINKS_OF_KEY.items():
        if key in line.model_fields_set and link not in links:
            yield Refusal((*place, key), f"{key!r} means nothing on a {link} line")
    if link is Link.SNMP and line.snmp is None:
        yield Refusal((*place, "port"), "an snmp line needs its 'snmp' with version and secrets")
    if line.snmp is not None:
        yield from _wrong_secrets(line.snmp, folder, (*place, "snmp"))
    if line.silence is not None and link in _RTU:
        bits = 9 + (line.parity != "none") + line.stop_bits
        least_s = LEAST_SILENCE_CHARACTERS * bits / line.baud
        if line.silence < least_s:
            yield Refusal(
                (*place, "silence"),
                f"silence {line.silence * 1e3:g} ms does not end a frame at {line.baud} baud, "
                f"{least_s * 1e3:.2f} ms is the least",
            )


def _wrong_secrets(snmp: SnmpTable, folder: FilePath, place: Path) -> Iterator[Refusal]:
    try:
        secrets.load(folder / snmp.secrets, snmp.version)
    except SettingsError as error:
        yield Refusal(place, f"secrets: {error}")


# -- where devices are -------------------------------------------------------------------------


def _wrong_addresses(tables: SiteFile) -> Iterator[Refusal]:
    known = {line.id for line in tables.line}
    taken: dict[Address, str] = {}
    for place, address, owner in _addresses(tables):
        if address.line_id not in known:
            table = place[:-1] if place[-1] == "unit" else place
            yield Refusal((*table, "line"), f"line {address.line_id!r} is not declared")
        elif address in taken and address.unit == NO_UNIT:
            yield Refusal(place, f"line {address.line_id!r} already belongs to {taken[address]}")
        elif address in taken:
            yield Refusal(
                place,
                f"unit address {address.unit} on line {address.line_id!r} "
                f"already belongs to {taken[address]}",
            )
        taken.setdefault(address, owner)


def _addresses(tables: SiteFile) -> Iterator[tuple[Path, Address, str]]:
    for index, manager in enumerate(tables.manager):
        place: Path = ("manager", index)
        if manager.line is not None:
            unit = NO_UNIT if manager.unit is None else manager.unit
            key = "line" if manager.unit is None else "unit"
            yield (*place, key), Address(manager.line, unit), f"manager {manager.id!r}"
        for number, string in enumerate(manager.string):
            label = f"string {string_key(manager.id, string.number)}"
            for cell, address in enumerate(module_addresses(string), start=1):
                yield (*place, "string", number, "modules"), address, f"{label}, cell {cell}"
            if (sensor := string.current_sensor) is not None:
                yield (
                    (*place, "string", number, "current_sensor"),
                    Address(sensor.line, sensor.unit),
                    f"the current sensor of {label}",
                )
    for index, device in enumerate(tables.device):
        yield (
            ("device", index, "unit"),
            Address(device.line, device.unit),
            f"device {device.id!r}",
        )


def _wrong_devices(tables: SiteFile) -> Iterator[Refusal]:
    """Find unknown devices, those of another role, and those on a link that they do not have."""
    links = {line.id: line.port.link for line in tables.line}
    for place, name, roles, line_id in _named_devices(tables):
        device = DEVICES.get(name)
        if device is None or device.role not in roles:
            found = "" if device is None else f"{name} is {_WORDS[device.role]}; "
            fitting = [known.name for known in DEVICES.values() if known.role in roles]
            also = [ENGINE] if Role.MANAGER in roles else []
            yield Refusal(
                (*place, "device"),
                f"{found}device = {name[:60]!r} cannot stand here, "
                f"only one of {', '.join([*also, *fitting])}",
            )
        elif line_id in links and links[line_id] not in device.links:
            ways = ", ".join(device.links)
            yield Refusal(
                (*place, "line"),
                f"{name} is reached by {ways}, but line {line_id!r} is {links[line_id]}",
            )


def _disturbed(tables: SiteFile) -> Iterator[Refusal]:
    """Find devices that would hear broadcasts which are not meant for them."""
    devices = list(_named_devices(tables))
    broadcast = {line_id for _, name, _, line_id in devices if name == OWN_MODULE}
    for place, name, _, line_id in devices:
        if line_id in broadcast and name in DEVICES and name not in OWN:
            yield Refusal(
                (*place, "line"),
                f"{name} cannot share line {line_id!r} with {OWN_MODULE}: "
                "broadcasts for our modules would reach it",
            )


def _named_devices(
    tables: SiteFile,
) -> Iterator[tuple[Path, str, tuple[Role, ...], str | None]]:
    for index, manager in enumerate(tables.manager):
        place: Path = ("manager", index)
        if manager.device != ENGINE:
            yield place, manager.device, (Role.MANAGER,), manager.line
        for number, string in enumerate(manager.string):
            inside = (*place, "string", number)
            for position, modules in enumerate(string.modules):
                at = (*inside, "modules", position)
                yield at, modules.device, (Role.MODULE,), modules.line
            if (sensor := string.current_sensor) is not None:
                role = (Role.CURRENT_SENSOR,)
                yield (*inside, "current_sensor"), OWN_CURRENT_SENSOR, role, sensor.line
    accessories = (Role.RELAY_BOX, Role.ENVIRONMENT_SENSOR)
    for index, device in enumerate(tables.device):
        yield ("device", index), device.device, accessories, device.line


# -- managers and strings ----------------------------------------------------------------------


def _wrong_manager(manager: ManagerTable, tables: SiteFile, place: Path) -> Iterator[Refusal]:
    yield from _wrong_manager_place(manager, place)
    cells = sum(string.cells for string in manager.string)
    if cells > MAX_CELLS_PER_MANAGER:
        yield Refusal(place, f"more than {MAX_CELLS_PER_MANAGER} cells in one manager")
    numbers = [string.number for string in manager.string]
    if numbers != list(range(1, len(numbers) + 1)):
        yield Refusal(place, f"strings are numbered 1, 2, 3 ... in order, not {numbers}")
    generations = {
        MODULE_TYPES[string.module_type].generation
        for string in manager.string
        if string.module_type
    }
    if len(generations) > 1:
        yield Refusal(place, f"modules of generations {sorted(generations)} must not be mixed")
    given = manager.model_fields_set & {"module_block"}
    if manager.registers is not None:
        given |= manager.registers.model_fields_set
    for key in given - DECLARED.get(manager.device, set()):
        where = "module_block" if key == "module_block" else "registers"
        yield Refusal((*place, where), f"{key!r} cannot be declared of {manager.device}")
    if manager.module_block is not None:
        for reason in _block_mistakes(manager.module_block, cells):
            yield Refusal((*place, "module_block"), reason)
    for index, string in enumerate(manager.string):
        inside = (*place, "string", index)
        yield from _wrong_modules(manager, string, inside)
        yield from _wrong_equalization(manager, string, tables, inside)
        yield from wrong_values(string, inside)


def _wrong_manager_place(manager: ManagerTable, place: Path) -> Iterator[Refusal]:
    if manager.device == ENGINE:
        for key in {"line", "unit", "max_turnaround"} & manager.model_fields_set:
            yield Refusal((*place, key), f'device = "engine" has no {key!r} of its own')
        return
    device = DEVICES.get(manager.device)
    has_unit = device is None or device.links != (Link.SNMP,)
    if manager.line is None or (has_unit and manager.unit is None):
        needs = "'line' and 'unit'" if has_unit else "'line'"
        yield Refusal(place, f"manager {manager.id!r} needs its {needs}")
    if not has_unit and manager.unit is not None:
        yield Refusal((*place, "unit"), f"{manager.device} has no unit address")


def _block_mistakes(block: ModuleBlockTable, cells: int) -> Iterator[str]:
    values = block.values()
    for (one, first), (other, second) in combinations(values.items(), 2):
        apart = abs(first.offset - second.offset)
        if apart % block.stride == 0 and apart // block.stride < cells:
            yield f"{one} and {other} would be read from the same register"
    for name, value in values.items():
        start = block.address + value.offset
        taken = range(start, start + block.stride * cells, block.stride)
        for published in PUBLISHED_REGISTERS:
            if any(register in published for register in taken):
                yield (
                    f"{name} would be read from registers {published[0]}-{published[-1]}, "
                    "which are published as something else"
                )
    last = block.address + block.stride * (cells - 1) + max(v.offset for v in values.values())
    if last > LAST_REGISTER:
        yield f"the last of {cells} cells would be at register {last}, beyond {LAST_REGISTER}"


def _wrong_modules(manager: ManagerTable, string: StringTable, place: Path) -> Iterator[Refusal]:
    is_engine = manager.device == ENGINE
    count = sum(len(modules.units) for modules in string.modules)
    if is_engine and count != string.cells:
        yield Refusal(
            (*place, "modules"),
            f"{string.cells} cells need {string.cells} module addresses, not {count}",
        )
    if not is_engine and string.modules:
        yield Refusal((*place, "modules"), "the modules of this string belong to its web manager")
    if not is_engine and string.current_sensor is not None:
        yield Refusal(
            (*place, "current_sensor"), "the current of this string is read by its web manager"
        )
    kinds = sorted({modules.device for modules in string.modules})
    if len(kinds) > 1:
        yield Refusal((*place, "modules"), f"modules of one string are of one kind, not {kinds}")
    for index, modules in enumerate(string.modules):
        if modules.device == OWN_MODULE and max(modules.units, default=0) > MAX_MODULE_UNIT:
            yield Refusal(
                (*place, "modules", index, "units"),
                f"the unit addresses of {OWN_MODULE} end at {MAX_MODULE_UNIT}",
            )
    if not {manager.device, *kinds} <= {ENGINE, *DEVICES}:
        return
    family = FAMILY & {manager.device, *kinds}
    if family and string.module_type is None:
        yield Refusal(place, "'module_type' is missing")
    if not family and string.module_type is not None and (kinds or not is_engine):
        name = kinds[0] if kinds else manager.device
        yield Refusal(
            (*place, "module_type"), f"{name} has no modules of type {string.module_type}"
        )


def _wrong_equalization(
    manager: ManagerTable, string: StringTable, tables: SiteFile, place: Path
) -> Iterator[Refusal]:
    is_engine = manager.device == ENGINE
    if string.equalized_by is EqualizedBy.MANAGER and is_engine:
        yield Refusal((*place, "equalized_by"), "this string has no web manager")
    closed = {line.id: line.port.link for line in tables.line if not may_command(line)}
    yield from _wrong_mode(manager, string, closed, place)
    if string.equalized_by is not EqualizedBy.ENGINE:
        return
    if not is_engine:
        yield Refusal((*place, "equalized_by"), 'only strings of device = "engine" can have this')
    for modules in string.modules:
        if modules.device != OWN_MODULE:
            yield Refusal(
                (*place, "equalized_by"), f"{modules.device} has no bypass that could be ordered"
            )
        elif modules.line in closed:
            yield Refusal(
                (*place, "equalized_by"),
                f"no bypass goes over {closed[modules.line]} line {modules.line!r} unless its "
                "'commands_over_network' says so",
            )


def _wrong_mode(
    manager: ManagerTable, string: StringTable, closed: Mapping[str, Link], place: Path
) -> Iterator[Refusal]:
    """Find a mode of equalization that this string cannot have."""
    if "equalization" not in string.model_fields_set:
        return
    place = (*place, "equalization")
    open_lines = {modules.line: modules.line not in closed for modules in string.modules}
    who = string.equalized_by or usual_equalization(manager, string, open_lines)
    if who is not EqualizedBy.ENGINE:
        yield Refusal(place, f"this string is equalized by {who}, the engine has no say in it")
    reason = misfit(string.equalization, string.chemistry, string.module_type or "")
    if reason is not None:
        yield Refusal(place, reason)
