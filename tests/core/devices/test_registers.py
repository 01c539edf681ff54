"""Declarations decode what they encode, and refuse what cannot be true."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from bacs_core.devices import (
    guard,
    panel_current_sensor,
    panel_environment_sensor,
    panel_manager,
    panel_module,
    panel_relay_box,
)
from bacs_core.devices.guard import Guard
from bacs_core.devices.registers import Block, Kind, Register, Text, Unit
from bacs_core.errors import DeclarationError, FrameError

BLOCKS = (
    *panel_module.READ_BLOCKS,
    *panel_module.WRITE_BLOCKS,
    *panel_module.BROADCAST_BLOCKS,
    *panel_current_sensor.READ_BLOCKS[1:],
    *panel_manager.READ_BLOCKS[1:],
    *panel_relay_box.READ_BLOCKS[1:],
    *panel_relay_box.WRITE_BLOCKS,
    *panel_environment_sensor.READ_BLOCKS[1:],
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
    named = {register.name: register for register in panel_module.MEASUREMENT.registers}
    assert named["voltage_v"].value(2267) == 2.267
    temperature = named["temperature_c"]
    assert temperature.value(-53) == -5.3


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.name)
def test_a_block_of_another_length_is_refused(block: Block) -> None:
    with pytest.raises(FrameError):
        block.decode(bytes(2 * block.count - 2), unit=1)
    with pytest.raises(FrameError):
        block.decode(bytes(2 * block.count + 2), unit=1)


@pytest.mark.parametrize(
    ("count", "registers"),
    [
        (2, (Register("a", 0, ""), Register("b", 0, ""))),
        (2, (Register("a", 1, "", kind=Kind.U32),)),
        (2, (Register("a", 0, ""), Register("a", 1, ""))),
        (126, (Register("a", 0, ""),)),
        (1, (Register("a", 0, "", kind=Kind.LOW_BYTE), Register("b", 0, ""))),
        (1, (Register("a", 0, "", kind=Kind.BIT),)),
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


@pytest.mark.parametrize(
    ("kind", "words", "raw"),
    [
        (Kind.U16, "ff38", 0xFF38),
        (Kind.S16, "ff38", -200),
        (Kind.SIGN_MAGNITUDE_16, "80c8", -200),
        (Kind.SIGN_MAGNITUDE_16, "00c8", 200),
        (Kind.HIGH_BYTE, "c87b", 200),
        (Kind.LOW_BYTE, "c87b", 123),
        (Kind.U32, "0001 0002", 0x10002),
        (Kind.S32, "ffff ff38", -200),
        (Kind.U32_LOW_FIRST, "0002 0001", 0x10002),
        (Kind.S32_LOW_FIRST, "ff38 ffff", -200),
    ],
)
def test_each_kind_reads_and_writes_its_bits(kind: Kind, words: str, raw: int) -> None:
    payload = bytes.fromhex(words)
    block = Block("one", 0, kind.words, (Register("a", 0, "", kind=kind),), "test")
    assert block.decode(payload) == {"a": raw}
    assert block.decode(block.encode({"a": raw})) == {"a": raw}


def test_two_bytes_share_a_register() -> None:
    registers = (
        Register("high", 0, "", kind=Kind.HIGH_BYTE, scale=0.5),
        Register("low", 0, "", kind=Kind.LOW_BYTE),
    )
    block = Block("bytes", 0, 1, registers, "test")
    assert block.encode({"high": 100.0, "low": 7}) == b"\xc8\x07"


def test_bits_are_read_lowest_first() -> None:
    registers = tuple(Register(f"bit_{n}", n, "", kind=Kind.BIT) for n in range(10))
    block = Block("bits", 0x1230, 10, registers, "test", function=1)
    values = block.decode(b"\x05\x02")
    assert [name for name, value in values.items() if value] == ["bit_0", "bit_2", "bit_9"]
    assert block.encode(values) == b"\x05\x02"
    with pytest.raises(FrameError):
        block.decode(b"\x05")


def test_a_power_of_ten_stands_in_the_block_or_comes_from_another_one() -> None:
    registers = (
        Register("voltage_v", 0, "", Unit.VOLT, power="v_sf"),
        Register("v_sf", 1, "", kind=Kind.S16, absent=-0x8000),
    )
    block = Block("scaled", 0, 2, registers, "test")
    assert block.decode(bytes.fromhex("021c fffe"))["voltage_v"] == 5.4
    assert block.decode(bytes.fromhex("021c 8000"))["voltage_v"] is None
    for beyond in ("0190", "feca", "7fff", "000b"):
        assert block.decode(bytes.fromhex(f"021c {beyond}"))["voltage_v"] is None
    alone = Block("scaled", 0, 1, registers[:1], "test")
    assert alone.decode(bytes.fromhex("021c"), powers={"v_sf": 1.0})["voltage_v"] == 5400
    assert alone.decode(bytes.fromhex("021c"))["voltage_v"] is None


def test_a_shifted_scale_is_read_and_written() -> None:
    kelvin = Register("t", 0, "", Unit.CELSIUS, 0.1, shift=-273.1)
    assert kelvin.value(2981) == pytest.approx(25.0)
    assert kelvin.raw(25.0) == 2981


def test_a_text_ends_with_its_padding() -> None:
    texts = (Text("serial", 1, 3, "serial number"),)
    block = Block("about", 0, 4, (Register("a", 0, ""),), "test", texts=texts)
    payload = b"\x00\x01AB12\x00\x00"
    assert block.decode_texts(payload) == {"serial": "AB12"}
    with pytest.raises(DeclarationError):
        Block("about", 0, 4, (Register("a", 2, ""),), "test", texts=texts)


def test_no_register_lies_on_a_guard_word() -> None:
    for offset, kind in ((0, Guard.ANSWER), (2, Guard.ANSWER), (2, Guard.ORDER)):
        with pytest.raises(DeclarationError):
            Block("wrong", 0, 3, (Register("a", offset, ""),), "test", guard=kind)


def test_pages_cover_every_cell_once() -> None:
    for column in panel_manager.COLUMNS:
        pages = column.pages(512)
        assert [first for _, _, first in pages] == [0, 120, 240, 360, 480]
        assert sum(count - 3 for _, count, _ in pages) == 512
        assert all(count <= 125 for _, count, _ in pages)


def test_columns_do_not_overlap() -> None:
    ends = [column.page(511) + 123 for column in panel_manager.COLUMNS]
    starts = [column.address for column in panel_manager.COLUMNS]
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))
    assert ends[-1] <= guard.LAST_ADDRESS + 1


@given(
    duty=st.dictionaries(st.integers(1, 240), st.floats(0, 100), max_size=240),
    sequence=st.integers(1, 255),
)
def test_the_bypass_broadcast_never_orders_more_than_planned(
    duty: dict[int, float], sequence: int
) -> None:
    payload = panel_module.encode_bypass(sequence, 20.0, duty)
    assert len(payload) == 2 * panel_module.BYPASS.count == 246
    heard, lease_s, slots = panel_module.decode_bypass(payload)
    assert (heard, lease_s) == (sequence, 20.0)
    for unit in range(1, 241):
        ordered = slots[unit - 1] * panel_module.DUTY_STEP_PERCENT
        assert ordered <= duty.get(unit, 0.0) < ordered + panel_module.DUTY_STEP_PERCENT


@pytest.mark.parametrize(("unit", "duty"), [(0, 1.0), (241, 1.0), (1, 100.5), (1, -0.1)])
def test_a_duty_that_nobody_can_obey_is_refused(unit: int, duty: float) -> None:
    with pytest.raises(ValueError, match="cannot get duty"):
        panel_module.encode_bypass(1, 20.0, {unit: duty})
