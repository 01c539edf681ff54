"""The network between Home Assistant and the engine, which can stop to carry anything."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Self

from tests.processes import HOST

#: A guard only: who looks whether it shall end does so this often.
LOOK_EVERY_S = 0.1
MOST_BYTES = 65536


class Wire:
    """Forwards TCP connections to a port of this machine, in threads.

    While it is `cut`, nothing comes through in either direction, and nobody is told: as behind a
    switch without power, connections stay open for both ends, and a new one is taken but silent.
    """

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._whole = threading.Event()
        self._whole.set()
        self._ended = threading.Event()
        self._server = socket.create_server((HOST, 0))
        self._server.settimeout(LOOK_EVERY_S)
        self.port = int(self._server.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._whole.set()
        self._thread.join()
        self._server.close()

    def cut(self) -> None:
        """Carry nothing any more."""
        self._whole.clear()

    def mend(self) -> None:
        """Carry everything again, also what was sent meanwhile."""
        self._whole.set()

    def _accept(self) -> None:
        while not self._ended.is_set():
            with suppress(TimeoutError):
                near, _ = self._server.accept()
                threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        """Carry one connection."""
        self._whole.wait()
        try:
            far = socket.create_connection((HOST, self._target_port))
        except OSError:
            near.close()
            return
        back = threading.Thread(target=self._carry, args=(far, near), daemon=True)
        back.start()
        self._carry(near, far)
        back.join()
        near.close()
        far.close()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        """Carry one direction until its source ends it."""
        with suppress(OSError):
            while data := source.recv(MOST_BYTES):
                self._whole.wait()
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)
