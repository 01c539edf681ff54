"""The routes about people and tokens. Who asks is known; what they may do stands in `rights`."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from fastapi.requests import HTTPConnection

from bacs_core.access import rights
from bacs_core.access.passwords import looks_like_pin
from bacs_core.access.principal import Principal
from bacs_core.access.tokens import PANEL
from bacs_core.api.messages import API_PREFIX, Login
from bacs_core.api.people_messages import (
    FirstNeeded,
    FirstPerson,
    NewPassword,
    NewPerson,
    NewPin,
    NewRole,
    OwnPassword,
    Person,
    TokenInfo,
)
from bacs_core.api.routes import (
    KNOWN_NEEDED,
    TOKEN_NEEDED,
    Caller,
    Known,
    Parts,
    Served,
    bearer_of,
)
from bacs_core.errors import RefusedError

PEOPLE_ROUTES: Final = APIRouter(prefix=API_PREFIX)


@PEOPLE_ROUTES.get("/users", dependencies=TOKEN_NEEDED)
async def users(parts: Served, caller: Caller) -> list[Person]:
    """Tell an administrator who may sign in."""
    rights.require_right(caller, rights.PEOPLE)
    return await parts.logins(caller).run(parts.people.everybody)


@PEOPLE_ROUTES.get("/users/at-cabinet", dependencies=TOKEN_NEEDED)
async def users_at_cabinet(parts: Served, caller: Caller) -> list[str]:
    """Tell the panel at the cabinet the names of those who have a PIN, for a list to tap on."""
    _require_panel(caller)
    return await parts.logins(caller).run(parts.people.at_cabinet)


@PEOPLE_ROUTES.post("/users", dependencies=TOKEN_NEEDED, status_code=HTTPStatus.CREATED)
async def add_user(new: NewPerson, parts: Served, caller: Caller) -> Person:
    """Let an administrator add a person."""
    rights.require_right(caller, rights.PEOPLE)
    return await parts.logins(caller).run(parts.people.add, new, caller.name)


@PEOPLE_ROUTES.get("/users/first", dependencies=TOKEN_NEEDED)
async def first_needed(parts: Served, caller: Caller) -> FirstNeeded:
    """Tell the panel at the cabinet whether a first administrator is still to be added."""
    _require_panel(caller)
    return FirstNeeded(needed=not await parts.logins(caller).run(parts.people.everybody))


@PEOPLE_ROUTES.post("/users/first", dependencies=TOKEN_NEEDED, status_code=HTTPStatus.CREATED)
async def add_first_user(new: FirstPerson, parts: Served, caller: Caller) -> Person:
    """Let the panel at the cabinet add the first administrator, only while there is nobody."""
    _require_panel(caller)
    return await parts.logins(caller).run(parts.people.add_first, new, caller.name)


@PEOPLE_ROUTES.delete("/users/{name}", dependencies=TOKEN_NEEDED, status_code=HTTPStatus.NO_CONTENT)
async def remove_user(name: str, parts: Served, caller: Caller) -> None:
    """Let an administrator remove a person."""
    rights.require_right(caller, rights.PEOPLE)
    await parts.logins(caller).run(parts.people.remove, name, caller.name)
    await parts.logins(caller).run(parts.gate.person_changed, name, None)


@PEOPLE_ROUTES.put(
    "/users/{name}/role", dependencies=TOKEN_NEEDED, status_code=HTTPStatus.NO_CONTENT
)
async def set_role(name: str, new: NewRole, parts: Served, caller: Caller) -> None:
    """Let an administrator give a person another role."""
    rights.require_right(caller, rights.PEOPLE)
    await parts.logins(caller).run(parts.people.set_role, name, new.role, caller.name)


@PEOPLE_ROUTES.put(
    "/users/{name}/password", dependencies=TOKEN_NEEDED, status_code=HTTPStatus.NO_CONTENT
)
async def set_password(
    name: str, new: NewPassword, parts: Served, caller: Caller, connection: HTTPConnection
) -> None:
    """Replace a password: the own one with that of before, any other one as an administrator."""
    if name.casefold() == caller.name:
        await _set_own_password(parts, caller, new.password, new.current, bearer_of(connection))
        return
    rights.require_right(caller, rights.PEOPLE)
    await parts.logins(caller).run(
        parts.people.set_password, name, new.password, caller.name, must_change=new.must_change
    )
    await parts.logins(caller).run(parts.gate.person_changed, name, None)


@PEOPLE_ROUTES.put("/me/password", dependencies=KNOWN_NEEDED, status_code=HTTPStatus.NO_CONTENT)
async def set_own_password(
    new: OwnPassword, parts: Served, caller: Known, connection: HTTPConnection
) -> None:
    """Replace the own password; the only thing that somebody may do who must change it."""
    await _set_own_password(parts, caller, new.password, new.current, bearer_of(connection))


@PEOPLE_ROUTES.put(
    "/users/{name}/pin", dependencies=TOKEN_NEEDED, status_code=HTTPStatus.NO_CONTENT
)
async def set_pin(
    name: str, new: NewPin, parts: Served, caller: Caller, connection: HTTPConnection
) -> None:
    """Replace a PIN: the own one with the secret of before, any other one as an administrator."""
    own = name.casefold() == caller.name
    if own:
        await _confirm(parts, caller, new.current)
    else:
        rights.require_right(caller, rights.PEOPLE)
    await parts.logins(caller).run(parts.people.set_pin, name, new.pin, caller.name)
    token = bearer_of(connection) if own else None
    await parts.logins(caller).run(parts.gate.person_changed, name, token)


@PEOPLE_ROUTES.get("/tokens", dependencies=TOKEN_NEEDED)
async def tokens(parts: Served, caller: Caller) -> list[TokenInfo]:
    """Tell an administrator which programs may come in."""
    rights.require_right(caller, rights.PEOPLE)
    return await parts.logins(caller).run(parts.people.tokens)


@PEOPLE_ROUTES.delete(
    "/tokens/{name}", dependencies=TOKEN_NEEDED, status_code=HTTPStatus.NO_CONTENT
)
async def revoke_token(name: str, parts: Served, caller: Caller) -> None:
    """Let an administrator end a token."""
    rights.require_right(caller, rights.PEOPLE)
    await parts.logins(caller).run(parts.people.revoke, name, caller.name)


async def _set_own_password(
    parts: Parts, caller: Principal, password: str, current: str | None, token: str | None
) -> None:
    if current is not None and looks_like_pin(current):
        raise RefusedError("changing the password takes the old one", code="wrong_credentials")
    await _confirm(parts, caller, current)
    await parts.logins(caller).run(
        parts.people.set_password, caller.name, password, caller.name, must_change=False
    )
    await parts.logins(caller).run(parts.gate.person_changed, caller.name, token)


async def _confirm(parts: Parts, caller: Principal, current: str | None) -> None:
    """Let a session that somebody left open change no secret."""
    if not current:
        raise RefusedError("the present password is needed", code="current_needed")
    login = Login(user=caller.name, secret=current)
    await parts.logins(caller).run(parts.gate.confirm, login, caller)


def _require_panel(caller: Principal) -> None:
    if caller.name != PANEL.name or not caller.at_cabinet:
        raise RefusedError("this is possible only at the cabinet", code="cabinet_only")
