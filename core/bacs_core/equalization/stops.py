"""Who is stopped and who runs: worked out anew only where anything about it has changed.

In a plant that floats the same cells run from tick to tick: phases, orders and trust are the same
objects then, and the strings with a mean voltage are the same ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import is_
from typing import NamedTuple

import numpy as np

from bacs_core.devices.panel_module import STATUS_MEASURING_RESISTANCE
from bacs_core.equalization import limits
from bacs_core.equalization.inhibits import inhibits_of, named
from bacs_core.equalization.orders import PARTIAL, Orders
from bacs_core.equalization.partial import Surplus
from bacs_core.equalization.tuning import Loops, Tuning
from bacs_core.estimation import Estimates
from bacs_core.frame import Frame
from bacs_core.model import Inhibit
from bacs_core.snapshot import Flags, Floats, frozen


@dataclass(frozen=True, slots=True)
class Stops:
    """What stops a string or a cell; columns are read-only.

    Per string: `allowed_percent` by mode and phase, of each inhibit the strings in which it stops a
    cell or all of them, `runs` where nothing stops the string, `by_voltage` where it runs towards
    its target, `still` where no cell of it runs. Per cell: whether the cell itself is inhibited,
    whether its voltage does not count, and whether it is `running` towards the target.

    `made_of` are the objects it was worked out of (`None`: worth nothing at the next tick), `marks`
    the strings that have a mean voltage, and those with a low one.
    """

    made_of: tuple[object, ...] | None
    marks: bytes
    allowed_percent: Floats
    inhibited: Mapping[Inhibit, Flags]
    runs: Flags
    by_voltage: Flags
    still: Flags
    cell_inhibited: Flags
    untrusted: Flags
    running: Flags


class Told(NamedTuple):
    """What modules tell: the bits that the status of any has, and who was hot (`None`: nobody)."""

    status: int
    hot_lately: Flags | None


def stops_of(
    frame: Frame,
    estimates: Estimates,
    orders: Orders,
    surplus: Surplus | None,
    told: Told,
    loops: Loops,
    tuning: Tuning,
    before: Stops | None,
) -> Stops:
    """Work out what is stopped, or return what was `before` where it is the same."""
    rows, (status, hot_lately) = frame.rows, told
    known, low = np.isfinite(frame.target_v), frame.target_v < loops.least_final_v
    marks = known.tobytes() + low.tobytes()
    made_of = None
    if surplus is None and not status & STATUS_MEASURING_RESISTANCE:
        made_of = (loops, orders, estimates.phase, frame.trusted, hot_lately)
        if (
            before is not None
            and before.made_of is not None
            and before.marks == marks
            and all(map(is_, made_of, before.made_of))
        ):
            return before
    allowed = limits.phase_limit_percent(orders.mode, estimates.phase, tuning)
    uncounted = np.zeros(rows.string_count, np.bool_) if surplus is None else surplus.uncounted
    inhibits = inhibits_of(frame, estimates, orders, allowed, uncounted, hot_lately, status, loops)
    stopped, cell_inhibited = inhibits.any_string(), inhibits.any_cell(rows.cell_count)
    runs = loops.engine & ~stopped
    by_voltage = runs if surplus is None else runs & (orders.mode != PARTIAL)
    return Stops(
        made_of,
        marks,
        allowed_percent=frozen(allowed),
        inhibited=named(inhibits, frame, loops),
        runs=frozen(runs),
        by_voltage=frozen(by_voltage),
        still=frozen(stopped | (rows.total(cell_inhibited) == rows.counts)),
        cell_inhibited=frozen(cell_inhibited),
        untrusted=frozen(~frame.trusted),
        running=frozen(rows.spread(by_voltage & known) & ~cell_inhibited),
    )
