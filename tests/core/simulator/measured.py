"""Where the measured telemetry of a 12 V 17 Ah lead-acid block is, and how it is read.

From github.com/valentinsulzer/faster-lead-acid (BSD-3-Clause). It is not part of this repository:
a test that needs it is skipped where it is absent.
"""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from bacs_core.snapshot import Floats

FOLDER = "lead-acid-12v-17ah"
PLACE_VARIABLE = "BACS_MEASURED_DATA"


@dataclass(frozen=True)
class Telemetry:
    """One block over time; positive current charges."""

    time_s: Floats
    current_a: Floats
    voltage_v: Floats
    temperature_c: Floats


def folder() -> Path:
    """Return the folder of the recordings, or skip the test."""
    beside = Path(__file__).resolve().parents[3].parent / "shared" / "data"
    found = Path(os.environ.get(PLACE_VARIABLE, beside)) / FOLDER
    if not found.is_dir():
        pytest.skip(f"no measured data: set {PLACE_VARIABLE} to the folder that has {FOLDER}")
    return found


def telemetry(path: Path) -> Telemetry:
    """Read a recording; its temperatures come at other moments than its voltages."""
    electric, thermal = [], []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            time_s = datetime.fromisoformat(row["time"] + "+00:00").timestamp()
            if row["voltage"]:
                # The recorder counts a discharge positive.
                electric.append((time_s, -float(row["current"]), float(row["voltage"])))
            if row["temperature"]:
                thermal.append((time_s, float(row["temperature"])))
    time_s, current_a, voltage_v = np.array(electric).T
    measured_s, measured_c = np.array(thermal).T
    temperature_c = np.interp(time_s, measured_s, measured_c)
    return Telemetry(time_s, current_a, voltage_v, temperature_c)
