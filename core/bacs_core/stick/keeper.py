"""The engine's side of the USB store: listens for helpers, and lets one stick at a time be copied.

Nothing here touches a stick. Mounting is the helper's work, copying that of a process of its own;
both may hang for ever without anybody waiting for them longer than `Patience` says.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bacs_core.errors import RefusedError
from bacs_core.history.events import Event
from bacs_core.stick import states, wire
from bacs_core.stick.reports import REPORT, Job
from bacs_core.stick.states import (
    AT_WORK,
    Appeared,
    Begun,
    Failed,
    Happening,
    Progressed,
    Removed,
    Settled,
    StickProblem,
    StickState,
    Written,
)
from bacs_core.stick.telling import event_of
from bacs_core.stick.visitor import GoneError, Visitor

_log = logging.getLogger(__name__)

WORKER: Final = (sys.executable, "-m", "bacs_core.stick.worker")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the engine waits, in seconds, before it says that a stick does not answer."""

    mount_s: float = 150.0
    copy_s: float = 180.0
    """Without any progress."""
    unmount_s: float = 180.0
    end_s: float = 5.0
    """For the copying process to end once it was killed."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is copied: the state directory, and whose it is."""

    state_dir: Path
    site_id: str
    site_name: str


class StickKeeper:
    """Looks after sticks from `start` to `stop`; one event loop, no blocking calls."""

    def __init__(
        self,
        source: Source,
        record: Callable[[Event], None],
        clock: Callable[[], float],
        *,
        patience: Patience | None = None,
        worker: Sequence[str] = WORKER,
    ) -> None:
        """`record` takes events; `worker` is the command that copies, with the job behind it."""
        self._source = source
        self._record = record
        self._clock = clock
        self._patience = patience or Patience()
        self._worker = tuple(worker)
        self._state = StickState()
        self._wanted: asyncio.Queue[str] = asyncio.Queue()
        self._visitors: list[Visitor] = []
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._server: asyncio.Server | None = None
        self._way = contextlib.ExitStack()

    def told(self, now: float) -> StickState:
        """Return what is told of the stick at `now`."""
        return states.at(self._state, now)

    async def start(self) -> None:
        """Listen for helpers; where that is impossible the engine runs on without sticks."""
        try:
            path = self._way.enter_context(wire.socket_path(self._source.state_dir))
            self._server = await asyncio.start_unix_server(
                self._received, path, limit=wire.MAX_LINE_BYTES
            )
        except OSError as error:
            _log.error("no stick can be written: %s", error)
        self._task = asyncio.create_task(self._look_after(), name="stick")

    async def stop(self) -> None:
        """End whatever runs; the helpers unmount by themselves once they hear nobody."""
        if self._server is not None:
            self._server.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        visitors, self._visitors = self._visitors, []
        for visitor in visitors:
            visitor.dismiss()
        self._way.close()

    def set_unattended(self, *, enabled: bool) -> None:
        """Let the next stick be written by itself, or only when somebody asks."""
        self._state = replace(self._state, unattended=enabled)

    def require_stick(self) -> None:
        """Raise `RefusedError` where nothing can be exported: `no_stick`, `stick_busy`."""
        if not self._visitors:
            raise RefusedError("no stick is plugged in", code="no_stick")
        if self._state.phase in AT_WORK:
            raise RefusedError("the stick is being written already", code="stick_busy")

    def export(self, by: str) -> None:
        """Let the stick that is plugged in be written, in the name of a person."""
        self.require_stick()
        if self._wanted.empty():
            self._wanted.put_nowait(by)

    async def _look_after(self) -> None:
        """Attend one stick after the other, each until it is removed."""
        while True:
            while not self._visitors:
                self._changed.clear()
                await self._changed.wait()
            visitor = self._visitors[0]
            with contextlib.suppress(GoneError):
                await self._attend(visitor)
            visitor.dismiss()
            self._visitors.remove(visitor)
            self._count_waiting()

    async def _attend(self, visitor: Visitor) -> None:
        """Copy to a stick, at once or when a person asks, as often as a person asks."""
        visitor.require_present()
        while not self._wanted.empty():
            self._wanted.get_nowait()
        held = not self._state.unattended
        self._happened(Appeared(visitor.label, held=held))
        if not held:
            await self._copy(visitor, None)
        while True:
            by = await visitor.unless_gone(self._wanted.get())
            await self._copy(visitor, by)

    async def _copy(self, visitor: Visitor, by: str | None) -> None:
        """Mount, copy, unmount; the stick says what came out only once it is unmounted."""
        self._happened(Begun(by))
        result = await self._mounted_copy(visitor)
        self._happened(Settled(result))

    async def _mounted_copy(self, visitor: Visitor) -> Written | Failed:
        patience = self._patience
        match await visitor.ask(wire.Order.MOUNT, patience.mount_s):
            case wire.Mounted(folder=folder):
                result = await self._work(visitor, folder)
            case wire.NotMounted(problem=problem, detail=detail):
                return Failed(problem, detail=detail)
            case _:
                return Failed(StickProblem.SILENT)
        match await visitor.ask(wire.Order.UNMOUNT, patience.unmount_s):
            case wire.Unmounted():
                return result
            case wire.StillMounted(detail=detail):
                return Failed(StickProblem.SILENT, detail=detail)
            case _:
                return Failed(StickProblem.SILENT)

    async def _work(self, visitor: Visitor, folder: Path) -> Written | Failed:
        """Run the process that copies, to its end or for as long as it gets on."""
        job = Job(
            state_dir=self._source.state_dir,
            site_id=self._source.site_id,
            site_name=self._source.site_name,
            target=folder,
        )
        try:
            process = await asyncio.create_subprocess_exec(
                *self._worker,
                job.model_dump_json(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            return Failed(StickProblem.FAILED, detail=str(error))
        try:
            return await visitor.unless_gone(self._follow(process))
        except TimeoutError:
            return Failed(StickProblem.SILENT)
        finally:
            await self._end(process)

    async def _follow(self, process: asyncio.subprocess.Process) -> Written | Failed:
        """Take the reports of the copying process; raises `TimeoutError`."""
        assert process.stdout is not None  # noqa: S101 - it was asked for a pipe
        while True:
            # `wait_for` of Python 3.11 may swallow a cancellation, and then nobody would stop.
            async with asyncio.timeout(self._patience.copy_s):
                line = await process.stdout.readline()
            if not line:
                async with asyncio.timeout(self._patience.end_s):
                    code = await process.wait()
                return Failed(StickProblem.FAILED, detail=f"the copy ended with code {code}")
            try:
                report = REPORT.validate_json(line)
            except ValueError:
                return Failed(StickProblem.FAILED, detail=f"the copy says {line[:80]!r}")
            if not isinstance(report, Progressed):
                return report
            self._happened(report)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """Make sure that a process ends; one that a stick holds is left to the system."""
        with contextlib.suppress(ProcessLookupError):
            if process.returncode is None:
                process.kill()
        try:
            async with asyncio.timeout(self._patience.end_s):
                if process.stdout is not None:
                    # What it still said; only a pipe that was read to its end gets closed.
                    await process.stdout.read()
                await process.wait()
        except TimeoutError:
            _log.error("process %s hangs on a stick and cannot be ended", process.pid)

    async def _received(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take in a helper; it stays as long as its stick is there."""
        visitor = Visitor(reader, writer)
        try:
            if not visitor.may_come_in() or not await visitor.introduce():
                return
            self._visitors.append(visitor)
            self._count_waiting()
            self._changed.set()
            await visitor.listen()
        except (OSError, ValueError) as error:
            _log.warning("a helper for sticks is not understood: %s", error)
        finally:
            visitor.leave()
            if visitor in self._visitors[:1]:
                # Told at once; who looks after it may still be waiting for a process to end.
                self._happened(Removed())
            if visitor in self._visitors[1:]:
                self._visitors.remove(visitor)
                self._count_waiting()
            writer.close()

    def _count_waiting(self) -> None:
        first, *others = [visitor.found.disk for visitor in self._visitors] or [""]
        waiting = len({disk for disk in others if disk != first})
        self._state = replace(self._state, waiting=waiting)

    def _happened(self, happening: Happening) -> None:
        now = self._clock()
        before, self._state = self._state, states.after(self._state, happening, now)
        event = event_of(before, self._state, datetime.fromtimestamp(now, UTC))
        if event is not None:
            _log.info("%s", event.text)
            self._record(event)
