"""A virtual line on a TCP port of this computer, and the thread behind it.

What is served, RTU over TCP or Modbus TCP, is decided by what stands behind it.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from itertools import count
from typing import Final, Protocol

from bacs_core.errors import SettingsError
from bacs_core.settings import Line
from bacs_core.simulator.gateway import Gateway
from bacs_core.simulator.line import VirtualLine

HOST: Final = "127.0.0.1"
READ_BYTES: Final = 4096
LONGEST_WAIT_S: Final = 0.25


class Served(Protocol):
    """What a TCP port leads to."""

    @property
    def virtual(self) -> VirtualLine | Gateway:
        """The line behind it, with its faults and counters."""

    @property
    def max_clients(self) -> int:
        """How many connections may be open at once."""

    def join(self, client: int) -> None:
        """Take a client."""

    def leave(self, client: int) -> None:
        """Forget a client."""

    def receive(self, client: int, data: bytes, now: float) -> None:
        """Take what a client wrote; `ValueError` ends the connection."""

    def transmit(self, now: float) -> list[tuple[int, bytes]]:
        """Return what is due, and to whom."""


def listening_port(line: Line) -> int:
    """Return the TCP port that the site file names; raises `SettingsError` where it names none."""
    _host, _, port = line.port.rpartition(":")
    if not port.isdigit() or not 0 < int(port) <= 0xFFFF:  # noqa: PLR2004
        msg = f"line {line.id}: {line.port} names no TCP port that could be simulated"
        raise SettingsError(msg)
    return int(port)


class TcpFront:
    """A TCP port; `lock` guards everything that the lines of a room share."""

    def __init__(self, served: Served, port: int, lock: threading.RLock) -> None:
        """Prepare the port; nothing is opened yet."""
        self._served = served
        self._port = port
        self._lock = lock
        line = self.line.line
        self._thread = threading.Thread(target=self._run, name=f"line {line.id}", daemon=True)
        self._wake_reader, self._wake_writer = os.pipe()
        self._stopping = threading.Event()
        self._numbers = count()
        self._clients: dict[int, socket.socket] = {}
        self._listener: socket.socket | None = None

    @property
    def line(self) -> VirtualLine | Gateway:
        """What is served."""
        return self._served.virtual

    @property
    def place(self) -> str:
        """Where it listens."""
        return f"{HOST}:{self._port}"

    @property
    def present(self) -> bool:
        """Whether the port is there."""
        return self._listener is not None

    def start(self) -> None:
        """Listen; raises `SettingsError` where the port is taken."""
        try:
            self._open()
        except OSError as error:
            msg = f"line {self.line.line.id}: port {self._port} cannot be opened: {error.strerror}"
            raise SettingsError(msg) from error
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and close everything."""
        self._stopping.set()
        self._wake()
        if self._thread.is_alive():
            self._thread.join()
        self._close()
        os.close(self._wake_reader)
        os.close(self._wake_writer)

    def vanish(self, duration_s: float) -> None:
        """Take the port away for a while, with all connections."""
        with self._lock:
            self.line.vanish(time.monotonic() + duration_s)
        self._wake()

    def _open(self) -> None:
        self._listener = socket.create_server((HOST, self._port))
        self._listener.settimeout(0)

    def _close(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for client in list(self._clients):
            self._hang_up(client)

    def _wake(self) -> None:
        os.write(self._wake_writer, b"\0")

    def _run(self) -> None:
        while not self._stopping.is_set():
            now = time.monotonic()
            if now < self.line.absent_until_s:
                self._close()
            elif not self.present:
                self._open()
            self._serve(now)

    def _serve(self, now: float) -> None:
        with self._lock:
            due_s = self.line.next_due_s
        if self.line.absent_until_s > now:
            due_s = min(due_s, self.line.absent_until_s)
        wait_s = min(max(due_s - now, 0.0), LONGEST_WAIT_S)
        watched: list[int | socket.socket] = [self._wake_reader, *self._clients.values()]
        if self._listener is not None:
            watched.append(self._listener)
        ready, _, _ = select.select(watched, [], [], wait_s)
        if self._wake_reader in ready:
            os.read(self._wake_reader, READ_BYTES)
        # A client that hung up makes room for the next one, so that it is looked at first.
        for client, connection in list(self._clients.items()):
            if connection in ready:
                self._take(client, connection)
        if self._listener is not None and self._listener in ready:
            self._accept(self._listener)
        with self._lock:
            due = self._served.transmit(time.monotonic())
        for client, data in due:
            self._give(client, data)

    def _accept(self, listener: socket.socket) -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        if len(self._clients) >= self._served.max_clients:
            connection.close()
            return
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(0)
        number = next(self._numbers)
        self._clients[number] = connection
        with self._lock:
            self._served.join(number)

    def _take(self, client: int, connection: socket.socket) -> None:
        try:
            data = connection.recv(READ_BYTES)
        except OSError:
            data = b""
        try:
            if data:
                with self._lock:
                    self._served.receive(client, data, time.monotonic())
        except ValueError:
            data = b""
        if not data:
            self._hang_up(client)

    def _give(self, client: int, data: bytes) -> None:
        if client not in self._clients:
            return
        try:
            self._clients[client].sendall(data)
        except OSError:
            self._hang_up(client)

    def _hang_up(self, client: int) -> None:
        self._clients.pop(client).close()
        with self._lock:
            self._served.leave(client)
