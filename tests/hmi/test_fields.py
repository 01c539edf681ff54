"""Numbers as people type them."""

from __future__ import annotations

import pytest

from bacs_hmi.fields import is_within, number_of, range_text
from bacs_hmi.texts import texts_of


@pytest.mark.parametrize(
    ("text", "decimals", "number"),
    [
        ("2.25", 2, 2.25),
        ("2,25", 2, 2.25),
        (" −3 ", 0, -3.0),
        ("-0,5", 1, -0.5),
        (".5", 1, 0.5),
        ("5.", 1, 5.0),
        ("2.251", 2, None),
        ("", 0, None),
        ("-", 0, None),
        (".", 1, None),
        ("1e5", 0, None),
        ("nan", 0, None),
        ("1.2.3", 3, None),
        ("1,234.5", 3, None),
        ("--1", 0, None),
        ("٣", 0, None),
        ("²", 0, None),
    ],
)
def test_a_number_is_read_with_point_or_comma_and_nothing_else_is_one(
    text: str, decimals: int, number: float | None
) -> None:
    assert number_of(text, decimals) == number


def test_the_bounds_are_allowed_and_none_is_no_bound() -> None:
    assert is_within(2.1, 2.1, 2.4)
    assert is_within(2.4, 2.1, 2.4)
    assert not is_within(2.0, 2.1, None)
    assert not is_within(3.0, None, 2.4)
    assert is_within(-9e9, None, None)


def test_the_range_is_said_with_unit_and_decimal_mark() -> None:
    german = texts_of("de")
    assert range_text(2.1, 2.4, "V", 2, german) == "von 2,10\u00a0V bis 2,40\u00a0V"
    assert range_text(1, None, "", 0, german) == "ab 1"
    assert range_text(None, 9, "", 0, texts_of("en")) == "up to 9"
    assert range_text(None, None, "", 0, german) == ""
