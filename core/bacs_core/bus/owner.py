"""What the rest of the engine sees of whoever owns a line, whatever carries its requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from bacs_core.bus.frames import Request
from bacs_core.settings import Line, Parity


class Priority(IntEnum):
    """Order in which waiting commands are sent; polls come after all of them."""

    TRIP = 0
    BYPASS = 1
    ORDER = 2
    """What a person asked for: a relay, an LED, a threshold."""


@dataclass(slots=True)
class Statistics:
    """What a line has done since the engine started."""

    requests: int = 0
    timeouts: int = 0
    frame_errors: int = 0
    refusals: int = 0
    lost_bytes: int = 0


class Borrower(Protocol):
    """A line in the hands of somebody who commissions it; nobody else uses it meanwhile."""

    async def ask(self, request: Request, max_turnaround_s: float | None = None) -> bytes:
        """Send a request and return the register bytes of its answer.

        Raises `BusError` (no answer, a corrupt one, a lost port) or `DeviceError` (an exception).
        The silences of the line are kept.
        """

    async def set_speed(self, baud: int, parity: Parity, stop_bits: int) -> None:
        """Talk at another speed until the line is given back; raises `PortGoneError`."""


class Owner(Protocol):
    """Owns one line: it alone opens it, asks and listens."""

    line: Line
    statistics: Statistics
    port_open: bool
    message: str
    lent: bool

    @property
    def last_round_s(self) -> float | None:
        """How long the last round took."""

    @property
    def wire_round_s(self) -> float | None:
        """What the wire itself needed for the last round; `None` on a network."""

    def has_answered(self, unit: int) -> bool | None:
        """Tell whether a unit answers; `None` before the first answer or failure."""

    def silent_units(self) -> tuple[int, ...]:
        """Return the units that do not answer, in order."""

    def command(
        self, name: str, priority: Priority, make: Callable[[], Request]
    ) -> asyncio.Future[bytes]:
        """Put a request into the slot `name`, in place of one that still waits there.

        The future ends when it was sent (broadcast) or answered, or with the error.
        """

    def borrow(self) -> AbstractAsyncContextManager[Borrower]:
        """Stop polling after the present request and lend the line; polling begins anew after.

        Raises `PortGoneError` where the line is not open, `RefusedError` where it is lent already
        or cannot be lent. Commands fail meanwhile.
        """

    async def run(self) -> None:
        """Own the line for ever."""
