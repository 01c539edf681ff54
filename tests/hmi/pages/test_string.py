"""What a browser says of the page of a string, right or odd."""

from __future__ import annotations

import pytest

from bacs_hmi.pages.string import looked_at, touched
from bacs_hmi.views import Look, Sort, View, ViewName

CELLS = 24
VIEW = View(ViewName.STRING, "ups-a/1")
ODD: list[object] = [None, {}, [], -1, 10**30, "x", True, float("nan"), [[1]]]


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("cell", [1, CELLS])
def test_a_cell_of_the_string_is_opened(cell: int, wide: bool) -> None:
    assert touched({"cell": cell, "wide": wide}, CELLS) == (cell, wide)


@pytest.mark.parametrize(
    "told",
    [
        *ODD,
        *({"cell": cell, "wide": True} for cell in (0, -3, CELLS + 1, 10**25, "7", True, 1.0)),
        {"cell": 3},
        {"cell": 3, "wide": "yes"},
    ],
)
def test_what_is_no_cell_of_the_string_is_ignored(told: object) -> None:
    assert touched(told, CELLS) is None


def test_what_the_browser_chose_stands_in_the_view() -> None:
    view = looked_at({"look": "table", "sort": "worst", "measure": "health"}, VIEW)
    assert view is not None
    assert (view.look, view.sort, view.part) == (Look.TABLE, Sort.WORST, "health")
    assert view.key == VIEW.key


@pytest.mark.parametrize(
    "told",
    [
        *ODD,
        {"look": "table", "sort": "number", "measure": "nonsense"},
        {"look": "x", "sort": "number", "measure": "voltage"},
        {"look": "table", "sort": "y", "measure": "voltage"},
        {"look": ["table"], "sort": "number", "measure": "voltage"},
        {"look": "table", "sort": "number"},
    ],
)
def test_what_is_no_choice_is_ignored(told: object) -> None:
    assert looked_at(told, VIEW) is None
