"""Which ticks are stored: every ten seconds all, and around a discharge every one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from bacs_core.history.measurements.cadence import LEAD_TICKS, Cadence
from bacs_core.model import Basis, ChargePhase, EqualizationMode
from bacs_core.snapshot import BrainSummary, CellEstimates, Snapshot
from tests.core.history.plant import START, snapshot, steady, string, string_snapshot

FLOAT, DISCHARGE, BULK = ChargePhase.FLOAT, ChargePhase.DISCHARGE, ChargePhase.BULK


def tick(second: float, first: ChargePhase = FLOAT, second_string: ChargePhase = FLOAT) -> Snapshot:
    at = START + timedelta(seconds=second)
    strings = [
        replace(string_snapshot(string(number), steady(4), at), brain=brain(phase))
        for number, phase in ((1, first), (2, second_string))
    ]
    return snapshot(at, *strings)


def brain(phase: ChargePhase) -> BrainSummary:
    nothing = np.full(4, np.nan)
    estimates = CellEstimates(nothing, nothing, np.zeros(4, np.uint8))
    no = np.zeros(4, np.bool_)
    return BrainSummary(
        phase=phase,
        phase_since=None,
        mode=EqualizationMode.OFF,
        limit_percent=None,
        charge_percent=None,
        charge_uncertainty_percent=None,
        charge_basis=Basis(0),
        charge=estimates,
        capacity=estimates,
        health=estimates,
        bled_ah=nothing,
        resistance_baseline_ohm=nothing,
        resistance_rise=nothing,
        stage=np.zeros(4, np.uint8),
        equalizes=no,
        paused=no,
        exhausted=no,
        stuck_on=no,
        stuck_off=no,
    )


def stored(cadence: Cadence, ticks: list[Snapshot]) -> list[tuple[float, list[bool], bool]]:
    """Return second, kept strings and flush of everything that is stored."""
    return [
        (due.taken.at / 1000 - START.timestamp(), due.taken.kept.tolist(), due.flush)
        for each in ticks
        for due in cadence.take(each)
    ]


def test_in_float_every_string_is_stored_once_in_ten_seconds() -> None:
    found = stored(Cadence(), [tick(second) for second in range(35)])
    assert found == [(second, [True, True], True) for second in (0, 10, 20, 30)]


def test_from_a_minute_before_a_discharge_to_float_every_tick_of_that_string_is_stored_once() -> (
    None
):
    phases = [FLOAT] * 100 + [DISCHARGE] * 30 + [BULK] * 30 + [FLOAT] * 30
    found = stored(Cadence(), [tick(second, phase) for second, phase in enumerate(phases)])
    of_first = sorted(second for second, kept, _ in found if kept[0])
    of_second = [second for second, kept, _ in found if kept[1]]
    assert of_first == sorted({*range(40, 160), *range(0, 190, 10)})
    assert of_second == list(range(0, 190, 10))
    assert len(of_first) == len(set(of_first))


def test_a_second_string_that_follows_gets_its_own_minute() -> None:
    ticks = [
        tick(second, DISCHARGE if second >= 80 else FLOAT, DISCHARGE if second >= 90 else FLOAT)
        for second in range(100)
    ]
    found = stored(Cadence(), ticks)
    for place, begins in ((0, 80), (1, 90)):
        seconds = sorted(second for second, kept, _ in found if kept[place])
        assert seconds == sorted({*range(begins - 60, 100), *range(0, 100, 10)})


def test_only_the_regular_samples_are_flushed_each_for_itself() -> None:
    found = stored(Cadence(), [tick(second, DISCHARGE) for second in range(21)])
    assert [second for second, _, flush in found if flush] == [0, 10, 20]


@pytest.mark.parametrize("step_s", [-36_000, 36_000])
def test_a_stepped_clock_brings_no_past_of_another_time(step_s: int) -> None:
    cadence = Cadence()
    stored(cadence, [tick(second) for second in range(50)])
    found = stored(cadence, [tick(50 + step_s, DISCHARGE), tick(51 + step_s, DISCHARGE)])
    assert {second for second, _, _ in found} == {50 + step_s, 51 + step_s}


def test_nothing_is_stored_before_the_first_reading() -> None:
    silent = tick(0)
    blank = replace(
        silent,
        strings={
            key: replace(each, readings=replace(each.readings, columns={}))
            for key, each in silent.strings.items()
        },
    )
    assert stored(Cadence(), [blank, tick(1)]) == [(1, [True, True], True)]


def test_the_memory_of_the_last_minute_is_bounded() -> None:
    cadence = Cadence()
    stored(cadence, [tick(second / 20) for second in range(400)])
    assert len(cadence._lead) <= LEAD_TICKS
