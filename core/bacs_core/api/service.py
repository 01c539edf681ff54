"""What the API needs of the engine and of the access model: it serves, they decide."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from bacs_core.access.principal import Principal
from bacs_core.api.messages import (
    Alarm,
    Command,
    CommandResult,
    Commissioning,
    Health,
    Login,
    Session,
    SiteInfo,
)
from bacs_core.api.rule_messages import Rules
from bacs_core.api.system_messages import Fault
from bacs_core.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Tick:
    """What the engine publishes once a second: the process image and the raised alarms."""

    snapshot: Snapshot
    alarms: tuple[Alarm, ...]


class Subscription(Protocol):
    """Ticks as they come; holds only the newest, so a slow reader skips some."""

    def __aiter__(self) -> AsyncIterator[Tick]:
        """Iterate over ticks until `close`."""

    def close(self) -> None:
        """End the subscription; may be called twice."""


class EngineService(Protocol):
    """The engine as the API sees it. All of it runs in one event loop."""

    def health(self) -> Health:
        """Tell who this is."""

    def site_info(self) -> SiteInfo:
        """Tell how the plant is built."""

    def latest(self) -> Tick | None:
        """Return the newest tick, `None` before the first one."""

    def subscribe(self) -> Subscription:
        """Follow the ticks, starting with the newest one if there is one."""

    def commissioning(self, principal: Principal) -> Commissioning:
        """Tell what is being commissioned, or was last; raises `RefusedError` (`forbidden`)."""

    async def rules(self) -> Rules:
        """Tell the alarm rules as they apply; raises `RefusedError` (`starting`)."""

    def faults(self) -> list[Fault]:
        """Tell what is wrong with the engine itself."""

    async def execute(self, command: Command, principal: Principal) -> CommandResult:
        """Carry out a command and record who gave it, or raise `RefusedError`."""


class Gate(Protocol):
    """Who comes in."""

    def authenticate(self, bearer: str | None) -> Principal | None:
        """Name the owner of a token or session, `None` if it is missing or not valid.

        The server asks on every request, and on an open stream every second.
        """

    def login(self, login: Login, by: Principal | None) -> Session:
        """Open a session, or raise `RefusedError`.

        Codes: `wrong_credentials`, `locked_out`, `cabinet_only`. `by` is who forwards the login,
        e.g. the panel at the cabinet.
        """

    def logout(self, token: str) -> None:
        """End a session; an unknown one is already ended."""

    def confirm(self, login: Login, by: Principal | None) -> None:
        """Let somebody show the own secret once more; raises what `login` raises."""

    def person_changed(self, name: str, token: str | None) -> None:
        """Take note of a change that is in the database already.

        The session of `token` goes on if it is that person's, all others end; failures are
        forgotten.
        """


class Network(Protocol):
    """How others reach the engine."""

    @property
    def network_enabled(self) -> bool:
        """Whether other machines can reach the API."""

    @property
    def port(self) -> int:
        """The port that is served."""

    @property
    def fingerprint(self) -> bytes | None:
        """SHA-256 of the certificate (32 bytes), `None` while there is none."""

    @property
    def announced_as(self) -> str | None:
        """The name under which the engine is found, `None` while it is not announced."""


class Announcer(Protocol):
    """What tells others on the network where the engine is."""

    @property
    def name(self) -> str | None:
        """The name under which it is found, `None` while it is not announced."""

    def start(self, port: int, fingerprint: bytes) -> None:
        """Announce the engine until stopped; nothing has to be there yet, and nothing is raised."""

    async def stop(self) -> None:
        """Take it back."""
