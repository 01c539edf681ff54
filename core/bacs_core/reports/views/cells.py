"""The table of all cells: one row each, with what was measured, estimated and found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Final

from bacs_core.model import Basis, CellStatus, Quantity, RunawayStage, cell_label
from bacs_core.reports.content import Baseline, Concluded, Content, Estimated, Readings, Standing
from bacs_core.reports.language import DASH, NO_BREAK, Language
from bacs_core.reports.sentences import finding_sentence
from bacs_core.reports.views.rows import Row, Table

_MILLI: Final = 1000.0
_PERCENT: Final = 100.0
_STALE_MARK: Final = "†"
#: Below one milliohm a microohm counts.
_FINE_BELOW_MILLIOHM: Final = 1.0
_MARKS: Final = {CellStatus.WARNING: "odd", CellStatus.ALARM: "bad", CellStatus.SILENT: "odd"}

Writer = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table: its heading, its unit, and what it says of the cell of an index."""

    heading: str
    unit: str
    write: Writer


@dataclass(frozen=True, slots=True)
class CellTable:
    """The table, and the headings of what is known of no cell at all."""

    table: Table
    absent: tuple[str, ...]


def cell_table(content: Content, language: Language) -> CellTable | None:
    """Make the table, `None` where nothing is known of any cell."""
    standing = content.standing
    if standing is None:
        return None
    count = content.identity.cell_count
    columns = list(_columns(standing, content.baseline, language))
    written = [tuple(column.write(index) for index in range(count)) for column in columns]
    known = [any(text != DASH for text in texts) for texts in written]
    kept = [place for place, is_known in enumerate(known) if is_known]
    findings = [_findings(standing, index, language) for index in range(count)]
    rows = tuple(
        Row(
            (
                cell_label(index + 1, count),
                *(written[place][index] for place in kept),
                "; ".join(findings[index]),
            ),
            _mark(standing, index, odd=bool(findings[index])),
        )
        for index in range(count)
    )
    headings = (
        (language.text("column_cell"), ""),
        *((columns[place].heading, columns[place].unit) for place in kept),
        (language.text("column_findings"), ""),
    )
    absent = tuple(
        column.heading for column, is_known in zip(columns, known, strict=True) if not is_known
    )
    return CellTable(Table(headings, rows, (True, *(True for _ in kept), False)), absent)


def _columns(standing: Standing, baseline: Baseline | None, language: Language) -> Iterator[Column]:
    voltage = standing.readings.get(Quantity.VOLTAGE)
    resistance = standing.readings.get(Quantity.RESISTANCE)
    concluded = standing.concluded
    yield Column(language.text("column_voltage"), "V", _measured(language, voltage, decimals=3))
    yield Column(language.text("column_deviation"), "mV", _from_median(language, voltage))
    yield Column(
        language.text("column_temperature"),
        "°C",
        _measured(language, standing.readings.get(Quantity.TEMPERATURE), decimals=1),
    )
    yield Column(language.text("column_resistance"), "mΩ", _ohmic(language, resistance))
    yield Column(language.text("column_rise"), "%", _rise(language, resistance, baseline))
    charge = standing.readings.get(Quantity.CHARGE)
    yield Column(
        language.text("column_charge"),
        "%",
        _measured(language, charge, decimals=0)
        if concluded is None
        else _estimated(language, concluded.charge, charge),
    )
    if concluded is None:
        return
    yield Column(language.text("column_health"), "%", _estimated(language, concluded.health))
    yield Column(language.text("column_capacity"), "%", _estimated(language, concluded.capacity))
    bled = concluded.bled_ah
    yield Column(language.text("column_bled"), "Ah", lambda index: language.number(bled[index], 2))


def _measured(
    language: Language, readings: Readings | None, *, decimals: int, factor: float = 1.0
) -> Writer:
    """Write measured values; one that was too old has its mark."""
    if readings is None:
        return lambda _: DASH
    stale = readings.stale

    def write(index: int) -> str:
        value = readings.values[index]
        text = language.number(None if value is None else factor * value, decimals)
        return f"{text}{_STALE_MARK}" if stale[index] else text

    return write


def _ohmic(language: Language, readings: Readings | None) -> Writer:
    known = [] if readings is None else [v for v in readings.values if v is not None]
    fine = bool(known) and _MILLI * median(known) < _FINE_BELOW_MILLIOHM
    return _measured(language, readings, decimals=3 if fine else 2, factor=_MILLI)


def _from_median(language: Language, readings: Readings | None) -> Writer:
    fresh = () if readings is None else readings.fresh
    known = [value for value in fresh if value is not None]
    if not known:
        return lambda _: DASH
    middle = median(known)

    def write(index: int) -> str:
        value = fresh[index]
        return language.signed(None if value is None else _MILLI * (value - middle), 0)

    return write


def _rise(language: Language, readings: Readings | None, baseline: Baseline | None) -> Writer:
    if readings is None or baseline is None:
        return lambda _: DASH

    def write(index: int) -> str:
        value, learnt = readings.fresh[index], baseline.ohm[index]
        if value is None or learnt is None or learnt <= 0:
            return DASH
        return language.signed(_PERCENT * (value / learnt - 1), 0)

    return write


def _estimated(language: Language, estimated: Estimated, told: Readings | None = None) -> Writer:
    """Write an estimate with its uncertainty; what nobody measured is not written at all.

    `told` is what a device says, which stands where nothing is estimated.
    """
    device = None if told is None else _measured(language, told, decimals=0)

    def write(index: int) -> str:
        value, basis = estimated.values[index], estimated.basis[index]
        if basis is Basis.RATED:
            return DASH
        if value is None:
            return DASH if device is None else device(index)
        text = language.number(value)
        if basis is Basis.LOWER_BOUND:
            return f"≥{NO_BREAK}{text}"
        spread = estimated.uncertainty[index]
        return text if spread is None else f"{text}{NO_BREAK}±{language.number(spread)}"

    return write


def _findings(standing: Standing, index: int, language: Language) -> list[str]:
    concluded = standing.concluded
    told = []
    if standing.status[index] == CellStatus.SILENT:
        told.append(language.text("status_silent"))
    if concluded is not None:
        told += _concluded_of(concluded, index, language)
    return told + [
        language.doubt(doubt.code, doubt.arguments, doubt.text)
        for doubt in standing.doubts
        if doubt.cell == index + 1
    ]


def _concluded_of(concluded: Concluded, index: int, language: Language) -> list[str]:
    told = []
    if concluded.stage[index] != RunawayStage.NONE:
        told.append(language.text("mark_runaway"))
    told += [
        language.write(finding_sentence(finding.code, finding.amount))
        for finding in concluded.findings
        if finding.cell == index + 1
    ]
    marks = {
        "mark_exhausted": concluded.exhausted,
        "mark_stuck_on": concluded.stuck_on,
        "mark_stuck_off": concluded.stuck_off,
        "mark_paused": concluded.paused,
    }
    return told + [language.text(name) for name, flags in marks.items() if flags[index]]


def _mark(standing: Standing, index: int, *, odd: bool) -> str:
    code = standing.status[index]
    known = code in set(CellStatus)
    mark = _MARKS.get(CellStatus(code), "") if known else ""
    return mark or ("odd" if odd else "")
