"""When a simulated module sleeps: after a long silence of its line; activity wakes it."""

from __future__ import annotations

from dataclasses import dataclass

from bacs_core.devices.panel_module import WAKE_AFTER_S, WAKE_PAUSE_S
from bacs_core.simulator.served import NEVER


@dataclass(slots=True)
class Sleep:
    """Watches the line; counting begins with the first activity. `after_s` 0 means never."""

    after_s: float
    asleep: bool = False
    _active_since_s: float = -NEVER
    _active_s: float = -NEVER

    @property
    def next_event_s(self) -> float:
        """When the module falls asleep if nothing more happens."""
        if self.asleep or not self.after_s or self._active_s == -NEVER:
            return NEVER
        return self._active_s + self.after_s

    def sense(self, now: float) -> bool:
        """Notice activity; tell whether the module now waits for an event it did not wait for."""
        waited = self.next_event_s < NEVER
        if now - self._active_s > WAKE_PAUSE_S:
            self._active_since_s = now
        self._active_s = now
        if now - self._active_since_s >= WAKE_AFTER_S:
            self.asleep = False
        return not waited and self.next_event_s < NEVER

    def fall_asleep(self) -> None:
        """Sleep at once; only activity that begins from now on wakes."""
        self.asleep = True
        self._active_s = -NEVER
