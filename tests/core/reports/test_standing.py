from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from bacs_core import engine
from bacs_core.api.messages import Alarm
from bacs_core.api.service import Tick
from bacs_core.history.database import open_database
from bacs_core.history.events import Json
from bacs_core.history.store import History
from bacs_core.model import Basis, Quantity
from bacs_core.reasons import reason
from bacs_core.reports import records
from bacs_core.reports.content import Content, Request, Source
from bacs_core.reports.gathering import gather
from bacs_core.reports.judgement import Level, judge
from bacs_core.reports.standing import from_tick, identity_of
from bacs_core.reports.told import TOLD, Told
from bacs_core.snapshot import Doubt, Doubts
from tests.core.plant import CELLS, KEY, HandDriven, hand_driven

LOW = 3
VOLTAGES = [2.27] * (LOW - 1) + [2.19] + [2.27] * (CELLS - LOW)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def driven(tmp_path_factory: pytest.TempPathFactory) -> tuple[HandDriven, Path, Tick]:
    """An engine that has watched a string with a low cell, and what it left on the disk."""
    folder = tmp_path_factory.mktemp("state")
    plant = hand_driven(folder)
    plant.run(40, VOLTAGES)
    tick = plant.engine.board.latest
    assert tick is not None
    with closing(History(folder, clock=lambda: plant.now)) as history:
        history.record_sample(tick.snapshot)
        learned = plant.engine.control.learned()
        history.remember(engine.LEARNED_MEMORY, learned, by="engine", at=tick.snapshot.at)  # type: ignore[arg-type]
    return plant, folder, tick


def gathered(driven: tuple[HandDriven, Path, Tick]) -> Content:
    _, folder, tick = driven
    return gathered_from(folder, tick.snapshot.at + timedelta(minutes=1))


def gathered_from(folder: Path, end: datetime) -> Content:
    return gather(
        Request(
            state_dir=folder,
            string_key=KEY,
            language="en",
            start=end - timedelta(days=1),
            end=end,
            now=end,
            site_file=folder / "site.toml",
        )
    )


def test_the_memories_of_the_engine_are_looked_for_where_it_keeps_them() -> None:
    assert set(records.MEMORIES) <= set(engine.MEMORIES)
    assert records.ALARMS_MEMORY == engine.ALARMS_MEMORY
    assert (records.LEARNED_MEMORY, records.TRIPS_MEMORY, records.WISHES_MEMORY) == (
        engine.LEARNED_MEMORY,
        engine.TRIPS_MEMORY,
        engine.WISHES_MEMORY,
    )


def test_a_tick_of_the_engine_is_told_as_it_is(driven: tuple[HandDriven, Path, Tick]) -> None:
    tick = driven[2]
    standing, _ = from_tick(tick.snapshot, tick.alarms, KEY)
    assert (standing.source, standing.at) == (Source.LIVE, tick.snapshot.at)
    assert standing.readings[Quantity.VOLTAGE].values == tuple(VOLTAGES)
    assert standing.readings[Quantity.RESISTANCE].values == (None,) * CELLS
    assert standing.concluded is not None
    assert [finding.cell for finding in standing.concluded.findings] == [LOW]
    assert set(standing.concluded.capacity.basis) == {Basis.RATED}
    assert standing.alarms is not None


def test_what_the_engine_tells_arrives_whole_in_another_process(
    driven: tuple[HandDriven, Path, Tick],
) -> None:
    plant, _, tick = driven
    doubted = replace(
        tick.snapshot.strings[KEY],
        doubts=Doubts((Doubt(2, reason("deaf"), believed=True), Doubt(4, "plain text")), 2),
    )
    snapshot = replace(tick.snapshot, strings={KEY: doubted})
    standing, manager = from_tick(snapshot, tick.alarms, KEY)
    identity = identity_of(plant.engine.site, KEY, site_id="here", manager=manager)
    told = Told(identity, standing, datetime.now(UTC))
    assert TOLD.validate_json(TOLD.dump_json(told)) == told
    assert [(doubt.cell, doubt.code) for doubt in standing.doubts] == [(2, "deaf"), (4, "")]


def test_a_value_that_is_too_old_is_there_but_not_fresh(
    driven: tuple[HandDriven, Path, Tick],
) -> None:
    tick = driven[2]
    later = replace(tick.snapshot, at=tick.snapshot.at + timedelta(hours=1))
    voltage = from_tick(later, (), KEY)[0].readings[Quantity.VOLTAGE]
    assert voltage.values == tuple(VOLTAGES)
    assert voltage.stale == (True,) * CELLS
    assert voltage.fresh == (None,) * CELLS


