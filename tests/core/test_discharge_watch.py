"""Discharges found as the ticks tell of them, written, and taken up again after a kill."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from bacs_core.api.discharge_messages import (
    CollapseSign,
    Discharge,
    DischargeAnalysis,
    DischargeKind,
    EndCause,
)
from bacs_core.control import Conclusions
from bacs_core.discharge_watch import DischargeWatch
from bacs_core.history.discharges import retelling
from bacs_core.history.discharges.capacities import Start
from bacs_core.history.discharges.rows import Entry
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import EventKind, StoredEvent
from bacs_core.history.reader import HistoryReader
from bacs_core.history.store import History
from bacs_core.model import ChargePhase, EqualizationState, Manager, Site
from bacs_core.recorder import Recorder
from bacs_core.rows import rows_of
from bacs_core.snapshot import EqualizationSummary, Snapshot, StringSnapshot, StringSummary
from tests.core.equalization.build import a_string, estimates, readings, rows_and_frame
from tests.core.plant import FLOAT_V, KEY, HandDriven, hand_driven

START = 1_790_000_000.0
CELLS = 8
LOAD_A = 50.0
WEAKEST = 3
STRING = a_string(CELLS)
SITE_OF_ONE = Site("Test", (Manager("room", "Room", "engine", (STRING,)),))
ROWS = rows_of([STRING])
D, F, B, R = (
    ChargePhase.DISCHARGE,
    ChargePhase.FLOAT,
    ChargePhase.BULK,
    ChargePhase.REST,
)


@dataclass
class Room:
    """A watch and a history; the string does what a test says."""

    folder: Path
    now: float = START
    tested: bool = False
    recharging: bool = False
    watch: DischargeWatch = field(init=False)
    recorder: Recorder = field(init=False)

    def __post_init__(self) -> None:
        self.recorder = Recorder(History(self.folder))
        self.watch = DischargeWatch(SITE_OF_ONE, self.recorder)

    def tick(
        self, phase: ChargePhase, voltages_v: Sequence[float], current_a: float | None
    ) -> None:
        """Let a second pass."""
        self.now += 1.0
        own = readings(
            voltages_v,
            self.now,
            temperature_c=[25.0] * CELLS,
            current_a=current_a,
            current_error_a=1.0,
        )
        _, frame = rows_and_frame(STRING, own, self.now)
        frame = replace(frame, rows=ROWS)
        concluded = estimates(ROWS, phase, charge_percent=[100.0] * CELLS)
        since = np.array([START if self.recharging else np.nan])
        nothing = cast("Any", None)
        told = Conclusions(
            frame=frame,
            estimates=replace(concluded, recharging_since=since),
            plan=nothing,
            verdict=nothing,
            trips={},
            demands={},
            findings=(),
            orders=nothing,
            testing=np.array([self.tested]),
            testing_until={},
        )
        sum_v = float(np.sum(voltages_v))
        summary = StringSummary(sum_v, sum_v / CELLS, None, current_a, None, None)
        shown = StringSnapshot(
            STRING,
            own,
            summary,
            EqualizationSummary(EqualizationState.IDLE),
            np.zeros(CELLS, np.uint8),
        )
        at = datetime.fromtimestamp(self.now, UTC)
        snapshot = Snapshot(round(self.now), at, {STRING.key: shown}, {}, {})
        self.recorder.sample(snapshot)
        self.watch.follow(told, snapshot)

    async def live(
        self, seconds: int, phase: ChargePhase, voltage_v: float, current_a: float | None
    ) -> None:
        """Tick, each cell at this voltage, and let the history have what is due."""
        for tick in range(seconds):
            self.tick(phase, [voltage_v] * CELLS, current_a)
            if tick % 30 == 0:
                await self.recorder.write()
        await self.recorder.write()

    async def sag(self, seconds: int, last_v: float = 1.9) -> None:
        """Discharge evenly; the weakest cell is at 1.79 V for the last third."""
        for tick in range(1, seconds + 1):
            voltages_v = [2.05 - (2.05 - last_v) * tick / seconds] * CELLS
            if tick > 2 * seconds // 3:
                voltages_v[WEAKEST - 1] = 1.79
            self.tick(D, voltages_v, -LOAD_A)
            if tick % 30 == 0:
                await self.recorder.write()
        await self.recorder.write()

    async def settle(self) -> None:
        await self.watch.settle()

    async def killed(self) -> Room:
        """Start another engine on the same state, as after a kill."""
        await self.recorder.write()
        again = Room(self.folder, self.now)
        await again.watch.restore()
        return again

    def listed(self) -> tuple[Discharge, ...]:
        with closing(HistoryReader(self.folder)) as reader:
            return reader.discharges()

    def analysis(self) -> DischargeAnalysis:
        (found,) = self.listed()
        with closing(HistoryReader(self.folder)) as reader:
            return retelling.analysis_of(reader, found.id)

    def events(self) -> list[StoredEvent]:
        with closing(HistoryReader(self.folder)) as reader:
            told = reversed(reader.events(limit=500))
            kinds = {EventKind.DISCHARGE_BEGAN, EventKind.DISCHARGE_ENDED}
            return [stored for stored in told if stored.event.kind in kinds]


@pytest.fixture
async def room(tmp_path: Path) -> Room:
    made = Room(tmp_path)
    await made.watch.restore()
    await made.live(90, F, FLOAT_V, 0.2)
    return made


async def test_a_discharge_that_runs_is_in_the_list_with_its_figures_so_far(room: Room) -> None:
    await room.sag(120)
    await room.settle()
    (told,) = room.listed()
    assert (told.ended_at, told.cause, told.kind) == (None, None, DischargeKind.DISCHARGE)
    assert told.started_at.timestamp() == START + 91
    assert told.battery.string_key == STRING.key
    assert told.figures.until.timestamp() == START + 210
    assert told.figures.given_ah == pytest.approx(LOAD_A * 119 / 3600, rel=1e-3)
    assert told.figures.start_voltage_v == pytest.approx(CELLS * FLOAT_V, abs=1e-3)
    assert [stored.event.text for stored in room.events()] == ["ROOM string 1: discharge began"]


async def test_when_the_mains_are_back_it_has_ended_and_is_analysed(room: Room) -> None:
    await room.sag(120)
    await room.live(62, B, 2.15, 20.0)
    await room.settle()
    told = room.analysis()
    discharge = told.discharge
    assert told.final
    assert discharge.ended_at is not None
    assert discharge.ended_at.timestamp() == START + 210
    assert (discharge.cause, discharge.kind) == (EndCause.MAINS_BACK, DischargeKind.DISCHARGE)
    assert discharge.figures.lower_bound is False
    assert told.cells.lowest_v[WEAKEST - 1] == 1.79
    assert [(one.cell, one.sign) for one in told.collapses] == [(WEAKEST, CollapseSign.END_VOLTAGE)]
    assert told.collapses[0].after_s == 80
    began, ended = room.events()
    assert began.event.data["discharge"] == ended.event.data["discharge"] == discharge.id
    assert ended.event.at == discharge.ended_at
    assert ended.event.text == (
        "ROOM string 1: discharge ended, the mains are back; 1 min;"
        " 1.7 Ah (0 % of rated); lowest cell 03 1.790 V; 1 at the end voltage, first 03"
    )
    assert ended.event.data["lowest_cell"] == WEAKEST


async def test_a_recharge_that_the_phase_does_not_see_yet_is_no_part_of_it(room: Room) -> None:
    await room.sag(120)
    await room.live(300, D, 2.15, 10.0)
    await room.settle()
    (told,) = room.listed()
    assert told.figures.until.timestamp() == START + 210
    await room.live(300, D, 2.2, 10.0)
    await room.live(62, B, 2.2, 10.0)
    await room.settle()
    analysis = room.analysis()
    discharge, figures = analysis.discharge, analysis.discharge.figures
    assert discharge.ended_at is not None
    assert discharge.ended_at.timestamp() == START + 210
    assert discharge.cause is EndCause.MAINS_BACK
    assert figures.given_ah == pytest.approx(LOAD_A * 119 / 3600, rel=1e-3)
    assert figures.given_wh is not None
    assert figures.given_wh > 0
    assert (figures.lower_bound, figures.gap_count) == (False, 0)
    # One round of a line before the last sample: surely all cells were under load.
    assert analysis.cells.end_v[0] == pytest.approx(2.05 - 0.15 * 110 / 120, abs=1e-3)


async def test_a_load_that_comes_back_while_the_charger_is_not_confirmed_goes_on(
    room: Room,
) -> None:
    await room.sag(60)
    await room.live(200, D, 2.15, 10.0)
    await room.sag(60)
    await room.live(62, B, 2.15, 20.0)
    await room.settle()
    (told,) = room.listed()
    assert told.ended_at is not None
    assert told.ended_at.timestamp() == START + 90 + 320
    assert told.figures.given_ah == pytest.approx(LOAD_A * 120 / 3600, rel=0.01)


@pytest.mark.parametrize("current_a", [None, 0.4])
async def test_without_a_current_that_tells_the_end_is_where_the_voltage_falls_no_more(
    room: Room, current_a: float | None
) -> None:
    for tick in range(1, 121):
        room.tick(D, [2.05 - 0.001 * tick] * CELLS, current_a)
    await room.live(300, D, 2.12, current_a)
    await room.live(62, B, 2.2, current_a)
    await room.settle()
    (told,) = room.listed()
    assert told.ended_at is not None
    assert told.ended_at.timestamp() == START + 210
    assert told.figures.end_voltage_v == pytest.approx(CELLS * 1.94)


async def test_a_flicker_of_the_mains_is_a_dip(room: Room) -> None:
    await room.sag(4)
    await room.live(62, B, 2.2, 20.0)
    await room.settle()
    (told,) = room.listed()
    assert told.kind is DischargeKind.DIP
    assert told.figures.hours == pytest.approx(3 / 3600)


async def test_one_tick_of_noise_is_no_discharge(room: Room) -> None:
    await room.live(1, D, FLOAT_V, -2.0)
    await room.live(70, F, FLOAT_V, 0.2)
    await room.settle()
    assert room.listed() == ()


async def test_a_battery_test_is_told_as_one(room: Room) -> None:
    room.tested = True
    await room.sag(30)
    room.tested = False
    await room.sag(30)
    await room.live(62, B, 2.15, 20.0)
    await room.settle()
    (told,) = room.listed()
    assert told.kind is DischargeKind.BATTERY_TEST


async def test_a_load_that_lets_go_at_the_end_voltage_is_the_cause(room: Room) -> None:
    await room.sag(120, last_v=1.8)
    await room.live(62, R, 1.95, 0.0)
    await room.settle()
    assert room.listed()[0].cause is EndCause.END_VOLTAGE


async def test_a_load_that_goes_before_is_another_cause(room: Room) -> None:
    await room.sag(120)
    await room.live(62, R, 2.0, 0.0)
    await room.settle()
    assert room.listed()[0].cause is EndCause.LOAD_GONE


async def test_the_end_of_the_recharge_is_noted_with_what_it_put_in(room: Room) -> None:
    await room.sag(90)
    room.recharging = True
    await room.live(300, B, 2.2, 10.0)
    await room.live(120, F, FLOAT_V, 5.0)
    await room.settle()
    assert room.listed()[0].recharged_at is None
    room.recharging = False
    await room.live(1, F, FLOAT_V, 5.0)
    await room.settle()
    (told,) = room.listed()
    assert told.recharged_at is not None
    assert told.recharged_at.timestamp() == room.now
    assert told.recharged_ah == pytest.approx((300 * 10.0 + 121 * 5.0) / 3600, rel=0.1)
    assert room.watch._recordings == []


async def test_a_load_that_comes_and_goes_makes_one_discharge(room: Room) -> None:
    await room.sag(60)
    await room.live(30, R, 2.0, 0.0)
    await room.sag(60)
    await room.live(62, B, 2.15, 20.0)
    await room.settle()
    (told,) = room.listed()
    assert told.figures.given_ah == pytest.approx(LOAD_A * 119 / 3600, rel=0.02)
    assert told.figures.gap_count == 0


async def test_a_killed_engine_goes_on_with_the_same_discharge(room: Room) -> None:
    await room.sag(60)
    await room.settle()
    await room.sag(60)
    again = await room.killed()
    again.now += 15.0
    await again.sag(60)
    await again.live(62, B, 2.15, 20.0)
    await again.settle()
    told = again.analysis()
    figures = told.discharge.figures
    assert told.discharge.started_at.timestamp() == START + 91
    assert figures.hours == pytest.approx(194 / 3600, rel=0.01)
    # That is no gap yet: the current is taken for even over them.
    assert figures.given_ah == pytest.approx(LOAD_A * 194 / 3600, rel=0.02)
    assert figures.start_voltage_v == pytest.approx(CELLS * FLOAT_V, abs=1e-3)
    assert len(again.events()) == 2


async def test_over_a_longer_death_of_the_engine_the_figures_are_lower_bounds(room: Room) -> None:
    await room.sag(60)
    await room.settle()
    again = await room.killed()
    again.now += 600.0
    await again.sag(60)
    await again.live(62, B, 2.15, 20.0)
    await again.settle()
    figures = again.listed()[0].figures
    assert figures.lower_bound
    assert figures.gap_count == 1
    assert figures.gap_s == pytest.approx(600, abs=12)
    assert figures.given_ah == pytest.approx(LOAD_A * 119 / 3600, rel=0.1)


async def test_one_that_ended_while_the_engine_was_dead_ends_with_its_last_sample(
    room: Room,
) -> None:
    await room.sag(60)
    await room.settle()
    again = await room.killed()
    again.now += 900.0
    await again.live(5, F, FLOAT_V, 0.2)
    await again.settle()
    (told,) = again.listed()
    assert told.ended_at is not None
    assert told.ended_at.timestamp() == pytest.approx(START + 150, abs=1)
    assert told.cause is EndCause.UNKNOWN
    assert (told.figures.end_unseen, told.figures.lower_bound) == (True, True)
    assert told.figures.given_ah == pytest.approx(LOAD_A * 59 / 3600, rel=0.1)


async def test_one_that_nobody_could_note_is_found_in_the_history(room: Room) -> None:
    await room.sag(60)
    again = await room.killed()
    again.now += 900.0
    await again.live(5, F, FLOAT_V, 0.2)
    await again.settle()
    (told,) = again.listed()
    assert told.started_at.timestamp() == pytest.approx(START + 91, abs=10)
    assert told.figures.given_ah == pytest.approx(LOAD_A * 59 / 3600, rel=0.2)
    assert [stored.event.kind for stored in again.events()] == [
        EventKind.DISCHARGE_BEGAN,
        EventKind.DISCHARGE_ENDED,
    ]


async def test_a_discharge_that_runs_at_the_first_start_has_no_known_beginning(
    tmp_path: Path,
) -> None:
    room = Room(tmp_path)
    await room.watch.restore()
    await room.sag(90)
    await room.live(62, B, 2.15, 20.0)
    await room.settle()
    figures = room.listed()[0].figures
    assert (figures.start_unseen, figures.lower_bound) == (True, True)


async def test_a_step_of_the_clock_does_not_tear_a_discharge(room: Room) -> None:
    await room.sag(60)
    await room.settle()
    room.watch.shift(7200.0)
    room.now += 7200.0
    await room.sag(60)
    await room.live(62, B, 2.15, 20.0)
    await room.settle()
    (told,) = room.listed()
    assert told.started_at.timestamp() == START + 91 + 7200
    assert told.figures.given_ah == pytest.approx(LOAD_A * 119 / 3600, rel=0.02)
    assert told.figures.gap_count == 0


async def test_what_the_disk_did_not_take_is_written_once_it_does(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, is_full = History.keep_discharges, True

    def full(history: History, entries: Sequence[Entry]) -> tuple[int, ...]:
        numbers = keep(history, entries)
        if is_full:
            # As when the answer of the disk is lost: it may stand there, nobody knows.
            raise HistoryError("the disk is full")
        return numbers

    monkeypatch.setattr(History, "keep_discharges", full)
    await room.sag(60)
    await room.settle()
    await room.live(62, B, 2.15, 20.0)
    await room.settle()
    is_full = False
    await room.settle()
    (told,) = room.listed()
    assert told.ended_at is not None
    assert len(room.events()) == 2


async def test_a_discharge_that_cannot_be_analysed_costs_only_its_analysis(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_task: object) -> object:
        raise ZeroDivisionError

    await room.sag(30)
    await room.settle()
    monkeypatch.setattr("bacs_core.discharge_watch.worked", broken)
    await room.sag(30)
    await room.settle()
    await room.live(62, B, 2.15, 20.0)
    await room.settle()
    monkeypatch.undo()
    (told,) = room.listed()
    assert told.ended_at is not None
    assert told.figures.lower_bound
    assert told.figures.given_ah == pytest.approx(LOAD_A * 29 / 3600, rel=0.02)
    await room.sag(30)
    await room.settle()
    assert len(room.listed()) == 2


async def test_a_discharge_of_a_string_that_was_built_otherwise_is_closed(room: Room) -> None:
    await room.sag(30)
    await room.settle()
    (told,) = room.listed()
    smaller = told.battery.model_copy(update={"capacity_ah": 77.0})
    entry = Entry(told.model_copy(update={"battery": smaller}), Start.unknown(CELLS))
    await room.recorder.call(lambda history: history.keep_discharge(entry))
    again = await room.killed()
    await again.settle()
    (closed,) = again.listed()
    assert closed.ended_at == told.figures.until
    assert (closed.cause, closed.figures.end_unseen) == (EndCause.UNKNOWN, True)
    assert again.watch._recordings == []


async def test_running_by_itself_it_folds_and_writes_what_begins_and_ends(tmp_path: Path) -> None:
    room = Room(tmp_path)
    working = asyncio.create_task(room.watch.run())
    try:
        async with asyncio.timeout(60):
            while not room.watch._ready:
                await asyncio.sleep(0.01)
            await room.live(20, F, FLOAT_V, 0.2)
            await room.sag(30)
            await room.live(62, B, 2.15, 20.0)
            while not (listed := room.listed()) or listed[0].ended_at is None:
                await asyncio.sleep(0.02)
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    assert [stored.event.kind for stored in room.events()] == [
        EventKind.DISCHARGE_BEGAN,
        EventKind.DISCHARGE_ENDED,
    ]


async def test_while_nothing_is_discharged_a_tick_keeps_only_what_was_before(room: Room) -> None:
    assert not room.watch._is_busy
    assert len(room.watch._frames) == 7
    assert room.watch._frames[-1].now - room.watch._frames[0].now == 60
    assert room.watch._frames[-1].sum_v == {STRING.key: CELLS * FLOAT_V}


async def test_the_engine_finds_a_discharge_by_its_voltage_alone(tmp_path: Path) -> None:
    """The whole engine, on a string whose current nothing measures."""
    plant: HandDriven = hand_driven(tmp_path)
    watch = plant.engine.discharges
    await watch.restore()
    plant.run(60, [FLOAT_V] * CELLS)
    plant.run(30, [2.05] * CELLS)
    await watch.settle()
    with closing(HistoryReader(tmp_path)) as reader:
        (told,) = reader.discharges()
        analysis = retelling.analysis_of(reader, told.id)
    assert told.battery.string_key == KEY
    assert told.ended_at is None
    assert told.figures.given_ah is None
    assert told.figures.start_voltage_v == pytest.approx(CELLS * FLOAT_V, abs=1e-3)
    assert analysis.cells.lowest_v == pytest.approx([2.05] * CELLS)
    assert not analysis.final
