"""The owner of a line that lends it, over real pseudo-terminals."""

from __future__ import annotations

import asyncio
import termios
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bacs_core.bus.frames import read_registers
from bacs_core.bus.line import LineOwner
from bacs_core.bus.owner import Priority
from bacs_core.bus.port import SerialPort
from bacs_core.errors import BusTimeoutError, FrameError, PortGoneError, RefusedError
from bacs_core.settings import Line, Parity
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
from tests.core.bus.scripted_line import Asked, answer_always, scripted_line

pytestmark = pytest.mark.usefixtures("no_rests")

SHORT_S = 0.02


async def test_whoever_borrows_the_line_has_it_alone_until_it_is_given_back(tmp_path: Path) -> None:
    heard = Heard()
    with scripted_line(tmp_path) as there:
        owner = serial_owner(there.path, read_job(1, 5, 2, heard))
        async with running(owner):
            await until(lambda: heard.payloads)
            waiting = owner.command("a", Priority.ORDER, lambda: read_registers(3, 0, 1))
            async with owner.borrow() as borrower:
                with pytest.raises(RefusedError):
                    await waiting
                polled = len(there.asked)
                assert owner.lent
                assert await borrower.ask(read_registers(9, 7, 1)) == b"\x00\x07"
                there.script = lambda _asked: b""
                with pytest.raises(BusTimeoutError):
                    await borrower.ask(read_registers(9, 7, 1), SHORT_S)
                await until(lambda: len(there.asked) == polled + 2)
                there.script = answer_always
                with pytest.raises(RefusedError):
                    await owner.command("a", Priority.ORDER, lambda: read_registers(3, 0, 1))
                with pytest.raises(RefusedError):
                    async with owner.borrow():
                        pass
                await asyncio.sleep(0.05)
                assert len(there.asked) == polled + 2
            await until(lambda: not owner.lent)
            before = len(heard.payloads)
            await until(lambda: len(heard.payloads) > before)


async def test_a_borrower_may_talk_at_another_speed_and_the_line_returns_to_its_own(
    tmp_path: Path,
) -> None:
    def speed() -> int:
        return int(termios.tcgetattr(there.far_descriptor)[4])

    heard = Heard()
    with scripted_line(tmp_path) as there:
        owner = serial_owner(there.path, read_job(1, 5, 2, heard))
        async with running(owner):
            await until(lambda: heard.payloads)
            async with owner.borrow() as borrower:
                assert speed() == termios.B115200
                await borrower.set_speed(9600, Parity.EVEN, 1)
                assert speed() == termios.B9600
                assert await borrower.ask(read_registers(9, 7, 1)) == b"\x00\x07"
            before = len(heard.payloads)
            await until(lambda: len(heard.payloads) > before)
            assert speed() == termios.B115200


async def test_an_answer_whose_asker_went_away_is_waited_out_and_nobodys(tmp_path: Path) -> None:
    turnaround_s, writes, heard = 0.2, Writes(), Heard()
    with scripted_line(tmp_path) as there:
        given = line(str(there.path))
        owner = LineOwner(given, [read_job(1, 5, 1, heard)], lambda: 1.0, writes.open_port)
        async with running(owner):
            await until(lambda: heard.payloads)
            async with owner.borrow() as borrower:
                there.script = lambda _asked: b""
                asked = len(there.asked)
                asking = asyncio.create_task(
                    borrower.ask(read_registers(1, 5, 1), max_turnaround_s=turnaround_s)
                )
                await until(lambda: len(there.asked) > asked)
                asking.cancel()
                there.script = answer_always
                there.send(there.asked[-1].answer(6666))
            before = len(heard.payloads)
            await until(lambda: len(heard.payloads) > before)
    assert {bytes(payload) for payload in heard.payloads} == {b"\x00\x05"}
    assert writes.pauses_s[asked] >= turnaround_s


async def test_after_a_loan_everything_is_asked_anew(tmp_path: Path) -> None:
    heard = Heard()
    seldom = replace(read_job(1, 5, 2, heard), interval_s=FOREVER_S)
    with scripted_line(tmp_path) as there:
        owner = serial_owner(there.path, seldom)
        async with running(owner):
            await until(lambda: heard.payloads)
            async with owner.borrow():
                pass
            await until(lambda: len(heard.payloads) > 1)


