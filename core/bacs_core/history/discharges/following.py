"""Tells discharges by the charge phase of a string, tick by tick.

One tick in the phase may be noise of a current sensor, two are a discharge. It is over when the
string was out of the phase for a minute, so that a load that comes and goes makes one of it; while
nobody knows the phase it may still run, for an hour. Times are unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from bacs_core.model import ChargePhase

HOLD_S: Final = 60.0
HOLD_UNKNOWN_S: Final = 3600.0


class Stage(Enum):
    """Where a string stands."""

    CALM = auto()
    SUSPECTED = auto()
    RUNNING = auto()
    LEFT = auto()
    """Out of the phase, but not for long enough."""
    RECHARGING = auto()


class Turn(Enum):
    """What happened at a tick."""

    NOTHING = auto()
    BEGAN = auto()
    ENDED = auto()
    RECHARGED = auto()


@dataclass(frozen=True, slots=True)
class Following:
    """What is known of one string. `last_at` is the last tick in the phase.

    `recharged` tells of a suspicion that the discharge before was recharged when it came up.
    """

    stage: Stage = Stage.CALM
    began_at: float = 0.0
    last_at: float = 0.0
    recharged: bool = True

    @property
    def runs(self) -> bool:
        """Whether a discharge runs, as far as anybody knows."""
        return self.stage in {Stage.RUNNING, Stage.LEFT}


def shifted(following: Following, step_s: float) -> Following:
    """Return it with its times moved by a step of the clock."""
    return replace(
        following, began_at=following.began_at + step_s, last_at=following.last_at + step_s
    )


def resumed(began_at: float, last_at: float) -> Following:
    """Take up a discharge that ran when the engine died."""
    return Following(Stage.LEFT, began_at, last_at)


def recharging(began_at: float, ended_at: float) -> Following:
    """Take up a recharge that ran when the engine died."""
    return Following(Stage.RECHARGING, began_at, ended_at)


def follow(
    before: Following, phase: ChargePhase, now: float, *, recharge_over: bool
) -> tuple[Following, Turn]:
    """Return what is known after a tick at `now`, and what happened."""
    if phase is ChargePhase.DISCHARGE:
        return _in_phase(before, now)
    match before.stage:
        case Stage.SUSPECTED:
            stage = Stage.CALM if before.recharged else Stage.RECHARGING
            return replace(before, stage=stage), Turn.NOTHING
        case Stage.RUNNING:
            return replace(before, stage=Stage.LEFT), Turn.NOTHING
        case Stage.LEFT:
            hold_s = HOLD_UNKNOWN_S if phase is ChargePhase.UNKNOWN else HOLD_S
            if now - before.last_at >= hold_s:
                return replace(before, stage=Stage.RECHARGING), Turn.ENDED
        case Stage.RECHARGING:
            if recharge_over and phase is ChargePhase.FLOAT:
                return Following(), Turn.RECHARGED
        case _:
            pass
    return before, Turn.NOTHING


def _in_phase(before: Following, now: float) -> tuple[Following, Turn]:
    match before.stage:
        case Stage.CALM | Stage.RECHARGING:
            recharged = before.stage is Stage.CALM
            return Following(Stage.SUSPECTED, now, now, recharged), Turn.NOTHING
        case Stage.SUSPECTED:
            return Following(Stage.RUNNING, before.began_at, now), Turn.BEGAN
        case Stage.RUNNING | Stage.LEFT if now - before.last_at > HOLD_UNKNOWN_S:
            # Nobody can tell what happened meanwhile: that one is over.
            return replace(before, stage=Stage.RECHARGING), Turn.ENDED
        case _:
            return replace(before, stage=Stage.RUNNING, last_at=now), Turn.NOTHING
