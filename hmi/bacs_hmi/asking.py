"""What one browser asks the engine beside the stream: history, reports, settings in force.

Answers come when they come. One that comes after its view was closed, or after a newer question of
the same name, is dropped; what went wrong is told in words of the panel. A session that the engine
no longer knows, as after its restart, ends here too: what everybody may read is then read without.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from nicegui import background_tasks

from bacs_core.api.client import (
    ClientError,
    CommandRefusedError,
    EngineClient,
    EngineUnreachableError,
    NotAuthorizedError,
)
from bacs_core.api.history_client import HistoryClient
from bacs_hmi import refusals
from bacs_hmi.texts import Texts

Answer = TypeVar("Answer")


class Asking:
    """The questions of one view: `client` and `session_token` are asked for at each question.

    `session_is_over` gets the token of a session that the engine does not know.
    """

    def __init__(
        self,
        client: Callable[[], EngineClient | None],
        session_token: Callable[[], str | None],
        texts: Texts,
        session_is_over: Callable[[str], None],
    ) -> None:
        self._client = client
        self._session_token = session_token
        self._session_is_over = session_is_over
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
        self._begin(name, partial(self._read, read), then, failed)

    def as_person(
        self,
        name: str,
        do: Callable[[EngineClient, str], Awaitable[Answer]],
        then: Callable[[Answer], None],
        failed: Callable[[str], None],
    ) -> None:
        """Ask for a change in the name of who is signed in, and never without a person."""
        self._begin(name, partial(self._do, do), then, failed)

    def drop(self, name: str) -> None:
        """Forget a question whose answer nobody waits for any more."""
        task = self._running.pop(name, None)
        if task is not None:
            task.cancel()

    def close(self) -> None:
        """Drop every question."""
        for name in tuple(self._running):
            self.drop(name)

    def _begin(
        self,
        name: str,
        answer: Callable[[], Awaitable[Answer]],
        then: Callable[[Answer], None],
        failed: Callable[[str], None],
    ) -> None:
        self.drop(name)
        if self._client() is None:
            failed(self._texts["engine_silent"])
            return
        self._running[name] = background_tasks.create(
            self._ask(answer, then, failed), name=f"ask {name}"
        )

    async def _ask(
        self,
        answer: Callable[[], Awaitable[Answer]],
        then: Callable[[Answer], None],
        failed: Callable[[str], None],
    ) -> None:
        try:
            # Not asked before: a question dropped before its task begins leaves no coroutine.
            told = await answer()
        except ClientError as error:
            failed(refusals.words(error, self._texts))
        else:
            then(told)

    async def _read(self, read: Callable[[EngineClient, str | None], Awaitable[Answer]]) -> Answer:
        token = self._session_token()
        try:
            return await read(self._reached(), token)
        except NotAuthorizedError:
            if token is None:
                raise
        self._session_is_over(token)
        try:
            return await read(self._reached(), None)
        except CommandRefusedError as error:
            raise _signed_out() from error

    async def _do(self, do: Callable[[EngineClient, str], Awaitable[Answer]]) -> Answer:
        token = self._session_token()
        if token is None:
            raise _signed_out()
        try:
            return await do(self._reached(), token)
        except NotAuthorizedError as error:
            self._session_is_over(token)
            # Who is signed out elsewhere has no page any more that could be told.
            await asyncio.sleep(0)
            raise _signed_out() from error

    def _reached(self) -> EngineClient:
        client = self._client()
        if client is None:
            raise EngineUnreachableError("the engine was never reached")
        return client


def _signed_out() -> CommandRefusedError:
    return CommandRefusedError("the session is over", code="unauthorized")
