"""Echo, request counter and check keep out what Modbus's own CRC lets through."""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Iterator

import pytest
from hypothesis import given, strategies as st

from bacs_core.devices import guard, panel_manager, panel_module
from bacs_core.devices.panel_map import IDENTITY
from bacs_core.devices.registers import Block
from bacs_core.errors import DeclarationError, FrameError

BLOCK = panel_module.SLOW
VALUES = {"resistance_ohm": 0.0004, "charge_percent": 98.0, "module_temperature_c": 25.0}


def answer(unit: int = 7, counter: int = 0, block: Block = BLOCK) -> bytes:
    asked = guard.asked_address(block.address, counter)
    return block.encode(VALUES, unit=unit, asked=asked)


def test_the_check_is_the_published_code() -> None:
    # CRC-16/IBM-3740 of the digits, as catalogued; 0x31, 0x32, 0x3334 are unit, function, address.
    assert guard.check(0x31, 0x32, 0x3334, b"56789") == (0x29B1).to_bytes(2, "big")


def test_an_answer_is_read_under_each_request_counter() -> None:
    for counter in range(guard.COUNTERS):
        asked = guard.asked_address(BLOCK.address, counter)
        assert guard.register_address(asked) == BLOCK.address
        assert BLOCK.decode(answer(counter=counter), unit=7, asked=asked) == VALUES


@given(late=st.integers(1, 7), counter=st.integers(0, 7))
def test_an_answer_up_to_seven_requests_late_is_refused(late: int, counter: int) -> None:
    asked = guard.asked_address(BLOCK.address, counter + late)
    with pytest.raises(FrameError):
        BLOCK.decode(answer(counter=counter), unit=7, asked=asked)


def test_an_answer_of_another_unit_or_block_is_refused() -> None:
    with pytest.raises(FrameError):
        BLOCK.decode(answer(unit=8), unit=7)
    other = BLOCK.at(BLOCK.address + 0x40)
    with pytest.raises(FrameError):
        BLOCK.decode(answer(block=other), unit=7)


def test_an_echo_of_another_address_is_refused_even_where_the_check_fits() -> None:
    words = (BLOCK.address + 1).to_bytes(2, "big") + answer()[2:-2]
    payload = words + guard.check(7, guard.READ, BLOCK.address, words)
    with pytest.raises(FrameError):
        BLOCK.decode(payload, unit=7)


@given(bit=st.integers(0, 8 * 2 * BLOCK.count - 1))
def test_no_bit_of_an_answer_can_change(bit: int) -> None:
    changed = bytearray(answer())
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(FrameError):
        BLOCK.decode(bytes(changed), unit=7)


def test_a_guarded_block_is_never_read_without_its_guard() -> None:
    with pytest.raises(DeclarationError):
        BLOCK.decode(answer())
    with pytest.raises(DeclarationError):
        BLOCK.encode(VALUES)


def test_what_is_written_to_another_unit_or_register_is_no_order() -> None:
    order = panel_module.SET_IDENTIFY
    payload = order.encode({"blink_s": 30.0}, unit=7)
    assert order.decode(payload, unit=7) == {"blink_s": 30.0}
    with pytest.raises(FrameError):
        order.decode(payload, unit=8)
    with pytest.raises(FrameError):
        order.decode(payload, unit=7, asked=order.address + 1)


def bursts_that_modbus_lets_through(longest: int) -> Iterator[bytes]:
    """All multiples of its generator, at each place within a byte, as they change a frame."""
    generator = 0x18005
    for factor in range(1, 1 << longest - 16, 2):
        burst = 0
        for place in range(factor.bit_length()):
            burst ^= generator << place if factor >> place & 1 else 0
        length = burst.bit_length()
        for skipped in range(8):
            # The wire carries the lowest bit of each byte first.
            bits = [0] * skipped + [burst >> length - 1 - place & 1 for place in range(length)]
            number = sum(bit << place for place, bit in enumerate(bits))
            yield number.to_bytes((len(bits) + 7) // 8, "little")


def test_no_burst_up_to_24_bits_passes_both_checks() -> None:
    # A CRC is linear: a change passes where the code of the change alone is 0. The last bytes may
    # lie in the frame's own CRC, behind the check word.
    for change in bursts_that_modbus_lets_through(24):
        for within in (change, change[:-1], change[:-2]):
            assert crc_hqx(within, 0) != 0 or not any(within)


def test_a_page_of_another_request_unit_or_address_is_refused() -> None:
    column = panel_manager.COLUMNS[0]
    asked = guard.asked_address(column.page(130), 3)
    content = column.encode([2.267, None], 0.5)
    page = guard.sealed_answer(5, 3, asked, content)
    assert column.decode(page, unit=5, asked=asked) == (0.5, [2.267, None])
    for unit, address in ((6, asked), (5, column.page(130)), (5, column.page(0))):
        with pytest.raises(FrameError):
            column.decode(page, unit=unit, asked=address)
    with pytest.raises(FrameError):
        column.decode(page[:-3] + b"\0" + page[-2:], unit=5, asked=asked)


@pytest.mark.parametrize(
    "block",
    [
        IDENTITY,
        *panel_module.READ_BLOCKS,
        *panel_module.WRITE_BLOCKS,
        *panel_module.BROADCAST_BLOCKS,
    ],
    ids=lambda block: block.name,
)
def test_every_block_of_the_map_is_guarded_and_lies_below_the_request_counter(
    block: Block,
) -> None:
    assert block.guard is not guard.Guard.NONE
    assert block.address + block.count - 1 <= guard.LAST_ADDRESS
