"""The engine's clock does not jump, and says when the system clock did."""

from __future__ import annotations

import pytest

from bacs_core.clock import SAME_S, SteadyClock


class Clocks:
    """A system and a monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.system = 1_800_000_000.0
        self.monotonic = 50.0

    def advance(self, seconds: float) -> None:
        self.system += seconds
        self.monotonic += seconds


def test_a_step_of_the_system_clock_is_not_seen_before_it_is_taken_over() -> None:
    clocks = Clocks()
    steady = SteadyClock(lambda: clocks.system, lambda: clocks.monotonic)
    clocks.advance(10)
    clocks.system += 3600
    assert steady.now() == pytest.approx(1_800_000_010)
    assert steady.follow() == pytest.approx(3600)
    assert steady.now() == pytest.approx(1_800_003_610)


def test_what_only_the_reading_of_two_clocks_takes_moves_nothing() -> None:
    clocks = Clocks()
    steady = SteadyClock(lambda: clocks.system, lambda: clocks.monotonic)
    before = steady.now()
    for noise_s in (3e-6, -2e-6, 1e-3):
        clocks.system += noise_s
        assert steady.follow() == 0
        assert steady.now() == before


def test_small_differences_that_add_up_are_taken_over() -> None:
    clocks = Clocks()
    steady = SteadyClock(lambda: clocks.system, lambda: clocks.monotonic)
    for _ in range(100):
        clocks.system += 1e-3
        steady.follow()
    assert steady.now() == pytest.approx(clocks.system, abs=2 * SAME_S)


def test_slewing_is_followed_without_a_word() -> None:
    clocks = Clocks()
    steady = SteadyClock(lambda: clocks.system, lambda: clocks.monotonic)
    clocks.advance(1)
    clocks.system += 0.01
    assert steady.follow() == pytest.approx(0.01)
    assert steady.now() == pytest.approx(clocks.system)
