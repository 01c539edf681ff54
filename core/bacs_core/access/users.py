"""People in the state database. There is no default user and no default password.

Every change is one transaction together with its event. Names are kept in lower case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlite_utils import Database

from bacs_core.access.passwords import DEFAULT_COST, Cost, check_password, check_pin, hash_secret
from bacs_core.errors import RefusedError
from bacs_core.history.database import transaction
from bacs_core.history.events import Event, EventKind, insert_event, to_milliseconds
from bacs_core.model import Role

NAME_PATTERN: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,31}")
#: Names under which the product itself stands in the history.
RESERVED_NAMES: Final = frozenset({"panel", "engine", "simulator"})


@dataclass(frozen=True, slots=True)
class User:
    """A person; `generation` counts changes, and a session of an older generation ends."""

    id: int
    name: str
    role: Role
    password_hash: str
    pin_hash: str | None
    must_change: bool
    generation: int


@dataclass(frozen=True, slots=True)
class Change:
    """Who changes something in the access rules, and when."""

    by: str
    at: datetime


def add_user(
    database: Database,
    change: Change,
    name: str,
    role: Role,
    password: str,
    *,
    must_change: bool = False,
    cost: Cost = DEFAULT_COST,
) -> None:
    """Add a person. Raises `RefusedError` for a bad or taken name or a weak password."""
    name = checked_name(name)
    check_password(password)
    password_hash = hash_secret(password, cost)
    with transaction(database):
        require_free_name(database, name)
        database.table("users").insert(
            {
                "name": name,
                "role": role,
                "password_hash": password_hash,
                "must_change": int(must_change),
                "generation": 1,
                "created_at": to_milliseconds(change.at),
            }
        )
        _record(database, change, name, f"user {name} added as {role}")


def remove_user(database: Database, change: Change, name: str) -> None:
    """Remove a person; sessions end within seconds. Raises `RefusedError` if unknown."""
    name = name.casefold()
    with transaction(database):
        user = require_user(database, name)
        database.table("users").delete(user.id)
        _record(database, change, name, f"user {name} removed")


def set_pin(
    database: Database, change: Change, name: str, pin: str | None, *, cost: Cost = DEFAULT_COST
) -> None:
    """Set the PIN for the panel at the cabinet, or take it away with `None`."""
    if pin is not None:
        check_pin(pin)
    pin_hash = None if pin is None else hash_secret(pin, cost)
    text = "PIN removed from" if pin is None else "PIN set for"
    _update(database, change, name, {"pin_hash": pin_hash}, text)


def set_password(
    database: Database, change: Change, name: str, password: str, *, cost: Cost = DEFAULT_COST
) -> None:
    """Replace the password; this also fulfils a demand to change it."""
    check_password(password)
    values = {"password_hash": hash_secret(password, cost), "must_change": 0}
    _update(database, change, name, values, "password changed for")


def list_users(database: Database) -> tuple[User, ...]:
    """All people, by name."""
    return tuple(_user(row) for row in database.table("users").rows_where(order_by="name"))


def find_user(database: Database, name: str) -> User | None:
    """Return the person with this name, or `None`."""
    rows = database.table("users").rows_where("name = ?", [name.casefold()])
    return next((_user(row) for row in rows), None)


def require_user(database: Database, name: str) -> User:
    """Return the person with this name, or raise `RefusedError`."""
    user = find_user(database, name)
    if user is None:
        raise RefusedError(f"there is no user '{name}'", code="unknown_user")
    return user


def checked_name(name: str) -> str:
    """Return `name` as it is kept, or raise `RefusedError` if it is not fit for a name."""
    name = name.casefold()
    if not NAME_PATTERN.fullmatch(name) or name in RESERVED_NAMES:
        reason = (
            f"'{name}' is no good name: letters a-z, digits and . _ @ -, at most 32, "
            f"and not {', '.join(sorted(RESERVED_NAMES))}"
        )
        raise RefusedError(reason, code="bad_name")
    return name


def require_free_name(database: Database, name: str) -> None:
    """Refuse a name that a person or a token in force has: the history must tell them apart."""
    if find_user(database, name) or database.table("tokens").count_where(
        "name = ? AND revoked_at IS NULL", [name]
    ):
        raise RefusedError(f"the name '{name}' is taken", code="name_taken")


def _update(
    database: Database, change: Change, name: str, values: Mapping[str, Any], text: str
) -> None:
    name = name.casefold()
    with transaction(database):
        user = require_user(database, name)
        database.table("users").update(user.id, {**values, "generation": user.generation + 1})
        _record(database, change, name, f"{text} user {name}")


def _record(database: Database, change: Change, name: str, text: str) -> None:
    event = Event(change.at, EventKind.USER_CHANGED, text, by=change.by, data={"user": name})
    insert_event(database, event)


def _user(row: Mapping[str, Any]) -> User:
    return User(
        id=row["id"],
        name=row["name"],
        role=Role(row["role"]),
        password_hash=row["password_hash"],
        pin_hash=row["pin_hash"],
        must_change=bool(row["must_change"]),
        generation=row["generation"],
    )
