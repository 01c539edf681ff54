"""What a discharge says is wrong with cells.

A cell is *weak* where it came to its end voltage, after an hour or more, with less than 80 % of its
rated capacity (the usual point of replacement, USBR FIST storage batteries); where it was empty a
tenth before the others, in a shorter discharge a quarter, for then resistances differ more than
capacities; or where it fell early by a quarter more than they did. It is *shorted* where it gave
one element less than the others from the first moment, and *open* where the current of the string
ceased while its own voltage became impossible or unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from bacs_core.api.discharge_messages import CellFault, FoundFault
from bacs_core.api.message_base import Wording
from bacs_core.chemistries import inner_cells
from bacs_core.history.discharges import capacities, cells as of_cells
from bacs_core.history.discharges.capacities import Start
from bacs_core.history.discharges.folding import Fold
from bacs_core.history.discharges.ledger import MS_PER_HOUR
from bacs_core.history.discharges.samples import Samples
from bacs_core.snapshot import Flags, Floats

_ALL: Final = 100.0
#: An element that gives no voltage lowers its cell by more than this share of it.
_SHORTED_SHARE: Final = 0.6
#: A cell that conducts no more reads less than this share of the median cell.
_OPEN_SHARE: Final = 0.1
#: The current has ceased below this share of the mean one.
_CEASED_SHARE: Final = 0.05
_EARLY_PERCENT: Final = 90.0
_SOON_EARLY_PERCENT: Final = 75.0
_REPLACE_BELOW_PERCENT: Final = 80.0
#: Shorter discharges say little of the rated capacity.
_RATED_FROM_H: Final = 1.0
#: How far a cell falls behind the others before it stands out, in volt per element, in robust
#: deviations of all cells, and against the fall of the others.
_LEAST_BEHIND_V: Final = 10e-3
_BEHIND_SPREADS: Final = 6.0
_BEHIND_RATIO: Final = 1.25
_ROBUST: Final = 1.4826


def faults_of(fold: Fold, start: Start, after: Samples | None) -> list[FoundFault]:
    """Return what is wrong with cells; `after` are the samples just after the end."""
    cells = fold.cells
    shorted = _shorted(fold)
    is_open = open_cells(fold, after) & ~shorted
    weak = _weak(fold, start, shorted | is_open)
    lacks_v = np.where(shorted, -cells.loaded_deviation_v, np.nan)
    return [
        *(
            _fault(
                CellFault.SHORTED,
                cell,
                "discharge_shorted",
                "gave {amount} V less than the others from the first moment: shorted",
                round(float(lacks_v[cell]), 2),
            )
            for cell in _places(shorted)
        ),
        *(
            _fault(
                CellFault.OPEN,
                cell,
                "discharge_open",
                "the current of the string ceased in it: it conducts no more",
            )
            for cell in _places(is_open)
        ),
        *(
            _fault(
                CellFault.WEAK,
                cell,
                "discharge_weak_capacity",
                "holds only {amount} % of its rated capacity",
                round(float(weak.held_percent[cell])),
            )
            for cell in _places(weak.small)
        ),
        *(
            _fault(
                CellFault.WEAK,
                cell,
                "discharge_weak_early",
                "was empty after {amount} % of what the others gave",
                round(float(weak.share_percent[cell])),
            )
            for cell in _places(weak.early & ~weak.small)
        ),
        *(
            _fault(
                CellFault.WEAK,
                cell,
                "discharge_weak_behind",
                "fell {amount} V further than the others",
                round(float(weak.behind_v[cell]), 3),
            )
            for cell in _places(weak.behind & ~weak.small & ~weak.early)
        ),
    ]


def _fault(
    fault: CellFault, cell: int, code: str, text: str, amount: float | None = None
) -> FoundFault:
    arguments: dict[str, str | int | float] = {"cell": cell + 1}
    if amount is not None:
        arguments["amount"] = amount
    return FoundFault(
        cell=cell + 1,
        fault=fault,
        text=f"cell {cell + 1}: {text.format(amount=amount)}",
        wording=Wording(code=code, arguments=arguments),
    )


def _shorted(fold: Fold) -> Flags:
    battery = fold.battery
    inner = inner_cells(battery.chemistry, battery.cell_voltage_v) or 1
    element_v = battery.cell_voltage_v / inner
    return fold.cells.loaded_deviation_v < -_SHORTED_SHARE * element_v


@dataclass(frozen=True, slots=True, eq=False)
class _Weak:
    """Which cells are weak and by what: what they hold, when they were empty, how far they fell.

    `share_percent` is of what the others gave, `behind_v` how much further than them a cell fell.
    """

    small: Flags
    early: Flags
    behind: Flags
    held_percent: Floats
    share_percent: Floats
    behind_v: Floats


def _weak(fold: Fold, start: Start, broken: Flags) -> _Weak:
    cells, ledger = fold.cells, fold.ledger
    if np.isfinite(ledger.largest_a):
        empty, whole = np.fmin(cells.ended.ah, cells.knee.ah), ledger.given_ah
    else:
        at = np.fmin(cells.ended.at, cells.knee.at)
        empty, whole = at - fold.started, float(ledger.last_at - fold.started)
    sound = np.where(np.isnan(empty), whole, empty)[~broken]
    others = float(np.median(sound)) if len(sound) else whole
    share = _ALL * empty / others if others > 0 else np.full(len(empty), np.nan)
    lasted_h = (ledger.last_at - fold.started) / MS_PER_HOUR
    early_below = _EARLY_PERCENT if lasted_h >= _RATED_FROM_H else _SOON_EARLY_PERCENT
    held = capacities.measured(fold, start, cells.ended.ah, cells.ended.at).percent
    long = cells.ended.at - fold.started >= _RATED_FROM_H * MS_PER_HOUR
    behind, behind_v = _behind(fold, broken)
    return _Weak(
        small=(held < _REPLACE_BELOW_PERCENT) & long & ~broken,
        early=(share < early_below) & ~broken,
        behind=behind,
        held_percent=held,
        share_percent=share,
        behind_v=behind_v,
    )


def _behind(fold: Fold, broken: Flags) -> tuple[Flags, Floats]:
    """Tell which cells fell further than the others since the load came, and by how much.

    Only in the upper half of the curve: near its end small differences of capacity look large.
    """
    cells, battery = fold.cells, fold.battery
    end_v = of_cells.at_end(cells, fold.end_at)
    fell_v = np.where(broken, np.nan, cells.loaded_v - end_v)
    known = np.isfinite(fell_v)
    known_v = fell_v[known]
    if len(known_v) < 3:  # noqa: PLR2004 - two cells have no middle
        return np.zeros(len(fell_v), np.bool_), fell_v
    usual_v = float(np.median(known_v))
    if usual_v > (float(np.median(cells.loaded_v[known])) - battery.end_voltage_v) / 2:
        return np.zeros(len(fell_v), np.bool_), fell_v - usual_v
    spread_v = _ROBUST * float(np.median(np.abs(known_v - usual_v)))
    inner = inner_cells(battery.chemistry, battery.cell_voltage_v) or 1
    least_v = max(_LEAST_BEHIND_V * inner, _BEHIND_SPREADS * spread_v)
    behind_v = fell_v - usual_v
    return (behind_v >= least_v) & (fell_v >= _BEHIND_RATIO * usual_v), behind_v


def open_cells(fold: Fold, after: Samples | None) -> Flags:
    """Tell in which cells the current of the string ceased.

    The current must have ceased; such a cell then reads what no cell can, or falls silent, while
    the others are well.
    """
    none = np.zeros(fold.battery.cell_count, np.bool_)
    if after is None or not len(after.at):
        return none
    mean_a = fold.ledger.given_ah / max(fold.ledger.counted_ms / MS_PER_HOUR, 1e-9)
    last_a = after.current_a[-1]
    if not abs(last_a) <= _CEASED_SHARE * mean_a:
        return none
    last_v = after.voltage_v[-1]
    known = np.isfinite(last_v)
    if 2 * int(known.sum()) < len(last_v):
        return none
    median_v = float(np.median(last_v[known]))
    was_well = fold.cells.end_v > _OPEN_SHARE * median_v
    impossible = known & (last_v < _OPEN_SHARE * median_v)
    suspects = impossible if impossible.any() else ~known
    found: Flags = was_well & suspects
    return found


def _places(cells: Flags) -> list[int]:
    return [int(cell) for cell in np.flatnonzero(cells)]
