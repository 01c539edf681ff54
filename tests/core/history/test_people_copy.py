"""The second copy of people and tokens follows the database and is never believed half."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from bacs_core.access import tokens, users
from bacs_core.history.database import open_database
from bacs_core.history.people_copy import keep_people, people_of, people_path, read_people
from bacs_core.model import Role
from tests.core.access.conftest import CHANGE, CHEAP, PASSWORD


def kept(state: Path) -> dict[str, list[object]]:
    with closing(open_database(state)) as database:
        keep_people(state, people_of(database))
    return {table: [row["name"] for row in rows] for table, rows in read_people(state).items()}


def test_it_follows_the_database_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    assert read_people(tmp_path) == {}
    assert kept(tmp_path) == {"users": [], "tokens": []}
    with closing(open_database(tmp_path)) as database:
        users.add_user(database, CHANGE, "tessa", Role.TECHNICIAN, PASSWORD, cost=CHEAP)
        tokens.add_token(database, CHANGE, "home-assistant", Role.OPERATOR)
    assert kept(tmp_path) == {"users": ["tessa"], "tokens": ["home-assistant"]}
    assert people_path(tmp_path).stat().st_mode & 0o777 == 0o600
    with closing(open_database(tmp_path)) as database:
        users.remove_user(database, CHANGE, "tessa")
    assert kept(tmp_path)["users"] == []


def test_it_is_not_written_again_where_nobody_changed_anything(tmp_path: Path) -> None:
    with closing(open_database(tmp_path)) as database:
        tokens.add_token(database, CHANGE, "home-assistant", Role.OPERATOR)
        kept(tmp_path)
        before = people_path(tmp_path).stat().st_ino
        tokens.note_use(database, 1, CHANGE.at)
    kept(tmp_path)
    assert people_path(tmp_path).stat().st_ino == before


def test_a_spoilt_one_counts_for_nothing_and_is_written_anew(tmp_path: Path) -> None:
    with closing(open_database(tmp_path)) as database:
        users.add_user(database, CHANGE, "tessa", Role.TECHNICIAN, PASSWORD, cost=CHEAP)
    kept(tmp_path)
    sound = people_path(tmp_path).read_bytes()
    people_path(tmp_path).write_bytes(sound.replace(b"technician", b"viewer"))
    assert read_people(tmp_path) == {}
    assert kept(tmp_path)["users"] == ["tessa"]
    assert people_path(tmp_path).read_bytes() == sound
