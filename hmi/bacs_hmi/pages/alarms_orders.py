"""The same command for many alarms: the first asks who is there, the others follow it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bacs_core.api.client import EngineClient
from bacs_core.api.messages import Command
from bacs_hmi.pages.page import Surroundings

#: Somebody who has not signed in by then does not want it any more.
GIVEN_UP_AFTER_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class _Waiting:
    commands: Sequence[Command]
    is_begun: Callable[[], bool]
    since: float


class ManyOrders:
    """Gives a command for each of many alarms; `tell` gets how far it is, or why not."""

    def __init__(self, around: Surroundings, tell: Callable[[str], object]) -> None:
        self._around = around
        self._tell = tell
        self._waiting: _Waiting | None = None

    def give(self, commands: Sequence[Command], what: str, is_begun: Callable[[], bool]) -> None:
        """Give the first command, and the others once `is_begun` shows what became of it."""
        if not commands:
            return
        now = self._around.live.at or 0.0
        rest = commands[1:]
        self._waiting = _Waiting(rest, is_begun, now) if rest else None
        self._around.order(commands[0], what)

    def follow(self) -> None:
        """Send the others as soon as the first was carried out; called at each tick."""
        waiting, now = self._waiting, self._around.live.at or 0.0
        if waiting is None:
            return
        if now - waiting.since > GIVEN_UP_AFTER_S:
            self._waiting = None
        elif waiting.is_begun():
            self._waiting = None
            self._around.ask.as_person(
                "many orders",
                lambda client, token: self._send(waiting.commands, client, token),
                lambda _: self._say(""),
                self._say,
            )

    def _say(self, words: str) -> None:
        self._tell(words)

    async def _send(self, commands: Sequence[Command], client: EngineClient, token: str) -> None:
        texts = self._around.texts
        for number, command in enumerate(commands, start=2):
            self._tell(texts["many_orders"].format(number=number, count=len(commands) + 1))
            await client.command(command, session_token=token)
