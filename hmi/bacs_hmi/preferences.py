"""How this panel is set: language, palette, brightness and times; kept in a file if there is one.

These concern the screen alone. Whatever concerns the plant is kept by the engine.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from bacs_hmi.texts import LANGUAGES

FILE_NAME: Final = "panel.json"
MINUTE_S: Final = 60
HOUR_S: Final = 3600

_log = logging.getLogger(__name__)


class Palette(StrEnum):
    """Which colours the panel has."""

    DAY = "day"
    NIGHT = "night"
    CLOCK = "clock"
    """Day or night, by the hour."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What is set; times in seconds, 0 switches the named thing off; hours are of local time."""

    language: str | None = None
    """What somebody chose at this panel; until then each browser is asked what it prefers."""
    palette: Palette = Palette.DAY
    night_from_h: int = 20
    night_to_h: int = 6
    brightness_percent: int = 100
    log_off_s: int = 5 * MINUTE_S
    return_s: int = 10 * MINUTE_S
    dim_s: int = 15 * MINUTE_S

    def is_night(self, hour: int) -> bool:
        """Tell whether the night palette is in force at this hour (0 to 23)."""
        if self.palette is not Palette.CLOCK:
            return self.palette is Palette.NIGHT
        start, end = self.night_from_h, self.night_to_h
        if start <= end:
            return start <= hour < end
        return hour >= start or hour < end


#: The numbers that can be set, with the least and the most. Only dimming can be switched off: who
#: is signed in does not stay so for ever, and what a person left open does not hide the overview.
RANGES: Final[Mapping[str, tuple[int, int]]] = {
    "night_from_h": (0, 23),
    "night_to_h": (0, 23),
    "brightness_percent": (10, 100),
    "log_off_s": (MINUTE_S, HOUR_S),
    "return_s": (MINUTE_S, 4 * HOUR_S),
    "dim_s": (0, 4 * HOUR_S),
}


def for_elsewhere(preferences: Preferences, log_off_s: int) -> Preferences:
    """Return what holds for a browser on the network: its screen is nobody's concern here."""
    return replace(preferences, brightness_percent=100, log_off_s=log_off_s, return_s=0, dim_s=0)


class PreferenceBook:
    """Holds what is set, tells who listens of each change, and keeps it in `folder`.

    Without a folder, or with one that cannot be written, a change lasts as long as the program.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._file = None if folder is None else folder / FILE_NAME
        self._listeners: dict[object, Callable[[], None]] = {}
        self.now = Preferences() if self._file is None else _read(self._file)

    @property
    def is_kept(self) -> bool:
        """Whether there is a file that outlives the program."""
        return self._file is not None

    def change(self, **changes: Any) -> None:  # noqa: ANN401 - any field, checked here
        """Set some fields of `Preferences`; raises ValueError for what cannot be set."""
        wanted = replace(self.now, **_checked(changes))
        if wanted == self.now:
            return
        self.now = wanted
        if self._file is not None:
            _write(self._file, wanted)
        for listener in tuple(self._listeners.values()):
            listener()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after each change; the returned function ends that."""
        ticket = object()
        self._listeners[ticket] = listener

        def leave() -> None:
            self._listeners.pop(ticket, None)

        return leave


def _checked(told: Mapping[str, Any]) -> dict[str, Any]:
    """Check fields of `Preferences`; raises ValueError with the name of what cannot be."""
    return {name: _field(name, value) for name, value in told.items()}


def _field(name: str, value: object) -> object:
    if name in RANGES:
        lowest, highest = RANGES[name]
        if type(value) is int and lowest <= value <= highest:
            return value
        raise ValueError(f"{name} is a whole number from {lowest} to {highest}, not {value!r}")
    if name == "palette":
        return Palette(str(value))
    if name == "language" and (value is None or value in LANGUAGES):
        return value
    raise ValueError(f"{name} cannot be {value!r}")


def _read(file: Path) -> Preferences:
    """Read the file; what is missing or cannot be is as usual, and is told in the log."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Preferences()
    except (OSError, ValueError) as error:
        _log.warning("%s cannot be read, everything is set as usual: %s", file, error)
        return Preferences()
    read = Preferences()
    for name in (field.name for field in fields(Preferences)):
        if not isinstance(told, dict) or name not in told:
            continue
        try:
            read = replace(read, **_checked({name: told[name]}))
        except ValueError as error:
            _log.warning("%s: %s; it is set as usual", file, error)
    return read


def _write(file: Path, preferences: Preferences) -> None:
    """Replace the file in one step, so that a power cut leaves the old or the new one."""
    draft = file.with_suffix(".new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("w", encoding="utf-8") as opened:
            json.dump(asdict(preferences), opened, indent=1)
            opened.flush()
            os.fsync(opened.fileno())
        draft.replace(file)
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        _log.warning("%s cannot be written, the change lasts until the end: %s", file, error)