def test_from_a_stored_sample_the_same_is_concluded_as_the_engine_did(
    driven: tuple[HandDriven, Path, Tick],
) -> None:
    tick = driven[2]
    live, _ = from_tick(tick.snapshot, tick.alarms, KEY)
    content = gathered(driven)
    stored = content.standing
    assert stored is not None
    assert live.concluded is not None
    assert stored.concluded is not None
    assert (stored.source, stored.at) == (Source.STORED, tick.snapshot.at)
    assert stored.alarms == live.alarms
    assert stored.readings[Quantity.VOLTAGE].values == live.readings[Quantity.VOLTAGE].values
    assert [(one.cell, one.code) for one in stored.concluded.findings] == [
        (one.cell, one.code) for one in live.concluded.findings
    ]
    assert stored.concluded.capacity == live.concluded.capacity
    assert stored.concluded.phase == live.concluded.phase
    assert stored.concluded.mode == live.concluded.mode


@pytest.fixture
def folder(driven: tuple[HandDriven, Path, Tick], tmp_path: Path) -> Path:
    """A copy of what the engine left on the disk."""
    shutil.copytree(driven[1], tmp_path, dirs_exist_ok=True)
    return tmp_path


def kept_alarm(folder: Path, tick: Tick) -> None:
    """Keep an alarm as the engine does when it is raised."""
    alarm: Json = {
        "id": "one",
        "rule": "string_silent",
        "manager_id": "telecom",
        "string_key": KEY,
        "cell": None,
        "line_id": None,
        "state": "unacknowledged",
        "value": 60.0,
        "limit": 57.6,
        "raised_at": tick.snapshot.at.timestamp(),
        "acknowledged_by": None,
        "acknowledged_at": None,
    }
    with closing(History(folder)) as history:
        history.remember(
            engine.ALARMS_MEMORY, {"alarms": [alarm]}, by="engine", at=tick.snapshot.at
        )


def test_an_alarm_that_stood_when_the_engine_stopped_is_a_reason(
    driven: tuple[HandDriven, Path, Tick], folder: Path
) -> None:
    tick = driven[2]
    kept_alarm(folder, tick)
    verdict = judge(gathered_from(folder, tick.snapshot.at + timedelta(minutes=1)))
    named = [one.rule for one in verdict.reasons if isinstance(one, Alarm)]
    assert (verdict.level, named) == (Level.ACT, ["string_silent"])


def test_alarms_that_cannot_be_read_are_not_taken_for_none(
    driven: tuple[HandDriven, Path, Tick], folder: Path
) -> None:
    tick = driven[2]
    kept_alarm(folder, tick)
    with closing(open_database(folder)) as database:
        database.execute("UPDATE settings SET value = '{' WHERE key = ?", (engine.ALARMS_MEMORY,))
    standing = gathered_from(folder, tick.snapshot.at + timedelta(minutes=1)).standing
    assert standing is not None
    assert standing.alarms is None


def test_the_alarms_of_now_are_not_told_of_an_earlier_sample(
    driven: tuple[HandDriven, Path, Tick], folder: Path
) -> None:
    tick = driven[2]
    kept_alarm(folder, tick)
    later = replace(tick.snapshot, at=tick.snapshot.at + timedelta(hours=1))
    with closing(History(folder)) as history:
        history.record_sample(later)
    standing = gathered_from(folder, tick.snapshot.at + timedelta(minutes=1)).standing
    assert standing is not None
    assert (standing.at, standing.alarms) == (tick.snapshot.at, None)


def test_the_site_file_tells_what_the_string_is(driven: tuple[HandDriven, Path, Tick]) -> None:
    identity = gathered(driven).identity
    assert identity.string is not None
    assert (identity.site_name, identity.manager_name) == ("Test room", "Telecom")
    assert (identity.string.capacity_ah, identity.cell_count) == (500.0, CELLS)
    assert identity.module_serials == ()


def test_only_alarms_of_the_string_and_its_manager_are_told(
    driven: tuple[HandDriven, Path, Tick],
) -> None:
    tick = driven[2]
    known = from_tick(tick.snapshot, tick.alarms, KEY)[0].alarms
    assert known is not None
    assert all(alarm.string_key == KEY or alarm.manager_id == "telecom" for alarm in known)
    foreign = [
        alarm.model_copy(update={"string_key": "telecom/2", "id": "other"}) for alarm in tick.alarms
    ]
    assert from_tick(tick.snapshot, foreign, KEY)[0].alarms == ()
