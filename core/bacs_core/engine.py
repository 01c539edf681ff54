"""The tick: collect > think > act > alarm > publish > record.

Lines poll at their own pace into the process image; once a second the tick freezes it. Nothing in
the tick waits for a line, a disk or a client, so nobody can delay protection or bypass. What the
plant means is concluded in `control`, what people want comes in through `taking_orders`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Protocol, cast

from bacs_core import events_of, picture, wishes
from bacs_core.alarm_relay import alarm_relay
from bacs_core.alarms import annunciation, keeping, machine, orders as alarm_orders, overrides, view
from bacs_core.alarms.book import AlarmBook
from bacs_core.alarms.layout import lay_out
from bacs_core.alarms.overrides import Override
from bacs_core.alarms.rules import RULES, Scope
from bacs_core.api.service import Tick
from bacs_core.breakers import Breakers
from bacs_core.bypass import BypassDriver
from bacs_core.clock import STEP_S, SteadyClock
from bacs_core.commissioning import pins
from bacs_core.commissioning.desk import Desk
from bacs_core.commissioning.familiar import familiar_devices
from bacs_core.commissioning.field import Field
from bacs_core.commissioning.loans import Loans
from bacs_core.control import Conclusions, Control
from bacs_core.discharge_watch import DischargeWatch
from bacs_core.errors import RefusedError
from bacs_core.history.events import Event, EventKind
from bacs_core.model import EqualizedBy, RunawayStage
from bacs_core.polling.modules import ModulePoll, mixed_generations
from bacs_core.polling.wiring import Wiring
from bacs_core.protection import Demand, Trip, keep_trips, restore_trips
from bacs_core.recorder import Recorder
from bacs_core.relay_loss import relay_losses
from bacs_core.room_air import with_room
from bacs_core.snapshot import AccessorySnapshot, Floats, Snapshot, StringReadings, StringSnapshot
from bacs_core.stick.states import StickState
from bacs_core.ticks import TickBoard

if TYPE_CHECKING:
    from bacs_core.history.events import Json

_log = logging.getLogger(__name__)

TICK_S: Final = 1.0
#: What was learned changes slowly, and a panel's medium dies of writing.
KEEP_LEARNED_EVERY_S: Final = 3600.0
#: How much of the running delay of an alarm a killed engine may lose.
KEEP_DELAYS_EVERY_S: Final = 60.0
#: Longer than the delay of any cause of a trip that does not outlast a restart by itself.
LEAST_WATCHED_S: Final = 30.0
ALARMS_MEMORY: Final = "alarms"
TRIPS_MEMORY: Final = "trips"
WISHES_MEMORY: Final = "wishes"
LIMITS_MEMORY: Final = "alarm_limits"
LEARNED_MEMORY: Final = "learned"
MEMORIES: Final = (TRIPS_MEMORY, WISHES_MEMORY, LIMITS_MEMORY, ALARMS_MEMORY, LEARNED_MEMORY)


class Sticks(Protocol):
    """Who looks after sticks; the engine only tells of it."""

    def told(self, now: float) -> StickState:
        """Return what is told of a stick at `now`."""


class Engine:
    """Runs one site. `run` works until it is cancelled; `switch_off` comes before that.

    `overrides` are the alarm limits that people changed; `reclosing` names the strings whose
    breaker is being closed just now by a person. `sticks` is set by who looks after sticks.
    """

    def __init__(self, wiring: Wiring, recorder: Recorder, clock: SteadyClock) -> None:
        """Prepare; no port is opened yet."""
        self.settings = wiring.settings
        self.site = wiring.settings.site
        self.board = TickBoard()
        self.control = Control(self.site, wiring.settings.breakers, clock.now())
        self.alarms = AlarmBook()
        self.overrides: tuple[Override, ...] = ()
        self.breakers = Breakers(wiring)
        self.reclosing: set[str] = set()
        self.sticks: Sticks | None = None
        self._wiring = wiring
        self._recorder = recorder
        self._clock = clock
        self._drivers = {
            line_id: BypassDriver(owner, _modules_on(wiring, line_id))
            for line_id, owner in wiring.lines.items()
            if owner.line.may_command and _modules_on(wiring, line_id)
        }
        self._relay_losses = relay_losses(wiring)
        self._alarm_relay = alarm_relay(wiring, self._relay_losses)
        self.loans = Loans(wiring, self._drivers, self._told, clock.now)
        self.desk = Desk(self.loans, recorder.event, clock.now)
        self.familiar = familiar_devices(
            wiring, lambda kept: recorder.remember(pins.MEMORY, kept, self._moment())
        )
        self.field = Field(wiring, self.familiar)
        self._accessory_names = {
            (rule.name, accessory.id): accessory.name
            for accessory in self.settings.accessories
            for rule in RULES
            if rule.scope is Scope.ACCESSORY
        }
        self.discharges = DischargeWatch(self.site, recorder)
        self._sequence = 0
        self._before: Snapshot | None = None
        self._concluded: Conclusions | None = None
        self._watching_since: float | None = None
        self._learned_kept_at = self._delays_kept_at = clock.now()

    @property
    def now(self) -> float:
        """The unix time of the engine's own clock, which does not jump."""
        return self._clock.now()

    def restore_devices(self, kept: object) -> None:
        """Take up who was believed before the last stop."""
        if (problem := self.familiar.restore(kept)) is not None:
            self._record(Event(self._moment(), EventKind.COMMISSIONING, problem))

    def restore(self, kept: Mapping[str, object]) -> None:
        """Take up what was kept before the last stop, by `MEMORIES`, as far as it still fits.

        Trips come first: whatever else cannot be read, a breaker that was to be open stays so.
        """
        control, now = self.control, self.now
        has_breaker = dict.fromkeys(control.trips, True)
        control.trips = restore_trips(kept.get(TRIPS_MEMORY), has_breaker, now)
        strings = {string.key: string for string in self.site.strings}
        control.wishes = wishes.restore(kept.get(WISHES_MEMORY), strings)
        places = (self.site, tuple(self._wiring.lines), self._wiring.line_of, self._accessory_lines)
        self.overrides = overrides.restore(kept.get(LIMITS_MEMORY), lay_out(*places))
        self.alarms = keeping.restore(kept.get(ALARMS_MEMORY), *places, self.overrides)
        control.restore_learned(kept.get(LEARNED_MEMORY))

    async def run(self) -> None:
        """Own all lines and tick; a bug in either ends the engine, and every lease with it."""
        async with asyncio.TaskGroup() as group:
            for owner in self._wiring.lines.values():
                group.create_task(owner.run(), name=f"line {owner.line.id}")
            group.create_task(self._recorder.run(), name="recorder")
            group.create_task(self.discharges.run(), name="discharges")
            group.create_task(self._tick_for_ever(), name="tick")

    async def switch_off(self) -> None:
        """End all bypass for good and drop the alarm relay; the lines must still be running."""
        self.keep_learned()
        self._keep(ALARMS_MEMORY, keeping.keep(self.alarms))
        drivers, self._drivers = self._drivers, {}
        relay, self._alarm_relay = self._alarm_relay, None
        ends = [driver.switch_off() for driver in drivers.values()]
        await asyncio.gather(*ends, *([] if relay is None else [relay.switch_off()]))

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
        self.control.shift(step_s)
        self.discharges.shift(step_s)
        self._learned_kept_at += step_s
        if self._watching_since is not None:
            self._watching_since += step_s
        self._delays_kept_at += step_s
        if abs(step_s) > STEP_S:
            self._record(events_of.clock_step(step_s, self._moment()))

    def tick(self, now: float) -> Tick:
        """Do one tick at unix time `now`."""
        self._sequence += 1
        self.familiar.follow()
        accessories = self._wiring.accessory_snapshots(now)
        images = self._wiring.images
        readings = with_room(
            {string.key: images[string.key].freeze(now) for string in self.site.strings},
            accessories.values(),
        )
        trips_before = dict(self.control.trips)
        mixed = frozenset(mixed_generations(self._wiring.modules))
        told = self.control.think(readings, self.breakers.contacts(now), mixed, now)
        self._concluded = told
        if self._watching_since is None:
            self._watching_since = now
        self._act(told, now)
        inputs = self._alarm_inputs(told, readings, accessories, now)
        before = self.alarms
        if self.site.managers:
            self.alarms = machine.evaluate(self.site, inputs, before, now)
        if self._alarm_relay is not None:
            self._alarm_relay.renew(energised=annunciation.relay_closed(self.alarms), now=now)
        snapshot = Snapshot(
            sequence=self._sequence,
            at=datetime.fromtimestamp(now, UTC),
            strings=picture.strings_of(told, readings, self.alarms, self._wiring.doubts),
            managers=inputs.managers,
            lines=inputs.lines,
            accessories=inputs.accessories,
            annunciation=picture.annunciation_of(self.alarms, self._stick(now)),
        )
        self._tell(before, trips_before, snapshot, now)
        self._before = snapshot
        self._recorder.sample(snapshot)
        self.discharges.follow(told, snapshot)
        self._keep_now_and_then(now)
        tick = Tick(snapshot, self._alarm_messages())
        self.board.publish(tick)
        return tick

    def acknowledge(self, alarm_ids: Collection[str] | None, by: str) -> Sequence[Event]:
        """Acknowledge some alarms or all, and return what that changed as events.

        Raises `RefusedError` where none of them is there.
        """
        return self.change_alarms(
            lambda book: alarm_orders.acknowledge(book, alarm_ids, by, self.now)
        )

    def change_alarms(self, change: Callable[[AlarmBook], AlarmBook]) -> Sequence[Event]:
        """Let a person's order change the alarm book; return what that changed as events."""
        before = self.alarms
        self.alarms = change(before)
        if (latest := self.board.latest) is not None:
            calling = picture.annunciation_of(self.alarms, self._stick(self.now))
            snapshot = replace(latest.snapshot, annunciation=calling)
            self.board.publish(replace(latest, snapshot=snapshot, alarms=self._alarm_messages()))
        self._keep(ALARMS_MEMORY, keeping.keep(self.alarms))
        return tuple(events_of.alarm_changes(before, self.alarms, self.site))

    def trip(self, key: str) -> Trip:
        """Return where the protection of a string stands; raises `RefusedError` (`no_breaker`)."""
        if (trip := self.control.trips.get(key)) is None:
            raise RefusedError(f"the site file names no breaker for {key}", code="no_breaker")
        return trip

    def change_trip(self, key: str, trip: Trip) -> Sequence[Event]:
        """Let a person's order change the protection of a string; return that as events."""
        before = dict(self.control.trips)
        self.control.trips = {**before, key: trip}
        self._keep(TRIPS_MEMORY, keep_trips(self.control.trips))
        return tuple(events_of.trip_changes(before, self.control.trips, self.site, self.now))

    def require_calm(self, key: str) -> None:
        """Raise `RefusedError` (`cause_stands`) while runaway is told of a string or it tripped."""
        told, trip = self._concluded, self.control.trips.get(key)
        place = self.control.rows.places[key]
        raised = told is not None and told.verdict.string_stage[place] >= RunawayStage.ALARM
        if raised or (trip is not None and trip.ordered):
            raise RefusedError(f"protection of {key} has raised an alarm", code="cause_stands")

    def require_watched(self, key: str) -> None:
        """Refuse what needs a judgement of a string that was not watched long enough for one.

        Raises `RefusedError`: `not_watched_yet` soon after the start, `no_cell_tells` where its
        cells tell nothing.
        """
        told, since = self._concluded, self._watching_since
        if told is None or since is None or self.now - since < LEAST_WATCHED_S:
            reason = f"the engine has watched {key} for less than {LEAST_WATCHED_S:.0f} s"
            raise RefusedError(reason, code="not_watched_yet")
        if not told.frame.trusted[told.frame.rows.slices[key]].any():
            raise RefusedError(f"no cell of {key} tells anything", code="no_cell_tells")

    def demand(self, key: str) -> Demand:
        """Return what protection of a string asked for at the newest tick."""
        known = None if self._concluded is None else self._concluded.demands.get(key)
        return Demand() if known is None else known

    def keep_orders(self) -> None:
        """Keep for the next start what people want of equalization and of alarm limits."""
        self._keep(WISHES_MEMORY, self.control.wishes.keep())
        self._keep(LIMITS_MEMORY, overrides.keep(self.overrides))

    def keep_learned(self) -> None:
        """Keep for the next start what was learned of the plant."""
        self._learned_kept_at = self.now
        self._keep(LEARNED_MEMORY, self.control.learned())
        # With the time that is left of whatever a person put off.
        self._keep(TRIPS_MEMORY, keep_trips(self.control.trips))

    def _alarm_inputs(
        self,
        told: Conclusions,
        readings: Mapping[str, StringReadings],
        accessories: Mapping[str, AccessorySnapshot],
        now: float,
    ) -> machine.Inputs:
        return machine.Inputs(
            frame=told.frame,
            estimates=told.estimates,
            plan=told.plan,
            verdict=told.verdict,
            testing=told.testing,
            managers={
                manager.id: self._wiring.manager_snapshot(manager, now)
                for manager in self.site.managers
            },
            lines=self._wiring.line_snapshots(),
            line_of=self._wiring.line_of,
            readings=readings,
            trips=told.trips,
            accessories=accessories,
            sensors=self._wiring.sensors_online(),
            strangers=self.familiar.strangers(),
            notes={**self._accessory_names, **self.familiar.notes(), **self.desk.notes()},
            recording_problem=self._recorder.problem,
            overrides=self.overrides,
        )

    def _act(self, told: Conclusions, now: float) -> None:
        """Trip what has to be tripped, then order the planned duty."""
        tripping = {key for key, trip in told.trips.items() if trip.ordered}
        self.breakers.follow(tripping - self.reclosing, now)
        for loss in self._relay_losses.values():
            loss.follow(now)
        duties: dict[str, dict[int, float]] = {line_id: {} for line_id in self._drivers}
        for string in self.site.strings:
            if string.equalized_by is not EqualizedBy.ENGINE:
                continue
            duty_percent = told.plan.duty_percent[told.frame.rows.slices[string.key]]
            for module, duty in _pairs(self._wiring.modules[string.key], duty_percent):
                # Whoever was away may be another module on another cell now.
                if module.address.line_id in duties and module.identity.is_believed():
                    duties[module.address.line_id][module.address.unit] = duty
        for line_id in self._drivers:
            self.loans.renew(line_id, duties[line_id], now)

    def _tell(
        self, before: AlarmBook, trips_before: Mapping[str, Trip], snapshot: Snapshot, now: float
    ) -> None:
        """Record what this tick changed, and keep for a restart what must not be lost."""
        trips = self.control.trips
        moved = tuple(events_of.trip_changes(trips_before, trips, self.site, now))
        if moved:
            self._keep(TRIPS_MEMORY, keep_trips(trips))
            # With what led to it, so that a restart does not take the cause for over.
            self.keep_learned()
        alarmed = tuple(events_of.alarm_changes(before, self.alarms, self.site))
        if alarmed:
            self._keep(ALARMS_MEMORY, keeping.keep(self.alarms))
        for event in (*moved, *alarmed, *events_of.connection_changes(self._before, snapshot)):
            self._record(event)

    def _keep_now_and_then(self, now: float) -> None:
        """Keep what changes with every tick, so that a killed engine has not lost much of it."""
        if abs(now - self._learned_kept_at) >= KEEP_LEARNED_EVERY_S:
            self.keep_learned()
        if self.alarms.running and abs(now - self._delays_kept_at) >= KEEP_DELAYS_EVERY_S:
            self._delays_kept_at = now
            self._keep(ALARMS_MEMORY, keeping.keep(self.alarms))

    def _keep(self, key: str, value: object) -> None:
        """Keep `value`, which must be plain JSON, for the next start."""
        self._recorder.remember(key, cast("Json", value), self._moment())

    @property
    def _accessory_lines(self) -> dict[str, str]:
        return {
            name: told.accessory.address.line_id for name, told in self._wiring.accessories.items()
        }

    def _stick(self, now: float) -> StickState | None:
        return None if self.sticks is None else self.sticks.told(now)

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
