"""Damaged files: put aside, told, and the history goes on with what is sound of them."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bacs_core.access import users
from bacs_core.history import damage as damage_module
from bacs_core.history.batches import Batch, Memory
from bacs_core.history.damage import find_damage
from bacs_core.history.database import open_database
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import Event, EventKind, StoredEvent
from bacs_core.history.store import History
from bacs_core.model import Role
from tests.core.access.conftest import CHANGE, CHEAP, PASSWORD
from tests.core.history.plant import START, STEP

PAGE = 4096
EVENTS = 400
NOW = datetime(2026, 11, 21, 9, 5, tzinfo=UTC)
ASIDE = "bacs.db.damaged-20261121T090500Z"


def filled(state: Path) -> str:
    """Make a history with people and events, and return the identity of the site."""
    history = History(state)
    site_id = history.site_id()
    events = tuple(
        Event(START + index * STEP, EventKind.LINE_LOST, f"{index} " + "x" * 200)
        for index in range(EVENTS)
    )
    history.record_batch(Batch("run", 1, 0, events, {"trips": Memory({}, START)}))
    history.close()
    with closing(open_database(state)) as database:
        users.add_user(database, CHANGE, "tessa", Role.TECHNICIAN, PASSWORD, cost=CHEAP)
    return site_id


def page_of(state: Path, table: str) -> int:
    with closing(open_database(state)) as database:
        query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        return int(database.conn.execute(query, (table,)).fetchone()[0])


def leaves_of(path: Path) -> list[int]:
    """Return the pages, from 0, that hold rows of events and nothing else."""
    content = path.read_bytes()
    leaf_of_a_table = 0x0D
    return [
        page
        for page in range(1, len(content) // PAGE)
        if content[page * PAGE] == leaf_of_a_table
        and content[page * PAGE : (page + 1) * PAGE].count(b"x" * 200) > 3
    ]


def overwrite(path: Path, offset: int, count: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(random.Random(1).randbytes(count))


def reopened(state: Path) -> History:
    history = History(state, clock=NOW.timestamp)
    history.open()
    return history


def replacements(history: History) -> list[StoredEvent]:
    """What was told of damage, the newest first."""
    return [
        stored
        for stored in history.events(limit=10_000)
        if stored.event.kind is EventKind.HISTORY_REPLACED
    ]


def numbers(history: History) -> list[int]:
    return sorted(
        int(stored.event.text.split()[0])
        for stored in history.events(limit=10_000)
        if stored.event.kind is EventKind.LINE_LOST
    )


def test_a_sound_file_is_left_as_it_is(tmp_path: Path) -> None:
    site_id = filled(tmp_path)
    history = reopened(tmp_path)
    assert history.site_id() == site_id
    assert find_damage(tmp_path / "bacs.db", thorough=True) is None
    assert not list(tmp_path.glob("*damaged*"))
    history.close()


@pytest.mark.parametrize("kind", ["garbage", "header", "cut"])
def test_a_file_that_is_no_database_any_more_is_put_aside_and_told(
    tmp_path: Path, kind: str
) -> None:
    filled(tmp_path)
    path = tmp_path / "bacs.db"
    match kind:
        case "garbage":
            path.write_bytes(random.Random(1).randbytes(50_000))
        case "header":
            overwrite(path, 0, 100)
        case "cut":
            path.write_bytes(path.read_bytes()[:6000])
    damaged = path.read_bytes()
    history = reopened(tmp_path)
    assert (tmp_path / ASIDE).read_bytes() == damaged
    (stored,) = replacements(history)
    assert ASIDE in stored.event.text
    history.record_event(Event(START, EventKind.LINE_LOST, "1"))
    assert numbers(history) == [1]
    history.close()


def test_people_events_and_the_identity_of_the_site_survive_damage_elsewhere(
    tmp_path: Path,
) -> None:
    site_id = filled(tmp_path)
    overwrite(tmp_path / "bacs.db", (page_of(tmp_path, "discharges") - 1) * PAGE, PAGE)
    history = reopened(tmp_path)
    assert history.site_id() == site_id
    (stored,) = replacements(history)
    assert stored.event.data["lost"] == ["discharges"]
    assert numbers(history) == list(range(EVENTS))
    history.close()
    with closing(open_database(tmp_path)) as database:
        assert [user.name for user in users.list_users(database)] == ["tessa"]


def test_damaged_people_are_not_carried_over_and_that_is_told(tmp_path: Path) -> None:
    filled(tmp_path)
    overwrite(tmp_path / "bacs.db", (page_of(tmp_path, "users") - 1) * PAGE, PAGE)
    history = reopened(tmp_path)
    (stored,) = replacements(history)
    assert stored.event.data["lost"] == ["users"]
    assert "lost: users" in stored.event.text
    assert numbers(history) == list(range(EVENTS))
    history.close()


def test_damaged_people_are_taken_from_their_second_copy_and_that_is_told(tmp_path: Path) -> None:
    filled(tmp_path)
    with closing(open_database(tmp_path)) as database:
        users.set_pin(database, CHANGE, "tessa", "482915", cost=CHEAP)
        before = users.list_users(database)
    with closing(History(tmp_path)) as history:
        history.keep_people()
    overwrite(tmp_path / "bacs.db", (page_of(tmp_path, "users") - 1) * PAGE, PAGE)
    history = reopened(tmp_path)
    (stored,) = replacements(history)
    assert (stored.event.data["copied"], stored.event.data["lost"]) == (["users"], [])
    assert "from their second copy: users" in stored.event.text
    history.close()
    with closing(open_database(tmp_path)) as database:
        assert users.list_users(database) == before


@pytest.mark.parametrize("left", ["nothing", "an empty file"])
def test_of_a_history_that_is_gone_the_people_are_still_there_and_that_is_told(
    tmp_path: Path, left: str
) -> None:
    filled(tmp_path)
    with closing(History(tmp_path)) as history:
        history.keep_people()
    for path in tmp_path.glob("bacs.db*"):
        path.unlink()
    if left == "an empty file":
        (tmp_path / "bacs.db").touch()
    history = reopened(tmp_path)
    (stored,) = replacements(history)
    assert "people and tokens of their copy" in stored.event.text
    history.close()
    with closing(open_database(tmp_path)) as database:
        assert [user.name for user in users.list_users(database)] == ["tessa"]
    reopened(tmp_path).close()


def test_of_damaged_events_all_are_kept_but_those_of_the_spoilt_page(tmp_path: Path) -> None:
    filled(tmp_path)
    leaves = leaves_of(tmp_path / "bacs.db")
    overwrite(tmp_path / "bacs.db", leaves[len(leaves) // 2] * PAGE, PAGE)
    history = reopened(tmp_path)
    (stored,) = replacements(history)
    assert stored.event.data["partly"] == ["events"]
    left = numbers(history)
    on_a_page = EVENTS / len(leaves)
    assert EVENTS - 2 * on_a_page < len(left) < EVENTS
    assert {0, EVENTS - 1} < set(left)
    history.close()


def test_a_torn_page_anywhere_costs_no_sound_table_and_stops_nothing(tmp_path: Path) -> None:
    sound = tmp_path / "sound"
    sound.mkdir()
    filled(sound)
    pages = (sound / "bacs.db").stat().st_size // PAGE
    for page in range(0, pages, 3):
        state = tmp_path / str(page)
        shutil.copytree(sound, state)
        overwrite(state / "bacs.db", page * PAGE + 512, PAGE // 2)
        history = reopened(state)
        history.record_event(Event(START, EventKind.ALARM_RAISED, "after"))
        assert history.events()[0].event.text == "after"
        for stored in replacements(history):
            assert len(numbers(history)) == EVENTS or "events" not in stored.event.data["kept"]  # type: ignore[operator]
        history.close()
        shutil.rmtree(state)


def test_damage_met_while_running_is_dealt_with_by_the_next_call(tmp_path: Path) -> None:
    filled(tmp_path)
    history = reopened(tmp_path)
    leaves = leaves_of(tmp_path / "bacs.db")
    overwrite(tmp_path / "bacs.db", leaves[1] * PAGE, PAGE)
    with pytest.raises(HistoryError, match="malformed"):
        history.events(limit=10_000)
    history.record_event(Event(START, EventKind.ALARM_RAISED, "after"))
    assert len(replacements(history)) == 1
    assert history.events()[0].event.text == "after"
    assert len(numbers(history)) > EVENTS / 2
    history.close()


def test_a_file_written_over_while_it_is_open_is_noticed_by_the_next_call(tmp_path: Path) -> None:
    filled(tmp_path)
    history = reopened(tmp_path)
    history.events()
    overwrite(tmp_path / "bacs.db", 0, 20 * PAGE)
    with pytest.raises(HistoryError, match="written over"):
        history.record_event(Event(START, EventKind.ALARM_RAISED, "after"))
    history.record_event(Event(START, EventKind.ALARM_RAISED, "after"))
    assert len(replacements(history)) == 1
    assert history.events()[0].event.text == "after"
    history.close()


def test_a_directory_that_vanishes_is_an_error_and_nothing_is_written_into_nowhere(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    filled(state)
    history = reopened(state)
    shutil.move(state, tmp_path / "elsewhere")
    for _ in range(2):
        with pytest.raises(HistoryError):
            history.record_event(Event(START, EventKind.LINE_LOST, "500"))
    shutil.move(tmp_path / "elsewhere", state)
    history.record_event(Event(START, EventKind.LINE_LOST, "501"))
    assert numbers(history) == [*range(EVENTS), 501]
    history.close()


def test_an_empty_file_left_by_a_power_cut_is_simply_filled(tmp_path: Path) -> None:
    (tmp_path / "bacs.db").touch()
    history = reopened(tmp_path)
    history.record_event(Event(START, EventKind.LINE_LOST, "1"))
    assert not list(tmp_path.glob("*damaged*"))
    history.close()


def test_what_the_log_lost_is_told(tmp_path: Path) -> None:
    running, killed = tmp_path / "running", tmp_path / "killed"
    running.mkdir()
    history = History(running)
    for number in range(20):
        history.record_event(Event(START, EventKind.LINE_LOST, str(number)))
    shutil.copytree(running, killed)
    history.close()
    log = killed / "bacs.db-wal"
    overwrite(log, log.stat().st_size // 2, 10)
    history = reopened(killed)
    left = numbers(history)
    assert left == list(range(len(left)))
    (stored,) = replacements(history)
    assert stored.event.data["steps"] == 20 - len(left) > 0
    history.close()
    assert len(replacements(reopened(killed))) == 1, "told once"


def test_a_log_that_ends_in_the_middle_of_a_step_is_nothing_to_tell_of(tmp_path: Path) -> None:
    running, killed = tmp_path / "running", tmp_path / "killed"
    running.mkdir()
    history = History(running)
    for number in range(5):
        history.record_event(Event(START, EventKind.LINE_LOST, str(number)))
    shutil.copytree(running, killed)
    history.close()
    log = killed / "bacs.db-wal"
    log.write_bytes(log.read_bytes() + bytes(100))
    history = reopened(killed)
    assert numbers(history) == list(range(5))
    assert replacements(history) == []
    history.close()


@pytest.mark.parametrize("stops_at", range(6))
def test_a_replacement_that_is_cut_short_is_made_up_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stops_at: int
) -> None:
    """Each step of it fails once, as a killed program would leave it."""
    filled(tmp_path)
    overwrite(tmp_path / "bacs.db", (page_of(tmp_path, "discharges") - 1) * PAGE, PAGE)
    steps = ("_put_beside", "open_database", "_fill", "_carried", "_swap", "flush_directory")
    with monkeypatch.context() as patch:

        def stop(*_: object) -> None:
            raise OSError(5, "stopped here")

        patch.setattr(damage_module, steps[stops_at], stop)
        with pytest.raises(HistoryError):
            reopened(tmp_path)
    history = reopened(tmp_path)
    assert numbers(history) == list(range(EVENTS))
    assert len(replacements(history)) == 1
    history.close()
    with closing(sqlite3.connect(tmp_path / "bacs.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert not (tmp_path / "replacing").exists()


def test_only_the_newest_damaged_files_are_kept(tmp_path: Path) -> None:
    for day in range(1, 7):
        (tmp_path / "bacs.db").write_bytes(b"no database" * 1000)
        history = History(tmp_path, clock=datetime(2026, 1, day, tzinfo=UTC).timestamp)
        history.record_event(Event(START, EventKind.LINE_LOST, "1"))
        history.close()
    assert [path.name[-16:] for path in sorted(tmp_path.glob("bacs.db.damaged-*"))] == [
        f"2026010{day}T000000Z" for day in (4, 5, 6)
    ]
