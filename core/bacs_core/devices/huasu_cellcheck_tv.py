"""A battery module of Huasu's CELLCHECK TV series: voltage and temperature of one cell.

One module sits on each battery; a converter makes an RS485 line of their ports, on which every
module has a unit address of its own. The maker's register list numbers its registers from 400001,
which is how holding registers are written: function 3. 8 data bits, 1 stop bit, 9600 baud unless
changed.

The list names a format for resistance, but the TV variant has no register for it; nor has it a
bypass. Module address, baud rate, LED and reset can be written; this project does not write them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bacs_core.devices.device import Device, Evidence, Role
from bacs_core.devices.places import Check, Place, Question
from bacs_core.devices.registers import Block, Kind, Register, Unit
from bacs_core.model import Quantity, String
from bacs_core.settings import Link

NAME: Final = "huasu_cellcheck_tv"
SOURCE: Final = "Huasu: Modbus Protocol for CELLCHECK TV A24, register map"
SOURCE_ADDRESS: Final = (
    "http://huasu-tech.com:8069/slides/slide/modbus-protocol-for-cellcheck-tv-a24-33"
)
CHECK_EVERY_S: Final = 60.0
NOMINAL_VOLTAGES_V: Final = (2.0, 6.0, 12.0)

MEASUREMENT: Final = Block(
    name="measurement",
    address=0x0000,
    count=3,
    source=SOURCE,
    registers=(
        Register("firmware", 0, "firmware version, hexadecimal"),
        Register("voltage_v", 1, "cell voltage", Unit.VOLT, 0.001),
        Register(
            "temperature_c",
            2,
            "cell temperature, highest bit is the sign",
            Unit.CELSIUS,
            0.1,
            Kind.SIGN_MAGNITUDE_16,
        ),
    ),
)

ADDRESS: Final = Block(
    name="address",
    address=0x000E,
    count=1,
    source=SOURCE,
    registers=(Register("unit_address", 0, "own unit address"),),
)

MODULE_TYPE: Final = Block(
    name="module type",
    address=0x0012,
    count=1,
    source=SOURCE,
    registers=(Register("nominal_voltage_v", 0, "2, 6 or 12", Unit.VOLT),),
)


def refusal(strings: Sequence[String]) -> str | None:
    """Say why these modules cannot sit on the cells of these strings."""
    wrong = [string for string in strings if string.cell_voltage_v not in NOMINAL_VOLTAGES_V]
    return f"{NAME} exists for 2 V, 6 V and 12 V" if wrong else None


def questions(unit: int, string: String) -> tuple[Question, ...]:
    """Ask one module: who it is now and then, what it measures every round."""
    nominal_v = string.cell_voltage_v
    return (
        Question(
            ADDRESS,
            checks=(Check("unit_address", unit, "the module's own address"),),
            interval_s=CHECK_EVERY_S,
        ),
        Question(
            MODULE_TYPE,
            checks=(Check("nominal_voltage_v", nominal_v, "the module's nominal voltage"),),
            interval_s=CHECK_EVERY_S,
        ),
        Question(
            MEASUREMENT,
            (
                Place("voltage_v", Quantity.VOLTAGE),
                Place("temperature_c", Quantity.TEMPERATURE),
            ),
        ),
    )


DEVICE: Final = Device(
    name=NAME,
    title="CELLCHECK TV",
    maker="Huasu",
    role=Role.MODULE,
    links=(Link.SERIAL, Link.RTU_OVER_TCP),
    evidence=Evidence.PUBLISHED,
    source=f"{SOURCE}, {SOURCE_ADDRESS}",
    gives=(Quantity.VOLTAGE, Quantity.TEMPERATURE),
    without="resistance, charge, bypass: this variant has none",
    blocks=(MEASUREMENT, ADDRESS, MODULE_TYPE),
    baud=9600,
)
