"""What the engine leaves in the state directory about its plant: the site file and its meaning.

Exports and backups are made beside the engine, also while it does not run; here they find how the
plant is built without knowing where its site file lies.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bacs_core.settings import Address, Settings

_log = logging.getLogger(__name__)

FOLDER: Final = "site"
SITE_FILE: Final = "site.toml"
PLANT_FILE: Final = "plant.json"

#: Section, item, name, value, unit: as they stand in `System.csv`.
Row = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Plant:
    """How the plant was built when the engine was last started."""

    name: str
    path: str
    """Where its site file was then."""
    secrets: tuple[str, ...]
    """Files beside it that hold what SNMP managers want to be told."""
    rows: tuple[Row, ...]


def keep(state_dir: Path, site_file: Path, settings: Settings) -> None:
    """Leave a copy of the site file; control is worth more, so a failure is only logged."""
    plant = {
        "name": settings.site.name,
        "path": str(site_file.absolute()),
        "secrets": sorted(
            {str(line.snmp.secrets.absolute()) for line in settings.lines.values() if line.snmp}
        ),
        "rows": list(_rows(settings)),
    }
    try:
        folder = state_dir / FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        _put(folder / SITE_FILE, site_file.read_bytes())
        _put(folder / PLANT_FILE, json.dumps(plant, ensure_ascii=False, indent=1).encode())
    except OSError as error:
        _log.error("the site file cannot be kept for exports and backups: %s", error)


def kept(state_dir: Path) -> Plant | None:
    """Return what the engine left, `None` where there is nothing that can be read."""
    try:
        stored = json.loads((state_dir / FOLDER / PLANT_FILE).read_text(encoding="utf-8"))
        rows = tuple(_row(row) for row in stored["rows"])
        return Plant(stored["name"], stored["path"], tuple(stored["secrets"]), rows)
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _row(stored: list[str]) -> Row:
    section, item, name, value, unit = map(str, stored)
    return section, item, name, value, unit


def _put(path: Path, content: bytes) -> None:
    """Write a file as a whole; one that is the same already is not written again."""
    with contextlib.suppress(FileNotFoundError):
        if path.read_bytes() == content:
            return
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _rows(settings: Settings) -> Iterator[Row]:
    yield "plant", "site", "name", settings.site.name, ""
    for manager in settings.site.managers:
        yield "plant", manager.id, "name", manager.name, ""
        yield "plant", manager.id, "device", manager.device, ""
        if manager.id in settings.managers:
            yield "plant", manager.id, "address", _place(settings.managers[manager.id]), ""
    for string in settings.site.strings:
        for name, value, unit in (
            ("name", string.name, ""),
            ("chemistry", string.chemistry, ""),
            ("cells", string.cell_count, ""),
            ("nominal cell voltage", string.cell_voltage_v, "V"),
            ("float voltage per cell", string.float_voltage_v, "V"),
            ("capacity", string.capacity_ah, "Ah"),
            ("module type", string.module_type, ""),
            ("equalized by", string.equalized_by, ""),
            ("equalization mode", string.equalization, ""),
        ):
            yield "plant", string.key, name, str(value), unit
    for line in settings.lines.values():
        yield "lines", line.id, "link", line.link, ""
        yield "lines", line.id, "port", line.port, ""
        yield "lines", line.id, "speed", str(line.baud), "baud"
    for key, places in settings.modules.items():
        device = settings.module_devices.get(key, "panel_module")
        for cell, place in enumerate(places, start=1):
            yield "devices", f"{key} cell {cell}", device, _place(place), ""
    for key, place in settings.current_sensors.items():
        yield "devices", key, "current sensor", _place(place), ""
    for accessory in settings.accessories:
        yield "devices", accessory.id, accessory.device, _place(accessory.address), ""


def _place(address: Address) -> str:
    return f"{address.line_id}, unit {address.unit}"
