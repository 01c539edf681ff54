"""What protection carries over a restart."""

from __future__ import annotations

import json
from copy import copy
from functools import cache
from typing import Any

import numpy as np
import pytest

from bacs_core import protection
from bacs_core.model import RunawayStage, TripCause
from bacs_core.protection import Tuning
from bacs_core.rows import rows_of
from tests.core.protection import build
from tests.core.protection.build import Watch

WARM = [38.0, 26.0, 26.0, 26.0]


def learned() -> Watch:
    """A string whose modules are known after two days; each test has its own."""
    return copy(learned_once())


@cache
def learned_once() -> Watch:
    watch = Watch(tuning=Tuning(longest_step_s=600.0))
    for _ in range(6 * 48):
        watch.tick(26.0 + np.array([3.0, -3.0, 0.0, 0.0]), step_s=600.0)
    watch.tuning = Tuning(longest_step_s=60.0)
    return watch


def restarted(watch: Watch) -> protection.Memory:
    kept = json.loads(json.dumps(protection.keep(watch.memory, watch.rows), allow_nan=False))
    return protection.restore(kept, watch.rows)


def test_what_was_learned_of_modules_and_room_is_kept() -> None:
    watch = learned()
    memory = restarted(watch)
    assert memory.cells.offset_k == pytest.approx(watch.memory.cells.offset_k, abs=1e-3)
    assert memory.strings.usual_c == pytest.approx(watch.memory.strings.usual_c, abs=1e-3)
    assert memory.at == pytest.approx(watch.memory.at)


def test_a_stage_and_its_half_hour_go_on_after_a_restart() -> None:
    watch = Watch()
    watch.run(60, 26.0)
    for minute in range(70):
        watch.tick([34.0 + minute / 20, 26.0, 26.0, 26.0])
    before = watch.memory
    watch.memory = restarted(watch)
    assert (watch.memory.cells.alarm == before.cells.alarm).all()
    assert watch.memory.cells.alarm[0]
    assert watch.memory.cells.worse_s == pytest.approx(before.cells.worse_s)
    assert watch.memory.cells.worse_s[0] > 0
    watch.seconds += 300.0
    for minute in range(70, 110):
        verdict = watch.tick([34.0 + minute / 20, 26.0, 26.0, 26.0])
    assert verdict.cause[TripCause.THERMAL_RUNAWAY][0]


def test_a_trip_stands_right_after_a_restart_even_if_nothing_is_read() -> None:
    watch = Watch()
    watch.run(5, [61.0, 40.0, 40.0, 40.0])
    watch.memory = restarted(watch)
    verdict = watch.tick(np.nan, step_s=1)
    assert verdict.stage[0] == RunawayStage.TRIP
    assert verdict.cause[TripCause.THERMAL_RUNAWAY][0]


def test_a_sensor_that_did_the_impossible_is_not_believed_after_a_restart() -> None:
    watch = Watch(tuning=Tuning())
    for value_c in [26.0] * 20 + [90.0] * 20:
        watch.tick([value_c, 26.0, 26.0, 26.0], step_s=1)
    watch.memory = restarted(watch)
    for _ in range(30):
        verdict = watch.tick([90.0, 26.0, 26.0, 26.0], step_s=1)
    assert verdict.temperature_suspect[0]
    assert not verdict.stage.any()


def test_a_string_whose_cells_changed_starts_anew() -> None:
    watch = learned()
    kept = protection.keep(watch.memory, watch.rows)
    memory = protection.restore(kept, rows_of([build.string(cell_count=5)]))
    assert not memory.cells.offset_k.any()
    assert np.isnan(memory.strings.usual_c).all()


@pytest.mark.parametrize(
    "nonsense", [None, "x", -1, 10**400, [1], {"a": 2}, [None, True, "3", 4], [10**400] * 4]
)
@pytest.mark.parametrize("part", ["offset_k", "cells", "string", "at", "ups/1"])
def test_what_is_malformed_is_left_out_and_the_rest_is_kept(part: str, nonsense: object) -> None:
    watch = learned()
    kept = protection.keep(watch.memory, watch.rows)
    string = kept["ups/1"]
    where: Any = {"offset_k": string["cells"], "ups/1": kept}.get(part, string)
    where[part] = nonsense
    memory = protection.restore(kept, watch.rows)
    watch.memory = memory
    assert not watch.run(3, 26.0).stage.any()
    if part == "offset_k":
        assert memory.strings.usual_c == pytest.approx(26.0, abs=0.5)


@pytest.mark.parametrize("kept", [None, [], 7, "x"])
def test_what_cannot_be_read_at_all_begins_anew(kept: object) -> None:
    rows = rows_of([build.string()])
    assert np.isnan(protection.restore(kept, rows).at)
