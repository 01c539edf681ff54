"""What happened: discharges, alarms and events, maintenance."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from bacs_core.api.discharge_messages import Discharge, DischargeAnalysis
from bacs_core.history.events import EventKind
from bacs_core.history.maintenance import StoredMaintenance
from bacs_core.model import Quantity, cell_label
from bacs_core.reports.content import Content, Happening
from bacs_core.reports.language import DASH, NO_BREAK, Language
from bacs_core.reports.sentences import counted
from bacs_core.reports.views.happenings import event_text
from bacs_core.reports.views.rows import Row, Table

_MOST_COLLAPSED: Final = 5
#: How a measured value is written: factor, decimals and unit, by its name.
_MEASURED: Final[Mapping[str, tuple[float, int, str]]] = {
    Quantity.VOLTAGE: (1.0, 3, "V"),
    Quantity.TEMPERATURE: (1.0, 1, "°C"),
    Quantity.RESISTANCE: (1000.0, 3, "mΩ"),
    Quantity.CHARGE: (1.0, 0, "%"),
    Quantity.DUTY: (1.0, 0, "%"),
    "capacity_ah": (1.0, 0, "Ah"),
}


def discharge_table(content: Content, language: Language) -> Table | None:
    """Make the table of the newest discharges, `None` where none is recorded."""
    if not content.discharges:
        return None
    keys = ("begin", "kind", "duration", "given", "depth", "current", "end", "cause", "first")
    headings = tuple((language.text(f"discharge_{key}"), "") for key in keys)
    rows = tuple(Row(_discharge(told, content, language)) for told in content.discharges)
    numbers = (False, False, True, True, True, True, True, False, False)
    return Table(headings, rows, numbers)


def _discharge(told: DischargeAnalysis, content: Content, language: Language) -> tuple[str, ...]:
    own: Discharge = told.discharge
    figures = own.figures
    bound = f"≥{NO_BREAK}" if figures.lower_bound else ""
    running = own.ended_at is None
    count = content.identity.cell_count
    first = [cell_label(collapse.cell, count) for collapse in told.collapses[:_MOST_COLLAPSED]]
    more = len(told.collapses) - len(first)
    if more > 0:
        first.append(language.text("and_more", count=more))
    duration = language.duration((own.ended_at or figures.until) - own.started_at)
    return (
        language.moment(own.started_at),
        language.word("kind", own.kind),
        language.text("discharge_running", until=figures.until) if running else duration,
        _bounded(bound, figures.given_ah, 1, "Ah", language),
        _bounded(bound, figures.depth_percent, 0, "%", language),
        language.amount(figures.mean_current_a, 1, "A"),
        language.amount(figures.end_voltage_v, 1, "V"),
        DASH if own.cause is None else language.word("cause", own.cause),
        ", ".join(first) or DASH,
    )


def _bounded(bound: str, value: float | None, decimals: int, unit: str, language: Language) -> str:
    text = language.amount(value, decimals, unit)
    return text if value is None else f"{bound}{text}"


def fault_texts(told: DischargeAnalysis, content: Content, language: Language) -> tuple[str, ...]:
    """Name the cells with which something is wrong, as a discharge shows."""
    count = content.identity.cell_count
    return tuple(
        f"{language.text('cell_named', cell=cell_label(found.cell, count))}: "
        f"{language.word('fault', found.fault)}"
        for found in told.faults
    )


def discharge_notes(content: Content, language: Language) -> tuple[str, ...]:
    """Say what limits the figures of the discharges."""
    notes = []
    if any(told.discharge.figures.lower_bound for told in content.discharges):
        notes.append(language.text("discharge_bound"))
    if content.discharges:
        figures = content.discharges[0].discharge.figures
        if figures.gap_count:
            length = timedelta(seconds=figures.gap_s)
            gaps = counted("discharge_gaps", figures.gap_count, duration=length)
            notes.append(language.write(gaps))
    return tuple(notes)


def event_table(content: Content, language: Language) -> Table | None:
    """Make the table of alarms and events of the time, the newest first."""
    if not content.events:
        return None
    keys = ("column_time", "column_what", "column_where", "column_text", "column_by")
    return Table(
        tuple((language.text(key), "") for key in keys),
        tuple(_event(event, content, language) for event in content.events),
        (False,) * len(keys),
    )


def _event(event: Happening, content: Content, language: Language) -> Row:
    count = content.identity.cell_count
    where = (
        language.text("whole_string")
        if event.cell is None
        else language.text("cell_named", cell=cell_label(event.cell, count))
    )
    raised = event.kind == EventKind.ALARM_RAISED
    mark = {"alarm": "bad", "warning": "odd"}.get(event.severity or "", "") if raised else ""
    return Row(
        (
            _told_time(event, language),
            language.word("event", event.kind),
            where,
            event_text(event, count, language),
            event.by or DASH,
        ),
        mark,
    )


def _told_time(event: Happening, language: Language) -> str:
    shown = language.second(event.at)
    if event.corrected_at is None:
        return shown
    return language.text("clock_showed", at=language.second(event.corrected_at), shown=shown)


def maintenance_table(content: Content, language: Language) -> Table | None:
    """Make the table of everything that was done, the newest first."""
    if not content.maintenance:
        return None
    keys = ("time", "where", "work", "note", "baseline", "by")
    return Table(
        tuple((language.text(f"column_{key}"), "") for key in keys),
        tuple(_work(stored, content, language) for stored in content.maintenance),
        (False,) * len(keys),
    )


def _work(stored: StoredMaintenance, content: Content, language: Language) -> Row:
    entry, count = stored.entry, content.identity.cell_count
    where = (
        language.text("whole_string")
        if stored.cell is None
        else language.text("cell_named", cell=cell_label(stored.cell, count))
    )
    by_module = {name: told.value for name, told in entry.baseline.measured.items()}
    measured = [
        language.text(key, value=_values(values, language))
        for key, values in (
            ("measured_by_module", by_module),
            ("given_by_person", entry.baseline.given),
        )
        if values
    ]
    return Row(
        (
            language.moment(stored.at),
            where,
            language.word("work", entry.work),
            entry.note or DASH,
            "; ".join(measured) or DASH,
            stored.who or DASH,
        )
    )


def _values(values: Mapping[str, float], language: Language) -> str:
    told = []
    for name, value in sorted(values.items()):
        factor, decimals, unit = _MEASURED.get(name, (1.0, 3, name))
        told.append(language.amount(factor * value, decimals, unit))
    return ", ".join(told)
