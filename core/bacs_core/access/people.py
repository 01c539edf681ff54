"""People and tokens, changed while the engine runs: rights were judged before.

Everything here blocks (hashing a secret takes long on purpose) and belongs in a thread. Every
change is one transaction with its event; no secret is part of it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from bacs_core.access import tokens, users
from bacs_core.access.passwords import DEFAULT_COST, Cost
from bacs_core.access.users import Change
from bacs_core.api.people_messages import FirstPerson, NewPerson, Person, TokenInfo
from bacs_core.errors import RefusedError
from bacs_core.history.database import naming_errors, open_database, transaction
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import Event, EventKind, insert_event
from bacs_core.history.people_copy import keep_people, people_of
from bacs_core.model import Role


class People:
    """The people and tokens of one engine; all methods may be called from any thread.

    They raise `RefusedError`: `history_unavailable` where nothing can be written, and what `users`
    and `tokens` refuse. `by` names who asked for it.
    """

    def __init__(
        self,
        state_dir: Path,
        *,
        clock: Callable[[], float] = time.time,
        cost: Cost = DEFAULT_COST,
    ) -> None:
        """Remember where; nothing is opened before it is needed."""
        self._state_dir = state_dir
        self._clock = clock
        self._cost = cost

    def everybody(self) -> list[Person]:
        """Tell all people, by name."""
        with self._database() as database:
            return [_told(user) for user in users.list_users(database)]

    def at_cabinet(self) -> list[str]:
        """Tell the names of those who have a PIN."""
        with self._database() as database:
            return [user.name for user in users.list_users(database) if user.pin_hash]

    def add(self, new: NewPerson, by: str) -> Person:
        """Add a person (`bad_name`, `name_taken`, `weak_password`, `weak_pin`)."""
        with self._changing() as database:
            users.add_user(
                database,
                self._change(by),
                new.name,
                new.role,
                new.password,
                pin=new.pin,
                must_change=new.must_change,
                cost=self._cost,
            )
            return _told(users.require_user(database, new.name))

    def add_first(self, new: FirstPerson, by: str) -> Person:
        """Add the first administrator; refused (`not_the_first`) once there is anybody."""
        with self._changing() as database:
            users.add_first_user(
                database,
                self._change(by),
                new.name,
                new.password,
                pin=new.pin,
                cost=self._cost,
            )
            return _told(users.require_user(database, new.name))

    def remove(self, name: str, by: str) -> None:
        """Remove a person (`unknown_user`, `last_administrator`)."""
        with self._changing() as database:
            users.remove_user(database, self._change(by), name)

    def set_role(self, name: str, role: Role, by: str) -> None:
        """Give a person another role (`unknown_user`, `last_administrator`)."""
        with self._changing() as database:
            users.set_role(database, self._change(by), name, role)

    def set_password(self, name: str, password: str, by: str, *, must_change: bool) -> None:
        """Give a person another password (`unknown_user`, `weak_password`, `same_password`)."""
        with self._changing() as database:
            users.set_password(
                database,
                self._change(by),
                name,
                password,
                must_change=must_change,
                cost=self._cost,
            )

    def set_pin(self, name: str, pin: str | None, by: str) -> None:
        """Give a person another PIN or none (`unknown_user`, `weak_pin`)."""
        with self._changing() as database:
            users.set_pin(database, self._change(by), name, pin, cost=self._cost)

    def tokens(self) -> list[TokenInfo]:
        """Tell the tokens in force, the oldest first."""
        with self._database() as database:
            return [
                TokenInfo(
                    name=token.name,
                    role=token.role,
                    created_by=token.created_by,
                    created_at=token.created_at,
                    last_used_at=token.last_used_at,
                )
                for token in tokens.list_tokens(database)
                if token.revoked_at is None
            ]

    def revoke(self, name: str, by: str) -> None:
        """End a token (`unknown_token`)."""
        with self._changing() as database:
            tokens.revoke_token(database, self._change(by), name)

    def pair(self, name: str, role: Role, by: str, address: str) -> str:
        """Make the token of a program that was paired, and return its secret.

        Refused: `bad_name`, `name_taken`.
        """
        with self._changing() as database:
            return tokens.add_token(database, self._change(by), name, role, paired_from=address)

    def note_pairing(self, happened: str, text: str, by: str | None) -> None:
        """Record that pairing was opened, refused or ended."""
        event = Event(self._now(), EventKind.TOKEN_CHANGED, text, by=by, data={"pairing": happened})
        with self._database() as database, transaction(database):
            insert_event(database, event)

    @contextmanager
    def _changing(self) -> Iterator[Database]:
        """Open the database for a change, then bring its second copy up to date."""
        with self._database() as database:
            yield database
            # Where this fails the recorder makes up for it.
            with contextlib.suppress(HistoryError):
                keep_people(self._state_dir, people_of(database))

    @contextmanager
    def _database(self) -> Iterator[Database]:
        try:
            with (
                closing(open_database(self._state_dir)) as database,
                naming_errors("the users and tokens cannot be reached"),
            ):
                yield database
        except HistoryError as error:
            raise RefusedError(str(error), code="history_unavailable") from error

    def _change(self, by: str) -> Change:
        return Change(by, self._now())

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _told(user: users.User) -> Person:
    return Person(
        name=user.name,
        role=user.role,
        has_pin=user.pin_hash is not None,
        must_change=user.must_change,
    )
