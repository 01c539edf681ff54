"""A string current sensor of our own map, with its stated error and a room probe."""

from __future__ import annotations

from typing import Final

from bacs_core.devices.device import Device, Evidence, Role
from bacs_core.devices.guard import Guard
from bacs_core.devices.panel_map import IDENTITY, MAKER, SOURCE
from bacs_core.devices.registers import Block, Kind, Register, Unit
from bacs_core.settings import Link

NAME: Final = "panel_current_sensor"

MEASUREMENT: Final = Block(
    name="measurement",
    address=0x0010,
    count=8,
    source=SOURCE,
    guard=Guard.ANSWER,
    registers=(
        Register(
            "current_a", 1, "string current, + charges", Unit.AMPERE, 0.001, Kind.S32, -(1 << 31)
        ),
        Register("ac_current_a", 3, "ripple current, RMS", Unit.AMPERE, 0.01, absent=0xFFFF),
        Register(
            "error_a",
            4,
            "stated error of the current, plus or minus",
            Unit.AMPERE,
            0.001,
            absent=0xFFFF,
        ),
        Register("room_temperature_c", 5, "room", Unit.CELSIUS, 0.1, Kind.S16, -0x8000),
        Register("status", 6, "reserved, 0"),
    ),
)

READ_BLOCKS: Final = (IDENTITY, MEASUREMENT)

DEVICE: Final = Device(
    name=NAME,
    title="String current sensor of our own map",
    maker=MAKER,
    role=Role.CURRENT_SENSOR,
    links=(Link.SERIAL, Link.RTU_OVER_TCP, Link.MODBUS_TCP),
    evidence=Evidence.OWN,
    source=SOURCE,
    also="string current with its stated error, ripple current, room temperature",
    blocks=READ_BLOCKS,
)
