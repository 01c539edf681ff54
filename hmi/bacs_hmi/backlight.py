"""The backlight of the cabinet's screen, as Linux offers it: a folder with two small files.

`brightness` takes a whole number from 0 to the one in `max_brightness` (Linux kernel,
Documentation/ABI/stable/sysfs-class-backlight).
"""

from __future__ import annotations

import logging
from pathlib import Path

_log = logging.getLogger(__name__)


class Backlight:
    """Sets the brightness of one screen; without a folder, or if that fails, it does nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._highest = None if folder is None else _highest(folder)
        self._set_percent: int | None = None

    @property
    def works(self) -> bool:
        """Whether brightness is set here; if not, the page itself has to be darker."""
        return self._highest is not None

    def set(self, percent: int) -> None:
        """Set the brightness, 1 to 100 percent; the screen never goes quite dark."""
        if self._folder is None or self._highest is None or percent == self._set_percent:
            return
        level = max(1, round(self._highest * percent / 100))
        try:
            (self._folder / "brightness").write_text(str(level), encoding="ascii")
        except OSError as error:
            _log.warning("the brightness cannot be set any more: %s", error)
            self._highest = None
        else:
            self._set_percent = percent


def _highest(folder: Path) -> int | None:
    """Read the highest level, and try whether the level can be written."""
    try:
        highest = int((folder / "max_brightness").read_text(encoding="ascii"))
        level = (folder / "brightness").read_text(encoding="ascii")
        (folder / "brightness").write_text(level, encoding="ascii")
    except (OSError, ValueError) as error:
        _log.warning("no backlight at %s, the page itself is dimmed instead: %s", folder, error)
        return None
    return highest if highest > 0 else None
