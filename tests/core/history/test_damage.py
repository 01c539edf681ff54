"""Damaged files: put aside, told, and the history goes on with a new one."""

import random
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bacs_core.access import users
from bacs_core.history.damage import find_damage
from bacs_core.history.database import open_database
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import Event, EventKind
from bacs_core.history.store import History
from bacs_core.model import Role
from tests.core.access.conftest import CHANGE, CHEAP, PASSWORD
from tests.core.history.plant import START, STEP, noisy, small


def filled(state: Path) -> str:
    """Make a history with something in every table and return the identity of the site."""
    history = History(state)
    site_id = history.site_id()
    for index, each in enumerate(noisy(strings=2, cells=60, samples=120)):
        history.record_sample(each)
        history.record_event(Event(START + index * STEP, EventKind.LINE_LOST, "x" * 200))
    history.close()
    with closing(open_database(state)) as database:
        users.add_user(database, CHANGE, "tessa", Role.TECHNICIAN, PASSWORD, cost=CHEAP)
    return site_id


def page_of(state: Path, table: str) -> int:
    with closing(open_database(state)) as database:
        query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        return int(database.conn.execute(query, (table,)).fetchone()[0])


def overwrite(path: Path, offset: int, count: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(random.Random(1).randbytes(count))


def reopened(state: Path) -> History:
    history = History(state, clock=lambda: datetime(2026, 11, 21, 9, 5, tzinfo=UTC).timestamp())
    history.open()
    return history


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
    assert (tmp_path / "bacs.db.damaged-20261121T090500Z").read_bytes() == damaged
    (stored,) = history.events()
    assert stored.event.kind is EventKind.HISTORY_REPLACED
    assert "bacs.db.damaged-20261121T090500Z" in stored.event.text
    history.record_sample(small(START))
    assert history.sample_at(START) is not None
    history.close()


def test_people_and_the_identity_of_the_site_survive_damage_elsewhere(tmp_path: Path) -> None:
    site_id = filled(tmp_path)
    overwrite(tmp_path / "bacs.db", (page_of(tmp_path, "events") - 1) * 4096, 4096)
    history = reopened(tmp_path)
    assert history.site_id() == site_id
    (stored,) = [
        stored for stored in history.events() if stored.event.kind is EventKind.HISTORY_REPLACED
    ]
    assert stored.event.data["kept"] == ["settings", "users", "tokens", "lockouts"]
    history.close()
    with closing(open_database(tmp_path)) as database:
        assert [user.name for user in users.list_users(database)] == ["tessa"]


def test_damaged_people_are_not_carried_over_and_that_is_told(tmp_path: Path) -> None:
    filled(tmp_path)
    overwrite(tmp_path / "bacs.db", (page_of(tmp_path, "users") - 1) * 4096, 4096)
    history = reopened(tmp_path)
    (stored,) = history.events()
    assert stored.event.data["lost"] == ["users"]
    assert "lost: users" in stored.event.text
    history.close()


def page_of_an_old_sample(path: Path) -> int:
    """Find a page whose loss is not seen at the start, only by a thorough check."""
    sound = path.read_bytes()
    for page in range(2, len(sound) // 4096):
        overwrite(path, page * 4096, 4096)
        seen_at_start = find_damage(path, thorough=False)
        seen_by_all = find_damage(path, thorough=True)
        path.write_bytes(sound)
        if seen_at_start is None and seen_by_all is not None:
            return page
    pytest.fail("no page holds only old samples")


def test_damage_met_while_running_is_dealt_with_by_the_next_call(tmp_path: Path) -> None:
    filled(tmp_path)
    page = page_of_an_old_sample(tmp_path / "bacs.db")
    history = reopened(tmp_path)
    overwrite(tmp_path / "bacs.db", page * 4096, 4096)
    with pytest.raises(HistoryError, match="malformed"):
        history.sample_at(START + 119 * STEP)
    history.record_sample(small(START))
    (stored,) = history.events()
    assert stored.event.kind is EventKind.HISTORY_REPLACED
    sample = history.sample_at(START)
    assert sample is not None
    history.close()


def test_an_empty_file_left_by_a_power_cut_is_simply_filled(tmp_path: Path) -> None:
    (tmp_path / "bacs.db").touch()
    history = reopened(tmp_path)
    history.record_sample(small(START))
    assert not list(tmp_path.glob("*damaged*"))
    history.close()
