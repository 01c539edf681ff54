"""Finds discharges live, records and analyses them; the tick only notes what it sees.

Each tick tells the charge phases; of strings that are being discharged it keeps the voltages until,
once a minute and at the end, a thread folds them into the recording. What is known then goes into
the history with the events of it. The first thing at a start is what ran at the last stop: it is
folded anew out of the history.

A minute of samples waits between two folds, 8 MB for 4096 cells; beside it is a fold per discharge.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from bacs_core.control import Conclusions
from bacs_core.discharge_recording import (
    End,
    Recorded,
    Task,
    learned_since,
    start_of,
    worked,
)
from bacs_core.discharge_samples import Sample, TickFrame, joined
from bacs_core.history.discharges import folding, remembering
from bacs_core.history.discharges.capacities import Start, string_of
from bacs_core.history.discharges.describing import battery_of
from bacs_core.history.discharges.following import (
    HOLD_S,
    Following,
    Stage,
    Turn,
    follow,
    recharging,
    resumed,
    shifted,
)
from bacs_core.history.discharges.ledger import MS_PER_S
from bacs_core.history.discharges.rows import Entry, Kept
from bacs_core.history.errors import HistoryError
from bacs_core.history.store import History
from bacs_core.model import ChargePhase, Site, String
from bacs_core.recorder import Recorder
from bacs_core.snapshot import Flags, Snapshot

_log = logging.getLogger(__name__)

FOLD_EVERY_S: Final = 60.0
RETRY_S: Final = 5.0
#: So long the start waits for a disk that hangs; then whatever ran before begins anew.
PATIENCE_S: Final = 10.0
BEFORE_EVERY_S: Final = 10.0
#: An end was seen if nobody was away for longer than this.
_AWAY_S: Final = 60.0
#: Discharges that wait for a disk that cannot be written; more are dropped, the oldest first.
MOST_WAITING: Final = 256


@dataclass(slots=True)
class Watched:
    """One string: where it stands, the discharge that runs, and the one that is recharged.

    `held` are samples that belong to the discharge only if it turns out to be one, or to go on.
    """

    place: int
    string: String
    following: Following = field(default_factory=Following)
    running: Recorded | None = None
    recharging: Recorded | None = None
    held: list[Sample] = field(default_factory=list)


class DischargeWatch:
    """Watches all strings of a site. The tick calls `follow`; `run` does the work."""

    def __init__(self, site: Site, recorder: Recorder) -> None:
        """Watch `site`; nothing is found before `restore` has looked into the history."""
        self._recorder = recorder
        self._watched = {
            string.key: Watched(place, string) for place, string in enumerate(site.strings)
        }
        self._recordings: list[Recorded] = []
        self._frames: deque[TickFrame] = deque(maxlen=int(folding.BEFORE_S / BEFORE_EVERY_S) + 1)
        self._was_calm: Flags = np.zeros(len(self._watched), np.bool_)
        self._is_busy = False
        self._ready = False
        self._news = asyncio.Event()
        self._dirty = asyncio.Event()
        self._state_dir: Path | None = None

    def follow(self, told: Conclusions, snapshot: Snapshot) -> None:
        """Look at a tick; returns at once."""
        if not self._ready:
            return
        now, phases = told.frame.now, told.estimates.phase
        seen: TickFrame | None = None
        if not self._frames or not 0 <= now - self._frames[-1].now < BEFORE_EVERY_S:
            seen = TickFrame.of(told, snapshot)
            self._frames.append(seen)
        discharges = phases == ChargePhase.DISCHARGE
        self._was_calm |= ~discharges & (phases != ChargePhase.UNKNOWN)
        if not self._is_busy and not discharges.any():
            return
        seen = seen or TickFrame.of(told, snapshot)
        over = np.isnan(told.estimates.recharging_since)
        for watched in self._watched.values():
            if watched.following.stage is not Stage.CALM or discharges[watched.place]:
                self._step(watched, seen, told, recharge_over=bool(over[watched.place]))
        self._is_busy = any(
            watched.following.stage is not Stage.CALM for watched in self._watched.values()
        )

    def shift(self, step_s: float) -> None:
        """Move every kept time with the clock."""
        for frame in self._frames:
            frame.now += step_s
        for watched in self._watched.values():
            watched.following = shifted(watched.following, step_s)
            for sample in watched.held:
                sample.at += round(step_s * MS_PER_S)
        for recorded in self._recordings:
            recorded.shift(step_s)

    async def run(self) -> None:
        """Fold and write for ever; begin with what ran at the last stop."""
        await self.restore()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._fold_for_ever())
            group.create_task(self._write_for_ever())

    async def restore(self) -> None:
        """Take up what was not over at the last stop; without a history it begins anew."""
        kept: Sequence[Kept] = ()
        unnoted: dict[str, tuple[int, int]] = {}
        try:
            async with asyncio.timeout(PATIENCE_S):
                self._state_dir = await self._recorder.call(lambda history: history.state_dir)
                kept = await self._recorder.call(lambda history: history.unfinished_discharges())
                noted = {one.discharge.battery.string_key for one in kept}
                others = [each.string for key, each in self._watched.items() if key not in noted]
                unnoted = await asyncio.to_thread(remembering.unnoted, self._state_dir, others)
        except (HistoryError, TimeoutError) as error:
            _log.warning("what was discharged at the last stop cannot be read: %s", error)
        newest = {one.discharge.battery.string_key: one for one in kept}
        for one in kept:
            battery = one.discharge.battery
            watched = self._watched.get(battery.string_key)
            is_newest = newest[battery.string_key] is one
            if watched is not None and is_newest and battery == battery_of(watched.string):
                self._take_up(watched, one)
            elif one.discharge.ended_at is None:
                self._close(one)
        for key, (began, last) in unnoted.items():
            watched = self._watched[key]
            unknown = Start.unknown(watched.string.cell_count)
            recorded = Recorded.begun(watched.string, began, unknown, start_seen=True)
            recorded.anew, watched.running = True, recorded
            watched.following = resumed(began / MS_PER_S, last / MS_PER_S)
            self._recordings.append(recorded)
        self._is_busy = bool(self._recordings)
        self._ready = True
        self._news.set()

    async def settle(self) -> None:
        """Fold and write what waits, once."""
        await self._fold()
        await self._write()

    def _take_up(self, watched: Watched, kept: Kept) -> None:
        told = kept.discharge
        began_at = told.started_at.timestamp()
        recorded = Recorded(
            watched.string, kept.start, told, start_seen=not told.figures.start_unseen
        )
        self._recordings.append(recorded)
        if told.ended_at is not None:
            watched.recharging = recorded
            watched.following = recharging(began_at, told.ended_at.timestamp())
            return
        recorded.fold = folding.begun(told.battery, round(began_at * MS_PER_S))
        recorded.anew, watched.running = True, recorded
        recorded.tested = told.kind is told.kind.BATTERY_TEST
        watched.following = resumed(began_at, told.figures.until.timestamp())

    def _close(self, kept: Kept) -> None:
        """End a discharge of a string that is no more, or was built otherwise."""
        told = kept.discharge
        recorded = Recorded(string_of(told.battery), kept.start, told)
        recorded.close(round(told.figures.until.timestamp() * MS_PER_S))
        self._recordings.append(recorded)

    def _step(
        self, watched: Watched, seen: TickFrame, told: Conclusions, *, recharge_over: bool
    ) -> None:
        phase = ChargePhase(int(told.estimates.phase[watched.place]))
        watched.following, turn = follow(
            watched.following, phase, seen.now, recharge_over=recharge_over
        )
        match turn:
            case Turn.BEGAN:
                self._begin(watched, told)
            case Turn.ENDED:
                self._end(watched, phase, seen, told)
            case Turn.RECHARGED if watched.recharging is not None:
                watched.recharging.recharged(seen.now)
                watched.recharging = None
                self._news.set()
            case _:
                pass
        self._note(watched, seen, told)

    def _note(self, watched: Watched, seen: TickFrame, told: Conclusions) -> None:
        """Keep the sample of this tick where it belongs to a discharge, or may."""
        running = watched.running
        match watched.following.stage:
            case Stage.RUNNING if running is not None:
                running.samples += [*watched.held, seen.sample(watched.string.key, watched.place)]
                running.tested |= bool(told.testing[watched.place])
                watched.held = []
            case Stage.SUSPECTED | Stage.LEFT:
                watched.held = [
                    *watched.held[-int(HOLD_S) :],
                    seen.sample(watched.string.key, watched.place),
                ]
            case _:
                watched.held = []

    def _begin(self, watched: Watched, told: Conclusions) -> None:
        began = round(watched.following.began_at * MS_PER_S)
        recorded = Recorded.begun(
            watched.string,
            began,
            start_of(watched.string.key, watched.place, told),
            start_seen=bool(self._was_calm[watched.place]),
        )
        before = [frame.sample(watched.string.key, watched.place) for frame in self._frames]
        recorded.samples = [sample for sample in before if sample.at < began]
        watched.running, watched.recharging = recorded, None
        self._recordings.append(recorded)
        self._news.set()
        if len(self._recordings) > MOST_WAITING:
            over = next((each for each in self._recordings if each.told.ended_at), recorded)
            if over is not recorded:
                self._recordings.remove(over)

    def _end(
        self, watched: Watched, phase: ChargePhase, seen: TickFrame, told: Conclusions
    ) -> None:
        recorded, watched.running = watched.running, None
        if recorded is None:
            return
        last_at = watched.following.last_at
        trip = told.trips.get(watched.string.key)
        since_s = recorded.told.started_at.timestamp()
        recorded.end = End(
            at=round(last_at * MS_PER_S),
            phase=phase,
            breaker_open=None if trip is None else trip.contact_open,
            after=joined(watched.held, recorded.told.battery),
            learned=learned_since(watched.string, told, since_s),
            seen=seen.now - last_at <= HOLD_S + _AWAY_S,
        )
        watched.recharging = recorded
        self._news.set()

    async def _fold_for_ever(self) -> None:
        while True:
            await self._fold()
            try:
                async with asyncio.timeout(FOLD_EVERY_S):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _fold(self) -> None:
        """Let every recording take in what was seen since."""
        self._news.clear()
        for recorded in list(self._recordings):
            if recorded.anew:
                await self._fold_anew(recorded)
            if (task := recorded.task()) is not None:
                await self._work(recorded, task)
            elif recorded.fold is None and recorded.end and recorded.told.ended_at is None:
                recorded.give_up()
            if recorded.recharge_to_count:
                await self._count_recharge(recorded)
        self._dirty.set()

    async def _work(self, recorded: Recorded, task: Task) -> None:
        step_ms = recorded.step_ms
        try:
            result = await asyncio.to_thread(worked, task)
        except Exception:  # noqa: BLE001 - control outlives a discharge that cannot be analysed
            _log.exception("a discharge of %s cannot be analysed", recorded.string.key)
            recorded.give_up()
        else:
            recorded.take(result, step_ms)

    async def _fold_anew(self, recorded: Recorded) -> None:
        """Make the fold of a discharge that ran at the last stop out of the history."""
        recorded.anew = False
        watched = self._watched[recorded.string.key]
        if self._state_dir is None:
            return
        step_ms = recorded.step_ms
        try:
            fold = await asyncio.to_thread(remembering.folded, self._state_dir, recorded.told)
        except HistoryError as error:
            _log.warning("the first part of a discharge cannot be read: %s", error)
            recorded.start_seen = False
            return
        if fold.is_empty:
            recorded.start_seen = False
            return
        recorded.fold = folding.shifted(fold, recorded.step_ms - step_ms)
        last_at = recorded.fold.ledger.last_at / MS_PER_S
        if watched.running is recorded and watched.following.stage is Stage.LEFT:
            last_at = max(last_at, watched.following.last_at)
            watched.following = replace(watched.following, last_at=last_at)

    async def _count_recharge(self, recorded: Recorded) -> None:
        recorded.recharge_to_count = False
        if self._state_dir is None:
            return
        folder, told = self._state_dir, recorded.told
        try:
            put_in_ah = await asyncio.to_thread(remembering.recharged_ah, folder, told)
        except HistoryError as error:
            _log.warning("the recharge after a discharge cannot be read: %s", error)
            return
        recorded.told = recorded.told.model_copy(update={"recharged_ah": put_in_ah})
        recorded.is_dirty = True

    async def _write_for_ever(self) -> None:
        while True:
            await self._dirty.wait()
            if not await self._write():
                await asyncio.sleep(RETRY_S)

    async def _write(self) -> bool:
        """Write what has changed; return whether the history took it."""
        self._dirty.clear()
        due = [recorded for recorded in self._recordings if recorded.is_dirty]
        entries = [recorded.entry() for recorded in due]
        for recorded in due:
            recorded.is_dirty = False
        try:
            if due:
                keep = partial(_keep, entries)
                for recorded, entry, number in zip(
                    due, entries, await self._recorder.call(keep), strict=True
                ):
                    recorded.is_written(number, entry)
        except HistoryError as error:
            _log.error("discharges cannot be written yet: %s", error)
            for recorded in due:
                recorded.is_dirty = True
            self._dirty.set()
            return False
        self._recordings = [each for each in self._recordings if self._is_wanted(each)]
        return True

    def _is_wanted(self, recorded: Recorded) -> bool:
        """Tell whether anything can still come of it, or has still to be written."""
        watched = self._watched.get(recorded.string.key)
        open_work = recorded.is_dirty or recorded.recharge_to_count or recorded.anew
        to_conclude = recorded.end is not None and recorded.told.ended_at is None
        in_work = watched is not None and recorded in (watched.running, watched.recharging)
        return open_work or to_conclude or in_work


def _keep(entries: Sequence[Entry], history: History) -> tuple[int, ...]:
    return history.keep_discharges(entries)
