"""A lithium pack with a Seplos battery management system, version 3: up to 16 cells, one unit.

Registers are read with function 4, event bits as coils with function 1; 19200 baud, 8N1. Each pack
has the unit address that its switches set. Unit 0 is the pack that speaks for all others; on a line
of ours that number is the broadcast, so that it cannot be asked.

Recorded exchanges in the repository of the source show a negative current while the state is
"discharge".

The four cell temperatures are declared but not given to cells: no source says on which cells the
sensors sit. Limits and switches of the pack can be written; this project does not write them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bacs_core.devices.device import Device, Evidence, Role
from bacs_core.devices.places import Check, Place, Question, StringValue
from bacs_core.devices.registers import (
    READ_COILS,
    READ_INPUT_REGISTERS,
    Block,
    Kind,
    Register,
    Unit,
)
from bacs_core.model import Quantity, String
from bacs_core.settings import Link, ManagerOptions

NAME: Final = "seplos_v3"
SOURCE: Final = "XZH BMS Modbus-RTU Protocol V0.1, in syssi/esphome-seplos-bms dedb6bb, docs"
SOURCE_ADDRESS: Final = (
    "https://github.com/syssi/esphome-seplos-bms/tree/dedb6bb404330241f34a744bae1a128c14eb2e24/docs"
)
CELLS: Final = 16
SENSORS: Final = 4
SLOW_EVERY_S: Final = 60.0
#: Temperatures are in 0.1 K; the source subtracts 2731.5.
ZERO_C: Final = -273.15

PACK: Final = Block(
    name="pack",
    address=0x1000,
    count=17,
    source=SOURCE,
    function=READ_INPUT_REGISTERS,
    registers=(
        Register("sum_voltage_v", 0, "pack voltage", Unit.VOLT, 0.01),
        Register("current_a", 1, "current, + charges", Unit.AMPERE, 0.01, Kind.S16),
        Register("remaining_ah", 2, "remaining capacity, Ah", scale=0.01),
        Register("capacity_ah", 3, "total capacity, Ah", scale=0.01),
        Register("discharged_ah", 4, "discharged in all, Ah", scale=10.0),
        Register("charge_percent", 5, "state of charge", Unit.PERCENT, 0.1),
        Register("health_percent", 6, "state of health", Unit.PERCENT, 0.1),
        Register("cycles", 7, "cycles"),
        Register("mean_voltage_v", 8, "mean cell voltage", Unit.VOLT, 0.001),
        Register("mean_c", 9, "mean cell temperature", Unit.CELSIUS, 0.1, shift=ZERO_C),
        Register("highest_voltage_v", 10, "highest cell voltage", Unit.VOLT, 0.001),
        Register("lowest_voltage_v", 11, "lowest cell voltage", Unit.VOLT, 0.001),
        Register("highest_c", 12, "highest cell temperature", Unit.CELSIUS, 0.1, shift=ZERO_C),
        Register("lowest_c", 13, "lowest cell temperature", Unit.CELSIUS, 0.1, shift=ZERO_C),
        Register("discharge_limit_a", 15, "highest discharge current", Unit.AMPERE),
        Register("charge_limit_a", 16, "highest charge current", Unit.AMPERE),
    ),
)

CELL_VALUES: Final = Block(
    name="cells",
    address=0x1100,
    count=26,
    source=SOURCE,
    function=READ_INPUT_REGISTERS,
    registers=(
        *(
            Register(f"voltage_v_{n}", n - 1, f"voltage of cell {n}", Unit.VOLT, 0.001)
            for n in range(1, CELLS + 1)
        ),
        *(
            Register(
                f"sensor_c_{n}",
                CELLS + n - 1,
                f"cell temperature {n}; its cell is not published",
                Unit.CELSIUS,
                0.1,
                shift=ZERO_C,
            )
            for n in range(1, SENSORS + 1)
        ),
        Register("surroundings_c", 24, "surroundings", Unit.CELSIUS, 0.1, shift=ZERO_C),
        Register("power_c", 25, "power electronics", Unit.CELSIUS, 0.1, shift=ZERO_C),
    ),
)

#: Eight coils each from 0x1240 and 0x1248 on, after those of the cells.
_STATES: Final = ("discharging", "charging", "float_charging", "full", "standby", "turned_off")
_VOLTAGE_EVENTS: Final = (
    "cell_voltage_high",
    "cell_over_voltage_protection",
    "cell_voltage_low",
    "cell_under_voltage_protection",
    "pack_voltage_high",
    "pack_over_voltage_protection",
    "pack_voltage_low",
    "pack_under_voltage_protection",
)


def _coil(name: str, offset: int) -> Register:
    return Register(name, offset, name.replace("_", " "), kind=Kind.BIT)


EVENTS: Final = Block(
    name="events",
    address=0x1230,
    count=32,
    source=SOURCE,
    function=READ_COILS,
    registers=(
        *(_coil(f"equalization_{n}", n - 1) for n in range(1, CELLS + 1)),
        *(_coil(name, CELLS + place) for place, name in enumerate(_STATES)),
        *(_coil(name, CELLS + 8 + place) for place, name in enumerate(_VOLTAGE_EVENTS)),
    ),
)

CELL_COUNT: Final = Block(
    name="cell count",
    address=0x1301,
    count=1,
    source=SOURCE,
    function=READ_INPUT_REGISTERS,
    registers=(Register("cell_count", 0, "cells in series"),),
)


def refusal(strings: Sequence[String]) -> str | None:
    """Say why a pack cannot be these strings."""
    if len(strings) != 1 or strings[0].cell_count > CELLS:
        return f"a pack of {NAME} is one string of at most {CELLS} cells"
    return None


def questions(strings: Sequence[String], _options: ManagerOptions) -> tuple[Question, ...]:
    """Ask one pack: how many cells it has now and then, the rest every round."""
    cells = strings[0].cell_count
    return (
        Question(
            CELL_COUNT,
            checks=(Check("cell_count", cells, "the number of cells"),),
            interval_s=SLOW_EVERY_S,
        ),
        Question(
            PACK,
            (
                Place("sum_voltage_v", StringValue.SUM_VOLTAGE),
                Place("current_a", StringValue.CURRENT),
                Place("charge_percent", StringValue.CHARGE),
                Place("mean_voltage_v", StringValue.MEAN_VOLTAGE),
            ),
        ),
        Question(
            CELL_VALUES,
            (
                *(Place(f"voltage_v_{n}", Quantity.VOLTAGE, cell=n) for n in range(1, cells + 1)),
                Place("surroundings_c", StringValue.ROOM_TEMPERATURE),
            ),
        ),
        Question(EVENTS, tuple(_event_places(cells))),
    )


def _event_places(cells: int) -> Iterator[Place]:
    for cell in range(1, cells + 1):
        yield Place(f"equalization_{cell}", StringValue.CELL_BYPASS, cell=cell)
    yield Place("discharging", StringValue.DISCHARGING)
    yield Place("charging", StringValue.CHARGING)
    yield Place("float_charging", StringValue.FLOAT_CHARGING)


DEVICE: Final = Device(
    name=NAME,
    title="Seplos BMS, version 3",
    maker="Seplos",
    role=Role.MANAGER,
    links=(Link.SERIAL, Link.RTU_OVER_TCP),
    evidence=Evidence.PUBLISHED,
    source=f"{SOURCE}, {SOURCE_ADDRESS}",
    gives=(Quantity.VOLTAGE,),
    also=(
        "pack voltage and current, charge, mean voltage, temperature of the surroundings, which "
        "cells are being equalized, state"
    ),
    without=(
        "temperature of single cells (four sensors, of which no source says where they sit), "
        "resistance, duty; unit 0"
    ),
    blocks=(PACK, CELL_VALUES, EVENTS, CELL_COUNT),
    baud=19200,
)
