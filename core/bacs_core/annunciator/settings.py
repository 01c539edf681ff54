"""The file that says which pins carry buzzer, LED and relay; strictly checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from bacs_core.errors import BacsError

_SOUND: Final = "sound"
_DEVICE: Final = "device"
_CHIP: Final = "chip"
_LINE: Final = "line"
_ACTIVE_LOW: Final = "active_low"


class AnnunciatorError(BacsError):
    """The settings cannot be meant, or a pin or the sound cannot be used."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One line of one GPIO chip; `active_low` where a low level switches the thing on."""

    chip: str
    line: int
    active_low: bool = False


@dataclass(frozen=True, slots=True)
class Pins:
    """Which pin carries what. A LED without an orange of its own mixes it of red and green."""

    buzzer: Pin | None = None
    red: Pin | None = None
    orange: Pin | None = None
    green: Pin | None = None
    relay: Pin | None = None

    def named(self) -> dict[str, Pin]:
        """Return the pins that are there, by what they carry."""
        found = {name.name: getattr(self, name.name) for name in fields(self)}
        return {name: pin for name, pin in found.items() if pin is not None}


@dataclass(frozen=True, slots=True)
class Settings:
    """Pins, and the sound device that stands in for a buzzer; `None`: no sound."""

    pins: Pins = field(default_factory=Pins)
    sound: str | None = None


def load(path: Path) -> Settings:
    """Read the file. Raises `AnnunciatorError` with what is wrong in it, `OSError`."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AnnunciatorError(f"{path}: {error}") from error
    names = {name.name for name in fields(Pins)}
    unknown = sorted(set(tables) - names - {_SOUND})
    if unknown:
        raise AnnunciatorError(
            f"{path}: nothing is called {unknown[0]}; "
            f"there are {', '.join(sorted(names))}, {_SOUND}"
        )
    pins = {name: _pin(path, name, tables[name]) for name in names & set(tables)}
    _require_own_lines(path, pins)
    return Settings(Pins(**pins), _sound(path, tables.get(_SOUND)))


def _sound(path: Path, table: object) -> str | None:
    if table is None:
        return None
    if not isinstance(table, dict) or set(table) - {_DEVICE}:
        raise AnnunciatorError(f'{path}: sound is written as sound = {{ device = "default" }}')
    device = table.get(_DEVICE, "default")
    if not isinstance(device, str) or not device:
        raise AnnunciatorError(f"{path}: the device of sound is a name that `aplay -L` shows")
    return device


def _pin(path: Path, name: str, table: object) -> Pin:
    if not isinstance(table, dict) or set(table) - {_CHIP, _LINE, _ACTIVE_LOW}:
        raise AnnunciatorError(
            f'{path}: {name} is written as {name} = {{ chip = "/dev/gpiochip0", line = 17 }}'
        )
    known: dict[str, Any] = table
    chip, line = known.get(_CHIP, "/dev/gpiochip0"), known.get(_LINE)
    active_low = known.get(_ACTIVE_LOW, False)
    if not isinstance(chip, str) or not chip.startswith("/dev/"):
        raise AnnunciatorError(f"{path}: the chip of {name} is a device such as /dev/gpiochip0")
    if not isinstance(line, int) or isinstance(line, bool) or line < 0:
        raise AnnunciatorError(f"{path}: the line of {name} is a number from 0")
    if not isinstance(active_low, bool):
        raise AnnunciatorError(f"{path}: active_low of {name} is true or false")
    return Pin(chip, line, active_low)


def _require_own_lines(path: Path, pins: Mapping[str, Pin]) -> None:
    taken: dict[tuple[str, int], str] = {}
    for name, pin in sorted(pins.items()):
        other = taken.setdefault((pin.chip, pin.line), name)
        if other != name:
            raise AnnunciatorError(f"{path}: {other} and {name} are on the same line {pin.line}")