async def test_a_port_that_vanishes_while_it_is_lent_is_told_to_the_borrower(
    tmp_path: Path,
) -> None:
    heard = Heard()
    with scripted_line(tmp_path) as there:
        owner = serial_owner(there.path, read_job(1, 5, 2, heard))
        async with running(owner):
            await until(lambda: heard.payloads)
            async with owner.borrow() as borrower:
                there.vanish()
                with pytest.raises(PortGoneError):
                    await borrower.ask(read_registers(9, 7, 1))
                with pytest.raises(PortGoneError):
                    await borrower.set_speed(9600, Parity.NONE, 1)
                with pytest.raises(PortGoneError):
                    await borrower.ask(read_registers(9, 7, 1))
            await until(lambda: not owner.port_open)
            there.appear()
            before = len(heard.payloads)
            await until(lambda: len(heard.payloads) > before)


async def test_a_port_that_vanishes_before_it_was_lent_is_told_to_the_borrower(
    tmp_path: Path,
) -> None:
    with scripted_line(tmp_path, lambda _asked: b"") as there:
        owner = serial_owner(there.path, read_job(1, 5, 2, Heard()))
        async with running(owner):
            await until(lambda: there.asked)
            asyncio.get_running_loop().call_later(0.05, there.vanish)
            with pytest.raises(PortGoneError):
                async with owner.borrow():
                    pass
            assert not owner.lent


async def test_a_port_that_may_keep_late_answers_is_opened_anew_after_a_time_out(
    tmp_path: Path,
) -> None:
    opened, open_port = keeping_ports()

    def answer_but_for_unit_2(asked: Asked) -> bytes:
        return b"" if asked.unit == 2 else asked.answer()

    with scripted_line(tmp_path, answer_but_for_unit_2) as there:
        given = line(str(there.path), max_turnaround_s=SHORT_S)
        polled = replace(read_job(1, 5, 2, Heard()), max_turnaround_s=FOREVER_S)
        owner = LineOwner(given, [polled], lambda: 1.0, open_port)
        async with running(owner):
            await until(lambda: owner.last_round_s is not None)
            assert len(opened) == 1
            for times in (2, 3):
                with pytest.raises(BusTimeoutError):
                    await owner.command("a", Priority.ORDER, lambda: read_registers(2, 0, 1))
                await until(lambda times=times: len(opened) == times)  # type: ignore[misc]
            async with owner.borrow() as borrower:
                with pytest.raises(BusTimeoutError):
                    await borrower.ask(read_registers(2, 0, 1))
                assert len(opened) == 4
                answer = await borrower.ask(read_registers(1, 0, 1), FOREVER_S)
                assert answer == b"\x00\x00"
                asking = asyncio.create_task(borrower.ask(read_registers(2, 0, 1), FOREVER_S))
                await until(lambda: there.units[-1] == 2)
                asking.cancel()
            await until(lambda: len(opened) == 5)
            assert owner.has_answered(1) is not False


async def test_a_port_that_may_keep_late_answers_is_opened_anew_while_one_may_still_come(
    tmp_path: Path,
) -> None:
    opened, open_port = keeping_ports()
    with scripted_line(tmp_path, lambda asked: bytes([asked.unit])) as there:
        owner = LineOwner(line(str(there.path)), [], lambda: 1.0, open_port)
        async with running(owner):
            await until(lambda: owner.port_open)
            with pytest.raises(FrameError):
                await owner.command("a", Priority.ORDER, lambda: read_registers(2, 0, 1))
            await until(lambda: len(opened) == 2)


def keeping_ports() -> tuple[list[SerialPort], Callable[[Line], Awaitable[SerialPort]]]:
    """Return what opens a port that stands in for a serial server, and all it opened."""
    opened: list[SerialPort] = []

    class KeepingPort(SerialPort):
        reopens_after_timeout = True  # type: ignore[misc]

    async def open_port(given: Line) -> SerialPort:
        opened.append(await KeepingPort.open(given))
        return opened[-1]

    return opened, open_port
