"""What all devices of our own published map share: identity and equipment kinds.

The map is ours to define and free to implement. Unit addresses on a line: 1-240 modules,
241-247 everything else (managers may use any free one). Function 3 reads; function 16 writes.
Registers that are not listed answer "illegal data address".
"""

from __future__ import annotations

from typing import Final

from bacs_core.devices.registers import Block, Kind, Register

SOURCE: Final = "BACS Panel open register map, version 1"
MAP_ID: Final = 0x4250
MAP_VERSION: Final = 1
MAX_MODULE_UNIT: Final = 240

KIND_MODULE: Final = 1
KIND_MANAGER: Final = 2
KIND_CURRENT_SENSOR: Final = 3
KINDS: Final = {
    KIND_MODULE: "module",
    KIND_MANAGER: "manager",
    KIND_CURRENT_SENSOR: "current sensor",
}

IDENTITY: Final = Block(
    name="identity",
    address=0x0000,
    count=10,
    source=SOURCE,
    registers=(
        Register("map_id", 0, "always 0x4250"),
        Register("map_version", 1, "version of this map, 1"),
        Register("device_kind", 2, "kind of device", symbols=KINDS),
        Register("module_type", 3, "number in the type name, e.g. 44 for C44; 0 where it has none"),
        Register("serial_number", 4, "serial number", kind=Kind.U32),
        Register("firmware_version", 6, "256 x major + minor"),
        Register("unit_address", 7, "own unit address"),
        Register("string_count", 8, "strings of a manager, else 0"),
        Register("cell_count", 9, "cells of a manager, 1 for a module, else 0"),
    ),
)
