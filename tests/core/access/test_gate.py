"""Who comes in, who is kept out, for how long."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlite_utils import Database

from bacs_core.access import passwords, tokens, users
from bacs_core.access.gate import DEFAULT_TIMES, Gate
from bacs_core.access.principal import Principal
from bacs_core.access.tokens import PANEL, add_token, create_panel_token, revoke_token
from bacs_core.api.messages import Login, Session
from bacs_core.errors import RefusedError
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import EventKind, select_events
from bacs_core.model import Role
from tests.core.access.conftest import CHANGE, CHEAP, PASSWORD, PIN, Clock

WRONG = "battery room 8"


def log_in(gate: Gate, secret: str, by: Principal | None = None, user: str = "tessa") -> Session:
    return gate.login(Login(user=user, secret=secret), by)


def refused_code(gate: Gate, secret: str, by: Principal | None = None, user: str = "tessa") -> str:
    with pytest.raises(RefusedError) as refused:
        log_in(gate, secret, by, user)
    return refused.value.code


def test_nobody_is_anybody_without_a_valid_token(gate: Gate) -> None:
    assert gate.authenticate(None) is None
    assert gate.authenticate("") is None
    assert gate.authenticate("nonsense") is None


def test_there_is_no_default_user(tmp_path: Path, clock: Clock) -> None:
    gate = Gate(tmp_path, clock=clock, cost=CHEAP)
    for user in ("admin", "root", "administrator", "panel", ""):
        assert refused_code(gate, "", user=user) == "wrong_credentials"


def test_a_password_opens_a_session_anywhere_with_the_persons_role(gate: Gate) -> None:
    session = log_in(gate, PASSWORD, user="TESSA")
    assert (session.name, session.role) == ("tessa", Role.TECHNICIAN)
    assert gate.authenticate(session.token) == Principal("tessa", Role.TECHNICIAN)


def test_a_password_given_at_the_panel_makes_a_person_at_the_cabinet(gate: Gate) -> None:
    session = log_in(gate, PASSWORD, PANEL)
    assert gate.authenticate(session.token) == Principal("tessa", Role.TECHNICIAN, at_cabinet=True)


def test_a_pin_works_at_the_panel(gate: Gate) -> None:
    session = log_in(gate, PIN, PANEL)
    assert gate.authenticate(session.token) == Principal("tessa", Role.TECHNICIAN, at_cabinet=True)


@pytest.mark.parametrize("by", [None, Principal("remote", Role.ADMINISTRATOR)])
def test_a_pin_is_refused_elsewhere_right_or_wrong(gate: Gate, by: Principal | None) -> None:
    assert refused_code(gate, PIN, by) == "cabinet_only"
    assert refused_code(gate, "999999", by) == "cabinet_only"


def test_a_person_without_a_pin_cannot_log_in_with_one(gate: Gate, database: Database) -> None:
    users.set_pin(database, CHANGE, "tessa", None)
    assert refused_code(gate, PIN, PANEL) == "wrong_credentials"


def test_a_wrong_password_and_an_unknown_name_look_the_same_and_cost_the_same(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    real = passwords.matches

    def noted(secret: str, kept: str) -> bool:
        hashed.append(kept.rsplit("$", 2)[0])
        return real(secret, kept)

    monkeypatch.setattr(passwords, "matches", noted)
    messages = []
    for user in ("tessa", "nobody"):
        with pytest.raises(RefusedError) as refused:
            log_in(gate, WRONG, user=user)
        messages.append((refused.value.code, str(refused.value)))
    assert messages[0] == messages[1]
    assert len(hashed) == 2
    assert hashed[0] == hashed[1]


def test_repeated_failures_lock_even_the_right_password_out_for_a_time(
    gate: Gate, clock: Clock
) -> None:
    for _ in range(3):
        assert refused_code(gate, WRONG) == "wrong_credentials"
    assert refused_code(gate, PASSWORD) == "locked_out"
    clock.now += 4.9
    assert refused_code(gate, PASSWORD) == "locked_out"
    clock.now += 0.2
    assert log_in(gate, PASSWORD).name == "tessa"


def test_a_success_ends_the_count_of_failures(gate: Gate) -> None:
    for _ in range(4):
        assert refused_code(gate, WRONG) == "wrong_credentials"
        assert refused_code(gate, WRONG) == "wrong_credentials"
        log_in(gate, PASSWORD)


def test_a_restart_of_the_engine_does_not_end_a_lock(make_gate: Callable[..., Gate]) -> None:
    for _ in range(3):
        refused_code(make_gate(), WRONG)
    assert refused_code(make_gate(), PASSWORD) == "locked_out"


def test_an_unknown_name_is_locked_like_a_known_one(gate: Gate) -> None:
    for _ in range(3):
        assert refused_code(gate, WRONG, user="nobody") == "wrong_credentials"
    assert refused_code(gate, WRONG, user="nobody") == "locked_out"


def test_guessing_over_many_names_locks_all_of_them(gate: Gate) -> None:
    codes = [refused_code(gate, WRONG, user=f"guess-{number}") for number in range(12)]
    assert codes[:10] == ["wrong_credentials"] * 10
    assert codes[10:] == ["locked_out"] * 2
    assert refused_code(gate, PASSWORD) == "locked_out"


def test_nobody_on_the_network_can_lock_out_the_person_at_the_cabinet(gate: Gate) -> None:
    for number in range(12):
        refused_code(gate, WRONG, user=f"guess-{number}")
    for _ in range(3):
        refused_code(gate, WRONG)
    assert log_in(gate, PIN, PANEL).name == "tessa"


def test_pins_guessed_at_the_cabinet_are_locked_out(gate: Gate, clock: Clock) -> None:
    guesses = 0
    for number in range(24 * 6):
        if refused_code(gate, f"{100000 + 7 * number}", PANEL) == "wrong_credentials":
            guesses += 1
        clock.now += 600
    assert guesses < 40


def test_many_guesses_at_once_get_no_more_tries_than_one_by_one(gate: Gate) -> None:
    codes: list[str] = []
    threads = [
        threading.Thread(target=lambda: codes.append(refused_code(gate, WRONG))) for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(codes) == ["locked_out"] * 9 + ["wrong_credentials"] * 3


def test_a_session_elsewhere_ends_twelve_hours_after_it_began(gate: Gate, clock: Clock) -> None:
    session = log_in(gate, PASSWORD)
    assert session.expires_at.timestamp() == clock.now + 12 * 3600
    for _ in range(12):
        assert gate.authenticate(session.token) is not None
        clock.now += 3600
    assert gate.authenticate(session.token) is None


def test_a_session_at_the_cabinet_ends_after_fifteen_idle_minutes(gate: Gate, clock: Clock) -> None:
    session = log_in(gate, PIN, PANEL)
    for _ in range(6):
        clock.now += 14 * 60
        assert gate.authenticate(session.token) is not None
    clock.now += 15 * 60
    assert gate.authenticate(session.token) is None


def test_a_session_does_not_outlive_a_clock_set_back(gate: Gate, clock: Clock) -> None:
    session = log_in(gate, PASSWORD)
    clock.now -= 3600
    assert gate.authenticate(session.token) is None


def test_logging_out_ends_the_session_at_once_and_twice_is_no_error(gate: Gate) -> None:
    session = log_in(gate, PASSWORD)
    gate.logout(session.token)
    gate.logout(session.token)
    assert gate.authenticate(session.token) is None


def test_a_restart_ends_all_sessions(gate: Gate, make_gate: Callable[..., Gate]) -> None:
    session = log_in(gate, PASSWORD)
    assert make_gate().authenticate(session.token) is None


@pytest.mark.parametrize("change", ["remove", "password", "pin"])
def test_a_session_ends_within_two_seconds_of_a_change_of_the_person(
    gate: Gate, clock: Clock, database: Database, change: str
) -> None:
    session = log_in(gate, PASSWORD)
    match change:
        case "remove":
            users.remove_user(database, CHANGE, "tessa")
        case "password":
            users.set_password(database, CHANGE, "tessa", "another room 9", cost=CHEAP)
        case "pin":
            users.set_pin(database, CHANGE, "tessa", None)
    clock.now += DEFAULT_TIMES.recheck_s
    assert gate.authenticate(session.token) is None


@pytest.mark.parametrize("asked_meanwhile", [True, False])
def test_a_session_does_not_come_back_with_somebody_of_the_same_name(
    gate: Gate, clock: Clock, database: Database, asked_meanwhile: bool
) -> None:
    users.add_user(database, CHANGE, "otto", Role.OPERATOR, PASSWORD, cost=CHEAP)
    session = log_in(gate, PASSWORD, user="otto")
    before = users.require_user(database, "otto")
    users.remove_user(database, CHANGE, "otto")
    if asked_meanwhile:
        clock.now += DEFAULT_TIMES.recheck_s
        assert gate.authenticate(session.token) is None
    users.add_user(database, CHANGE, "otto", Role.OPERATOR, PASSWORD, cost=CHEAP)
    after = users.require_user(database, "otto")
    assert (after.id, after.generation) == (before.id, before.generation)
    # The old session is no session of the new person, whatever it asks for.
    gate.person_changed("tessa", session.token)
    clock.now += DEFAULT_TIMES.recheck_s
    assert gate.authenticate(session.token) is None


def test_the_sessions_of_a_removed_person_end_at_once(gate: Gate, database: Database) -> None:
    users.add_user(database, CHANGE, "olga", Role.ADMINISTRATOR, PASSWORD, cost=CHEAP)
    olga, tessa = log_in(gate, PASSWORD, user="olga"), log_in(gate, PASSWORD)
    users.remove_user(database, CHANGE, "tessa")
    gate.person_changed("Tessa", None)
    assert gate.authenticate(tessa.token) is None
    assert gate.authenticate(olga.token) is not None


def test_a_session_is_not_handed_on_to_whoever_was_added_again_while_its_secret_changed(
    gate: Gate, database: Database
) -> None:
    users.add_user(database, CHANGE, "otto", Role.OPERATOR, PASSWORD, cost=CHEAP)
    session = log_in(gate, PASSWORD, user="otto")
    users.remove_user(database, CHANGE, "otto")
    users.add_user(database, CHANGE, "otto", Role.VIEWER, PASSWORD, cost=CHEAP)
    gate.person_changed("otto", session.token)
    assert gate.authenticate(session.token) is None


def test_a_session_that_goes_on_has_the_role_of_now(gate: Gate, database: Database) -> None:
    session = log_in(gate, PASSWORD)
    users.set_role(database, CHANGE, "tessa", Role.VIEWER)
    users.set_pin(database, CHANGE, "tessa", None)
    gate.person_changed("tessa", session.token)
    assert gate.authenticate(session.token) == Principal("tessa", Role.VIEWER)


def test_the_cabinet_waits_for_no_secret_that_is_compared_elsewhere(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    compares, go_on = threading.Event(), threading.Event()
    real = passwords.matches

    def slow_elsewhere(secret: str, kept: str) -> bool:
        if secret == WRONG:
            compares.set()
            go_on.wait(60)
        return real(secret, kept)

    monkeypatch.setattr(passwords, "matches", slow_elsewhere)
    elsewhere = threading.Thread(target=lambda: refused_code(gate, WRONG))
    elsewhere.start()
    assert compares.wait(60)
    at_cabinet: list[str] = []

    def sign_in() -> None:
        at_cabinet.append(log_in(gate, PIN, PANEL).name)
        gate.confirm(Login(user="tessa", secret=PIN), PANEL)
        gate.person_changed("tessa", None)
        at_cabinet.append("all done")

    cabinet = threading.Thread(target=sign_in)
    cabinet.start()
    cabinet.join(timeout=30)
    told = tuple(at_cabinet)
    go_on.set()
    cabinet.join(timeout=60)
    elsewhere.join(timeout=60)
    assert told == ("tessa", "all done")


def test_guesses_at_both_places_at_once_are_counted_exactly(
    gate: Gate, make_gate: Callable[..., Gate]
) -> None:
    codes: dict[bool, list[str]] = {True: [], False: []}

    def guess(at_cabinet: bool) -> None:
        codes[at_cabinet].append(refused_code(gate, WRONG, PANEL if at_cabinet else None))

    threads = [threading.Thread(target=guess, args=(number % 2 == 0,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    expected = ["locked_out"] * 3 + ["wrong_credentials"] * 3
    assert [sorted(told) for told in codes.values()] == [expected, expected]
    again = make_gate()
    assert {refused_code(again, PASSWORD, by) for by in (PANEL, None)} == {"locked_out"}


def test_only_so_many_sessions_are_open_at_once(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bacs_core.access.gate.MAX_SESSIONS", 3)
    first = log_in(gate, PASSWORD)
    for _ in range(3):
        last = log_in(gate, PASSWORD)
    assert gate.authenticate(first.token) is None
    assert gate.authenticate(last.token) is not None


def test_logging_in_elsewhere_ends_no_session_at_the_cabinet_and_none_of_others(
    gate: Gate, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bacs_core.access.gate.MAX_SESSIONS", 3)
    monkeypatch.setattr("bacs_core.access.gate.MAX_OF_ONE_ELSEWHERE", 2)
    users.add_user(database, CHANGE, "olga", Role.VIEWER, PASSWORD, cost=CHEAP)
    at_cabinet, elsewhere = log_in(gate, PIN, PANEL), log_in(gate, PASSWORD)
    of_olga = [log_in(gate, PASSWORD, user="olga") for _ in range(6)]
    assert gate.authenticate(at_cabinet.token) is not None
    assert gate.authenticate(elsewhere.token) is not None
    known = [gate.authenticate(each.token) is not None for each in of_olga]
    assert known == [False] * 4 + [True] * 2


def test_somebody_who_must_change_the_password_is_known_as_such_until_that_is_done(
    gate: Gate, database: Database
) -> None:
    users.add_user(
        database, CHANGE, "integrator", Role.VIEWER, PASSWORD, must_change=True, cost=CHEAP
    )
    session = log_in(gate, PASSWORD, user="integrator")
    assert session.must_change
    assert gate.authenticate(session.token) == Principal("integrator", Role.VIEWER, False, True)

    users.set_password(database, CHANGE, "integrator", "another room 9", cost=CHEAP)
    gate.person_changed("Integrator", session.token)
    assert gate.authenticate(session.token) == Principal("integrator", Role.VIEWER)
    assert refused_code(gate, PASSWORD, user="integrator") == "wrong_credentials"
    assert not log_in(gate, "another room 9", user="integrator").must_change


def test_whoever_changes_the_own_secret_stays_and_all_others_of_that_name_go(
    gate: Gate, clock: Clock, database: Database
) -> None:
    own, other = log_in(gate, PASSWORD), log_in(gate, PASSWORD)
    users.set_pin(database, CHANGE, "tessa", None)
    gate.person_changed("tessa", own.token)
    clock.now += DEFAULT_TIMES.recheck_s
    assert gate.authenticate(own.token) is not None
    assert gate.authenticate(other.token) is None


def test_the_session_of_somebody_else_is_no_help_to_the_sessions_of_a_changed_person(
    gate: Gate, clock: Clock, database: Database
) -> None:
    users.add_user(database, CHANGE, "olga", Role.ADMINISTRATOR, PASSWORD, cost=CHEAP)
    olga, tessa = log_in(gate, PASSWORD, user="olga"), log_in(gate, PASSWORD)
    users.set_role(database, CHANGE, "tessa", Role.VIEWER)
    gate.person_changed("tessa", olga.token)
    clock.now += DEFAULT_TIMES.recheck_s
    assert gate.authenticate(olga.token) == Principal("olga", Role.ADMINISTRATOR)
    assert gate.authenticate(tessa.token) is None


def test_showing_the_own_secret_once_more_is_judged_like_a_login(gate: Gate) -> None:
    gate.confirm(Login(user="tessa", secret=PASSWORD), None)
    gate.confirm(Login(user="tessa", secret=PIN), PANEL)
    for _ in range(3):
        with pytest.raises(RefusedError, match="wrong"):
            gate.confirm(Login(user="tessa", secret=WRONG), None)
    assert refused_code(gate, PASSWORD) == "locked_out"


def test_a_new_secret_ends_the_lock_of_whoever_forgot_the_old_one(
    gate: Gate, database: Database
) -> None:
    for _ in range(3):
        refused_code(gate, "111333", PANEL)
    assert refused_code(gate, PIN, PANEL) == "locked_out"
    users.set_pin(database, CHANGE, "tessa", "519377", cost=CHEAP)
    gate.person_changed("tessa", None)
    assert log_in(gate, "519377", PANEL).name == "tessa"


def test_a_token_made_while_the_engine_runs_works_at_once(gate: Gate, database: Database) -> None:
    token = add_token(database, CHANGE, "home-assistant", Role.OPERATOR)
    assert gate.authenticate(token) == Principal("home-assistant", Role.OPERATOR)


def test_a_revoked_token_stops_within_two_seconds(
    gate: Gate, clock: Clock, database: Database
) -> None:
    token = add_token(database, CHANGE, "home-assistant", Role.VIEWER)
    assert gate.authenticate(token)
    revoke_token(database, CHANGE, "home-assistant")
    clock.now += DEFAULT_TIMES.recheck_s
    assert gate.authenticate(token) is None
    assert gate.authenticate(token) is None


def test_the_last_use_of_a_token_is_noted_about_once_an_hour(
    gate: Gate, clock: Clock, database: Database
) -> None:
    token = add_token(database, CHANGE, "home-assistant", Role.VIEWER)
    gate.authenticate(token)
    first = tokens.list_tokens(database)[0].last_used_at
    assert first is not None
    assert first.timestamp() == clock.now
    clock.now += 3599
    gate.authenticate(token)
    assert tokens.list_tokens(database)[0].last_used_at == first
    clock.now += 2
    gate.authenticate(token)
    assert tokens.list_tokens(database)[0].last_used_at != first


def test_a_known_token_goes_on_working_while_the_database_is_busy(
    gate: Gate, clock: Clock, database: Database, tmp_path: Path
) -> None:
    token = add_token(database, CHANGE, "home-assistant", Role.VIEWER)
    gate.authenticate(token)
    clock.now += 7200
    database.conn.execute("BEGIN IMMEDIATE")
    assert gate.authenticate(token)
    database.conn.execute("ROLLBACK")
    (tmp_path / "bacs.db").rename(tmp_path / "gone")
    (tmp_path / "bacs.db").mkdir()
    clock.now += 10
    assert gate.authenticate(token)
    with pytest.raises(HistoryError):
        gate.authenticate("unknown")


def test_the_panel_token_is_made_anew_each_time_and_readable_by_its_owner_only(
    tmp_path: Path, make_gate: Callable[..., Gate]
) -> None:
    old = create_panel_token(tmp_path)
    new = create_panel_token(tmp_path)
    path = tmp_path / "panel.token"
    assert path.read_text() == new != old
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.glob("panel*")] == ["panel.token"]
    gate = make_gate(panel_token=new)
    assert gate.authenticate(new) == Principal("panel", Role.VIEWER, at_cabinet=True)
    assert gate.authenticate(old) is None


def test_logins_and_refusals_stand_in_the_history_but_never_a_secret_or_an_unknown_name(
    gate: Gate, database: Database, tmp_path: Path
) -> None:
    log_in(gate, PIN, PANEL)
    refused_code(gate, WRONG)
    refused_code(gate, WRONG, user="oops my password")
    events = [stored.event for stored in select_events(database, limit=3)]
    assert [event.kind for event in events] == [
        EventKind.LOGIN_REFUSED,
        EventKind.LOGIN_REFUSED,
        EventKind.LOGIN,
    ]
    assert events[2].by == "tessa"
    assert "at the cabinet" in events[2].text
    assert "tessa" in events[1].text
    with sqlite3.connect(tmp_path / "bacs.db") as connection:
        (dump,) = connection.execute("SELECT group_concat(text || data) FROM events").fetchone()
    for secret in (PIN, PASSWORD, WRONG, "oops"):
        assert secret not in dump


def test_a_person_can_log_in_although_nothing_can_be_written(
    gate: Gate, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bacs_core.access.gate.transaction", _full_disk)
    assert log_in(gate, PIN, PANEL).name == "tessa"
    for _ in range(3):
        assert refused_code(gate, WRONG, PANEL) == "wrong_credentials"
    assert refused_code(gate, PASSWORD, PANEL) == "locked_out"


def _full_disk(database: Database) -> None:
    msg = "database or disk is full"
    raise sqlite3.OperationalError(msg)
