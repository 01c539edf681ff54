"""What the charts of a discharge show, from what the engine tells; pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import ceil, floor
from typing import Any, Final

from bacs_core.api.discharge_messages import (
    Battery,
    Comparison,
    DischargeAnalysis,
    Replay,
)
from bacs_core.model import Quantity
from bacs_hmi.charts.cell_bars import Bars, Level
from bacs_hmi.charts.line_chart import Axis, Chart, Line, Scale
from bacs_hmi.charts.packing import packed
from bacs_hmi.contents import LOW_STRING_V
from bacs_hmi.format import SHOWN
from bacs_hmi.texts import Texts

SPEEDS: Final = (1, 10, 60, 600)
#: Frames of a replay: many for a smooth picture, fewer where each frame has many cells.
_MOST_NUMBERS: Final = 120_000
_FEWEST_FRAMES: Final = 200
_MOST_FRAMES: Final = 1000
_MS: Final = 1000
_HOUR_S: Final = 3600.0
_MINUTE_S: Final = 60.0
_TWO_HOURS_S: Final = 2 * _HOUR_S
_TWO_MINUTES_S: Final = 2 * _MINUTE_S
_DECIMALS: Final = {"h": 2, "min": 1, "s": 0}
_MV: Final = 1000.0
#: Room below the end voltage in which a collapsed cell still has a bar, as a share of it.
_BELOW_END: Final = 0.12


def frames_for(cell_count: int) -> int:
    """Return how many frames to ask for, for a string of so many cells."""
    return max(_FEWEST_FRAMES, min(_MOST_FRAMES, _MOST_NUMBERS // max(1, cell_count)))


def voltage_bars(
    battery: Battery, voltages: Sequence[float | None], order: Sequence[int], name: str
) -> Bars:
    """Return how bars of cell voltages are drawn that reach from below the end to `voltages`."""
    known = [value for value in voltages if value is not None]
    fine = battery.cell_voltage_v / 2.0
    end_v = battery.end_voltage_v
    step = 0.05 * fine
    high_v = max([*known, battery.float_voltage_v * 0.98])
    low_v = max(0.0, end_v * (1 - _BELOW_END))
    return Bars(
        name=name,
        order=order,
        low=round(floor(low_v / step) * step, 3),
        high=round(ceil(high_v / step) * step, 3),
        base=round(floor(low_v / step) * step, 3),
        unit="V",
        decimals=SHOWN[Quantity.VOLTAGE].decimals(battery.cell_voltage_v),
        levels=(Level(end_v, "alarm"),),
    )


def by_number(battery: Battery) -> list[int]:
    """Return the cells in the order of their numbers."""
    return list(range(1, battery.cell_count + 1))


def collapsed_first(analysis: DischargeAnalysis) -> list[int]:
    """Return the cells with those first that fell out, then those that fell lowest."""
    ranks = {collapse.cell: collapse.rank for collapse in analysis.collapses}
    lowest = analysis.cells.lowest_v
    last = len(lowest) + 1

    def key(cell: int) -> tuple[int, float, int]:
        value = lowest[cell - 1]
        return ranks.get(cell, last), float("inf") if value is None else value, cell

    return sorted(by_number(analysis.discharge.battery), key=key)


def curve(replay: Replay, texts: Texts) -> Chart:
    """Return voltage and current over the time since the beginning."""
    seconds = seconds_of(replay)
    unit_s, unit = axis_unit(seconds)
    current = [None if value is None else -value for value in replay.current_a]
    end = max(seconds[-1] if seconds else 0.0, 1.0) / unit_s
    return Chart(
        label=texts["discharge_curve"],
        axis=Axis("number", 0.0, end, unit, _DECIMALS[unit]),
        at=[round(value / unit_s, 4) for value in seconds],
        lines=(
            Line(texts["sum_voltage"], replay.sum_voltage_v),
            Line(texts["discharge_current"], current, style="thin", scale=1),
        ),
        scales=(
            Scale("V", 1, replay.battery.cell_count * replay.battery.cell_voltage_v * 0.02),
            Scale("A", 1, 1.0, zero=True),
        ),
    )


def axis_unit(seconds: Sequence[float]) -> tuple[float, str]:
    """Return the unit of the time axis: seconds, minutes, or hours, by how long it is."""
    end_s = seconds[-1] if seconds else 0.0
    if end_s > _TWO_HOURS_S:
        return _HOUR_S, "h"
    return (_MINUTE_S, "min") if end_s > _TWO_MINUTES_S else (1.0, "s")


def seconds_of(replay: Replay) -> list[float]:
    """Return how long after the first frame each frame was."""
    return [(at - replay.at[0]) / _MS for at in replay.at]


def player_plan(
    replay: Replay, analysis: DischargeAnalysis, order: Sequence[int], texts: Texts, language: str
) -> dict[str, Any]:
    """Return everything that the browser needs to play a discharge by itself."""
    battery = replay.battery
    seconds = seconds_of(replay)
    first = next((frame for frame in replay.voltage_v if any(frame)), [])
    start_ms = replay.at[0] if replay.at else 0
    bars = voltage_bars(battery, first, order, texts["discharge_bars"])
    chart = curve(replay, texts).plain(texts, language)
    # A touch moves the whole picture there, and the totals tell the values.
    chart["words"]["touch"] = ""
    return {
        "cells": battery.cell_count,
        "seconds": seconds,
        "sum": list(replay.sum_voltage_v),
        "current": list(replay.current_a),
        "given": list(replay.given_ah),
        "sumDecimals": 2 if battery.cell_count * battery.cell_voltage_v < LOW_STRING_V else 1,
        "voltages": packed(
            (value for frame in replay.voltage_v for value in frame), steps_per_unit=_MV
        ),
        "bars": bars.plain(texts),
        "chart": chart,
        "axisUnit": axis_unit(seconds)[0],
        "speeds": list(SPEEDS),
        "collapses": [
            {"cell": each.cell, "after": (each.at.timestamp() * _MS - start_ms) / _MS}
            for each in analysis.collapses
        ],
        "words": {
            "play": texts["replay_play"],
            "pause": texts["replay_pause"],
            "speed": texts["replay_speed"],
            "position": texts["replay_position"],
            "elapsed": texts["discharge_elapsed"],
            "voltage": texts["sum_voltage"],
            "current": texts["current"],
            "given": texts["discharge_given"],
            "lowest": texts["discharge_lowest"],
            "cell": texts["cell_title"],
        },
    }


def compared_curves(
    told: Comparison, first: Replay, second: Replay, names: tuple[str, str], texts: Texts
) -> Chart:
    """Return the voltage of the string in both discharges over what was drawn."""
    over_charge = told.over == "given_ah"
    unit_s, unit = (1.0, "Ah") if over_charge else axis_unit(told.axis)
    lines = (
        Line(names[0], along(first, told.axis, over_charge=over_charge), style="other"),
        Line(names[1], along(second, told.axis, over_charge=over_charge), style="main"),
    )
    battery = told.second.battery
    return Chart(
        label=texts["discharge_compared"],
        axis=Axis("number", 0.0, told.axis[-1] / unit_s, unit, 1),
        at=[round(place / unit_s, 3) for place in told.axis],
        lines=lines,
        scales=(Scale("V", 2, battery.cell_count * battery.cell_voltage_v * 0.02),),
    )


def along(replay: Replay, axis: Sequence[float], *, over_charge: bool) -> list[float | None]:
    """Read the voltage of the string at the places of `axis`, straight between two frames."""
    where = replay.given_ah if over_charge else seconds_of(replay)
    known = [
        (place, value)
        for place, value in zip(where, replay.sum_voltage_v, strict=True)
        if place is not None and value is not None
    ]
    places = [place for place, _ in known]
    read: list[float | None] = []
    for wanted in axis:
        after = bisect_right(places, wanted)
        if after == 0 or (after == len(known) and wanted > places[-1]):
            read.append(None)
            continue
        if after == len(known):
            read.append(round(known[-1][1], 3))
            continue
        (left, low), (right, high) = known[after - 1], known[after]
        share = (wanted - left) / (right - left) if right > left else 0.0
        read.append(round(low + share * (high - low), 3))
    return read


def differences(told: Comparison) -> list[float | None]:
    """Return by how many millivolts each cell itself changed at the end, else on the mean."""
    chosen = (
        mean if end is None else end
        for end, mean in zip(told.end_difference_v, told.mean_difference_v, strict=True)
    )
    return [None if value is None else round(value * _MV) for value in chosen]


def difference_bars(values: Sequence[float | None], texts: Texts) -> Bars:
    """Return how the differences are drawn, the largest first."""
    size = max([10.0, *(abs(value) for value in values if value is not None)])
    high = ceil(size / 10) * 10.0
    return Bars(
        name=texts["discharge_differences"],
        order=ranked(values),
        low=-high,
        high=high,
        base=0.0,
        unit="mV",
        decimals=0,
        levels=(Level(0.0),),
    )


def ranked(values: Sequence[float | None]) -> list[int]:
    """Return the cells (from 1), those that differ most first; unknown ones last."""
    return sorted(
        range(1, len(values) + 1),
        key=lambda cell: (values[cell - 1] is None, -abs(values[cell - 1] or 0.0), cell),
    )


def capacity_bars(values: Sequence[float | None], texts: Texts) -> Bars:
    """Return how capacities are drawn: in percent of the rated one, with the end of life."""
    high = max([100.0, *(value for value in values if value is not None)])
    return Bars(
        name=texts["discharge_capacities"],
        order=list(range(1, len(values) + 1)),
        low=0.0,
        high=ceil(high / 20) * 20.0,
        base=0.0,
        unit="%",
        decimals=0,
        levels=(Level(80.0, "alarm"),),
    )
