"""Columns arrive in the browser as they were, to the step."""

from __future__ import annotations

import struct
from base64 import b64decode
from math import inf, nan

from bacs_hmi.charts.packing import NONE, packed


def read(text: str) -> list[int]:
    raw = b64decode(text)
    return list(struct.unpack(f"<{len(raw) // 4}i", raw))


def test_values_travel_in_whole_steps() -> None:
    assert read(packed([2.2514, -0.353, 0.0], 1000)) == [2251, -353, 0]


def test_what_is_not_there_is_no_number() -> None:
    assert read(packed([None, nan, inf, 1.0], 10)) == [NONE, NONE, NONE, 10]


def test_a_value_that_is_too_large_is_cut_and_never_taken_for_none() -> None:
    assert read(packed([1e12, -1e12], 1000)) == [2**31 - 1, NONE + 1]
