"""A small site and its ticks for tests of the alarm room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bacs_core import equalization, protection
from bacs_core.alarms.book import AlarmBook, Change
from bacs_core.alarms.inputs import Inputs, Strangers
from bacs_core.alarms.machine import changes, evaluate
from bacs_core.alarms.overrides import Override
from bacs_core.equalization import Plan
from bacs_core.estimation import ChargerFindings, Estimate, Estimates
from bacs_core.frame import gather
from bacs_core.model import (
    Basis,
    ChargePhase,
    EqualizationState,
    EqualizedBy,
    Inhibit,
    Limits,
    Manager,
    RunawayStage,
    Site,
    TripCause,
)
from bacs_core.protection import Trip, Verdict
from bacs_core.rows import Rows, rows_of
from bacs_core.snapshot import (
    AccessorySnapshot,
    Flags,
    Floats,
    LineSnapshot,
    ManagerSnapshot,
    Reading,
    StringReadings,
)
from tests.core.equalization.build import START, a_string, readings

LIMITS = Limits(2.20, 2.33, 35.0, 50.0, 0.5e-3)
ROOM = a_string(4, limits=LIMITS)
UPS = a_string(4, manager_id="ups-a", equalized_by=EqualizedBy.MANAGER, limits=LIMITS)
SITE = Site(
    "Test room",
    (
        Manager("room", "Room", "engine", (ROOM,)),
        Manager("ups-a", "UPS A", "panel_manager", (UPS,)),
    ),
)
LINE_OF = {"ups-a": "managers", "ups-a/1": "managers", "room/1": "modules"}
ACCESSORY_LINES = {"box": "modules"}
LONG_STEP_S = 60
FLOAT_V = (2.27, 2.27, 2.27, 2.27)

#: Cells (counted from 0) by string key.
Cells = Mapping[str, Sequence[int]]


def at_float(at: float, cell_count: int = 4) -> StringReadings:
    return readings(
        [2.27] * cell_count,
        at,
        temperature_c=[25] * cell_count,
        resistance_ohm=[0.3e-3] * cell_count,
    )


@dataclass(frozen=True)
class Moment:
    """What one tick sees; whatever is not named is well."""

    readings: Mapping[str, StringReadings] = field(default_factory=dict)
    phase: Mapping[str, ChargePhase] = field(default_factory=dict)
    recovering: Sequence[str] = ()
    online: bool | None = True
    accessory_online: bool | None = True
    sensor_online: bool | None = True
    lines_gone: tuple[str, ...] = ()
    lines_lent: tuple[str, ...] = ()
    strangers: Strangers = field(default_factory=Strangers)
    notes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    duty_percent: float = 0.0
    exhausted: Cells = field(default_factory=dict)
    stuck_on: Cells = field(default_factory=dict)
    stuck_off: Cells = field(default_factory=dict)
    stage: Mapping[str, Mapping[int, RunawayStage]] = field(default_factory=dict)
    causes: Mapping[TripCause, Cells] = field(default_factory=dict)
    temperature_missing: Cells = field(default_factory=dict)
    temperature_suspect: Cells = field(default_factory=dict)
    current_missing: Sequence[str] = ()
    room_missing: Sequence[str] = ()
    room_ever_known: bool = True
    flows: bool = False
    """Whether a current beyond its stated error is read."""
    overdue: Sequence[str] = ()
    figures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Estimates and findings of all cells of a string, by name and string key."""
    basis: Basis = Basis.DISCHARGE
    trips: Mapping[str, Trip] = field(default_factory=dict)
    testing: Sequence[str] = ()
    hydrogen_percent: float | None = None
    room_c: float | None = None
    recording_problem: str | None = None
    overrides: tuple[Override, ...] = ()


_ROWS: list[tuple[Site, Rows]] = []


def rows_of_site(site: Site) -> Rows:
    """Return the rows of a site, the same ones every time, as the engine keeps them."""
    for known, rows in _ROWS:
        if known is site:
            return rows
    _ROWS.append((site, rows_of(site.strings)))
    return _ROWS[-1][1]


