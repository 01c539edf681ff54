"""How the panel is set survives the program, and nothing odd in its file does harm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bacs_hmi.preferences import FILE_NAME, Palette, PreferenceBook, Preferences


def test_a_change_is_kept_for_the_next_start_and_told_to_who_listens(tmp_path: Path) -> None:
    book = PreferenceBook(tmp_path / "state")
    told: list[Preferences] = []
    leave = book.listen(lambda: told.append(book.now))
    book.change(language="de", palette=Palette.CLOCK, brightness_percent=40)
    book.change(brightness_percent=40)
    leave()
    book.change(dim_s=0)
    assert told == [Preferences(language="de", palette=Palette.CLOCK, brightness_percent=40)]
    again = PreferenceBook(tmp_path / "state").now
    assert again == book.now
    assert again.dim_s == 0
    assert [each.name for each in (tmp_path / "state").iterdir()] == [FILE_NAME]


@pytest.mark.parametrize(
    "changes",
    [
        {"brightness_percent": 9},
        {"brightness_percent": 101},
        {"brightness_percent": True},
        {"brightness_percent": 50.0},
        {"log_off_s": 0},
        {"palette": "pink"},
        {"language": "fr"},
        {"colour": "red"},
    ],
)
def test_what_cannot_be_set_is_refused_and_changes_nothing(
    changes: dict[str, object], tmp_path: Path
) -> None:
    book = PreferenceBook(tmp_path)
    with pytest.raises(ValueError, match=r"\w"):
        book.change(**changes)
    assert book.now == Preferences()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "[1]", "{", '"text"', "\x00"])
def test_a_file_that_cannot_be_read_leaves_everything_as_usual(
    content: str, tmp_path: Path
) -> None:
    (tmp_path / FILE_NAME).write_text(content)
    book = PreferenceBook(tmp_path)
    assert book.now == Preferences()
    book.change(language="de")
    assert PreferenceBook(tmp_path).now.language == "de"


def test_what_is_good_in_a_file_counts_and_the_rest_is_as_usual(tmp_path: Path) -> None:
    told = {"language": "de", "palette": "pink", "log_off_s": -1, "later": 1}
    (tmp_path / FILE_NAME).write_text(json.dumps(told))
    assert PreferenceBook(tmp_path).now == Preferences(language="de")


def test_a_folder_that_cannot_be_written_loses_no_change_before_the_end(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    book = PreferenceBook(tmp_path / "file" / "folder")
    book.change(language="de")
    assert book.now.language == "de"


@pytest.mark.parametrize(
    ("start", "end", "nights"),
    [(20, 6, {20, 23, 0, 5}), (1, 4, {1, 3}), (7, 7, set())],
)
def test_the_night_may_go_over_midnight(start: int, end: int, nights: set[int]) -> None:
    by_clock = Preferences(palette=Palette.CLOCK, night_from_h=start, night_to_h=end)
    days = {6, 12, 19} - nights
    assert {hour for hour in nights | days if by_clock.is_night(hour)} == nights
    assert Preferences(palette=Palette.NIGHT).is_night(12)
    assert not Preferences(palette=Palette.DAY).is_night(0)
