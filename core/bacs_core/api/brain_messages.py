"""What the battery brain concludes, as it travels: columns per string, never an object per cell.

Columns are named by text, so that an older client passes over those that it does not know. Codes
are run-length coded, `[[code, how many cells], ...]`.
"""

# ruff: noqa: RUF012 - pydantic copies a default for every message

from __future__ import annotations

from datetime import datetime
from enum import IntFlag, StrEnum
from typing import Annotated

from pydantic import Field

from bacs_core.api.message_base import Message, Wording
from bacs_core.api.stick_messages import StickStatus
from bacs_core.model import Basis, ChargePhase, EqualizationMode, TripCause, TripState

CodeRuns = list[tuple[int, int]]


class CellFigure(StrEnum):
    """A column of numbers beside the measured ones; percent where the name has no unit."""

    CHARGE_UNCERTAINTY = "charge_uncertainty"
    CAPACITY = "capacity"
    CAPACITY_UNCERTAINTY = "capacity_uncertainty"
    HEALTH = "health"
    HEALTH_UNCERTAINTY = "health_uncertainty"
    BLED = "bled_ah"
    """Ampere-hours that equalization took out of a cell since it was put in."""
    RESISTANCE_BASELINE = "resistance_baseline_ohm"
    """The cell's own resistance at 25 °C, as this site learnt it in a settled float."""
    RESISTANCE_RISE = "resistance_rise"
    """How far the resistance at 25 °C is above that now."""


class CellCode(StrEnum):
    """A column of codes: what an estimate rests on (`Basis`), `RunawayStage`, `CellMark`."""

    CHARGE_BASIS = "charge_basis"
    CAPACITY_BASIS = "capacity_basis"
    HEALTH_BASIS = "health_basis"
    RUNAWAY_STAGE = "runaway_stage"
    MARKS = "marks"


class CellMark(IntFlag):
    """What equalization does with a cell, and what it found out about it."""

    NONE = 0
    EQUALIZES = 1
    PAUSED = 2
    EXHAUSTED = 4
    """At the duty limit in force and still too high, for hours."""
    STUCK_ON = 8
    STUCK_OFF = 16


class TripStatus(Message):
    """Where the protection of a string stands, and who or what brought it there.

    `cell` (from 1) is the first that demanded the trip; `contact_open` is none where nobody knows.
    """

    state: TripState = TripState.NO_BREAKER
    causes: list[TripCause] = []
    cell: int | None = None
    since: datetime | None = None
    by: str | None = None
    reason: str = ""
    until: datetime | None = None
    contact_open: bool | None = None


class BrainScalars(Message):
    """What is concluded of a string as a whole; of the charge, the weakest cell decides."""

    phase: ChargePhase
    phase_since: datetime | None = None
    mode: EqualizationMode
    limit_percent: float | None = None
    charge_percent: float | None = None
    charge_uncertainty_percent: float | None = None
    charge_basis: Basis = Basis.NONE
    trip: TripStatus = TripStatus()
    testing_until: datetime | None = None


class Finding(Message):
    """A cell (from 1) that stands out: in English, and as a code for other languages.

    The list of a string has the oddest cell first. `score` is how odd it is, in robust standard
    deviations.
    """

    cell: int
    score: float
    text: str
    wording: Wording


class Annunciation(Message):
    """How the plant calls for somebody: the buzzer, and what the LED shows.

    `muted` tells that the buzzer would sound if nobody had silenced it. While no alarm needs the
    LED it shows what becomes of a stick; `stick` tells that in full.
    """

    sounding: bool
    muted: bool
    led: Annotated[
        str,
        Field(
            description="green, orange or red, blinking with `_blinking` behind it; or `export`, "
            "`export_done`, `export_failed`"
        ),
    ]
    stick: StickStatus | None = None
