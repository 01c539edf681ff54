"""Contents of reports as tests need them: any number of cells, of which some are odd."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from bacs_core import chemistries
from bacs_core.api.discharge_messages import (
    Battery,
    CellColumns,
    CellFault,
    Collapse,
    CollapseSign,
    Discharge,
    DischargeAnalysis,
    DischargeFigures,
    DischargeKind,
    EndCause,
    FoundFault,
    Spread,
)
from bacs_core.api.message_base import Wording
from bacs_core.api.messages import Alarm
from bacs_core.history.events import EventKind
from bacs_core.history.maintenance import (
    Baseline as WorkBaseline,
    Maintenance,
    Measured,
    StoredMaintenance,
)
from bacs_core.model import (
    AlarmSeverity,
    AlarmState,
    Basis,
    CellStatus,
    ChargePhase,
    Chemistry,
    EqualizationMode,
    EqualizationState,
    EqualizedBy,
    MaintenanceWork,
    Quantity,
    String,
    TripState,
)
from bacs_core.reports.content import (
    Band,
    Baseline,
    Concluded,
    Content,
    Curve,
    Doubted,
    Estimated,
    Happening,
    Identity,
    Quality,
    Readings,
    Source,
    Span,
    Standing,
    Trend,
    Values,
)
from bacs_core.reports.trends import SPANS, band
from bacs_core.snapshot import CellFinding, StringSummary, TripSummary

NOW = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: An event from before the clock was set.
UNSET = 3
KEY = "ups-a/1"
WEAK, WARM = 7, 12


def make_string(cells: int, name: str = "String 1") -> String:
    return String(
        manager_id="ups-a",
        number=1,
        name=name,
        chemistry=Chemistry.VRLA,
        cell_count=cells,
        cell_voltage_v=2.0,
        float_voltage_v=2.27,
        capacity_ah=500.0,
        module_type="C44",
        equalized_by=EqualizedBy.ENGINE,
        limits=chemistries.limits(Chemistry.VRLA, 2.0),
        stale_after_s=dict.fromkeys(Quantity, 30.0),
    )


def make_identity(cells: int, name: str = "String 1", site: str = "Data centre North") -> Identity:
    return Identity(
        string_key=KEY,
        cell_count=cells,
        site_name=site,
        site_id="5e6c1a3e-0d0b-4b9e-9a53-5e1f0c9f3b11",
        string=make_string(cells, name),
        manager_name="UPS A",
        manager_device="engine",
        manager_serial=4711,
        manager_firmware="2.4",
        sensor_serial=9001,
        module_serials=tuple(310_000 + cell for cell in range(cells)),
        engine_version="0.5.0",
    )


def _values(array: np.ndarray) -> Values:
    return tuple(None if math.isnan(value) else round(float(value), 6) for value in array)


def _sure(values: np.ndarray, spread: float, basis: Basis) -> Estimated:
    count = len(values)
    return Estimated(_values(values), (spread,) * count, (basis,) * count)


def make_standing(cells: int = 32, **changes: object) -> Standing:
    random = np.random.default_rng(cells)
    voltage = np.round(2.27 + random.normal(0, 0.004, cells), 3)
    temperature = np.round(22 + random.normal(0, 0.5, cells), 1)
    resistance = np.round(random.normal(0.35e-3, 8e-6, cells), 6)
    weak, warm = WEAK - 1, min(WARM, cells) - 1
    voltage[weak] -= 0.045
    temperature[warm] += 6.2
    resistance[weak] *= 1.42
    capacity = np.round(random.normal(97, 1.5, cells), 1)
    capacity[weak] = 76.0
    bled = np.round(np.abs(random.normal(1.2, 0.4, cells)), 2)
    no = (False,) * cells
    status = [CellStatus.NORMAL] * cells
    status[weak], status[warm] = CellStatus.WARNING, CellStatus.ALARM
    ages = (2.0,) * cells
    readings = {
        Quantity.VOLTAGE: Readings(_values(voltage), ages, 30.0),
        Quantity.TEMPERATURE: Readings(_values(temperature), ages, 30.0),
        Quantity.RESISTANCE: Readings(_values(resistance), (1800.0,) * cells, 90_000.0),
        Quantity.CHARGE: Readings((99.0,) * cells, ages, 30.0),
        Quantity.DUTY: Readings((10.0,) * cells, ages, 30.0),
    }
    standing = Standing(
        at=NOW,
        source=Source.LIVE,
        readings=readings,
        status=tuple(int(code) for code in status),
        summary=StringSummary(float(voltage.sum()), float(voltage.mean()), 99.0, 0.21, 1.4, 15.0),
        room_temperature_c=21.4,
        current_error_a=0.05,
        equalization=EqualizationState.ACTIVE,
        inhibited_by=(),
        doubts=(Doubted(3, "hears no broadcast and obeys no bypass", believed=True, code="deaf"),),
        doubt_count=1,
        alarms=(
            make_alarm("cell_temperature_high", AlarmSeverity.WARNING, WARM, 28.3, 28.0),
            make_alarm("cell_capacity_low", AlarmSeverity.WARNING, WEAK, 76.0, 80.0),
        ),
        concluded=Concluded(
            phase=ChargePhase.FLOAT,
            phase_since=NOW - timedelta(days=9, hours=3),
            mode=EqualizationMode.CONTINUOUS,
            limit_percent=50.0,
            charge_percent=98.0,
            charge_uncertainty_percent=2.0,
            charge_basis=Basis.PROVEN_FULL,
            charge=_sure(np.full(cells, 99.0), 1.5, Basis.PROVEN_FULL),
            capacity=_sure(capacity, 5.0, Basis.DISCHARGE),
            health=_sure(capacity, 6.0, Basis.DISCHARGE),
            bled_ah=_values(bled),
            stage=(0,) * cells,
            paused=no,
            exhausted=tuple(cell == warm for cell in range(cells)),
            stuck_on=no,
            stuck_off=no,
            trip=TripSummary(state=TripState.ARMED, contact_open=False),
            testing_until=None,
            findings=(
                CellFinding(WEAK, "capacity_low", 76.0, "cell 07: capacity 76 %", 8.2),
                CellFinding(WARM, "warmer_than_string_rising", 6.2, "cell 12: warmer", 5.4),
            ),
        ),
    )
    return replace(standing, **changes)  # type: ignore[arg-type]


def make_alarm(
    rule: str, severity: AlarmSeverity, cell: int | None, value: float, limit: float
) -> Alarm:
    return Alarm(
        id=f"{rule}:{KEY}:{cell}",
        rule=rule,
        severity=severity,
        state=AlarmState.UNACKNOWLEDGED,
        manager_id="ups-a",
        string_key=KEY,
        cell=cell,
        value=value,
        limit=limit,
        raised_at=NOW - timedelta(hours=5),
        text=f"String 1, cell {cell}: {rule}",
    )


def _band(points: int, cells: int, middle: float, spread: float, hole: slice, seed: int) -> Band:
    random = np.random.default_rng(seed)
    day = np.sin(np.linspace(0, 6, points))[:, np.newaxis]
    values = middle + spread * (random.normal(0, 1, cells) + 0.4 * day)
    values = values + 0.2 * spread * random.normal(0, 1, (points, cells))
    values[:, WEAK - 1] += 4 * spread
    values[hole] = np.nan
    return band(values, (WEAK, min(WARM, cells)))


def make_trend(span: Span, cells: int = 32) -> Trend:
    length, points = SPANS[span]
    at = tuple(NOW - length + (place + 0.5) * length / points for place in range(points))
    hole = slice(points // 3, points // 3 + 5)
    random = np.random.default_rng(3)
    return Trend(
        span=span,
        start=NOW - length,
        end=NOW,
        at=at,
        voltage_v=_band(points, cells, 2.27, 0.004, hole, 1),
        temperature_c=_band(points, cells, 23.0, 0.4, hole, 2),
        resistance_rise_percent=_band(points, cells, 2.0, 1.5, hole, 4),
        room_temperature_c=_values(21 + np.sin(np.linspace(0, 6, points))),
        current_a=_values(random.normal(0.2, 0.02, points)),
    )


def make_discharge(cells: int = 32, number: int = 1, days_ago: float = 20.0) -> DischargeAnalysis:
    random = np.random.default_rng(number)
    string = make_string(cells)
    start = NOW - timedelta(days=days_ago)
    end_v = np.round(1.88 + random.normal(0, 0.015, cells), 3)
    end_v[WEAK - 1] = 1.62
    loaded = np.round(2.03 + random.normal(0, 0.006, cells), 3)
    nothing: list[float | None] = [None] * cells
    return DischargeAnalysis(
        discharge=Discharge(
            id=number,
            battery=Battery(
                string_key=KEY,
                manager_id="ups-a",
                number=1,
                name=string.name,
                chemistry=string.chemistry,
                cell_count=cells,
                cell_voltage_v=2.0,
                float_voltage_v=2.27,
                end_voltage_v=1.8,
                capacity_ah=500.0,
                rated_hours=10.0,
                module_type="C44",
            ),
            kind=DischargeKind.BATTERY_TEST,
            started_at=start,
            ended_at=start + timedelta(hours=6, minutes=12),
            cause=EndCause.LOAD_GONE,
            figures=DischargeFigures(
                until=start + timedelta(hours=6, minutes=12),
                hours=6.2,
                start_voltage_v=2.27 * cells,
                end_voltage_v=float(end_v.sum()),
                mean_current_a=50.2,
                given_ah=311.4,
                given_wh=19_000.0,
                depth_percent=62.3,
                gap_s=95.0,
                gap_count=1,
                lower_bound=True,
            ),
        ),
        final=True,
        cells=CellColumns(
            before_v=nothing,
            loaded_v=list(_values(loaded)),
            lowest_v=list(_values(end_v)),
            lowest_at=[None] * cells,
            end_v=list(_values(end_v)),
            empty_at=[None] * cells,
            empty_after_ah=nothing,
            knee_at=[None] * cells,
            knee_after_ah=nothing,
            highest_c=nothing,
            capacity_percent=nothing,
            capacity_uncertainty_percent=nothing,
            capacity_basis=[Basis.NONE] * cells,
        ),
        collapses=[
            Collapse(
                rank=1,
                cell=WEAK,
                sign=CollapseSign.END_VOLTAGE,
                at=start + timedelta(hours=5),
                after_s=18_000.0,
                after_ah=250.0,
                voltage_v=1.8,
            )
        ],
        faults=[
            FoundFault(
                cell=WEAK,
                fault=CellFault.WEAK,
                text="cell 07 is weak",
                wording=Wording(code="weak"),
            )
        ],
        spread=Spread(before_v=0.02, loaded_v=0.03, end_v=0.31),
    )


def make_curve(cells: int = 32) -> Curve:
    points = 160
    hours = np.linspace(0.02, 6.18, points)
    fall = 2.03 - 0.15 * (hours / 6.2) ** 2
    values = fall[:, np.newaxis] + np.random.default_rng(9).normal(0, 0.006, (1, cells))
    values[:, WEAK - 1] -= 0.25 * np.clip(hours - 4.2, 0, None) ** 2 / 4
    return Curve(
        hours=tuple(hours.tolist()),
        voltage_v=band(values, (WEAK,)),
        current_a=_values(np.full(points, -50.2)),
    )


def make_events(count: int = 30) -> tuple[Happening, ...]:
    rules = ("cell_temperature_high", "cell_voltage_low", "manager_silent", "cell_capacity_low")
    told = []
    for number in range(count):
        rule = rules[number * number % 4]
        severity = "alarm" if rule == "manager_silent" else "warning"
        at = NOW - timedelta(hours=20 * number + 1)
        unset = number == UNSET
        told.append(
            Happening(
                at=EPOCH if unset else at,
                corrected_at=at if unset else None,
                kind=EventKind.ALARM_RAISED if number % 3 else EventKind.COMMAND,
                text=f"raised: String 1, cell 07: {rule}" if number % 3 else "acknowledge",
                by=None if number % 3 else "M. Muster",
                cell=WEAK if rule != "manager_silent" else None,
                rule=rule if number % 3 else None,
                severity=severity if number % 3 else None,
            )
        )
    return tuple(told)


def make_maintenance() -> tuple[StoredMaintenance, ...]:
    measured = {
        "voltage_v": Measured(2.271, NOW.timestamp()),
        "resistance_ohm": Measured(0.351e-3, NOW.timestamp()),
    }
    return (
        StoredMaintenance(
            id=42,
            at=NOW - timedelta(days=200),
            string_key=KEY,
            cell=9,
            who="M. Muster",
            entry=Maintenance(
                MaintenanceWork.CELL_REPLACED,
                "swollen case",
                WorkBaseline(measured, {"capacity_ah": 512.0}),
            ),
        ),
        StoredMaintenance(
            id=40,
            at=NOW - timedelta(days=210),
            string_key=KEY,
            cell=None,
            who="M. Muster",
            entry=Maintenance(MaintenanceWork.TIGHTENED, "8 Nm"),
        ),
    )


def make_quality() -> Quality:
    return Quality(
        first_sample=NOW - timedelta(days=400),
        last_sample=NOW,
        recorded_share=0.9932,
        gaps=((NOW - timedelta(days=4, hours=5), NOW - timedelta(days=4)),),
        resolution_s=600.0,
        synchronised=False,
        synchronised_since=NOW - timedelta(days=9),
        steps=((NOW - timedelta(days=9), -12.4),),
    )


def make_content(cells: int = 32, **changes: object) -> Content:
    content = Content(
        identity=make_identity(cells),
        start=NOW - timedelta(days=30),
        end=NOW,
        now=NOW,
        standing=make_standing(cells),
        baseline=Baseline((0.345e-3,) * cells, (24,) * cells, NOW - timedelta(minutes=20)),
        trends=tuple(make_trend(span, cells) for span in Span),
        discharges=(make_discharge(cells), make_discharge(cells, 2, 380.0)),
        curve=make_curve(cells),
        events=make_events(),
        events_left_out=17,
        maintenance=make_maintenance(),
        quality=make_quality(),
    )
    return replace(content, **changes)  # type: ignore[arg-type]


def make_bare_content(cells: int = 24) -> Content:
    """Make the report of a string of which only a key and a length are known."""
    empty = Band((None,) * 4, (None,) * 4, (None,) * 4)
    nothing = (None,) * 4
    trends = tuple(
        Trend(span, NOW - SPANS[span][0], NOW, (NOW,) * 4, empty, empty, empty, nothing, nothing)
        for span in Span
    )
    return Content(
        identity=Identity(KEY, cells, engine_version="0.5.0"),
        start=NOW - timedelta(days=30),
        end=NOW,
        now=NOW,
        standing=None,
        baseline=None,
        trends=trends,
        discharges=(),
        curve=None,
        events=(),
        events_left_out=0,
        maintenance=(),
        quality=Quality(None, None),
    )
