"""Polls one manager inside Home Assistant and publishes a tick once a second, as an engine does."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bacs_core.api.broadcast import Broadcast
from bacs_core.clock import SteadyClock
from bacs_core.polling.wiring import Wiring, wire
from bacs_core.snapshot import ManagerSnapshot
from custom_components.bacs.const import MANAGER_ID

from .description import Data, in_folder
from .judging import first_memory, judge, nothing_of, shifted

TICK_S: Final = 1.0


class Poller:
    """One manager on its own line. `serial_number` is the one that is believed, if known."""

    def __init__(self, wiring: Wiring, clock: SteadyClock, serial_number: int | None) -> None:
        self.wiring = wiring
        self.broadcast = Broadcast()
        self._clock = clock
        self._serial_number = serial_number
        self._nothing = nothing_of(wiring.settings.site)
        self._memory = first_memory(self._nothing)
        (self._owner,) = wiring.lines.values()
        self._not_tried = self._owner.message
        if (identity := wiring.identities.get(MANAGER_ID)) is not None:
            # No value of another one counts.
            identity.pin(serial_number)

    async def run(self) -> None:
        """Own the line and tick, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._owner.run(), name=f"line {self._owner.line.port}")
            group.create_task(self._tick_for_ever(), name=f"tick {self._owner.line.port}")

    def manager(self) -> ManagerSnapshot:
        """Tell how the manager does; another one in its place is none."""
        (manager,) = self.wiring.settings.site.managers
        told = self.wiring.manager_snapshot(manager, self._clock.now())
        expected = self._serial_number
        if expected is None or told.serial_number in (None, expected):
            return told
        problem = f"another device answers: serial number {told.serial_number}, not {expected}"
        return replace(told, online=False, problem=problem)

    def publish(self) -> None:
        """Tell what is known now, as at every tick."""
        managers, now = {MANAGER_ID: self.manager()}, self._clock.now()
        tick, self._memory = judge(self.wiring, managers, self._nothing, self._memory, now)
        self.broadcast.publish(tick)

    def trouble(self) -> str | None:
        """Say why the manager is not there; `None` where it is, or nobody knows yet."""
        told = self.manager()
        owner = self._owner
        if told.online is not False or (not owner.port_open and owner.message == self._not_tried):
            return None
        return told.problem or owner.message or "the manager does not answer"

    async def _tick_for_ever(self) -> None:
        due = time.monotonic()
        while True:
            if step_s := self._clock.follow():
                self.wiring.shift(step_s)
                self._memory = shifted(self._memory, step_s)
            self.publish()
            due = max(due + TICK_S, time.monotonic())
            await asyncio.sleep(due - time.monotonic())


def poller_of(data: Data, limits: Data, serial_number: int | None) -> Poller:
    """Prepare what the data of an entry describes. Blocks; raises `MonitoringError`."""
    clock = SteadyClock()
    with TemporaryDirectory() as folder:
        # The owner of an SNMP line reads its secrets while it is made.
        wiring = wire(in_folder(Path(folder), data, limits), clock.now)
    return Poller(wiring, clock, serial_number)