def marked(rows: Rows, cells: Cells) -> Flags:
    flags = np.zeros(rows.cell_count, np.bool_)
    for key, numbers in cells.items():
        flags[rows.slices[key]][list(numbers)] = True
    return flags


def strings_marked(rows: Rows, keys: Sequence[str]) -> Flags:
    return np.array([key in keys for key in rows.slices], np.bool_)


def _per_string(rows: Rows, moment: Moment, name: str) -> Floats:
    told = moment.figures.get(name, {})
    return np.array([told.get(key, np.nan) for key in rows.slices])


def _per_cell(rows: Rows, moment: Moment, name: str) -> Floats:
    return rows.spread(_per_string(rows, moment, name))


def _estimate(values: Floats, basis: Basis) -> Estimate:
    bases = np.where(np.isnan(values), Basis.NONE, basis).astype(np.uint8)
    return Estimate(values, np.full(len(values), 3.0), bases, np.full(len(values), START))


def estimates(rows: Rows, moment: Moment) -> Estimates:
    phase = [moment.phase.get(key, ChargePhase.FLOAT) for key in rows.slices]
    unknown = np.full(rows.string_count, np.nan)
    nobody = np.zeros(rows.string_count, np.bool_)
    return Estimates(
        phase=np.array(phase, np.uint8),
        phase_since=unknown,
        absorption_since=unknown,
        recharging_since=unknown,
        current_clear=np.full(rows.string_count, moment.flows),
        float_current_usable=nobody,
        cell_current_a=np.full(rows.cell_count, np.nan),
        charge=_estimate(_per_cell(rows, moment, "charge"), moment.basis),
        string_charge=_estimate(_per_string(rows, moment, "string_charge"), moment.basis),
        capacity=_estimate(_per_cell(rows, moment, "capacity"), moment.basis),
        health=_estimate(_per_cell(rows, moment, "health"), moment.basis),
        resistance_baseline_ohm=_per_cell(rows, moment, "resistance_baseline_ohm"),
        resistance_rise=_per_cell(rows, moment, "resistance_rise"),
        charger=ChargerFindings(
            ripple_rise=_per_string(rows, moment, "ripple_rise"),
            setting_drift_v=_per_string(rows, moment, "setting_drift_v"),
        ),
    )


def a_plan(rows: Rows, moment: Moment) -> Plan:
    none = np.zeros(rows.cell_count)
    return Plan(
        duty_percent=np.full(rows.cell_count, moment.duty_percent),
        inhibited={Inhibit.DISCHARGE: strings_marked(rows, moment.recovering)},
        cell_inhibited=marked(rows, {}),
        state=(EqualizationState.ACTIVE,) * rows.string_count,
        limit_percent=np.full(rows.string_count, 100.0),
        exhausted=marked(rows, moment.exhausted),
        stuck_on=marked(rows, moment.stuck_on),
        stuck_off=marked(rows, moment.stuck_off),
        bled_ah=none,
        bled_since=none,
        memory=equalization.initial(rows),
    )


def a_verdict(rows: Rows, moment: Moment) -> Verdict:
    stage = np.zeros(rows.cell_count, np.uint8)
    for key, cells in moment.stage.items():
        for cell, reached in cells.items():
            stage[rows.slices[key]][cell] = reached
    return Verdict(
        stage=stage,
        string_stage=np.array([stage[cells].max() for cells in rows.slices.values()], np.uint8),
        cause={cause: marked(rows, moment.causes.get(cause, {})) for cause in TripCause},
        temperature_missing=marked(rows, moment.temperature_missing),
        temperature_suspect=marked(rows, moment.temperature_suspect),
        current_missing=strings_marked(rows, moment.current_missing),
        room_missing=strings_marked(rows, moment.room_missing),
        overdue=strings_marked(rows, moment.overdue),
        rise_k=_per_cell(rows, moment, "rise_k"),
        spread_k=_per_cell(rows, moment, "spread_k"),
        current_ratio=_per_cell(rows, moment, "current_ratio"),
        hottest_c=np.full(rows.string_count, np.nan),
        memory=_remembered(rows, moment),
    )


