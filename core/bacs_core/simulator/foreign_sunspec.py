"""The chain of models of a simulated SunSpec battery, from its marker to its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from bacs_core.devices.places import Question
from bacs_core.devices.registers import READ_HOLDING_REGISTERS, Block
from bacs_core.devices.sunspec_battery import (
    BANK_MODEL,
    BANK_STRING_WORDS,
    BATTERY_MODEL,
    CELL_WORDS,
    COMMON,
    COMMON_MODEL,
    END_OF_CHAIN,
    HEADER,
    HEADS,
    MARKER,
    MARKER_ADDRESSES,
    MODULE_MODEL,
    START,
    STRING_MODEL,
    STRING_MODULE_WORDS,
    Model,
    questions,
)
from bacs_core.model import String
from bacs_core.settings import ManagerOptions
from bacs_core.simulator.foreign_table import Measure, Row, encoded

CELLS_PER_MODULE: Final = 16
#: The common model ends with the device address and a pad.
DEVICE_ADDRESS_WORDS: Final = 2
FIRMWARE_VERSION: Final = b"1.0"
_POWERS: Final = {
    "CellV_SF": -3.0,
    "V_SF": -1.0,
    "A_SF": -1.0,
    "SoC_SF": -1.0,
    "Tmp_SF": -1.0,
}


def sunspec_rows(strings: Sequence[String], options: ManagerOptions, measure: Measure) -> list[Row]:
    """Build all rows of a battery with these strings."""
    address = MARKER_ADDRESSES[0]
    rows = [_row(address, START.count, START.encode({"marker": MARKER}))]
    address += START.count
    models: list[Model] = []
    for model_id, counts, repeated in _models(strings):
        head = HEADS[model_id]
        known = {register.name for register in head.registers}
        values: dict[str, float | None] = {
            "ID": model_id,
            "L": head.count - HEADER.count + repeated,
            **{name: power for name, power in _POWERS.items() if name in known},
            **counts,
        }
        models.append(Model(address, values))
        address = models[-1].next_address
    asked = questions(models, strings, options)
    rows += [_model_row(model, asked, measure) for model in models]
    end = HEADER.encode({"ID": END_OF_CHAIN, "L": 0})
    return [*rows, _row(address, HEADER.count, end)]


def _models(strings: Sequence[String]) -> Iterator[tuple[int, dict[str, int], int]]:
    """Yield (model, its counting registers, words of its repeated part) of the whole chain."""
    yield COMMON_MODEL, {}, DEVICE_ADDRESS_WORDS
    yield BATTERY_MODEL, {}, 0
    yield BANK_MODEL, {"NStr": len(strings)}, BANK_STRING_WORDS * len(strings)
    for string in strings:
        starts = range(0, string.cell_count, CELLS_PER_MODULE)
        words = STRING_MODULE_WORDS * len(starts)
        yield STRING_MODEL, {"Idx": string.number, "NMod": len(starts)}, words
        for index, start in enumerate(starts, start=1):
            cells = min(CELLS_PER_MODULE, string.cell_count - start)
            counts = {"StrIdx": string.number, "ModIdx": index, "NCell": cells}
            yield MODULE_MODEL, counts, CELL_WORDS * cells


def _model_row(model: Model, asked: Sequence[Question], measure: Measure) -> Row:
    count = model.next_address - model.address
    inside = [
        question
        for question in asked
        if model.address <= question.block.address < model.next_address
    ]
    return Row(
        (READ_HOLDING_REGISTERS,),
        model.address,
        count,
        partial(_model_bytes, model, count, inside, measure),
    )


def _model_bytes(model: Model, count: int, asked: Sequence[Question], measure: Measure) -> bytes:
    # What the model has beyond the values shown here is absent: all ones.
    content = bytearray(b"\xff" * 2 * count)
    head = HEADS[model.id]
    _lay(content, model, head, head.encode(model.values))
    if model.id == COMMON_MODEL:
        for text in COMMON.texts:
            told = FIRMWARE_VERSION if text.name == "Vr" else b"1"
            content[2 * text.offset : 2 * (text.offset + text.words)] = told.ljust(
                2 * text.words, b"\0"
            )
    for question in asked:
        _lay(content, model, question.block, encoded(question, measure, model.values))
    return bytes(content)


def _lay(content: bytearray, model: Model, block: Block, payload: bytes) -> None:
    start = 0 if block is HEADS[model.id] else 2 * (block.address - model.address)
    content[start : start + len(payload)] = payload


def _row(address: int, count: int, content: bytes) -> Row:
    return Row((READ_HOLDING_REGISTERS,), address, count, lambda: content)
