"""A virtual line behind a serial server: RTU frames, byte by byte, over a TCP connection.

Like the real ones it serves one client at a time, and what the line says while nobody is connected
is kept for the next client: a late answer can so reach a connection that never asked for it.
"""

from __future__ import annotations

from typing import Final

from bacs_core.simulator.line import VirtualLine

MAX_CLIENTS: Final = 1
KEPT_BYTES: Final = 4096


class SerialServer:
    """Passes bytes on between one client and a virtual line; free of I/O and of the clock."""

    max_clients = MAX_CLIENTS

    def __init__(self, line: VirtualLine) -> None:
        """Serve `line` to nobody yet."""
        self.virtual = line
        self._client: int | None = None
        self._kept = b""

    def join(self, client: int) -> None:
        """Take a client; the place must be free."""
        self._client = client

    def leave(self, _client: int) -> None:
        """Forget the client."""
        self._client = None

    def receive(self, _client: int, data: bytes, now: float) -> None:
        """Take what the client wrote."""
        self.virtual.receive(data, now)

    def transmit(self, now: float) -> list[tuple[int, bytes]]:
        """Return what is due, and to whom."""
        due = self._kept + self.virtual.transmit(now)
        if self._client is None:
            self._kept = due[-KEPT_BYTES:]
            return []
        self._kept = b""
        return [(self._client, due)] if due else []
