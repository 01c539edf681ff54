"""A string left alone for hours of plant time: the real tick drives the simulated plant."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bacs_core.model import Quantity
from bacs_core.simulator.building import PlantOptions, SpreadShape
from bacs_core.simulator.plant import Plant
from tests.core.plant import KEY, hand_driven, ordered_duty

CELLS = 24
HOUR_S = 3600
TICK_S = 20.0
GOAL_V = 0.010
#: 0.1 % of 500 Ah.
LOSS_AH = 0.5
READ = (Quantity.VOLTAGE, Quantity.TEMPERATURE, Quantity.DUTY)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("spread_v", "hours"), [(0.02, 6), pytest.param(0.05, 24, marks=pytest.mark.soak)]
)
async def test_all_cells_come_within_ten_millivolts_and_none_is_drawn_down(
    tmp_path: Path, spread_v: float, hours: int
) -> None:
    driven = hand_driven(tmp_path, CELLS)
    string = driven.engine.site.strings[0]
    options = PlantOptions(spread_v=spread_v, spread_shape=SpreadShape.LINEAR)
    plant = Plant([string], options)
    before_v = plant.truth(KEY).voltage_v
    assert np.abs(before_v - before_v.mean()).max() > 0.8 * spread_v
    image = driven.wiring.images[KEY]
    for _ in range(int(hours * HOUR_S / TICK_S)):
        driven.now += TICK_S
        columns = plant.readings()[KEY].columns
        for quantity in READ:
            image.put(quantity, 0, columns[quantity].values.tolist(), driven.now)
        driven.engine.tick(driven.now)
        duty = ordered_duty(driven, CELLS)
        plant.set_duty(KEY, np.array([duty[unit] for unit in range(1, CELLS + 1)]))
        plant.advance(TICK_S)
    truth = plant.truth(KEY)
    assert np.abs(truth.voltage_v - truth.voltage_v.mean()).max() < GOAL_V
    assert truth.discharged_ah.max() < LOSS_AH
