"""A wire between Home Assistant and the engine that can be cut, and that counts what passes."""

import asyncio
from contextlib import suppress

from tests.processes import HOST


class Relay:
    """Forwards TCP connections to a port of this machine."""

    def __init__(self, target_port: int) -> None:
        self.port = 0
        self.streams_open = 0
        self._target_port = target_port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._forward, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Refuse new connections and break those that exist."""
        if self._server is not None:
            self._server.close()
            for writer in list(self._writers):
                writer.transport.abort()
            await self._server.wait_closed()
            self._server = None

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self._target_port)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, far_writer}
        self._writers |= ends
        with suppress(OSError):
            await asyncio.gather(
                self._copy(reader, far_writer, watched=True), self._copy(far_reader, writer)
            )
        self._writers -= ends

    async def _copy(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, watched: bool = False
    ) -> None:
        """Pass bytes on; a watched direction tells when its connection becomes a stream."""
        is_stream = False
        try:
            while data := await reader.read(65536):
                # A client asks for the stream on a connection that it used before.
                if watched and not is_stream and data.startswith(b"GET /api/v1/stream"):
                    is_stream = True
                    self.streams_open += 1
                writer.write(data)
                await writer.drain()
        finally:
            self.streams_open -= is_stream
            writer.close()
