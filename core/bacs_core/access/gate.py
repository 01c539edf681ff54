"""The gate: turns what a request carries into a principal, and a person's secret into a session.

Logging in blocks (the slow hash is the point) and belongs in a thread; `authenticate` does not
wait for anybody. Sessions live in memory: a restart of the engine ends them. Failures are counted
at the cabinet and elsewhere apart, so that nobody on the network can lock out the one at the
cabinet.
"""

from __future__ import annotations

import hmac
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

from sqlite_utils import Database

from bacs_core.access import lockout, passwords, tokens, users
from bacs_core.access.lockout import Failures
from bacs_core.access.passwords import DEFAULT_COST, Cost
from bacs_core.access.principal import Principal
from bacs_core.api.messages import Login, Session
from bacs_core.errors import RefusedError
from bacs_core.history.database import BUSY_TIMEOUT_S, naming_errors, open_database, transaction
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import Event, EventKind, insert_event

_T = TypeVar("_T")
LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Times:
    """How long things last, in seconds."""

    session_s: float = 12 * 3600.0
    cabinet_idle_s: float = 15 * 60.0
    recheck_s: float = 2.0
    """A removed user or a revoked token is noticed at the latest after this time."""
    note_use_s: float = 3600.0
    """How exactly the last use of a token is kept: each note is a write to the disk."""


DEFAULT_TIMES: Final = Times()
#: Of one place: whoever logs in elsewhere ends nobody's session at the cabinet.
MAX_SESSIONS: Final = 200
#: So many browsers and programs of one person elsewhere; the oldest session gives way.
MAX_OF_ONE_ELSEWHERE: Final = 10
#: Noting the use of a token is not worth making a request wait.
NOTE_USE_TIMEOUT_S: Final = 0.05
MAX_SCOPES: Final = 1000


@dataclass(slots=True)
class _OpenSession:
    user: users.User
    at_cabinet: bool
    began_at: float
    used_at: float
    checked_at: float


@dataclass(slots=True)
class _KnownToken:
    token_id: int
    principal: Principal
    checked_at: float
    noted_at: float


