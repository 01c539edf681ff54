"""Prints discharges as NREL's PySAM computes them, as a table for tests.

Runs in an environment of its own: `uv run --no-project --with NREL-PySAM==7.1.1.post1 FILE`.
Nothing of this project is imported here.
"""

from __future__ import annotations

import sys
from importlib.metadata import version

from PySAM import BatteryStateful  # type: ignore[import-not-found]

STEP_H = 1 / 60
MOST_STEPS = 3000
POINTS = 60
#: Two wells by the capacities over 20, 10 and 1 h, as they are usual for absorbed glass mat.
LEAD_Q20_AH, LEAD_Q10_AH, LEAD_Q1_AH = 100.0, 93.0, 60.0
LEAD_CURRENTS_A = (5.0, 10.0, 20.0, 60.0)
LFP_CURRENTS_A = (10.0, 20.0, 50.0, 100.0)
#: Depth of discharge in percent and open-circuit voltage: Sony US26650 in SimSES 1.3.12 (BSD-3).
LFP_CURVE = (
    *((0.0, 3.600), (2.0, 3.348), (5.0, 3.344), (10.0, 3.342), (20.0, 3.325), (30.0, 3.309)),
    *((40.0, 3.303), (50.0, 3.299), (60.0, 3.290), (70.0, 3.267), (80.0, 3.231), (90.0, 3.189)),
    *((95.0, 3.050), (100.0, 2.000)),
)

HEADER = f"""\
# Discharges of one cell, computed; positive current charges.
# package: NREL-PySAM {version("NREL-PySAM")} (BSD-3-Clause), BatteryStateful
# lead: default LeadAcid, 25 °C, q20 {LEAD_Q20_AH:g}, q10 {LEAD_Q10_AH:g}, q1 {LEAD_Q1_AH:g} Ah
# lfp: default LFPGraphite at 25 °C with the open-circuit voltage of Sony US26650 (SimSES)
case,time_s,current_a,voltage_v"""


def prepared(kind: str) -> BatteryStateful.BatteryStateful:
    """Return a full battery that obeys a current."""
    model = BatteryStateful.default(kind)
    for name, value in (
        *(("control_mode", 0), ("input_current", 0.0), ("dt_hr", STEP_H), ("T_room_init", 25.0)),
        *(("initial_SOC", 100.0), ("minimum_SOC", 0.0), ("maximum_SOC", 100.0)),
    ):
        model.value(name, value)
    return model


def written(case: str, model: BatteryStateful.BatteryStateful, current_a: float) -> None:
    """Discharge until the battery no longer gives the current, and print what it did."""
    model.setup()
    model.value("input_current", current_a)
    rows = []
    for _ in range(MOST_STEPS):
        model.execute(0)
        if 0.99 * current_a > model.StatePack.I:
            break
        rows.append(model.StateCell.cell_voltage)
    # What happens within the last steps depends on where a step ends.
    rows = rows[:-2]
    for step in range(0, len(rows), max(1, len(rows) // POINTS)):
        time_s = (step + 1) * STEP_H * 3600
        sys.stdout.write(f"{case},{time_s:.0f},{-current_a:.3f},{rows[step]:.5f}\n")


def main() -> None:
    """Print the whole table."""
    sys.stdout.write(HEADER + "\n")
    for current_a in LEAD_CURRENTS_A:
        model = prepared("LeadAcid")
        model.value("leadacid_q20", LEAD_Q20_AH)
        model.value("leadacid_q10", LEAD_Q10_AH)
        model.value("leadacid_qn", LEAD_Q1_AH)
        model.value("leadacid_tn", 1.0)
        written(f"lead {current_a:g} A", model, current_a)
    for current_a in LFP_CURRENTS_A:
        model = prepared("LFPGraphite")
        model.value("voltage_choice", 1)
        model.value("voltage_matrix", LFP_CURVE)
        model.value("nominal_voltage", 3.2)
        model.value("nominal_energy", 0.32)
        model.value("Vnom_default", 3.2)
        written(f"lfp {current_a:g} A", model, current_a)


main()
