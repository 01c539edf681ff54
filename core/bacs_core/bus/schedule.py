"""What a line asks next: fast values every round, slow ones seldom, dead units ever more rarely.

Free of I/O and of the clock. A round asks every fast job once and starts again when its time is up.
A unit that failed twice in a row is dead: it leaves the round, so that it costs the others nothing,
and is probed with growing pauses, with at most a fifth of the line's time for all probes together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from bacs_core.bus.frames import Request

DEAD_AFTER_FAILURES: Final = 2
FIRST_PROBE_S: Final = 1.0
LONGEST_PROBE_S: Final = 5.0
URGENT_S: Final = 5.0
#: After a probe that took t, four t pass before the next: a fifth of the line's time at most.
PROBE_REST_FACTOR: Final = 4.0


def _always() -> bool:
    return True


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Job:
    """One question that is asked again and again.

    `interval_s` is `None` for a job of every round; while `urgent`, a slow job comes again after
    `URGENT_S`. Only a job that is `wanted` is asked. `deliver` takes the register bytes and the
    unix time at which they were complete. `pause_s` is kept free after a broadcast.
    """

    name: str
    unit: int
    make: Callable[[], Request]
    deliver: Callable[[bytes, float], None]
    interval_s: float | None = None
    wanted: Callable[[], bool] = _always
    urgent: Callable[[], bool] = _never
    pause_s: float = 0.0


@dataclass(slots=True)
class _UnitHealth:
    failures: int = 0
    answered: bool = False
    next_probe_at: float = 0.0
    probe_pause_s: float = FIRST_PROBE_S


@dataclass(slots=True)
class Schedule:
    """The jobs of one line and what is known of its units."""

    jobs: Sequence[Job]
    round_s: float
    _units: dict[int, _UnitHealth] = field(default_factory=dict)
    _due_at: dict[str, float] = field(default_factory=dict)
    _pending: list[Job] = field(default_factory=list)
    _round_started_at: float | None = None
    _round_open: bool = False
    _owes_slow_turn: bool = False
    _probes_rest_until: float = 0.0
    last_round_s: float | None = None

    def __post_init__(self) -> None:
        """Know every unit from the start."""
        self._units = {job.unit: _UnitHealth() for job in self.jobs}

    def next(self, now: float) -> Job | None:
        """Return the job to do now, or `None` if nothing is due before `next_due_at`."""
        if (job := self._round_job(now)) is not None:
            return job
        if self._owes_slow_turn:
            # A line whose rounds fill all its time still gets one slow job between two of them.
            self._owes_slow_turn = False
            if (job := self._slow_job(now) or self._probe(now)) is not None:
                return job
        if self._round_is_due(now):
            self._start_round(now)
            if (job := self._round_job(now)) is not None:
                return job
        return self._slow_job(now) or self._probe(now)

    def next_due_at(self, now: float) -> float:
        """Tell when `next` is worth asking again."""
        if self._round_started_at is None:
            return now
        return self._round_started_at + self.round_s

    def succeeded(self, job: Job, now: float) -> None:
        """Note that the unit answered (an exception is an answer too)."""
        self._units[job.unit] = _UnitHealth(answered=True)
        self._rest(job, now)

    def failed(self, job: Job, now: float, cost_s: float) -> None:
        """Note that the unit did not answer, or not intelligibly; `cost_s` of line time went."""
        health = self._units[job.unit]
        health.failures += 1
        if health.failures >= DEAD_AFTER_FAILURES:
            health.next_probe_at = now + health.probe_pause_s
            health.probe_pause_s = min(2 * health.probe_pause_s, LONGEST_PROBE_S)
            self._probes_rest_until = now + PROBE_REST_FACTOR * cost_s
        else:
            # The second chance comes after a round, in which the unit may show that it is alive.
            self._due_at[job.name] = now + self.round_s

    def is_dead(self, unit: int) -> bool:
        """Tell whether a unit has left the round."""
        return self._units[unit].failures >= DEAD_AFTER_FAILURES

    def has_answered(self, unit: int) -> bool | None:
        """Tell whether a unit answers; `None` before the first answer or failure."""
        health = self._units[unit]
        if self.is_dead(unit):
            return False
        return True if health.answered else None

    def forget(self) -> None:
        """Begin anew after the port was away: nobody is dead, everything is due."""
        self._units = {job.unit: _UnitHealth() for job in self.jobs}
        self._due_at.clear()
        self._pending.clear()
        self._round_started_at = None
        self._round_open = False
        self.last_round_s = None

    def _round_is_due(self, now: float) -> bool:
        return self._round_started_at is None or now >= self._round_started_at + self.round_s

    def _start_round(self, now: float) -> None:
        self._round_started_at = now
        self._round_open = True
        self._owes_slow_turn = True
        self._pending = [job for job in self.jobs if job.interval_s is None]

    def _round_job(self, now: float) -> Job | None:
        while self._pending:
            job = self._pending.pop(0)
            if job.wanted() and not self.is_dead(job.unit):
                return job
        if self._round_open and self._round_started_at is not None:
            self.last_round_s = now - self._round_started_at
            self._round_open = False
        return None

    def _slow_job(self, now: float) -> Job | None:
        for job in self.jobs:
            if (
                job.interval_s is not None
                and self._due_at.get(job.name, now) <= now
                and job.wanted()
                and not self.is_dead(job.unit)
            ):
                return job
        return None

    def _probe(self, now: float) -> Job | None:
        if now < self._probes_rest_until:
            return None
        waiting = [
            job
            for job in self.jobs
            if self.is_dead(job.unit)
            and self._units[job.unit].next_probe_at <= now
            and job.wanted()
        ]
        return min(waiting, key=lambda job: self._units[job.unit].next_probe_at, default=None)

    def _rest(self, job: Job, now: float) -> None:
        if job.interval_s is not None:
            pause_s = min(job.interval_s, URGENT_S) if job.urgent() else job.interval_s
            self._due_at[job.name] = now + pause_s
