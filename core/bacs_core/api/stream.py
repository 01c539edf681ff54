"""One client on the stream: it reads what is published and may subscribe to raw values."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import IntEnum

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from bacs_core.api.broadcast import NOTHING_RAW, Broadcast, RawKeys
from bacs_core.api.client import CLOSE_NOT_AUTHORIZED
from bacs_core.api.messages import Subscribe


class Close(IntEnum):
    """Why the engine closes a stream."""

    BAD_MESSAGE = 1007
    """The client sent something that is no message of this API."""
    NOT_AUTHORIZED = CLOSE_NOT_AUTHORIZED


class Connection:
    """An accepted WebSocket and what its client wants to see."""

    def __init__(
        self, websocket: WebSocket, broadcast: Broadcast, authorized: Callable[[], bool]
    ) -> None:
        """`authorized` is asked before each message: a revoked token sees no more."""
        self._websocket = websocket
        self._broadcast = broadcast
        self._authorized = authorized
        self._raw: RawKeys = NOTHING_RAW

    async def serve(self) -> None:
        """Serve until the client leaves or has to go."""
        tasks = {asyncio.create_task(self._read()), asyncio.create_task(self._write())}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        reasons = [task.result() for task in done]
        if None not in reasons:
            await self._websocket.close(reasons[0] or 0)

    async def _read(self) -> Close | None:
        """Take subscriptions in; return why to close, or `None` once the client is gone."""
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return None
            try:
                subscribe = Subscribe.model_validate_json(message.get("text") or "")
            except ValidationError:
                return Close.BAD_MESSAGE
            self._raw = frozenset(subscribe.raw)

    async def _write(self) -> Close | None:
        """Send what is published; return as `_read` does."""
        async for text in self._broadcast.follow(lambda: self._raw):
            # In a thread: the answer may have to come from the disk.
            if not await asyncio.to_thread(self._authorized):
                return Close.NOT_AUTHORIZED
            try:
                # Waits while the client does not read; meanwhile steps pass it by.
                await self._websocket.send_text(text)
            except WebSocketDisconnect:
                return None
        return None
