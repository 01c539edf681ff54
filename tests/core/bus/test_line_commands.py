"""What the owner of a line does with commands, over real pseudo-terminals."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from bacs_core.bus import line as line_module
from bacs_core.bus.frames import Request, read_registers, write_registers
from bacs_core.bus.line import LineOwner
from bacs_core.bus.owner import Priority
from bacs_core.bus.schedule import Job
from bacs_core.errors import BusTimeoutError, DeviceError, FrameError, RefusedError
from tests.core.bus.owning import (
    FOREVER_S,
    Heard,
    Writes,
    line,
    read_job,
    running,
    serial_owner,
    until,
)
from tests.core.bus.scripted_line import Asked, answer_always, scripted_line, sealed

pytestmark = pytest.mark.usefixtures("no_rests")

SHORT_S = 0.05


def ask(unit: int) -> Callable[[], Request]:
    return lambda: read_registers(unit, 0, 1)


def with_turnaround(unit: int, max_turnaround_s: float) -> Job:
    """Tell the turnaround of a unit that is never polled."""
    return Job(
        f"unit {unit}",
        unit,
        ask(unit),
        lambda _data, _at: None,
        wanted=lambda: False,
        max_turnaround_s=max_turnaround_s,
    )


async def test_commands_go_before_polls_trips_first_and_the_newest_in_its_place_wins(
    tmp_path: Path,
) -> None:
    with scripted_line(tmp_path) as there:
        owner = serial_owner(there.path, read_job(1, 5, 2, Heard()))
        async with running(owner):
            await until(lambda: owner.port_open)
            kinds = {"order": Priority.ORDER, "bypass": Priority.BYPASS, "trip": Priority.TRIP}
            old = owner.command("bypass", Priority.BYPASS, lambda: read_registers(99, 0, 1))
            sent = [
                owner.command(name, priority, ask(20 + priority))
                for name, priority in kinds.items()
            ]
            await asyncio.gather(*sent)
        asked = [unit for unit in there.units if unit != 1]
    assert asked == [20, 21, 22]
    assert old.cancelled()


async def test_the_end_of_a_command_is_told_whatever_it_is(tmp_path: Path) -> None:
    def misbehave(asked: Asked) -> bytes:
        by_unit = {2: sealed(b"\x02\x83\x02"), 3: b"", 4: asked.answer()[:-1]}
        return by_unit.get(asked.unit, asked.answer())

    with scripted_line(tmp_path, misbehave) as there:
        owner = serial_owner(there.path, with_turnaround(3, SHORT_S))
        async with running(owner):
            await until(lambda: owner.port_open)
            assert await owner.command("a", Priority.ORDER, ask(1)) == b"\x00\x00"
            for unit, error in ((2, DeviceError), (3, BusTimeoutError), (4, FrameError)):
                with pytest.raises(error):
                    await owner.command("a", Priority.ORDER, ask(unit))


async def test_a_write_behind_an_adapter_that_hears_itself_is_confirmed(tmp_path: Path) -> None:
    with scripted_line(tmp_path, lambda asked: asked.frame + asked.answer()) as there:
        owner = serial_owner(there.path)
        async with running(owner):
            await until(lambda: owner.port_open)
            written = owner.command("w", Priority.ORDER, lambda: write_registers(1, 5, bytes(4)))
            assert await written == b""
    assert owner.statistics.frame_errors == 0


async def test_a_command_waits_for_no_poll_that_is_due_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "ROUND_S", FOREVER_S)
    monkeypatch.setattr(line_module, "LONGEST_IDLE_S", FOREVER_S)
    heard = Heard()
    with scripted_line(tmp_path) as there:
        owner = serial_owner(there.path, read_job(1, 5, 2, heard))
        async with running(owner):
            await until(lambda: heard.payloads)
            await asyncio.sleep(0.05)
            await owner.command("a", Priority.ORDER, ask(2))


async def test_a_command_to_a_slow_device_waits_as_long_as_its_polls(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()

    def answer_late(asked: Asked) -> bytes:
        loop.call_later(4 * SHORT_S, there.send, asked.answer())
        return b""

    with scripted_line(tmp_path, answer_late) as there:
        slow = with_turnaround(1, FOREVER_S)
        owner = serial_owner(there.path, slow, max_turnaround_s=SHORT_S)
        async with running(owner):
            await until(lambda: owner.port_open)
            assert await owner.command("a", Priority.ORDER, ask(1)) == b"\x00\x00"


async def test_a_flood_of_orders_does_not_stop_the_polling(tmp_path: Path) -> None:
    with scripted_line(tmp_path) as there:
        owner = serial_owner(there.path, read_job(1, 5, 2, Heard()))
        async with running(owner):
            await until(lambda: owner.port_open)
            orders = [owner.command(str(n), Priority.ORDER, ask(2)) for n in range(6)]
            await asyncio.gather(*orders)
    assert "2, 2" not in ", ".join(str(unit) for unit in there.units)


async def test_orders_do_not_wait_for_a_poll_that_is_due_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "ROUND_S", FOREVER_S)
    with scripted_line(tmp_path) as there:
        owner = serial_owner(there.path, read_job(1, 5, 2, Heard()))
        async with running(owner):
            await until(lambda: owner.port_open)
            orders = [owner.command(str(n), Priority.ORDER, ask(2)) for n in range(6)]
            await asyncio.gather(*orders)


async def test_neither_trips_nor_bypass_go_over_a_line_that_may_not_carry_them() -> None:
    owner = LineOwner(line("10.0.0.1:4001", may_command=False), [], lambda: 1.0)
    for priority in (Priority.TRIP, Priority.BYPASS):
        refused = owner.command("a", priority, ask(1))
        assert refused.done()
        with pytest.raises(RefusedError, match="over the network"):
            await refused


async def test_a_trip_goes_out_over_a_line_that_chatters(tmp_path: Path) -> None:
    heard = Heard()

    async def chatter() -> None:
        while True:
            there.send(b"\x55")
            await asyncio.sleep(0.02)

    with scripted_line(tmp_path) as there:
        owner = serial_owner(there.path, read_job(1, 5, 2, heard), max_turnaround_s=SHORT_S)
        async with running(owner):
            await until(lambda: heard.payloads)
            chattering = asyncio.create_task(chatter())
            await until(lambda: owner.statistics.frame_errors)
            trip = write_registers(0, 9, bytes(2))
            await owner.command("a", Priority.TRIP, lambda: trip)
            chattering.cancel()


async def test_a_unit_whose_answer_may_still_come_is_not_asked_before_by_anybody(
    tmp_path: Path,
) -> None:
    turnaround_s, writes = 0.3, Writes()

    def glitch(asked: Asked) -> bytes:
        there.script = answer_always
        return bytes([asked.unit])

    with scripted_line(tmp_path, glitch) as there:
        given = line(str(there.path), max_turnaround_s=turnaround_s)
        patient = with_turnaround(1, turnaround_s)
        owner = LineOwner(given, [patient], lambda: 1.0, writes.open_port)
        async with running(owner):
            await until(lambda: owner.port_open)
            with pytest.raises(FrameError):
                await owner.command("a", Priority.ORDER, ask(1))
            assert await owner.command("a", Priority.ORDER, ask(1)) == b"\x00\x00"
            there.script = glitch
            async with owner.borrow() as borrower:
                with pytest.raises(FrameError):
                    await borrower.ask(ask(1)())
                assert await borrower.ask(ask(1)(), FOREVER_S) == b"\x00\x00"
    assert writes.pauses_s[0] >= turnaround_s
    assert writes.pauses_s[2] >= turnaround_s
