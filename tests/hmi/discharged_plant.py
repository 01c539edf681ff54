"""A plant with a past: two discharges of one string, one that runs, an exchange, and trends."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from bacs_core.history.discharges.rows import Entry
from bacs_core.history.events import Event, EventKind
from bacs_core.history.maintenance import Baseline, Maintenance, Measured
from bacs_core.history.store import History
from bacs_core.model import AlarmSeverity, ChargePhase, MaintenanceWork, Quantity, String
from tests.core.history.discharges.plants import Run, discharge_of
from tests.core.history.plant import snapshot, string_snapshot
from tests.hmi.standin_brain import brain_of
from tests.hmi.standin_engine import Plant, small_site

KEY = "telecom/1"
#: Cells (from 1) of that string.
WEAK, EXCHANGED, TRENDED = 4, 9, 7
FIRST, SECOND, RUNNING = 1, 2, 3
LATER = timedelta(days=30)
SAMPLE = timedelta(seconds=10)


def discharged_plant() -> Plant:
    """Make a plant with a string that gives current; `write_past` writes its history."""
    plant = Plant(small_site())
    discharging = plant.strings[KEY]
    discharging.current_a = -120.0
    discharging.brain = replace(brain_of(discharging.string), phase=ChargePhase.DISCHARGE)
    return plant


def telecom() -> String:
    return next(string for string in small_site().strings if string.key == KEY)


def write_past(state_dir: Path, now: datetime) -> None:
    """Write two discharges, one that runs, and an hour of samples before `now`, with a gap."""
    string = telecom()
    with closing(History(state_dir)) as history:
        for weakness, later in ((0.95, timedelta(0)), (0.55, LATER)):
            run = discharged(string, weakness)
            history.keep_discharge(entry(run, now - 2 * LATER + later))
        history.keep_discharge(entry(run, now - timedelta(minutes=50), ends=False))
        _write_events(history, string, now)
        _write_trend(history, string, now)


def discharged(string: String, weakness: float) -> Run:
    """Discharge a string with one weak cell at half of its capacity in an hour."""
    run = Run(string)
    run.plant.defects.weaken(WEAK - 1, weakness)
    run.live(60)
    run.discharge(300.0, 3000.0, 30.0)
    run.recharge()
    return run


def entry(run: Run, start: datetime, *, ends: bool = True) -> Entry:
    """Return a discharge as the engine would keep it, as if it had begun at `start`."""
    fold = run.fold()
    told = discharge_of(fold, run.start)
    ended_at = None if told.ended_at is None else start + (told.ended_at - told.started_at)
    moved: dict[str, Any] = {"id": 0, "started_at": start, "ended_at": ended_at if ends else None}
    told = told.model_copy(update=moved)
    analysis = run.analysis(fold=fold).model_copy(update={"discharge": told})
    return Entry(told, run.start, analysis if ends else None, fold.recording.frames)


def _write_events(history: History, string: String, now: datetime) -> None:
    measured = {
        Quantity.RESISTANCE.value: Measured(0.44e-3, (now - timedelta(days=20)).timestamp()),
    }
    work = Maintenance(
        MaintenanceWork.CELL_REPLACED, "from the shelf", Baseline(measured, {"capacity_ah": 512.0})
    )
    at = now - timedelta(days=20)
    history.record_event(
        Event(
            at=at,
            kind=EventKind.MAINTENANCE,
            text=f"{string.name}: cell replaced",
            by="tina",
            string_key=KEY,
            cell=EXCHANGED,
            maintenance=work,
        )
    )
    history.record_event(
        Event(
            at=now - timedelta(minutes=40),
            kind=EventKind.ALARM_RAISED,
            text="raised: temperature high",
            string_key=KEY,
            cell=TRENDED,
            severity=AlarmSeverity.WARNING,
            rule="cell_temperature_high",
            data={
                "alarm_id": "1",
                "change": "raised",
                "state": "unacknowledged",
                "value": 35.4,
                "limit": 35.0,
            },
        )
    )


def _write_trend(history: History, string: String, now: datetime) -> None:
    """Write an hour of samples; from its middle on ten minutes are missing."""
    random = np.random.default_rng(5)
    cells = string.cell_count
    for step in range(360):
        if 180 <= step < 240:
            continue
        at = now - timedelta(hours=1) + step * SAMPLE
        columns = {
            Quantity.VOLTAGE: string.float_voltage_v + random.normal(0, 0.002, cells),
            Quantity.TEMPERATURE: np.full(cells, 24.0 + step / 100),
            Quantity.RESISTANCE: np.full(cells, 0.46e-3),
            Quantity.CHARGE: np.full(cells, 99.0),
            Quantity.DUTY: np.full(cells, 20.0),
        }
        target_v = float(columns[Quantity.VOLTAGE].mean())
        history.record_sample(
            snapshot(at, string_snapshot(string, columns, at, target_voltage_v=target_v))
        )
