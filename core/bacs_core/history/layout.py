"""What the stored numbers mean: which string, which quantities, in which steps.

A layout is stored once, as JSON beside what was measured, and everything is read by the layout it
was written with: the steps and names of today are not needed to read an old history.
"""

from __future__ import annotations

import functools
import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from bacs_core.model import EqualizationState, Inhibit, Quantity, String

STATUS: Final = "status"
EQUALIZATION: Final = "equalization"
INHIBITED_BY: Final = "inhibited_by"


@dataclass(frozen=True, slots=True)
class Track:
    """One kind of number: `value = raw / steps_per_unit`.

    Where there are `symbols` the raw number is an index into them, or a bit mask over them.
    """

    name: str
    steps_per_unit: int = 1
    symbols: tuple[str, ...] = ()


#: Steps of the module registers: 1 mV, 0.1 K, 1 µΩ, 0.1 %, 0.5 % (devices/panel_module.py).
COLUMNS: Final = (
    Track(Quantity.VOLTAGE, 1000),
    Track(Quantity.TEMPERATURE, 10),
    Track(Quantity.RESISTANCE, 1_000_000),
    Track(Quantity.CHARGE, 10),
    Track(Quantity.DUTY, 2),
    Track(STATUS),
)

#: Steps of the string registers (devices/panel_manager.py, panel_current_sensor.py).
SCALARS: Final = (
    Track("sum_voltage_v", 1000),
    Track("target_voltage_v", 1000),
    Track("mean_charge_percent", 10),
    Track("current_a", 1000),
    Track("ac_current_a", 100),
    Track("power_w", 10),
    Track("room_temperature_c", 10),
    Track(EQUALIZATION, symbols=tuple(EqualizationState)),
    Track(INHIBITED_BY, symbols=tuple(Inhibit)),
)


@dataclass(frozen=True, slots=True)
class StringLayout:
    """One string as it was when it was stored."""

    key: str
    manager_id: str
    name: str
    cell_count: int
    columns: tuple[Track, ...] = COLUMNS
    scalars: tuple[Track, ...] = SCALARS

    def column(self, name: str) -> int | None:
        """Return which column holds this value of a cell, `None` where none does."""
        return _place(self.columns, name)

    def scalar(self, name: str) -> int | None:
        """Return which scalar holds this value of the string, `None` where none does."""
        return _place(self.scalars, name)

    def to_json(self) -> str:
        """Write the layout as stored; equal layouts give equal text."""
        return _json_of(self)


def layout_of(strings: tuple[String, ...]) -> tuple[StringLayout, ...]:
    """Lay out the samples of these strings."""
    return tuple(
        _layout(string.key, string.manager_id, string.name, string.cell_count) for string in strings
    )


@functools.lru_cache(maxsize=1024)
def _layout(key: str, manager_id: str, name: str, cell_count: int) -> StringLayout:
    """Make a layout once, so that those of two snapshots are the same object."""
    return StringLayout(key, manager_id, name, cell_count)


@functools.lru_cache(maxsize=1024)
def _json_of(layout: StringLayout) -> str:
    return json.dumps(asdict(layout), ensure_ascii=False, sort_keys=True)


@functools.lru_cache(maxsize=1024)
def layout_from_json(text: str) -> StringLayout:
    """Read a stored layout. Raises `ValueError`, `KeyError`, `TypeError` where it is none."""
    stored: dict[str, Any] = json.loads(text)
    return StringLayout(
        **{name: stored[name] for name in ("key", "manager_id", "name", "cell_count")},
        columns=tuple(track_from(each) for each in stored["columns"]),
        scalars=tuple(track_from(each) for each in stored["scalars"]),
    )


def track_from(stored: dict[str, Any]) -> Track:
    """Read the JSON of a track."""
    return Track(stored["name"], stored["steps_per_unit"], tuple(stored["symbols"]))


def _place(tracks: tuple[Track, ...], name: str) -> int | None:
    return next((place for place, track in enumerate(tracks) if track.name == name), None)
