"""Batteries that speak the SunSpec models 802-805: bank, strings, modules and their cells.

A device shows a marker at register 40000, 50000 or 0. Behind it follow models, each with its number
and its length, up to the number 0xFFFF. Which models a battery has, how many strings and modules,
and where, is found by walking that chain; nothing outside a model of this file is read.

Numbers are scaled by powers of ten that stand in the same model and never change. Names are those
of the models. The models do not say which sign the current of a discharge has; the current is given
only where the site file declares its scale, which says that it is positive while charging.

Switches and limits of the models can be written; this project does not write them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bacs_core.devices.device import Device, Evidence, Role
from bacs_core.devices.places import Check, Place, Question, StringValue
from bacs_core.devices.registers import MAX_READ_REGISTERS, Block, Kind, Register, Text, Unit
from bacs_core.model import Quantity, String
from bacs_core.reasons import reason
from bacs_core.settings import Link, ManagerOptions

NAME: Final = "sunspec_803"
SOURCE: Final = "sunspec/models 7abdf89, model_1.json and model_802.json to model_805.json"
SOURCE_ADDRESS: Final = (
    "https://github.com/sunspec/models/tree/7abdf8982d5364f8ae916deee18aac86c11be36d/json"
)

MARKER: Final = 0x53756E53
MARKER_ADDRESSES: Final = (40000, 50000, 0)
COMMON_MODEL: Final = 1
BATTERY_MODEL: Final = 802
BANK_MODEL: Final = 803
STRING_MODEL: Final = 804
MODULE_MODEL: Final = 805
END_OF_CHAIN: Final = 0xFFFF

_ABSENT: Final = {Kind.U16: 0xFFFF, Kind.S16: -0x8000, Kind.U32: 0xFFFFFFFF}


def _point(
    name: str,
    offset: int,
    label: str,
    power: str | None = None,
    kind: Kind = Kind.U16,
    unit: Unit = Unit.NONE,
) -> Register:
    absent = _ABSENT[kind]
    return Register(name, offset, label, unit, kind=kind, absent=absent, power=power)


def _power(name: str, offset: int) -> Register:
    return _point(name, offset, "power of ten", kind=Kind.S16)


START: Final = Block(
    "marker", MARKER_ADDRESSES[0], 2, (Register("marker", 0, '"SunS"', kind=Kind.U32),), SOURCE
)
_HEADER: Final = (Register("ID", 0, "model"), Register("L", 1, "registers that follow"))
HEADER: Final = Block("header", MARKER_ADDRESSES[0] + 2, 2, _HEADER, SOURCE)

COMMON: Final = Block(
    name="common",
    address=0,
    count=66,
    source=SOURCE,
    registers=_HEADER,
    texts=(Text("Vr", 42, 8, "firmware version"), Text("SN", 50, 16, "serial number")),
)

BATTERY: Final = Block(
    name="battery",
    address=0,
    count=64,
    source=SOURCE,
    registers=(
        *_HEADER,
        _point("ChaSt", 16, "3 discharging, 4 charging, 5 full, 6 holding"),
    ),
)
#: What the installer vouches with for the sign of the current, in ampere per ampere.
CURRENT_SCALE: Final = "current_scale_a"
DISCHARGING_CODE: Final = 3
CHARGING_CODE: Final = 4

BANK: Final = Block(
    name="bank",
    address=0,
    count=28,
    source=SOURCE,
    registers=(
        *_HEADER,
        _point("NStr", 2, "strings"),
        _point("NCellBal", 21, "cells being balanced"),
        _power("CellV_SF", 22),
        _power("A_SF", 24),
        _power("SoC_SF", 26),
    ),
)
BANK_STRING_WORDS: Final = 32

STRING: Final = Block(
    name="string",
    address=0,
    count=48,
    source=SOURCE,
    registers=(
        *_HEADER,
        _point("Idx", 2, "string, from 1"),
        _point("NMod", 3, "modules"),
        _point("NCellBal", 7, "cells being balanced"),
        _point("SoC", 8, "state of charge", "SoC_SF", unit=Unit.PERCENT),
        _point("A", 13, "current", "A_SF", Kind.S16, Unit.AMPERE),
        _point("V", 14, "voltage", "V_SF", unit=Unit.VOLT),
        _point("CellVAvg", 19, "mean cell voltage", "CellV_SF", unit=Unit.VOLT),
        _power("SoC_SF", 38),
        _power("A_SF", 41),
        _power("V_SF", 42),
        _power("CellV_SF", 43),
    ),
)
STRING_MODULE_WORDS: Final = 16

MODULE: Final = Block(
    name="module",
    address=0,
    count=44,
    source=SOURCE,
    registers=(
        *_HEADER,
        _point("StrIdx", 2, "string, from 1"),
        _point("ModIdx", 3, "module, from 1"),
        _point("NCell", 4, "cells"),
        _power("CellV_SF", 42),
        _power("Tmp_SF", 43),
    ),
)
CELL: Final = Block(
    name="cell",
    address=0,
    count=4,
    source=SOURCE,
    registers=(
        _point("CellV", 0, "cell voltage", "CellV_SF", unit=Unit.VOLT),
        _point("CellTmp", 1, "cell temperature", "Tmp_SF", Kind.S16, Unit.CELSIUS),
        _point("CellSt", 2, "bit 0: is balancing", kind=Kind.U32),
    ),
)
CELL_WORDS: Final = CELL.count
CELL_IS_BALANCING: Final = 1
_CELL_PLACES: Final = (
    ("CellV", Quantity.VOLTAGE, None),
    ("CellTmp", Quantity.TEMPERATURE, None),
    ("CellSt", StringValue.CELL_BYPASS, CELL_IS_BALANCING),
)
#: What is read of a model while the chain is walked.
HEADS: Final = {
    COMMON_MODEL: COMMON,
    BATTERY_MODEL: BATTERY,
    BANK_MODEL: BANK,
    STRING_MODEL: STRING,
    MODULE_MODEL: MODULE,
}
#: Words of a model that follow its fixed part, by the register that counts them.
_REPEATED: Final = {
    BANK_MODEL: ("NStr", BANK_STRING_WORDS),
    STRING_MODEL: ("NMod", STRING_MODULE_WORDS),
    MODULE_MODEL: ("NCell", CELL_WORDS),
}


@dataclass(frozen=True, slots=True)
class Model:
    """One model of a chain: where it stands and what its fixed part said."""

    address: int
    values: Mapping[str, float | None]

    @property
    def id(self) -> int:
        """The number of the model."""
        return self.number("ID")

    @property
    def next_address(self) -> int:
        """Where the next model begins."""
        return self.address + 2 + self.number("L")

    def is_at_least(self, head: Block) -> bool:
        """Whether the model is long enough to have this fixed part."""
        return self.number("L") >= head.count - HEADER.count

    def number(self, name: str) -> int:
        """Return a counting register; 0 where it is absent."""
        return int(self.values.get(name) or 0)


def disagreement(found: Sequence[Model], strings: Sequence[String]) -> str | None:
    """Say why the models of a device are not those of the battery that the site file describes."""
    for model in found:
        counter, words = _REPEATED.get(model.id, ("", 0))
        length = HEADS[model.id].count - 2 + words * model.number(counter)
        if words and model.number("L") != length:
            return f"model {model.id} at register {model.address} has a length that contradicts it"
    by_id = _by_id(found)
    if BANK_MODEL not in by_id:
        return f"no model {BANK_MODEL} (battery bank)"
    count = by_id[BANK_MODEL][0].number("NStr")
    if count != len(strings):
        return f"the number of strings is {count} instead of {len(strings)}"
    modules = _modules(found)
    for string in strings:
        numbers = [module.number("ModIdx") for module in modules[string.number]]
        if numbers != list(range(1, len(numbers) + 1)):
            return f"the modules of string {string.number} are not numbered 1 to {len(numbers)}"
        cells = sum(module.number("NCell") for module in modules[string.number])
        if modules[string.number] and cells != string.cell_count:
            return f"the cells of string {string.number} are {cells} instead of {string.cell_count}"
    return None


def questions(
    found: Sequence[Model], strings: Sequence[String], options: ManagerOptions
) -> tuple[Question, ...]:
    """Return what to ask a device with these models, so that every value finds its place."""
    by_id = _by_id(found)
    detailed = {model.number("Idx"): model for model in by_id.get(STRING_MODEL, [])}
    modules = _modules(found)
    asked: list[Question] = []
    batteries = [model for model in by_id.get(BATTERY_MODEL, []) if model.is_at_least(BATTERY)]
    asked += [_battery(model, strings) for model in batteries[:1]]
    for string in strings:
        if string.number in detailed:
            asked.append(_string(detailed[string.number], string, options))
        else:
            asked.append(_bank_string(by_id[BANK_MODEL][0], string, options))
        first_cell = 1
        for module in modules[string.number]:
            asked += _module(module, string, first_cell)
            first_cell += module.number("NCell")
    return tuple(asked)


def most_questions(strings: Sequence[String]) -> int:
    """Tell how many questions a battery of these strings can need at most."""
    return 1 + sum(1 + string.cell_count for string in strings)


def missing(strings: Sequence[String], options: ManagerOptions) -> tuple[str, ...]:
    """Say which values are absent because nobody has declared their scale."""
    if options.current_scale_a is not None:
        return ()
    return tuple(
        reason(
            "not_scaled", string=string.number, what=StringValue.CURRENT.value, scale=CURRENT_SCALE
        )
        for string in strings
    )


def _by_id(found: Sequence[Model]) -> dict[int, list[Model]]:
    models: dict[int, list[Model]] = defaultdict(list)
    for model in found:
        models[model.id].append(model)
    return dict(models)


def _modules(found: Sequence[Model]) -> dict[int, list[Model]]:
    """Return the modules of each string number, in their order."""
    modules: dict[int, list[Model]] = defaultdict(list)
    for model in found:
        if model.id == MODULE_MODEL:
            modules[model.number("StrIdx")].append(model)
    for row in modules.values():
        row.sort(key=lambda model: model.number("ModIdx"))
    return modules


def _factors(options: ManagerOptions) -> dict[str, float]:
    """Return the scale of the current where somebody vouches for its sign."""
    scale = options.current_scale_a
    return {} if scale is None else {CURRENT_SCALE: scale}


def _same(*names: str, model: Model) -> tuple[Check, ...]:
    """Let a model show again that it is the one that was found."""
    return tuple(
        Check(name, model.number(name), f"{name} at register {model.address}") for name in names
    )


def _battery(model: Model, strings: Sequence[String]) -> Question:
    places = tuple(
        Place("ChaSt", target, string.number, codes=(code,))
        for string in strings
        for target, code in (
            (StringValue.DISCHARGING, DISCHARGING_CODE),
            (StringValue.CHARGING, CHARGING_CODE),
        )
    )
    return Question(BATTERY.at(model.address), places, _same("ID", "L", model=model))


def _string(model: Model, string: String, options: ManagerOptions) -> Question:
    places = (
        Place("A", StringValue.CURRENT, string.number, factor=CURRENT_SCALE),
        Place("V", StringValue.SUM_VOLTAGE, string.number),
        Place("CellVAvg", StringValue.MEAN_VOLTAGE, string.number),
        Place("SoC", StringValue.CHARGE, string.number),
        Place("NCellBal", StringValue.EQUALIZING, string.number),
    )
    return Question(
        STRING.at(model.address),
        places,
        _same("ID", "L", "Idx", model=model),
        factors=_factors(options),
    )


def _bank_string(bank: Model, string: String, options: ManagerOptions) -> Question:
    """Ask for the row of one string in the bank; it has no model of its own."""
    number = string.number
    block = Block(
        name=f"bank string {number}",
        address=bank.address + BANK.count + BANK_STRING_WORDS * (number - 1),
        count=12,
        source=SOURCE,
        registers=(
            _point("StrSoC", 4, "state of charge", "SoC_SF", unit=Unit.PERCENT),
            _point("StrA", 6, "current", "A_SF", Kind.S16, Unit.AMPERE),
            _point("StrCellVAvg", 11, "mean cell voltage", "CellV_SF", unit=Unit.VOLT),
        ),
    )
    places = (
        Place("StrA", StringValue.CURRENT, number, factor=CURRENT_SCALE),
        Place("StrCellVAvg", StringValue.MEAN_VOLTAGE, number),
        Place("StrSoC", StringValue.CHARGE, number),
    )
    return Question(block, places, factors=_factors(options), powers=bank.values)


def _module(model: Model, string: String, first_cell: int) -> Iterator[Question]:
    """Read a module with as many cells as one transaction can carry, then the rest of them."""
    count = model.number("NCell")
    done = 0
    while done < count:
        head = MODULE.count if done == 0 else 0
        part = min((MAX_READ_REGISTERS - head) // CELL_WORDS, count - done)
        yield _cells(model, string, first_cell + done, done, part)
        done += part


def _cells(model: Model, string: String, first_cell: int, done: int, count: int) -> Question:
    head = MODULE.count if done == 0 else 0
    number = string.number
    block = Block(
        name=f"module {model.number('ModIdx')} of string {number} from cell {done + 1}",
        address=model.address + (0 if head else MODULE.count + CELL_WORDS * done),
        count=head + CELL_WORDS * count,
        source=SOURCE,
        registers=(
            *(MODULE.registers if head else ()),
            *(
                replace(point, name=f"{point.name}_{cell}", offset=point.offset + head + start)
                for cell, start in enumerate(range(0, CELL_WORDS * count, CELL_WORDS))
                for point in CELL.registers
            ),
        ),
    )
    places = tuple(
        Place(f"{point}_{cell}", target, number, first_cell + cell, mask)
        for cell in range(count)
        for point, target, mask in _CELL_PLACES
    )
    checks = _same("ID", "L", "StrIdx", "ModIdx", "NCell", model=model) if head else ()
    return Question(block, places, checks, powers={} if head else model.values)


DEVICE: Final = Device(
    name=NAME,
    title="SunSpec battery bank (models 802-805)",
    maker="any that follows SunSpec",
    role=Role.MANAGER,
    links=(Link.SERIAL, Link.RTU_OVER_TCP, Link.MODBUS_TCP),
    evidence=Evidence.PUBLISHED,
    source=f"{SOURCE}, {SOURCE_ADDRESS}",
    gives=(Quantity.VOLTAGE, Quantity.TEMPERATURE),
    also=(
        "mean voltage and charge of each string; with model 804 its voltage and number of cells "
        "being balanced, with 805 its cells; current where the site file vouches for its sign"
    ),
    without="resistance, duty; sign of the current: not stated by the models",
    blocks=(START, HEADER, COMMON, BATTERY, BANK, STRING, MODULE, CELL),
)
