"""What the API tells of people and tokens, and what is asked of it about them.

No message to a client carries a secret, but for the one of a new session and of a pairing. Needs no
more than pydantic: clients import it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field, StrictBool

from bacs_core.api.message_base import Message
from bacs_core.model import Role

Secret = Annotated[str, Field(max_length=256)]
#: Never part of what a message shows of itself: such text may end in a log.
HIDDEN = Field(repr=False)


class Asked(Message):
    """Base of what is asked for; an unknown field may be a slip, and then it means another."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Person(Message):
    """Somebody who may sign in. With `must_change` nothing is possible but a new password."""

    name: str
    role: Role
    has_pin: bool
    must_change: bool


class NewPerson(Asked):
    """Body of `POST /users`. The password is for the first time only, unless told otherwise."""

    name: str
    role: Role
    password: Annotated[Secret, HIDDEN]
    pin: Annotated[Secret | None, HIDDEN] = None
    must_change: StrictBool = True


class FirstPerson(Asked):
    """Body of `POST /users/first`: the first administrator of a new system."""

    name: str
    password: Annotated[Secret, HIDDEN]
    pin: Annotated[Secret | None, HIDDEN] = None


class FirstNeeded(Message):
    """Answer of `GET /users/first`: whether there is nobody yet who may sign in."""

    needed: bool


class NewRole(Asked):
    """Body of `PUT /users/{name}/role`."""

    role: Role


class NewPassword(Asked):
    """Body of `PUT /users/{name}/password`.

    An administrator gives another person a password for the first time only, unless told otherwise;
    whoever changes the own one shows the password of before in `current`.
    """

    password: Annotated[Secret, HIDDEN]
    current: Annotated[Secret | None, HIDDEN] = None
    must_change: StrictBool = True


class OwnPassword(Asked):
    """Body of `PUT /me/password`; the session goes on, all others of the person end."""

    password: Annotated[Secret, HIDDEN]
    current: Annotated[Secret, HIDDEN]


class NewPin(Asked):
    """Body of `PUT /users/{name}/pin`; `null` takes it away.

    Whoever changes the own one shows password or PIN of before in `current`.
    """

    pin: Annotated[Secret | None, HIDDEN]
    current: Annotated[Secret | None, HIDDEN] = None


class TokenInfo(Message):
    """A token in force: which program, since when, by whom, and about when it was last used."""

    name: str
    role: Role
    created_by: str
    created_at: datetime
    last_used_at: datetime | None = None
