"""What is told of the system clock follows the kernel, and every change is recorded."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bacs_core.clock import SteadyClock
from bacs_core.clock_state import ClockWatch, Machine, kernel_says_synchronised
from bacs_core.history.clock_rows import ClockRow

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC).timestamp()


class FakeMachine:
    """Clocks that a test moves, and a watch of them."""

    def __init__(self, system: float = NOW, *, synchronised: bool | None = False) -> None:
        self.system, self.uptime_s, self.synchronised = system, 30.0, synchronised
        self.rows: list[ClockRow] = []
        self.clock = SteadyClock(lambda: self.system, lambda: self.uptime_s)
        machine = Machine(lambda: self.synchronised, lambda: self.uptime_s, lambda: "boot")
        self.watch = ClockWatch(self.clock, self.rows.append, machine)

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.system += 1
            self.uptime_s += 1
            self.clock.follow()
            self.watch.look()


def test_the_state_is_recorded_at_the_start_and_when_it_changes_for_good() -> None:
    machine = FakeMachine()
    machine.run(100)
    machine.synchronised = True
    machine.run(30)
    machine.synchronised = False
    machine.run(30)
    machine.synchronised = True
    machine.run(100)
    assert [(row.synchronised, row.step_s) for row in machine.rows] == [(False, 0), (True, 0)]
    assert {row.boot for row in machine.rows} == {"boot"}
    assert machine.watch.status().synchronised is True
    assert machine.watch.status().since.timestamp() == pytest.approx(NOW + 161)


def test_a_step_is_recorded_with_the_time_after_it() -> None:
    machine = FakeMachine(system=0.0)
    assert not machine.watch.status().was_set
    machine.run(10)
    machine.system = NOW
    machine.run(1)
    step = machine.rows[-1]
    assert step.step_s == pytest.approx(NOW - 10 + 1 - 1)
    assert step.at.timestamp() == pytest.approx(NOW + 1)
    assert machine.watch.status().was_set


def test_slewing_is_no_step() -> None:
    machine = FakeMachine()
    for _ in range(100):
        machine.system += 0.0005
        machine.run(1)
    assert len(machine.rows) == 1


def test_how_long_a_clock_was_left_alone_does_not_change_with_a_step() -> None:
    machine = FakeMachine()
    machine.run(3600)
    machine.system += 5 * 3600
    machine.run(1)
    age_s = machine.clock.now() - machine.watch.status().since.timestamp()
    assert age_s == pytest.approx(3601)


def test_where_nobody_knows_that_is_told() -> None:
    machine = FakeMachine(synchronised=None)
    machine.run(100)
    assert machine.watch.status().synchronised is None


def test_the_kernel_of_this_machine_can_be_asked() -> None:
    assert kernel_says_synchronised() in (True, False, None)
