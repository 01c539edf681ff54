"""Serial numbers by place: learned once, and kept."""

from __future__ import annotations

import pytest

from bacs_core.commissioning import pins


def test_what_is_kept_comes_back() -> None:
    kept = {pins.cell("room/1", 3): 4711, pins.manager("ups-a"): 1, pins.sensor("room/1"): 0}
    assert pins.restore(kept) == (kept, None)


def test_before_the_first_start_nothing_is_wrong() -> None:
    assert pins.restore(None) == ({}, None)


@pytest.mark.parametrize(
    "kept",
    [
        [],
        "damaged",
        {"cell room/1:3": "4711"},
        {"cell room/1:3": -1},
        {"cell room/1:3": 2**32},
        {"cell room/1:3": True},
        {"cell room/1:3": None},
        {"door": 7},
        {"cell room/1:1": 5, "cell room/1:2": 1.5},
    ],
)
def test_damaged_memory_is_forgotten_as_a_whole_and_told(kept: object) -> None:
    forgotten, problem = pins.restore(kept)
    assert forgotten == {}
    assert problem is not None
    assert "forgotten" in problem


@pytest.mark.parametrize(
    ("numbers", "text"),
    [([], ""), ([4], "4"), ([3, 1, 2], "1-3"), ([1, 2, 4, 6, 7, 7], "1-2, 4, 6-7")],
)
def test_numbers_are_written_as_people_do(numbers: list[int], text: str) -> None:
    assert pins.spans(numbers) == text
