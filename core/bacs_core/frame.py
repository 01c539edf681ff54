"""One tick of all strings in rows: what estimation, equalization, protection and alarms work on.

A frame is gathered once per tick from the readings of the strings and never changed. What is per
cell has one place per row of `rows`, what is per string one place per string. Times are unix
seconds; a value that is unknown or too old is NaN where it is per string, and not `fresh` where it
is per cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from operator import itemgetter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.model import MODULE_TYPES, Quantity
from bacs_core.rows import Rows
from bacs_core.snapshot import Column, Flags, Floats, Reading, StringReadings
from bacs_core.summary import GROSS_DEVIATION, GROSS_SPREADS, LEAST_TRUSTED_SHARE

#: Times its capacity in ampere: no string gives or takes more, but a sensor may say so. A discharge
#: within a few minutes takes less than half of it.
_MOST_CAPACITIES: Final = 20.0


@dataclass(frozen=True, slots=True)
class Frame:
    """The readings of all strings at `now`.

    `trusted` marks the cells whose voltage may count, `target_v` is their mean per string (NaN
    where they are fewer than half). Flags of cells that are those of another frame may be the same
    object. `current_a` is NaN too where no string can have such a current.
    `current_error_a` is the stated error of the current sensor.
    """

    rows: Rows
    now: float
    columns: Mapping[Quantity, Column]
    fresh: Mapping[Quantity, Flags]
    module_status: NDArray[np.uint16]
    trusted: Flags
    target_v: Floats
    current_a: Floats
    current_error_a: Floats
    ac_current_a: Floats
    room_c: Floats

    def known(self, quantity: Quantity) -> Floats:
        """Return the values of a quantity, NaN where they are not fresh."""
        return np.where(self.fresh[quantity], self.columns[quantity].values, np.nan)


def gather(rows: Rows, readings: Mapping[str, StringReadings], now: float) -> Frame:
    """Put the readings of all strings, by key, into one frame at unix time `now`."""
    told = [readings[string.key] for string in rows.strings]
    columns = {
        quantity: Column(
            _joined([column.values for column in its]), _joined([column.read_at for column in its])
        )
        for quantity, its in _by_quantity([reading.columns for reading in told])
    }
    status = [reading.module_status for reading in told]
    return frame_of(
        rows,
        now,
        columns,
        module_status=np.concatenate([np.zeros(0, np.uint16), *status]),
        current_a=_fresh(rows, [reading.current_a for reading in told], now),
        current_error_a=_known([reading.current_error_a for reading in told]),
        ac_current_a=_fresh(rows, [reading.ac_current_a for reading in told], now),
        room_c=_fresh(rows, [reading.room_temperature_c for reading in told], now),
    )


def frame_of(
    rows: Rows,
    now: float,
    columns: Mapping[Quantity, Column],
    *,
    module_status: NDArray[np.uint16],
    current_a: Floats,
    current_error_a: Floats,
    ac_current_a: Floats,
    room_c: Floats,
) -> Frame:
    """Make a frame of columns that are in rows already; currents that are too old must be NaN."""
    limits = _limits_of(rows)
    fresh = {
        quantity: kept(column.fresh(now, limits.stale_after_s[quantity]))
        for quantity, column in columns.items()
    }
    voltage_v = columns[Quantity.VOLTAGE].values
    trusted = kept(_trusted(rows, limits, voltage_v, fresh[Quantity.VOLTAGE]))
    target_v = rows.mean(voltage_v, trusted)
    enough = rows.total(trusted) >= LEAST_TRUSTED_SHARE * rows.counts
    return Frame(
        rows=rows,
        now=now,
        columns=columns,
        fresh=fresh,
        module_status=module_status,
        trusted=trusted,
        target_v=np.where(enough, target_v, np.nan),
        current_a=np.where(np.abs(current_a) <= limits.most_a, current_a, np.nan),
        current_error_a=current_error_a,
        ac_current_a=ac_current_a,
        room_c=room_c,
    )


@dataclass(frozen=True, slots=True)
class _Limits:
    """What of the strings is asked in every frame: voltages per cell, currents per string."""

    stale_after_s: Mapping[Quantity, Floats]
    string_stale_after_s: Floats
    lowest_v: Floats
    highest_v: Floats
    most_a: Floats


#: Plants at work in one process: the engine's, or a handful of tests.
_KEPT_PLANTS: Final = 16
_QUANTITIES: Final = tuple(Quantity)
_of_quantities: Final = itemgetter(*_QUANTITIES)
#: Flags that are remembered: those of some ticks of such a plant.
_KEPT_FLAGS: Final = 64


def kept(flags: Flags) -> Flags:
    """Return flags that are mostly those of the tick before as one object then, read-only.

    Who depends on them alone sees that nothing has changed without looking at any place.
    """
    return _kept(flags.tobytes())


@lru_cache(maxsize=_KEPT_FLAGS)
def _kept(flags: bytes) -> Flags:
    return np.frombuffer(flags, np.bool_)


@lru_cache(maxsize=_KEPT_PLANTS)
def _limits_of(rows: Rows) -> _Limits:
    types = [MODULE_TYPES.get(string.module_type) for string in rows.strings]
    ranges = [(-np.inf, np.inf) if kind is None else kind.voltage_range_v for kind in types]
    per_string = {
        quantity: np.array([string.stale_after_s[quantity] for string in rows.strings])
        for quantity in Quantity
    }
    return _Limits(
        {quantity: rows.spread(seconds) for quantity, seconds in per_string.items()},
        per_string[Quantity.VOLTAGE],
        rows.spread(np.array([low for low, _ in ranges])),
        rows.spread(np.array([high for _, high in ranges])),
        _MOST_CAPACITIES * rows.of_strings(lambda string: string.capacity_ah),
    )


def _trusted(rows: Rows, limits: _Limits, voltage_v: Floats, fresh: Flags) -> Flags:
    """Tell which voltages may count; the rule is that of `summary.trusted`."""
    possible = fresh & (voltage_v >= limits.lowest_v) & (voltage_v <= limits.highest_v)
    median_v = rows.median(voltage_v, possible)
    deviation_v = np.abs(voltage_v - rows.spread(median_v))
    spread_v = rows.median(deviation_v, possible)
    gross_v = np.maximum(GROSS_DEVIATION * median_v, GROSS_SPREADS * spread_v)
    return possible & (deviation_v <= rows.spread(gross_v))


def _by_quantity(
    columns: Sequence[Mapping[Quantity, Column]],
) -> Iterator[tuple[Quantity, tuple[Column, ...]]]:
    """Return each quantity with its columns of all strings."""
    nothing: tuple[Column, ...] = ()
    its = zip(*map(_of_quantities, columns), strict=True) if columns else repeat(nothing)
    return zip(_QUANTITIES, its, strict=False)


def _joined(columns: Sequence[Floats]) -> Floats:
    return np.concatenate([np.zeros(0), *columns])


def _known(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _fresh(rows: Rows, readings: Sequence[Reading | None], now: float) -> Floats:
    """Return what was read of the strings; it grows stale like the voltages beside it."""
    values = _known([None if told is None else told.value for told in readings])
    read_at = _known([None if told is None else told.read_at for told in readings])
    known = np.abs(now - read_at) <= _limits_of(rows).string_stale_after_s
    return np.where(known, values, np.nan)
