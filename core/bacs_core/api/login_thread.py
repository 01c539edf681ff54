"""A thread of its own for what takes long on purpose: comparing and hashing secrets.

Whoever tries many secrets at once then makes only other logins wait, and no stream, no command and
no reading of the history.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

from bacs_core.errors import RefusedError

_T = TypeVar("_T")
_P = ParamSpec("_P")

#: Each takes up to half a second on a small computer.
MOST_AT_ONCE: Final = 20


class LoginThread:
    """Runs one thing at a time, in the order of asking."""

    def __init__(self) -> None:
        """Begin with nothing to do; the thread begins with the first work."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="login")
        self._places = threading.Semaphore(MOST_AT_ONCE)

    async def run(self, work: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> _T:
        """Run `work` in its turn.

        Raises `RefusedError` (`too_many_logins`) where too many wait, and what `work` raises.
        """
        if not self._places.acquire(blocking=False):
            reason = "too many sign in at once; try again in a few seconds"
            raise RefusedError(reason, code="too_many_logins")
        running = self._thread.submit(work, *arguments, **named)
        # Its place is taken until it is done, though its client may have gone away.
        running.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(running)
