"""A device that does not exist, to copy: a monitor of one string of four cells with one probe.

Say here, in this order, what the device is, how it is reached, what its maker's document leaves
open, and what can be written although this project never does. docs/ADDING-A-DEVICE.md leads
through all steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bacs_core.devices.device import Device, Evidence, Role
from bacs_core.devices.places import Check, Place, Question, StringValue
from bacs_core.devices.registers import READ_INPUT_REGISTERS, Block, Kind, Register, Unit
from bacs_core.model import Quantity, String
from bacs_core.settings import Link, ManagerOptions

#: What the site file writes: `device = "example_monitor"`.
NAME: Final = "example_monitor"
#: Title, edition and page of the document, so that the next person can find every number again.
SOURCE: Final = "Example Instruments, monitor EM-4, Modbus description, edition 3, pages 7-8"
CELLS: Final = 4
SETUP_EVERY_S: Final = 60.0

# A block is what one request reads. Addresses count from 0, as on the wire; many documents count
# from 1 or write 40001 for it. Leave out what the document does not explain.
SETUP: Final = Block(
    name="setup",
    address=0x0000,
    count=1,
    source=SOURCE,
    function=READ_INPUT_REGISTERS,
    registers=(Register("cell_count", 0, "cells that are connected"),),
)

MEASUREMENT: Final = Block(
    name="measurement",
    address=0x0010,
    count=6,
    source=SOURCE,
    function=READ_INPUT_REGISTERS,
    registers=(
        # value = raw number x scale, in V, A, ohm, degrees Celsius and percent. `absent` is the raw
        # number that the document gives for "no value"; without one, every number counts.
        *(
            Register(
                f"voltage_v_{cell}",
                cell - 1,
                f"voltage of cell {cell}",
                Unit.VOLT,
                0.001,
                absent=0xFFFF,
            )
            for cell in range(1, CELLS + 1)
        ),
        # The name carries the unit. Positive current charges: turn the sign in a place of its own
        # only if the document says that the device sees it the other way round.
        Register("current_a", 4, "string current, + charges", Unit.AMPERE, 0.1, Kind.S16, -0x8000),
        Register("room_temperature_c", 5, "room", Unit.CELSIUS, 0.1, Kind.S16, -0x8000),
    ),
)


def refusal(strings: Sequence[String]) -> str | None:
    """Say why the device cannot be what a site file declares; left out where it can be anything."""
    if len(strings) != 1 or strings[0].cell_count > CELLS:
        return f"{NAME} watches one string of at most {CELLS} cells"
    return None


def questions(strings: Sequence[String], _options: ManagerOptions) -> tuple[Question, ...]:
    """Say what is asked how often, and which register means what.

    At least one question needs a check against the site file: it is asked before anything is
    believed. A slow one has an interval; the others are asked every round.
    """
    cells = strings[0].cell_count
    return (
        Question(
            SETUP,
            checks=(Check("cell_count", cells, "the number of cells"),),
            interval_s=SETUP_EVERY_S,
        ),
        Question(
            MEASUREMENT,
            (
                *(
                    Place(f"voltage_v_{cell}", Quantity.VOLTAGE, cell=cell)
                    for cell in range(1, cells + 1)
                ),
                Place("current_a", StringValue.CURRENT),
                Place("room_temperature_c", StringValue.ROOM_TEMPERATURE),
            ),
        ),
    )


# The row for documentation, site file and tests. `gives` are the quantities of cells; say in
# `without` what is missing and why, so that nobody looks for it.
DEVICE: Final = Device(
    name=NAME,
    title="EM-4",
    maker="Example Instruments",
    role=Role.MANAGER,
    links=(Link.SERIAL, Link.RTU_OVER_TCP),
    evidence=Evidence.PUBLISHED,
    source=SOURCE,
    gives=(Quantity.VOLTAGE,),
    also="string current, room temperature",
    without="temperature and resistance of cells: not measured",
    blocks=(SETUP, MEASUREMENT),
    baud=9600,
)
