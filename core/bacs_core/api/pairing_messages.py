"""How a program, such as Home Assistant, comes to its token: the messages of pairing.

Needs no more than pydantic: clients import it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from bacs_core.api.message_base import Message
from bacs_core.api.people_messages import HIDDEN, Asked, Secret
from bacs_core.model import Role


class StartPairing(Asked):
    """Body of `POST /pairing`: what the program that is paired may do."""

    role: Literal[Role.VIEWER, Role.OPERATOR] = Role.VIEWER


class PairedProgram(Message):
    """Who was paired, from where and when."""

    name: str
    address: str
    role: Role
    at: datetime


class PairingStatus(Message):
    """Answer of `GET /pairing` and `POST /pairing`; no code while nobody can pair.

    `wrong` counts the wrong codes that were tried; after the last one that is allowed it is over.
    """

    code: Annotated[str | None, Field(repr=False, description="to be typed at the other side")] = (
        None
    )
    ends_at: datetime | None = None
    role: Role | None = None
    wrong: int = 0
    paired: Annotated[PairedProgram | None, Field(description="by the newest code")] = None


class Pair(Asked):
    """Body of `POST /pair`: the secret part of the code, and how the program calls itself."""

    secret: Annotated[Secret, HIDDEN]
    name: Annotated[str, Field(max_length=64)]


class PairResult(Message):
    """Answer of `POST /pair`: the token is told this once."""

    token: Annotated[str, HIDDEN]
    role: Role
    site_id: str
    site_name: str
