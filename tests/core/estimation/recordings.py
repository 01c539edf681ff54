"""Measured recordings of one battery in time, and frames made of them.

They lie in the folder that BACS_MEASURED_DATA names, else in `shared/data` beside the repository:
tables with the columns time, voltage, current (positive out of the battery) and temperature.
"""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bacs_core.frame import Frame, frame_of
from bacs_core.model import Quantity
from bacs_core.rows import Rows
from bacs_core.snapshot import Column, Floats

STEP_S = 60.0
#: A longer silence of the recording is a gap.
LONGEST_HOLD_S = 900.0


def folder() -> Path:
    beside = Path(__file__).resolve().parents[4] / "shared" / "data"
    return Path(os.environ.get("BACS_MEASURED_DATA", beside))


@dataclass(frozen=True)
class Recording:
    """Columns over `at`, unix seconds in equal steps; current positive into the battery."""

    name: str
    at: Floats
    voltage_v: Floats
    current_a: Floats
    temperature_c: Floats

    def between(self, first: float, last: float) -> Recording:
        part = (self.at >= first) & (self.at <= last)
        return Recording(
            self.name,
            self.at[part],
            self.voltage_v[part],
            self.current_a[part],
            self.temperature_c[part],
        )


def recordings(under: Path | None = None) -> list[Recording]:
    return [_read(path) for path in sorted((under or folder()).rglob("*.csv"))]


def _read(path: Path) -> Recording:
    with path.open(newline="") as table:
        rows = list(csv.DictReader(table))
    at = np.array([_unix_s(row["time"]) for row in rows])
    order = np.argsort(at, kind="stable")
    columns = {
        name: np.array([float(row[name] or "nan") for row in rows])[order]
        for name in ("voltage", "current", "temperature")
    }
    grid = np.arange(at.min(), at.max(), STEP_S)
    held = {name: _held(at[order], values, grid) for name, values in columns.items()}
    return Recording(path.stem, grid, held["voltage"], -held["current"], held["temperature"])


def _unix_s(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def _held(at: Floats, values: Floats, grid: Floats) -> Floats:
    """Return the last known value at each time of the grid."""
    known = np.isfinite(values)
    at, values = at[known], values[known]
    last = np.searchsorted(at, grid, side="right") - 1
    old = (last < 0) | (grid - at[np.maximum(last, 0)] > LONGEST_HOLD_S)
    return np.where(old, np.nan, values[np.maximum(last, 0)])


def frame_at(
    rows: Rows, recording: Recording, place: int, current_a: float, error_a: float
) -> Frame:
    """Return what a plant of one cell per string shows at one moment of a recording."""
    now = float(recording.at[place])
    count = rows.cell_count

    def column(value: float) -> Column:
        return Column(np.full(count, value), np.full(count, now if np.isfinite(value) else np.nan))

    nothing = Column.absent(count)
    unknown = np.full(rows.string_count, np.nan)
    return frame_of(
        rows,
        now,
        {
            Quantity.VOLTAGE: column(float(recording.voltage_v[place])),
            Quantity.TEMPERATURE: column(float(recording.temperature_c[place])),
            Quantity.RESISTANCE: nothing,
            Quantity.CHARGE: nothing,
            Quantity.DUTY: nothing,
        },
        module_status=np.zeros(count, np.uint16),
        current_a=np.full(rows.string_count, current_a),
        current_error_a=np.full(rows.string_count, error_a),
        ac_current_a=unknown,
        room_c=unknown,
    )
