"""What the charts of a discharge show is what was recorded."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest

from bacs_core.api.discharge_messages import Comparison, DischargeAnalysis, Replay
from bacs_hmi.pages.discharges import pictures
from bacs_hmi.pages.discharges.cells import marks_of
from bacs_hmi.pages.discharges.live import fallen_out, falling_out_first
from bacs_hmi.texts import LANGUAGES
from tests.hmi.discharged_plant import WEAK, discharged, entry, telecom

TEXTS = LANGUAGES["en"]
BEGAN = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@cache
def analysis() -> DischargeAnalysis:
    """A discharge in which one cell fell out."""
    kept = entry(discharged(telecom(), 0.55), BEGAN)
    assert kept.analysis is not None
    return kept.analysis


def replay(voltages: list[float], given: list[float | None]) -> Replay:
    return Replay(
        id=1,
        battery=analysis().discharge.battery,
        at=[1000 * second for second in range(len(voltages))],
        sum_voltage_v=list(voltages),
        current_a=[-10.0] * len(voltages),
        given_ah=given,
        voltage_v=[[value / 24] * 24 for value in voltages],
    )


def test_the_cell_that_fell_out_stands_first_and_is_marked() -> None:
    assert pictures.collapsed_first(analysis())[0] == WEAK
    assert marks_of(analysis())[WEAK] == "alarm"


def test_a_capacity_that_is_only_a_lower_bound_is_not_drawn_as_a_low_capacity() -> None:
    others = {mark for cell, mark in marks_of(analysis()).items() if cell != WEAK}
    assert others == {"least"}


def test_live_those_that_fell_out_are_followed_by_the_lowest() -> None:
    voltages: list[float | None] = list(np.linspace(1.99, 1.95, 24))
    voltages[2] = None
    order = falling_out_first(analysis(), voltages)
    assert (order[0], order[1], order[-1]) == (WEAK, 24, 3)


def test_bars_show_where_a_cell_ends_and_have_room_below() -> None:
    battery = analysis().discharge.battery
    bars = pictures.voltage_bars(battery, [2.13, None], [1, 2], "x")
    assert bars.low < battery.end_voltage_v < bars.high
    assert bars.high >= 2.13
    assert bars.levels[0].value == battery.end_voltage_v


def test_the_plan_of_the_player_holds_every_frame_and_when_cells_fell_out() -> None:
    shown = replay([51.0, 50.0, 49.0], [0.0, 1.0, 2.0])
    plan = pictures.player_plan(shown, analysis(), list(range(1, 25)), TEXTS, "en")
    assert (plan["seconds"], plan["cells"]) == ([0.0, 1.0, 2.0], 24)
    assert plan["speeds"] == [1, 10, 60, 600]
    assert [each["cell"] for each in plan["collapses"]] == [WEAK]
    assert plan["chart"]["columns"][1] == [51.0, 50.0, 49.0]


def test_two_discharges_are_read_at_the_same_ampere_hours() -> None:
    first = replay([50.0, 48.0, 46.0], [0.0, 2.0, 4.0])
    assert pictures.along(first, [0.0, 1.0, 4.0, 5.0], over_charge=True) == [50.0, 49.0, 46.0, None]
    assert pictures.along(first, [0.5], over_charge=False) == [49.0]
    unknown = replay([50.0, 48.0], [None, None])
    assert pictures.along(unknown, [1.0], over_charge=True) == [None]


def test_cells_are_ranked_by_what_changed_and_unknown_ones_stand_last() -> None:
    told = Comparison(
        first=analysis().discharge,
        second=analysis().discharge,
        over="given_ah",
        axis=[0.0, 1.0],
        string_v=[0.0, 0.0],
        mean_difference_v=[0.001, -0.2, None, 0.03],
        end_difference_v=[0.002, -0.353, None, None],
        lowest_difference_v=[None] * 4,
        capacity_change_percent=[None] * 4,
    )
    values = pictures.differences(told)
    assert values == [2, -353, None, 30]
    assert pictures.ranked(values) == [2, 4, 1, 3]
    bars = pictures.difference_bars(values, TEXTS)
    assert (bars.low, bars.high, bars.base) == (-360.0, 360.0, 0.0)


@pytest.mark.parametrize(("cells", "frames"), [(24, 1000), (512, 234), (4096, 200)])
def test_a_string_of_many_cells_has_fewer_frames(cells: int, frames: int) -> None:
    assert pictures.frames_for(cells) == frames


@pytest.mark.parametrize(("end_s", "unit"), [(0, "s"), (40, "s"), (600, "min"), (10_000, "h")])
def test_the_axis_of_time_has_the_unit_that_suits_its_length(end_s: int, unit: str) -> None:
    shown = replay([50.0, 49.0], [0.0, 1.0]).model_copy(update={"at": [0, 1000 * end_s]})
    axis = pictures.curve(shown, TEXTS).axis
    assert axis.unit == unit
    assert axis.end > 0.01


def test_live_a_cell_that_fell_out_is_told_in_few_words() -> None:
    told = fallen_out(analysis(), TEXTS)
    assert told[WEAK] == "weak"
    unfaulted = analysis().model_copy(update={"faults": []})
    assert " after " in fallen_out(unfaulted, TEXTS)[WEAK]
