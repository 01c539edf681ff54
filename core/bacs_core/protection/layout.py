"""What protection asks of the strings in every tick, worked out once per plant."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from bacs_core.model import MODULE_TYPES, Chemistry, Quantity
from bacs_core.rows import Rows
from bacs_core.snapshot import Flags, Floats, frozen

#: Plants at work in one process: the engine's, or a handful of tests.
_KEPT_PLANTS: Final = 16
_WITHOUT_FLOAT: Final = (Chemistry.LFP, Chemistry.LTO)


@dataclass(frozen=True, slots=True)
class Layout:
    """Per cell: is a temperature expected, which voltages can a module measure, the trip limits.

    Per string: capacity, float voltage, and whether its chemistry takes a float current. `nobody`
    marks no cell.
    """

    temperature_expected: Flags
    lowest_v: Floats
    highest_v: Floats
    trip_c: Floats
    trip_high_v: Floats
    trip_low_v: Floats
    has_limits: bool
    capacity_ah: Floats
    float_v: Floats
    floats: Flags
    nobody: Flags


@lru_cache(maxsize=_KEPT_PLANTS)
def layout_of(rows: Rows) -> Layout:
    """Work the layout out; limits that are switched off are NaN."""
    types = [MODULE_TYPES.get(string.module_type) for string in rows.strings]
    ranges = [(-np.inf, np.inf) if kind is None else kind.voltage_range_v for kind in types]
    trip_c = rows.of_strings(lambda string: string.limits.temperature_trip_c)
    high_v = rows.of_strings(lambda string: string.limits.voltage_trip_high_v)
    low_v = rows.of_strings(lambda string: string.limits.voltage_trip_low_v)
    expected = rows.flags_of_strings(lambda string: Quantity.TEMPERATURE not in string.absent)
    return Layout(
        temperature_expected=rows.spread(expected),
        lowest_v=rows.spread(np.array([low for low, _ in ranges])),
        highest_v=rows.spread(np.array([high for _, high in ranges])),
        trip_c=rows.spread(trip_c),
        trip_high_v=rows.spread(high_v),
        trip_low_v=rows.spread(low_v),
        has_limits=bool(np.isfinite(np.concatenate([trip_c, high_v, low_v])).any()),
        capacity_ah=rows.of_strings(lambda string: string.capacity_ah),
        float_v=rows.of_strings(lambda string: string.float_voltage_v),
        floats=rows.flags_of_strings(lambda string: string.chemistry not in _WITHOUT_FLOAT),
        nobody=frozen(np.zeros(rows.cell_count, np.bool_)),
    )
