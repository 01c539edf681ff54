"""Plots of the present state: ranking, cell by cell, distribution, what equalization took out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from bacs_core.model import Quantity, cell_label
from bacs_core.reports.content import Concluded, Identity, Standing, Values
from bacs_core.reports.judgement import OddCell
from bacs_core.reports.language import Language
from bacs_core.reports.plots.canvas import BLUE, DARK, GREY, ORANGE, Frame, align, figure, nothing
from bacs_core.reports.plots.scales import number_axis
from bacs_core.reports.plots.svg import Plot, finish

#: Iglewicz and Hoaglin, see `findings.ranking`.
THRESHOLD: Final = 3.5
_MILLI: Final = 1000.0
#: From here on dots tell more than bars.
_BARS_UP_TO: Final = 120
_STAIRS: Final = 3
_STAIR_POINTS: Final = 8
_ROW_IN: Final = 0.36


@dataclass(frozen=True, slots=True)
class Shown:
    """One quantity as it is drawn: the key of its axis, and the factor from its unit."""

    quantity: Quantity
    axis: str
    factor: float = 1.0


SHOWN: Final = (
    Shown(Quantity.VOLTAGE, "axis_voltage"),
    Shown(Quantity.TEMPERATURE, "axis_temperature"),
    Shown(Quantity.RESISTANCE, "axis_resistance", _MILLI),
)


def ranking(odd: Sequence[OddCell], identity: Identity, language: Language) -> Plot:
    """Draw the cells that stand out, with the reason told of each."""
    drawn, grid = figure(1, 0.2 + _ROW_IN * len(odd), Frame(left=0.08))
    axes = grid[0, 0]
    places = range(len(odd))
    axes.barh(places, [cell.score for cell in odd], color=BLUE, height=0.4)
    for place, cell in zip(places, odd, strict=True):
        label = language.text("cell_named", cell=cell_label(cell.cell, identity.cell_count))
        text = f"{label[:1].upper()}{label[1:]}: {language.write(cell.reason)}"
        axes.annotate(
            text,
            (0, place - 0.24),
            ha="left",
            va="bottom",
            fontsize=8,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
            zorder=4,
        )
    axes.axvline(THRESHOLD, color=DARK, linestyle="--", linewidth=0.8, zorder=3)
    axes.set_ylim(len(odd) - 0.6, -0.8)
    axes.set_xlim(0, max(2 * THRESHOLD, 1.05 * max(cell.score for cell in odd)))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False)
    axes.set_xlabel(language.text("ranking_axis"))
    number_axis(axes, language, "x")
    return finish(drawn, "ranking", language.text("ranking"))


def profile(standing: Standing, odd: Iterable[int], identity: Identity, language: Language) -> Plot:
    """Draw every cell by its number: voltage against the median, temperature, resistance."""
    shown = [one for one in SHOWN if _any(_fresh(standing, one.quantity))] or [SHOWN[0]]
    drawn, grid = figure(len(shown), 1.1, sharex=True)
    marked = frozenset(odd)
    for axes, one in zip(grid[:, 0], shown, strict=True):
        values = _scaled(_fresh(standing, one.quantity), one.factor)
        known = [value for value in values if value is not None]
        if not known:
            nothing(axes, language.text("not_measured"))
            continue
        if one.quantity is Quantity.VOLTAGE:
            middle = median(known)
            values = _scaled(
                tuple(None if value is None else value - middle for value in values), _MILLI
            )
            axes.axhline(0, color=GREY, linewidth=0.8)
            axes.set_ylabel(language.text("axis_deviation"))
        else:
            axes.set_ylabel(language.text(one.axis))
        _cells(axes, values, marked, from_zero=one.quantity is Quantity.RESISTANCE)
        number_axis(axes, language)
    _cell_axis(grid[-1, 0], identity, language)
    align(grid[:, 0])
    return finish(drawn, "profile", language.text("profile"))


def distribution(standing: Standing, odd: Iterable[int], language: Language) -> Plot:
    """Draw how many cells have which voltage, temperature and resistance; odd ones are marked."""
    drawn, grid = figure(1, 1.35, Frame(top=0.38, gap=0.42), columns=len(SHOWN))
    marked = frozenset(odd)
    for axes, one in zip(grid[0], SHOWN, strict=True):
        values = _scaled(_fresh(standing, one.quantity), one.factor)
        known = [value for value in values if value is not None]
        axes.set_xlabel(language.text(one.axis))
        if not known:
            nothing(axes, language.text("not_measured"))
            axes.set_xticks([])
            continue
        count = min(24, max(6, round(len(known) ** 0.5) + 3))
        axes.hist(known, bins=count, color=BLUE, alpha=0.75)
        odd_values = sorted(
            (value, cell) for cell, value in enumerate(values, 1) if cell in marked and value
        )
        for place, (value, cell) in enumerate(odd_values):
            axes.axvline(value, color=ORANGE, linewidth=1.4)
            axes.annotate(
                str(cell),
                (value, 1),
                xycoords=("data", "axes fraction"),
                # Neighbours may be as close as their values: their numbers take turns in height.
                xytext=(0, _STAIR_POINTS * (place % _STAIRS)),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=7,
            )
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        number_axis(axes, language, "x")
        number_axis(axes, language)
    grid[0, 0].set_ylabel(language.text("axis_cells"))
    return finish(drawn, "distribution", language.text("distribution"))


def bled(concluded: Concluded, identity: Identity, language: Language) -> Plot | None:
    """Draw what equalization took out of each cell, `None` where nobody knows."""
    if not _any(concluded.bled_ah):
        return None
    exhausted = frozenset(cell for cell, flag in enumerate(concluded.exhausted, start=1) if flag)
    drawn, grid = figure(1, 1.15)
    axes = grid[0, 0]
    _cells(axes, concluded.bled_ah, exhausted, from_zero=True)
    axes.set_ylim(bottom=0)
    axes.set_ylabel(language.text("axis_bled"))
    align([axes])
    number_axis(axes, language)
    _cell_axis(axes, identity, language)
    return finish(drawn, "bled", language.text("axis_bled"))


def _cells(axes: Axes, values: Values, marked: frozenset[int], *, from_zero: bool) -> None:
    """Draw one value per cell: bars for a few cells, dots for many; marked ones with a number."""
    known = [(cell, value) for cell, value in enumerate(values, 1) if value is not None]
    plain = [(cell, value) for cell, value in known if cell not in marked]
    odd = [(cell, value) for cell, value in known if cell in marked]
    size = 3.5 if len(values) <= _BARS_UP_TO else 2.4
    for points, colour in ((plain, BLUE), (odd, ORANGE)):
        if not points:
            continue
        cells, heights = zip(*points, strict=True)
        if len(values) <= _BARS_UP_TO and (from_zero or min(v for _, v in known) < 0):
            axes.bar(cells, heights, width=0.7, color=colour)
        else:
            axes.plot(cells, heights, "o", markersize=size, color=colour)
    for cell, value in odd:
        below = value < 0
        axes.annotate(
            str(cell),
            (cell, value),
            xytext=(0, -2 if below else 2),
            textcoords="offset points",
            ha="center",
            va="top" if below else "bottom",
            fontsize=7,
            color=DARK,
        )
    axes.margins(y=0.18)


def _cell_axis(axes: Axes, identity: Identity, language: Language) -> None:
    axes.set_xlim(0.2, identity.cell_count + 0.8)
    axes.xaxis.set_major_locator(MaxNLocator(12, integer=True))
    axes.set_xlabel(language.text("axis_cell"))


def _fresh(standing: Standing, quantity: Quantity) -> Values:
    readings = standing.readings.get(quantity)
    return (None,) * len(standing.status) if readings is None else readings.fresh


def _scaled(values: Values, factor: float) -> Values:
    return tuple(None if value is None else factor * value for value in values)


def _any(values: Values) -> bool:
    return any(value is not None for value in values)
