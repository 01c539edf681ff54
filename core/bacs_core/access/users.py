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

from bacs_core.access.passwords import (
    DEFAULT_COST,
    Cost,
    check_password,
    check_pin,
    hash_secret,
    matches,
)
from bacs_core.errors import RefusedError
from bacs_core.history.database import transaction
from bacs_core.history.events import Event, EventKind, Json, insert_event, to_milliseconds
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
    pin: str | None = None,
    must_change: bool = False,
    cost: Cost = DEFAULT_COST,
) -> None:
    """Add a person. Raises `RefusedError` for a bad or taken name, a weak password or PIN."""
    row = _row(name, role, password, pin, cost)
    with transaction(database):
        _insert(database, change, {**row, "must_change": int(must_change)})


def add_first_user(
    database: Database,
    change: Change,
    name: str,
    password: str,
    *,
    pin: str | None = None,
    cost: Cost = DEFAULT_COST,
) -> None:
    """Add the first person, an administrator. Raises `RefusedError` (`not_the_first`) else."""
    row = _row(name, Role.ADMINISTRATOR, password, pin, cost)
    with transaction(database):
        if database.table("users").count:
            raise RefusedError("there is somebody already", code="not_the_first")
        _insert(database, change, {**row, "must_change": 0})


def remove_user(database: Database, change: Change, name: str) -> None:
    """Remove a person; sessions end within seconds.

    Raises `RefusedError`: `unknown_user`, `last_administrator`.
    """
    name = name.casefold()
    with transaction(database):
        user = require_user(database, name)
        _require_another_administrator(database, user)
        database.table("users").delete(user.id)
        _record(database, change, name, f"user {name} removed", {"changed": "removed"})


def set_role(database: Database, change: Change, name: str, role: Role) -> None:
    """Give a person another role; sessions end within seconds.

    Raises `RefusedError`: `unknown_user`, `last_administrator`.
    """
    name = name.casefold()
    with transaction(database):
        user = require_user(database, name)
        if role is not Role.ADMINISTRATOR:
            _require_another_administrator(database, user)
        database.table("users").update(user.id, {"role": role, "generation": user.generation + 1})
        text = f"user {name} is now {role}, was {user.role}"
        data: dict[str, Json] = {"changed": "role", "role": role, "before": user.role}
        _record(database, change, name, text, data)


def set_pin(
    database: Database, change: Change, name: str, pin: str | None, *, cost: Cost = DEFAULT_COST
) -> None:
    """Set the PIN for the panel at the cabinet, or take it away with `None`."""
    if pin is not None:
        check_pin(pin)
    pin_hash = None if pin is None else hash_secret(pin, cost)
    text = "PIN removed from" if pin is None else "PIN set for"
    changed = "pin_removed" if pin is None else "pin"
    _update(database, change, name, {"pin_hash": pin_hash}, text, changed)


def set_password(
    database: Database,
    change: Change,
    name: str,
    password: str,
    *,
    must_change: bool = False,
    cost: Cost = DEFAULT_COST,
) -> None:
    """Replace the password; unless it `must_change` again, this fulfils a demand to change it.

    Raises `RefusedError`: `weak_password`, `unknown_user`, `same_password` where the demand would
    be fulfilled by the password that it is about.
    """
    check_password(password)
    before = require_user(database, name)
    if before.must_change and not must_change and matches(password, before.password_hash):
        raise RefusedError("this is the password that must be changed", code="same_password")
    values = {"password_hash": hash_secret(password, cost), "must_change": int(must_change)}
    _update(database, change, name, values, "password changed for", "password")


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


def _row(
    name: str, role: Role, password: str, pin: str | None, cost: Cost
) -> dict[str, str | None]:
    """Check what is said of a new person and hash it, before anybody waits for the database."""
    name = checked_name(name)
    check_password(password)
    if pin is not None:
        check_pin(pin)
    return {
        "name": name,
        "role": role,
        "password_hash": hash_secret(password, cost),
        "pin_hash": None if pin is None else hash_secret(pin, cost),
    }


def _insert(database: Database, change: Change, row: Mapping[str, Any]) -> None:
    name, role = row["name"], row["role"]
    require_free_name(database, name)
    created_at = to_milliseconds(change.at)
    database.table("users").insert({**row, "generation": 1, "created_at": created_at})
    text = f"user {name} added as {role}"
    _record(database, change, name, text, {"changed": "added", "role": role})


def _require_another_administrator(database: Database, user: User) -> None:
    """Refuse to lose the last person who can give rights to others."""
    if user.role is Role.ADMINISTRATOR and (
        database.table("users").count_where("role = ?", [Role.ADMINISTRATOR]) == 1
    ):
        reason = f"{user.name} is the last administrator; make somebody else one first"
        raise RefusedError(reason, code="last_administrator")


def _update(
    database: Database,
    change: Change,
    name: str,
    values: Mapping[str, Any],
    text: str,
    changed: str,
) -> None:
    name = name.casefold()
    with transaction(database):
        user = require_user(database, name)
        database.table("users").update(user.id, {**values, "generation": user.generation + 1})
        _record(database, change, name, f"{text} user {name}", {"changed": changed})


def _record(
    database: Database, change: Change, name: str, text: str, data: Mapping[str, Json]
) -> None:
    told = {"user": name, **data}
    insert_event(database, Event(change.at, EventKind.USER_CHANGED, text, by=change.by, data=told))


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
