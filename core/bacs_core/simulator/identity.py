"""The identity block that every device of our own map serves."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

from bacs_core.devices.panel_map import IDENTITY, MAP_ID, MAP_VERSION
from bacs_core.simulator.served import Served, block_row


@dataclass(slots=True)
class Nameplate:
    """Who a device is; a test may exchange it while everything runs."""

    kind: int
    serial_number: int
    firmware_version: int
    generation: int = 1
    module_type: str | None = None
    string_count: int = 0
    cell_count: int = 0


def identity_row(plate: Nameplate, unit: Callable[[], int]) -> Served:
    """Serve who a device is; `unit` gives its own present address."""

    def values(_now: float) -> dict[str, float | None]:
        return {
            "map_id": MAP_ID,
            "map_version": MAP_VERSION,
            "device_kind": plate.kind,
            "module_type": int(plate.module_type.removeprefix("C")) if plate.module_type else 0,
            "hardware_generation": plate.generation,
            "serial_number": plate.serial_number,
            "firmware_version": plate.firmware_version,
            "unit_address": unit(),
            "string_count": plate.string_count,
            "cell_count": plate.cell_count,
        }

    return block_row(IDENTITY, values)


def serial_number(line_id: str, unit: int) -> int:
    """Make up a serial number that stays the same from start to start."""
    return zlib.crc32(f"{line_id}:{unit}".encode())
