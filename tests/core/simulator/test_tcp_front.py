"""Virtual lines on TCP ports of this computer, asked over plain sockets."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bacs_core.errors import SettingsError
from bacs_core.settings import Link
from bacs_core.simulator.cabinet import SimulatedCabinet
from bacs_core.simulator.faults import Fault, FaultKind
from bacs_core.simulator.line import VirtualLine
from bacs_core.simulator.modbus import with_crc
from bacs_core.simulator.serial_server import SerialServer
from tests.core.simulator.one_line import ANSWER, READ_TEN, TenRegisters
from tests.core.simulator.plants import make_line, make_settings

PATIENCE_S = 20.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def running(link: Link, port: int, tmp_path: Path) -> SimulatedCabinet:
    settings = make_settings()
    line = replace(settings.lines["modules"], link=link, port=f"10.0.0.5:{port}")
    settings = replace(settings, lines={**settings.lines, "modules": line})
    return SimulatedCabinet(settings, tmp_path)


@pytest.fixture(params=[Link.RTU_OVER_TCP, Link.MODBUS_TCP])
def front(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Link, SimulatedCabinet, int]]:
    port = free_port()
    with running(request.param, port, tmp_path) as cabinet:
        yield request.param, cabinet, port


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), PATIENCE_S)


def read(link: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = link.recv(size - len(data))
        assert piece, "hung up"
        data += piece
    return data


#: Two registers of unit 2, from address 1 on: map and version.
ASK = bytes.fromhex("02 03 00 01 00 02")
ANSWER_START = bytes.fromhex("02 03 04 42 50")


def ask(kind: Link, link: socket.socket) -> bytes:
    """Ask unit 2 for its map and return what comes, without header or CRC."""
    if kind is Link.RTU_OVER_TCP:
        link.sendall(with_crc(ASK))
        return read(link, 9)[:5]
    link.sendall(struct.pack(">HHH", 77, 0, 6) + ASK)
    answer = read(link, 13)
    assert answer[:6] == struct.pack(">HHH", 77, 0, 7)
    return answer[6:11]


def test_a_line_is_served_where_the_site_file_says(
    front: tuple[Link, SimulatedCabinet, int],
) -> None:
    kind, cabinet, port = front
    with connected(port) as link:
        assert ask(kind, link) == ANSWER_START
    assert cabinet.ports["modules"].present
    assert cabinet.ports["modules"].line.counters.requests == {2: 1}


def test_a_client_that_left_makes_room_for_the_next(
    front: tuple[Link, SimulatedCabinet, int],
) -> None:
    kind, _, port = front
    for _ in range(5):
        with connected(port) as link:
            assert ask(kind, link) == ANSWER_START


def test_a_lost_port_hangs_up_and_comes_back(front: tuple[Link, SimulatedCabinet, int]) -> None:
    kind, cabinet, port = front
    with connected(port) as link:
        cabinet.ports["modules"].vanish(0.2)
        assert link.recv(1) == b""
    give_up_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            with connected(port) as link:
                assert ask(kind, link) == ANSWER_START
                return
        except ConnectionError:
            assert time.monotonic() < give_up_s
            time.sleep(0.02)


def test_a_serial_server_serves_one_client_at_a_time(tmp_path: Path) -> None:
    port = free_port()
    with running(Link.RTU_OVER_TCP, port, tmp_path), connected(port) as first:
        assert ask(Link.RTU_OVER_TCP, first) == ANSWER_START
        with connected(port) as second:
            assert second.recv(1) == b""
        assert ask(Link.RTU_OVER_TCP, first) == ANSWER_START


def test_a_late_answer_reaches_the_next_client_of_a_serial_server() -> None:
    virtual = VirtualLine(
        make_line("server"),
        [TenRegisters()],
        turnaround_s=0.001,
        random=np.random.default_rng(1),
    )
    virtual.faults.add(Fault(FaultKind.LATE, delay_s=1.0))
    server = SerialServer(virtual)
    server.join(1)
    server.receive(1, READ_TEN, 10.0)
    assert server.transmit(10.5) == []
    server.leave(1)
    assert server.transmit(12.0) == []
    server.join(2)
    assert server.transmit(13.0) == [(2, ANSWER)]


@pytest.mark.parametrize("named", ["10.0.0.5:0", "10.0.0.5", "10.0.0.5:http"])
def test_a_port_that_cannot_be_served_is_refused(named: str, tmp_path: Path) -> None:
    settings = make_settings()
    line = replace(settings.lines["modules"], link=Link.MODBUS_TCP, port=named)
    settings = replace(settings, lines={**settings.lines, "modules": line})
    with pytest.raises(SettingsError, match=f"line modules: {named} names no TCP port"):
        SimulatedCabinet(settings, tmp_path)


def test_a_port_that_another_program_has_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        cabinet = running(Link.MODBUS_TCP, taken.getsockname()[1], tmp_path)
        with pytest.raises(SettingsError, match=r"line modules: port \d+ cannot be opened"):
            cabinet.start()
    assert list(tmp_path.iterdir()) == [], "nothing of the cabinet was left behind"


def test_a_line_of_an_snmp_agent_is_left_to_a_real_one(tmp_path: Path) -> None:
    settings = make_settings()
    line = replace(settings.lines["managers"], link=Link.SNMP, port="10.0.0.7:161")
    settings = replace(settings, lines={**settings.lines, "managers": line})
    with SimulatedCabinet(settings, tmp_path) as cabinet:
        assert list(cabinet.ports) == ["modules"]
