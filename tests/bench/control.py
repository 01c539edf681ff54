"""`./dev bench control`: what one tick of the battery rooms costs, and what plain objects would.

Estimation, equalization, protection and alarms with all their default rules run on a simulated
plant that floats, with noise on every reading, a cell that runs away, one too low, a silent module,
a lost temperature, and a string on its battery. The peer (`_plain_cells`) does the same, or less,
with one object per cell; both are measured tick by tick in turn, so that what else the machine does
meets both. Readings are one second apart and every tick counts: also each tenth one, in which what
is done every ten seconds is done. A tick waits for nothing, so it is its processor time that is
judged; what a clock on the wall shows stands beside it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bacs_core import findings
from bacs_core.frame import gather
from bacs_core.model import Site
from tests.bench._control_plant import START, Rooms, a_site, delivered, living_plant
from tests.bench._figures import Result, progress, show
from tests.bench._plain_cells import PlainPlant

#: Strings x cells of 4096 cells, and of the growth.
LAYOUTS: Final = ((128, 32), (8, 512))
LARGE: Final = (2048, 32)
#: Long enough that delays of ten minutes are over when the measuring begins.
SETTLING_TICKS, SETTLING_S = 45, 20.0
TICKS, LARGE_TICKS = 120, 40
BREAKERS: Final = 8
GOAL_MS: Final = 2.0
GOAL_TIMES: Final = 8.0
PEER: Final = "the same rules on plain objects"
_MS: Final = 1e3


@dataclass(slots=True)
class Times:
    """What the ticks took, in milliseconds."""

    gather: list[float] = field(default_factory=list)
    estimation: list[float] = field(default_factory=list)
    equalization: list[float] = field(default_factory=list)
    protection: list[float] = field(default_factory=list)
    alarms: list[float] = field(default_factory=list)
    ranking: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    """All four rooms by a clock on the wall."""
    peer: list[float] = field(default_factory=list)

    @property
    def tick(self) -> list[float]:
        """All four rooms together."""
        rooms = (self.estimation, self.equalization, self.protection, self.alarms)
        return [sum(parts) for parts in zip(*rooms, strict=True)]


class _Clock:
    """Tells the processor time of this thread since it was last asked."""

    def __init__(self) -> None:
        self._at = time.thread_time()

    def note(self, kept: list[float]) -> None:
        """Note the time in milliseconds."""
        kept.append(_MS * (time.thread_time() - self._at))
        self._at = time.thread_time()


def main() -> None:
    """Measure everything and print it."""
    measured = {}
    for strings, cells in LAYOUTS:
        measured[strings, cells] = _measure(a_site(strings, cells), TICKS, with_peer=True)
        _tell(strings, cells, measured[strings, cells])
    large = _measure(a_site(*LARGE), LARGE_TICKS, with_peer=False)
    _tell(*LARGE, large)
    worse = max(measured, key=lambda layout: statistics.median(measured[layout].tick))
    results = [_goal(worse, measured[worse])]
    for (strings, cells), times in measured.items():
        results += _of_layout(f"{strings} strings x {cells} cells", times)
    results += _growth(measured[LAYOUTS[0]], large)
    show("control", results)


def _measure(site: Site, ticks: int, *, with_peer: bool) -> Times:
    plant = living_plant(site)
    rows = plant.rows
    rooms = Rooms(site, rows, [string.key for string in site.strings[:BREAKERS]])
    peer = PlainPlant(site, plant.frame(START)) if with_peer else None
    trends = findings.initial(rows)
    times = Times()
    for tick in range(SETTLING_TICKS + ticks):
        if tick == SETTLING_TICKS:
            times = Times()
        readings = delivered(plant.frame(START))
        now = START + plant.time_s
        clock = _Clock()
        frame = gather(rows, readings, now)
        clock.note(times.gather)
        wall_s = time.perf_counter()
        estimates = rooms.estimate(frame)
        clock.note(times.estimation)
        plan = rooms.equalize(frame, estimates)
        clock.note(times.equalization)
        verdict = rooms.protect(frame, estimates)
        clock.note(times.protection)
        rooms.alarm(frame, estimates, plan, verdict)
        clock.note(times.alarms)
        times.wall.append(_MS * (time.perf_counter() - wall_s))
        apart = findings.differences(frame, estimates, plan)
        findings.rank(frame, estimates, apart, trends)
        trends = findings.follow(trends, apart, now)
        clock.note(times.ranking)
        if peer is not None:
            peer.read(readings)
            clock = _Clock()
            peer.tick(now)
            clock.note(times.peer)
        plant.order_duty(plan.duty_percent)
        plant.advance(1.0 if tick >= SETTLING_TICKS else SETTLING_S)
    return times


def _goal(layout: tuple[int, int], times: Times) -> Result:
    took_ms = statistics.median(times.tick)
    strings, cells = layout
    return Result(
        what=f"4096 cells, the worse of both layouts ({strings} strings x {cells} cells): "
        f"one tick of all four rooms, median (at least {GOAL_TIMES:g} times faster than the peer)",
        value=took_ms,
        unit="ms",
        against=PEER,
        against_value=statistics.median(times.peer),
        goal=GOAL_MS,
        met=took_ms <= GOAL_MS and statistics.median(times.peer) >= GOAL_TIMES * took_ms,
    )


def _of_layout(name: str, times: Times) -> list[Result]:
    peer_ms, took_ms = statistics.median(times.peer), statistics.median(times.tick)
    rooms = {
        "estimation": times.estimation,
        "equalization": times.equalization,
        "protection": times.protection,
        "alarms": times.alarms,
    }
    return [
        Result(
            what=f"{name}: one tick of all four rooms, median",
            value=took_ms,
            unit="ms",
            against=PEER,
            against_value=peer_ms,
            goal=GOAL_MS,
            met=took_ms <= GOAL_MS,
        ),
        Result(
            what=f"{name}: how many times faster than the peer, medians",
            value=peer_ms / took_ms,
            unit="times",
            against=PEER,
            against_value=1.0,
            goal=GOAL_TIMES,
            met=peer_ms >= GOAL_TIMES * took_ms,
        ),
        _shown(
            f"{name}: one tick of all four rooms, 95th percentile",
            _p95(times.tick),
            f"{PEER}, 95th percentile",
            _p95(times.peer),
        ),
        _shown(
            f"{name}: one tick of all four rooms by a clock on the wall, median",
            statistics.median(times.wall),
            "its processor time",
            took_ms,
        ),
        *(
            _shown(f"{name}: {room}, median", statistics.median(its), "all four rooms", took_ms)
            for room, its in rooms.items()
        ),
        _shown(
            f"{name}: gathering the frame from the readings, before that, median",
            statistics.median(times.gather),
            "all four rooms",
            took_ms,
        ),
        _shown(
            f"{name}: ranking weak cells, every ten seconds, median",
            statistics.median(times.ranking),
            "all four rooms",
            took_ms,
        ),
    ]


def _growth(small: Times, large: Times) -> list[Result]:
    cells = LARGE[0] * LARGE[1]
    return [
        _shown(
            f"{cells} cells in {LARGE[0]} strings: one tick of all four rooms, {name}",
            take(large.tick),
            "4096 cells in 128 strings",
            take(small.tick),
        )
        for name, take in (("median", statistics.median), ("95th percentile", _p95))
    ]


def _shown(what: str, value_ms: float, against: str, against_ms: float) -> Result:
    return Result(what, value_ms, "ms", against, against_ms, None, met=True)


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[int(0.95 * len(values))]


def _tell(strings: int, cells: int, times: Times) -> None:
    rooms = ", ".join(
        f"{name} {statistics.median(getattr(times, name)):.2f}"
        for name in ("gather", "estimation", "equalization", "protection", "alarms", "ranking")
    )
    peer = f"; plain objects {statistics.median(times.peer):.1f}" if times.peer else ""
    progress(
        f"{strings} x {cells}: {statistics.median(times.tick):.2f} ms"
        f" (95 %: {_p95(times.tick):.2f}); {rooms}{peer}"
    )


if __name__ == "__main__":
    main()
