"""Hands what was read to whoever wanted it, and lets none of its surprises end a line."""

from __future__ import annotations

import logging
from collections.abc import Callable

from bacs_core.bus.schedule import Job
from bacs_core.errors import BusError, FrameError

_log = logging.getLogger(__name__)


class Delivery:
    """Delivers the answers of one line. `wall_clock` gives the unix time they are stamped with."""

    def __init__(self, line_id: str, wall_clock: Callable[[], float]) -> None:
        self._line_id = line_id
        self._wall_clock = wall_clock
        self._told: set[str] = set()

    def deliver(self, job: Job, payload: bytes) -> None:
        """Hand the bytes over; raises `FrameError` where the job can make nothing of them."""
        try:
            job.deliver(payload, self._wall_clock())
        except BusError:
            raise
        except Exception as error:
            # Broad, since foreign data may break a decoder in any way, and neither the other units
            # nor the other lines may suffer from it. The traceback is told once for each job.
            if job.name not in self._told:
                self._told.add(job.name)
                _log.exception("line %s: job %s failed", self._line_id, job.name)
            reason = f"unit {job.unit}, job {job.name}: {error!r}"
            raise FrameError(reason, payload) from error
