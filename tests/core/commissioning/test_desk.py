"""The one job of commissioning: it always gives the line back. In fake time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bacs_core.api.messages import (
    AddressingMode,
    Commissioning,
    CommissioningState,
    SetThresholds,
    StartAddressing,
    StartScan,
)
from bacs_core.bus.frames import Request
from bacs_core.bus.owner import Borrower, Owner, Priority, Statistics
from bacs_core.commissioning.desk import REST_S, Desk
from bacs_core.commissioning.lending import LONGEST_LOAN_S
from bacs_core.commissioning.work import Progress
from bacs_core.errors import PortGoneError, RefusedError
from bacs_core.history.events import Event
from bacs_core.model import Site
from bacs_core.settings import Line, Link, Parity, Settings
from tests.core.commissioning.pair import Pair, hurried, simulated

LINE = Line("rack", "/dev/nothing", 19200, Parity.EVEN, 1, gap_s=0.002, max_turnaround_s=0.05)
SCAN = StartScan(line_id="rack", last_unit=20)
ENDLESS = StartAddressing(line_id="rack", mode=AddressingMode.MANUAL, first_unit=1, count=4)


@dataclass
class LoanOwner:
    """Owns a line that does nothing but be lent."""

    pair: Pair
    line: Line = LINE
    statistics: Statistics = field(default_factory=Statistics)
    port_open: bool = True
    message: str = "pulled out"
    lent: bool = False
    last_round_s: float | None = 1.0
    wire_round_s: float | None = None

    def has_answered(self, unit: int) -> bool | None:
        return None

    def silent_units(self) -> tuple[int, ...]:
        return ()

    def command(
        self, name: str, priority: Priority, make: Callable[[], Request]
    ) -> asyncio.Future[bytes]:
        raise NotImplementedError

    @asynccontextmanager
    async def borrow(self) -> AsyncIterator[Borrower]:
        self.lent = True
        try:
            yield self.pair
        finally:
            self.lent = False
            self.last_round_s = None

    async def run(self) -> None:
        raise NotImplementedError


@dataclass
class Engine:
    """What the desk needs of an engine; `story` tells in which order it was asked."""

    owner: LoanOwner
    lines: dict[str, Line] = field(default_factory=lambda: {"rack": LINE})
    hot: RefusedError | None = None
    story: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        return Settings(Site("Test", ()), self.lines, {}, {}, {})

    def owner_of(self, line_id: str) -> Owner:
        return self.owner

    def refusal(self, line_id: str) -> RefusedError | None:
        return self.hot

    async def withhold(self, line_id: str) -> None:
        assert not self.owner.lent
        self.story.append("withhold")

    def release(self, line_id: str) -> None:
        assert not self.owner.lent
        self.story.append("release")

    def desk(self) -> Desk:
        loop = asyncio.get_running_loop()
        return Desk(self, self.events.append, lambda: 1.8e9 + loop.time())


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(LoanOwner(simulated(tmp_path)[0]))


def run(engine: Engine, work: Callable[[Desk], Coroutine[Any, Any, None]]) -> Commissioning:
    """Let `work` use a desk, and return the report of the end; the line must be back then."""

    async def use() -> Commissioning:
        desk = engine.desk()
        await work(desk)
        while desk.is_busy:
            await asyncio.sleep(1)
        assert not engine.owner.lent
        assert engine.story.count("release") == engine.story.count("withhold")
        assert desk.notes() == {}
        return desk.report()

    return hurried(use())


def test_a_scan_borrows_the_line_and_tells_how_far_it_is(engine: Engine) -> None:
    async def scan(desk: Desk) -> None:
        assert desk.report().state is CommissioningState.IDLE
        desk.start(SCAN, "miller")
        assert desk.report().state is CommissioningState.PREPARING
        while not desk.report().done:
            await asyncio.sleep(0.1)
        report = desk.report()
        assert report.state is CommissioningState.RUNNING
        assert (report.total, report.baud, report.by) == (8 * 20, 19200, "miller")
        assert (report.remaining_s or 0) > 0
        assert engine.owner.lent
        note = desk.notes()["line_lent", "rack"]
        assert note.endswith(" (miller)")

    report = run(engine, scan)
    assert report.state is CommissioningState.DONE
    assert [found.unit for found in report.found] == [1, 2, 3, 4]
    assert "[[manager]]" in (report.proposal or "")
    assert [event.by for event in engine.events] == ["miller", "miller"]
    assert {event.line_id for event in engine.events} == {"rack"}
    assert "done: 4 units answer" in engine.events[-1].text


def test_a_line_comes_back_after_ten_minutes_at_the_latest(engine: Engine) -> None:
    async def address(desk: Desk) -> None:
        began_at = asyncio.get_running_loop().time()
        desk.start(ENDLESS, "miller")
        while desk.is_busy:
            await asyncio.sleep(1)
        assert asyncio.get_running_loop().time() - began_at <= LONGEST_LOAN_S + 2

    report = run(engine, address)
    assert report.state is CommissioningState.TIME_LIMIT
    assert report.started_at is not None
    assert report.ends_at_latest is not None
    assert (report.ends_at_latest - report.started_at).total_seconds() == pytest.approx(600, abs=1)


def test_whoever_cancels_gets_the_line_back_and_what_was_found(engine: Engine) -> None:
    async def cancel(desk: Desk) -> None:
        desk.start(SCAN, "miller")
        while desk.report().done < 3:
            await asyncio.sleep(0.05)
        desk.cancel("anna")

    report = run(engine, cancel)
    assert report.state is CommissioningState.CANCELLED
    assert report.message == "ended by anna"
    assert len(report.found) in (3, 4)
    assert report.proposal is not None
    assert engine.events[-1].by == "anna"


def test_where_nothing_runs_nothing_can_be_cancelled(engine: Engine) -> None:
    async def cancel(desk: Desk) -> None:
        with pytest.raises(RefusedError) as refused:
            desk.cancel("anna")
        assert refused.value.code == "nothing_runs"

    run(engine, cancel)


def test_the_end_of_the_engine_ends_the_job(engine: Engine) -> None:
    async def stop(desk: Desk) -> None:
        desk.start(SCAN, "miller")
        await asyncio.sleep(4.5)
        await desk.stop()
        assert not desk.is_busy

    assert run(engine, stop).state is CommissioningState.CANCELLED


def test_whoever_cancels_at_once_is_told_so_too(engine: Engine) -> None:
    async def cancel(desk: Desk) -> None:
        desk.start(SCAN, "miller")
        desk.cancel("anna")

    assert run(engine, cancel).state is CommissioningState.CANCELLED
    assert engine.events[-1].by == "anna"


def test_between_two_loans_a_line_is_polled_and_rests(engine: Engine) -> None:
    async def again(desk: Desk) -> None:
        def refusal() -> str:
            with pytest.raises(RefusedError) as refused:
                desk.check(SCAN)
            return refused.value.code

        desk.start(SCAN, "miller")
        while desk.is_busy:
            await asyncio.sleep(1)
        engine.owner.last_round_s = 1.0
        assert refusal() == "line_not_polled_yet"
        await asyncio.sleep(REST_S)
        desk.check(SCAN)
        engine.owner.last_round_s = None
        assert refusal() == "line_not_polled_yet"

    run(engine, again)


def test_a_cell_that_gets_hot_while_bypass_is_switched_off_keeps_the_line(engine: Engine) -> None:
    class Warming(Engine):
        async def withhold(self, line_id: str) -> None:
            await super().withhold(line_id)
            self.hot = RefusedError("a cell is critically hot", code="runaway")

    warming = Warming(engine.owner)

    async def scan(desk: Desk) -> None:
        desk.start(SCAN, "miller")

    report = run(warming, scan)
    assert (report.state, report.message) == (CommissioningState.FAILED, "a cell is critically hot")
    assert engine.owner.pair.asked == []


def test_a_port_that_is_lost_meanwhile_is_told(engine: Engine) -> None:
    class Gone(Pair):
        async def ask(self, request: Request, max_turnaround_s: float | None = None) -> bytes:
            raise PortGoneError("port /dev/nothing is gone")

    engine.owner.pair = Gone([])

    async def scan(desk: Desk) -> None:
        desk.start(SCAN, "miller")

    report = run(engine, scan)
    assert (report.state, report.message) == (
        CommissioningState.FAILED,
        "port /dev/nothing is gone",
    )


def test_a_bug_in_a_job_gives_the_line_back_too(engine: Engine) -> None:
    class Broken(Pair):
        async def ask(self, request: Request, max_turnaround_s: float | None = None) -> bytes:
            raise ZeroDivisionError

    engine.owner.pair = Broken([])

    async def scan(desk: Desk) -> None:
        desk.start(SCAN, "miller")

    assert run(engine, scan).state is CommissioningState.FAILED


def test_only_one_job_runs_at_a_time(engine: Engine) -> None:
    async def twice(desk: Desk) -> None:
        desk.start(SCAN, "miller")
        for _ in range(3):
            with pytest.raises(RefusedError) as refused:
                desk.start(SCAN, "anna")
            assert refused.value.code == "commissioning_busy"
            assert "miller" in refused.value.reason
            await asyncio.sleep(1)

    run(engine, twice)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"owner.lent": True}, "line_lent"),
        ({"owner.port_open": False}, "line_gone"),
        ({"owner.last_round_s": None}, "line_not_polled_yet"),
        ({"hot": RefusedError("hot", code="runaway")}, "runaway"),
        ({"lines": {}}, "unknown_line"),
        ({"lines": {"rack": replace(LINE, link=Link.SNMP)}}, "not_offered"),
    ],
)
def test_a_line_that_cannot_be_lent_is_refused_at_once(
    engine: Engine, change: dict[str, Any], code: str
) -> None:
    for name, value in change.items():
        owner, _, attribute = name.rpartition(".")
        setattr(engine.owner if owner else engine, attribute, value)

    async def refuse() -> None:
        desk = engine.desk()
        with pytest.raises(RefusedError) as refused:
            desk.start(SCAN, "miller")
        assert refused.value.code == code
        assert not desk.is_busy
        assert desk.report().state is CommissioningState.IDLE

    hurried(refuse())
    assert engine.events == []


@pytest.mark.parametrize(
    ("port", "code"),
    [
        ("/dev/nothing", "port_owned"),
        ("/dev/../dev/nothing", "port_owned"),
        ("snmp://10.0.0.7:161", "not_offered"),
        ("ftp://10.0.0.7", "bad_port"),
        ("/etc/passwd", "bad_port"),
        ("/dev/null", "bad_port"),
        ("/dev/tty", "bad_port"),
        ("/dev/ttyUSB99", "bad_port"),
        ("rtu-tcp://127.1:8480", "bad_port"),
        ("modbus-tcp://LOCALHOST:8480", "bad_port"),
    ],
)
def test_only_a_serial_port_or_server_that_no_line_owns_is_opened(
    engine: Engine, port: str, code: str
) -> None:
    async def refuse() -> None:
        with pytest.raises(RefusedError) as refused:
            engine.desk().start(StartScan(port=port), "miller")
        assert refused.value.code == code

    hurried(refuse())


async def test_a_port_that_is_not_there_is_told_as_the_end_of_the_job(engine: Engine) -> None:
    desk = engine.desk()
    desk.start(StartScan(port="usb:NOTPLUGGED"), "miller")
    while desk.is_busy:
        await asyncio.sleep(0.01)
    assert desk.report().state is CommissioningState.FAILED
    assert "NOTPLUGGED" in desk.report().message
    assert engine.story == []


def test_an_errand_needs_no_loan(engine: Engine) -> None:
    order = SetThresholds(string_key="room/1", thresholds={"sleep_after_s": 600})

    async def errand(progress: Progress) -> None:
        assert not engine.owner.lent
        progress.message = "set"

    async def start(desk: Desk) -> None:
        desk.start_errand(order, "miller", errand)

    report = run(engine, start)
    assert (report.state, report.message, report.line_id) == (CommissioningState.DONE, "set", None)
    assert engine.story == []
