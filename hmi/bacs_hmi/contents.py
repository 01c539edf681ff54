"""From the mirror of the engine to what a view shows: plain reading and rounding, nothing drawn.

Values are rounded to what the screen can show, so that noise below the last digit is no change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Final

from bacs_core.api.live import LiveSite, LiveString
from bacs_core.api.messages import StringScalars
from bacs_core.model import AlarmSeverity, Quantity, String, TripState
from bacs_hmi.format import SHOWN
from bacs_hmi.frames import (
    QUANTITIES,
    CellState,
    OverviewContent,
    StringContent,
    StringMark,
    mark,
)

#: A string below this voltage has room for a second decimal of its sum.
LOW_STRING_V: Final = 100.0
#: A string that stores less than this is charged and discharged with fractions of a kilowatt.
SMALL_STRING_WH: Final = 30e3


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value above the table: its text, where it comes from, how it is shown."""

    text: str
    unit: str
    factor: float
    read: Callable[[StringScalars], float | None]
    decimals: Callable[[String], int]


def sum_decimals(string: String) -> int:
    """Choose the decimals of a sum voltage."""
    return 2 if string.cell_count * string.cell_voltage_v < LOW_STRING_V else 1


def target_decimals(string: String) -> int:
    """Choose the decimals of a target voltage: as the voltages it is compared with."""
    return SHOWN[Quantity.VOLTAGE].decimals(string.cell_voltage_v)


def power_decimals(string: String) -> int:
    """Choose the decimals of the power, in kW."""
    nominal_wh = string.cell_count * string.cell_voltage_v * string.capacity_ah
    return 2 if nominal_wh < SMALL_STRING_WH else 1


#: In the order in which the string page shows them.
SCALARS: Final = (
    Scalar("sum_voltage", "V", 1.0, lambda values: values.sum_voltage_v, sum_decimals),
    Scalar("target_voltage", "V", 1.0, lambda values: values.target_voltage_v, target_decimals),
    Scalar("mean_charge", "%", 1.0, lambda values: values.mean_charge_percent, lambda _: 0),
    Scalar("current", "A", 1.0, lambda values: values.current_a, lambda _: 1),
    Scalar("power", "kW", 1e-3, lambda values: values.power_w, power_decimals),
    Scalar("ac_current", "A", 1.0, lambda values: values.ac_current_a, lambda _: 1),
    Scalar("room_temperature", "°C", 1.0, lambda values: values.room_temperature_c, lambda _: 1),
)


def overview_content(live: LiveSite) -> OverviewContent:
    """Read what the overview shows."""
    if live.info is None:
        return OverviewContent((), (), ())
    site = live.info.site
    marks: list[int] = []
    strings: list[StringMark] = []
    raised = Counter(
        (alarm.string_key, alarm.severity) for alarm in live.alarms.values() if alarm.active
    )
    for string in site.strings:
        mirror = live.strings[string.key]
        freshness = _freshness(live, mirror, Quantity.VOLTAGE)
        strings.append(_string_mark(mirror, freshness, raised))
        marks += _marks(mirror, freshness)
    managers = tuple(
        live.managers[manager.id].online if manager.id in live.managers else None
        for manager in site.managers
    )
    return OverviewContent(managers, tuple(strings), tuple(marks))


def string_content(live: LiveSite, key: str) -> StringContent:
    """Read what the page of one string shows."""
    mirror = live.strings[key]
    string, scalars = mirror.string, mirror.scalars
    return StringContent(
        scalars=tuple(
            _rounded(scalar.read(scalars), scalar.factor, scalar.decimals(string))
            for scalar in SCALARS
        ),
        equalization=scalars.equalization,
        inhibited_by=tuple(scalars.inhibited_by),
        columns=(
            *(_column(mirror, quantity) for quantity in QUANTITIES),
            tuple(
                _rounded(deviation_v(mirror, index), 1e3, 0)
                for index in range(mirror.string.cell_count)
            ),
        ),
        cells=_cell_states(live, mirror),
    )


def deviation_v(mirror: LiveString, cell_index: int) -> float | None:
    """Tell how far a cell is above the target of its string."""
    target_v = mirror.scalars.target_voltage_v
    voltage_v = _at(mirror.columns.get(Quantity.VOLTAGE), cell_index)
    return None if voltage_v is None or target_v is None else voltage_v - target_v


