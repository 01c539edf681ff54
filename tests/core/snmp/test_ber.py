"""BER as SNMP uses it; examples from X.690 and RFC 3417."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from bacs_core.errors import FrameError
from bacs_core.snmp import ber


@pytest.mark.parametrize(
    ("number", "encoded"),
    [(0, "020100"), (127, "02017f"), (128, "02020080"), (-1, "0201ff"), (-129, "0202ff7f")],
)
def test_an_integer_takes_as_few_bytes_as_it_needs(number: int, encoded: str) -> None:
    assert ber.integer(number).hex() == encoded
    assert ber.Reader(bytes.fromhex(encoded)).integer() == number


def test_a_name_is_written_in_groups_of_seven_bits() -> None:
    assert ber.oid("1.3.6.1.4.1.8072.3.512").hex() == "2b060104 01bf08 03 8400".replace(" ", "")


@given(st.integers(0, 70_000))
def test_contents_of_any_length_come_back(size: int) -> None:
    contents = bytes(size)
    reader = ber.Reader(ber.octets(contents))
    assert reader.octets() == contents
    reader.finish()


@pytest.mark.parametrize(
    "broken",
    [
        "02",  # no length
        "0204 0102",  # cut off
        "0280 01 0000",  # length not said
        "0285 0000000001 01",  # length of five bytes
        "0200",  # a number of no bytes
        "020a 00000000000000000000",  # a number of ten bytes
        "0401 00",  # something else
    ],
)
def test_what_is_no_proper_integer_is_refused(broken: str) -> None:
    with pytest.raises(FrameError):
        ber.Reader(bytes.fromhex(broken)).integer()


@pytest.mark.parametrize(
    ("encoded", "value"),
    [
        ("0202ff38", -200),
        ("4204 ffffffff", -1),
        ("4205 00ffffffff", 0xFFFFFFFF),
        ("4303 012345", 0x012345),
        ("0403 414243", b"ABC"),
        ("0500", None),
        ("8000", None),
        ("8100", None),
        ("8200", None),
    ],
)
def test_a_value_is_a_number_or_bytes_or_nothing(encoded: str, value: ber.Value) -> None:
    data = bytes.fromhex(encoded)
    assert ber.value(data, 0, len(data)) == value
