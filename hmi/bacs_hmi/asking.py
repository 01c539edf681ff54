"""What one browser asks the engine beside the stream: history, reports, settings in force.

Answers come when they come. One that comes after its view was closed, or after a newer question of
the same name, is dropped; what went wrong is told in words of the panel.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from nicegui import background_tasks

from bacs_core.api.client import ClientError, EngineClient
from bacs_core.api.history_client import HistoryClient
from bacs_hmi import refusals
from bacs_hmi.texts import Texts

Answer = TypeVar("Answer")


class Asking:
    """The questions of one view: `client` and `session_token` are asked for at each question."""

    def __init__(
        self,
        client: Callable[[], EngineClient | None],
        session_token: Callable[[], str | None],
        texts: Texts,
    ) -> None:
        self._client = client
        self._session_token = session_token
        self._texts = texts
        self._running: dict[str, asyncio.Task[None]] = {}

    def history(
        self,
        name: str,
        read: Callable[[HistoryClient], Awaitable[Answer]],
        then: Callable[[Answer], None],
        failed: Callable[[str], None],
    ) -> None:
        """Read from the history; a newer question of the same `name` replaces an older one."""
        self.engine(
            name,
            lambda client, token: read(HistoryClient(client, session_token=token)),
            then,
            failed,
        )

    def engine(
        self,
        name: str,
        read: Callable[[EngineClient, str | None], Awaitable[Answer]],
        then: Callable[[Answer], None],
        failed: Callable[[str], None],
    ) -> None:
        """Ask the engine, in the name of the person who is signed in if there is one."""
        self.drop(name)
        client = self._client()
        if client is None:
            failed(self._texts["engine_silent"])
            return
        self._running[name] = background_tasks.create(
            self._ask(partial(read, client, self._session_token()), then, failed),
            name=f"ask {name}",
        )

    def drop(self, name: str) -> None:
        """Forget a question whose answer nobody waits for any more."""
        task = self._running.pop(name, None)
        if task is not None:
            task.cancel()

    def close(self) -> None:
        """Drop every question."""
        for name in tuple(self._running):
            self.drop(name)

    async def _ask(
        self,
        read: Callable[[], Awaitable[Answer]],
        then: Callable[[Answer], None],
        failed: Callable[[str], None],
    ) -> None:
        try:
            # Not asked before: a question dropped before its task begins leaves no coroutine.
            told = await read()
        except ClientError as error:
            failed(refusals.words(error, self._texts))
        else:
            then(told)
