"""What a scan asks, in which order, and how long that takes: pure data and arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bacs_core.settings import Line, Link, Parity

#: After the line's own speed, the one most devices leave the factory with comes first.
USUAL_BAUDS: Final = (9600, 19200, 38400, 115200)
USUAL_PARITIES: Final = (Parity.NONE, Parity.EVEN)
#: Start, eight data bits and one stop bit.
_BARE_CHARACTER_BITS: Final = 10
#: Bytes of the request and of the least answer, an exception.
_FRAME_BYTES: Final = 8 + 5
#: From so many asked units on, the pace so far tells more than the calculation.
_PACE_FROM: Final = 10


@dataclass(frozen=True, slots=True)
class Speed:
    """How a line talks. A device is found whatever its stop bits are: one is enough to listen."""

    baud: int
    parity: Parity
    stop_bits: int = 1

    @property
    def character_s(self) -> float:
        """How long one character takes."""
        bits = _BARE_CHARACTER_BITS + (self.parity is not Parity.NONE) + (self.stop_bits - 1)
        return bits / self.baud

    def __str__(self) -> str:
        return f"{self.baud} baud, {self.parity} parity"


@dataclass(frozen=True, slots=True)
class ScanPlan:
    """All speeds and units of one scan; with `stops` it ends after the first speed with answers."""

    speeds: tuple[Speed, ...]
    units: tuple[int, ...]
    max_turnaround_s: float
    stops: bool

    @property
    def total(self) -> int:
        """How many units are asked in all, where no speed is left out."""
        return len(self.speeds) * len(self.units)


def plan(
    line: Line, units: Sequence[int], bauds: Sequence[int], parities: Sequence[Parity]
) -> ScanPlan:
    """Plan a scan of `line`; without named bauds and parities the usual ones follow its own."""
    own = Speed(line.baud, line.parity, line.stop_bits)
    speeds: tuple[Speed, ...]
    if line.link is Link.MODBUS_TCP:
        speeds = (own,)
    elif bauds or parities:
        speeds = tuple(
            own if (baud, parity) == (own.baud, own.parity) else Speed(baud, parity)
            for baud in bauds or (own.baud,)
            for parity in parities or (own.parity,)
        )
    elif line.link is Link.RTU_OVER_TCP:
        # The serial server sets the speed of its wire by itself.
        speeds = (own,)
    else:
        speeds = (own, *_usual(own))
    return ScanPlan(
        tuple(dict.fromkeys(speeds)),
        tuple(units),
        line.max_turnaround_s,
        stops=not (bauds or parities),
    )


def _usual(own: Speed) -> Iterator[Speed]:
    for parity in USUAL_PARITIES:
        for baud in USUAL_BAUDS:
            if (baud, parity) != (own.baud, own.parity):
                yield Speed(baud, parity)


def unit_s(speed: Speed, max_turnaround_s: float) -> float:
    """Return how long a unit takes that is not there: request, silence and its whole time-out."""
    # Two silences of 3.5 characters stand around every frame.
    return (_FRAME_BYTES + 7) * speed.character_s + max_turnaround_s


def remaining_s(scan: ScanPlan, done: int, elapsed_s: float) -> float:
    """Estimate how long the scan still takes after `done` units in `elapsed_s`."""
    if done >= _PACE_FROM:
        return (scan.total - done) * elapsed_s / done
    per_speed = len(scan.units)
    return sum(
        unit_s(speed, scan.max_turnaround_s)
        * min(per_speed, max((index + 1) * per_speed - done, 0))
        for index, speed in enumerate(scan.speeds)
    )
