"""Plots over time: trends, the newest discharge, alarms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from bacs_core.api.discharge_messages import DischargeAnalysis
from bacs_core.history.events import EventKind
from bacs_core.model import AlarmSeverity, cell_label
from bacs_core.reports.content import Band, Content, Curve, Happening, Identity, Trend, Values
from bacs_core.reports.language import Language
from bacs_core.reports.plots.canvas import (
    BAND,
    BLUE,
    DARK,
    GREEN,
    GREY,
    ODD_STYLES,
    ORANGE,
    RED,
    Frame,
    align,
    figure,
    legend,
    nothing,
)
from bacs_core.reports.plots.scales import days, number_axis, time_axis
from bacs_core.reports.plots.svg import Plot, finish

Row = Callable[[Axes, Trend, Identity, Language], None]

_NAN: Final = float("nan")
_MOST_RULES: Final = 12
_RULE_TEXT_LENGTH: Final = 46
#: What a discharge is drawn over, by the hours that it lasted less than: units in an hour, label.
_DURATIONS: Final = (
    (1 / 30, 3600.0, "axis_seconds"),
    (2.0, 60.0, "axis_minutes"),
    (float("inf"), 1.0, "axis_hours"),
)


def trend(told: Trend, identity: Identity, language: Language) -> Plot:
    """Draw one span: voltages, temperatures and room, resistance against its baseline, current."""
    rows: list[Row] = [_voltages, _temperatures, _resistances]
    if _any(told.current_a):
        rows.append(_currents)
    drawn, grid = figure(len(rows), 0.76, Frame(top=0.2, bottom=0.24, gap=0.2), sharex=True)
    for axes, draw in zip(grid[:, 0], rows, strict=True):
        draw(axes, told, identity, language)
        axes.yaxis.set_major_locator(MaxNLocator(4, min_n_ticks=3, steps=[1, 2, 5, 10]))
    time_axis(grid[-1, 0], language, told.start, told.end)
    align(grid[:, 0])
    return finish(drawn, f"trend-{told.span}", language.text(f"span_{told.span}"))


def discharge_curve(
    told: Curve, analysis: DischargeAnalysis, identity: Identity, language: Language
) -> Plot:
    """Draw cell voltages and current of a discharge in time."""
    drawn, grid = figure(2, 1.15, Frame(top=0.2), sharex=True, height_ratios=(2, 1))
    above, below = grid[:, 0]
    longest_h = max(told.hours, default=1.0)
    per_hour, label = next(row[1:] for row in _DURATIONS if longest_h < row[0])
    since = [per_hour * each for each in told.hours]
    _band(above, since, told.voltage_v, identity, language)
    above.axhline(
        analysis.discharge.battery.end_voltage_v, color=DARK, linestyle="--", linewidth=0.8
    )
    above.set_ylabel(language.text("axis_voltage"))
    legend(above)
    _line_or_nothing(below, since, told.current_a, language)
    below.set_ylabel(language.text("axis_current"))
    below.set_xlabel(language.text(label))
    below.set_xlim(0, max(since, default=per_hour) or per_hour)
    for axes in (above, below):
        number_axis(axes, language)
    number_axis(below, language, "x")
    align(grid[:, 0])
    title = language.text("discharge_curve", at=analysis.discharge.started_at)
    return finish(drawn, "discharge-curve", title)


def discharge_bars(
    analysis: DischargeAnalysis, identity: Identity, language: Language
) -> Plot | None:
    """Draw the end-of-discharge bar of each cell, `None` where no cell was seen at the end."""
    end = tuple(analysis.cells.end_v)
    if not any(value is not None for value in end):
        return None
    drawn, grid = figure(1, 1.5)
    axes = grid[0, 0]
    first = {collapse.cell for collapse in analysis.collapses}
    loaded = tuple(analysis.cells.loaded_v)
    floor = min(value for value in (*end, *loaded) if value is not None)
    limit_v = analysis.discharge.battery.end_voltage_v
    bottom = max(0.0, min(floor, limit_v) - 0.1 * limit_v)
    for values, colour, odd_colour in ((loaded, "#c9d8ea", "#f1d9b5"), (end, BLUE, ORANGE)):
        for odd, shown in ((False, colour), (True, odd_colour)):
            points = [
                (cell, value - bottom)
                for cell, value in enumerate(values, 1)
                if value is not None and (cell in first) is odd
            ]
            if points:
                cells, heights = zip(*points, strict=True)
                axes.bar(cells, heights, bottom=bottom, width=0.75, color=shown)
    axes.axhline(limit_v, color=DARK, linestyle="--", linewidth=0.8)
    axes.set_xlim(0.2, identity.cell_count + 0.8)
    axes.xaxis.set_major_locator(MaxNLocator(12, integer=True))
    axes.set_xlabel(language.text("axis_cell"))
    axes.set_ylabel(language.text("axis_voltage"))
    number_axis(axes, language)
    title = "discharge_bars" if analysis.final else "discharge_bars_so_far"
    return finish(drawn, "discharge-bars", language.text(title))


def alarms(content: Content, language: Language) -> Plot | None:
    """Draw when which alarms were raised, `None` where there were none."""
    raised = [event for event in content.events if event.kind == EventKind.ALARM_RAISED]
    if not raised:
        return None
    counts: dict[str, list[Happening]] = {}
    for event in raised:
        counts.setdefault(event.rule or "", []).append(event)
    rules = sorted(counts, key=lambda rule: (-len(counts[rule]), rule))[:_MOST_RULES]
    drawn, grid = figure(1, 0.1 + 0.24 * len(rules), Frame(left=2.5, bottom=0.26))
    axes = grid[0, 0]
    for place, rule in enumerate(rules):
        at = days([event.at for event in counts[rule]])
        bad = any(event.severity == AlarmSeverity.ALARM for event in counts[rule])
        axes.plot(
            at, [place] * len(at), "D" if bad else "o", color=RED if bad else ORANGE, markersize=4
        )
    axes.set_yticks(
        range(len(rules)), [f"{rule_name(rule, language)} ({len(counts[rule])})" for rule in rules]
    )
    axes.set_ylim(len(rules) - 0.5, -0.5)
    time_axis(axes, language, content.start, content.end)
    return finish(drawn, "alarms", language.text("alarm_plot"))


def rule_name(rule: str, language: Language) -> str:
    """Name an alarm rule in a few words: the beginning of what it says."""
    said = language.rules.get(rule, rule.replace("_", " "))
    said = said.replace("{note}: ", "")
    for mark in (" {", " ({", ": {", ", {"):
        said = said.split(mark)[0]
    for mark in (",", ":"):
        said = said.split(mark)[0]
    if len(said) > _RULE_TEXT_LENGTH:
        said = said[: _RULE_TEXT_LENGTH - 1].rsplit(" ", 1)[0] + " …"
    return said


def _voltages(axes: Axes, told: Trend, identity: Identity, language: Language) -> None:
    _band(axes, days(told.at), told.voltage_v, identity, language)
    axes.set_ylabel(language.text("axis_voltage"))
    number_axis(axes, language)
    if _any(told.voltage_v.middle):
        legend(axes)


def _temperatures(axes: Axes, told: Trend, identity: Identity, language: Language) -> None:
    room = _any(told.room_temperature_c)
    if room:
        axes.plot(
            days(told.at),
            _floats(told.room_temperature_c),
            color=GREEN,
            linestyle="-.",
            linewidth=1.0,
            label=language.text("legend_room"),
        )
    _band(axes, days(told.at), told.temperature_c, identity, language, quiet=True)
    axes.set_ylabel(language.text("axis_temperature"))
    number_axis(axes, language)
    if room:
        legend(axes)


def _resistances(axes: Axes, told: Trend, identity: Identity, language: Language) -> None:
    rises = told.resistance_rise_percent
    _band(axes, days(told.at), rises, identity, language, quiet=True, absent="without_baseline")
    axes.set_ylabel(language.text("axis_rise"))
    if _any(told.resistance_rise_percent.middle):
        number_axis(axes, language)


def _currents(axes: Axes, told: Trend, _identity: Identity, language: Language) -> None:
    _line_or_nothing(axes, days(told.at), told.current_a, language)
    axes.set_ylabel(language.text("axis_current"))
    number_axis(axes, language)


def _band(
    axes: Axes,
    at: Sequence[float],
    told: Band,
    identity: Identity,
    language: Language,
    *,
    quiet: bool = False,
    absent: str = "not_measured",
) -> None:
    """Draw the range of all cells, the median cell and those that stand out."""
    if not _any(told.middle):
        nothing(axes, language.text(absent))
        return
    # A label that begins like this stays out of the legend.
    hide = "_" if quiet else ""
    low, high = _floats(told.lowest), _floats(told.highest)
    lone, middle = _lone(told.middle), _floats(told.middle)
    # A single bucket between gaps has neither area nor line.
    axes.vlines(
        [at[place] for place in lone],
        [low[place] for place in lone],
        [high[place] for place in lone],
        color=BAND,
        linewidth=2.4,
    )
    axes.plot(
        [at[place] for place in lone],
        [middle[place] for place in lone],
        ".",
        color=DARK,
        markersize=3,
    )
    axes.fill_between(
        at,
        low,
        high,
        facecolor=BAND,
        edgecolor=BAND,
        linewidth=0.8,
        label=hide + language.text("legend_range"),
    )
    median = hide + language.text("legend_median")
    axes.plot(at, middle, color=DARK, linewidth=0.9, label=median)
    for (cell, values), (colour, style) in zip(told.cells.items(), ODD_STYLES, strict=False):
        label = hide + language.text("cell_named", cell=cell_label(cell, identity.cell_count))
        axes.plot(at, _floats(values), color=colour, linestyle=style, linewidth=1.0, label=label)


def _line_or_nothing(axes: Axes, at: Sequence[float], values: Values, language: Language) -> None:
    if not _any(values):
        nothing(axes, language.text("not_measured"))
        return
    axes.axhline(0, color=GREY, linewidth=0.6)
    lone, known = _lone(values), _floats(values)
    axes.plot(at, known, color=BLUE, linewidth=0.9)
    axes.plot([at[place] for place in lone], [known[place] for place in lone], ".", color=BLUE)


def _lone(values: Values) -> list[int]:
    """Return the places of values with nothing on either side."""
    around = (None, *values, None)
    return [
        place
        for place, value in enumerate(values)
        if value is not None and around[place] is None and around[place + 2] is None
    ]


def _floats(values: Values) -> list[float]:
    return [_NAN if value is None else value for value in values]


def _any(values: Values) -> bool:
    return any(value is not None for value in values)
