"""A tripped breaker stays tripped, whatever became of the database it was kept in."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bacs_core.history.database import open_database
from bacs_core.history.errors import SchemaTooNewError
from bacs_core.history.events import Event, EventKind, Json
from bacs_core.history.safety_copy import copy_path, read_copy
from bacs_core.history.store import History
from bacs_core.recalling import Recalled, recall
from bacs_core.recorder import Recorder

AT = datetime(2026, 11, 21, 9, 5, tzinfo=UTC)
KEYS = ("trips", "wishes", "alarms", "site_id")
TWICE = ("trips", "wishes", "site_id")
TRIPS: Json = {"telecom/1": {"state": "tripped", "causes": ["over_voltage"], "since": 1.0}}
WISHES: Json = {"pauses": {"telecom/1": None}}


@pytest.fixture
async def state(tmp_path: Path) -> Path:
    """The state directory of an engine that was killed after a trip."""
    running = tmp_path / "running"
    running.mkdir()
    recorder = Recorder(History(running), folder=running, twice=TWICE)
    site_id = await recorder.call(lambda history: history.site_id())
    recorder.remember("site_id", site_id, AT)
    recorder.remember("alarms", [1, 2, 3], AT)
    for number in range(300):
        recorder.event(Event(AT, EventKind.LINE_LOST, f"{number} " + "x" * 100))
    recorder.remember("trips", {"telecom/1": {"state": "armed"}}, AT)
    assert await recorder.write()
    recorder.remember("trips", TRIPS, AT)
    recorder.remember("wishes", WISHES, AT)
    assert await recorder.write()
    killed = tmp_path / "killed"
    shutil.copytree(running, killed)
    await recorder.close()
    return killed


def recalled(state: Path) -> Recalled:
    with closing(History(state, clock=AT.timestamp)) as history:
        return recall(history, state, KEYS, TWICE)


def settled(state: Path) -> Path:
    """Let everything lie in the database file, and return that file."""
    open_database(state).close()
    return state / "bacs.db"


def page_of(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        return int(connection.execute(query, (table,)).fetchone()[0])


def noise(size: int) -> bytes:
    return random.Random(3).randbytes(size)


def written_over(state: Path) -> None:
    settled(state).write_bytes(noise(60_000))


def empty(state: Path) -> None:
    settled(state).write_bytes(b"")


def gone(state: Path) -> None:
    settled(state).unlink()


def cut(state: Path) -> None:
    path = settled(state)
    path.write_bytes(path.read_bytes()[:9000])


def torn_settings(state: Path) -> None:
    path = settled(state)
    with path.open("r+b") as file:
        file.seek((page_of(path, "settings") - 1) * 4096)
        file.write(noise(4096))


def torn_log(state: Path) -> None:
    """Only the last frames: everything before them is believed without a word."""
    log = state / "bacs.db-wal"
    size = log.stat().st_size
    with log.open("r+b") as file:
        file.seek(size - 3 * 4120)
        file.write(noise(100))
        file.truncate(size)


def spoilt_row(state: Path) -> None:
    """What no check of SQLite finds: a byte inside of a value, and JSON all the same."""
    with closing(sqlite3.connect(settled(state))) as connection, connection:
        connection.execute("UPDATE settings SET value = replace(value, 'tripped', 'armed')")


def no_json(state: Path) -> None:
    with closing(sqlite3.connect(settled(state))) as connection, connection:
        connection.execute("UPDATE settings SET value = '{' WHERE key IN ('trips', 'wishes')")


def a_folder(state: Path) -> None:
    """What cannot be opened at all."""
    settled(state).unlink()
    (state / "bacs.db").mkdir()


DAMAGES: list[Callable[[Path], None]] = [
    written_over,
    empty,
    gone,
    cut,
    torn_settings,
    torn_log,
    spoilt_row,
    no_json,
    a_folder,
]


@pytest.mark.parametrize("damage", DAMAGES)
async def test_trips_and_wishes_outlive_every_damage_of_the_database_and_that_is_told(
    state: Path, damage: Callable[[Path], None]
) -> None:
    before = read_copy(state)
    assert before is not None
    damage(state)
    kept = recalled(state)
    assert kept.values["trips"] == TRIPS
    assert kept.values["wishes"] == WISHES
    assert kept.values["site_id"] == before.value("site_id")
    assert "trips" in kept.rescued
    assert "taken from the safety copy" in kept.remarks[0]
    assert "trips" in kept.remarks[0]


async def test_without_damage_everything_comes_from_the_database(state: Path) -> None:
    kept = recalled(state)
    assert kept.values["trips"] == TRIPS
    assert kept.values["alarms"] == [1, 2, 3]
    assert (kept.rescued, kept.remarks, kept.problem) == ((), (), None)


async def test_a_damaged_copy_is_told_and_the_database_holds(state: Path) -> None:
    copy_path(state).write_bytes(noise(500))
    kept = recalled(state)
    assert kept.values["trips"] == TRIPS
    (remark,) = kept.remarks
    assert "safety.json is damaged" in remark


async def test_a_copy_that_fell_behind_does_not_overrule_the_database(state: Path) -> None:
    old = copy_path(state).read_bytes()
    recorder = Recorder(History(state), folder=state, twice=TWICE)
    recorder.take_up(recalled(state))
    recorder.remember("trips", {"telecom/1": {"state": "armed"}}, AT)
    assert await recorder.write()
    await recorder.close()
    copy_path(state).write_bytes(old)
    assert recalled(state).values["trips"] == {"telecom/1": {"state": "armed"}}


async def test_where_nothing_can_be_read_it_is_said_what_nobody_knows_any_more(
    state: Path,
) -> None:
    a_folder(state)
    copy_path(state).write_bytes(b"")
    kept = recalled(state)
    assert kept.problem is not None
    assert kept.values == {}
    assert "which breakers had tripped" in kept.remarks[-1]


async def test_of_a_new_site_nothing_is_known_and_nothing_is_said(tmp_path: Path) -> None:
    assert recalled(tmp_path) == Recalled()


async def test_a_newer_history_is_refused(state: Path) -> None:
    with closing(sqlite3.connect(settled(state))) as connection, connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('bacs', 'v99_from_the_future', '2030-01-01')"
        )
    with pytest.raises(SchemaTooNewError):
        recalled(state)
