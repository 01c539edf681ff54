"""Which temperature readings are believed.

A reading is a sensor fault only where it is physically impossible, by its range or by how fast it
came, or contradicted by a second sensor of the same cell. What other cells read has no say: the one
hot cell of a healthy string is what protection is for. A first reading counts once the next agrees
with it, and no sensor fault outlasts a minute of readings that agree with each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from bacs_core.frame import Frame, kept
from bacs_core.model import Quantity
from bacs_core.protection.layout import Layout
from bacs_core.protection.memory import Agreed, Array, CellMemory
from bacs_core.protection.tuning import Tuning
from bacs_core.rows import Indices
from bacs_core.snapshot import Flags, Floats

#: Where more cells than this share have to be sorted, all are.
_MOST_OTHERS: Final = 0.25


@dataclass(frozen=True, slots=True)
class Sensed:
    """Per cell: the temperature where it is believed, else NaN, and what is wrong elsewhere.

    `agreed` is for the next tick.
    """

    read_c: Floats
    suspect: Flags
    missing: Flags
    missing_s: Floats
    believed_c: Floats
    believed_at: Floats
    raw_c: Floats
    raw_at: Floats
    agreed_s: Floats
    agreed: Agreed | None = None


class _Known(NamedTuple):
    """What was known of some cells before, as `CellMemory` names it."""

    raw_c: Floats
    raw_at: Floats
    agreed_s: Floats
    believed_c: Floats
    believed_at: Floats
    suspect: Flags
    missing_s: Floats

    def at(self, rows: Indices) -> _Known:
        """Return what was known of the cells in some rows."""
        return _Known(
            self.raw_c[rows],
            self.raw_at[rows],
            self.agreed_s[rows],
            self.believed_c[rows],
            self.believed_at[rows],
            self.suspect[rows],
            self.missing_s[rows],
        )


class _Readings(NamedTuple):
    """The temperatures of some cells; `second_c` is `None` where nobody has a second sensor."""

    value_c: Floats
    read_at: Floats
    fresh: Flags
    expected: Flags
    second_c: Floats | None

    def at(self, rows: Indices) -> _Readings:
        """Return the readings of the cells in some rows."""
        second_c = None if self.second_c is None else self.second_c[rows]
        value_c, read_at = self.value_c[rows], self.read_at[rows]
        return _Readings(value_c, read_at, self.fresh[rows], self.expected[rows], second_c)


def sense(
    frame: Frame,
    cells: CellMemory,
    layout: Layout,
    second_c: Floats | None,
    dt_s: float,
    tuning: Tuning,
    agreed: Agreed | None = None,
) -> Sensed:
    """Sort the temperature readings; `second_c` is a second sensor of each cell, NaN for none.

    `agreed` is that of the tick before. A cell that was believed for long and reads nearly the same
    is believed on; all the law is worked only on the others.
    """
    column = frame.columns[Quantity.TEMPERATURE]
    known = _Known(
        cells.raw_c,
        cells.raw_at,
        cells.agreed_s,
        cells.believed_c,
        cells.believed_at,
        cells.suspect,
        cells.missing_s,
    )
    readings = _Readings(
        column.values,
        column.read_at,
        frame.fresh[Quantity.TEMPERATURE],
        layout.temperature_expected,
        second_c,
    )
    if second_c is not None:
        return _sorted(readings, known, dt_s, tuning)
    if agreed is None or agreed.of is not known.agreed_s:
        agreed = Agreed(known.agreed_s, known.agreed_s >= tuning.agreed_hot_after_s)
    (others,) = (~_goes_on(readings, known, agreed, tuning)).nonzero()
    if len(others) > _MOST_OTHERS * len(column.values):
        return _sorted(readings, known, dt_s, tuning)
    missing_s = known.missing_s[others]
    if np.count_nonzero(readings.fresh[others] | (missing_s < tuning.missing_after_s)):
        return _with_others(readings, known, others, dt_s, tuning)
    return _with_missed(readings, known, others, layout.nobody, agreed)


def _goes_on(readings: _Readings, known: _Known, agreed: Agreed, tuning: Tuning) -> Flags:
    """Mark the cells that read nearly what they did when all their readings had long agreed."""
    value_c = readings.value_c
    goes_on: Flags = np.abs(value_c - known.believed_c) <= tuning.possible_jump_k
    goes_on &= readings.fresh
    goes_on &= value_c >= tuning.lowest_possible_c
    goes_on &= value_c <= tuning.highest_possible_c
    if known.raw_c is not known.believed_c:
        goes_on &= known.raw_c == known.believed_c
    goes_on &= agreed.long
    return goes_on


def _with_missed(
    readings: _Readings, known: _Known, missed: Indices, nobody: Flags, agreed: Agreed
) -> Sensed:
    """Believe all cells but the `missed`, of which nothing has been read for long, nor is now."""
    value_c, read_at = readings.value_c, readings.read_at
    if len(missed) == 0:
        never_s, heard = np.zeros(len(value_c)), (value_c, read_at)
        return Sensed(value_c, nobody, nobody, never_s, *heard, *heard, known.agreed_s, agreed)

    def but_missed(usual: Array, of_missed: Array | float) -> Array:
        merged = usual.copy()
        merged[missed] = of_missed
        return merged

    suspect, missing = known.suspect[missed], readings.expected[missed]
    of_missed_c, of_missed_at = known.believed_c[missed], known.believed_at[missed]
    raw_c = believed_c = but_missed(value_c, of_missed_c)
    raw_at = believed_at = but_missed(read_at, of_missed_at)
    if known.raw_c is not known.believed_c and not _same(known.raw_c[missed], of_missed_c):
        raw_c = but_missed(value_c, known.raw_c[missed])
    if known.raw_at is not known.believed_at and not _same(known.raw_at[missed], of_missed_at):
        raw_at = but_missed(read_at, known.raw_at[missed])
    return Sensed(
        read_c=but_missed(value_c, np.nan),
        suspect=but_missed(nobody, suspect) if np.count_nonzero(suspect) else nobody,
        missing=kept(but_missed(nobody, missing)) if np.count_nonzero(missing) else nobody,
        missing_s=but_missed(np.zeros(len(value_c)), known.missing_s[missed]),
        believed_c=believed_c,
        believed_at=believed_at,
        raw_c=raw_c,
        raw_at=raw_at,
        agreed_s=known.agreed_s,
        agreed=agreed,
    )


def _with_others(
    readings: _Readings, known: _Known, others: Indices, dt_s: float, tuning: Tuning
) -> Sensed:
    """Believe all cells but the `others`, which are sorted."""
    value_c, read_at = readings.value_c, readings.read_at
    nobody = np.zeros(len(value_c), np.bool_)
    some = _sorted(readings.at(others), known.at(others), dt_s, tuning)

    def but_others(usual: Array, of_others: Array) -> Array:
        merged = usual.copy()
        merged[others] = of_others
        return merged

    believed_c = but_others(value_c, some.believed_c)
    believed_at = but_others(read_at, some.believed_at)
    return Sensed(
        read_c=but_others(value_c, some.read_c),
        suspect=but_others(nobody, some.suspect) if some.suspect.any() else nobody,
        missing=but_others(nobody, some.missing) if some.missing.any() else nobody,
        missing_s=but_others(np.zeros(len(value_c)), some.missing_s),
        believed_c=believed_c,
        believed_at=believed_at,
        raw_c=believed_c if _same(some.raw_c, some.believed_c) else but_others(value_c, some.raw_c),
        raw_at=believed_at
        if _same(some.raw_at, some.believed_at)
        else but_others(read_at, some.raw_at),
        agreed_s=but_others(known.agreed_s, some.agreed_s),
    )


def _same(one: Floats, other: Floats) -> bool:
    return one.tobytes() == other.tobytes()


def _sorted(readings: _Readings, known: _Known, dt_s: float, tuning: Tuning) -> Sensed:
    value_c, read_at, fresh, expected, second_c = readings
    in_range = (value_c >= tuning.lowest_possible_c) & (value_c <= tuning.highest_possible_c)
    unheard = np.isnan(known.believed_c)
    other = fresh & (read_at != known.raw_at)
    agrees, so_far_s = _agreement(value_c, read_at, in_range, known, tuning)
    agreed_s = np.where(other, so_far_s, known.agreed_s)
    may_be = fresh & in_range
    if second_c is not None:
        may_be &= ~(np.abs(value_c - second_c) > tuning.second_sensor_k)
    possible = may_be & np.where(
        unheard,
        agreed_s > 0,
        _near(value_c, read_at, known, tuning) | (agreed_s >= _needed_s(value_c, tuning)),
    )
    # The first reading of all is no fault as long as no second one contradicts it. One that agrees
    # but is no later proves nothing: a manager tells how old its values are, in rough steps, so the
    # same measurement may come again with a time just before.
    waits = may_be & unheard & ~known.suspect & (~other | agrees | np.isnan(known.raw_c))
    missing_s = np.where(fresh, 0.0, np.minimum(known.missing_s + dt_s, tuning.missing_after_s))
    return Sensed(
        read_c=np.where(possible, value_c, np.nan),
        suspect=np.where(fresh, ~(possible | waits), known.suspect),
        missing=expected & (missing_s >= tuning.missing_after_s),
        missing_s=missing_s,
        believed_c=np.where(possible, value_c, known.believed_c),
        believed_at=np.where(possible, read_at, known.believed_at),
        raw_c=np.where(other, value_c, known.raw_c),
        raw_at=np.where(other, read_at, known.raw_at),
        agreed_s=agreed_s,
    )


def _agreement(
    value_c: Floats, read_at: Floats, in_range: Flags, known: _Known, tuning: Tuning
) -> tuple[Flags, Floats]:
    """Tell which readings are within reach of the one before, and for how long they have been.

    What happened in a gap is unknown, so that a longer one counts as `longest_step_s`.
    """
    passed_s = np.clip(read_at - known.raw_at, 0.0, tuning.longest_step_s)
    reach_k = tuning.possible_jump_k + tuning.possible_k_per_s * passed_s
    agrees: Flags = in_range & (np.abs(value_c - known.raw_c) <= reach_k)
    agreed_s: Floats = np.where(
        agrees, np.minimum(known.agreed_s + passed_s, tuning.agreed_hot_after_s), 0.0
    )
    return agrees, agreed_s


def _needed_s(value_c: Floats, tuning: Tuning) -> Floats:
    """Return for how long readings must agree before they count again after a fault.

    A value that has jumped into the heat is most often a broken sensor, and believing it opens a
    breaker: it takes longer, under a standing alarm. Heat that comes by and by agrees long before.
    """
    return np.where(value_c >= tuning.alarm_c, tuning.agreed_hot_after_s, tuning.agreed_after_s)


def _near(value_c: Floats, read_at: Floats, known: _Known, tuning: Tuning) -> Flags:
    """Tell which values the cell can have by now, after the last one that was believed."""
    moved_k = np.abs(value_c - known.believed_c)
    near: Flags = moved_k <= tuning.possible_jump_k
    if not near.all():
        passed_s = np.maximum(read_at - known.believed_at, 0.0)
        reach_k = tuning.possible_jump_k + tuning.possible_k_per_s * passed_s
        near = moved_k <= np.where(known.suspect, tuning.return_k, reach_k)
    return near
