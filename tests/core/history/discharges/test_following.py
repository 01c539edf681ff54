"""When a discharge begins and ends: seconds, charge phase, what happens."""

from __future__ import annotations

import pytest

from bacs_core.history.discharges.following import (
    Following,
    Stage,
    Turn,
    follow,
    recharging,
    resumed,
    shifted,
)
from bacs_core.model import ChargePhase

D, F, R, U, B = (
    ChargePhase.DISCHARGE,
    ChargePhase.FLOAT,
    ChargePhase.REST,
    ChargePhase.UNKNOWN,
    ChargePhase.BULK,
)
Timeline = list[tuple[float, ChargePhase, Turn]]
N, BEGAN, ENDED, RECHARGED = Turn.NOTHING, Turn.BEGAN, Turn.ENDED, Turn.RECHARGED

TIMELINES: dict[str, Timeline] = {
    "a discharge and its recharge": [
        (0, F, N), (1, D, N), (2, D, BEGAN), (3, D, N), (4, B, N), (63, B, ENDED), (64, B, N),
        (65, F, RECHARGED), (66, F, N),
    ],
    "one tick alone is noise": [(0, F, N), (1, D, N), (2, F, N), (3, D, N), (4, F, N)],
    "a load that pauses makes one discharge": [
        (0, D, N), (1, D, BEGAN), (2, R, N), (50, R, N), (51, D, N), (52, R, N), (111, R, ENDED),
    ],
    "a lost phase is waited for": [
        (0, D, N), (1, D, BEGAN), (2, U, N), (1800, U, N), (1801, D, N), (1802, U, N),
        (5401, U, ENDED),
    ],
    "after hours without a phase it is another discharge": [
        (0, D, N), (1, D, BEGAN), (9000, D, ENDED), (9001, D, N), (9002, D, BEGAN),
    ],
    "a new discharge ends the recharge": [
        (0, D, N), (1, D, BEGAN), (2, B, N), (61, B, ENDED), (70, D, N), (71, D, BEGAN),
    ],
    "noise does not end the recharge": [
        (0, D, N), (1, D, BEGAN), (2, B, N), (61, B, ENDED), (70, D, N), (71, B, N),
        (80, F, RECHARGED),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", TIMELINES)
def test_timeline(name: str) -> None:
    state = Following()
    for now, phase, expected in TIMELINES[name]:
        state, turn = follow(state, phase, now, recharge_over=True)
        assert turn is expected, (now, state)


def test_its_beginning_is_its_first_tick_and_its_end_the_last_one_in_the_phase() -> None:
    state = Following()
    for now, phase in ((10, D), (11, D), (12, D), (13, B), (80, B)):
        state, _ = follow(state, phase, now, recharge_over=False)
    assert (state.began_at, state.last_at, state.stage) == (10, 12, Stage.RECHARGING)


def test_the_recharge_is_over_in_float_and_when_estimation_says_so() -> None:
    state = recharging(0.0, 10.0)
    for phase, over in ((B, True), (F, False)):
        state, turn = follow(state, phase, 100, recharge_over=over)
        assert turn is N
    assert follow(state, F, 101, recharge_over=True)[1] is RECHARGED


def test_one_that_ran_at_the_last_stop_goes_on_or_ends() -> None:
    assert follow(resumed(0, 100), D, 400, recharge_over=False)[0].stage is Stage.RUNNING
    state, turn = follow(resumed(0, 100), F, 400, recharge_over=True)
    assert (turn, state.last_at) == (ENDED, 100)


def test_a_step_of_the_clock_ends_nothing() -> None:
    state = shifted(resumed(0, 100), 7200)
    assert follow(state, D, 7310, recharge_over=False)[0].stage is Stage.RUNNING
