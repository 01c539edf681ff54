"""What people want holds until they take it back or its time is over, also over a restart."""

from __future__ import annotations

import json

import pytest

from bacs_core import wishes
from bacs_core.model import EqualizationMode
from bacs_core.wishes import LONGEST_TEST_S, Wishes
from tests.core.equalization.build import a_string

STRINGS = {
    string.key: string
    for string in (
        a_string(24, manager_id="ups", number=1, module_type="C40"),
        a_string(4, manager_id="ups", number=2),
    )
}


def test_a_pause_ends_by_itself_and_one_without_an_end_only_by_a_person() -> None:
    wanted = Wishes().paused("ups/1", [], 100.0).paused("ups/2", [], None)
    assert set(wanted.at(99.0).pauses) == {"ups/1", "ups/2"}
    later = wanted.at(100.0)
    assert set(later.pauses) == {"ups/2"}
    assert later.resumed("ups/2", []).pauses == {}


def test_single_cells_pause_beside_their_string_and_end_one_by_one() -> None:
    wanted = Wishes().paused("ups/1", [3, 7], 100.0).paused("ups/1", [8], None)
    assert dict(wanted.cell_pauses["ups/1"]) == {3: 100.0, 7: 100.0, 8: None}
    assert wanted.pauses == {}
    assert dict(wanted.resumed("ups/1", [3]).cell_pauses["ups/1"]) == {7: 100.0, 8: None}
    assert dict(wanted.at(101.0).cell_pauses["ups/1"]) == {8: None}
    assert wanted.at(101.0).resumed("ups/1", [8]).cell_pauses == {}


def test_resuming_a_string_ends_the_pauses_of_its_cells_too() -> None:
    wanted = Wishes().paused("ups/1", [], None).paused("ups/1", [5], None)
    assert wanted.resumed("ups/1", []) == Wishes()
    assert wanted.resumed("ups/1", [5]).pauses == {"ups/1": None}


def test_a_test_ends_by_itself() -> None:
    wanted = Wishes().tested("ups/2", 50.0)
    assert wanted.at(49.0).testing == {"ups/2": 50.0}
    assert wanted.at(50.0).testing == {}
    assert wanted.tested("ups/2", None).testing == {}


def test_a_restart_forgets_nothing() -> None:
    wanted = (
        Wishes()
        .paused("ups/1", [], None)
        .paused("ups/2", [1, 4], 77.5)
        .in_mode("ups/2", EqualizationMode.TOP)
        .tested("ups/1", 99.0)
    )
    assert wishes.restore(json.loads(json.dumps(wanted.keep())), STRINGS) == wanted


def test_what_is_no_more_is_forgotten() -> None:
    wanted = Wishes().paused("gone/1", [], None).paused("ups/2", [4, 9], None)
    restored = wishes.restore(wanted.keep(), STRINGS)
    assert restored.pauses == {}
    assert dict(restored.cell_pauses["ups/2"]) == {4: None}


def test_a_mode_that_does_not_fit_what_hangs_there_now_is_forgotten() -> None:
    wanted = Wishes().in_mode("ups/1", EqualizationMode.TOP)
    wanted = wanted.in_mode("ups/2", EqualizationMode.PARTIAL)
    assert wishes.restore(wanted.keep(), STRINGS).modes == {}
    off = Wishes().in_mode("ups/1", EqualizationMode.OFF)
    assert wishes.restore(off.keep(), STRINGS) == off


def test_no_step_of_the_clock_makes_a_test_longer_than_a_day() -> None:
    wanted = Wishes().tested("ups/1", 50_000.0)
    assert wanted.shifted(-40_000.0).at(5_000.0).testing == {"ups/1": 10_000.0}
    assert Wishes().tested("ups/1", 3 * LONGEST_TEST_S).at(LONGEST_TEST_S).testing == {}


@pytest.mark.parametrize("kept", ["damaged", [], {"pauses": 3}, {"pauses": {"ups/1": 1e300}}])
def test_what_cannot_be_understood_pauses_every_string_for_good(kept: object) -> None:
    restored = wishes.restore(kept, STRINGS)
    assert restored.pauses == {"ups/1": None, "ups/2": None}


def test_a_first_start_pauses_nobody() -> None:
    assert wishes.restore(None, STRINGS) == Wishes()
