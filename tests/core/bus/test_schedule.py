"""What a line asks, in which order, and how little a dead unit costs."""

from __future__ import annotations

from bacs_core.bus.frames import read_registers
from bacs_core.bus.schedule import DEAD_AFTER_FAILURES, LONGEST_PROBE_S, Job, Schedule


def job(name: str, unit: int, interval_s: float | None = None) -> Job:
    return Job(name, unit, lambda: read_registers(unit, 0, 1), lambda _data, _at: None, interval_s)


def walk(schedule: Schedule, until: float, dead: set[int], cost_s: float = 0.1) -> list[str]:
    """Run the schedule in simulated time; every answer takes 10 ms, every silence `cost_s`."""
    now, names = 0.0, []
    while now < until:
        due = schedule.next(now)
        if due is None:
            now += 0.005
            continue
        names.append(due.name)
        if due.unit in dead:
            now += cost_s
            schedule.failed(due, now, cost_s)
        else:
            now += 0.01
            schedule.succeeded(due, now)
    return names


def test_a_round_asks_every_fast_job_once() -> None:
    schedule = Schedule([job("a", 1), job("b", 2)], round_s=1.0)
    assert walk(schedule, 0.9, set()) == ["a", "b"]
    assert schedule.last_round_s is not None


def test_slow_jobs_keep_their_interval() -> None:
    schedule = Schedule([job("fast", 1), job("slow", 1, interval_s=5.0)], round_s=1.0)
    names = walk(schedule, 20.0, set())
    assert names.count("fast") == 20
    assert names.count("slow") == 4


def test_slow_jobs_get_a_turn_on_a_line_without_idle_time() -> None:
    fast = [job(f"fast {unit}", unit) for unit in range(1, 200)]
    schedule = Schedule([*fast, job("slow", 1, interval_s=5.0)], round_s=1.0)
    assert walk(schedule, 20.0, set()).count("slow") >= 3


def test_a_dead_unit_leaves_the_round_and_is_probed_ever_more_rarely() -> None:
    schedule = Schedule([job("alive", 1), job("dead", 2)], round_s=1.0)
    names = walk(schedule, 60.0, {2})
    assert names.count("alive") == 60
    assert names.count("dead") <= DEAD_AFTER_FAILURES + 60 / LONGEST_PROBE_S + 3


def test_many_dead_units_cost_at_most_a_fifth_of_the_line() -> None:
    alive = [job(f"alive {unit}", unit) for unit in range(1, 9)]
    dead = [job(f"dead {unit}", unit) for unit in range(9, 100)]
    schedule = Schedule([*alive, *dead], round_s=1.0)
    walk(schedule, 100.0, set(range(9, 100)))
    later = walk(schedule, 200.0, set(range(9, 100)))
    assert sum(name.startswith("dead") for name in later) * 0.1 <= 0.21 * 200


def test_a_unit_that_returns_is_back_in_the_round() -> None:
    schedule = Schedule([job("a", 1)], round_s=1.0)
    walk(schedule, 30.0, {1})
    assert schedule.has_answered(1) is False
    now = 40.0
    probe = schedule.next(now)
    assert probe is not None
    schedule.succeeded(probe, now)
    assert schedule.has_answered(1) is True


def test_nothing_is_known_of_a_unit_before_its_first_answer() -> None:
    assert Schedule([job("a", 1)], round_s=1.0).has_answered(1) is None
