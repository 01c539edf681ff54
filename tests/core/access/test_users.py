from collections.abc import Callable

import pytest
from sqlite_utils import Database

from bacs_core.access import users
from bacs_core.access.tokens import add_token, list_tokens, revoke_token
from bacs_core.errors import RefusedError
from bacs_core.history.events import EventKind, select_events
from bacs_core.model import Role
from tests.core.access.conftest import CHANGE, CHEAP, PASSWORD


@pytest.mark.parametrize("name", ["", "a b", "-a", "ä", "panel", "ENGINE", "a" * 33, "a;b", "=a"])
def test_a_name_that_could_mislead_is_refused(database: Database, name: str) -> None:
    with pytest.raises(RefusedError) as refused:
        users.add_user(database, CHANGE, name, Role.VIEWER, PASSWORD, cost=CHEAP)
    assert refused.value.code == "bad_name"


def test_a_name_is_taken_only_once_by_people_and_tokens_together(database: Database) -> None:
    add_token(database, CHANGE, "home-assistant", Role.VIEWER)
    for taken in ("TESSA", "home-assistant"):
        with pytest.raises(RefusedError):
            users.add_user(database, CHANGE, taken, Role.VIEWER, PASSWORD, cost=CHEAP)
        with pytest.raises(RefusedError):
            add_token(database, CHANGE, taken, Role.VIEWER)


def test_the_name_of_a_revoked_token_is_free_again_and_the_old_one_stays_listed(
    database: Database,
) -> None:
    first = add_token(database, CHANGE, "home-assistant", Role.VIEWER)
    revoke_token(database, CHANGE, "home-assistant")
    assert add_token(database, CHANGE, "home-assistant", Role.OPERATOR) != first
    assert [token.revoked_at is None for token in list_tokens(database)] == [False, True]


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.ADMINISTRATOR])
def test_a_token_is_never_more_than_operator(database: Database, role: Role) -> None:
    with pytest.raises(RefusedError) as refused:
        add_token(database, CHANGE, "home-assistant", role)
    assert refused.value.code == "role_too_high"


def test_neither_passwords_nor_pins_nor_tokens_stand_in_the_database(database: Database) -> None:
    token = add_token(database, CHANGE, "home-assistant", Role.VIEWER)
    dump = "\n".join(database.conn.iterdump())
    for secret in (token, PASSWORD, "482915"):
        assert secret not in dump


def test_what_is_unknown_cannot_be_changed(database: Database) -> None:
    changes: tuple[Callable[[], None], ...] = (
        lambda: users.remove_user(database, CHANGE, "nobody"),
        lambda: users.set_pin(database, CHANGE, "nobody", None),
        lambda: users.set_password(database, CHANGE, "nobody", PASSWORD, cost=CHEAP),
        lambda: revoke_token(database, CHANGE, "nobody"),
    )
    for change in changes:
        with pytest.raises(RefusedError):
            change()


def test_every_change_stands_in_the_history_with_who_made_it(database: Database) -> None:
    users.set_password(database, CHANGE, "tessa", "another room 9", cost=CHEAP)
    add_token(database, CHANGE, "home-assistant", Role.VIEWER)
    revoke_token(database, CHANGE, "home-assistant")
    users.remove_user(database, CHANGE, "tessa")
    events = [stored.event for stored in select_events(database)]
    assert [event.text for event in reversed(events)] == [
        "user tessa added as technician",
        "PIN set for user tessa",
        "password changed for user tessa",
        "token home-assistant made as viewer",
        "token home-assistant revoked",
        "user tessa removed",
    ]
    assert {event.by for event in events} == {"test"}
    assert {event.kind for event in events} == {EventKind.USER_CHANGED, EventKind.TOKEN_CHANGED}


def test_a_refused_change_leaves_nothing_behind(database: Database) -> None:
    before = list(database.conn.iterdump())
    with pytest.raises(RefusedError):
        users.add_user(database, CHANGE, "tessa", Role.VIEWER, PASSWORD, cost=CHEAP)
    assert list(database.conn.iterdump()) == before


def test_a_demand_to_change_the_password_is_not_fulfilled_by_the_same(database: Database) -> None:
    users.set_password(database, CHANGE, "tessa", "another room 9", must_change=True, cost=CHEAP)
    with pytest.raises(RefusedError) as refused:
        users.set_password(database, CHANGE, "tessa", "another room 9", cost=CHEAP)
    assert refused.value.code == "same_password"
    assert users.require_user(database, "tessa").must_change
    users.set_password(database, CHANGE, "tessa", PASSWORD, cost=CHEAP)
    assert not users.require_user(database, "tessa").must_change
    # Nobody asked for another one now.
    users.set_password(database, CHANGE, "tessa", PASSWORD, cost=CHEAP)
