"""A small site and its ticks for tests of the alarm room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from bacs_core.alarms.machine import (
    AlarmBook,
    Change,
    Inputs,
    Strangers,
    changes,
    evaluate,
)
from bacs_core.equalization import Plan, initial
from bacs_core.model import EqualizationState, EqualizedBy, Inhibit, Limits, Manager, Site, String
from bacs_core.snapshot import (
    AccessorySnapshot,
    EqualizationSummary,
    LineSnapshot,
    ManagerSnapshot,
    StringReadings,
    StringSnapshot,
)
from bacs_core.summary import summarize
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
LONG_S = 500
FLOAT_V = (2.27, 2.27, 2.27, 2.27)


def at_float(at: float) -> StringReadings:
    return readings(FLOAT_V, at, temperature_c=[25] * 4, resistance_ohm=[0.3e-3] * 4)


@dataclass(frozen=True)
class Moment:
    """What one tick sees; whatever is not named is well."""

    readings: Mapping[str, StringReadings] = field(default_factory=dict)
    inhibits: Mapping[str, tuple[Inhibit, ...]] = field(default_factory=dict)
    online: bool | None = True
    accessory_online: bool | None = True
    sensor_online: bool | None = True
    lines_gone: tuple[str, ...] = ()
    lines_lent: tuple[str, ...] = ()
    strangers: Strangers = field(default_factory=Strangers)
    notes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    plans: Mapping[str, Plan] = field(default_factory=dict)


def inputs(moment: Moment, now: float, site: Site = SITE) -> Inputs:
    def snapshot(string: String) -> StringSnapshot:
        read = moment.readings.get(string.key) or at_float(now)
        return StringSnapshot(
            string=string,
            readings=read,
            summary=summarize(string, read, now),
            equalization=EqualizationSummary(
                EqualizationState.IDLE, moment.inhibits.get(string.key, ())
            ),
            status=np.zeros(string.cell_count, np.uint8),
        )

    return Inputs(
        strings={string.key: snapshot(string) for string in site.strings},
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
        plans=moment.plans,
        accessories={
            name: AccessorySnapshot(
                name, "Relay box", "panel_relay_box", moment.accessory_online, line_id=line_id
            )
            for name, line_id in ACCESSORY_LINES.items()
        },
        sensors={ROOM.key: moment.sensor_online},
        strangers=moment.strangers,
        notes=moment.notes,
    )


def a_plan(string: String, *, duty_percent: float = 0.0, exhausted: tuple[int, ...] = ()) -> Plan:
    flags = np.zeros(string.cell_count, np.bool_)
    flags[list(exhausted)] = True
    return Plan(
        duty_percent=np.full(string.cell_count, duty_percent),
        summary=EqualizationSummary(EqualizationState.ACTIVE),
        memory=initial(string),
        exhausted=flags,
    )


class Room:
    """Ticks once a second and keeps what changed."""

    def __init__(self, site: Site = SITE) -> None:
        self.site = site
        self.book = AlarmBook()
        self.now = START
        self.changes: list[Change] = []

    def run(self, seconds: float, moment: Moment | None = None, step_s: int | None = None) -> Room:
        """Tick for some seconds (a long time every ten); readings that there are stay fresh."""
        step_s = step_s or (1 if seconds < LONG_S else 10)
        for _ in range(int(seconds / step_s)):
            self.now += step_s
            seen = moment or Moment()
            fresh = {key: _renewed(read, self.now) for key, read in seen.readings.items()}
            before = self.book
            tick = inputs(replace(seen, readings=fresh), self.now, self.site)
            self.book = evaluate(self.site, tick, before, self.now)
            self.changes.extend(changes(before, self.book))
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


def _renewed(read: StringReadings, now: float) -> StringReadings:
    columns = {
        quantity: replace(column, read_at=np.where(np.isnan(column.read_at), np.nan, now))
        for quantity, column in read.columns.items()
    }
    current = None if read.current_a is None else replace(read.current_a, read_at=now)
    return replace(read, columns=columns, current_a=current)
