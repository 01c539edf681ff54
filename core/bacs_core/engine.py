"""The tick: collect > snapshot > estimate > plan > act > record > publish.

Lines poll at their own pace into the process image; once a second the tick freezes it. Nothing in
the tick waits for a line, a disk or a client, so nobody can delay protection or bypass. Everything
it concludes comes from pure functions of readings, settings, memory and time.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from bacs_core import equalization, events_of
from bacs_core.alarms import keeping, machine, view
from bacs_core.alarms.machine import AlarmBook
from bacs_core.api.service import Tick
from bacs_core.bypass import BypassDriver
from bacs_core.clock import STEP_S, SteadyClock
from bacs_core.commissioning import pins
from bacs_core.commissioning.desk import Desk
from bacs_core.commissioning.familiar import familiar_devices
from bacs_core.commissioning.field import Field
from bacs_core.commissioning.loans import Loans
from bacs_core.estimation import charge
from bacs_core.history.events import Event, EventKind
from bacs_core.model import EqualizedBy, Inhibit
from bacs_core.polling.modules import ModulePoll, mixed_generations
from bacs_core.polling.wiring import Wiring
from bacs_core.recorder import Recorder
from bacs_core.snapshot import Floats, Snapshot, StringSnapshot
from bacs_core.summary import summarize
from bacs_core.ticks import TickBoard

_log = logging.getLogger(__name__)

TICK_S: Final = 1.0
ALARMS_MEMORY: Final = "alarms"


@dataclass(slots=True)
class Pauses:
    """Equalization that a person stopped, by string key: until when (unix s), or for good."""

    until: dict[str, float | None] = field(default_factory=dict)

    def holds(self, key: str, now: float) -> bool:
        """Tell whether the string is paused; a pause that is over is forgotten."""
        until = self.until.get(key, 0.0)
        if until is None:
            return True
        if until <= now:
            self.until.pop(key, None)
            return False
        return True


class Engine:
    """Runs one site. `run` works until it is cancelled; `switch_off` comes before that."""

    def __init__(self, wiring: Wiring, recorder: Recorder, clock: SteadyClock) -> None:
        """Prepare; no port is opened yet."""
        self.settings = wiring.settings
        self.site = wiring.settings.site
        self.board = TickBoard()
        self.pauses = Pauses()
        self.alarms = AlarmBook()
        self._wiring = wiring
        self._recorder = recorder
        self._clock = clock
        self._equalization = {
            string.key: equalization.initial(string) for string in self.site.strings
        }
        self._charge = {string.key: charge.initial(string) for string in self.site.strings}
        self._drivers = {
            line_id: BypassDriver(owner, _modules_on(wiring, line_id))
            for line_id, owner in wiring.lines.items()
            if owner.line.may_command and _modules_on(wiring, line_id)
        }
        self.loans = Loans(wiring, self._drivers, self._told, clock.now)
        self.desk = Desk(self.loans, recorder.event, clock.now)
        self.familiar = familiar_devices(
            wiring, lambda kept: recorder.remember(pins.MEMORY, kept, self._moment())
        )
        self.field = Field(wiring, self.familiar)
        self._accessory_names = {
            ("accessory_silent", accessory.id): accessory.name
            for accessory in self.settings.accessories
        }
        self._sequence = 0
        self._before: Snapshot | None = None

    def restore_devices(self, kept: object) -> None:
        """Take up who was believed before the last stop."""
        if (problem := self.familiar.restore(kept)) is not None:
            self._record(Event(self._moment(), EventKind.COMMISSIONING, problem))

    def restore_alarms(self, kept: object) -> None:
        """Take up the alarms of before the last stop; what no longer fits is dropped."""
        self.alarms = keeping.restore(
            kept,
            self.site,
            tuple(self._wiring.lines),
            self._wiring.line_of,
            {
                name: told.accessory.address.line_id
                for name, told in self._wiring.accessories.items()
            },
        )

    async def run(self) -> None:
        """Own all lines and tick; a bug in either ends the engine, and every lease with it."""
        async with asyncio.TaskGroup() as group:
            for owner in self._wiring.lines.values():
                group.create_task(owner.run(), name=f"line {owner.line.id}")
            group.create_task(self._recorder.run(), name="recorder")
            group.create_task(self._tick_for_ever(), name="tick")

    async def switch_off(self) -> None:
        """End all bypass for good; the lines must still be running."""
        drivers, self._drivers = self._drivers, {}
        await asyncio.gather(*(driver.switch_off() for driver in drivers.values()))

    async def _tick_for_ever(self) -> None:
        due = time.monotonic()
        while True:
            if step_s := self._clock.follow():
                self._take_over_clock(step_s)
            self.tick(self._clock.now())
            # A tick that was missed is not made up for: the next one comes at its own time.
            due = max(due + TICK_S, time.monotonic())
            await asyncio.sleep(due - time.monotonic())

    def _take_over_clock(self, step_s: float) -> None:
        """Move every kept time with the clock, so that delays and ages go on as they were."""
        self._wiring.shift(step_s)
        self.alarms = machine.shifted(self.alarms, step_s)
        for key, memory in self._equalization.items():
            self._equalization[key] = equalization.shifted(memory, step_s)
        for key, count in self._charge.items():
            self._charge[key] = charge.shifted(count, step_s)
        if abs(step_s) > STEP_S:
            self._record(events_of.clock_step(step_s, self._moment()))

    def tick(self, now: float) -> Tick:
        """Do one tick at unix time `now`."""
        self._sequence += 1
        self.familiar.follow()
        plans: dict[str, equalization.Plan] = {}
        inputs = machine.Inputs(
            strings=self._evaluate_strings(plans, now),
            managers={
                manager.id: self._wiring.manager_snapshot(manager, now)
                for manager in self.site.managers
            },
            lines=self._wiring.line_snapshots(),
            line_of=self._wiring.line_of,
            plans=plans,
            accessories=self._wiring.accessory_snapshots(now),
            sensors=self._wiring.sensors_online(),
            strangers=self.familiar.strangers(),
            notes={**self._accessory_names, **self.familiar.notes(), **self.desk.notes()},
        )
        self._act(plans, now)
        before = self.alarms
        if self.site.managers:
            self.alarms = machine.evaluate(self.site, inputs, before, now)
        snapshot = self._snapshot(inputs, now)
        for event in self._told_of_alarms(before, now):
            self._record(event)
        for event in events_of.connection_changes(self._before, snapshot):
            self._record(event)
        self._before = snapshot
        self._recorder.sample(snapshot)
        tick = Tick(snapshot, self._alarm_messages())
        self.board.publish(tick)
        return tick

    def acknowledge(self, alarm_id: str | None, by: str) -> Sequence[Event]:
        """Acknowledge one alarm or all, and return what that changed as events.

        Raises `RefusedError` where there is no such alarm.
        """
        before, now = self.alarms, self._clock.now()
        self.alarms = machine.acknowledge(before, alarm_id, by, now)
        if self.board.latest is not None:
            self.board.publish(replace(self.board.latest, alarms=self._alarm_messages()))
        return self._told_of_alarms(before, now)

    def _told_of_alarms(self, before: AlarmBook, now: float) -> Sequence[Event]:
        """Return what changed in the alarm book as events, and keep the book for a restart."""
        events = tuple(events_of.alarm_changes(before, self.alarms, self.site, now))
        if events:
            at = datetime.fromtimestamp(now, UTC)
            self._recorder.remember(ALARMS_MEMORY, keeping.keep(self.alarms), at)
        return events

    def _evaluate_strings(
        self, plans: dict[str, equalization.Plan], now: float
    ) -> dict[str, StringSnapshot]:
        """Freeze and judge every string; the plans of those the engine equalizes go to `plans`."""
        strings: dict[str, StringSnapshot] = {}
        mixed = mixed_generations(self._wiring.modules)
        for string in self.site.strings:
            readings = self._wiring.images[string.key].freeze(now)
            readings, self._charge[string.key] = charge.estimate(
                string, readings, self._charge[string.key], now
            )
            plan = equalization.plan(
                string,
                readings,
                self._equalization[string.key],
                now,
                paused=self.pauses.holds(string.key, now),
                inhibits=(Inhibit.MIXED_GENERATIONS,) if string.key in mixed else (),
            )
            self._equalization[string.key] = plan.memory
            if string.equalized_by is EqualizedBy.ENGINE:
                plans[string.key] = plan
            strings[string.key] = StringSnapshot(
                string=string,
                readings=readings,
                summary=summarize(string, readings, now),
                equalization=plan.summary,
                status=machine.cell_status(self.alarms, string, readings, now),
                doubts=self._wiring.doubts(string.key),
            )
        return strings

    def _act(self, plans: Mapping[str, equalization.Plan], now: float) -> None:
        """Order the planned duty; a module of a string without a plan gets none."""
        duties: dict[str, dict[int, float]] = {line_id: {} for line_id in self._drivers}
        for key, plan in plans.items():
            for module, duty in _pairs(self._wiring.modules[key], plan.duty_percent):
                # Whoever was away may be another module on another cell now.
                if module.address.line_id in duties and module.identity.is_believed():
                    duties[module.address.line_id][module.address.unit] = duty
        for line_id in self._drivers:
            self.loans.renew(line_id, duties[line_id], now)

    def _snapshot(self, inputs: machine.Inputs, now: float) -> Snapshot:
        """Put the tick together, with the marks that the alarms of this tick give the cells."""
        return Snapshot(
            sequence=self._sequence,
            at=datetime.fromtimestamp(now, UTC),
            strings={
                key: replace(
                    string,
                    status=machine.cell_status(self.alarms, string.string, string.readings, now),
                )
                for key, string in inputs.strings.items()
            },
            managers=inputs.managers,
            lines=inputs.lines,
            accessories=inputs.accessories,
        )

    def _told(self) -> tuple[Sequence[view.Alarm], Mapping[str, StringSnapshot]]:
        tick = self.board.latest
        return ((), {}) if tick is None else (tick.alarms, tick.snapshot.strings)

    def _alarm_messages(self) -> tuple[view.Alarm, ...]:
        return tuple(view.to_message(alarm, self.site) for alarm in self.alarms.raised)

    def _record(self, event: Event) -> None:
        _log.info("%s", event.text)
        self._recorder.event(event)

    def _moment(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), UTC)


def _pairs(modules: Sequence[ModulePoll], duty: Floats) -> Iterator[tuple[ModulePoll, float]]:
    return zip(modules, duty.tolist(), strict=True)


def _modules_on(wiring: Wiring, line_id: str) -> list[ModulePoll]:
    return [
        module
        for modules in wiring.modules.values()
        for module in modules
        if module.address.line_id == line_id
    ]
