"""People and tokens, changed while the engine runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlite_utils import Database

from bacs_core.access.gate import Gate
from bacs_core.access.people import People
from bacs_core.api.messages import Login
from bacs_core.api.people_messages import FirstPerson, NewPerson
from bacs_core.errors import RefusedError
from bacs_core.history.database import database_path
from bacs_core.history.events import EventKind, select_events
from bacs_core.history.people_copy import read_people
from bacs_core.model import Role
from tests.core.access.conftest import CHEAP, PASSWORD, PIN, Clock

NEW_PASSWORD = "another room 9"


@pytest.fixture
def people(tmp_path: Path, clock: Clock, database: Database) -> People:
    """Tessa is there already, a technician with a PIN."""
    return People(tmp_path, clock=clock, cost=CHEAP)


def administrator(people: People, name: str = "olga") -> None:
    people.add(NewPerson(name=name, role=Role.ADMINISTRATOR, password=PASSWORD), "test")


def test_a_person_is_added_with_password_and_pin_and_must_change_the_first(people: People) -> None:
    new = NewPerson(name="Otto", role=Role.OPERATOR, password=NEW_PASSWORD, pin="519377")
    added = people.add(new, "olga")
    assert (added.name, added.role, added.has_pin) == ("otto", Role.OPERATOR, True)
    assert added.must_change
    assert [person.name for person in people.everybody()] == ["otto", "tessa"]
    assert people.at_cabinet() == ["otto", "tessa"]


def test_only_who_has_a_pin_can_be_tapped_on_at_the_cabinet(people: People) -> None:
    administrator(people)
    people.set_pin("tessa", None, "olga")
    assert people.at_cabinet() == []


def test_a_weak_pin_adds_nobody(people: People) -> None:
    with pytest.raises(RefusedError) as refused:
        people.add(
            NewPerson(name="otto", role=Role.VIEWER, password=PASSWORD, pin="123456"), "olga"
        )
    assert refused.value.code == "weak_pin"
    assert [person.name for person in people.everybody()] == ["tessa"]


def test_the_first_administrator_is_added_only_while_there_is_nobody(
    tmp_path: Path, clock: Clock
) -> None:
    people = People(tmp_path / "new", clock=clock, cost=CHEAP)
    (tmp_path / "new").mkdir()
    first = people.add_first(FirstPerson(name="olga", password=PASSWORD, pin=PIN), "panel")
    assert (first.role, first.has_pin, first.must_change) == (Role.ADMINISTRATOR, True, False)
    with pytest.raises(RefusedError) as refused:
        people.add_first(FirstPerson(name="otto", password=PASSWORD), "panel")
    assert refused.value.code == "not_the_first"
    assert [person.name for person in people.everybody()] == ["olga"]


def test_the_last_administrator_is_neither_removed_nor_lowered(people: People) -> None:
    administrator(people)
    acts: tuple[Callable[[], None], ...] = (
        lambda: people.remove("olga", "olga"),
        lambda: people.set_role("olga", Role.TECHNICIAN, "olga"),
    )
    for act in acts:
        with pytest.raises(RefusedError) as refused:
            act()
        assert refused.value.code == "last_administrator"
    administrator(people, "otto")
    people.set_role("olga", Role.VIEWER, "otto")
    people.remove("olga", "otto")
    assert [person.name for person in people.everybody()] == ["otto", "tessa"]


def test_a_password_of_an_administrator_is_for_the_first_time_only(
    people: People, gate: Gate
) -> None:
    people.set_password("tessa", NEW_PASSWORD, "olga", must_change=True)
    assert gate.login(Login(user="tessa", secret=NEW_PASSWORD), None).must_change


def test_nobody_is_changed_who_is_not_there(people: People) -> None:
    changes: tuple[Callable[[], None], ...] = (
        lambda: people.remove("nobody", "olga"),
        lambda: people.set_role("nobody", Role.VIEWER, "olga"),
        lambda: people.set_password("nobody", NEW_PASSWORD, "olga", must_change=True),
        lambda: people.set_pin("nobody", PIN, "olga"),
    )
    for change in changes:
        with pytest.raises(RefusedError) as refused:
            change()
        assert refused.value.code == "unknown_user"


def test_tokens_in_force_are_told_and_ended(people: People) -> None:
    people.pair("Home", Role.OPERATOR, "tessa", "192.0.2.7")
    people.pair("other", Role.VIEWER, "tessa", "192.0.2.8")
    people.revoke("other", "olga")
    (token,) = people.tokens()
    assert (token.name, token.role, token.created_by) == ("home", Role.OPERATOR, "tessa")
    with pytest.raises(RefusedError) as refused:
        people.revoke("other", "olga")
    assert refused.value.code == "unknown_token"


def test_every_change_is_an_event_with_its_person_and_without_any_secret(
    people: People, database: Database, tmp_path: Path
) -> None:
    administrator(people)
    new = NewPerson(name="otto", role=Role.VIEWER, password=NEW_PASSWORD, pin="519377")
    people.add(new, "olga")
    people.set_role("otto", Role.OPERATOR, "olga")
    people.set_password("otto", "yet another 5", "olga", must_change=False)
    people.set_pin("otto", "730164", "otto")
    people.set_pin("otto", None, "otto")
    secret = people.pair("home", Role.VIEWER, "tessa", "192.0.2.7")
    people.note_pairing("wrong", "pairing refused to 192.0.2.9: wrong code", None)
    people.revoke("home", "olga")
    people.remove("otto", "olga")
    events = [stored.event for stored in reversed(select_events(database, limit=9))]
    assert [(event.kind, event.by, dict(event.data)) for event in events] == [
        (EventKind.USER_CHANGED, by, {"user": "otto", **data})
        for by, data in (
            ("olga", {"changed": "added", "role": "viewer"}),
            ("olga", {"changed": "role", "role": "operator", "before": "viewer"}),
            ("olga", {"changed": "password"}),
            ("otto", {"changed": "pin"}),
            ("otto", {"changed": "pin_removed"}),
        )
    ] + [
        (
            EventKind.TOKEN_CHANGED,
            "tessa",
            {"token": "home", "changed": "added", "role": "viewer", "address": "192.0.2.7"},
        ),
        (EventKind.TOKEN_CHANGED, None, {"pairing": "wrong"}),
        (EventKind.TOKEN_CHANGED, "olga", {"token": "home", "changed": "revoked"}),
        (EventKind.USER_CHANGED, "olga", {"user": "otto", "changed": "removed"}),
    ]
    with sqlite3.connect(tmp_path / "bacs.db") as connection:
        (dump,) = connection.execute("SELECT group_concat(text || data) FROM events").fetchone()
    for hidden in (PASSWORD, NEW_PASSWORD, "yet another 5", "519377", "730164", secret):
        assert hidden not in dump


def test_the_second_copy_of_the_people_follows_at_once(people: People, tmp_path: Path) -> None:
    administrator(people)
    assert [row["name"] for row in read_people(tmp_path)["users"]] == ["tessa", "olga"]


def test_no_secret_is_part_of_what_a_message_shows_of_itself() -> None:
    new = NewPerson(name="otto", role=Role.VIEWER, password=NEW_PASSWORD, pin="519377")
    first = FirstPerson(name="otto", password=NEW_PASSWORD, pin="519377")
    for shown in (repr(new), str(first)):
        assert NEW_PASSWORD not in shown
        assert "519377" not in shown


def test_where_nothing_can_be_written_a_change_is_refused_in_words(
    people: People, tmp_path: Path
) -> None:
    database_path(tmp_path).rename(tmp_path / "gone")
    database_path(tmp_path).mkdir()
    with pytest.raises(RefusedError) as refused:
        people.remove("tessa", "olga")
    assert refused.value.code == "history_unavailable"
