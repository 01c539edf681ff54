"""What a person does at the panel of an engine: switch the network on, show codes, end tokens."""

from types import TracebackType
from typing import Literal, Self

import aiohttp

from bacs_core.api.client import EngineClient
from bacs_core.api.messages import SetNetwork
from bacs_core.api.pairing_messages import PairedProgram
from bacs_core.api.people_client import PeopleClient
from bacs_core.model import Role
from tests.processes import Engine

NAME, PASSWORD, PIN = "olga", "a long password of hers", "274951"


def sign_in(engine: Engine) -> str:
    """Add the first administrator of an engine and sign in at the cabinet; return the session."""
    first = {"name": NAME, "password": PASSWORD, "pin": PIN}
    engine.post("users/first", first, engine.panel_token)
    session = engine.post("session", {"user": NAME, "secret": PIN}, engine.panel_token)
    return str(session["token"])


class Panel:
    """The panel at the cabinet of a running engine, at which somebody has signed in."""

    def __init__(self, engine: Engine, session_token: str) -> None:
        self._engine = engine
        self._token = session_token

    async def __aenter__(self) -> Self:
        """Connect."""
        self._session = aiohttp.ClientSession()
        self._client = EngineClient(self._session, self._engine.url, self._engine.panel_token)
        self.people = PeopleClient(self._client, session_token=self._token)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Disconnect."""
        await self._session.close()

    async def set_network(self, *, enabled: bool) -> None:
        """Switch the network on or off."""
        await self._client.command(SetNetwork(enabled=enabled), session_token=self._token)

    async def code(self, role: Literal[Role.VIEWER, Role.OPERATOR] = Role.OPERATOR) -> str:
        """Let the panel show a code."""
        code = (await self.people.start_pairing(role)).code
        assert code is not None
        return code

    async def paired(self) -> PairedProgram | None:
        """Read who came in with the newest code."""
        return (await self.people.pairing()).paired
