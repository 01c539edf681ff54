"""Waits until a moment, to some microseconds.

An event loop rounds its time-outs up to a millisecond, which would more than double the silence
between two frames. Where the system has timers that are files (Linux), one wakes the loop instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import struct
import sys
import time
from typing import Final

#: Linux, timerfd_create(2).
_CLOCK_MONOTONIC: Final = 1
_NONBLOCKING_CLOSED_ON_EXEC: Final = os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0)
_ABSOLUTE: Final = 1
#: Interval (none) and first expiry, each in seconds and nanoseconds.
_TIMER_SETTING: Final = struct.Struct("@llll")
_NS_PER_S: Final = 1_000_000_000
_EXPIRIES_BYTES: Final = 8
#: From the timer to whoever waits it takes 30 µs on a busy machine and 300 µs on an idle one, whose
#: processors sleep deeply. The timer is set earlier by what is learnt of that: about two waits in
#: five come in time and spend the rest turning, for no longer than the greatest lead.
_SHORTEST_LEAD_S: Final = 20e-6
_LONGEST_LEAD_S: Final = 300e-6
_LEAD_UP_S: Final = 8e-6
_LEAD_DOWN_S: Final = 12e-6


class Waiter:
    """Wakes the one task that waits. Its clock is `time.monotonic`."""

    def __init__(self) -> None:
        """Get a timer of the system, if it has any."""
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Future[None] | None = None
        self._lead_s = _SHORTEST_LEAD_S
        self._timer = _create_timer()
        if self._timer is not None:
            self._loop.add_reader(self._timer, self._expire)

    async def until(self, moment: float) -> None:
        """Return at `moment`, or at once if it has passed."""
        remaining_s = moment - time.monotonic()
        if self._timer is None:
            await asyncio.sleep(max(remaining_s, 0.0))
        elif remaining_s > self._lead_s:
            self._waiting = self._loop.create_future()
            _set_timer(self._timer, moment - self._lead_s)
            try:
                await self._waiting
            finally:
                self._waiting = None
            self._lead_s = next_lead_s(self._lead_s, in_time=time.monotonic() < moment)
        while moment - time.monotonic() > _SHORTEST_LEAD_S:  # noqa: ASYNC110 - a clock gives no event
            # Whatever else the loop has to do, such as other lines, is done meanwhile.
            await asyncio.sleep(0)
        while time.monotonic() < moment:
            pass

    def close(self) -> None:
        """Give the timer back."""
        if self._timer is not None:
            self._loop.remove_reader(self._timer)
            os.close(self._timer)
            self._timer = None

    def _expire(self) -> None:
        if self._timer is None:
            return
        with contextlib.suppress(BlockingIOError):
            os.read(self._timer, _EXPIRIES_BYTES)
            if self._waiting is not None and not self._waiting.done():
                self._waiting.set_result(None)


def next_lead_s(lead_s: float, *, in_time: bool) -> float:
    """Return how much earlier the next timer is set, after one that woke in time or too late."""
    changed_s = lead_s - _LEAD_DOWN_S if in_time else lead_s + _LEAD_UP_S
    return min(max(changed_s, _SHORTEST_LEAD_S), _LONGEST_LEAD_S)


if sys.version_info >= (3, 13):

    def _create_timer() -> int | None:
        try:
            return os.timerfd_create(time.CLOCK_MONOTONIC, flags=os.TFD_NONBLOCK | os.TFD_CLOEXEC)
        except (AttributeError, OSError):
            return None

    def _set_timer(timer: int, moment: float) -> None:
        os.timerfd_settime(timer, flags=os.TFD_TIMER_ABSTIME, initial=moment)

else:
    _SYSTEM: Final = ctypes.CDLL(None)

    def _create_timer() -> int | None:
        try:
            timer: int = _SYSTEM.timerfd_create(_CLOCK_MONOTONIC, _NONBLOCKING_CLOSED_ON_EXEC)
        except AttributeError:
            return None
        return timer if timer >= 0 else None

    def _set_timer(timer: int, moment: float) -> None:
        seconds, rest_s = divmod(moment, 1.0)
        setting = _TIMER_SETTING.pack(0, 0, int(seconds), int(rest_s * _NS_PER_S))
        _SYSTEM.timerfd_settime(timer, _ABSOLUTE, setting, None)
