"""How axes are written in a language: numbers with their decimals, moments by their span."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator
from matplotlib.ticker import Formatter, FuncFormatter

from bacs_core.reports.language import Language

_DAY_S: Final = 86_400.0
#: Up to these spans hours, or days, tell moments apart.
_HOURS_SPAN_S: Final = 3 * _DAY_S
_DAYS_SPAN_S: Final = 120 * _DAY_S
_MOST_DECIMALS: Final = 6
#: By so much a step may be off its decimal, as a share: ticks are computed in binary.
_DUST: Final = 1e-6


class _Numbers(Formatter):
    """Writes all numbers of an axis with the decimals that tell them apart."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def __call__(self, value: float, pos: int | None = None) -> str:  # noqa: ARG002 - as matplotlib calls it
        return self._language.number(value, 1)

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        decimals = decimals_of(values)
        return [self._language.number(float(value), decimals) for value in values]


def number_axis(axes: Axes, language: Language, which: str = "y") -> None:
    """Write the numbers of an axis as the language does, with the decimals that they need."""
    axis = axes.yaxis if which == "y" else axes.xaxis
    axis.set_major_formatter(_Numbers(language))


def decimals_of(places: Sequence[float]) -> int:
    """Return how many decimals tell equally spaced places apart."""
    gaps = [abs(after - before) for before, after in pairwise(places)]
    step = min((gap for gap in gaps if gap > 0), default=1.0)
    fits = (
        decimals
        for decimals in range(_MOST_DECIMALS)
        if math.isclose(step, round(step, decimals), rel_tol=_DUST)
    )
    return next(fits, _MOST_DECIMALS)


def time_axis(axes: Axes, language: Language, start: datetime, end: datetime) -> None:
    """Let an axis run from `start` to `end` in the zone of the site."""
    length_s = (end - start).total_seconds()
    locator = AutoDateLocator(tz=language.zone, minticks=4, maxticks=9)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    if length_s <= _HOURS_SPAN_S:
        pattern = "HH:mm"
    elif length_s <= _DAYS_SPAN_S:
        pattern = "d MMM" if language.code == "en" else "d. MMM"
    else:
        pattern = "MMM yy"

    def write(value: float, _: int | None) -> str:
        return language.tick(datetime.fromtimestamp(value * _DAY_S, UTC), pattern)

    axes.xaxis.set_major_formatter(FuncFormatter(write))
    axes.set_xlim(*days([start, end]))


def days(at: Sequence[datetime]) -> list[float]:
    """Return moments as matplotlib counts them: in days since 1970."""
    return [moment.timestamp() / _DAY_S for moment in at]
