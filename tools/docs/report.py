"""Makes docs/sample-report.html: the report of a simulated string with a weak and a warm cell.

The string floats, is discharged until its weak cell is empty, and is charged again, with the
battery rooms at work on it. Seeds, sizes and times are fixed.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final, cast

import numpy as np

from bacs_core import chemistries, picture
from bacs_core.alarms.book import AlarmBook
from bacs_core.control import Conclusions, Control
from bacs_core.discharge_watch import DischargeWatch
from bacs_core.engine import LEARNED_MEMORY
from bacs_core.history.events import Event, EventKind, Json
from bacs_core.history.maintenance import Maintenance
from bacs_core.history.store import History
from bacs_core.model import (
    Chemistry,
    EqualizedBy,
    MaintenanceWork,
    Manager,
    Quantity,
    Site,
    String,
)
from bacs_core.recorder import Recorder
from bacs_core.reports.content import Request, Source
from bacs_core.reports.making import make
from bacs_core.reports.standing import identity_of, standing_of
from bacs_core.simulator.building import PlantOptions
from bacs_core.simulator.plant import Plant
from bacs_core.simulator.sensors import CurrentSensing
from bacs_core.snapshot import Column, Doubts, Snapshot, StringReadings, StringSnapshot

PATH: Final = Path(__file__).parents[2] / "docs" / "sample-report.html"
START: Final = datetime(2026, 9, 14, 6, 0, tzinfo=UTC)
TICK_S: Final = 20.0
HOURS: Final = 26.0
DISCHARGE_FROM_H: Final = 6.0
LOAD_A: Final = 90.0
WEAK, WARM, CHARGES_AGAIN_BELOW_V = 8, 15, 1.8
SETTLE_EVERY: Final = 30
STRING: Final = String(
    manager_id="room",
    number=1,
    name="String 1",
    chemistry=Chemistry.VRLA,
    cell_count=24,
    cell_voltage_v=2.0,
    float_voltage_v=chemistries.float_voltage_v(Chemistry.VRLA, 2.0),
    capacity_ah=500.0,
    module_type="C44",
    equalized_by=EqualizedBy.ENGINE,
    limits=chemistries.limits(Chemistry.VRLA, 2.0),
    stale_after_s=dict.fromkeys(Quantity, 60.0),
    absent=(Quantity.CHARGE,),
)
SITE: Final = Site(
    "Sample site (simulated)", (Manager("room", "Battery room", "engine", (STRING,)),)
)


def simulated() -> Plant:
    """Build the string with its two odd cells."""
    plant = Plant([STRING], PlantOptions(seed=11, spread_v=0.01))
    plant.sense_current(None, CurrentSensing.COARSE)
    plant.defects.weaken(WEAK - 1, 0.75)
    plant.defects.warm_place(WARM - 1, 6.0)
    return plant


def measured(plant: Plant) -> dict[str, StringReadings]:
    """Read the modules, which tell no charge."""
    own = plant.readings(START.timestamp())[STRING.key]
    charge = Column.absent(STRING.cell_count)
    return {STRING.key: replace(own, columns={**own.columns, Quantity.CHARGE: charge})}


def shown(told: Conclusions, readings: dict[str, StringReadings]) -> StringSnapshot:
    """Put the string together as the engine would, but for its alarms."""
    no_alarms = AlarmBook(marks=np.zeros(STRING.cell_count, np.uint8))
    return picture.strings_of(told, readings, no_alarms, lambda _: Doubts())[STRING.key]


async def lived(folder: Path) -> StringSnapshot:
    """Let the string live with the rooms, the recorder and the watch for discharges at work."""
    plant, now = simulated(), START.timestamp()
    history = History(folder, clock=START.timestamp)
    recorder = Recorder(history)
    control, watch = Control(SITE, (), now), DischargeWatch(SITE, recorder)
    writing = asyncio.create_task(recorder.run())
    await watch.restore()
    emptied = False
    for tick in range(round(HOURS * 3600 / TICK_S)):
        now = START.timestamp() + tick * TICK_S
        readings = measured(plant)
        told = control.think(readings, {}, frozenset(), now)
        string = shown(told, readings)
        at = datetime.fromtimestamp(now, UTC)
        snapshot = Snapshot(tick + 1, at, {STRING.key: string}, {}, {})
        await recorder.call(partial(History.record_sample, snapshot=snapshot))
        watch.follow(told, snapshot)
        emptied |= float(plant.truth_rows().voltage_v.min()) <= CHARGES_AGAIN_BELOW_V
        discharges = tick * TICK_S / 3600 >= DISCHARGE_FROM_H and not emptied
        plant.set_charger(None, on=not discharges)
        plant.set_load_current(None, LOAD_A if discharges else 0.0)
        plant.order_duty(told.plan.duty_percent)
        plant.advance(TICK_S)
        if tick % SETTLE_EVERY == 0:
            await watch.settle()
            await recorder.settle(60.0)
    await watch.settle()
    for event in happened():
        recorder.event(event)
    recorder.remember(LEARNED_MEMORY, cast("Json", control.learned()), at)
    await recorder.settle(60.0)
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    await recorder.close()
    return string


def happened() -> tuple[Event, ...]:
    """Return what people did to the string."""
    work = Maintenance(MaintenanceWork.TIGHTENED, "all connections, 8 Nm")
    return (
        Event(
            START + timedelta(hours=2),
            EventKind.MAINTENANCE,
            "String 1: tightened",
            by="technician",
            manager_id="room",
            string_key=STRING.key,
            maintenance=work,
        ),
    )


def main() -> None:
    """Make the sample."""
    with tempfile.TemporaryDirectory() as folder:
        last = asyncio.run(lived(Path(folder)))
        end = START + timedelta(hours=HOURS)
        at = end - timedelta(seconds=TICK_S)
        identity = replace(
            identity_of(SITE, STRING.key), site_id="00000000-0000-4000-8000-000000000000"
        )
        page = make(
            Request(
                state_dir=Path(folder),
                string_key=STRING.key,
                language="en",
                start=end - timedelta(days=30),
                end=end,
                now=end,
                zone="Europe/Berlin",
                identity=identity,
                standing=standing_of(last, (), at, Source.LIVE),
            )
        )
    PATH.write_text(page, encoding="utf-8")
    sys.stdout.write(f"made {PATH.name}, {len(page) // 1000} kB\n")


if __name__ == "__main__":
    main()
