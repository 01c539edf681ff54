"""The identity block that every device of our own map serves."""

from __future__ import annotations

import zlib

from bacs_core.devices.panel_map import IDENTITY, MAP_ID, MAP_VERSION
from bacs_core.simulator.served import Served, block_row


def identity_row(
    kind: int,
    unit: int,
    serial_number: int,
    firmware_version: int,
    *,
    module_type: str | None = None,
    string_count: int = 0,
    cell_count: int = 0,
) -> Served:
    """Serve who a device is; `module_type` is a name like C44."""
    values = {
        "map_id": MAP_ID,
        "map_version": MAP_VERSION,
        "device_kind": kind,
        "module_type": int(module_type.removeprefix("C")) if module_type else 0,
        "serial_number": serial_number,
        "firmware_version": firmware_version,
        "unit_address": unit,
        "string_count": string_count,
        "cell_count": cell_count,
    }
    return block_row(IDENTITY, lambda _now: values)


def serial_number(line_id: str, unit: int) -> int:
    """Make up a serial number that stays the same from start to start."""
    return zlib.crc32(f"{line_id}:{unit}".encode())
