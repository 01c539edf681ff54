"""A Modbus TCP server on a real socket whose every byte is up to a script."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

HEADER = struct.Struct(">HHHB")


@dataclass(slots=True)
class Asked:
    """One request as the server got it, and a way to answer."""

    connection: int
    transaction: int
    unit: int
    pdu: bytes
    writer: asyncio.StreamWriter

    @property
    def address(self) -> int:
        return int.from_bytes(self.pdu[1:3], "big")

    @property
    def count(self) -> int:
        return int.from_bytes(self.pdu[3:5], "big")

    def send(self, data: bytes) -> None:
        """Send raw bytes."""
        self.writer.write(data)

    def answer(
        self, pdu: bytes | None = None, *, late_by: int = 0, unit: int | None = None
    ) -> None:
        """Send an answer: the right one, unless told otherwise.

        `late_by` gives it the number of an earlier transaction.
        """
        body = registers(self.address, self.count) if pdu is None else pdu
        number = (self.transaction - late_by) % 0x10000
        own_unit = self.unit if unit is None else unit
        self.send(HEADER.pack(number, 0, len(body) + 1, own_unit) + body)


def registers(address: int, count: int) -> bytes:
    """Return the answer of a device whose register n holds n."""
    return bytes([3, 2 * count]) + struct.pack(f">{count}H", *range(address, address + count))


Script = Callable[[Asked], Awaitable[None] | None]


@dataclass(slots=True)
class FarEnd:
    """A running server: where it is, and what it was asked."""

    port: int
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0


@asynccontextmanager
async def far_end(script: Script) -> AsyncIterator[FarEnd]:
    """Serve on a free port; `script` sees each request in turn."""
    there = FarEnd(0)
    writers = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there.connections += 1
        number = there.connections
        writers.append(writer)
        while not reader.at_eof():
            try:
                transaction, _, length, unit = HEADER.unpack(await reader.readexactly(HEADER.size))
                pdu = await reader.readexactly(length - 1)
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            asked = Asked(number, transaction, unit, pdu, writer)
            there.asked.append(asked)
            if (answering := script(asked)) is not None:
                await answering
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    there.port = server.sockets[0].getsockname()[1]
    try:
        yield there
    finally:
        server.close()
        for writer in writers:
            writer.close()
