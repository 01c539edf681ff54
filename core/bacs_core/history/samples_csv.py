"""Rows of samples as CSV: plain commas and points, ISO 8601 times in UTC, units in the names."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import BinaryIO, Final

import numpy as np

from bacs_core.history.layout import COLUMNS, SCALARS, Track
from bacs_core.history.measured import Moments
from bacs_core.history.samples_table import Table, names_of
from bacs_core.snapshot import Floats

TRACKS: Final = (*COLUMNS, *SCALARS)
HEADER: Final = ("time", "string", "cell", *(str(track.name) for track in TRACKS))


def write_csv(tables: Iterable[Table], string_key: str, out: BinaryIO) -> None:
    """Write a header and all rows. Raises `OSError` where `out` takes no more."""
    out.write((",".join(HEADER) + "\r\n").encode())
    out.writelines(_text(table, string_key).encode() for table in tables)


def _text(table: Table, string_key: str) -> str:
    columns: list[Sequence[str]] = [
        _times(table.at),
        [string_key] * len(table.at),
        ["" if cell == 0 else str(cell) for cell in table.cell.tolist()],
    ]
    columns += [_column(table.values[str(track.name)], track) for track in TRACKS]
    lines = map(",".join, zip(*columns, strict=True))
    return "\r\n".join(lines) + "\r\n"


def _times(at: Moments) -> list[str]:
    moments, places = np.unique(at, return_inverse=True)
    texts = np.datetime_as_string(moments.astype("datetime64[ms]"), unit="ms").tolist()
    return [f"{texts[place]}Z" for place in places.tolist()]


def _column(values: Floats, track: Track) -> list[str]:
    """Write each value that occurs once: few do, for all are whole steps."""
    known = np.isfinite(values)
    raw = np.where(known, np.rint(np.where(known, values, 0.0) * track.steps_per_unit), 0.0)
    steps, places = np.unique(raw.astype(np.int64), return_inverse=True)
    names = names_of(track)
    decimals = math.ceil(math.log10(track.steps_per_unit))
    texts = [
        names[step] if names else f"{step / track.steps_per_unit:.{decimals}f}"
        for step in steps.tolist()
    ]
    texts.append("")
    return [texts[place] for place in np.where(known, places, len(steps)).tolist()]
