"""What people and the site file want of equalization."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.model import EqualizationMode, Inhibit
from bacs_core.rows import Rows
from bacs_core.snapshot import Flags

MODES: Final = tuple(EqualizationMode)
OFF: Final = MODES.index(EqualizationMode.OFF)
TOP: Final = MODES.index(EqualizationMode.TOP)
PARTIAL: Final = MODES.index(EqualizationMode.PARTIAL)


@dataclass(frozen=True, slots=True)
class Orders:
    """Who is paused, and in which mode each string is equalized.

    `paused` is per string, `paused_cells` per cell: new cells that are still forming. `mode` is per
    string, an index into `MODES`. `inhibits` are reasons per string that the readings do not show,
    for example mixed generations.
    """

    paused: Flags
    paused_cells: Flags
    mode: NDArray[np.uint8]
    inhibits: Mapping[Inhibit, Flags] = field(default_factory=dict)


def orders_of(rows: Rows) -> Orders:
    """Return the orders of the site file: nobody is paused, every string has its own mode."""
    return Orders(
        paused=np.zeros(rows.string_count, np.bool_),
        paused_cells=np.zeros(rows.cell_count, np.bool_),
        mode=np.array([MODES.index(string.equalization) for string in rows.strings], np.uint8),
    )
