"""What is said of a cell of which nothing is wrong."""

from __future__ import annotations

from typing import cast

import pytest

from bacs_core.api.live import LiveString
from bacs_core.api.messages import StringScalars
from bacs_core.model import CellStatus, Quantity
from bacs_hmi.pages.cell_page.values import how_it_is
from tests.hmi.standin_engine import small_site


@pytest.mark.parametrize(
    ("columns", "status", "told"),
    [
        ({Quantity.TEMPERATURE: [None, 24.0]}, CellStatus.NORMAL, "cell_is_normal"),
        ({Quantity.TEMPERATURE: [24.0, None]}, CellStatus.NORMAL, "cell_is_unknown"),
        ({}, CellStatus.NORMAL, "cell_is_unknown"),
        ({}, CellStatus.SILENT, "cell_is_silent"),
    ],
)
def test_a_cell_without_any_value_is_not_called_good(
    columns: dict[Quantity, list[float | None]], status: CellStatus, told: str
) -> None:
    scalars = cast("StringScalars", None)
    mirror = LiveString(small_site().strings[0], scalars, columns, {}, [0, status])
    assert how_it_is(mirror, 1) == told
