"""A disk that is full, cannot be written, fails, vanishes or is spoilt: the engine goes on.

The real tick with a real recorder on real small disks; only the seconds between ticks are spared.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bacs_core import sitefile
from bacs_core.access.principal import Principal
from bacs_core.api.messages import EngineState, PauseEqualization, ResumeEqualization
from bacs_core.bus.line import LineOwner
from bacs_core.clock import SteadyClock
from bacs_core.commands import Identity, Service
from bacs_core.engine import Engine
from bacs_core.errors import RefusedError
from bacs_core.history.damage import find_damage
from bacs_core.history.events import Event, EventKind
from bacs_core.history.safety_copy import RESERVE_NAME, copy_path, read_copy
from bacs_core.history.store import History
from bacs_core.model import Role, TripCause, TripState
from bacs_core.polling.wiring import wire
from bacs_core.protection import Trip
from bacs_core.recorder import Recorder
from bacs_core.run import KEPT_TWICE, _recall
from bacs_core.settings import Settings
from bacs_core.taking_orders import OrderTaker
from tests.core.plant import CELLS, FLOAT_V, KEY, HandDriven, hand_driven, ordered_duty
from tests.core.relay_site import RELEASE, SHUNT, SITE as TWO_BREAKERS
from tests.system.conftest import until
from tests.system.disks import Card, card, fill, make_space, memory_disk
from tests.system.forked_engine import ForkedEngine

ONE_HIGH = [FLOAT_V + 0.06, *[FLOAT_V] * (CELLS - 1)]
OF_THE_PLANT = (EventKind.ALARM_RAISED, EventKind.ALARM_RETURNED, EventKind.ALARM_CLEARED)
OPERATOR = Principal("olga", Role.OPERATOR)


class Plant:
    """An engine by hand, whose recorder writes every ten seconds of plant time."""

    def __init__(self, driven: HandDriven) -> None:
        self.driven = driven
        self.engine, self.recorder = driven.engine, driven.recorder
        self.recorder._monotonic = lambda: driven.now
        identity = Identity("site", EngineState.RUNNING, datetime.now(UTC), network_enabled=False)
        self.service = Service(self.engine, self.recorder, identity, OrderTaker(self.engine))

    async def run(self, seconds: int) -> None:
        """Tick and record; bypass is ordered all the time."""
        for _ in range(0, seconds, 10):
            for _ in range(2):
                self.driven.now += 4.0
                self.driven.run(1, ONE_HIGH)
            await self.recorder.write()
        assert ordered_duty(self.driven)[1] > 0

    async def events(self) -> list[Event]:
        """All events, the oldest first."""
        found = await self.recorder.call(lambda history: history.events(limit=100_000))
        return [stored.event for stored in reversed(found)]

    def alarm(self) -> str | None:
        """What the alarm of the history says, if it is up."""
        tick = self.engine.board.latest
        assert tick is not None
        for alarm in tick.alarms:
            if alarm.rule == "recording_failed" and alarm.active:
                return alarm.text
        return None

    async def stands_it(self, reason: str) -> None:
        """The history fails: control goes on, it is told why, and orders are judged by it."""
        await self.run(40)
        assert reason in (self.alarm() or "no alarm")
        with pytest.raises(RefusedError) as refused:
            await self.service.execute(ResumeEqualization(string_key=KEY, cells=[3]), OPERATOR)
        assert refused.value.code == "history_unavailable"

    async def is_well_again(self) -> None:
        """The history works again: what waited is there, in order, and the alarm goes."""
        await self.run(10)
        assert self.recorder._failing == {}
        await self.run(180)
        assert self.alarm() is None
        events = await self.events()
        raised = [event for event in events if event.kind is EventKind.ALARM_RAISED]
        assert "the history cannot be written" in raised[-1].text
        assert events[-1].kind is EventKind.ALARM_RETURNED
        # What people did has the time of this machine, which is not that of the plant.
        times = [event.at for event in events if event.kind in OF_THE_PLANT]
        assert times == sorted(times)


@asynccontextmanager
async def a_plant(folder: Path) -> AsyncIterator[Plant]:
    """Run it until something has been recorded."""
    plant = Plant(hand_driven(folder))
    await plant.run(120)
    assert await plant.recorder.write()
    try:
        yield plant
    finally:
        await plant.recorder.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with memory_disk(tmp_path / "disk", 6) as disk:
        yield disk


@pytest.fixture
def small_card(tmp_path: Path) -> Iterator[Card]:
    with card(tmp_path) as made:
        made.plug_in()
        yield made


async def test_on_a_full_disk_control_goes_on_and_all_is_told_when_there_is_space(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bacs_core.commands.PATIENCE_S", 0.1)
    async with a_plant(small_disk) as plant:
        fill(small_disk)
        await plant.run(60)
        await plant.stands_it("the disk is full")
        paused = await plant.service.execute(PauseEqualization(string_key=KEY, cells=[2]), OPERATOR)
        assert paused.id is None, "done, and recorded later"
        make_space(small_disk)
        await plant.is_well_again()
        events = await plant.events()
        assert any(event.by == "olga" and "paused" in event.text for event in events)
        gaps = [event for event in events if event.kind is EventKind.HISTORY_GAP]
        assert any("the disk is full" in event.text for event in gaps)


async def test_a_card_that_reports_errors_and_is_plugged_in_again_is_taken_up(
    small_card: Card,
) -> None:
    async with a_plant(small_card.folder) as plant:
        before = await plant.events()
        small_card.cut_the_power()
        await plant.stands_it("the disk")
        small_card.pull_out()
        small_card.plug_in()
        await plant.is_well_again()
        assert (await plant.events())[: len(before)] == before


async def test_a_directory_that_vanishes_is_told_and_the_memories_come_back_into_a_new_one(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    async with a_plant(state) as plant:
        await plant.service.execute(PauseEqualization(string_key=KEY, cells=[2]), OPERATOR)
        shutil.rmtree(state)
        await plant.stands_it("the directory is gone")
        state.mkdir()
        await plant.is_well_again()
        copy = read_copy(state)
        assert copy is not None
        for kept in (
            copy.value("wishes"),
            await plant.recorder.call(lambda history: history.get_setting("wishes")),
        ):
            assert isinstance(kept, dict)
            assert kept["cell_pauses"] == {KEY: {"2": None}}


def written_back(history: History) -> None:
    history._opened().conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def written_over(state: Path) -> None:
    (state / "bacs.db").write_bytes(random.Random(1).randbytes(200_000))


def head_torn(state: Path) -> None:
    with (state / "bacs.db").open("r+b") as file:
        file.write(random.Random(1).randbytes(4096))


def pages_torn(state: Path) -> None:
    with (state / "bacs.db").open("r+b") as file:
        size = file.seek(0, 2)
        for page in range(0, size // 4096, 2):
            file.seek(page * 4096)
            file.write(random.Random(page).randbytes(2048))


def deleted(state: Path) -> None:
    for path in state.glob("bacs.db*"):
        path.unlink()


@pytest.mark.parametrize("damage", [written_over, head_torn, deleted])
async def test_a_database_spoilt_while_the_engine_runs_is_replaced_and_an_alarm_tells(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    async with a_plant(tmp_path) as plant:
        await plant.service.execute(PauseEqualization(string_key=KEY, cells=[2]), OPERATOR)
        # What lies in the log would heal the file.
        await plant.recorder.call(written_back)
        damage(tmp_path)
        await plant.run(60)
        text = plant.alarm() or ""
        assert "damaged" in text or "another history was found" in text
        await plant.run(120)
        assert plant.alarm() is None
        kept = await plant.recorder.call(lambda history: history.get_setting("wishes"))
        assert isinstance(kept, dict)
        assert kept["cell_pauses"] == {KEY: {"2": None}}
        number = await plant.recorder.call(
            lambda history: history.record_event(Event(datetime.now(UTC), EventKind.OTHER, "after"))
        )
        assert number > 0


async def test_pages_torn_while_the_engine_runs_are_found_at_the_next_start_at_the_latest(
    tmp_path: Path,
) -> None:
    async with a_plant(tmp_path) as plant:
        await plant.service.execute(PauseEqualization(string_key=KEY, cells=[2]), OPERATOR)
        pages_torn(tmp_path)
        await plant.run(60)
    plant = Plant(hand_driven(tmp_path))
    await _recall(plant.engine, plant.recorder, tmp_path, SteadyClock())
    assert plant.engine.control.wishes.cell_pauses == {KEY: {2: None}}
    assert await plant.recorder.write()
    await plant.recorder.close()
    assert find_damage(tmp_path / "bacs.db", thorough=True) is None


async def test_measurements_spoilt_while_the_engine_runs_touch_nothing_else(
    tmp_path: Path,
) -> None:
    async with a_plant(tmp_path) as plant:
        before = await plant.events()
        for path in tmp_path.glob("measurements*"):
            path.write_bytes(random.Random(1).randbytes(50_000))
        await plant.run(60)
        assert (await plant.events())[: len(before)] == before
    plant = Plant(hand_driven(tmp_path))
    plant.driven.now += 300
    await plant.run(60)
    assert (await plant.events())[: len(before)] == before
    now = datetime.fromtimestamp(plant.driven.now, UTC)
    found = await plant.recorder.call(lambda history: history.sample_at(now))
    assert found is not None
    assert (now - found.at).total_seconds() <= 30
    await plant.recorder.close()


async def test_from_a_read_only_card_the_engine_starts_with_all_it_knew(
    small_card: Card, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bacs_core.commands.PATIENCE_S", 0.1)
    async with a_plant(small_card.folder) as plant:
        await plant.service.execute(PauseEqualization(string_key=KEY, cells=[2]), OPERATOR)
        site_id = await plant.recorder.call(lambda history: history.site_id())
    small_card.pull_out()
    small_card.plug_in(read_only=True)
    plant = Plant(hand_driven(small_card.folder, site_folder=tmp_path))
    clock = SteadyClock()
    kept = await _recall(plant.engine, plant.recorder, small_card.folder, clock)
    assert plant.engine.control.wishes.cell_pauses == {KEY: {2: None}}
    assert kept.values["site_id"] == site_id
    await plant.stands_it("the disk cannot be written to")


@pytest.mark.parametrize("damage", [written_over, head_torn, pages_torn, deleted])
async def test_a_tripped_breaker_stays_tripped_whatever_became_of_the_database(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    (tmp_path / "site.toml").write_text(TWO_BREAKERS, encoding="utf-8")
    settings = sitefile.load(tmp_path / "site.toml")
    engine, recorder = started(settings, tmp_path)
    engine.change_trip(SHUNT, Trip(TripState.TRIPPED, (TripCause.OVER_VOLTAGE,), cell=1, since=1.0))
    assert await recorder.write()
    await recorder.close()
    damage(tmp_path)
    for _ in range(2):
        engine, recorder = started(settings, tmp_path)
        kept = await _recall(engine, recorder, tmp_path, SteadyClock())
        assert engine.trip(SHUNT).ordered
        assert engine.trip(SHUNT).causes == (TripCause.OVER_VOLTAGE,)
        assert not engine.trip(RELEASE).ordered
        assert await recorder.write()
        await recorder.close()
    assert kept.rescued == (), "at the second start the database has it again"


OPEN = "trip box 2"
"""The command that opens the breaker of `SHUNT`, by the name of its slot on the line."""


async def test_a_trip_on_a_full_disk_is_ordered_told_and_outlives_a_kill(
    small_disk: Path, tmp_path: Path
) -> None:
    (tmp_path / "site.toml").write_text(TWO_BREAKERS, encoding="utf-8")
    settings = sitefile.load(tmp_path / "site.toml")
    engine, recorder = started(settings, small_disk)
    now = engine.now
    engine.tick(now)
    assert await recorder.write()
    fill(small_disk)
    for causes in ((TripCause.OVER_VOLTAGE,), (TripCause.OVER_VOLTAGE, TripCause.THERMAL_RUNAWAY)):
        engine.change_trip(SHUNT, Trip(TripState.TRIPPING, causes, cell=1, since=now))
        now += 1.0
        engine.tick(now)
        assert OPEN in waiting_on("rack", engine)
        assert not await recorder.write()
        assert "the disk is full" in (recorder.problem or "")
    # Killed: nothing is closed, and the disk is as full as before.
    engine, after = started(settings, small_disk)
    await _recall(engine, after, small_disk, SteadyClock())
    assert engine.trip(SHUNT).ordered
    assert set(engine.trip(SHUNT).causes) == set(causes), "also the second order was kept"
    assert not engine.trip(RELEASE).ordered
    engine.tick(now + 60.0)
    assert OPEN in waiting_on("rack", engine)
    make_space(small_disk)
    for one in (recorder, after):
        await one.close()


async def test_where_not_even_the_reserve_is_left_a_trip_is_held_and_written_later(
    small_disk: Path, tmp_path: Path
) -> None:
    (tmp_path / "site.toml").write_text(TWO_BREAKERS, encoding="utf-8")
    settings = sitefile.load(tmp_path / "site.toml")
    engine, recorder = started(settings, small_disk)
    engine.tick(engine.now)
    assert await recorder.write()
    (small_disk / RESERVE_NAME).unlink()
    fill(small_disk)
    trip = Trip(TripState.TRIPPING, (TripCause.OVER_VOLTAGE,), cell=1, since=engine.now)
    engine.change_trip(SHUNT, trip)
    assert not await recorder.write()
    engine.tick(engine.now)
    assert OPEN in waiting_on("rack", engine)
    assert engine.trip(SHUNT).ordered
    make_space(small_disk)
    assert await recorder.write()
    await recorder.close()
    engine, recorder = started(settings, small_disk)
    await _recall(engine, recorder, small_disk, SteadyClock())
    assert engine.trip(SHUNT).ordered
    await recorder.close()


def waiting_on(line_id: str, engine: Engine) -> Collection[str]:
    """The slots of the commands that wait on a line."""
    owner = engine._wiring.lines[line_id]
    assert isinstance(owner, LineOwner)
    return owner._commands._slots.keys()


def started(settings: Settings, state: Path) -> tuple[Engine, Recorder]:
    """An engine with two breakers, as `bacs run` builds it."""
    clock = SteadyClock()
    recorder = Recorder(History(state), folder=state, twice=KEPT_TWICE)
    return Engine(wire(settings, clock.now), recorder, clock), recorder


@pytest.mark.parametrize(("failing", "loses_the_copy"), [("read-only", False), ("full", True)])
def test_the_engine_starts_on_a_disk_that_takes_nothing_with_all_it_knew(
    tmp_path: Path, failing: str, loses_the_copy: bool
) -> None:
    """The real process: all that it writes at its start has to be done without."""
    site = Path(__file__).with_name("durability.toml")
    engine = ForkedEngine(tmp_path, site)
    with card(tmp_path) as made:
        made.plug_in()
        engine.state = made.folder
        try:
            engine.start()
            site_id = engine.get("health")["site_id"]
            operator = engine.add_token("building")
            engine.post("commands", PAUSE, operator)
            engine.kill()
            if loses_the_copy:
                copy_path(engine.state).unlink()
            if failing == "full":
                fill(made.folder)
            else:
                made.pull_out()
                made.plug_in(read_only=True)
            engine.start()
            assert engine.get("health")["site_id"] == site_id
            until(lambda: pauses(engine), "the pause of the last start")
        finally:
            engine.kill()


PAUSE = {"command": "pause_equalization", "string_key": KEY}


def pauses(engine: ForkedEngine) -> bool:
    """Whether the pause holds; where no token could be made, that of the last start does."""
    (string,) = engine.get("snapshot", engine.panel_token)["strings"]
    return "manual_stop" in string["scalars"]["inhibited_by"]
