"""Two discharges of the simulator's plant: what changed of each cell between them."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import numpy as np
import pytest

from bacs_core.api.discharge_messages import ReplacedCell
from bacs_core.errors import RefusedError
from bacs_core.history.discharges.comparing import Recorded, compared
from tests.core.history.discharges.plants import BLOCKS, STRING, Run, without_current

WORSE, SEVERAL_HOURS_S = 4, 5 * 3600


@cache
def discharged(worse: float, load_a: float = 20.0, rising: float = 1.0) -> Run:
    run = Run()
    run.plant.defects.weaken(WORSE - 1, worse)
    run.plant.defects.raise_resistance(9, rising)
    run.live(60)
    run.discharge(load_a, 2.5 * 3600, 30.0)
    run.recharge()
    return run


def recorded(run: Run) -> Recorded:
    fold = run.fold()
    return Recorded(run.analysis(run.start, fold=fold), fold.recording.frames)


def test_the_cell_that_got_worse_is_named_whatever_the_load_was() -> None:
    for load_a in (20.0, 30.0):
        told = compared(recorded(discharged(1.0)), recorded(discharged(0.75, load_a)), [])
        assert told.over == "given_ah"
        assert told.changed[0] == WORSE
        assert told.changed == [WORSE]
        worse_v = told.end_difference_v[WORSE - 1]
        assert worse_v is not None
        assert worse_v < -0.01


def test_both_are_held_against_each_other_up_to_what_the_shorter_one_gave() -> None:
    first, second = discharged(1.0), discharged(0.75, 30.0)
    told = compared(recorded(first), recorded(second), [])
    assert told.axis[-1] == pytest.approx(min(first.true_ah, second.true_ah), rel=0.02)
    assert len(told.axis) == len(told.string_v) == 100
    # The heavier load shows in all cells, and is nobody's fault.
    assert told.string_v[-1] is not None
    assert told.string_v[-1] < -0.005
    others = [value for cell, value in enumerate(told.mean_difference_v, 1) if cell != WORSE]
    assert all(value is not None and abs(value) < 0.005 for value in others)


def test_against_itself_nothing_changed() -> None:
    told = compared(recorded(discharged(1.0)), recorded(discharged(1.0)), [])
    assert told.changed == []
    assert set(told.mean_difference_v) == set(told.lowest_difference_v) == {0.0}


def test_without_a_current_they_are_compared_over_time() -> None:
    first, second = (without_current(discharged(worse)) for worse in (1.0, 0.75))
    told = compared(recorded(first), recorded(second), [])
    assert told.over == "time_s"
    # The end is the sample before the last one.
    assert told.axis[-1] == pytest.approx(2.5 * 3600 - 30, rel=1e-3)
    assert told.changed == [WORSE]


def test_the_cells_that_were_exchanged_between_them_are_named() -> None:
    first, second = recorded(discharged(0.75)), recorded(discharged(1.0))
    at = first.analysis.discharge.started_at + timedelta(days=3)
    told = compared(first, second, [ReplacedCell(cell=WORSE, at=at)])
    assert [(one.cell, one.at) for one in told.replaced] == [(WORSE, at)]
    better_v = told.end_difference_v[WORSE - 1]
    assert better_v is not None
    assert better_v > 0.01


def test_discharges_of_other_strings_cannot_be_compared() -> None:
    other = Run(BLOCKS)
    other.live(60)
    other.discharge(20.0, 600)
    battery = other.battery.model_copy(update={"string_key": STRING.key})
    told = recorded(other)
    with pytest.raises(RefusedError, match="another number of cells"):
        compared(recorded(discharged(1.0)), told, [])
    elsewhere = told.analysis.discharge.model_copy(
        update={"battery": battery.model_copy(update={"string_key": "room/2"})}
    )
    told = Recorded(told.analysis.model_copy(update={"discharge": elsewhere}), told.frames)
    with pytest.raises(RefusedError, match="not of one string"):
        compared(recorded(discharged(1.0)), told, [])


def test_a_cell_that_was_silent_in_one_of_them_has_no_difference() -> None:
    first, second = recorded(discharged(1.0)), recorded(discharged(0.75))
    second.frames.voltage_v[:, 6] = np.nan
    told = compared(first, second, [])
    assert told.mean_difference_v[6] is None
    assert told.changed == [WORSE]
