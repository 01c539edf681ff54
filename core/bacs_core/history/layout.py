"""What the numbers of a sample mean: which strings and quantities, in which steps.

The layout is stored once, as JSON beside the samples, and a sample is read by the layout it was
written with: the steps and names of today are not needed to read an old history.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from bacs_core.model import EqualizationState, Inhibit, Quantity, String

FORMAT: Final = 1
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
class StringPlace:
    """One string in a sample: its cells stand together, in the order of the strings."""

    key: str
    manager_id: str
    name: str
    cell_count: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The order of everything in a sample: a section per column, then one for all scalars."""

    format: int
    strings: tuple[StringPlace, ...]
    columns: tuple[Track, ...] = COLUMNS
    scalars: tuple[Track, ...] = SCALARS

    @property
    def section_sizes(self) -> tuple[int, ...]:
        """How many numbers each section holds."""
        cells = sum(string.cell_count for string in self.strings)
        return (*(cells for _ in self.columns), len(self.strings) * len(self.scalars))

    def place(self, string_key: str, cell: int | None, name: str) -> tuple[int, int, Track] | None:
        """Return (section, index in it, track) of one value, or `None` if not in this layout.

        `cell` counts from 1; it is `None` for a value of the whole string.
        """
        tracks = self.scalars if cell is None else self.columns
        track = next((track for track in tracks if track.name == name), None)
        first_cell = 0
        for position, string in enumerate(self.strings):
            if string.key == string_key and track is not None:
                if cell is None:
                    return (
                        len(self.columns),
                        position * len(self.scalars) + self.scalars.index(track),
                        track,
                    )
                if not 1 <= cell <= string.cell_count:
                    return None
                return self.columns.index(track), first_cell + cell - 1, track
            first_cell += string.cell_count
        return None

    def to_json(self) -> str:
        """Write the layout as stored; equal layouts give equal text."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)


def layout_of(strings: tuple[String, ...]) -> Layout:
    """Lay out the samples of these strings."""
    return Layout(
        FORMAT,
        tuple(
            StringPlace(string.key, string.manager_id, string.name, string.cell_count)
            for string in strings
        ),
    )


def layout_from_json(text: str) -> Layout:
    """Read a stored layout."""
    stored: dict[str, Any] = json.loads(text)
    return Layout(
        format=stored["format"],
        strings=tuple(StringPlace(**string) for string in stored["strings"]),
        columns=tuple(_track(track) for track in stored["columns"]),
        scalars=tuple(_track(track) for track in stored["scalars"]),
    )


def _track(stored: dict[str, Any]) -> Track:
    return Track(stored["name"], stored["steps_per_unit"], tuple(stored["symbols"]))
