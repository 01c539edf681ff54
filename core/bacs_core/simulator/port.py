"""The serial port of a virtual line: a pseudo-terminal at a fixed path, and the thread behind it.

A thread per line keeps the pace of the wire; an event loop would round every wait up to a
millisecond. The own descriptor of the terminal's far side stays open, so that a client that closes
the port does not end the line.
"""

from __future__ import annotations

import contextlib
import math
import os
import select
import termios
import threading
import time
import tty
from pathlib import Path
from typing import Final

from bacs_core.simulator.line import VirtualLine

READ_BYTES: Final = 4096
LONGEST_WAIT_S: Final = 0.25
_INPUT_SPEED: Final = 4
_OUTPUT_SPEED: Final = 5


class VirtualPort:
    """A line on a pseudo-terminal. `lock` guards everything that the lines of a room share."""

    def __init__(self, line: VirtualLine, path: Path, lock: threading.RLock) -> None:
        """Prepare the port; nothing is opened yet."""
        self.line = line
        self.path = path
        self._lock = lock
        self._thread = threading.Thread(target=self._run, name=f"line {line.line.id}", daemon=True)
        self._wake_reader, self._wake_writer = os.pipe()
        self._stopping = threading.Event()
        self._near = -1
        self._far = -1
        self._nothing_at_s = -math.inf
        self._own_speed = getattr(termios, f"B{line.line.baud}")
        self._client_speed: int | None = None

    def start(self) -> None:
        """Open the terminal and serve it."""
        self._open()
        self._thread.start()

    def stop(self) -> None:
        """Stop serving, close the terminal and remove its path."""
        self._stopping.set()
        self._wake()
        if self._thread.is_alive():
            self._thread.join()
        self._close()
        os.close(self._wake_reader)
        os.close(self._wake_writer)

    def vanish(self, duration_s: float) -> None:
        """Take the port away, as when an adapter is pulled; a new one comes after a while."""
        with self._lock:
            self.line.vanish(time.monotonic() + duration_s)
        self._wake()

    @property
    def place(self) -> str:
        """The path at which the terminal is found."""
        return str(self.path)

    @property
    def present(self) -> bool:
        """Whether the port is there."""
        return self._near >= 0

    def _open(self) -> None:
        self._near, self._far = os.openpty()
        tty.setraw(self._far)
        os.set_blocking(self._near, False)
        self._forget_settings()
        self._client_speed = None
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_name(f".{self.path.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(self._far))
        fresh.replace(self.path)

    def _forget_settings(self) -> None:
        """Give the terminal a speed that no client asks for.

        A pseudo-terminal has no parity bit, and asking for one fails where it is the only thing to
        change, that is when a port with parity is opened for the second time.
        """
        attributes = termios.tcgetattr(self._far)
        self._note(attributes[_OUTPUT_SPEED])
        attributes[_INPUT_SPEED] = attributes[_OUTPUT_SPEED] = termios.B50
        termios.tcsetattr(self._far, termios.TCSANOW, attributes)

    def _close(self) -> None:
        if self._near < 0:
            return
        self.path.unlink(missing_ok=True)
        os.close(self._near)
        os.close(self._far)
        self._near = self._far = -1

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
        watched = [self._wake_reader] + ([self._near] if self.present else [])
        ready, _, _ = select.select(watched, [], [], 0.0)
        if self._near not in ready:
            self._nothing_at_s = now
        if not ready:
            ready, _, _ = select.select(watched, [], [], wait_s)
        arrived_s = time.monotonic()
        if self._wake_reader in ready:
            os.read(self._wake_reader, READ_BYTES)
        data = self._read() if self._near in ready else b""
        if self.present and not ready and wait_s == LONGEST_WAIT_S:
            self._forget_settings()
        with self._lock:
            if data and self._talks_otherwise():
                self.line.counters.bad_frames += 1
            elif data:
                self.line.receive(data, arrived_s, self._nothing_at_s)
            due = self.line.transmit(time.monotonic())
        if due and self.present:
            # A terminal that nobody reads is full after some kilobytes; a wire forgets them too.
            with contextlib.suppress(BlockingIOError):
                os.write(self._near, due)

    def _talks_otherwise(self) -> bool:
        """Tell whether the client set another speed: then no device understands what it says."""
        if self.present:
            self._note(termios.tcgetattr(self._far)[_OUTPUT_SPEED])
        return self._client_speed not in (None, self._own_speed)

    def _note(self, speed: int) -> None:
        """Remember a speed that a client has set, also one that has not talked yet."""
        if speed != termios.B50:
            self._client_speed = speed

    def _read(self) -> bytes:
        try:
            return os.read(self._near, READ_BYTES)
        except BlockingIOError:
            return b""
