"""Charge and capacity of the simulated plant, whose truth is known, after real power failures.

Two strings of six blocks of 100 Ah have a clamp of ±5 A, which is off by an ampere. The first is
discharged with 35 A and has a weak block (70 %) and a tired one (85 %), the other is healthy and
gives 20 A.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from bacs_core import estimation
from bacs_core.estimation import Estimates
from bacs_core.model import Basis, Quantity
from bacs_core.simulator.building import PlantOptions
from bacs_core.simulator.plant import Plant
from bacs_core.simulator.sensors import CurrentSensing
from bacs_core.simulator.truth import PlantTruth
from tests.core.protection import build

LOADS_A = (35.0, 20.0)
WEAK, TIRED = 2, 4
FLOATS_H, FAILS_H = 30.0, 2.2
#: So far the estimate may be from the truth where it is no estimate: rounding of the modules.
NOTHING = 0.1


@dataclass
class Life:
    """The plant with its estimates; `seen` keeps what was said in the last run, with the truth."""

    plant: Plant
    memory: estimation.Memory
    tuning: estimation.Tuning = field(
        default_factory=lambda: estimation.Tuning(longest_step_s=1200.0)
    )
    seen: list[tuple[Estimates, PlantTruth]] = field(default_factory=list)

    def run(self, hours: float, step_s: float) -> None:
        self.seen = []
        for _ in range(round(hours * 3600 / step_s)):
            self.plant.advance(step_s)
            frame = self.plant.frame(build.START)
            estimates, self.memory = estimation.estimate(frame, self.memory, self.tuning)
            self.seen.append((estimates, self.plant.truth_rows()))

    def fail(self) -> None:
        for string, load_a in zip(self.plant.rows.strings, LOADS_A, strict=True):
            self.plant.set_charger(string.key, on=False)
            self.plant.set_load_current(string.key, load_a)
        self.run(FAILS_H, 60.0)
        self.plant.set_charger(None, on=True)
        self.plant.set_load_current(None, 0.0)

    @property
    def now(self) -> tuple[Estimates, PlantTruth]:
        return self.seen[-1]


@pytest.fixture(scope="module")
def failures() -> list[Life]:
    """The same plant after its first power failure, recharged, and in its second one."""
    strings = [build.string(n, 6, stale_s=900.0, absent=(Quantity.CHARGE,)) for n in (1, 2)]
    plant = Plant(strings, PlantOptions(seed=7, max_step_s=600.0))
    plant.sense_current(None, CurrentSensing.COARSE)
    plant.defects.weaken(WEAK, 0.7)
    plant.defects.weaken(TIRED, 0.85)
    life = Life(plant, estimation.initial(plant.rows))
    lives = []
    for _ in range(2):
        life.run(FLOATS_H, 600.0)
        lives.append(Life(plant, life.memory, seen=life.seen))
        life.fail()
        lives.append(Life(plant, life.memory, seen=life.seen))
    return lives


def test_a_cell_that_came_to_its_end_voltage_has_its_capacity_within_the_stated_uncertainty(
    failures: list[Life],
) -> None:
    for life in failures[2:]:
        estimates, truth = life.now
        capacity = estimates.capacity
        for cell in (WEAK, TIRED):
            assert capacity.basis[cell] == Basis.DISCHARGE
            assert abs(capacity.value[cell] - truth.capacity_ah[cell]) <= capacity.uncertainty[cell]
            assert capacity.uncertainty[cell] <= 10


def test_a_cell_that_did_not_come_to_its_end_has_a_lower_bound_that_is_below_the_truth(
    failures: list[Life],
) -> None:
    estimates, truth = failures[2].now
    capacity = estimates.capacity
    bounded = capacity.basis == Basis.LOWER_BOUND
    assert bounded.sum() == 10
    assert (capacity.value[bounded] <= truth.capacity_ah[bounded]).all()
    assert np.isnan(capacity.uncertainty[bounded]).all()


def test_charge_stays_within_its_stated_uncertainty_where_capacity_is_as_well_known_as_it_says(
    failures: list[Life],
) -> None:
    healthy = np.ones(12, np.bool_)
    healthy[[WEAK, TIRED]] = False
    for life, cells in zip(
        failures, (healthy, healthy, healthy | True, healthy | True), strict=True
    ):
        for estimates, truth in life.seen:
            charge = estimates.charge
            known = cells & np.isfinite(charge.value)
            apart = np.abs(charge.value - truth.charge_percent)
            assert (apart <= charge.uncertainty + NOTHING)[known].all()
    assert known.all()


def test_what_can_be_taken_out_of_a_string_is_not_more_than_its_weakest_cell_can_give(
    failures: list[Life],
) -> None:
    for estimates, truth in failures[3].seen:
        charge, weakest = estimates.string_charge, truth.charge_percent[:6].min()
        assert charge.value[0] <= weakest + charge.uncertainty[0]


def test_a_charge_that_is_full_was_proven_and_is_not_said_in_a_discharge(
    failures: list[Life],
) -> None:
    for life in failures[1::2]:
        for estimates, _ in life.seen[1:]:
            assert (estimates.charge.value < 99.5).all()
    for life in failures[::2]:
        estimates, _ = life.now
        assert (estimates.charge.value >= 99).all()
        assert set(estimates.charge.basis.tolist()) == {Basis.PROVEN_FULL}
