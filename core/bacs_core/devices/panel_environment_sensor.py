"""An environment sensor of our own map: what the air of the battery room is like."""

from __future__ import annotations

from typing import Final

from bacs_core.devices.device import Device, Evidence, Role
from bacs_core.devices.guard import Guard
from bacs_core.devices.panel_map import IDENTITY, MAKER, SOURCE
from bacs_core.devices.registers import Block, Kind, Register, Unit
from bacs_core.settings import Link

NAME: Final = "panel_environment_sensor"

MEASUREMENT: Final = Block(
    name="measurement",
    address=0x0010,
    count=5,
    source=SOURCE,
    guard=Guard.ANSWER,
    registers=(
        Register("temperature_c", 1, "room", Unit.CELSIUS, 0.1, Kind.S16, -0x8000),
        Register("humidity_percent", 2, "relative humidity", Unit.PERCENT, 0.1, absent=0xFFFF),
        Register(
            "hydrogen_percent",
            3,
            "hydrogen in the air, by volume (4 % can burn)",
            Unit.PERCENT,
            0.01,
            absent=0xFFFF,
        ),
    ),
)

READ_BLOCKS: Final = (IDENTITY, MEASUREMENT)

DEVICE: Final = Device(
    name=NAME,
    title="Environment sensor of our own map",
    maker=MAKER,
    role=Role.ENVIRONMENT_SENSOR,
    links=(Link.SERIAL, Link.RTU_OVER_TCP, Link.MODBUS_TCP),
    evidence=Evidence.OWN,
    source=SOURCE,
    also="temperature, humidity and hydrogen of the room; what a sensor lacks is absent",
    blocks=READ_BLOCKS,
)
