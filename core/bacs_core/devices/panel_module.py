"""A battery module of our own map: one cell, one bypass.

The measurement block repeats the sequence of the last bypass broadcast obeyed, which shows a lost
or foreign broadcast. A module that hears no renewal of its lease switches its bypass off by itself,
as it does where its electronics are too hot or its cell is too low.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final

from bacs_core.devices import guard
from bacs_core.devices.device import Device, Evidence, Role
from bacs_core.devices.guard import Guard
from bacs_core.devices.panel_map import IDENTITY, MAKER, MAX_MODULE_UNIT, SOURCE
from bacs_core.devices.registers import Access, Block, Kind, Register, Unit
from bacs_core.errors import FrameError
from bacs_core.model import Quantity
from bacs_core.settings import Link

NAME: Final = "panel_module"

STATUS_BYPASS_ON: Final = 1 << 0
STATUS_HOT: Final = 1 << 1
STATUS_LEASE_EXPIRED: Final = 1 << 2
STATUS_MEASURING_RESISTANCE: Final = 1 << 3
STATUS_CELL_LOW: Final = 1 << 4
STATUS_IDENTIFYING: Final = 1 << 5
STATUS_BITS: Final = {
    STATUS_BYPASS_ON: "bypass conducts",
    STATUS_HOT: "too hot, bypass reduced or off",
    STATUS_LEASE_EXPIRED: "bypass switched off because no renewal was heard",
    STATUS_MEASURING_RESISTANCE: "resistance measurement running",
    STATUS_CELL_LOW: "cell voltage too low or unknown, bypass off",
    STATUS_IDENTIFYING: "LED blinks to be found",
}

#: Duty in steps that fit into 8 bits.
DUTY_STEP_PERCENT: Final = 0.5
FULL_DUTY_STEPS: Final = 200

MEASUREMENT: Final = Block(
    name="measurement",
    address=0x0010,
    count=7,
    source=SOURCE,
    guard=Guard.ANSWER,
    registers=(
        Register("unit_address", 1, "own unit address", kind=Kind.HIGH_BYTE),
        Register(
            "bypass_sequence",
            1,
            "sequence of the last bypass broadcast obeyed, else 0",
            kind=Kind.LOW_BYTE,
        ),
        Register("voltage_v", 2, "cell voltage", Unit.VOLT, 0.001, absent=0xFFFF),
        Register(
            "temperature_c",
            3,
            "temperature at the negative pole",
            Unit.CELSIUS,
            0.1,
            Kind.S16,
            -0x8000,
        ),
        Register(
            "duty_percent",
            4,
            "bypass duty in force",
            Unit.PERCENT,
            DUTY_STEP_PERCENT,
            Kind.HIGH_BYTE,
            0xFF,
        ),
        Register(
            "hold_sequence",
            4,
            "sequence of the last hold obeyed; ties values to one instant",
            kind=Kind.LOW_BYTE,
        ),
        Register("status", 5, "status bits", symbols=STATUS_BITS),
    ),
)

SLOW: Final = Block(
    name="slow values",
    address=0x0020,
    count=5,
    source=SOURCE,
    guard=Guard.ANSWER,
    registers=(
        Register("resistance_ohm", 1, "internal resistance", Unit.OHM, 1e-6, absent=0xFFFF),
        Register("charge_percent", 2, "state of charge", Unit.PERCENT, 0.1, absent=0xFFFF),
        Register(
            "module_temperature_c",
            3,
            "temperature of the module's electronics",
            Unit.CELSIUS,
            0.1,
            Kind.S16,
            -0x8000,
        ),
    ),
)

_THRESHOLDS: Final = (
    Register(
        "module_temperature_high_c",
        1,
        "from here on no bypass, until 5 K below",
        Unit.CELSIUS,
        0.1,
        Kind.S16,
        access=Access.READ_WRITE,
    ),
    Register(
        "bypass_voltage_low_v",
        2,
        "below it no bypass",
        Unit.VOLT,
        0.001,
        access=Access.READ_WRITE,
    ),
    Register(
        "sleep_after_s",
        3,
        "sleeps after so long a silence of the line; 0 never",
        Unit.SECOND,
        access=Access.READ_WRITE,
    ),
)

#: What a module needs to be safe by itself; it keeps them without power.
THRESHOLDS: Final = Block("thresholds", 0x0030, 5, _THRESHOLDS, SOURCE, guard=Guard.ANSWER)
SET_THRESHOLDS: Final = THRESHOLDS.written("set thresholds")
HOT_RELEASE_K: Final = 5.0
#: A module refuses a higher threshold.
HIGHEST_THRESHOLD_C: Final = 85.0

#: Blinks the LED; the time left can be read.
IDENTIFY: Final = Block(
    "identify",
    0x0038,
    3,
    (
        Register(
            "blink_s",
            1,
            "seconds for which the LED blinks; 0 ends it",
            Unit.SECOND,
            access=Access.READ_WRITE,
        ),
    ),
    SOURCE,
    guard=Guard.ANSWER,
)
SET_IDENTIFY: Final = IDENTIFY.written("set identify")

#: Broadcast to unit 0. Duty in half percent, 8 bits per unit address, unit 1 in the first high
#: byte.
SLOT_WORDS: Final = MAX_MODULE_UNIT // 2
BYPASS: Final = Block(
    name="bypass",
    address=0x0100,
    count=2 + SLOT_WORDS + 1,
    source=SOURCE,
    guard=Guard.ORDER,
    registers=(
        Register("sequence", 0, "1-255, then 1 again", access=Access.BROADCAST),
        Register(
            "lease_s", 1, "bypass ends unless renewed", Unit.SECOND, 0.1, access=Access.BROADCAST
        ),
        *(
            Register(
                f"duty_{unit}",
                2 + (unit - 1) // 2,
                f"bypass duty of unit {unit}",
                Unit.PERCENT,
                DUTY_STEP_PERCENT,
                Kind.HIGH_BYTE if unit % 2 else Kind.LOW_BYTE,
                access=Access.BROADCAST,
            )
            for unit in range(1, MAX_MODULE_UNIT + 1)
        ),
    ),
)
BYPASS_ADDRESS: Final = BYPASS.address
_BYPASS_HEADER_BYTES: Final = 4

#: Broadcast to unit 0: pause all bypass, latch all measurements after the settling time, go on.
HOLD: Final = Block(
    name="hold",
    address=0x0180,
    count=3,
    source=SOURCE,
    guard=Guard.ORDER,
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

ADDRESSING_CLOSED: Final = 0
ADDRESSING_AUTOMATIC: Final = 1
ADDRESSING_MANUAL: Final = 2
ADDRESSING_MODES: Final = {
    ADDRESSING_CLOSED: "closed",
    ADDRESSING_AUTOMATIC: "automatic, along the chain",
    ADDRESSING_MANUAL: "manual, the module whose button is pressed",
}

#: Broadcast to unit 0: open or close addressing.
ADDRESSING: Final = Block(
    name="addressing",
    address=0x0190,
    count=3,
    source=SOURCE,
    guard=Guard.ORDER,
    registers=(
        Register(
            "mode", 0, "mode of addressing", symbols=ADDRESSING_MODES, access=Access.BROADCAST
        ),
        Register(
            "duration_s",
            1,
            "after so long the modules go on by themselves, at most 900 s",
            Unit.SECOND,
            access=Access.BROADCAST,
        ),
    ),
)
MAX_ADDRESSING_S: Final = 900.0

_NEW_ADDRESS: Final = (
    Register(
        "serial_number",
        0,
        "serial number of the module that is meant",
        kind=Kind.U32,
        access=Access.WRITE,
    ),
    Register("unit_address", 2, f"its new unit address, 1-{MAX_MODULE_UNIT}", access=Access.WRITE),
)

#: Written to unit 247: give the module whose turn it is an address.
ASSIGN: Final = Block("assign", 0x0194, 4, _NEW_ADDRESS, SOURCE, guard=Guard.ORDER)
#: Written to a module at the address it has: give it another one.
READDRESS: Final = Block("readdress", 0x0198, 4, _NEW_ADDRESS, SOURCE, guard=Guard.ORDER)

#: Seconds of activity on the line after which a sleeping module listens and answers again.
WAKE_AFTER_S: Final = 4.0
#: Activity with longer pauses than this does not wake anybody.
WAKE_PAUSE_S: Final = 2.0

READ_BLOCKS: Final = (IDENTITY, MEASUREMENT, SLOW, THRESHOLDS, IDENTIFY)
WRITE_BLOCKS: Final = (SET_THRESHOLDS, SET_IDENTIFY, ASSIGN, READDRESS)
BROADCAST_BLOCKS: Final = (BYPASS, HOLD, ADDRESSING)

DEVICE: Final = Device(
    name=NAME,
    title="Battery module of our own map",
    maker=MAKER,
    role=Role.MODULE,
    links=(Link.SERIAL, Link.RTU_OVER_TCP, Link.MODBUS_TCP),
    evidence=Evidence.OWN,
    source=SOURCE,
    gives=tuple(Quantity),
    also=(
        "bypass as a lease, hold, thresholds, addressing, LED to be found, firmware version, "
        "temperature of the electronics"
    ),
    blocks=(*READ_BLOCKS, *WRITE_BLOCKS, *BROADCAST_BLOCKS),
    read_only=False,
)


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
    header = struct.pack(">HH", sequence, round(10 * lease_s))
    return guard.sealed_order(0, BYPASS_ADDRESS, header + bytes(slots))


def decode_bypass(payload: bytes) -> tuple[int, float, bytes]:
    """Return (sequence, lease in seconds, duty in half percents per unit from unit 1 on).

    Raises `FrameError` where length or check word is wrong.
    """
    if len(payload) != 2 * BYPASS.count:
        msg = f"a bypass broadcast of {len(payload)} bytes"
        raise FrameError(msg, payload)
    guard.verify_order(payload, 0, BYPASS_ADDRESS)
    sequence, lease = struct.unpack_from(">HH", payload)
    return sequence, lease / 10, payload[_BYPASS_HEADER_BYTES : -guard.WORD_BYTES]
