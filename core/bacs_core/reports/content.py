"""What a report tells, before it has a language or a page. `None` is what nobody knows.

A request can be written as JSON and read back, so that a report can be made in a process of its
own. Times are aware; columns have one place per cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from bacs_core.api.discharge_messages import DischargeAnalysis
from bacs_core.api.messages import Alarm
from bacs_core.history.maintenance import StoredMaintenance
from bacs_core.model import (
    Basis,
    ChargePhase,
    EqualizationMode,
    EqualizationState,
    Inhibit,
    Quantity,
    String,
)
from bacs_core.snapshot import CellFinding, StringSummary, TripSummary

Values = tuple[float | None, ...]
Flags = tuple[bool, ...]


class Source(StrEnum):
    """Where the present values of a report come from."""

    LIVE = "live"
    """From the running engine."""
    STORED = "stored"
    """From the last stored sample; conclusions are drawn anew from what the engine had learnt."""
    SAMPLE = "sample"
    """From the last stored sample; nothing is concluded, as no site file says what it is of."""


@dataclass(frozen=True, slots=True)
class Readings:
    """One quantity of all cells; `age_s` is how old each value was, `stale_after_s` the limit."""

    values: Values
    age_s: Values
    stale_after_s: float | None

    @property
    def stale(self) -> Flags:
        """Which values are there but too old."""
        limit = self.stale_after_s
        return tuple(
            value is not None and age is not None and limit is not None and age > limit
            for value, age in zip(self.values, self.age_s, strict=True)
        )

    @property
    def fresh(self) -> Values:
        """The values without those that are too old."""
        return tuple(
            None if old else value for value, old in zip(self.values, self.stale, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Estimated:
    """One estimate of all cells, in percent; plus or minus `uncertainty` in about 95 % of cases."""

    values: Values
    uncertainty: Values
    basis: tuple[Basis, ...]


@dataclass(frozen=True, slots=True)
class Concluded:
    """What was concluded of a string; see `snapshot.BrainSummary`."""

    phase: ChargePhase
    phase_since: datetime | None
    mode: EqualizationMode
    limit_percent: float | None
    charge_percent: float | None
    charge_uncertainty_percent: float | None
    charge_basis: Basis
    charge: Estimated
    capacity: Estimated
    health: Estimated
    bled_ah: Values
    stage: tuple[int, ...]
    paused: Flags
    exhausted: Flags
    stuck_on: Flags
    stuck_off: Flags
    trip: TripSummary
    testing_until: datetime | None
    findings: tuple[CellFinding, ...]


@dataclass(frozen=True, slots=True)
class Doubted:
    """A module about which something is wrong, by its cell; in English, and as a code if any.

    The values of one that is not `believed` do not count.
    """

    cell: int
    text: str
    believed: bool
    code: str = ""
    arguments: Mapping[str, str | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a string stands at one moment. `status` holds a `CellStatus` per cell.

    `doubts` has the first few of `doubt_count` modules.
    """

    at: datetime
    source: Source
    readings: Mapping[Quantity, Readings]
    status: tuple[int, ...]
    summary: StringSummary
    room_temperature_c: float | None
    current_error_a: float | None
    equalization: EqualizationState | None
    inhibited_by: tuple[Inhibit, ...]
    doubts: tuple[Doubted, ...]
    doubt_count: int
    alarms: tuple[Alarm, ...] | None
    """`None` where nobody knows which alarms are raised."""
    concluded: Concluded | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """What the report is about, and which programs and devices told it."""

    string_key: str
    cell_count: int
    site_name: str | None = None
    site_id: str | None = None
    string: String | None = None
    manager_name: str | None = None
    manager_device: str | None = None
    manager_serial: int | None = None
    manager_firmware: str | None = None
    sensor_serial: int | None = None
    module_serials: tuple[int | None, ...] = ()
    engine_version: str = ""

    @property
    def string_name(self) -> str:
        """What people call the string."""
        return self.string_key if self.string is None else self.string.name


@dataclass(frozen=True, slots=True)
class Baseline:
    """Each cell's own normal resistance, and when it was written down last."""

    ohm: Values
    samples: tuple[int, ...]
    kept_at: datetime | None


class Span(StrEnum):
    """How far back a trend goes from the end of the report."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Band:
    """One quantity over time: lowest, middle and highest cell, and chosen cells one by one.

    Each of the values is the mean of its cell in the bucket; `None` where nothing was measured.
    """

    lowest: Values
    middle: Values
    highest: Values
    cells: Mapping[int, Values] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trend:
    """Everything of a string over one span; `at` are the middles of the buckets."""

    span: Span
    start: datetime
    end: datetime
    at: tuple[datetime, ...]
    voltage_v: Band
    temperature_c: Band
    resistance_rise_percent: Band
    room_temperature_c: Values
    current_a: Values

    @property
    def empty(self) -> bool:
        """Whether nothing at all was measured in the span."""
        middles = (self.voltage_v.middle, self.temperature_c.middle, self.current_a)
        return all(value is None for values in middles for value in values)


@dataclass(frozen=True, slots=True)
class Curve:
    """A discharge in time: hours since its start, lowest, middle and highest cell, current."""

    hours: tuple[float, ...]
    voltage_v: Band
    current_a: Values


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of the string, as it is stored; `rule` and `severity` only of an alarm.

    `corrected_at` is the true time where the clock was put right after the event.
    """

    at: datetime
    kind: str
    text: str
    by: str | None
    cell: int | None
    rule: str | None
    severity: str | None
    corrected_at: datetime | None = None
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Quality:
    """How far the data of the time can be relied on.

    `recorded_share` is the share of the time from the first sample in it for which there are
    measured voltages; `gaps` are the longest times without, seen no finer than `resolution_s`.
    `synchronised` tells whether the clock was set by a time server, as it was recorded last, and
    `synchronised_since` since when that is so; steps are in seconds.
    """

    first_sample: datetime | None
    last_sample: datetime | None
    recorded_share: float | None = None
    gaps: tuple[tuple[datetime, datetime], ...] = ()
    resolution_s: float | None = None
    synchronised: bool | None = None
    synchronised_since: datetime | None = None
    steps: tuple[tuple[datetime, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """A whole report. `end` closes the time it is about, `now` is when it was made."""

    identity: Identity
    start: datetime
    end: datetime
    now: datetime
    standing: Standing | None
    baseline: Baseline | None
    trends: tuple[Trend, ...]
    discharges: tuple[DischargeAnalysis, ...]
    curve: Curve | None
    events: tuple[Happening, ...]
    events_left_out: int
    maintenance: tuple[StoredMaintenance, ...]
    quality: Quality


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for, complete enough for a process of its own.

    With `identity` and `standing` of a running engine; else both are made from the state
    directory, and from the site file where one is named. `zone` is an IANA name, `None` takes that
    of this computer.
    """

    state_dir: Path
    string_key: str
    language: str
    start: datetime
    end: datetime
    now: datetime
    zone: str | None = None
    identity: Identity | None = None
    standing: Standing | None = None
    site_file: Path | None = None
