"""What the resistance of a cell is compared with: a value of its own from its beginning; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from bacs_core.api.history_messages import MaintenanceMessage, SeriesMessage
from bacs_core.api.live import LiveString
from bacs_core.api.messages import CellFigure
from bacs_core.model import MaintenanceWork, Quantity
from bacs_hmi.format import SHOWN, Numbers
from bacs_hmi.texts import Texts

#: How long before the entry of an exchange a reading may have been made to be of the new cell.
FRESH_AT_EXCHANGE: Final = timedelta(hours=1)
_PERCENT: Final = 100.0
_MS: Final = 1000


class BaselineBasis(StrEnum):
    """Where the value comes from."""

    GIVEN = "given"
    """Measured by hand, or read off a certificate, when the cell was put in."""
    LEARNT = "learnt"
    """The mean of a settled float at 25 °C, which the engine's alarms go by."""
    AT_EXCHANGE = "at_exchange"
    """Told by the module when the cell was put in."""
    FIRST_RECORDED = "first_recorded"
    """The mean of the first days that the history has."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A resistance, when it was measured, and by what.

    `learnt_rise_percent` is how far the cell is above it at the same temperature, where the engine
    tells that.
    """

    ohm: float
    since: datetime | None
    basis: BaselineBasis
    learnt_rise_percent: float | None = None

    def rise_percent(self, now_ohm: float | None) -> float | None:
        """Tell how far the cell is above it, where `now_ohm` or the engine tells that."""
        if self.basis is BaselineBasis.LEARNT:
            return self.learnt_rise_percent
        return None if now_ohm is None else (now_ohm / self.ohm - 1) * _PERCENT


def learnt(mirror: LiveString, index: int) -> Baseline | None:
    """Return what the engine learnt of a cell (from 0), if it has."""
    ohm = _figure(mirror, CellFigure.RESISTANCE_BASELINE, index)
    if ohm is None:
        return None
    rise = _figure(mirror, CellFigure.RESISTANCE_RISE, index)
    return Baseline(ohm, None, BaselineBasis.LEARNT, rise)


def chosen(past: Baseline | None, learnt_here: Baseline | None) -> Baseline | None:
    """Choose what a person gave, else what was learnt, else what the history tells."""
    is_given = past is not None and past.basis is BaselineBasis.GIVEN
    return past if is_given or learnt_here is None else learnt_here


def exchange(entries: Sequence[MaintenanceMessage]) -> MaintenanceMessage | None:
    """Return the newest entry that says that the cell was exchanged (`entries`: newest first)."""
    return next((one for one in entries if one.work is MaintenanceWork.CELL_REPLACED), None)


def from_exchange(entry: MaintenanceMessage) -> Baseline | None:
    """Return what was measured or given when the cell was exchanged."""
    given = entry.given.get("resistance_ohm")
    if given is not None and given > 0:
        return Baseline(given, entry.at, BaselineBasis.GIVEN)
    told = entry.measured.get(Quantity.RESISTANCE)
    if told is None or told.value <= 0:
        return None
    at = datetime.fromtimestamp(told.read_at, UTC)
    # One that was read long before the entry was made is that of the old cell.
    is_old = entry.at - at > FRESH_AT_EXCHANGE
    return None if is_old else Baseline(told.value, entry.at, BaselineBasis.AT_EXCHANGE)


def from_first_values(series: SeriesMessage) -> Baseline | None:
    """Return the mean of the first bucket in which the resistance was known."""
    for at, mean in zip(series.at, series.mean, strict=True):
        if mean is not None and mean > 0:
            since = datetime.fromtimestamp(at / _MS, UTC)
            return Baseline(mean, since, BaselineBasis.FIRST_RECORDED)
    return None


def words(
    baseline: Baseline, now_ohm: float | None, coarse_v: float, texts: Texts, numbers: Numbers
) -> str:
    """Say the baseline, since when, by what, and how far the cell is from it now.

    `coarse_v` is the voltage of the cell, which decides the decimals.
    """
    value = SHOWN[Quantity.RESISTANCE].text(numbers, baseline.ohm, coarse_v)
    at = baseline.since
    since = "" if at is None else f"{at.astimezone():{texts['day_format']}}"
    told = texts[f"baseline_{baseline.basis.value}"].format(value=value, since=since)
    risen = baseline.rise_percent(now_ohm)
    if risen is None:
        return told
    rise = round(risen)
    sign = "+" if rise > 0 else ""
    amount = sign + numbers.with_unit(rise, 0, "%")
    return f"{told} · {texts['baseline_now'].format(rise=amount)}"


def _figure(mirror: LiveString, name: CellFigure, index: int) -> float | None:
    column = mirror.figures.get(name)
    return None if column is None else column[index]