class Gate:
    """Who somebody is. One per engine; all methods may be called from any thread."""

    def __init__(
        self,
        state_dir: Path,
        *,
        panel_token: str | None = None,
        clock: Callable[[], float] = time.time,
        times: Times = DEFAULT_TIMES,
        cost: Cost = DEFAULT_COST,
    ) -> None:
        """Read the failures kept from before. `panel_token` is from `create_panel_token`."""
        self._state_dir = state_dir
        self._panel_sha256 = None if panel_token is None else tokens.fingerprint(panel_token)
        self._clock = clock
        self._times = times
        # Compared with when the user is unknown, so that this takes as long as a wrong password.
        self._nobody_hash = passwords.hash_secret(tokens.new_secret(), cost)
        self._cost = cost
        self._lock = threading.Lock()
        # One for each place, held while a secret is compared: so many tries at once count like one
        # after the other, and the cabinet waits for nobody elsewhere.
        self._login_locks = {at_cabinet: threading.Lock() for at_cabinet in (True, False)}
        self._failures_lock = threading.Lock()
        self._sessions: dict[str, _OpenSession] = {}
        self._tokens: dict[str, _KnownToken] = {}
        self._failures: dict[str, Failures] = self._if_possible(
            "login failures from before are not known", _read_failures, {}
        )

    def authenticate(self, bearer: str | None) -> Principal | None:
        """Tell whose token `bearer` is: the panel's, a session's or a program's; or nobody's.

        Raises `HistoryError` where an unknown token cannot be looked up.
        """
        if not bearer:
            return None
        sha256 = tokens.fingerprint(bearer)
        if self._panel_sha256 and hmac.compare_digest(sha256, self._panel_sha256):
            return tokens.PANEL
        with self._lock:
            if sha256 in self._sessions:
                return self._session_principal(sha256)
            return self._token_principal(sha256)

    def login(self, login: Login, by: Principal | None) -> Session:
        """Open a session for a person.

        A password works anywhere, a PIN only where `by` is the panel at the cabinet. The session of
        somebody who `must_change` is good for nothing but a new password. Raises `RefusedError`:
        `wrong_credentials`, `locked_out`, `cabinet_only`; `HistoryError` where users cannot be
        read.
        """
        at_cabinet = by is not None and by.at_cabinet
        with self._login_locks[at_cabinet]:
            user = self._checked_user(login, at_cabinet=at_cabinet)
            self._record(EventKind.LOGIN, user.name, f"{user.name} logged in {_place(at_cabinet)}")
        return self._open_session(user, at_cabinet=at_cabinet)

    def confirm(self, login: Login, by: Principal | None) -> None:
        """Let somebody show the own secret once more; raises what `login` raises."""
        at_cabinet = by is not None and by.at_cabinet
        with self._login_locks[at_cabinet]:
            self._checked_user(login, at_cabinet=at_cabinet)

    def person_changed(self, name: str, token: str | None) -> None:
        """Take note of a change that is in the database already.

        The session of `token` goes on if it is that person's and there still is one, all others
        end; failures are forgotten, so that a new secret can be used at once.
        """
        name = name.casefold()
        with self._failures_lock:
            self._keep_failures({f"{_place(at)}/{name[:64]}": Failures() for at in (True, False)})
        user = self._if_possible(
            f"{name} has to log in again",
            lambda database: users.find_user(database, name),
            otherwise=None,
        )
        with self._lock:
            own = self._sessions.get(tokens.fingerprint(token or ""))
            if own is not None and user is not None and _is_later(user, own.user):
                own.user = user
            self._sessions = {
                sha256: opened
                for sha256, opened in self._sessions.items()
                if opened.user.name != name or opened.user == user
            }

    def logout(self, token: str) -> None:
        """End a session at once; an unknown one is no error."""
        with self._lock:
            self._sessions.pop(tokens.fingerprint(token), None)

    def _checked_user(self, login: Login, *, at_cabinet: bool) -> users.User:
        """Return the person whose secret it is. A try counts as failed until it has succeeded."""
        is_pin = passwords.looks_like_pin(login.secret)
        if is_pin and not at_cabinet:
            raise RefusedError("a PIN works only at the cabinet", code="cabinet_only")
        name = login.user.casefold()
        with self._database() as database:
            user = users.find_user(database, name)
        own, overall = f"{_place(at_cabinet)}/{name[:64]}", _place(at_cabinet)
        known_name = user.name if user else "somebody unknown"
        with self._failures_lock:
            self._require_unlocked(own, overall, known_name)
            overall_before = self._failures.get(overall, Failures())
            now = self._clock()
            self._keep_failures(
                {
                    own: lockout.one_more(self._failures.get(own, Failures()), now),
                    overall: lockout.one_more(overall_before, now),
                }
            )
        kept = user and (user.pin_hash if is_pin else user.password_hash)
        right = passwords.matches(login.secret, kept or self._nobody_hash)
        if user is None or not kept or not right:
            text = f"login of {known_name} refused {_place(at_cabinet)}"
            self._record(EventKind.LOGIN_REFUSED, None, text)
            raise RefusedError("the name or the secret is wrong", code="wrong_credentials")
        with self._failures_lock:
            self._keep_failures({own: Failures(), overall: overall_before})
        return user

    def _require_unlocked(self, own: str, overall: str, known_name: str) -> None:
        now = self._clock()
        for scope in (own, overall):
            if scope in self._failures:
                self._failures[scope] = lockout.settled(self._failures[scope], now)
        wait = max(
            lockout.wait_s(self._failures.get(own, Failures()), lockout.USER_DELAYS_S, now),
            lockout.wait_s(self._failures.get(overall, Failures()), lockout.OVERALL_DELAYS_S, now),
        )
        if wait > 0:
            LOG.warning("login of %s refused: locked for %.0f s", known_name, wait)
            reason = f"too many failures; try again in {wait:.0f} s"
            raise RefusedError(reason, code="locked_out")

    def _keep_failures(self, changed: dict[str, Failures]) -> None:
        """Remember failures, and on the disk too, so that a restart does not forget them.

        Whoever calls it holds their lock.
        """
        self._failures.update(changed)
        self._failures = {scope: kept for scope, kept in self._failures.items() if kept.count}
        if len(self._failures) > MAX_SCOPES:
            newest = sorted(self._failures.items(), key=lambda row: row[1].failed_at)[-MAX_SCOPES:]
            self._failures = dict(newest)
        self._if_possible(
            "login failures are not kept on the disk",
            lambda database: _write_failures(database, self._failures),
            None,
        )

    def _open_session(self, user: users.User, *, at_cabinet: bool) -> Session:
        now = self._clock()
        token = tokens.new_secret()
        opened = _OpenSession(user, at_cabinet, now, now, now)
        with self._lock:
            self._make_room(opened)
            self._sessions[tokens.fingerprint(token)] = opened
        return Session(
            token=token,
            name=user.name,
            role=user.role,
            expires_at=_moment(self._end(opened)),
            must_change=user.must_change,
        )

    def _make_room(self, opened: _OpenSession) -> None:
        """End the oldest sessions where one more of this person or this place is too many."""
        if not opened.at_cabinet:
            self._end_oldest(
                lambda each: not each.at_cabinet and each.user.name == opened.user.name,
                leave=MAX_OF_ONE_ELSEWHERE - 1,
            )
        self._end_oldest(lambda each: each.at_cabinet is opened.at_cabinet, leave=MAX_SESSIONS - 1)

    def _end_oldest(self, concerns: Callable[[_OpenSession], bool], *, leave: int) -> None:
        concerned = [sha256 for sha256, each in self._sessions.items() if concerns(each)]
        for surplus in concerned[: max(0, len(concerned) - leave)]:
            del self._sessions[surplus]

    def _end(self, opened: _OpenSession) -> float:
        end = opened.began_at + self._times.session_s
        if opened.at_cabinet:
            return min(end, opened.used_at + self._times.cabinet_idle_s)
        return end

    def _session_principal(self, sha256: str) -> Principal | None:
        opened, now = self._sessions[sha256], self._clock()
        # Before its own beginning: the clock was set back, and its end is not known any more.
        if not opened.began_at <= now < self._end(opened):
            del self._sessions[sha256]
            return None
        if not 0 <= now - opened.checked_at < self._times.recheck_s:
            opened.checked_at = now
            unchanged = self._if_possible(
                "a session stays open unchecked",
                lambda database: _is_unchanged(database, opened),
                otherwise=True,
            )
            if not unchanged:
                del self._sessions[sha256]
                return None
        opened.used_at = now
        return _principal(opened.user, at_cabinet=opened.at_cabinet)

    def _token_principal(self, sha256: str) -> Principal | None:
        now, known = self._clock(), self._tokens.get(sha256)
        if known is not None and 0 <= now - known.checked_at < self._times.recheck_s:
            return known.principal
        if known is None:
            with self._database() as database:
                token = tokens.find_token(database, sha256)
            if token is None:
                return None
            noted_at = token.last_used_at.timestamp() if token.last_used_at else 0.0
            known = _KnownToken(token.id, Principal(token.name, token.role), now, noted_at)
            self._tokens[sha256] = known
        else:
            known.checked_at = now
            in_force = self._if_possible(
                "a token stays valid unchecked",
                lambda database: tokens.find_token(database, sha256) is not None,
                otherwise=True,
            )
            if not in_force:
                del self._tokens[sha256]
                return None
        if not 0 <= now - known.noted_at < self._times.note_use_s:
            known.noted_at = now
            token_id = known.token_id
            self._if_possible(
                "the use of a token is not noted",
                lambda database: tokens.note_use(database, token_id, _moment(now)),
                None,
                busy_timeout_s=NOTE_USE_TIMEOUT_S,
            )
        return known.principal

    def _record(self, kind: EventKind, by: str | None, text: str) -> None:
        event = Event(self._now(), kind, text, by=by)
        self._if_possible(
            f"not recorded: {text}", lambda database: _write_event(database, event), None
        )

    def _now(self) -> datetime:
        return _moment(self._clock())

    @contextmanager
    def _database(self, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Iterator[Database]:
        """Open the state database for one piece of work: it may have been replaced since."""
        with (
            closing(open_database(self._state_dir, busy_timeout_s=busy_timeout_s)) as database,
            naming_errors("the users and tokens cannot be reached"),
        ):
            yield database

    def _if_possible(
        self,
        failing: str,
        work: Callable[[Database], _T],
        otherwise: _T,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
    ) -> _T:
        """Do what may fail: a full disk must not keep a technician out."""
        try:
            with self._database(busy_timeout_s) as database:
                return work(database)
        except HistoryError as error:
            LOG.warning("%s: %s", failing, error)
            return otherwise


def _read_failures(database: Database) -> dict[str, Failures]:
    return {
        row["scope"]: Failures(row["failures"], row["failed_at"] / 1000)
        for row in database.table("lockouts").rows
    }


def _write_failures(database: Database, failures: Mapping[str, Failures]) -> None:
    with transaction(database):
        database.table("lockouts").delete_where()
        database.table("lockouts").insert_all(
            {"scope": scope, "failures": kept.count, "failed_at": int(kept.failed_at * 1000)}
            for scope, kept in failures.items()
        )


def _write_event(database: Database, event: Event) -> None:
    with transaction(database):
        insert_event(database, event)


def _is_unchanged(database: Database, opened: _OpenSession) -> bool:
    # All of it: whoever is removed and added again may get the old number and generation, but
    # another salt of the password.
    return users.find_user(database, opened.user.name) == opened.user


def _is_later(user: users.User, before: users.User) -> bool:
    """Tell whether it is the same person after a change; a name added again begins anew."""
    return user.name == before.name and user.generation > before.generation


def _principal(user: users.User, *, at_cabinet: bool) -> Principal:
    return Principal(user.name, user.role, at_cabinet, user.must_change)


def _place(at_cabinet: bool) -> str:  # noqa: FBT001 - two places, one flag
    return "at the cabinet" if at_cabinet else "elsewhere"


def _moment(unix_s: float) -> datetime:
    return datetime.fromtimestamp(unix_s, UTC)
