"""Draws the plots of docs/battery.md: the battery rooms at work on the simulated plant.

Seeds, sizes and texts are fixed, and the files carry no date, so that drawing anew changes nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tools.docs import _battery_runs as runs

FOLDER: Final = Path(__file__).parents[2] / "docs" / "pictures"
STYLE: Final[dict[Any, Any]] = {
    "svg.hashsalt": "battery",
    "svg.fonttype": "none",
    "font.size": 9.0,
    "axes.grid": True,
    "grid.color": "0.9",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 1.2,
    "figure.facecolor": "white",
}
WIDTH_IN: Final = 8.0
GREY, BLUE, ORANGE, RED = "0.55", "#1f5fa8", "#c77700", "#b3261e"
STAGES: Final = (("pre-alert", "0.93"), ("alarm", "#fbe3bf"), ("trip", "#f5c4c0"))


def convergence() -> Figure:
    """Draw how equalization brings a string together."""
    run = runs.converging()
    figure, (above, below) = _figure(2, 4.6)
    above.plot(run.hours, 1000 * run.error_v, color=GREY, linewidth=0.7)
    above.plot(run.hours, 1000 * run.error_v[:, -1], color=BLUE, label="highest cell")
    above.plot(run.hours, 1000 * run.error_v[:, 0], color=ORANGE, label="lowest cell")
    for limit_mv in (-10, 10):
        above.axhline(limit_mv, color="black", linestyle="--", linewidth=0.8)
    above.set_ylabel("from the target, mV")
    above.legend(frameon=False, loc="upper right")
    below.plot(run.hours, run.duty_percent, color=GREY, linewidth=0.7)
    below.plot(run.hours, run.duty_percent[:, -1], color=BLUE)
    below.plot(run.hours, run.limit_percent, color="black", linestyle="--", label="limit in force")
    below.set_ylim(-1, 52)
    below.set_ylabel("bypass duty, %")
    below.set_xlabel("hours")
    below.legend(frameon=False, loc="upper right")
    return figure


def discharge() -> Figure:
    """Draw what is said of the charge during a discharge and the recharge after it."""
    run = runs.discharging()
    figure, (above, below) = _figure(2, 4.6)
    low, high = run.percent - run.uncertainty, run.percent + run.uncertainty
    above.fill_between(
        run.hours, low, high, color=BLUE, alpha=0.2, linewidth=0, label="stated uncertainty"
    )
    above.plot(run.hours, run.percent, color=BLUE, label="estimate of the string")
    above.plot(run.hours, run.true_percent, color="black", linestyle="--", label="truth")
    above.set_ylabel("charge, %")
    above.set_ylim(0, 108)
    above.legend(frameon=False, loc="lower right")
    below.plot(run.hours, run.mean_v, color=GREY, label="mean of the cells")
    below.plot(run.hours, run.weakest_v, color=ORANGE, label="weakest cell")
    below.axhline(run.end_v, color="black", linestyle="--", linewidth=0.8)
    below.annotate("end voltage", (run.hours[0], run.end_v), ha="left", va="bottom")
    below.set_ylabel("voltage, V")
    below.set_xlabel("hours")
    below.legend(frameon=False, loc="center right")
    return figure


def collapse() -> Figure:
    """Draw a discharge with the cell that was empty first, and the bar at its end."""
    run = runs.collapsing()
    figure, (above, below) = _figure(2, 5.0, share_x=False)
    above.plot(run.hours, run.voltage_v, color=GREY, linewidth=0.7)
    below.bar(range(1, len(run.lowest_v) + 1), run.lowest_v, color=GREY, width=0.7)
    for cell, hours in enumerate(run.collapsed_h):
        if hours > 0:
            above.plot(run.hours, run.voltage_v[:, cell], color=ORANGE, label=f"cell {cell + 1}")
            above.axvline(hours, color=ORANGE, linestyle=":", linewidth=0.8)
            below.patches[cell].set(color=ORANGE, hatch="//", edgecolor="white")
    for cell, text in enumerate(run.capacity, start=1):
        at = (cell, run.lowest_v[cell - 1])
        below.annotate(text, at, ha="center", va="bottom", fontsize=7)
    for axes in (above, below):
        axes.axhline(run.end_v, color="black", linestyle="--", linewidth=0.8)
    above.annotate("end voltage", (0, run.end_v), ha="left", va="bottom")
    above.set_ylabel("voltage, V")
    above.set_xlabel("hours")
    above.legend(frameon=False, loc="upper right")
    below.set_ylim(1.2, 2.05)
    below.set_xticks(range(1, len(run.lowest_v) + 1))
    below.set_xlabel("cell; above the bars: capacity out of this discharge")
    below.set_ylabel("lowest voltage, V")
    return figure


def runaway() -> Figure:
    """Draw a string that runs away, and when each stage is reached."""
    run = runs.running_away()
    figure, (above, below) = _figure(2, 4.6)
    ends = (*run.stage_at_h[1:], run.hours[-1])
    for axes in (above, below):
        for begin, end, (_, colour) in zip(run.stage_at_h, ends, STAGES, strict=True):
            axes.axvspan(begin, end, color=colour, linewidth=0)
        axes.set_xlim(0, run.hours[-1])
    for begin, (name, _) in zip(run.stage_at_h, STAGES, strict=True):
        above.annotate(name, (begin, 74), rotation=90, ha="left", va="top", fontsize=8)
    above.plot(run.hours, run.unopened_c, color=RED, linestyle=":", label="had nobody opened it")
    above.plot(run.hours, run.opened_c, color=RED, label="warmest cell, the trip opens the breaker")
    above.axhline(60, color="black", linestyle="--", linewidth=0.8)
    above.set_ylim(10, 75)
    above.set_ylabel("temperature, °C")
    above.legend(frameon=False, loc="lower right")
    below.plot(run.hours, run.rise_k, color=RED, label="over the room")
    below.plot(run.hours, run.spread_k, color=BLUE, label="over the median of its string")
    below.set_ylabel("warmest cell, K")
    below.set_xlabel("hours since the fault")
    below.legend(frameon=False, loc="upper right")
    return figure


def ranking() -> Figure:
    """Draw the cells that stand out of a string, with the reason told of each."""
    found = runs.ranked()
    figure, (axes,) = _figure(1, 2.4)
    places = range(len(found))
    axes.barh(places, [finding.score for finding in found], color=BLUE, height=0.55)
    for place, finding in zip(places, found, strict=True):
        axes.annotate(finding.text, (0, place - 0.34), ha="left", va="bottom", fontsize=8)
    axes.axvline(runs.THRESHOLD, color="black", linestyle="--", linewidth=0.8)
    axes.invert_yaxis()
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.set_xlabel("modified z-score; dashed: 3.5, from which on a cell stands out")
    return figure


PLOTS: Final[dict[str, Callable[[], Figure]]] = {
    "battery-convergence": convergence,
    "battery-discharge": discharge,
    "battery-collapse": collapse,
    "battery-runaway": runaway,
    "battery-ranking": ranking,
}


def main() -> None:
    """Draw every plot."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    mpl.rcParams.update(STYLE)
    for name, draw in PLOTS.items():
        draw().savefig(FOLDER / f"{name}.svg", metadata={"Date": None, "Creator": None})
        sys.stdout.write(f"drew {name}.svg\n")


def _figure(
    rows: int, height_in: float, *, share_x: bool = True
) -> tuple[Figure, tuple[Axes, ...]]:
    figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
    drawn = figure.subplots(rows, 1, sharex=share_x, squeeze=False)
    return figure, tuple(drawn[:, 0])


if __name__ == "__main__":
    main()
