"""How numbers, ages and quantities become text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st

from bacs_core.model import Quantity
from bacs_hmi.format import ABSENT, SHOWN, Numbers, age

ENGLISH, GERMAN = Numbers("."), Numbers(",")


def test_german_has_a_decimal_comma_and_english_a_point() -> None:
    assert GERMAN.text(2.2658, 3) == "2,266"
    assert ENGLISH.text(2.2658, 3) == "2.266"


def test_a_negative_number_has_a_real_minus_sign() -> None:
    assert ENGLISH.text(-12.34, 1) == "−12.3"


def test_what_rounds_to_zero_has_no_sign() -> None:
    assert ENGLISH.text(-0.04, 1) == "0.0"


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_a_value_that_is_not_there_is_a_dash_without_a_unit(value: float | None) -> None:
    assert ENGLISH.with_unit(value, 1, "A") == ABSENT


@given(st.floats(-1e6, 1e6), st.integers(0, 3))
def test_any_number_has_exactly_the_decimals_asked_for(value: float, decimals: int) -> None:
    text = GERMAN.text(value, decimals)
    fraction = rf",\d{{{decimals}}}" if decimals else ""
    assert re.fullmatch(rf"−?\d+{fraction}", text)


def test_small_cells_are_shown_to_the_millivolt_and_large_ones_are_not() -> None:
    shown = SHOWN[Quantity.VOLTAGE]
    assert shown.text(ENGLISH, 2.2654, 2.0) == "2.265\u00a0V"
    assert shown.text(ENGLISH, 13.5649, 12.0) == "13.56\u00a0V"


def test_resistance_is_shown_in_milliohm() -> None:
    assert SHOWN[Quantity.RESISTANCE].text(GERMAN, 0.00045, 2.0) == "0,450\u00a0mΩ"


@pytest.mark.parametrize(
    ("age_s", "text"),
    [
        (0.4, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1.0 h"),
        (86399, "23.9 h"),
        (86400, "1 d"),
        (-3, "0 s"),
    ],
)
def test_an_age_is_told_in_its_largest_unit(age_s: float, text: str) -> None:
    assert age(ENGLISH, age_s).replace("\u00a0", " ") == text


def test_an_unknown_age_is_a_dash() -> None:
    assert age(ENGLISH, None) == ABSENT
