"""Prints discharges as PyBaMM computes them, as a table for tests.

Runs in an environment of its own: `uv run --no-project --with pybamm==26.10.1.1 FILE`. Nothing of
this project is imported here.
"""

from __future__ import annotations

import os
import sys

os.environ["PYBAMM_DISABLE_TELEMETRY"] = "true"

import numpy as np
import pybamm  # type: ignore[import-not-found]

#: A discharge of so many hours is over for every battery of the parameter sets at one ampere.
LEAD_AH = 26.0
LFP_AH = 2.4
POINTS = 60
LEAD_CURRENTS_A = (0.85, 1.7, 3.4, 8.5, 17.0)
LFP_CURRENTS_A = (0.115, 0.23, 0.46, 1.15, 2.3)
POWER_W = 20.0

HEADER = f"""\
# Discharges of one cell, computed; positive current charges.
# package: PyBaMM {pybamm.__version__} (BSD-3-Clause)
# loqs, full: lead_acid.LOQS and lead_acid.Full, parameter set Sulzer2019 (nominal 17 Ah)
# loqs power: the same, {POWER_W:g} W per cell until 1.8 V, then rest
# dfn: lithium_ion.DFN, parameter set Prada2013 (LFP, nominal 2.3 Ah)
case,time_s,current_a,voltage_v"""


def written(case: str, solution: pybamm.Solution) -> None:
    """Print a solution at even distances of time."""
    time_s = solution["Time [s]"].entries
    at_s = np.linspace(0, time_s[-1], POINTS)
    current_a = -np.interp(at_s, time_s, solution["Current [A]"].entries)
    voltage_v = np.interp(at_s, time_s, solution["Voltage [V]"].entries)
    for row in zip(at_s, current_a, voltage_v, strict=True):
        sys.stdout.write(f"{case},{row[0]:.1f},{row[1]:.4f},{row[2]:.5f}\n")


def constant_current(
    model: pybamm.BaseModel, values: pybamm.ParameterValues, current_a: float, most_ah: float
) -> pybamm.Solution:
    """Discharge until the model's own end voltage."""
    values["Current function [A]"] = current_a
    simulation = pybamm.Simulation(model, parameter_values=values)
    return simulation.solve(np.linspace(0, most_ah / current_a * 3600, 1500))


def main() -> None:
    """Print the whole table."""
    sys.stdout.write(HEADER + "\n")
    for current_a in LEAD_CURRENTS_A:
        for name, kind in (("loqs", pybamm.lead_acid.LOQS), ("full", pybamm.lead_acid.Full)):
            model = kind()
            values = model.default_parameter_values
            solution = constant_current(model, values, current_a, LEAD_AH)
            written(f"{name} {current_a:g} A", solution)
    # Limits of an experiment act on the battery of six cells; its power is that of one cell.
    steps = [f"Discharge at {POWER_W:g} W until 10.8 V", "Rest for 2 hours"]
    experiment = pybamm.Experiment(steps, period="30 seconds")
    written("loqs power", pybamm.Simulation(pybamm.lead_acid.LOQS(), experiment=experiment).solve())
    for current_a in LFP_CURRENTS_A:
        values = pybamm.ParameterValues("Prada2013")
        solution = constant_current(pybamm.lithium_ion.DFN(), values, current_a, LFP_AH)
        written(f"dfn {current_a:g} A", solution)


main()
