"""The one job of commissioning that may run: it borrows a line, works, and always gives it back.

While a line is lent nobody polls, equalizes or protects what hangs on it. So the bypass is switched
off first, an alarm stands meanwhile, and the line comes back after ten minutes at the latest. This
is a boundary to people: what goes wrong is told in the report.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from bacs_core.api.message_base import wording_of
from bacs_core.api.messages import (
    DEFAULT_PORT,
    Commissioning,
    CommissioningState,
    FoundUnit,
    SetThresholds,
    Told,
)
from bacs_core.bus import owners
from bacs_core.bus.owner import Borrower, Owner
from bacs_core.commissioning import ports, work
from bacs_core.commissioning.found import Found
from bacs_core.commissioning.lending import LONGEST_LOAN_S
from bacs_core.commissioning.words import say
from bacs_core.commissioning.work import WAKE_S, Bench, Order, Progress
from bacs_core.errors import BacsError, PortGoneError, RefusedError
from bacs_core.history.events import Event, EventKind
from bacs_core.settings import Line, Settings

_log = logging.getLogger(__name__)

#: How long a port may take to open.
OPEN_PATIENCE_S: Final = 3.0
OPEN_POLL_S: Final = 0.02
#: After a loan a line is left to control and protection at least so long.
REST_S: Final = 10.0
#: Stands between the sentences of a message.
BETWEEN: Final = "; "
_VERBS: Final = {
    "start_scan": "scan",
    "start_addressing": "addressing",
    "readdress_module": "re-addressing of a module",
    "set_thresholds": "setting of thresholds",
}


class Lender(Protocol):
    """Who has the lines."""

    @property
    def settings(self) -> Settings:
        """The site and its wiring."""

    def owner_of(self, line_id: str) -> Owner:
        """Return the owner of a line of the site."""

    def refusal(self, line_id: str) -> RefusedError | None:
        """Say why a line must not be lent now."""

    async def withhold(self, line_id: str) -> None:
        """Switch all bypass on the line off, and order none until `release`."""

    def release(self, line_id: str) -> None:
        """Go on as before."""


@dataclass(frozen=True, slots=True)
class Times:
    """How long things take, in seconds."""

    loan_s: float = LONGEST_LOAN_S
    wake_s: float = WAKE_S


@dataclass(slots=True)
class Job:
    """What somebody asked for, and how far it is. `line` is the one that is borrowed for it."""

    order: Order | SetThresholds
    by: str
    place: str
    work: Callable[[Job], Awaitable[None]]
    started_at: datetime
    line: Line | None = None
    state: CommissioningState = CommissioningState.PREPARING
    ends_at_latest: datetime | None = None
    progress: Progress = field(default_factory=Progress)
    ended_by: str | None = None

    @property
    def what(self) -> str:
        """What it does, for people."""
        return f"{_VERBS[self.order.command]}: {self.place}"

    @property
    def line_id(self) -> str | None:
        """The line of the site on which it works."""
        return None if isinstance(self.order, SetThresholds) else self.order.line_id

    @property
    def port(self) -> str | None:
        """The port that no line owns, on which it works."""
        return None if isinstance(self.order, SetThresholds) else self.order.port


class Desk:
    """Runs one job at a time. All of it belongs to one event loop."""

    def __init__(
        self,
        lender: Lender,
        record: Callable[[Event], None],
        clock: Callable[[], float],
        times: Times | None = None,
    ) -> None:
        """`clock` is unix time; `record` keeps events in the history."""
        self._lender = lender
        self._record = record
        self._clock = clock
        self._times = times or Times()
        self._job: Job | None = None
        self._task: asyncio.Task[None] | None = None
        self._given_back_at: dict[str, float] = {}
        self.api_port = DEFAULT_PORT

    @property
    def is_busy(self) -> bool:
        """Whether a job runs."""
        return self._task is not None and not self._task.done()

    def require_idle(self) -> None:
        """Raise `RefusedError` while a job runs."""
        if self.is_busy and self._job is not None:
            reason = f"{self._job.by} is at it: {self._job.what}"
            raise RefusedError(reason, code="commissioning_busy")

    def check(self, order: Order) -> Line:
        """Return the line for a job, or raise `RefusedError` where it must not begin now."""
        self.require_idle()
        if order.line_id is None:
            lines = self._lender.settings.lines.values()
            return ports.bare_line(order.port or "", lines, self.api_port)
        return self._free_line(order.line_id)

    def start(self, order: Order, by: str) -> None:
        """Begin a job on a borrowed line; raises what `check` raises."""
        line = self.check(order)
        place = f"line {line.id}" if order.line_id else f"port {order.port}"
        self._begin(Job(order, by, place, self._with_loan, self._moment(), line))

    def start_errand(
        self,
        order: SetThresholds,
        by: str,
        errand: Callable[[Progress], Awaitable[None]],
    ) -> None:
        """Begin a job that needs no loan: its orders go between the polls."""
        self.require_idle()

        async def work(job: Job) -> None:
            job.state = CommissioningState.RUNNING
            await errand(job.progress)

        self._begin(Job(order, by, order.string_key, work, self._moment()))

    def _begin(self, job: Job) -> None:
        self._job = job
        self._tell(job, f"{job.what} begins")
        self._task = asyncio.create_task(self._run(job), name=f"commissioning {job.place}")

    def cancel(self, by: str) -> None:
        """End the job; the line is given back. Raises `RefusedError` where none runs."""
        if not self.is_busy or self._task is None or self._job is None:
            raise RefusedError("nothing is being commissioned", code="nothing_runs")
        self._job.ended_by = by
        _cancel_begun(self._task)

    async def stop(self) -> None:
        """End the job because the engine ends, and wait until the line is back."""
        if self._task is not None:
            _cancel_begun(self._task)
            await asyncio.gather(self._task, return_exceptions=True)

    def report(self) -> Commissioning:
        """Tell how far the present job is, or how the last one ended."""
        job = self._job
        if job is None:
            return Commissioning()
        progress = job.progress
        return Commissioning(
            state=job.state,
            command=job.order.command,
            line_id=job.line_id,
            port=job.port,
            by=job.by,
            started_at=job.started_at,
            ends_at_latest=job.ends_at_latest,
            done=progress.done,
            total=progress.total,
            remaining_s=progress.remaining_s() if self.is_busy else None,
            baud=None if progress.speed is None else progress.speed.baud,
            parity=None if progress.speed is None else progress.speed.parity,
            found=[_message(unit) for unit in progress.found],
            message=BETWEEN.join(progress.told),
            told=[Told(text=text, wording=wording_of(text)) for text in progress.told],
            proposal=progress.proposal,
        )

    def notes(self) -> Mapping[tuple[str, str], str]:
        """Say for the alarm of a lent line who has it, and until when."""
        job = self._job
        if not self.is_busy or job is None or job.line_id is None or job.ends_at_latest is None:
            return {}
        until = f"{job.ends_at_latest.astimezone():%H:%M}"
        return {("line_lent", job.line_id): f"{until} ({job.by})"}

    def _free_line(self, line_id: str) -> Line:
        lines = self._lender.settings.lines
        if line_id not in lines:
            raise RefusedError(f"there is no line {line_id!r}", code="unknown_line")
        line, owner = lines[line_id], self._lender.owner_of(line_id)
        ports.require_scannable(line)
        if owner.lent:
            raise RefusedError(f"line {line_id} is lent already", code="line_lent")
        if not owner.port_open:
            raise RefusedError(f"line {line_id} is not open: {owner.message}", code="line_gone")
        if (refusal := self._lender.refusal(line_id)) is not None:
            raise refusal
        given_back_at = self._given_back_at.get(line_id, -REST_S)
        rested = asyncio.get_running_loop().time() >= given_back_at + REST_S
        if owner.last_round_s is None or not rested:
            reason = f"line {line_id} has to be polled for a while before it is lent"
            raise RefusedError(reason, code="line_not_polled_yet")
        return line

    async def _run(self, job: Job) -> None:
        try:
            await job.work(job)
            job.state = CommissioningState.DONE
        except BacsError as error:
            job.state = CommissioningState.FAILED
            job.progress.message = error.reason if isinstance(error, RefusedError) else str(error)
        except TimeoutError:
            job.state = CommissioningState.TIME_LIMIT
            job.progress.message = say("time_limit")
        except asyncio.CancelledError:
            job.state = CommissioningState.CANCELLED
            ended = (
                say("engine_ended") if job.ended_by is None else say("ended_by", name=job.ended_by)
            )
            job.progress.message = ended
        except Exception:  # noqa: BLE001 - a bug here must end neither the engine nor its control
            job.state = CommissioningState.FAILED
            job.progress.message = say("broke")
            _log.exception("%s failed", job.what)
        finally:
            if job.line is not None:
                with_site = not self._lender.settings.lines
                job.progress.conclude(ports.wire_of(job.line, with_site=with_site))
            self._tell(job, f"{job.what}, {job.state}: {BETWEEN.join(job.progress.told)}")

    async def _with_loan(self, job: Job) -> None:
        if job.line is None or isinstance(job.order, SetThresholds):
            return
        async with self._borrowed(job.line_id, job.line) as borrower:
            job.state = CommissioningState.RUNNING
            job.ends_at_latest = self._moment() + timedelta(seconds=self._times.loan_s)
            bench = Bench(job.line, borrower, self._times.loan_s, self._times.wake_s)
            async with asyncio.timeout(self._times.loan_s):
                await work.carry_out(bench, job.order, job.progress)

    @asynccontextmanager
    async def _borrowed(self, line_id: str | None, line: Line) -> AsyncIterator[Borrower]:
        """Lend the line of the site, or open the port that no line owns."""
        if line_id is None:
            async with _opened(line, self._clock) as owner, owner.borrow() as borrower:
                yield borrower
            return
        try:
            await self._lender.withhold(line_id)
            # That takes so long that a cell may have become critically hot meanwhile.
            if (refusal := self._lender.refusal(line_id)) is not None:
                raise refusal
            async with self._lender.owner_of(line_id).borrow() as borrower:
                try:
                    yield borrower
                finally:
                    self._given_back_at[line_id] = asyncio.get_running_loop().time()
        finally:
            self._lender.release(line_id)

    def _tell(self, job: Job, text: str) -> None:
        by = job.ended_by or job.by
        data = {"command": str(job.order.command), "state": str(job.state)}
        event = Event(
            self._moment(),
            EventKind.COMMISSIONING,
            text,
            by=by,
            line_id=job.line_id,
            data=data,
        )
        _log.info("%s: %s", by, text)
        self._record(event)

    def _moment(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _cancel_begun(task: asyncio.Task[None]) -> None:
    """Cancel a task after its first step: one that never began could not tell how it ended."""
    asyncio.get_running_loop().call_soon(task.cancel)


@asynccontextmanager
async def _opened(line: Line, clock: Callable[[], float]) -> AsyncIterator[Owner]:
    """Open a port for a while; raises `PortGoneError` where that fails."""
    owner = owners.owner_for(line, [], clock)
    untried = owner.message
    running = asyncio.create_task(owner.run(), name=f"port {line.port}")
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + OPEN_PATIENCE_S
    try:
        while not owner.port_open:
            if loop.time() >= give_up_at or owner.message not in (untried, ""):
                raise PortGoneError(owner.message)
            await asyncio.sleep(OPEN_POLL_S)
        yield owner
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def _message(found: Found) -> FoundUnit:
    return FoundUnit(
        unit=found.unit,
        baud=found.speed.baud,
        parity=found.speed.parity,
        stop_bits=found.speed.stop_bits,
        device=found.device,
        title=found.title,
        title_wording=wording_of(found.title),
        serial_number=found.serial_number,
        firmware_version=found.firmware_version,
        hardware_generation=found.hardware_generation,
        module_type=found.module_type,
        string_cells=list(found.string_cells),
        remark=found.remark,
        remark_wording=wording_of(found.remark),
    )
