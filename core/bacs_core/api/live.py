"""A mirror of the site that follows the engine's stream and survives every interruption.

The panel and Home Assistant both show what stands here. Values are kept when the connection is
lost, but they age, and `stale` says so. Whoever shows values listens for updates and never polls.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING, Final, TypeVar

from bacs_core.api.client import (
    ClientError,
    EngineClient,
    EngineUnreachableError,
    NotAuthorizedError,
    Stream,
)
from bacs_core.api.messages import Alarm, ChangesMessage, SnapshotMessage, StreamMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from bacs_core.api.messages import (
        AccessoryStatus,
        Annunciation,
        BrainScalars,
        Finding,
        LineStatus,
        ManagerStatus,
        Runs,
        SiteInfo,
        StringChanges,
        StringScalars,
        StringValues,
    )
    from bacs_core.model import Quantity, String

#: The engine sends every second, also when nothing changed.
SILENCE_S: Final = 5.0
FIRST_RETRY_S: Final = 0.5
LAST_RETRY_S: Final = 5.0

Told = TypeVar("Told")
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class LiveString:
    """The mirror of one string, changed in place by each message.

    `status` holds a `CellStatus` per cell, `read_at` the unix time of each reading in seconds,
    `figures` and `codes` what is concluded of each cell, by `CellFigure` and `CellCode`.
    """

    string: String
    scalars: StringScalars
    columns: dict[Quantity, list[float | None]]
    read_at: dict[Quantity, list[float | None]]
    status: list[int]
    brain: BrainScalars | None = None
    figures: dict[str, list[float | None]] = field(default_factory=dict)
    codes: dict[str, list[int]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class StringUpdate:
    """What changed in one string; cells are counted from 0."""

    scalars: bool
    cells: dict[Quantity, tuple[int, ...]]
    status: tuple[int, ...]
    read_at: bool
    brain: bool = False
    figures: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    codes: frozenset[str] = frozenset()
    findings: bool = False


class UpdateKind(StrEnum):
    """What happened to the mirror."""

    CONNECTED = "connected"
    """A full snapshot arrived: everything may be different, also how the plant is built."""
    CHANGES = "changes"
    LOST = "lost"
    REFUSED = "refused"
    """The token is no longer valid: somebody has to pair again."""


@dataclass(frozen=True, slots=True)
class Update:
    """What a listener is told; the mirror is already up to date."""

    kind: UpdateKind
    strings: Mapping[str, StringUpdate] = field(default_factory=dict)
    managers: bool = False
    lines: bool = False
    accessories: bool = False
    alarms_raised: tuple[Alarm, ...] = ()
    alarms_changed: tuple[Alarm, ...] = ()
    alarms_cleared: tuple[Alarm, ...] = ()
    annunciation: bool = False


class LiveSite:
    """The mirror of one site. `run` keeps it alive; `listen` tells when it changed."""

    def __init__(self, client: EngineClient, *, clock: Callable[[], float] = time.time) -> None:
        """Start empty and unconnected; `clock` gives unix seconds."""
        self.info: SiteInfo | None = None
        self.connected = False
        self.at: float | None = None
        self.received_at: float | None = None
        self.problem: str | None = None
        self.strings: dict[str, LiveString] = {}
        self.managers: dict[str, ManagerStatus] = {}
        self.lines: dict[str, LineStatus] = {}
        self.accessories: dict[str, AccessoryStatus] = {}
        self.alarms: dict[str, Alarm] = {}
        self.annunciation: Annunciation | None = None
        self._client = client
        self._clock = clock
        self._listeners: dict[object, Callable[[Update], None]] = {}
        self._raw: frozenset[str] = frozenset()
        self._stream: Stream | None = None
        self._retry_s = FIRST_RETRY_S

    def listen(self, listener: Callable[[Update], None]) -> Callable[[], None]:
        """Call `listener` after each update; the returned function ends that."""
        # A key of its own: one function may listen twice and end each on its own.
        key = object()
        self._listeners[key] = listener

        def unsubscribe() -> None:
            self._listeners.pop(key, None)

        return unsubscribe

    def age_s(self, key: str, quantity: Quantity, cell_index: int) -> float | None:
        """Tell how old the reading of a cell is, or `None` if there never was one."""
        times = self.strings[key].read_at.get(quantity)
        return self.age_of(times[cell_index] if times else None)

    def age_of(self, read_at: float | None) -> float | None:
        """Tell how old a reading of that time is, or `None` if there never was one.

        Only differences within one clock count, so the clocks of engine and client may disagree.
        """
        if read_at is None or self.at is None or self.received_at is None:
            return None
        return max(0.0, self.at - read_at) + max(0.0, self._clock() - self.received_at)

    def stale(self, key: str, quantity: Quantity, cell_index: int) -> bool:
        """Tell whether a reading is too old to be shown as live, or absent."""
        age_s = self.age_s(key, quantity, cell_index)
        limit_s = self.strings[key].string.stale_after_s.get(quantity)
        return age_s is None or (limit_s is not None and age_s > limit_s)

    async def watch_raw(self, keys: Iterable[str]) -> None:
        """Ask for raw values of these strings and of no others, now and after each reconnect."""
        self._raw = frozenset(keys)
        if self._stream is not None:
            try:
                await self._stream.subscribe(self._raw)
            except ClientError as error:
                # `run` sees the same broken connection and repeats the request on the next one.
                _log.debug("subscribing failed: %s", error)

    async def run(self) -> None:
        """Follow the engine for ever; ends only when cancelled."""
        while True:
            try:
                await self._follow()
            except NotAuthorizedError as error:
                self._lost(UpdateKind.REFUSED, error)
                self._retry_s = LAST_RETRY_S
            except ClientError as error:
                self._lost(UpdateKind.LOST, error)
            except Exception as error:  # noqa: BLE001 - nothing that was sent may end the following
                text = f"following the engine failed: {str(error) or type(error).__name__}"
                self._lost(UpdateKind.LOST, EngineUnreachableError(text), unforeseen=error)
            await asyncio.sleep(self._retry_s)
            self._retry_s = min(2 * self._retry_s, LAST_RETRY_S)

    async def _follow(self) -> None:
        """Connect and apply messages until something fails."""
        await self._client.health()
        async with self._client.stream() as stream:
            try:
                if self._raw:
                    await stream.subscribe(self._raw)
                self._stream = stream
                while True:
                    await self._receive(await _next(stream))
            finally:
                self._stream = None
                self.connected = False

    async def _receive(self, message: StreamMessage) -> None:
        try:
            at = _unix_time(message.at)
            if isinstance(message, SnapshotMessage):
                # The engine also sends one when the plant itself was changed.
                update = self._replace(message, await self._client.site())
                self.connected = True
                self.problem = None
                self._retry_s = FIRST_RETRY_S
            else:
                update = self._apply(message)
        except (LookupError, ValueError, OverflowError) as error:
            text = "the engine sent values that do not fit its plant"
            raise EngineUnreachableError(text) from error
        self.at = at
        self.received_at = self._clock()
        self._tell(update)

    def _replace(self, message: SnapshotMessage, info: SiteInfo) -> Update:
        built = {string.key: string for string in info.site.strings}
        if [values.key for values in message.strings] != list(built):
            text = "the plant was changed while connecting"
            raise EngineUnreachableError(text)
        strings = {values.key: _mirror(built[values.key], values) for values in message.strings}
        self.info = info
        self.strings.clear()
        self.strings.update(strings)
        self._put_managers(message.managers)
        self._put_lines(message.lines)
        self._put_accessories(message.accessories)
        self.annunciation = message.annunciation
        raised, changed, cleared = self._put_alarms(message.alarms)
        return Update(
            UpdateKind.CONNECTED,
            {key: _everything(live) for key, live in self.strings.items()},
            managers=True,
            lines=True,
            accessories=True,
            alarms_raised=raised,
            alarms_changed=changed,
            alarms_cleared=cleared,
            annunciation=True,
        )

    def _apply(self, message: ChangesMessage) -> Update:
        updates = {
            changes.key: _apply_string(self.strings[changes.key], changes)
            for changes in message.strings
        }
        if message.managers is not None:
            self._put_managers(message.managers)
        if message.lines is not None:
            self._put_lines(message.lines)
        if message.accessories is not None:
            self._put_accessories(message.accessories)
        if message.annunciation is not None:
            self.annunciation = message.annunciation
        raised, changed, cleared = (
            ((), (), ()) if message.alarms is None else self._put_alarms(message.alarms)
        )
        return Update(
            UpdateKind.CHANGES,
            updates,
            managers=message.managers is not None,
            lines=message.lines is not None,
            accessories=message.accessories is not None,
            alarms_raised=raised,
            alarms_changed=changed,
            alarms_cleared=cleared,
            annunciation=message.annunciation is not None,
        )

    def _put_managers(self, managers: Sequence[ManagerStatus]) -> None:
        self.managers.clear()
        self.managers.update((manager.id, manager) for manager in managers)

    def _put_lines(self, lines: Sequence[LineStatus]) -> None:
        self.lines.clear()
        self.lines.update((line.id, line) for line in lines)

    def _put_accessories(self, accessories: Sequence[AccessoryStatus]) -> None:
        self.accessories.clear()
        self.accessories.update((accessory.id, accessory) for accessory in accessories)

    def _put_alarms(
        self, alarms: Sequence[Alarm]
    ) -> tuple[tuple[Alarm, ...], tuple[Alarm, ...], tuple[Alarm, ...]]:
        """Replace the alarms; return those raised, changed and cleared."""
        before = dict(self.alarms)
        self.alarms.clear()
        self.alarms.update((alarm.id, alarm) for alarm in alarms)
        return (
            tuple(alarm for alarm in alarms if alarm.id not in before),
            tuple(
                alarm
                for alarm in alarms
                # Most are the very same object, and to compare two of them takes much longer.
                if (was := before.get(alarm.id, alarm)) is not alarm and was != alarm
            ),
            tuple(alarm for id_, alarm in before.items() if id_ not in self.alarms),
        )

    def _lost(
        self, kind: UpdateKind, error: ClientError, *, unforeseen: Exception | None = None
    ) -> None:
        text = str(error)
        known = self.problem == text
        self.problem = text
        if not known:
            _log.warning("%s", text, exc_info=unforeseen)
            self._tell(Update(kind))

    def _tell(self, update: Update) -> None:
        for listener in tuple(self._listeners.values()):
            try:
                listener(update)
            except Exception:  # noqa: BLE001 - one broken listener must not stop the others
                _log.exception("a listener of the live site failed")


async def _next(stream: Stream) -> StreamMessage:
    """Wait for a message, but not longer than the engine may be silent."""
    try:
        async with asyncio.timeout(SILENCE_S):
            return await anext(stream)
    except TimeoutError as error:
        text = f"the engine was silent for {SILENCE_S:.0f} s"
        raise EngineUnreachableError(text) from error


def _unix_time(at: datetime) -> float:
    """Return unix seconds; `ValueError` where nobody can tell which moment is meant."""
    if at.tzinfo is None:
        raise ValueError(at)
    return at.timestamp()


def _mirror(string: String, values: StringValues) -> LiveString:
    # Only what was sent bounds how much is made of it.
    if len(values.status) != string.cell_count:
        raise ValueError(string.key)
    live = LiveString(
        string=string,
        scalars=values.scalars,
        columns=dict(values.columns),
        read_at={
            quantity: _cells(runs, string.cell_count) for quantity, runs in values.read_at.items()
        },
        status=list(values.status),
        brain=values.brain,
        figures={name: list(column) for name, column in values.figures.items()},
        codes={name: _cells(runs, string.cell_count) for name, runs in values.codes.items()},
        findings=list(values.findings),
    )
    columns = chain(live.columns.values(), live.figures.values())
    if any(len(column) != string.cell_count for column in columns):
        raise ValueError(string.key)
    return live


def _apply_string(live: LiveString, changes: StringChanges) -> StringUpdate:
    if changes.scalars is not None:
        live.scalars = changes.scalars
    for quantity, cells in changes.columns.items():
        # A quantity that no cell had before has no column yet.
        column = live.columns.setdefault(quantity, [None] * live.string.cell_count)
        _put(column, cells.index, cells.value)
    _apply_times(live, changes.read_at)
    _put(live.status, changes.status.keys(), changes.status.values())
    _apply_brain(live, changes)
    return StringUpdate(
        scalars=changes.scalars is not None,
        cells={quantity: tuple(cells.index) for quantity, cells in changes.columns.items()},
        status=tuple(changes.status),
        read_at=bool(changes.read_at),
        brain=changes.brain is not None,
        figures={name: tuple(cells.index) for name, cells in changes.figures.items()},
        codes=frozenset(changes.codes),
        findings=changes.findings is not None,
    )


def _apply_times(live: LiveString, read_at: Mapping[Quantity, Runs]) -> None:
    """Take the times of the readings; quantities that are read together share one list."""
    before: Runs | None = None
    times: list[float | None] = []
    for quantity, runs in read_at.items():
        if runs != before:
            before, times = runs, _cells(runs, live.string.cell_count)
        live.read_at[quantity] = times


def _apply_brain(live: LiveString, changes: StringChanges) -> None:
    if changes.brain is not None:
        live.brain = changes.brain
    for name, cells in changes.figures.items():
        column = live.figures.setdefault(name, [None] * live.string.cell_count)
        _put(column, cells.index, cells.value)
    for name, runs in changes.codes.items():
        live.codes[name] = _cells(runs, live.string.cell_count)
    if changes.findings is not None:
        live.findings = list(changes.findings)


def _put(column: list[Told], indices: Collection[int], values: Iterable[Told]) -> None:
    """Put values at their places; `IndexError` where there is none, `ValueError` without a pair."""
    if min(indices, default=0) < 0:
        # For Python that would be a place counted from the end.
        raise IndexError(min(indices))
    for index, value in zip(indices, values, strict=True):
        column[index] = value


def _everything(live: LiveString) -> StringUpdate:
    every_cell = tuple(range(live.string.cell_count))
    return StringUpdate(
        scalars=True,
        cells=dict.fromkeys(live.columns, every_cell),
        status=every_cell,
        read_at=True,
        brain=live.brain is not None,
        figures=dict.fromkeys(live.figures, every_cell),
        codes=frozenset(live.codes),
        findings=live.brain is not None,
    )


def _cells(runs: Sequence[tuple[Told, int]], cell_count: int) -> list[Told]:
    """Spread run-length coded times or codes over the cells; `ValueError` if they do not fit."""
    # Nearly always so, and asked of every column of the plant.
    if len(runs) == 1 and runs[0][1] == cell_count:
        return [runs[0][0]] * cell_count
    # A negative count repeats nothing, and islice bounds what a huge one can ask for.
    spread = chain.from_iterable(repeat(told, count) for told, count in runs)
    cells = list(islice(spread, cell_count + 1))
    if len(cells) != cell_count:
        raise ValueError(runs)
    return cells
