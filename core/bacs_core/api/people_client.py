"""People, tokens and pairing as a client sees them: a method for each of their routes.

Needs no more than `api.client`. The program that is paired uses `api.pairing_client`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, TypeAdapter, ValidationError

from bacs_core.api.client import EngineClient, VersionMismatchError
from bacs_core.api.messages import API_VERSION
from bacs_core.api.pairing_messages import PairingStatus, StartPairing
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
from bacs_core.model import Role

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")
#: Hashing takes long on a small computer, and others may be before us.
PATIENCE_S: Final = 30.0

_PEOPLE: Final[TypeAdapter[list[Person]]] = TypeAdapter(list[Person])
_NAMES: Final[TypeAdapter[list[str]]] = TypeAdapter(list[str])
_TOKENS: Final[TypeAdapter[list[TokenInfo]]] = TypeAdapter(list[TokenInfo])


class PeopleClient:
    """The people of the engine that `client` talks to; raises what `EngineClient` raises."""

    def __init__(self, client: EngineClient, *, session_token: str | None = None) -> None:
        """Ask in the name of a person if there is a session token."""
        self._client = client
        self._session_token = session_token

    async def people(self) -> list[Person]:
        """Read who may sign in, as an administrator."""
        return await self._answer(_PEOPLE.validate_json, "GET", "users")

    async def names_at_cabinet(self) -> list[str]:
        """Read who has a PIN, with the panel's own token at the cabinet."""
        return await self._answer(_NAMES.validate_json, "GET", "users/at-cabinet")

    async def add(self, new: NewPerson) -> Person:
        """Add a person, as an administrator."""
        return await self._answer(Person.model_validate_json, "POST", "users", new)

    async def first_needed(self) -> bool:
        """Read whether there is nobody yet, with the panel's own token at the cabinet."""
        decode = FirstNeeded.model_validate_json
        return (await self._answer(decode, "GET", "users/first")).needed

    async def add_first(self, new: FirstPerson) -> Person:
        """Add the first administrator of a new system, with the panel's own token."""
        return await self._answer(Person.model_validate_json, "POST", "users/first", new)

    async def remove(self, name: str) -> None:
        """Remove a person, as an administrator."""
        await self._send("DELETE", _user(name))

    async def set_role(self, name: str, role: Role) -> None:
        """Give a person another role, as an administrator."""
        await self._send("PUT", f"{_user(name)}/role", NewRole(role=role))

    async def set_password(self, name: str, password: str, *, must_change: bool = True) -> None:
        """Give another person a password, by default for the first time only."""
        body = NewPassword(password=password, must_change=must_change)
        await self._send("PUT", f"{_user(name)}/password", body)

    async def set_own_password(self, password: str, current: str) -> None:
        """Replace the password of the person whose session this is; the session goes on."""
        await self._send("PUT", "me/password", OwnPassword(password=password, current=current))

    async def set_pin(self, name: str, pin: str | None, *, current: str | None = None) -> None:
        """Give a person a PIN or take it away; the own one needs the `current` secret."""
        await self._send("PUT", f"{_user(name)}/pin", NewPin(pin=pin, current=current))

    async def tokens(self) -> list[TokenInfo]:
        """Read which programs may come in, as an administrator."""
        return await self._answer(_TOKENS.validate_json, "GET", "tokens")

    async def revoke(self, name: str) -> None:
        """End a token, as an administrator."""
        await self._send("DELETE", f"tokens/{quote(name, safe='')}")

    async def start_pairing(
        self, role: Literal[Role.VIEWER, Role.OPERATOR] = Role.VIEWER
    ) -> PairingStatus:
        """Ask for a code that lets one program in, as a technician at the cabinet."""
        body = StartPairing(role=role)
        return await self._answer(PairingStatus.model_validate_json, "POST", "pairing", body)

    async def pairing(self) -> PairingStatus:
        """Read the code as long as it counts, and who came in with it."""
        return await self._answer(PairingStatus.model_validate_json, "GET", "pairing")

    async def end_pairing(self) -> None:
        """Let nobody in any more with the code."""
        await self._send("DELETE", "pairing")

    async def _answer(
        self,
        decode: Callable[[bytes], _T],
        method: str,
        path: str,
        body: BaseModel | None = None,
    ) -> _T:
        content = await self._send(method, path, body)
        try:
            return decode(content)
        except ValidationError as error:
            text = f"the answer is no message of API version {API_VERSION}"
            raise VersionMismatchError(text) from error

    async def _send(self, method: str, path: str, body: BaseModel | None = None) -> bytes:
        return await self._client.send(
            method, path, body, session_token=self._session_token, patience_s=PATIENCE_S
        )


def _user(name: str) -> str:
    return f"users/{quote(name, safe='')}"
