"""What equalization of a string does, and what keeps it from working, as figures and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bacs_core.api.history_messages import EventMessage
from bacs_core.api.live import LiveSite, LiveString
from bacs_core.api.messages import CellCode, CellFigure, CellMark
from bacs_core.equalization_modes import misfit
from bacs_core.model import EqualizationMode, EqualizedBy, Inhibit, Quantity, String, cell_label
from bacs_hmi.event_details import moment_of
from bacs_hmi.format import ABSENT, SHOWN, Numbers
from bacs_hmi.texts import Texts

#: So many cells of a string are listed by the charge that was led past them.
MOST_BLED: Final = 5
MILLI: Final = 1e3
#: Bypass below this rounds to nothing on the screen.
LEAST_DUTY_PERCENT: Final = 0.5
_PAUSE_KEY: Final = "equalization_pause"


@dataclass(frozen=True, slots=True)
class Spread:
    """The voltages of the cells that are known: lowest, highest (cells from 1) and mean, in V."""

    lowest_v: float
    lowest_cell: int
    highest_v: float
    highest_cell: int
    mean_v: float
    count: int
    old: bool

    @property
    def width_v(self) -> float:
        """How far the cells are apart."""
        return self.highest_v - self.lowest_v


@dataclass(frozen=True, slots=True)
class Bypass:
    """What the bypasses do: cells that are bled now of those known, duties in percent."""

    working: int
    count: int
    mean_percent: float
    highest_percent: float
    highest_cell: int
    old: bool


@dataclass(frozen=True, slots=True)
class Pauses:
    """Until when a string and which of its cells pause; `None` is until somebody resumes."""

    string_until: datetime | None = None
    by: str | None = None
    cells: Mapping[int, datetime | None] | None = None


def spread_of(live: LiveSite, mirror: LiveString) -> Spread | None:
    """Compare the voltages of the cells; fresh ones count, and old ones only where all are old."""
    known, old = _known(live, mirror, Quantity.VOLTAGE)
    if not known:
        return None
    lowest = min(known, key=lambda cell: known[cell])
    highest = max(known, key=lambda cell: known[cell])
    mean_v = sum(known.values()) / len(known)
    return Spread(known[lowest], lowest, known[highest], highest, mean_v, len(known), old)


def bypass_of(live: LiveSite, mirror: LiveString) -> Bypass | None:
    """Tell what the bypasses of a string do; `None` where no duty is known."""
    known, old = _known(live, mirror, Quantity.DUTY)
    if not known:
        return None
    highest = max(known, key=lambda cell: known[cell])
    return Bypass(
        sum(duty >= LEAST_DUTY_PERCENT for duty in known.values()),
        len(known),
        sum(known.values()) / len(known),
        known[highest],
        highest,
        old,
    )


def marked(mirror: LiveString, mark: CellMark) -> list[int]:
    """Return the cells (from 1) that carry a mark."""
    marks = mirror.codes.get(CellCode.MARKS, [])
    return [cell for cell, code in enumerate(marks, start=1) if code & mark]


def most_bled(mirror: LiveString) -> list[tuple[int, float]]:
    """Return the cells (from 1) past which most charge was led, in Ah; the worst first."""
    column = mirror.figures.get(CellFigure.BLED, [])
    told = [(cell, ah) for cell, ah in enumerate(column, start=1) if ah is not None and ah > 0]
    return sorted(told, key=lambda row: -row[1])[:MOST_BLED]


def is_offered(string: String) -> bool:
    """Tell whether people can do anything here: only where the engine equalizes."""
    return string.equalized_by is EqualizedBy.ENGINE


def modes_of(string: String) -> list[EqualizationMode]:
    """Return the modes that fit to the cells and modules of a string."""
    return [
        mode
        for mode in EqualizationMode
        if misfit(mode, string.chemistry, string.module_type) is None
    ]


def is_odd(mirror: LiveString) -> bool:
    """Tell whether equalization found out something about a cell that asks for a look."""
    wanted = CellMark.EXHAUSTED | CellMark.STUCK_ON | CellMark.STUCK_OFF
    return bool(marked(mirror, wanted))


def pauses_of(events: Sequence[EventMessage], now: datetime) -> Pauses | None:
    """Read from the newest event about a pause what holds now; `None` where none tells."""
    for event in events:
        value = event.data.get("value")
        if event.data.get("key") == _PAUSE_KEY and isinstance(value, Mapping):
            return _pauses(value, event, now)
    return None


def _pauses(value: Mapping[str, Any], event: EventMessage, now: datetime) -> Pauses:
    cells: dict[int, datetime | None] = {}
    told = value.get("cells_until")
    for cell, until in told.items() if isinstance(told, Mapping) else ():
        end = moment_of(until)
        if str(cell).isdigit() and (end is None or end > now):
            cells[int(cell)] = end
    if not value.get("string"):
        return Pauses(cells=cells)
    return Pauses(moment_of(value.get("string_until")), event.by, cells)


def state_words(mirror: LiveString, texts: Texts) -> str:
    """Say in one line what equalization does, and by what it is inhibited."""
    scalars = mirror.scalars
    state = texts[f"equalization_{scalars.equalization.value}"]
    named = ", ".join(texts[f"inhibit_{reason.value}"] for reason in scalars.inhibited_by)
    return f"{state}: {named}" if named else state


def inhibits(mirror: LiveString, texts: Texts) -> list[tuple[Inhibit, str, str]]:
    """Name what inhibits equalization, and what ends it."""
    return [
        (reason, texts[f"inhibit_{reason.value}"], texts[f"ends_{reason.value}"])
        for reason in mirror.scalars.inhibited_by
    ]


def millivolts(value_v: float | None, numbers: Numbers, decimals: int = 0) -> str:
    """Write a small voltage in millivolt."""
    return numbers.with_unit(None if value_v is None else value_v * MILLI, decimals, "mV")


def volts(value_v: float | None, string: String, numbers: Numbers) -> str:
    """Write a cell voltage as finely as its kind of cell needs it."""
    return SHOWN[Quantity.VOLTAGE].text(numbers, value_v, string.cell_voltage_v)


def cells_text(cells: Sequence[int], string: String, texts: Texts, most: int = 6) -> str:
    """Name some cells (from 1), and count the others; a dash where there are none."""
    if not cells:
        return ABSENT
    named = ", ".join(cell_label(cell, string.cell_count) for cell in cells[:most])
    if len(cells) > most:
        named = f"{named} {texts['and_more'].format(count=len(cells) - most)}"
    return named


def _known(live: LiveSite, mirror: LiveString, quantity: Quantity) -> tuple[dict[int, float], bool]:
    """Return what is known of the cells (from 1), and whether all of it is old."""
    column = mirror.columns.get(quantity) or ()
    known = {cell: value for cell, value in enumerate(column, start=1) if value is not None}
    key = mirror.string.key
    fresh = {
        cell: value for cell, value in known.items() if not live.stale(key, quantity, cell - 1)
    }
    return (fresh, False) if fresh else (known, bool(known))
