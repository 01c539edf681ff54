"""The backlight as Linux offers it, played by a folder with the same two files."""

from __future__ import annotations

from pathlib import Path

import pytest

from bacs_hmi.backlight import Backlight


def screen(folder: Path, highest: str = "255") -> Path:
    (folder / "max_brightness").write_text(f"{highest}\n")
    (folder / "brightness").write_text("255\n")
    return folder


@pytest.mark.parametrize(("percent", "level"), [(100, "255"), (40, "102"), (10, "26"), (0, "1")])
def test_a_percentage_becomes_a_level_of_the_screen(
    percent: int, level: str, tmp_path: Path
) -> None:
    backlight = Backlight(screen(tmp_path))
    assert backlight.works
    backlight.set(percent)
    assert (tmp_path / "brightness").read_text() == level


@pytest.mark.parametrize("highest", ["0", "-1", "many", ""])
def test_what_is_no_backlight_leaves_the_dimming_to_the_page(highest: str, tmp_path: Path) -> None:
    backlight = Backlight(screen(tmp_path, highest))
    assert not backlight.works
    backlight.set(50)
    assert (tmp_path / "brightness").read_text() == "255\n"


def test_a_backlight_that_goes_away_leaves_the_dimming_to_the_page(tmp_path: Path) -> None:
    backlight = Backlight(screen(tmp_path))
    (tmp_path / "brightness").unlink()
    (tmp_path / "brightness").mkdir()
    backlight.set(50)
    assert not backlight.works


def test_no_folder_is_no_error() -> None:
    backlight = Backlight(None)
    backlight.set(50)
    assert not backlight.works
