"""A line behind a serial server: RTU frames in a TCP stream."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from pymodbus import FramerType
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from bacs_core.bus import line as line_module, network
from bacs_core.bus.frames import rtu_frame, write_registers
from bacs_core.bus.owner import Owner, Priority
from bacs_core.bus.owners import owner_for
from bacs_core.bus.schedule import Job
from bacs_core.bus.tcp_port import TcpPort
from bacs_core.errors import PortGoneError, RefusedError
from bacs_core.settings import Link
from tests.core.bus.owning import PATIENCE_S, Heard, line, read_job, running, until


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_module, "NETWORK_ALLOWANCE_S", 0.05)
    monkeypatch.setattr(line_module, "REOPEN_AFTER_S", 0.01)


class Occupied(ThreadPoolExecutor):
    """The threads that everybody shares, none of them free."""

    def submit(self, *_args: Any, **_named: Any) -> Any:
        raise AssertionError("this has to do without the threads of everybody")


@dataclass(slots=True)
class SerialServer:
    """A TCP server of raw bytes: what it got, and how often it was connected."""

    port: int = 0
    connections: int = 0
    received: bytes = b""


Script = Callable[[SerialServer, bytes, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serial_server(script: Script) -> AsyncIterator[SerialServer]:
    there = SerialServer()
    writers = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there.connections += 1
        writers.append(writer)
        while data := await reader.read(1000):
            there.received += data
            await script(there, data, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    there.port = server.sockets[0].getsockname()[1]
    try:
        yield there
    finally:
        server.close()
        for writer in writers:
            writer.close()


def owner_of(port: int, *jobs: Job, **changes: object) -> Owner:
    return owner_for(line(f"127.0.0.1:{port}", Link.RTU_OVER_TCP, **changes), jobs, lambda: 1.0)


async def echo(_there: SerialServer, data: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(data[::-1])


async def test_bytes_go_there_and_come_back() -> None:
    async with serial_server(echo) as there:
        port = await TcpPort.open(line(f"localhost:{there.port}", Link.RTU_OVER_TCP))
        assert await port.read(0.0) == b""
        port.write(b"abc")
        assert await port.read(10.0) == b"cba"
        port.write(b"late")
        discarded = 0
        async with asyncio.timeout(PATIENCE_S):
            while discarded < 4:
                await asyncio.sleep(0.001)
                discarded += port.discard()
        assert discarded == 4
        port.close()


async def test_a_server_that_closes_is_a_port_that_is_gone() -> None:
    async def close(_there: SerialServer, _data: bytes, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with serial_server(close) as there:
        port = await TcpPort.open(line(f"127.0.0.1:{there.port}", Link.RTU_OVER_TCP))
        port.write(b"abc")
        with pytest.raises(PortGoneError, match="closed the connection"):
            await port.read(10.0)
        with pytest.raises(PortGoneError):
            port.write(b"abc")
        port.close()


async def test_a_connection_that_is_given_up_half_way_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    half_open: list[socket.socket] = []

    def give_up(link: socket.socket) -> None:
        half_open.append(link)
        raise asyncio.CancelledError

    monkeypatch.setattr(network, "_tune", give_up)
    async with serial_server(echo) as there:
        with pytest.raises(asyncio.CancelledError):
            await network.connect(f"127.0.0.1:{there.port}")
    assert [link.fileno() for link in half_open] == [-1]


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("127.0.0.1:1", "cannot be reached"),
        ("no.such.name.invalid:4001", "cannot be resolved"),
        ("10.0.0..5:4001", "cannot be the name"),
        ("a" * 64 + ".lan:4001", "cannot be the name"),
    ],
)
async def test_why_there_is_no_connection_is_told_in_words(place: str, told: str) -> None:
    with pytest.raises(PortGoneError, match=told):
        await TcpPort.open(line(place, Link.RTU_OVER_TCP))


async def test_a_name_server_that_hangs_is_asked_once_per_line_and_delays_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, answers, asked = socket.getaddrinfo, threading.Event(), []

    def hanging(host: str, number: int, **named: Any) -> Any:
        if host == "gateway.lan" and "flags" not in named:
            asked.append(host)
            answers.wait(PATIENCE_S)
            raise socket.gaierror(-3, "later")
        return real(host, number, **named)

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    monkeypatch.setattr(network, "CONNECT_TIMEOUT_S", 0.01)
    asyncio.get_running_loop().set_default_executor(Occupied())
    for _ in range(20):
        with pytest.raises(PortGoneError):
            await network.connect("gateway.lan:4001")
    assert asked == ["gateway.lan"]
    monkeypatch.setattr(network, "CONNECT_TIMEOUT_S", PATIENCE_S)
    with pytest.raises(PortGoneError, match="cannot be reached"):
        await network.connect("127.0.0.1:1")
    answers.set()
    await until(lambda: not network._being_resolved)
    with pytest.raises(PortGoneError, match="cannot be resolved"):
        await network.connect("gateway.lan:4001")


async def test_a_device_behind_a_serial_server_is_read() -> None:
    device = SimDevice(
        1, simdata=[SimData(0, values=list(range(500, 700)), datatype=DataType.REGISTERS)]
    )
    server = ModbusTcpServer(device, framer=FramerType.RTU, address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    assert isinstance(server.transport, asyncio.Server)
    port = server.transport.sockets[0].getsockname()[1]
    heard, refused = Heard(), Heard()
    owner = owner_of(port, read_job(1, 10, 125, heard), read_job(1, 900, 2, refused))
    try:
        async with running(owner):
            await until(lambda: heard.payloads and owner.statistics.refusals)
            assert owner.has_answered(1) is True
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]
    assert heard.words == list(range(510, 635))
    assert not refused.payloads


async def test_after_a_time_out_the_connection_is_made_anew_and_a_late_answer_is_no_value() -> None:
    async def answer_first_too_late(
        there: SerialServer, data: bytes, writer: asyncio.StreamWriter
    ) -> None:
        if there.connections == 1:
            await until(lambda: there.connections > 1)
            writer.write(ANSWER_OF_7)
        else:
            writer.write(ANSWER_OF_5)

    heard = Heard()
    async with serial_server(answer_first_too_late) as there:
        owner = owner_of(there.port, read_job(1, 0, 1, heard), max_turnaround_s=0.1)
        async with running(owner):
            await until(lambda: heard.payloads)
            assert owner.has_answered(1) is True
    assert {bytes(payload) for payload in heard.payloads} == {b"\x00\x05"}
    assert owner.statistics.timeouts >= 1
    assert there.connections >= 2


async def test_a_serial_server_that_goes_is_told_and_comes_back() -> None:
    async def close_first(there: SerialServer, _data: bytes, writer: asyncio.StreamWriter) -> None:
        if there.connections == 1:
            writer.close()
        else:
            writer.write(ANSWER_OF_5)

    heard = Heard()
    async with serial_server(close_first) as there:
        owner = owner_of(there.port, read_job(1, 0, 1, heard))
        async with running(owner):
            await until(lambda: "closed the connection" in owner.message)
            await until(lambda: heard.payloads)
            assert owner.message == ""


async def test_a_bypass_goes_over_a_network_only_where_the_site_file_says_so() -> None:
    async def keep_quiet(_there: SerialServer, _data: bytes, _writer: asyncio.StreamWriter) -> None:
        pass

    bypass = write_registers(0, 5, bytes(2))
    async with serial_server(keep_quiet) as there:
        refusing = owner_of(there.port, may_command=False)
        with pytest.raises(RefusedError) as refusal:
            await refusing.command("bypass", Priority.BYPASS, lambda: bypass)
        assert refusal.value.code == "not_over_network"
        allowing = owner_of(there.port)
        async with running(allowing):
            await until(lambda: allowing.port_open)
            await allowing.command("bypass", Priority.BYPASS, lambda: bypass)
            await until(lambda: there.received)
    assert there.received == rtu_frame(bypass)


#: One register of unit 1 in an RTU frame.
ANSWER_OF_5 = bytes.fromhex("01 03 02 00 05 78 47")
ANSWER_OF_7 = bytes.fromhex("01 03 02 00 07 F9 86")
