"""A relay box of our own map: four inputs and four potential-free relays, for string breakers.

The contact of each relay is read back: what was ordered and what the contact does are two things.
A breaker's relay holds when nobody speaks to the box any more; the alarm relay drops out, since it
is switched with a lease.
"""

from __future__ import annotations

from typing import Final

from bacs_core.devices.device import Device, Evidence, Role
from bacs_core.devices.guard import Guard
from bacs_core.devices.panel_map import IDENTITY, MAKER, SOURCE
from bacs_core.devices.registers import Access, Block, Register, Unit
from bacs_core.settings import Link

NAME: Final = "panel_relay_box"

INPUTS: Final = 4
RELAYS: Final = 4

STATE: Final = Block(
    name="state",
    address=0x0010,
    count=6,
    source=SOURCE,
    guard=Guard.ANSWER,
    registers=(
        Register("inputs", 1, "bit 0 is input 1; 1 is closed"),
        Register("contacts", 2, "bit 0 is relay 1, read back at its contact; 1 is closed"),
        Register("ordered", 3, "bit 0 is relay 1, as it was last ordered; 1 is closed"),
        Register("lapsed", 4, "bit 0 is relay 1; 1: dropped out because its lease ended"),
    ),
)

#: What each relay does when it hears no renewal; the box keeps it without power.
LOSS: Final = Block(
    name="loss",
    address=0x0018,
    count=3,
    source=SOURCE,
    guard=Guard.ANSWER,
    registers=(
        Register(
            "drops_out",
            1,
            "bit 0 is relay 1; 1: opens when its lease ends, 0: holds for ever (breakers)",
            access=Access.READ_WRITE,
        ),
    ),
)
SET_LOSS: Final = LOSS.written("set loss")

#: Switch one relay; the others stay as they are.
SWITCH: Final = Block(
    name="switch",
    address=0x0020,
    count=4,
    source=SOURCE,
    guard=Guard.ORDER,
    registers=(
        Register("relay", 0, f"1-{RELAYS}", access=Access.WRITE),
        Register("closed", 1, "1 closes, 0 opens", access=Access.WRITE),
        Register(
            "lease_s",
            2,
            "a closed relay that drops out opens after it unless renewed; else without meaning",
            Unit.SECOND,
            0.1,
            access=Access.WRITE,
        ),
    ),
)

READ_BLOCKS: Final = (IDENTITY, STATE, LOSS)
WRITE_BLOCKS: Final = (SET_LOSS, SWITCH)

DEVICE: Final = Device(
    name=NAME,
    title="Relay box of our own map",
    maker=MAKER,
    role=Role.RELAY_BOX,
    links=(Link.SERIAL, Link.RTU_OVER_TCP, Link.MODBUS_TCP),
    evidence=Evidence.OWN,
    source=SOURCE,
    also=(
        f"{INPUTS} inputs, {RELAYS} relays with their contacts read back; each holds or drops out "
        "when communication is lost"
    ),
    blocks=(*READ_BLOCKS, *WRITE_BLOCKS),
    read_only=False,
)


def bits(word: float | None, count: int) -> tuple[bool | None, ...]:
    """Return the lowest bits of a word, the first one first; unknown where the word is."""
    if word is None:
        return (None,) * count
    return tuple(bool(int(word) >> place & 1) for place in range(count))
