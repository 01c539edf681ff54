"""Discharges in words: when, for how long, how deep, which cell was lowest, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from bacs_core.api.discharge_messages import (
    Battery,
    CellColumns,
    Discharge,
    DischargeAnalysis,
    DischargeFigures,
    DischargeKind,
    FoundFault,
)
from bacs_core.model import Basis, Quantity, cell_label
from bacs_hmi.format import ABSENT, NO_BREAK, SHOWN, Numbers, day_and_clock, minute_of
from bacs_hmi.texts import Texts

HOUR_MIN: Final = 60
_MINUTE_S: Final = 60
#: Capacities that a discharge showed; the others are assumed.
_SHOWN_BASES: Final = frozenset({Basis.DISCHARGE, Basis.LOWER_BOUND})


def duration(hours: float) -> str:
    """Write a time: `1 h 05 min`, `12 min`, `40 s`."""
    seconds = round(max(0.0, hours) * 3600)
    if seconds < 2 * _MINUTE_S:
        return f"{seconds}{NO_BREAK}s"
    minutes = round(seconds / _MINUTE_S)
    if minutes < HOUR_MIN:
        return f"{minutes}{NO_BREAK}min"
    return f"{minutes // HOUR_MIN}{NO_BREAK}h{NO_BREAK}{minutes % HOUR_MIN:02d}{NO_BREAK}min"


def started(told: Discharge, today: datetime, texts: Texts) -> str:
    """Write when a discharge began."""
    return minute_of(told.started_at, today, texts["day_format"])


def began_exactly(told: Discharge, texts: Texts) -> str:
    """Write the moment at which a discharge began."""
    return day_and_clock(told.started_at, texts["day_format"])


def lasted(told: Discharge, texts: Texts) -> str:
    """Write how long it took or takes; at least so long where an end was not seen."""
    return _least(told.figures, duration(told.figures.hours), texts)


def depth(figures: DischargeFigures, texts: Texts, numbers: Numbers) -> str:
    """Write what was drawn, and how much of the rated capacity that is."""
    if figures.given_ah is None:
        return texts["discharge_depth_unknown"]
    given = numbers.with_unit(figures.given_ah, 1, "Ah")
    if figures.depth_percent is None:
        return _least(figures, given, texts)
    percent = numbers.with_unit(figures.depth_percent, 0, "%")
    return _least(figures, texts["discharge_depth"].format(given=given, percent=percent), texts)


def outcome(told: Discharge, texts: Texts) -> str:
    """Say that it runs, or how it ended."""
    if told.ended_at is None:
        return texts["discharge_runs"]
    cause = "unknown" if told.cause is None else told.cause.value
    return texts[f"discharge_cause_{cause}"]


def kind(told: Discharge, texts: Texts) -> str:
    """Name a battery test and a dip; an ordinary discharge needs no name."""
    if told.kind is DischargeKind.DISCHARGE:
        return ""
    return texts[f"discharge_kind_{told.kind.value}"]


def lowest_cell(analysis: DischargeAnalysis, texts: Texts, numbers: Numbers) -> str:
    """Write which cell fell lowest, and how low."""
    battery = analysis.discharge.battery
    cell = lowest(analysis.cells.lowest_v)
    if cell is None:
        return ABSENT
    return named_voltage(battery, cell, analysis.cells.lowest_v[cell - 1], texts, numbers)


def named_voltage(
    battery: Battery, cell: int, voltage_v: float | None, texts: Texts, numbers: Numbers
) -> str:
    """Write a cell (from 1) and its voltage."""
    value = SHOWN[Quantity.VOLTAGE].text(numbers, voltage_v, battery.cell_voltage_v)
    name = texts["cell_title"].format(cell=cell_label(cell, battery.cell_count))
    return f"{name}: {value}"


def lowest(values: Sequence[float | None]) -> int | None:
    """Return the cell (from 1) with the lowest value; None where there is no value at all."""
    known = [(value, cell) for cell, value in enumerate(values, start=1) if value is not None]
    return min(known)[1] if known else None


def remarks(told: Discharge, texts: Texts) -> Iterator[str]:
    """Say what makes the figures less certain than they look."""
    figures = told.figures
    if figures.start_unseen:
        yield texts["discharge_start_unseen"]
    if figures.end_unseen and told.ended_at is not None:
        yield texts["discharge_end_unseen"]
    if figures.gap_count:
        yield texts["discharge_gaps"].format(
            count=figures.gap_count, time=duration(figures.gap_s / 3600)
        )


def capacity(cells: CellColumns, cell: int, texts: Texts, numbers: Numbers) -> str:
    """Write what a discharge says of the capacity of a cell (from 1), with its basis."""
    place = cell - 1
    basis, value = cells.capacity_basis[place], cells.capacity_percent[place]
    if value is None or basis not in _SHOWN_BASES:
        return texts["capacity_not_measured"]
    words = texts[f"basis_{basis.name.lower()}"]
    error = cells.capacity_uncertainty_percent[place]
    amount = numbers.with_unit(value, 0, "%")
    if basis is Basis.LOWER_BOUND:
        return f"≥{NO_BREAK}{amount} ({words})"
    spread = "" if error is None else f" ±{NO_BREAK}{numbers.with_unit(max(1.0, error), 0, '%')}"
    return f"{amount}{spread} ({words})"


def shown_capacities(cells: CellColumns) -> list[float | None]:
    """Return the capacities that a discharge showed; None where it showed none."""
    return [
        value if basis in _SHOWN_BASES else None
        for value, basis in zip(cells.capacity_percent, cells.capacity_basis, strict=True)
    ]


def fault(found: FoundFault, texts: Texts) -> str:
    """Say what is wrong with a cell; a fault of a newer engine as the engine says it."""
    return texts.get(f"discharge_fault_{found.fault.value}", found.text)


def _least(figures: DischargeFigures, text: str, texts: Texts) -> str:
    return texts["discharge_at_least"].format(amount=text) if figures.lower_bound else text
