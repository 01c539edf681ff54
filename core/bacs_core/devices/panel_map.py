"""What all devices of our own published map share: identity and equipment kinds.

The map is ours to define and free to implement. Unit addresses on a line: 1-240 modules,
241-246 everything else (managers may use any free one), 247 the module that waits for an address.
Function 3 reads; function 16 writes. Every block is guarded (see `guard`). Registers that are not
listed answer "illegal data address".
"""

from __future__ import annotations

from typing import Final

from bacs_core.devices.guard import Guard
from bacs_core.devices.registers import Block, Kind, Register

MAP_ID: Final = 0x4250
MAP_VERSION: Final = 2
SOURCE: Final = f"BACS Panel open register map, version {MAP_VERSION}"
MAKER: Final = "free to implement"
MAX_MODULE_UNIT: Final = 240
ADDRESSING_UNIT: Final = 247
"""Where a module answers whose turn it is to be given an address."""

KIND_MODULE: Final = 1
KIND_MANAGER: Final = 2
KIND_CURRENT_SENSOR: Final = 3
KIND_RELAY_BOX: Final = 4
KIND_ENVIRONMENT_SENSOR: Final = 5
KINDS: Final = {
    KIND_MODULE: "module",
    KIND_MANAGER: "manager",
    KIND_CURRENT_SENSOR: "current sensor",
    KIND_RELAY_BOX: "relay box",
    KIND_ENVIRONMENT_SENSOR: "environment sensor",
}

IDENTITY: Final = Block(
    name="identity",
    address=0x0000,
    count=13,
    source=SOURCE,
    guard=Guard.ANSWER,
    registers=(
        Register("map_id", 1, f"always {MAP_ID:#06x}"),
        Register("map_version", 2, f"version of this map, {MAP_VERSION}"),
        Register("device_kind", 3, "kind of device", symbols=KINDS),
        Register("module_type", 4, "number in the type name, e.g. 44 for C44; 0 where it has none"),
        Register("hardware_generation", 5, "of a module 3 or 4; other kinds count their own"),
        Register("serial_number", 6, "serial number; no two devices share one", kind=Kind.U32),
        Register("firmware_version", 8, "256 x major + minor"),
        Register("unit_address", 9, "own unit address, also while it answers at another one"),
        Register("string_count", 10, "strings of a manager, else 0"),
        Register("cell_count", 11, "cells of a manager, 1 for a module, else 0"),
    ),
)


def firmware_text(number: int) -> str:
    """Write a firmware version the way people do."""
    major, minor = divmod(number, 256)
    return f"{major}.{minor}"
