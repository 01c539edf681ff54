"""What the alarm room looks at in one tick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bacs_core.alarms.layout import LineOf
from bacs_core.alarms.overrides import Override
from bacs_core.snapshot import (
    AccessorySnapshot,
    Flags,
    LineSnapshot,
    ManagerSnapshot,
    StringReadings,
)

if TYPE_CHECKING:
    from bacs_core.equalization import Plan
    from bacs_core.estimation import Estimates
    from bacs_core.frame import Frame
    from bacs_core.protection import Verdict
    from bacs_core.protection.trips import Trip


@dataclass(frozen=True, slots=True)
class Strangers:
    """In whose place another device answers than the one that was remembered.

    `cells` (counted from 0) and `sensors` are by string key; `accessories` are ids by line.
    """

    cells: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    sensors: frozenset[str] = frozenset()
    managers: frozenset[str] = frozenset()
    accessories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inputs:
    """One tick. `frame`, `estimates`, `plan` and `verdict` are in the rows of the site's strings.

    `testing` marks the strings that somebody discharges on purpose. `trips` are by string key, of
    the strings that have a breaker. `sensors` tells of the current sensors whether they answer and
    are believed; `None` where nobody knows. `recording_problem` says why the history cannot be
    written. `overrides` are what people changed of the limits.

    `notes` are for `{note}` in the text of a rule, by its name and the label of the place.
    """

    frame: Frame
    estimates: Estimates
    plan: Plan
    verdict: Verdict
    testing: Flags
    managers: Mapping[str, ManagerSnapshot]
    lines: Mapping[str, LineSnapshot]
    line_of: LineOf
    readings: Mapping[str, StringReadings] = field(default_factory=dict)
    trips: Mapping[str, Trip] = field(default_factory=dict)
    accessories: Mapping[str, AccessorySnapshot] = field(default_factory=dict)
    sensors: Mapping[str, bool | None] = field(default_factory=dict)
    strangers: Strangers = field(default_factory=Strangers)
    notes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    recording_problem: str | None = None
    overrides: tuple[Override, ...] = ()
