"""docs/battery.md and the plots that `./dev docs` makes for it."""

from __future__ import annotations

import re
from typing import Final

from tests.processes import ROOT

PAGE: Final = ROOT / "docs" / "battery.md"
NAMED: Final = re.findall(r"\]\((?!https?:)([^)#]+)\)", PAGE.read_text(encoding="utf-8"))


def test_every_picture_and_page_that_the_battery_page_names_is_there() -> None:
    assert NAMED
    assert [name for name in NAMED if not (PAGE.parent / name).is_file()] == []


def test_the_battery_page_shows_every_plot_that_is_made_for_it() -> None:
    drawn = {path.name for path in (PAGE.parent / "pictures").glob("battery-*.svg")}
    assert drawn == {name.removeprefix("pictures/") for name in NAMED if name.endswith(".svg")}


def test_the_plots_carry_no_date_so_that_drawing_them_anew_changes_nothing() -> None:
    for path in (PAGE.parent / "pictures").glob("battery-*.svg"):
        assert "<dc:date>" not in path.read_text(encoding="utf-8"), path.name
