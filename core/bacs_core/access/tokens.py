"""Tokens: how programs, such as Home Assistant and the panel at the cabinet, show who they are.

A token is 32 random bytes; only its SHA-256 is kept. Being random, it needs no slow hash.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database

from bacs_core.access.principal import Principal
from bacs_core.access.users import Change, checked_name, require_free_name
from bacs_core.errors import RefusedError
from bacs_core.history.database import naming_errors, transaction, unflushed
from bacs_core.history.events import (
    Event,
    EventKind,
    Json,
    insert_event,
    to_milliseconds,
    to_moment,
)
from bacs_core.model import Role

TOKEN_BYTES: Final = 32
#: The most that a program may ever do; acts beyond it need a person.
TOKEN_ROLES: Final = (Role.VIEWER, Role.OPERATOR)
PANEL_TOKEN_FILE: Final = "panel.token"  # noqa: S105 - the name of a file
#: What the panel at the cabinet may do while nobody has logged in there.
PANEL: Final = Principal("panel", Role.VIEWER, at_cabinet=True)


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is listed; the secret itself is not known any more."""

    id: int
    name: str
    role: Role
    created_by: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def new_secret() -> str:
    """Make a secret that nobody can guess."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def fingerprint(secret: str) -> str:
    """Return the SHA-256 under which a secret is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()


def add_token(
    database: Database,
    change: Change,
    name: str,
    role: Role,
    *,
    paired_from: str | None = None,
) -> str:
    """Make a token and return it: it is shown once and cannot be read again.

    `paired_from` is the address of a program that asked for it with a pairing code. Raises
    `RefusedError` for a bad or taken name, or a role that tokens cannot have.
    """
    name = checked_name(name)
    if role not in TOKEN_ROLES:
        raise RefusedError(f"a token is never {role}", code="role_too_high")
    secret = new_secret()
    with transaction(database):
        require_free_name(database, name)
        database.table("tokens").insert(
            {
                "name": name,
                "role": role,
                "sha256": fingerprint(secret),
                "created_by": change.by,
                "created_at": to_milliseconds(change.at),
            }
        )
        text = f"token {name} made as {role}"
        data: dict[str, Json] = {"changed": "added", "role": role}
        if paired_from is not None:
            text, data = f"{text}, paired from {paired_from}", {**data, "address": paired_from}
        _record(database, change, name, text, data)
    return secret


def revoke_token(database: Database, change: Change, name: str) -> None:
    """End a token. Raises `RefusedError` if none of this name is in force."""
    name = name.casefold()
    with transaction(database):
        rows = database.table("tokens").rows_where("name = ? AND revoked_at IS NULL", [name])
        row = next(iter(rows), None)
        if row is None:
            raise RefusedError(f"there is no token '{name}' in force", code="unknown_token")
        database.table("tokens").update(
            row["id"], {"revoked_at": to_milliseconds(change.at), "revoked_by": change.by}
        )
        _record(database, change, name, f"token {name} revoked", {"changed": "revoked"})


def list_tokens(database: Database) -> tuple[Token, ...]:
    """All tokens ever made, the oldest first."""
    return tuple(_token(row) for row in database.table("tokens").rows_where(order_by="id"))


def find_token(database: Database, sha256: str) -> Token | None:
    """Return the token in force whose secret has this fingerprint, or `None`."""
    rows = database.table("tokens").rows_where("sha256 = ? AND revoked_at IS NULL", [sha256])
    return next((_token(row) for row in rows), None)


def note_use(database: Database, token_id: int, at: datetime) -> None:
    """Note when a token was last used. Not worth a flush to the disk."""
    with unflushed(database), transaction(database):
        database.table("tokens").update(token_id, {"last_used_at": to_milliseconds(at)})


def create_panel_token(state_dir: Path) -> str:
    """Make the token of the panel at the cabinet, anew at every start of the engine.

    It is left in the state directory for the panel process; who can read that file is at the
    cabinet. Raises `HistoryError` where it cannot be written.
    """
    secret = new_secret()
    path = state_dir / PANEL_TOKEN_FILE
    fresh = path.with_suffix(".new")
    with naming_errors(f"cannot write {path}"):
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secret)
        fresh.replace(path)
    return secret


def _record(
    database: Database, change: Change, name: str, text: str, data: Mapping[str, Json]
) -> None:
    told = {"token": name, **data}
    insert_event(database, Event(change.at, EventKind.TOKEN_CHANGED, text, by=change.by, data=told))


def _token(row: Mapping[str, Any]) -> Token:
    return Token(
        id=row["id"],
        name=row["name"],
        role=Role(row["role"]),
        created_by=row["created_by"],
        created_at=to_moment(row["created_at"]),
        last_used_at=None if row["last_used_at"] is None else to_moment(row["last_used_at"]),
        revoked_at=None if row["revoked_at"] is None else to_moment(row["revoked_at"]),
    )
