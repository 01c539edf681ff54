"""The real web manager through Modbus: what its makers have published, and no more.

Registers 1000-1004 and 1010-1058 and the names of the flags stand in the register list and the flag
list of an OEM edition of the product; the UPS part 97-150 in the list "for all products" of the
CS141 manual, with addresses from a published monitoring template. Addresses count from 0. The
device answers functions 3 and 4 alike; it is asked with 3 and never written to.

Not published, and therefore not here: how many ampere or volt one count of a string register is
(the installer says it in the site file), strings 11-16, bits 0x4000 and 0x8000 of the general
status, all bits of 1001 and 1002, and every register of a single module. An installer who knows a
block of modules from elsewhere may declare it; what comes from it is marked unverified.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bacs_core.devices.device import Device, Evidence, Role
from bacs_core.devices.places import Check, Place, Question, StringValue
from bacs_core.devices.registers import MAX_READ_REGISTERS, Block, Kind, Register, Unit
from bacs_core.model import Quantity, String
from bacs_core.settings import Link, ManagerOptions, ModuleBlock

NAME: Final = "bacs_manager"
SOURCE: Final = (
    "EcoStruxure Battery Management System user guide DD00594044: Modbus read registers, "
    "alarm flag descriptions"
)
SOURCE_ADDRESS: Final = (
    "https://www.productinfo.schneider-electric.com/ecostruxurebms_guides/"
    "dd00594044-ecostruxure-battery-management-system-user-guide/English/"
    "EcoStruxureBMS_User_Guide_DD00594044.XML.xml/$/"
    "EcoStruxureBMS_Modbus_Read_Registers_Function_Calls_03_04_DD00594000.XML"
)
SOURCE_UPS: Final = (
    "CS141 manual, Modbus part, list for all products; addresses: zabbix/community-templates "
    "640b659, template_ups_cs141_modbus_default.yaml"
)
SOURCE_INSTALLER: Final = "declared by the installer, unverified"

RUNNING: Final = 0x0001
DISCHARGING: Final = 0x0008
CHARGING: Final = 0x0010
FLOAT_CHARGING: Final = 0x0040
EQUALISATION: Final = 0x0080
#: Bits 0x4000 and 0x8000 are used by no readable source.
GENERAL_STATUS_BITS: Final = {
    RUNNING: "running",
    0x0002: "connecting and starting up",
    0x0004: "module lost",
    DISCHARGING: "discharging",
    CHARGING: "charging",
    0x0020: "discharging stopped",
    FLOAT_CHARGING: "float charging",
    EQUALISATION: "equalisation",
    0x0100: "system failure",
    0x0200: "voltage out of range",
    0x0400: "temperature out of range",
    0x0800: "resistance out of range",
    0x1000: "modules are being addressed",
    0x2000: "a module is being searched for",
}

GENERAL: Final = Block(
    name="general",
    address=1000,
    count=5,
    source=SOURCE,
    registers=(
        Register("general_status", 0, "general status flags", symbols=GENERAL_STATUS_BITS),
        Register("battery_status", 1, "battery status flags; bits not published"),
        Register("alarm_flags", 2, "alarm flags; bits not published"),
        Register("string_count", 3, "strings in the setup"),
        Register("module_count", 4, "modules in the setup"),
    ),
)

FIRST_STRING: Final = 1010
STRING_STRIDE: Final = 5
#: The registers of strings 11-16 are in a second section, of which no address is published.
PUBLISHED_STRINGS: Final = 10
_STRING_ROW: Final = (
    ("current", "DC current", StringValue.CURRENT),
    ("sum_voltage", "total voltage", StringValue.SUM_VOLTAGE),
    ("mean_voltage", "average voltage", StringValue.MEAN_VOLTAGE),
    ("ac_current", "AC current, RMS", StringValue.AC_CURRENT),
)
CURRENT_SCALE: Final = "current_scale_a"
VOLTAGE_SCALE: Final = "voltage_scale_v"
_SCALED_BY: Final = {
    StringValue.CURRENT: CURRENT_SCALE,
    StringValue.AC_CURRENT: CURRENT_SCALE,
    StringValue.SUM_VOLTAGE: VOLTAGE_SCALE,
    StringValue.MEAN_VOLTAGE: VOLTAGE_SCALE,
}


def strings_block(count: int) -> Block:
    """Return the block of strings 1 to `count` (at most 10); every fifth register is reserved."""
    return Block(
        name="strings",
        address=FIRST_STRING,
        count=STRING_STRIDE * count - 1,
        source=SOURCE,
        registers=tuple(
            Register(
                f"{name}_{number}",
                STRING_STRIDE * (number - 1) + offset,
                f"{label} of string {number}, scale not published",
                kind=Kind.S16,
            )
            for number in range(1, count + 1)
            for offset, (name, label, _) in enumerate(_STRING_ROW)
        ),
    )


STRINGS: Final = strings_block(PUBLISHED_STRINGS)

#: In the order of the well-known alarms of RFC 1628, from register 115 on.
_UPS_ALARMS: Final = (
    "battery_bad",
    "on_battery",
    "battery_low",
    "battery_depleted",
    "over_temperature",
    "input_bad",
    "output_bad",
    "output_overload",
    "on_bypass",
    "bypass_bad",
    "output_off_as_requested",
    "ups_off_as_requested",
    "charger_failed",
    "output_off",
    "system_off",
    "fan_failure",
    "fuse_failure",
    "general_fault",
    "diagnostic_test_failed",
    "communication_lost",
    "awaiting_power",
    "shutdown_pending",
    "shutdown_imminent",
    "test_in_progress",
)
UPS_STATUS_BITS: Final = {
    0x0001: "bypass mode",
    0x0004: "output active",
    0x0008: "on battery",
    0x0100: "overload",
    0x0200: "inverter failure",
    0x2000: "general alarm",
}
_PHASES: Final = (1, 2, 3)

#: The scale of the analog values is not certain; they are shown as raw numbers.
UPS: Final = Block(
    name="ups",
    address=97,
    count=54,
    source=SOURCE_UPS,
    registers=(
        *(Register(f"output_voltage_{n}", n - 1, f"output voltage, phase {n}") for n in _PHASES),
        *(Register(f"output_load_{n}", n + 2, f"output load, phase {n}") for n in _PHASES),
        Register("battery_charge", 6, "battery capacity"),
        *(
            Register(f"input_voltage_{n}", n + 6, f"input voltage, phase {n}", kind=Kind.S16)
            for n in _PHASES
        ),
        Register("temperature", 10, "temperature", kind=Kind.S16),
        Register("autonomy", 11, "autonomy time, minutes", kind=Kind.S16),
        Register("status", 12, "UPS status", symbols=UPS_STATUS_BITS),
        Register("battery_voltage", 13, "battery voltage", kind=Kind.S16),
        *(Register(f"input_frequency_{n}", n + 13, f"input frequency, phase {n}") for n in _PHASES),
        Register("power_failures", 17, "power failures counted"),
        *(
            Register(name, 18 + place, f"alarm: {name.replace('_', ' ')}")
            for place, name in enumerate(_UPS_ALARMS)
        ),
        *(Register(f"aux_{n}", 41 + n, f"AUX port {n}") for n in range(1, 5)),
        *(Register(f"sensor_{n}", 45 + n, f"sensor {n}") for n in range(1, 9)),
    ),
)
UPS_EVERY_S: Final = 10.0
SLOW_EVERY_S: Final = 60.0
_SLOW: Final = (Quantity.RESISTANCE, Quantity.CHARGE)
_UNITS: Final = {
    Quantity.VOLTAGE: Unit.VOLT,
    Quantity.TEMPERATURE: Unit.CELSIUS,
    Quantity.RESISTANCE: Unit.OHM,
    Quantity.CHARGE: Unit.PERCENT,
    Quantity.DUTY: Unit.PERCENT,
}


def questions(strings: Sequence[String], options: ManagerOptions) -> tuple[Question, ...]:
    """Ask for the general block every round, and for as many strings as the site file has."""
    published = min(len(strings), PUBLISHED_STRINGS)
    asked = [
        Question(GENERAL, tuple(_flags(strings)), tuple(_checks(strings))),
        Question(
            strings_block(published), tuple(_string_places(published)), factors=_factors(options)
        ),
    ]
    if options.ups:
        asked.append(Question(UPS, interval_s=UPS_EVERY_S))
    if options.module_block is not None:
        asked += _module_questions(strings, options.module_block)
    return tuple(asked)


def _factors(options: ManagerOptions) -> dict[str, float]:
    given = {CURRENT_SCALE: options.current_scale_a, VOLTAGE_SCALE: options.voltage_scale_v}
    return {name: scale for name, scale in given.items() if scale is not None}


def _checks(strings: Sequence[String]) -> Iterator[Check]:
    # All flags clear is the published way to say so.
    yield Check("general_status", None, "the manager's internal communication is interrupted")
    yield Check("string_count", len(strings), "the number of strings")
    cells = sum(string.cell_count for string in strings)
    yield Check("module_count", cells, "the number of modules")


def _flags(strings: Sequence[String]) -> Iterator[Place]:
    """The flags are those of the whole manager; each string shows them."""
    for target, mask in (
        (StringValue.EQUALIZING, EQUALISATION),
        (StringValue.DISCHARGING, DISCHARGING),
        (StringValue.CHARGING, CHARGING),
        (StringValue.FLOAT_CHARGING, FLOAT_CHARGING),
    ):
        for string in strings:
            yield Place("general_status", target, string.number, mask=mask)


def _string_places(count: int) -> Iterator[Place]:
    for number in range(1, count + 1):
        for name, _, target in _STRING_ROW:
            yield Place(f"{name}_{number}", target, number, factor=_SCALED_BY[target])


def _module_questions(strings: Sequence[String], declared: ModuleBlock) -> Iterator[Question]:
    """Read the declared block in portions that one transaction can carry; slow values apart."""
    cells = [(string.number, cell + 1) for string in strings for cell in range(string.cell_count)]
    for offsets, interval_s in _groups(declared):
        span = max(offsets.values()) - min(offsets.values()) + 1
        per_read = (MAX_READ_REGISTERS - span) // declared.stride + 1
        for start in range(0, len(cells), per_read):
            part = cells[start : start + per_read]
            yield _module_question(declared, offsets, start, part, interval_s)


def _groups(declared: ModuleBlock) -> Iterator[tuple[dict[Quantity, int], float | None]]:
    """Group the quantities that one request can read together, with how often they are read."""
    for slow, interval_s in ((False, None), (True, SLOW_EVERY_S)):
        offsets = {
            Quantity(name): offset
            for name, offset in declared.offsets.items()
            if (name in _SLOW) is slow
        }
        if not offsets:
            continue
        span = max(offsets.values()) - min(offsets.values()) + 1
        distinct = len(set(offsets.values())) == len(offsets)
        if distinct and span <= min(declared.stride, MAX_READ_REGISTERS):
            yield offsets, interval_s
        else:
            # Each quantity is a column of its own.
            for quantity, offset in offsets.items():
                yield {quantity: offset}, interval_s


def _module_question(
    declared: ModuleBlock,
    offsets: dict[Quantity, int],
    start: int,
    cells: Sequence[tuple[int, int]],
    interval_s: float | None,
) -> Question:
    first = min(offsets.values())
    span = max(offsets.values()) - first + 1
    rows = [
        (quantity, declared.stride * place + offset - first, number, cell)
        for place, (number, cell) in enumerate(cells)
        for quantity, offset in offsets.items()
    ]
    block = Block(
        name=f"{', '.join(offsets)} from cell {start + 1}",
        address=declared.address + declared.stride * start + first,
        count=declared.stride * (len(cells) - 1) + span,
        source=SOURCE_INSTALLER,
        function=declared.function,
        registers=tuple(
            Register(
                f"{quantity}_{number}_{cell}",
                offset,
                f"{quantity} of string {number}, cell {cell}",
                _UNITS[quantity],
                declared.scales[quantity],
                Kind.S16 if quantity in declared.signed else Kind.U16,
            )
            for quantity, offset, number, cell in rows
        ),
    )
    places = tuple(
        Place(f"{quantity}_{number}_{cell}", quantity, number, cell)
        for quantity, _, number, cell in rows
    )
    return Question(block, places, interval_s=interval_s)


DEVICE: Final = Device(
    name=NAME,
    title="BACS web manager (Modbus)",
    maker="GENEREX and its OEMs",
    role=Role.MANAGER,
    links=(Link.SERIAL, Link.RTU_OVER_TCP, Link.MODBUS_TCP),
    evidence=Evidence.UNVERIFIED,
    source=f"{SOURCE}, {SOURCE_ADDRESS}",
    also=(
        "state (float charge, charge, discharge, equalisation), numbers of strings and modules; "
        "current, AC current, total and mean voltage of strings 1-10 where the site file gives "
        "their scale; UPS values as raw numbers; cells where the installer declares their block"
    ),
    without=(
        "values of cells, charge and duty, strings 11-16, meaning of registers 1001 and 1002: "
        "not published"
    ),
    blocks=(GENERAL, STRINGS, UPS),
)
