"""What an export contains, as data: used by `bacs export`, the API and the stick alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from bacs_core.history.layout import EQUALIZATION, INHIBITED_BY, SCALARS, STATUS
from bacs_core.model import CellStatus, Quantity

DATA_LOG: Final = "DataLog.csv"
EVENT_LOG: Final = "Event.csv"
SYSTEM: Final = "System.csv"
DAYS_FOLDER: Final = "bacs"

TIME_HEADINGS: Final = ("time (UTC)", "local time")
#: More rows than this do not fit into a sheet of the usual programs (2^20 with the heading).
SHEET_ROWS: Final = 1_000_000
#: How far apart the rows of the data log may be, in seconds; 0 takes every sample.
LOG_STEPS_S: Final = (0, 60, 900, 3600, 86_400)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that was stored, as people read it: times `factor`, with so many decimals."""

    name: str
    heading: str
    unit: str
    factor: int
    decimals: int

    @property
    def title(self) -> str:
        """The heading with its unit."""
        return f"{self.heading} [{self.unit}]" if self.unit else self.heading


@dataclass(frozen=True, slots=True)
class CellFile:
    """A file per string and day with one column per cell and one row per sample."""

    kind: str
    figure: Figure
    characters: int
    """How long one value usually is, with its comma; for the room that an export needs."""


@dataclass(frozen=True, slots=True)
class StringFile:
    """A file per string and day with values of the whole string."""

    kind: str
    figures: tuple[Figure, ...]


CELL_FILES: Final = (
    CellFile("volt", Figure(Quantity.VOLTAGE, "voltage", "V", 1, 3), 7),
    CellFile("temp", Figure(Quantity.TEMPERATURE, "temperature", "°C", 1, 1), 5),
    CellFile("resist", Figure(Quantity.RESISTANCE, "resistance", "mΩ", 1000, 3), 7),
    CellFile("charge", Figure(Quantity.CHARGE, "charge", "%", 1, 1), 6),
    CellFile("bypass", Figure(Quantity.DUTY, "bypass duty", "%", 1, 1), 5),
    CellFile("status", Figure(STATUS, "status", "", 1, 0), 2),
)

SUM_VOLTAGE: Final = Figure("sum_voltage_v", "sum voltage", "V", 1, 3)
TARGET_VOLTAGE: Final = Figure("target_voltage_v", "target voltage", "V", 1, 3)
MEAN_CHARGE: Final = Figure("mean_charge_percent", "mean charge", "%", 1, 1)
CURRENT: Final = Figure("current_a", "current", "A", 1, 3)
RIPPLE_CURRENT: Final = Figure("ac_current_a", "ripple current", "A", 1, 2)
POWER: Final = Figure("power_w", "power", "W", 1, 1)
ROOM_TEMPERATURE: Final = Figure("room_temperature_c", "room temperature", "°C", 1, 1)

STRING_FILES: Final = (
    StringFile("ampere", (CURRENT, RIPPLE_CURRENT)),
    StringFile("string", (SUM_VOLTAGE, TARGET_VOLTAGE, MEAN_CHARGE, POWER, ROOM_TEMPERATURE)),
)

LOG_FIGURES: Final = (
    SUM_VOLTAGE,
    TARGET_VOLTAGE,
    MEAN_CHARGE,
    CURRENT,
    RIPPLE_CURRENT,
    POWER,
    ROOM_TEMPERATURE,
)
#: Conclusions over the cells of the string, see `data_log`.
LOG_CELL_TITLES: Final = (
    "lowest cell voltage [V]",
    "cell of the lowest voltage",
    "highest cell voltage [V]",
    "cell of the highest voltage",
    "highest cell temperature [°C]",
    "cell of the highest temperature",
    "cells in warning",
    "cells in alarm",
    "silent cells",
)
LOG_HEADER: Final = (
    *TIME_HEADINGS,
    "string",
    *(figure.title for figure in LOG_FIGURES),
    *LOG_CELL_TITLES,
    "equalization",
    "inhibited by",
)
EVENT_HEADER: Final = (
    *TIME_HEADINGS,
    "number",
    "kind",
    "severity",
    "rule",
    "text",
    "by",
    "manager",
    "string",
    "cell",
    "line",
    "corrected time (UTC)",
)
SYSTEM_HEADER: Final = ("section", "item", "name", "value", "unit")

EQUALIZATION_STATES: Final = next(t.symbols for t in SCALARS if t.name == EQUALIZATION)
INHIBITS: Final = next(t.symbols for t in SCALARS if t.name == INHIBITED_BY)
STATUS_LEGEND: Final = ", ".join(f"{status.value} {status.name.lower()}" for status in CellStatus)


def day_file(string_key: str, day: date, kind: str) -> str:
    """Name a file of one string and day, e.g. `bacs/ups-a_01_21_11_2026_volt.csv`."""
    manager_id, _, number = string_key.rpartition("/")
    return f"{DAYS_FOLDER}/{manager_id}_{int(number):02d}_{day:%d_%m_%Y}_{kind}.csv"


def log_step_s(strings: int, span_s: float, sample_every_s: float) -> int:
    """Return the smallest distance of rows with which the data log still fits into a sheet."""
    for step_s in LOG_STEPS_S:
        if strings * span_s / max(step_s, sample_every_s) <= SHEET_ROWS:
            return step_s
    return LOG_STEPS_S[-1]