def _accessory(name: str, line_id: str, moment: Moment, now: float) -> AccessorySnapshot:
    def reading(value: float | None) -> Reading | None:
        return None if value is None else Reading(value, now)

    return AccessorySnapshot(
        name,
        "Relay box",
        "panel_relay_box",
        moment.accessory_online,
        line_id=line_id,
        temperature_c=reading(moment.room_c),
        hydrogen_percent=reading(moment.hydrogen_percent),
    )


def inputs(moment: Moment, now: float, site: Site = SITE) -> Inputs:
    rows = rows_of_site(site)
    read = {
        string.key: moment.readings.get(string.key) or at_float(now, string.cell_count)
        for string in site.strings
    }
    return Inputs(
        frame=gather(rows, read, now),
        estimates=estimates(rows, moment),
        plan=a_plan(rows, moment),
        verdict=a_verdict(rows, moment),
        testing=strings_marked(rows, moment.testing),
        readings=read,
        trips=moment.trips,
        managers={"ups-a": ManagerSnapshot("ups-a", moment.online, None, None)},
        lines={
            line_id: LineSnapshot(
                line_id,
                port_open=line_id not in moment.lines_gone,
                message="",
                round_s=None,
                requests=0,
                timeouts=0,
                frame_errors=0,
                lent=line_id in moment.lines_lent,
            )
            for line_id in ("managers", "modules")
        },
        line_of=LINE_OF,
        accessories={
            name: _accessory(name, line_id, moment, now)
            for name, line_id in ACCESSORY_LINES.items()
        },
        sensors={ROOM.key: moment.sensor_online},
        strangers=moment.strangers,
        notes=moment.notes,
        recording_problem=moment.recording_problem,
        overrides=moment.overrides,
    )


class Room:
    """Ticks once a second and keeps what changed."""

    def __init__(self, site: Site = SITE) -> None:
        self.site = site
        self.book = AlarmBook()
        self.now = START
        self.changes: list[Change] = []

    def run(self, seconds: int, moment: Moment | None = None) -> Room:
        """Tick for some seconds; readings that there are stay fresh.

        The first and the last tick last a second, so that delays begin and end to the second.
        """
        for step_s in _steps_s(seconds):
            self.now += step_s
            seen = moment or Moment()
            fresh = {key: _renewed(read, self.now) for key, read in seen.readings.items()}
            tick = inputs(replace(seen, readings=fresh), self.now, self.site)
            self.took(evaluate(self.site, tick, self.book, self.now))
        return self

    def took(self, after: AlarmBook) -> Room:
        """Take over a book, and what the step to it changed."""
        self.changes.extend(changes(self.book, after))
        self.book = after
        return self

    def names(self) -> list[str]:
        """Rule and place of all alarms that are raised, in order of raising."""
        return [
            f"{alarm.rule.name} {alarm.place.label} {alarm.state.value}"
            for alarm in self.book.raised
        ]

    def story(self) -> list[str]:
        """What happened since the start."""
        return [
            f"{change.kind.value} {change.alarm.rule.name} {change.alarm.place.label}"
            for change in self.changes
        ]


def _steps_s(seconds: int) -> list[int]:
    if seconds < 3:
        return [1] * seconds
    whole, rest = divmod(seconds - 2, LONG_STEP_S)
    return [1, *[LONG_STEP_S] * whole, *([rest] if rest else []), 1]


def _renewed(read: StringReadings, now: float) -> StringReadings:
    columns = {
        quantity: replace(column, read_at=np.where(np.isnan(column.read_at), np.nan, now))
        for quantity, column in read.columns.items()
    }
    current, room = read.current_a, read.room_temperature_c
    return replace(
        read,
        columns=columns,
        current_a=None if current is None else replace(current, read_at=now),
        room_temperature_c=None if room is None else replace(room, read_at=now),
    )


def _remembered(rows: Rows, moment: Moment) -> protection.Memory:
    """What protection remembers of strings, whose room was measured before or never."""
    memory = protection.initial(rows)
    room_c = np.full(rows.string_count, 22.0 if moment.room_ever_known else np.nan)
    return replace(memory, strings=replace(memory.strings, room_c=room_c))
