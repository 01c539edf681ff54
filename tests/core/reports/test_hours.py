"""The hours of a string as a report reads them, also while they are put together."""

from contextlib import closing
from pathlib import Path

import numpy as np

from bacs_core.history.measurements.deriving import merge_next
from bacs_core.history.measurements.writer import MeasurementWriter
from bacs_core.reports.hours import HourReader, Hours
from bacs_core.snapshot import Floats
from tests.core.history.measurements.plant import DAY, START, hasty, layouts, moments

STEP = 30 * 60_000
MIDNIGHT = START // DAY * DAY
DAYS = 3
WANTED = ("m/1", ("voltage_v",), ("current_a",), MIDNIGHT, MIDNIGHT + 9 * DAY)


def recorded(state: Path) -> MeasurementWriter:
    """Record some days, each of which has hours of its own by now."""
    history = hasty(state)
    count = DAYS * DAY // STEP + 1
    for taken in moments(layouts(4), count, first=MIDNIGHT, step=STEP):
        history.record(taken)
    while history.maintain():
        pass
    return history


def means(pieces: list[Hours]) -> Floats:
    """Return the moments and means of four cells and of the current, a row per hour."""
    rows = [
        np.column_stack([piece.at, piece.columns["voltage_v"], piece.scalars["current_a"]])
        for piece in pieces
    ]
    return np.concatenate(rows)


def test_days_that_are_put_together_meanwhile_are_read_once_and_whole(tmp_path: Path) -> None:
    with closing(recorded(tmp_path)) as history, HourReader(tmp_path) as reader:
        undisturbed = means(list(reader.hours(*WANTED)))
        assert undisturbed.shape == (DAYS * 24, 6)
        reading = reader.hours(*WANTED)
        pieces = [next(reading)]
        assert merge_next(history.database, before=MIDNIGHT + 100 * DAY)
        np.testing.assert_array_equal(means([*pieces, *reading]), undisturbed)
        np.testing.assert_array_equal(means(list(reader.hours(*WANTED))), undisturbed)
