"""How every plot looks: colours, sizes, legends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

#: The width of A4 less its margins: text in a plot has the size that is written here.
WIDTH_IN: Final = 7.2
GREY, BLUE, ORANGE, RED, GREEN = "0.55", "#1f5fa8", "#c77700", "#b3261e", "#2e7d4f"
DARK: Final = "0.15"
#: From the axis to its label, as a part of the width: beside numbers of five characters.
_LABEL_IN: Final = 0.6
BAND: Final = "0.86"
#: Cells that are shown one by one: told apart by colour and by line.
ODD_STYLES: Final = ((ORANGE, "-"), (BLUE, "--"), (RED, ":"))
_STYLE: Final[dict[Any, Any]] = {
    "svg.hashsalt": "report",
    "svg.fonttype": "none",
    "font.size": 8.0,
    "axes.titlesize": 8.5,
    "axes.grid": True,
    "grid.color": "0.9",
    "grid.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "lines.linewidth": 1.1,
    "legend.fontsize": 7.5,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}


def prepare() -> None:
    """Set the style for this process."""
    mpl.rcParams.update(_STYLE)


@dataclass(frozen=True, slots=True)
class Frame:
    """The room around the plots of a figure, and between them, in inches.

    Set and not worked out: all figures of a page stand in line, and drawing takes half the time.
    """

    left: float = 0.7
    right: float = 0.2
    top: float = 0.06
    bottom: float = 0.4
    gap: float = 0.14


def figure(
    rows: int,
    row_in: float,
    frame: Frame = Frame(),
    columns: int = 1,
    **options: Any,  # noqa: ANN401 - as matplotlib types its subplots; frames are frozen
) -> tuple[Figure, Any]:
    """Make a figure over the width of the page, of rows `row_in` high."""
    height_in = frame.top + rows * row_in + (rows - 1) * frame.gap + frame.bottom
    drawn = Figure(figsize=(WIDTH_IN, height_in))
    grid = drawn.subplots(rows, columns, squeeze=False, **options)
    inner_in = WIDTH_IN - frame.left - frame.right
    column_in = (inner_in - (columns - 1) * frame.gap) / columns
    drawn.subplots_adjust(
        left=frame.left / WIDTH_IN,
        right=1 - frame.right / WIDTH_IN,
        top=1 - frame.top / height_in,
        bottom=frame.bottom / height_in,
        hspace=frame.gap / row_in,
        wspace=frame.gap / column_in,
    )
    return drawn, grid


def align(stack: Iterable[Axes]) -> None:
    """Put the labels of vertical axes below each other."""
    for axes in stack:
        axes.yaxis.set_label_coords(-_LABEL_IN / WIDTH_IN, 0.5)


def nothing(axes: Axes, text: str) -> None:
    """Say in an empty plot why it is empty."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=GREY)
    axes.grid(visible=False)
    axes.tick_params(left=False, labelleft=False)


def legend(axes: Axes, columns: int = 6) -> None:
    """Put the legend above the plot, where it covers nothing."""
    axes.legend(
        frameon=False,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=columns,
        borderpad=0.1,
        borderaxespad=0.1,
        columnspacing=1.2,
        handlelength=1.6,
    )
