"""A web manager of our own map: up to 16 strings and 512 cells behind one unit address.

Cells are counted through over all strings of the manager: string 1 first. A manager equalizes its
cells by itself; nothing here is written.
"""

from __future__ import annotations

from typing import Final

from bacs_core.devices.device import Device, Evidence, Role
from bacs_core.devices.guard import Guard
from bacs_core.devices.panel_map import IDENTITY, MAKER, SOURCE
from bacs_core.devices.registers import Block, Column, Kind, Register, Unit
from bacs_core.model import Quantity
from bacs_core.settings import Link

NAME: Final = "panel_manager"

EQUALIZATION_STATES: Final = {0: "idle", 1: "active", 2: "inhibited"}

STRING: Final = Block(
    name="string",
    address=0x0040,
    count=12,
    source=SOURCE,
    guard=Guard.ANSWER,
    registers=(
        Register("cell_count", 1, "cells in this string"),
        Register("equalization", 2, "equalization", symbols=EQUALIZATION_STATES),
        Register("sum_voltage_v", 3, "string voltage", Unit.VOLT, 0.001, Kind.U32, 0xFFFFFFFF),
        Register(
            "current_a", 5, "string current, + charges", Unit.AMPERE, 0.001, Kind.S32, -(1 << 31)
        ),
        Register("ac_current_a", 7, "ripple current, RMS", Unit.AMPERE, 0.01, absent=0xFFFF),
        Register("target_voltage_v", 8, "target voltage", Unit.VOLT, 0.001, absent=0xFFFF),
        Register("mean_charge_percent", 9, "mean charge", Unit.PERCENT, 0.1, absent=0xFFFF),
        Register("room_temperature_c", 10, "room", Unit.CELSIUS, 0.1, Kind.S16, -0x8000),
    ),
)
STRING_STRIDE: Final = 0x10


def string_block(number: int) -> Block:
    """Return the block of string `number`, counted from 1."""
    return STRING.at(STRING.address + STRING_STRIDE * (number - 1))


COLUMNS: Final = (
    Column(
        Register("voltage_v", 0, "cell voltage", Unit.VOLT, 0.001, absent=0xFFFF), 0x1000, SOURCE
    ),
    Column(
        Register("temperature_c", 0, "cell temperature", Unit.CELSIUS, 0.1, Kind.S16, -0x8000),
        0x1300,
        SOURCE,
    ),
    Column(
        Register("resistance_ohm", 0, "internal resistance", Unit.OHM, 1e-6, absent=0xFFFF),
        0x1600,
        SOURCE,
    ),
    Column(
        Register("charge_percent", 0, "state of charge", Unit.PERCENT, 0.1, absent=0xFFFF),
        0x1900,
        SOURCE,
    ),
    Column(
        Register("duty_percent", 0, "bypass duty in force", Unit.PERCENT, 0.5, absent=0xFFFF),
        0x1C00,
        SOURCE,
    ),
)

READ_BLOCKS: Final = (IDENTITY, STRING)

DEVICE: Final = Device(
    name=NAME,
    title="Web manager of our own map",
    maker=MAKER,
    role=Role.MANAGER,
    links=(Link.SERIAL, Link.RTU_OVER_TCP, Link.MODBUS_TCP),
    evidence=Evidence.OWN,
    source=SOURCE,
    gives=tuple(Quantity),
    also=(
        "equalization and target voltage of each string, string current, ripple current, room "
        "temperature, firmware version"
    ),
    blocks=READ_BLOCKS,
    columns=COLUMNS,
)
