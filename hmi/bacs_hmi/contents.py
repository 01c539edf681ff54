"""From the mirror of the engine to what a view shows: plain reading and rounding, nothing drawn.

Values are rounded to what the screen can show, so that noise below the last digit is no change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

from bacs_core.api.live import LiveSite, LiveString
from bacs_core.api.messages import CellFigure, StringScalars
from bacs_core.model import AlarmSeverity, CellStatus, Quantity, String, TripState
from bacs_hmi.conclusions import health_of
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
#: Fresh cells are all told by these.
_FRESH: Final = {status: CellState(status, 0, None) for status in CellStatus}


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


@dataclass(frozen=True, slots=True)
class _Marked:
    """The marks of a string, and what they were made of."""

    voltages: list[float | None]
    around: tuple[float | None, list[int], bool | tuple[bool, ...]]
    marks: tuple[int, ...]


class OverviewReader:
    """Reads what the overview shows; a mark is made anew only where something moved."""

    def __init__(self) -> None:
        self._marked: dict[str, _Marked] = {}

    def read(self, live: LiveSite) -> OverviewContent:
        """Read the newest values."""
        if live.info is None:
            return OverviewContent((), (), ())
        site = live.info.site
        raised = Counter(
            (alarm.string_key, alarm.severity) for alarm in live.alarms.values() if alarm.active
        )
        mirrors = [live.strings[string.key] for string in site.strings]
        ages = [_ages(live, mirror, Quantity.VOLTAGE) for mirror in mirrors]
        return OverviewContent(
            managers=tuple(
                live.managers[manager.id].online if manager.id in live.managers else None
                for manager in site.managers
            ),
            strings=tuple(
                _string_mark(mirror, its, raised) for mirror, its in zip(mirrors, ages, strict=True)
            ),
            marks=tuple(
                self._marks(mirror, its) for mirror, its in zip(mirrors, ages, strict=True)
            ),
        )

    def _marks(self, mirror: LiveString, ages: _Ages) -> tuple[int, ...]:
        string, target_v = mirror.string, mirror.scalars.target_voltage_v
        voltages = list(mirror.columns.get(Quantity.VOLTAGE) or [None] * string.cell_count)
        around = (target_v, list(mirror.status), ages.stale)
        before = self._marked.get(string.key)
        if before is not None and before.around == around:
            moved = [
                index
                for index, (voltage_v, old_v) in enumerate(
                    zip(voltages, before.voltages, strict=True)
                )
                if voltage_v is not old_v
            ]
            if not moved:
                return before.marks
            told = list(before.marks)
        else:
            moved = list(range(string.cell_count))
            told = [0] * string.cell_count
        for index in moved:
            voltage_v = voltages[index]
            told[index] = mark(
                None if voltage_v is None or target_v is None else voltage_v - target_v,
                string.cell_voltage_v,
                mirror.status[index],
                # A manager that gives no cells is not stale: there is nothing to grow old.
                stale=voltage_v is not None and ages.is_stale(index),
            )
        self._marked[string.key] = _Marked(voltages, around, tuple(told))
        return self._marked[string.key].marks


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
            _deviations_mv(mirror),
            tuple(_rounded(health_of(mirror, cell), 1.0, 0) for cell in range(string.cell_count)),
            _rounded_all(mirror.figures.get(CellFigure.BLED), 1.0, 1, string.cell_count),
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
class _Ages:
    """How old the readings of a quantity are, and which are too old; without one, all are so.

    Most strings are read as a whole: then `each` is empty, and nothing is told cell by cell.
    """

    newest_s: float | None
    stale: bool | tuple[bool, ...]
    each: tuple[float | None, ...] = ()

    def is_stale(self, index: int) -> bool:
        """Tell it of one cell, counted from 0."""
        return self.stale if isinstance(self.stale, bool) else self.stale[index]


def _ages(live: LiveSite, mirror: LiveString, quantity: Quantity) -> _Ages:
    """Judge the readings of all cells; readings of the same moment are judged once."""
    times = mirror.read_at.get(quantity)
    if times is None:
        return _Ages(None, stale=True)
    limit_s = mirror.string.stale_after_s.get(quantity)
    ages = {read_at: live.age_of(read_at) for read_at in set(times)}
    stale = {
        read_at: age_s is None or (limit_s is not None and age_s > limit_s)
        for read_at, age_s in ages.items()
    }
    newest_s = min((age_s for age_s in ages.values() if age_s is not None), default=None)
    if not any(stale.values()):
        return _Ages(newest_s, stale=False)
    return _Ages(
        newest_s,
        tuple(stale[read_at] for read_at in times),
        tuple(ages[read_at] for read_at in times),
    )


def _string_mark(
    mirror: LiveString,
    ages: _Ages,
    raised: Counter[tuple[str | None, AlarmSeverity]],
) -> StringMark:
    string, scalars = mirror.string, mirror.scalars
    newest_s, limit_s = ages.newest_s, string.stale_after_s[Quantity.VOLTAGE]
    return StringMark(
        sum_voltage_v=_rounded(scalars.sum_voltage_v, 1.0, sum_decimals(string)),
        current_a=_rounded(scalars.current_a, 1.0, 1),
        equalization=scalars.equalization,
        inhibited_by=tuple(scalars.inhibited_by),
        # The age of a fresh reading changes at each tick and is not shown.
        age_s=None if newest_s is None else 0 if newest_s <= limit_s else int(newest_s),
        alarms=raised[string.key, AlarmSeverity.ALARM],
        warnings=raised[string.key, AlarmSeverity.WARNING],
        trip=TripState.NO_BREAKER if mirror.brain is None else mirror.brain.trip.state,
    )


def _deviations_mv(mirror: LiveString) -> tuple[float | None, ...]:
    target_v = mirror.scalars.target_voltage_v
    voltages = mirror.columns.get(Quantity.VOLTAGE)
    if voltages is None or target_v is None:
        return (None,) * mirror.string.cell_count
    return tuple(
        None if voltage_v is None else _rounded(voltage_v - target_v, 1e3, 0)
        for voltage_v in voltages
    )


def _column(mirror: LiveString, quantity: Quantity) -> tuple[float | None, ...]:
    shown = SHOWN[quantity]
    decimals = shown.decimals(mirror.string.cell_voltage_v)
    column = mirror.columns.get(quantity)
    return _rounded_all(column, shown.factor, decimals, mirror.string.cell_count)


def _cell_states(live: LiveSite, mirror: LiveString) -> tuple[CellState, ...]:
    judged = [(quantity, _ages(live, mirror, quantity)) for quantity in mirror.columns]
    old = [(quantity, ages) for quantity, ages in judged if ages.stale is not False]
    if not old:
        return tuple(_FRESH[CellStatus(status)] for status in mirror.status)
    return tuple(
        _cell_state(mirror, index, old)
        if any(ages.is_stale(index) for _, ages in old)
        else _FRESH[CellStatus(status)]
        for index, status in enumerate(mirror.status)
    )


def _cell_state(mirror: LiveString, index: int, old: Sequence[tuple[Quantity, _Ages]]) -> CellState:
    """Say which values of a cell are too old; what is not given does not grow old."""
    bits = 0
    known: list[float] = []
    for quantity, ages in old:
        if not ages.is_stale(index) or value_of(mirror, quantity, index) is None:
            continue
        bits |= 1 << QUANTITIES.index(quantity)
        age_s = ages.each[index] if ages.each else None
        if age_s is not None:
            known.append(age_s)
    return CellState(mirror.status[index], bits, int(max(known)) if known else None)


def _rounded_all(
    values: Sequence[float | None] | None, factor: float, decimals: int, cell_count: int
) -> tuple[float | None, ...]:
    if values is None:
        return (None,) * cell_count
    return tuple(_rounded(value, factor, decimals) for value in values)


def _rounded(value: float | None, factor: float, decimals: int) -> float | None:
    """Scale and round; what a screen shows of it is then the same everywhere."""
    return None if value is None or not isfinite(value) else round(value * factor, decimals)


def _at(column: list[float | None] | None, index: int) -> float | None:
    return None if column is None else column[index]
