"""Declarations decode what they encode, and refuse what cannot be true."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, strategies as st

from bacs_core.devices import panel_current_sensor, panel_manager, panel_module
from bacs_core.devices.panel_map import IDENTITY
from bacs_core.devices.registers import Block, Kind, Register, Unit
from bacs_core.errors import DeclarationError, FrameError

BLOCKS = (
    IDENTITY,
    panel_module.MEASUREMENT,
    panel_module.SLOW,
    panel_module.HOLD,
    panel_current_sensor.MEASUREMENT,
    panel_manager.STRING,
)
REGISTERS = [register for block in BLOCKS for register in block.registers] + [
    column.register for column in panel_manager.COLUMNS
]


@given(register=st.sampled_from(REGISTERS), data=st.data())
def test_every_raw_number_survives_decoding_and_encoding(
    register: Register, data: st.DataObject
) -> None:
    low, high = register.kind.bounds
    raw = data.draw(st.integers(low, high))
    assert register.raw(register.value(raw)) == raw


@given(register=st.sampled_from(REGISTERS), value=st.floats(-1e9, 1e9))
def test_no_number_is_encoded_as_absent_or_out_of_range(register: Register, value: float) -> None:
    low, high = register.kind.bounds
    raw = register.raw(value)
    assert low <= raw <= high
    assert raw != register.absent


def test_a_value_is_as_exact_as_its_scale() -> None:
    voltage = panel_module.MEASUREMENT.registers[1]
    assert voltage.value(2267) == 2.267
    temperature = panel_module.MEASUREMENT.registers[2]
    assert temperature.value(-53) == -5.3


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.name)
def test_a_block_of_another_length_is_refused(block: Block) -> None:
    with pytest.raises(FrameError):
        block.decode(bytes(2 * block.count - 2))
    with pytest.raises(FrameError):
        block.decode(bytes(2 * block.count + 2))


@pytest.mark.parametrize(
    ("count", "registers"),
    [
        (2, (Register("a", 0, ""), Register("b", 0, ""))),
        (2, (Register("a", 1, "", kind=Kind.U32),)),
        (2, (Register("a", 0, ""), Register("a", 1, ""))),
        (126, (Register("a", 0, ""),)),
    ],
)
def test_a_block_that_contradicts_itself_is_refused(
    count: int, registers: tuple[Register, ...]
) -> None:
    with pytest.raises(DeclarationError):
        Block("wrong", 0, count, registers, "test")


def test_an_absent_value_that_the_type_cannot_hold_is_refused() -> None:
    with pytest.raises(DeclarationError):
        Register("t", 0, "", Unit.CELSIUS, 0.1, Kind.S16, 0x8000)


def test_a_column_page_of_another_address_is_refused() -> None:
    column = panel_manager.COLUMNS[0]
    page = struct.pack(">HHHH", column.page(130), 5, 2267, 0xFFFF)
    assert column.decode(page, column.page(130)) == (0.5, [2.267, None])
    with pytest.raises(FrameError):
        column.decode(page, column.page(0))


def test_pages_cover_every_cell_once() -> None:
    for column in panel_manager.COLUMNS:
        pages = column.pages(512)
        assert [first for _, _, first in pages] == [0, 120, 240, 360, 480]
        assert sum(count - 2 for _, count, _ in pages) == 512
        assert all(count <= 125 for _, count, _ in pages)


def test_columns_do_not_overlap() -> None:
    ends = [column.page(511) + 122 for column in panel_manager.COLUMNS]
    starts = [column.address for column in panel_manager.COLUMNS]
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))


@given(
    duty=st.dictionaries(st.integers(1, 240), st.floats(0, 100), max_size=240),
    sequence=st.integers(1, 255),
)
def test_the_bypass_broadcast_never_orders_more_than_planned(
    duty: dict[int, float], sequence: int
) -> None:
    payload = panel_module.encode_bypass(sequence, 20.0, duty)
    assert len(payload) == 2 * panel_module.BYPASS_WORDS
    heard, lease_s, slots = panel_module.decode_bypass(payload)
    assert (heard, lease_s) == (sequence, 20.0)
    for unit in range(1, 241):
        ordered = slots[unit - 1] * panel_module.DUTY_STEP_PERCENT
        assert ordered <= duty.get(unit, 0.0) < ordered + panel_module.DUTY_STEP_PERCENT


@pytest.mark.parametrize(("unit", "duty"), [(0, 1.0), (241, 1.0), (1, 100.5), (1, -0.1)])
def test_a_duty_that_nobody_can_obey_is_refused(unit: int, duty: float) -> None:
    with pytest.raises(ValueError, match="cannot get duty"):
        panel_module.encode_bypass(1, 20.0, {unit: duty})
