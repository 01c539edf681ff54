"""What the service manager is told: ready, alive, stopping. The protocol is that of sd_notify(3).

Whoever is silent for too long is started anew. So a program says that it lives only when its work
has gone on: a loop that turns but does nothing any more is told by nobody.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Mapping
from typing import Final

#: sd_watchdog_enabled(3) advises to report at half the time; a third leaves one report to be lost.
REPORTS_PER_PATIENCE: Final = 3
#: How often progress is looked at where nobody watches; others may follow it too.
UNWATCHED_S: Final = 5.0
_US_PER_S: Final = 1_000_000

_log = logging.getLogger(__name__)


class ServiceManager:
    """Who started this process, if it wants to be told; else nothing is sent anywhere."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """Read where to tell it and how often; a name that begins with @ is abstract."""
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        meant = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        patience_us = environment.get("WATCHDOG_USEC", "") if meant else ""
        #: Seconds between two reports.
        self.period_s = (
            int(patience_us) / _US_PER_S / REPORTS_PER_PATIENCE
            if patience_us.isdecimal() and int(patience_us) > 0
            else UNWATCHED_S
        )

    def ready(self) -> None:
        """Tell that the work has begun."""
        self._tell("READY=1")

    def alive(self) -> None:
        """Tell that the work goes on."""
        self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """Tell that the end has begun."""
        self._tell("STOPPING=1")

    def _tell(self, state: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as told:
                told.settimeout(0)
                told.connect(self._address)
                told.send(state.encode())
        except OSError as error:
            # Work is worth more than the report of it; without reports it is started anew anyway.
            _log.warning("the service manager cannot be told %s: %s", state, error)


async def report(
    manager: ServiceManager, progress: Callable[[], object], patience_s: float | None = None
) -> None:
    """Tell for ever that the work goes on, each time `progress()` is another than the last time."""
    period_s = manager.period_s if patience_s is None else patience_s
    before: object = None
    while True:
        now = progress()
        if now != before:
            manager.alive()
            before = now
        await asyncio.sleep(period_s)
