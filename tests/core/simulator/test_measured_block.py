"""The simulated block against a measured one, over the same currents.

One number of the block is taken from its first discharge, its capacity: 19.7 Ah at 3 A until 10.8 V
make 20.3 Ah over ten hours. Nothing else is fitted. The block on the name plate has 17 Ah.
"""

from __future__ import annotations

import numpy as np

from bacs_core.model import Chemistry
from tests.core.simulator.measured import folder, telemetry
from tests.core.simulator.trajectories import driven, one_cell

CAPACITY_AH = 20.3
ELEMENTS = 6
RECORDING = "continuous_2017-03-25_to_2017-03-29.csv"
#: Found: 15 to 28 mV per cell for the discharges of 3, 2.5, 2, 1.5 and 1.5 A, and always too high
#: (the bias is as large). PyBaMM's models are too high by 27 to 42 mV over the same discharges.
DISCHARGE_RMSE_V = 0.030
#: In a recharge the measured block rises more steeply at its end: 51 mV per cell.
CHARGE_RMSE_V = 0.060
LEAST_DISCHARGE_AH = 5.0


def test_five_discharges_and_recharges_in_one_go_follow_the_measured_block() -> None:
    measured = telemetry(folder() / RECORDING)
    plant = one_cell(Chemistry.VRLA, CAPACITY_AH, cell_voltage_v=12.0, float_voltage_v=13.62)
    ours_v = driven(plant, measured.time_s, measured.current_a, measured.temperature_c.tolist())
    error_v = (ours_v - measured.voltage_v) / ELEMENTS

    discharging = measured.current_a < -0.1
    edges = np.flatnonzero(np.diff(discharging.astype(int), prepend=0, append=0))
    steps_h = np.diff(measured.time_s, prepend=measured.time_s[0]) / 3600
    found = []
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        taken_ah = float(-(measured.current_a * steps_h)[first:end].sum())
        if taken_ah > LEAST_DISCHARGE_AH:
            rmse_v = float(np.sqrt(np.mean(error_v[first:end] ** 2)))
            found.append(rmse_v)
            print(f"{taken_ah:.1f} Ah: {1000 * rmse_v:.0f} mV per cell")
    assert len(found) == 5
    assert max(found) < DISCHARGE_RMSE_V

    charging = measured.current_a > 0.1
    assert np.sqrt(np.mean(error_v[charging] ** 2)) < CHARGE_RMSE_V
