"""A current sensor that is stuck at a small discharge hides no runaway."""

from __future__ import annotations

import numpy as np
import pytest

from bacs_core.model import ChargePhase, RunawayStage
from tests.core.protection.build import START, Watch

HELD_V = np.full(4, 13.5)
FALLEN_V = np.full(4, 12.4)
UNKNOWN_V = np.full(4, np.nan)


def worst_stage(watch: Watch, temperature_c: list[float], voltage_v: object, hours: float) -> int:
    """Return the worst stage in a discharge that is told for so long."""
    verdict = watch.run(
        60 * hours,
        temperature_c,
        phase=ChargePhase.DISCHARGE,
        phase_since=START,
        current_a=-5.0,
        voltage_v=voltage_v,
    )
    return int(verdict.string_stage[0])


@pytest.mark.parametrize(
    ("voltage_v", "expected"),
    [
        (HELD_V, RunawayStage.ALARM),
        (FALLEN_V, RunawayStage.NONE),
        (UNKNOWN_V, RunawayStage.NONE),
    ],
    ids=["held at float", "fallen", "unknown"],
)
def test_a_discharge_hides_a_hot_cell_only_where_the_voltage_is_below_float(
    voltage_v: object, expected: RunawayStage
) -> None:
    assert worst_stage(Watch(), [38.0, 25.0, 25.0, 25.0], voltage_v, 8) == expected


def test_no_heat_of_a_recharge_is_allowed_for_long_where_the_voltage_stands_at_float() -> None:
    watch = Watch()
    worst_stage(watch, [25.0] * 4, HELD_V, 24)
    assert worst_stage(watch, [36.0] * 4, HELD_V, 1) == RunawayStage.ALARM


def test_the_heat_of_a_recharge_is_still_allowed_when_a_discharge_begins() -> None:
    """Until its voltage falls, a string that discharges looks like one that does not."""
    assert worst_stage(Watch(), [31.0] * 4, HELD_V, 0.5) == RunawayStage.NONE


@pytest.mark.parametrize(
    ("hot_c", "expected"), [(57.0, RunawayStage.ALARM), (60.5, RunawayStage.TRIP)]
)
def test_a_true_discharge_still_trips_only_at_60_degrees(
    hot_c: float, expected: RunawayStage
) -> None:
    watch = Watch()
    for minute in range(120):
        cell_c = 25.0 + min(minute / 60, 1.0) * (hot_c - 25.0)
        stage = worst_stage(watch, [cell_c, 25.0, 25.0, 25.0], FALLEN_V, 1 / 60)
    assert stage == expected
    assert watch.verdict is not None
    trips = any(flags.any() for flags in watch.verdict.cause.values())
    assert trips is (expected is RunawayStage.TRIP)
