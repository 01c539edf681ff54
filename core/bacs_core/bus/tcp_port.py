"""A serial server as an asyncio byte stream: what goes in comes out of its RS485 port.

The same methods as a serial port. After a time-out the connection has to be made anew: a late
answer may still sit in the serial server, and would come out before the next one.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from typing import Final

from bacs_core.bus.network import connect, reason
from bacs_core.errors import PortGoneError
from bacs_core.settings import Line

_READ_BYTES: Final = 4096


class TcpPort:
    """One open connection. Every method raises `PortGoneError` once the far end is gone."""

    reopens_after_timeout: Final = True
    keeps_pace: Final = False

    def __init__(self, place: str, link: socket.socket) -> None:
        self._place = place
        self._link = link
        self.heard_at = time.monotonic()
        self._gone: str | None = None
        self._wake: asyncio.Future[None] | None = None
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def open(cls, line: Line) -> TcpPort:
        """Connect to the serial server of `line`; raises `PortGoneError`."""
        return cls(line.port, await connect(line.port))

    def write(self, data: bytes) -> None:
        """Send `data`; the serial server passes it on at the line's speed."""
        self._check()
        try:
            sent = self._link.send(data)
        except OSError as error:
            self._gone = reason(error)
        else:
            if sent != len(data):
                # A frame is smaller than any buffer of a connection that still works.
                self._gone = f"it took only {sent} of {len(data)} bytes"
        self._check()

    async def read(self, timeout_s: float) -> bytes:
        """Return what has arrived; wait up to `timeout_s` for it; empty when nothing did."""
        data = self._take()
        if data or timeout_s <= 0:
            return data
        self._wake = wake = self._loop.create_future()
        timer = self._loop.call_later(timeout_s, self._wake_up)
        self._loop.add_reader(self._link, self._wake_up)
        try:
            await wake
        finally:
            timer.cancel()
            self._wake = None
            self._loop.remove_reader(self._link)
        return self._take()

    def discard(self) -> int:
        """Throw away what has arrived and return how many bytes that were."""
        return len(self._take())

    def close(self) -> None:
        """End the connection, without waiting for what is still under way."""
        self._loop.remove_reader(self._link)
        with contextlib.suppress(OSError):
            self._link.close()

    def _take(self) -> bytes:
        self._check()
        try:
            data = self._link.recv(_READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            self._gone = reason(error)
        else:
            if data:
                self.heard_at = time.monotonic()
                return data
            self._gone = "it closed the connection"
        self._check()
        return b""

    def _check(self) -> None:
        if self._gone is not None:
            raise PortGoneError(f"the serial server {self._place} is gone: {self._gone}")

    def _wake_up(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)
