"""The room of the simulated cabinet: plant and devices, moved on together through real time.

Real time is cut at every event of a device (a lease that ends, a hold that latches, a scan), so
that the plant sees each bypass exactly as long as it conducted. Plant time runs `speed` times as
fast as real time.
"""

from __future__ import annotations

from collections.abc import Iterable

from bacs_core.simulator.plant import Plant
from bacs_core.simulator.served import Unit


class Room:
    """Plant, devices and the one clock that moves them; not safe for use by two threads at once."""

    def __init__(self, plant: Plant, speed: float, now: float) -> None:
        """Start at `now`, seconds of a monotonic clock."""
        self.plant = plant
        self.speed = speed
        self._now_s = now
        self._devices: list[Unit] = []
        self._next_event_s: float | None = None

    def install(self, devices: Iterable[Unit]) -> None:
        """Put devices into the room."""
        self._devices.extend(devices)
        self._next_event_s = None

    @property
    def plant_time_s(self) -> float:
        """How much plant time has passed."""
        return self.plant.time_s

    @property
    def next_event_s(self) -> float:
        """When a device will next do something by itself."""
        if self._next_event_s is None:
            self._next_event_s = min(
                (device.next_event_s for device in self._devices), default=float("inf")
            )
        return self._next_event_s

    def settle(self, now: float) -> None:
        """Carry out all events that are due; a read needs the plant no more exactly."""
        if now >= self.next_event_s:
            self.advance_to(now)

    def disturb(self, now: float) -> None:
        """Let time pass up to `now`, since a device is about to change something."""
        self.advance_to(now)
        self._next_event_s = None

    def advance_to(self, now: float) -> None:
        """Let real time pass up to `now`, event by event."""
        while (event_s := self.next_event_s) <= now:
            self._pass_time_to(max(event_s, self._now_s))
            for device in self._devices:
                if device.next_event_s <= event_s:
                    device.act(event_s)
            self._next_event_s = None
        self._pass_time_to(now)

    def _pass_time_to(self, now: float) -> None:
        if now > self._now_s:
            self.plant.advance((now - self._now_s) * self.speed)
            self._now_s = now