def value_of(mirror: LiveString, quantity: Quantity, cell_index: int) -> float | None:
    """Read one value of one cell; `None` if the device does not give it."""
    return _at(mirror.columns.get(quantity), cell_index)


@dataclass(frozen=True, slots=True)
class _Freshness:
    """How old a reading is, and whether that is too old; without a reading both are so."""

    age_s: float | None
    stale: bool


def _freshness(live: LiveSite, mirror: LiveString, quantity: Quantity) -> list[_Freshness]:
    """Judge the readings of all cells; readings of the same moment are judged once."""
    key = mirror.string.key
    times = mirror.read_at.get(quantity) or (None,) * mirror.string.cell_count
    judged: dict[float | None, _Freshness] = {}
    for index, read_at in enumerate(times):
        if read_at not in judged:
            judged[read_at] = _Freshness(
                live.age_s(key, quantity, index), live.stale(key, quantity, index)
            )
    return [judged[read_at] for read_at in times]


def _string_mark(
    mirror: LiveString,
    freshness: list[_Freshness],
    raised: Counter[tuple[str | None, AlarmSeverity]],
) -> StringMark:
    string, scalars = mirror.string, mirror.scalars
    ages = [each.age_s for each in set(freshness) if each.age_s is not None]
    return StringMark(
        sum_voltage_v=_rounded(scalars.sum_voltage_v, 1.0, sum_decimals(string)),
        current_a=_rounded(scalars.current_a, 1.0, 1),
        equalization=scalars.equalization,
        inhibited_by=tuple(scalars.inhibited_by),
        age_s=_old(min(ages), string.stale_after_s[Quantity.VOLTAGE]) if ages else None,
        alarms=raised[string.key, AlarmSeverity.ALARM],
        warnings=raised[string.key, AlarmSeverity.WARNING],
        trip=TripState.NO_BREAKER if mirror.brain is None else mirror.brain.trip.state,
    )


def _marks(mirror: LiveString, freshness: list[_Freshness]) -> list[int]:
    string = mirror.string
    target_v = mirror.scalars.target_voltage_v
    voltages = mirror.columns.get(Quantity.VOLTAGE) or (None,) * string.cell_count
    return [
        mark(
            None if voltage_v is None or target_v is None else voltage_v - target_v,
            string.cell_voltage_v,
            status,
            # A manager that gives no cells is not stale: there is nothing to grow old.
            stale=voltage_v is not None and fresh.stale,
        )
        for voltage_v, status, fresh in zip(voltages, mirror.status, freshness, strict=True)
    ]


def _old(age_s: float, stale_after_s: float) -> int:
    """Keep the age of a fresh reading out of the frame: it changes each tick and is not shown."""
    return 0 if age_s <= stale_after_s else int(age_s)


def _column(mirror: LiveString, quantity: Quantity) -> tuple[float | None, ...]:
    column = mirror.columns.get(quantity)
    if column is None:
        return (None,) * mirror.string.cell_count
    shown = SHOWN[quantity]
    decimals = shown.decimals(mirror.string.cell_voltage_v)
    return tuple(_rounded(value, shown.factor, decimals) for value in column)


def _cell_states(live: LiveSite, mirror: LiveString) -> tuple[CellState, ...]:
    judged = {quantity: _freshness(live, mirror, quantity) for quantity in QUANTITIES}
    return tuple(
        _cell_state(mirror, index, {name: each[index] for name, each in judged.items()})
        for index in range(mirror.string.cell_count)
    )


def _cell_state(mirror: LiveString, index: int, freshness: dict[Quantity, _Freshness]) -> CellState:
    bits = 0
    oldest_s: float | None = None
    for place, quantity in enumerate(QUANTITIES):
        fresh = freshness[quantity]
        if value_of(mirror, quantity, index) is None or not fresh.stale:
            continue
        bits |= 1 << place
        if fresh.age_s is not None:
            oldest_s = fresh.age_s if oldest_s is None else max(oldest_s, fresh.age_s)
    return CellState(mirror.status[index], bits, None if oldest_s is None else int(oldest_s))


def _rounded(value: float | None, factor: float, decimals: int) -> float | None:
    """Scale and round; what a screen shows of it is then the same everywhere."""
    return None if value is None or not isfinite(value) else round(value * factor, decimals)


def _at(column: list[float | None] | None, index: int) -> float | None:
    return None if column is None else column[index]
