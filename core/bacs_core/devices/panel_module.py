"""A battery module of our own map: one cell, one bypass.

Every block that is read starts with an echo word, `256 x unit address + sequence of the last bypass
broadcast obeyed`: it ties an answer to its request and shows a lost or foreign broadcast.
A module that hears no renewal of its lease switches its bypass off by itself.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final

from bacs_core.devices.panel_map import IDENTITY, MAX_MODULE_UNIT, SOURCE
from bacs_core.devices.registers import Access, Block, Kind, Register, Unit

NAME: Final = "panel_module"

ECHO: Final = Register("echo", 0, "256 x unit address + bypass sequence")

STATUS_BYPASS_ON: Final = 1 << 0
STATUS_HOT: Final = 1 << 1
STATUS_LEASE_EXPIRED: Final = 1 << 2
STATUS_MEASURING_RESISTANCE: Final = 1 << 3
STATUS_BITS: Final = {
    STATUS_BYPASS_ON: "bypass conducts",
    STATUS_HOT: "too hot, bypass reduced or off",
    STATUS_LEASE_EXPIRED: "bypass switched off because no renewal was heard",
    STATUS_MEASURING_RESISTANCE: "resistance measurement running",
}

MEASUREMENT: Final = Block(
    name="measurement",
    address=0x0010,
    count=6,
    source=SOURCE,
    registers=(
        ECHO,
        Register("voltage_v", 1, "cell voltage", Unit.VOLT, 0.001, absent=0xFFFF),
        Register(
            "temperature_c",
            2,
            "temperature at the negative pole",
            Unit.CELSIUS,
            0.1,
            Kind.S16,
            -0x8000,
        ),
        Register("duty_percent", 3, "bypass duty in force", Unit.PERCENT, 0.5, absent=0xFFFF),
        Register("status", 4, "status bits", symbols=STATUS_BITS),
        Register(
            "hold_sequence", 5, "sequence of the last hold obeyed; ties values to one instant"
        ),
    ),
)

SLOW: Final = Block(
    name="slow values",
    address=0x0020,
    count=3,
    source=SOURCE,
    registers=(
        ECHO,
        Register("resistance_ohm", 1, "internal resistance", Unit.OHM, 1e-6, absent=0xFFFF),
        Register("charge_percent", 2, "state of charge", Unit.PERCENT, 0.1, absent=0xFFFF),
    ),
)

#: Broadcast to unit 0. Duty in half percent, 8 bits per unit address, unit 1 in the first high
#: byte.
BYPASS_ADDRESS: Final = 0x0100
BYPASS_HEADER: Final = Block(
    name="bypass",
    address=BYPASS_ADDRESS,
    count=2,
    source=SOURCE,
    registers=(
        Register("sequence", 0, "1-255, then 1 again", access=Access.BROADCAST),
        Register(
            "lease_s", 1, "bypass ends unless renewed", Unit.SECOND, 0.1, access=Access.BROADCAST
        ),
    ),
)
BYPASS_WORDS: Final = BYPASS_HEADER.count + MAX_MODULE_UNIT // 2
DUTY_STEP_PERCENT: Final = 0.5

#: Broadcast to unit 0: pause all bypass, latch all measurements after the settling time, go on.
HOLD: Final = Block(
    name="hold",
    address=0x0180,
    count=2,
    source=SOURCE,
    registers=(
        Register("sequence", 0, "1-255, then 1 again", access=Access.BROADCAST),
        Register(
            "duration_s",
            1,
            "length of the pause, at most 1 s",
            Unit.SECOND,
            0.001,
            access=Access.BROADCAST,
        ),
    ),
)
MAX_HOLD_S: Final = 1.0

READ_BLOCKS: Final = (IDENTITY, MEASUREMENT, SLOW)
BROADCAST_BLOCKS: Final = (BYPASS_HEADER, HOLD)


def encode_bypass(sequence: int, lease_s: float, duty_percent: Mapping[int, float]) -> bytes:
    """Build the register bytes of the bypass broadcast; units not named get duty 0.

    Duty is rounded down to half percents: never more bypass than planned.
    """
    slots = bytearray(MAX_MODULE_UNIT)
    for unit, duty in duty_percent.items():
        if not 1 <= unit <= MAX_MODULE_UNIT or not 0 <= duty <= 100:  # noqa: PLR2004
            msg = f"unit {unit} cannot get duty {duty} %"
            raise ValueError(msg)
        slots[unit - 1] = int(duty / DUTY_STEP_PERCENT)
    return BYPASS_HEADER.encode({"sequence": sequence, "lease_s": lease_s}) + bytes(slots)


def decode_bypass(payload: bytes) -> tuple[int, float, bytes]:
    """Return (sequence, lease in seconds, duty in half percents per unit from unit 1 on)."""
    sequence, lease = struct.unpack_from(">HH", payload)
    return sequence, lease / 10, payload[2 * BYPASS_HEADER.count :]
