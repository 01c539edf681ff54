"""The cleaning lock: for half a minute the screen ignores every touch, so that it can be wiped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from nicegui.element import Element

from bacs_core.api.messages import Alarm
from bacs_hmi.texts import Texts

LOCK_S: Final = 30


class CleaningLock(Element, component="cleaning.js"):
    """Lies over everything in `over` and counts down in the browser, also without a server.

    `alarms` are those that stand at the beginning: only a new one ends the lock early.
    """

    def __init__(self, over: Element, texts: Texts, alarms: Iterable[Alarm]) -> None:
        over.clear()
        with over:
            super().__init__()
        self._over = over
        self._known = raised(alarms)
        self._props["seconds"] = LOCK_S
        self._props["texts"] = {
            name: texts[name] for name in ("cleaning_now", "cleaning_left", "cleaning_alarm")
        }
        self.on("ended", lambda _: self._end())

    def follow(self, alarms: Iterable[Alarm]) -> None:
        """End the lock for an alarm that was not there when it began."""
        if not self.is_deleted and raised(alarms) - self._known:
            self._end()

    def _end(self) -> None:
        if not self.is_deleted:
            self._over.clear()


def raised(alarms: Iterable[Alarm]) -> frozenset[str]:
    """Return the alarms that ask for somebody: active, and put aside by nobody."""
    return frozenset(alarm.id for alarm in alarms if alarm.active)
