"""Turns what a scan found into tables for the site file.

What no device can tell stands as a line that begins with `#?`: the engine refuses the file, and
names the line, until a person has filled it in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from bacs_core.commissioning.found import Found, mixed_generations
from bacs_core.commissioning.pins import spans
from bacs_core.commissioning.scan import Speed
from bacs_core.devices.device import Role
from bacs_core.settings import Link

GAP: Final = "#? "
_SITE_GAP: Final = 'name = "Battery room"'
_CHEMISTRY_GAP: Final = 'chemistry = "vrla"'
_CELL_GAPS: Final = (_CHEMISTRY_GAP, 'cell_voltage = "2 V"', 'capacity = "500 Ah"')
_CELLS_GAP: Final = "cells = 24"
_TYPE_GAP: Final = 'module_type = "C44"'
#: Managers of which no public source tells how many ampere and volt a count stands for.
_UNSCALED: Final = frozenset({"bacs_manager"})
_FAMILY: Final = frozenset({"panel_manager", "panel_module", "bacs_manager"})
_BESIDE: Final = (Role.RELAY_BOX, Role.ENVIRONMENT_SENSOR)
_WIRED: Final = (Link.SERIAL, Link.RTU_OVER_TCP)


@dataclass(frozen=True, slots=True)
class Wire:
    """The line that was scanned: what it is called, and its port as the site file writes it."""

    id: str
    port: str
    link: Link = Link.SERIAL
    with_site: bool = False
    """Whether there is no site file yet, so that it needs `[site]` too."""


def propose(wire: Wire, found: Sequence[Found]) -> str:
    """Write the tables for at least one unit; raises `RefusedError` (`mixed_generations`)."""
    if (refusal := mixed_generations(found)) is not None:
        raise refusal
    speed = _main_speed(found)
    placed = [unit for unit in found if unit.speed == speed]
    tables = [
        *_site(wire),
        _line(wire, speed),
        *(_manager(wire, unit) for unit in placed if unit.role is Role.MANAGER),
        *_engine(wire, placed),
        *(_accessory(wire, unit) for unit in placed if unit.role in _BESIDE),
        *_remarks(found, speed),
    ]
    return "\n\n".join("\n".join(table) for table in tables) + "\n"


def _main_speed(found: Sequence[Found]) -> Speed:
    """Return the speed at which most units answered: a line has only one."""
    speeds = [unit.speed for unit in found]
    return max(speeds, key=speeds.count)


def _site(wire: Wire) -> Iterator[list[str]]:
    if wire.with_site:
        yield ["[site]", GAP + _SITE_GAP]


def _line(wire: Wire, speed: Speed) -> list[str]:
    rows = ["[[line]]", f"id = {_text(wire.id)}", f"port = {_text(wire.port)}"]
    if wire.link in _WIRED:
        rows += [f"baud = {speed.baud}", f"parity = {_text(speed.parity)}"]
        rows += [f"stop_bits = {speed.stop_bits}"] if speed.stop_bits != 1 else []
    return rows


def _manager(wire: Wire, unit: Found) -> list[str]:
    rows = [
        "[[manager]]",
        f"id = {_text(f'{wire.id}-{unit.unit}')}",
        f"name = {_text(f'{unit.title} {unit.unit}')}",
        f"device = {_text(unit.device or '')}",
        f"line = {_text(wire.id)}",
        f"unit = {unit.unit}",
    ]
    if unit.device in _UNSCALED:
        rows.append(GAP + 'registers = { current_scale = "0.1 A", voltage_scale = "0.01 V" }')
    for number, cells in enumerate(unit.string_cells or (None,), start=1):
        rows += ["", *_string(number, cells)]
        rows += [GAP + _TYPE_GAP] if unit.device in _FAMILY else []
    return rows


def _engine(wire: Wire, found: Sequence[Found]) -> Iterator[list[str]]:
    """Put modules that are alike into one string each: where a string ends no module knows."""
    modules = [unit for unit in found if unit.role is Role.MODULE]
    sensors = [unit for unit in found if unit.role is Role.CURRENT_SENSOR]
    if not modules:
        return
    rows = [
        "[[manager]]",
        f"id = {_text(f'{wire.id}-modules')}",
        f"name = {_text(f'Modules of {wire.id}')}",
        'device = "engine"',
    ]
    kinds = groupby(
        sorted(modules, key=lambda unit: (unit.device or "", unit.module_type or "", unit.unit)),
        key=lambda unit: (unit.device or "", unit.module_type),
    )
    for number, ((device, module_type), alike) in enumerate(kinds, start=1):
        units = [unit.unit for unit in alike]
        rows += ["", *_string(number, len(units))]
        rows.append("# divide it where one string ends and the next begins")
        if device in _FAMILY:
            rows.append(
                GAP + _TYPE_GAP if module_type is None else f"module_type = {_text(module_type)}"
            )
        kind = f", device = {_text(device)}" if device != "panel_module" else ""
        rows.append(f"modules = {{ line = {_text(wire.id)}, units = {_text(spans(units))}{kind} }}")
        rows += [_sensor(wire, unit) for unit in sensors[number - 1 : number]]
    rows += [f"# without a string: {_sensor(wire, unit)}" for unit in sensors[number:]]
    yield rows


def _sensor(wire: Wire, unit: Found) -> str:
    return f"current_sensor = {{ line = {_text(wire.id)}, unit = {unit.unit} }}"


def _string(number: int, cells: int | None) -> list[str]:
    return [
        "[[manager.string]]",
        f"number = {number}",
        GAP + _CELLS_GAP if cells is None else f"cells = {cells}",
        *(GAP + gap for gap in _CELL_GAPS),
    ]


def _accessory(wire: Wire, unit: Found) -> list[str]:
    kind = (unit.device or "device").removeprefix("panel_").replace("_", "-")
    return [
        "[[device]]",
        f"id = {_text(f'{wire.id}-{kind}-{unit.unit}')}",
        f"name = {_text(f'{unit.title} {unit.unit}')}",
        f"device = {_text(unit.device or '')}",
        f"line = {_text(wire.id)}",
        f"unit = {unit.unit}",
    ]


def _remarks(found: Sequence[Found], speed: Speed) -> Iterator[list[str]]:
    """Tell of everybody who has no place in the tables, or whose place is not sure."""
    rows = []
    for unit in found:
        if unit.speed != speed:
            rows.append(f"# unit {unit.unit}: {unit.title}, answers at {unit.speed}")
        elif unit.role is None or unit.remark:
            remark = f", {unit.remark}" if unit.remark else ""
            rows.append(f"# unit {unit.unit}: {unit.title}{remark}")
    if rows:
        yield rows


def _text(text: str) -> str:
    """Write a string as TOML: its basic strings have the escapes of JSON."""
    return json.dumps(text, ensure_ascii=False)
