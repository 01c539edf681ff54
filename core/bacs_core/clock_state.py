"""How far the system clock can be trusted: asked of the kernel, and recorded as it changes.

A panel without a network has a clock that nobody sets right; that is normal, raises no alarm and
stands on every overview. What the time of an event is worth can be told afterwards from what is
recorded here (`history.clock_rows`).
"""

from __future__ import annotations

import asyncio
import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Final

from bacs_core.api.messages import ClockStatus
from bacs_core.clock import SteadyClock
from bacs_core.history.clock_rows import FIRST_YEAR, ClockRow

LOOK_EVERY_S: Final = 10.0
#: A change of state counts when it has lasted so long.
SETTLED_S: Final = 60.0
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
#: The kernel's mark of a clock that nothing disciplines, `STA_UNSYNC` in <sys/timex.h>.
_UNSYNCHRONISED: Final = 0x0040
#: Bytes after the fields used here; the kernel writes the whole structure.
_REST_BYTES: Final = 256


class _Timex(ctypes.Structure):
    """The head of `struct timex` of 64-bit Linux, see adjtimex(2)."""

    _fields_: ClassVar = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * _REST_BYTES),
    ]


def kernel_says_synchronised() -> bool | None:
    """Tell whether something keeps the system clock right; `None` where nobody may ask.

    The kernel clears this mark itself when whoever disciplines the clock (NTP, PTP, a receiver) has
    not been heard for hours.
    """
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
    asked = _Timex()
    if adjtimex(ctypes.byref(asked)) < 0:
        return None
    return not asked.status & _UNSYNCHRONISED


def boot_id() -> str:
    """Name the start of this machine; empty where the system does not tell."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def uptime_s() -> float:
    """Return seconds since the start of the machine, sleep included; no step changes them."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the state of the clock comes from; a test has its own."""

    synchronised: Callable[[], bool | None] = kernel_says_synchronised
    uptime_s: Callable[[], float] = uptime_s
    boot_id: Callable[[], str] = boot_id


class ClockWatch:
    """Follows the state of the system clock and gives every change of it to `record`."""

    def __init__(
        self,
        clock: SteadyClock,
        record: Callable[[ClockRow], None],
        machine: Machine | None = None,
    ) -> None:
        """Look once, and record what the clock is like at the start."""
        self._clock = clock
        self._record = record
        self._machine = Machine() if machine is None else machine
        self._boot = self._machine.boot_id()
        self._synchronised = self._machine.synchronised()
        self._since_s = self._machine.uptime_s()
        self._other_since_s: float | None = None
        clock.on_step = self._stepped
        self._note()

    def look(self) -> None:
        """Ask the kernel; a change is taken over when it has lasted a while."""
        now_s = self._machine.uptime_s()
        if self._machine.synchronised() is self._synchronised:
            self._other_since_s = None
        elif self._other_since_s is None:
            self._other_since_s = now_s
        elif now_s - self._other_since_s >= SETTLED_S:
            self._synchronised = self._machine.synchronised()
            self._since_s, self._other_since_s = self._other_since_s, None
            self._note()

    def status(self) -> ClockStatus:
        """Tell it to people."""
        now = self._clock.now()
        since = now - (self._machine.uptime_s() - self._since_s)
        return ClockStatus(
            synchronised=self._synchronised,
            since=datetime.fromtimestamp(since, UTC),
            was_set=now >= FIRST_YEAR.timestamp(),
        )

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.look()

    def _stepped(self, step_s: float) -> None:
        self._note(step_s)

    def _note(self, step_s: float = 0.0) -> None:
        self._record(
            ClockRow(
                at=datetime.fromtimestamp(self._clock.now(), UTC),
                boot=self._boot,
                uptime_s=self._machine.uptime_s(),
                synchronised=self._synchronised,
                step_s=step_s,
            )
        )
