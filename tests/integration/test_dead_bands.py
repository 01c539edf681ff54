from dataclasses import replace
from math import inf

import numpy as np
import pytest

from bacs_core.api.publication import DeadBands
from bacs_core.model import Quantity
from custom_components.bacs.dead_bands import NONE, DeadBand, dead_band, distance_bands
from custom_components.bacs.readings import UNAVAILABLE, UNKNOWN, Shown
from tests.integration.mirrors import KEY, MirroredSite

BAND = DeadBand(width=0.005)


@pytest.mark.parametrize("cell_voltage_v", [1.2, 2.0, 6.0, 12.0, 16.0])
@pytest.mark.parametrize("quantity", list(Quantity))
def test_the_bands_are_those_of_the_engine(quantity: Quantity, cell_voltage_v: float) -> None:
    string = replace(MirroredSite().live.strings[KEY].string, cell_voltage_v=cell_voltage_v)
    value = 3.0
    of_engine = DeadBands().of_cells(quantity, string, np.array([value]))
    band = dead_band(quantity, string)
    assert max(band.width, band.fraction * value) == pytest.approx(float(np.max(of_engine)))


def test_a_distance_is_counted_in_bands_of_what_is_shown() -> None:
    before, after = Shown(available=True, value=2.000), Shown(available=True, value=2.015)
    assert distance_bands(before, after, BAND) == pytest.approx(3.0)
    assert distance_bands(after, before, BAND) == pytest.approx(3.0)
    assert distance_bands(before, after, DeadBand(fraction=0.02)) == pytest.approx(0.375)
    assert distance_bands(before, before, NONE) == 0.0


@pytest.mark.parametrize(
    ("before", "after", "band"),
    [
        (None, Shown(available=True, value=2.0), BAND),
        (Shown(available=True, value=2.0), UNAVAILABLE, BAND),
        (UNKNOWN, Shown(available=True, value=2.0), BAND),
        (Shown(available=True, value="float"), Shown(available=True, value="boost"), BAND),
        (Shown(available=True, value=2.0), Shown(available=True, value=2.001), NONE),
        (
            Shown(available=True, value=2.0, attributes={"cell": 1}),
            Shown(available=True, value=2.001, attributes={"cell": 2}),
            BAND,
        ),
    ],
)
def test_whatever_is_no_number_that_moved_is_infinitely_far(
    before: Shown | None, after: Shown, band: DeadBand
) -> None:
    assert distance_bands(before, after, band) == inf
