"""Noise for whole frames, for each string from its own stream, drawn for some frames at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from bacs_core.rows import Rows
from bacs_core.snapshot import Floats

#: Frames for which noise is drawn at once: drawing a few numbers costs as much as drawing hundreds.
STOCK_FRAMES: Final = 32


class FrameNoise:
    """Standard normal numbers: some kinds per cell in rows, some kinds per string."""

    def __init__(
        self,
        rows: Rows,
        streams: Sequence[np.random.Generator],
        kinds_per_cell: int,
        kinds_per_string: int,
    ) -> None:
        """Draw nothing yet."""
        self._rows = rows
        self._streams = streams
        self._of_cells = np.empty((STOCK_FRAMES, kinds_per_cell, rows.cell_count))
        self._of_strings = np.empty((STOCK_FRAMES, kinds_per_string, rows.string_count))
        self._used = STOCK_FRAMES

    def next(self) -> tuple[Floats, Floats]:
        """Return the noise of one frame: kinds x cells, and kinds x strings."""
        if self._used == STOCK_FRAMES:
            self._draw()
        frame = self._used
        self._used += 1
        return self._of_cells[frame], self._of_strings[frame]

    def _draw(self) -> None:
        self._used = 0
        kinds_per_cell, kinds_per_string = self._of_cells.shape[1], self._of_strings.shape[1]
        for place, (string, stream) in enumerate(
            zip(self._rows.strings, self._streams, strict=True)
        ):
            cells = self._rows.slices[string.key]
            self._of_cells[:, :, cells] = stream.standard_normal(
                (STOCK_FRAMES, kinds_per_cell, string.cell_count)
            )
            self._of_strings[:, :, place] = stream.standard_normal((STOCK_FRAMES, kinds_per_string))
