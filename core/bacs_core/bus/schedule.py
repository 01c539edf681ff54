"""What a line asks next: fast values every round, slow ones seldom, dead units ever more rarely.

Free of I/O and of the clock. A round asks every fast job once and starts again when its time is up.
A unit that let a request go unanswered leaves the round at once, so that it costs one time-out,
however many jobs it has; it is dead when it failed a second time in a row. Whoever left the round
is probed with growing pauses, with at most a fifth of the line's time for all probes together as
long as anybody else answers. A single job that keeps failing on a unit that otherwise answers is
treated alike: a block that a device does not have neither kills the device nor slows the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from bacs_core.bus.frames import BROADCAST_UNIT, Request

DEAD_AFTER_FAILURES: Final = 2
FIRST_PROBE_S: Final = 1.0
LONGEST_PROBE_S: Final = 5.0
URGENT_S: Final = 5.0
#: After a probe that took t, four t pass before the next: a fifth of the line's time at most.
PROBE_REST_FACTOR: Final = 4.0
#: A line whose rounds fill all its time asks one slow value for so many fast ones.
FAST_PER_SLOW: Final = 10


def _always() -> bool:
    return True


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Job:
    """One question that is asked again and again.

    `interval_s` is `None` for a job of every round; while `urgent`, a slow job comes again after
    `URGENT_S`. Only a job that is `wanted` is asked. `deliver` takes the register bytes and the
    unix time at which they were complete; a `FrameError` that it raises makes the answer a bad one.
    `pause_s` is kept free after a broadcast. `max_turnaround_s` is that of the device, where it is
    not the line's.
    """

    name: str
    unit: int
    make: Callable[[], Request]
    deliver: Callable[[bytes, float], None]
    interval_s: float | None = None
    wanted: Callable[[], bool] = _always
    urgent: Callable[[], bool] = _never
    pause_s: float = 0.0
    max_turnaround_s: float | None = None


@dataclass(slots=True)
class _Health:
    """How a unit, or one job of it, did lately; one failure a round counts."""

    failures: int = 0
    failed_in_round: int | None = None
    is_out: bool = False
    """Whether it has left the round and is probed."""
    next_probe_at: float = 0.0
    probe_pause_s: float = FIRST_PROBE_S

    @property
    def is_dead(self) -> bool:
        return self.failures >= DEAD_AFTER_FAILURES

    def fail(self, now: float, round_number: int, *, leaves: bool) -> None:
        """Count a failure; `leaves` tells that a first one is enough to leave the round."""
        if self.is_out or self.failed_in_round != round_number:
            self.failures += 1
        self.failed_in_round = round_number
        if leaves or self.is_dead:
            self.is_out = True
            self.next_probe_at = now + self.probe_pause_s
            self.probe_pause_s = min(2 * self.probe_pause_s, LONGEST_PROBE_S)


@dataclass(slots=True)
class _Unit:
    """What is known of one unit; before `ask_again_at` nothing is asked of it."""

    health: _Health = field(default_factory=_Health)
    answered: bool = False
    ask_again_at: float = 0.0


@dataclass(slots=True)
class Schedule:
    """The jobs of one line and what is known of its units.

    Names of jobs are unique. A job that `next` handed out is out until it `succeeded` or `failed`,
    and is not handed out again before.
    """

    jobs: Sequence[Job]
    round_s: float
    last_round_s: float | None = None
    last_wire_s: float | None = None
    """What the wire itself needed for the last round, as told by `spent`."""
    _units: defaultdict[int, _Unit] = field(default_factory=lambda: defaultdict(_Unit))
    _failing: dict[str, _Health] = field(default_factory=dict)
    _due_at: dict[str, float] = field(default_factory=dict)
    _out: set[str] = field(default_factory=set)
    _pending: list[Job] = field(default_factory=list)
    """Jobs of this round, the next one last."""
    _postponed: list[Job] = field(default_factory=list)
    """Jobs of this round whose unit has to be left alone for a moment."""
    _round_number: int = 0
    _round_started_at: float | None = None
    _round_open: bool = False
    _slow_turns: int = 0
    _probes_rest_until: float = 0.0
    _wire_s: float = 0.0

    def next(self, now: float) -> Job | None:
        """Return the job to do now, or `None` if nothing is due before `next_due_at`."""
        job = self._choose(now)
        if job is not None:
            self._out.add(job.name)
        return job

    def next_due_at(self, now: float) -> float:
        """Tell when `next` is worth asking again."""
        if self._round_started_at is None:
            return now
        due_at = self._round_started_at + self.round_s
        return min((due_at, *(self._units[job.unit].ask_again_at for job in self._postponed)))

    def succeeded(self, job: Job, now: float) -> None:
        """Note that the unit answered (an exception is an answer too)."""
        self._out.discard(job.name)
        unit = self._units[job.unit]
        unit.answered = True
        if unit.health.failures:
            unit.health = _Health()
        if self._failing:
            self._failing.pop(job.name, None)
        if job.interval_s is not None:
            pause_s = min(job.interval_s, URGENT_S) if job.urgent() else job.interval_s
            self._due_at[job.name] = now + pause_s

    def failed(
        self,
        job: Job,
        now: float,
        cost_s: float,
        *,
        silent: bool = True,
        ask_again_at: float = 0.0,
    ) -> None:
        """Note that the unit did not answer, or not intelligibly; `cost_s` of line time went.

        `silent` means that nothing came of it. Before `ask_again_at` its answer may still come.
        """
        self._out.discard(job.name)
        unit = self._units[job.unit]
        failing = self._failing.setdefault(job.name, _Health())
        tells_of_unit = unit.health.is_out or not failing.is_out
        if not unit.health.is_out:
            failing.fail(now, self._round_number, leaves=False)
        if tells_of_unit:
            unit.health.fail(now, self._round_number, leaves=silent)
        unit.ask_again_at = max(unit.ask_again_at, ask_again_at)
        if (unit.health.is_out or failing.is_out) and self._is_anybody_there():
            self._probes_rest_until = now + PROBE_REST_FACTOR * cost_s
        # The second chance comes after a round, in which the unit may show that it is alive.
        self._due_at[job.name] = now + self.round_s

    def spent(self, wire_s: float) -> None:
        """Add what the wire needed for one transaction, whoever wanted it."""
        self._wire_s += wire_s

    def is_dead(self, unit: int) -> bool:
        """Tell whether a unit is believed not to answer any more."""
        return self._units[unit].health.is_dead

    def has_answered(self, unit: int) -> bool | None:
        """Tell whether a unit answers; `None` before the first answer or failure."""
        known = self._units[unit]
        if known.health.is_dead:
            return False
        return True if known.answered else None

    def silent_units(self) -> tuple[int, ...]:
        """Return the units that do not answer, in order."""
        return tuple(sorted(unit for unit, known in self._units.items() if known.health.is_dead))

    def forget(self) -> None:
        """Begin anew after the port was away: nobody is dead, everything is due."""
        self._units.clear()
        self._failing.clear()
        self._due_at.clear()
        self._out.clear()
        self._pending.clear()
        self._postponed.clear()
        self._round_started_at = None
        self._round_open = False
        self._slow_turns = 0
        self._probes_rest_until = 0.0
        self.last_round_s = self.last_wire_s = None

    def _choose(self, now: float) -> Job | None:
        job = self._round_job(now)
        if job is None and self._slow_turns and not self._round_open:
            # A line whose rounds fill all its time still gets some slow jobs between two of them.
            job = self._probe(now) or self._slow_job(now)
            self._slow_turns = self._slow_turns - 1 if job else 0
        if job is None and self._round_is_due(now):
            self._start_round(now)
            job = self._round_job(now)
        return job or self._probe(now) or self._slow_job(now)

    def _round_is_due(self, now: float) -> bool:
        if self._round_started_at is None:
            return True
        return not self._round_open and now >= self._round_started_at + self.round_s

    def _start_round(self, now: float) -> None:
        self._round_started_at = now
        self._round_number += 1
        self._round_open = True
        self._wire_s = 0.0
        self._pending = [job for job in reversed(self.jobs) if job.interval_s is None]
        self._slow_turns = max(1, len(self._pending) // FAST_PER_SLOW)

    def _round_job(self, now: float) -> Job | None:
        while self._pending:
            job = self._pending.pop()
            if not self._may_ask(job):
                continue
            if self._units[job.unit].ask_again_at <= now:
                return job
            self._postponed.append(job)
        for place, job in enumerate(self._postponed):
            if self._units[job.unit].ask_again_at <= now:
                del self._postponed[place]
                return job if self._may_ask(job) else self._round_job(now)
        if self._round_open and not self._postponed and not self._round_is_out():
            self._round_open = False
            if self._round_started_at is not None:
                self.last_round_s = now - self._round_started_at
                self.last_wire_s = self._wire_s
        return None

    def _round_is_out(self) -> bool:
        """Tell whether an answer of this round is still awaited."""
        return bool(self._out) and any(
            job.interval_s is None and job.name in self._out for job in self.jobs
        )

    def _slow_job(self, now: float) -> Job | None:
        """Return the slow job that has waited longest."""
        due = [
            job
            for job in self.jobs
            if job.interval_s is not None
            and self._due_at.get(job.name, now) <= now
            and self._units[job.unit].ask_again_at <= now
        ]
        due.sort(key=lambda job: self._due_at.get(job.name, 0.0))
        return next((job for job in due if self._may_ask(job)), None)

    def _probe(self, now: float) -> Job | None:
        """Return a job of somebody who left the round; each time another one of its jobs."""
        if now < self._probes_rest_until or self._is_probing():
            return None
        waiting = []
        for job in self.jobs:
            unit = self._units[job.unit]
            health = unit.health if unit.health.is_out else self._failing.get(job.name)
            if (
                health is not None
                and health.is_out
                and health.next_probe_at <= now
                and unit.ask_again_at <= now
                and job.name not in self._out
                and job.wanted()
            ):
                waiting.append((health.next_probe_at, self._due_at.get(job.name, 0.0), job))
        return min(waiting, key=lambda row: row[:2], default=(0, 0, None))[2]

    def _is_anybody_there(self) -> bool:
        return any(
            unit != BROADCAST_UNIT and not known.health.is_out
            for unit, known in self._units.items()
        )

    def _is_probing(self) -> bool:
        return bool(self._out) and any(
            job.name in self._out and self._units[job.unit].health.is_out for job in self.jobs
        )

    def _may_ask(self, job: Job) -> bool:
        if self._units[job.unit].health.is_out or job.name in self._out:
            return False
        failing = self._failing.get(job.name)
        return (failing is None or not failing.is_out) and job.wanted()
