"""The owner of a line over real pseudo-terminals: what only a real port and clock can show."""

from __future__ import annotations

import asyncio
import itertools
import termios
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
import serial

from bacs_core.bus import line as line_module
from bacs_core.bus.frames import Request, read_registers, write_registers
from bacs_core.bus.line import LineOwner
from bacs_core.bus.owner import Priority
from bacs_core.bus.port import SerialPort
from bacs_core.bus.schedule import Job
from bacs_core.errors import (
    BusTimeoutError,
    DeviceError,
    FrameError,
    PortGoneError,
    RefusedError,
)
from bacs_core.settings import Line, Link, Parity
from tests.core.bus.owning import Heard, line, read_job, running, until
from tests.core.bus.scripted_line import (
    Asked,
    ScriptedLine,
    answer_always,
    scripted_line,
    sealed,
)

#: Long enough to be told from everything that just takes its time.
GAP_S = 0.03
#: A time-out of this length would end the test instead.
FOREVER_S = 60.0


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_module, "ROUND_S", 0.0)
    monkeypatch.setattr(line_module, "REOPEN_AFTER_S", 0.01)


def owner_of(there: ScriptedLine, *jobs: Job, **changes: object) -> LineOwner:
    values: dict[str, object] = {"gap_s": 0.002, "max_turnaround_s": 0.05}
    given = line(str(there.path), Link.SERIAL, **(values | changes))
    return LineOwner(given, jobs, lambda: 1.0)


def silences(there: ScriptedLine) -> list[float]:
    """Return how long the line was silent before each request but the first."""
    return [
        asked.at - max(at for at in there.answered_at if at <= asked.at)
        for asked in there.asked[1:]
    ]


async def test_every_request_keeps_the_silence_behind_an_answer(tmp_path: Path) -> None:
    heard = Heard()
    with scripted_line(tmp_path) as there:
        async with running(owner_of(there, read_job(1, 5, 2, heard), gap_s=GAP_S)):
            await until(lambda: len(heard.payloads) > 5)
        assert min(silences(there)) >= GAP_S
    assert heard.words == [5, 6]


async def test_every_request_keeps_the_silence_behind_a_refusal_and_behind_noise(
    tmp_path: Path,
) -> None:
    answers = itertools.cycle([b"\x01\x83\x02\xc0\xf1", b"\x01\x03\x55"])
    with scripted_line(tmp_path, lambda _asked: next(answers)) as there:
        owner = owner_of(there, read_job(1, 5, 2, Heard()), gap_s=GAP_S)
        async with running(owner):
            await until(lambda: len(there.asked) > 4)
        assert min(silences(there)) >= GAP_S
    assert owner.statistics.refusals >= 2
    assert owner.statistics.frame_errors >= 2


async def test_nobody_talks_into_the_pause_behind_a_broadcast(tmp_path: Path) -> None:
    hold = Job(
        "hold", 0, lambda: write_registers(0, 9, bytes(2)), lambda _data, _at: None, pause_s=0.2
    )
    heard = Heard()
    with scripted_line(tmp_path) as there:
        async with running(owner_of(there, hold, read_job(1, 5, 2, heard))):
            await until(lambda: len(heard.payloads) > 2)
        pauses = [
            after.at - before.at
            for before, after in itertools.pairwise(there.asked)
            if before.unit == 0
        ]
        # The far end may have heard the broadcast a little late.
        assert min(pauses) >= 0.1


async def test_what_came_before_a_request_is_no_answer_to_it(tmp_path: Path) -> None:
    heard = Heard()

    def answer_twice(asked: Asked) -> bytes:
        loop.call_later(GAP_S / 3, there.send, asked.answer(6666))
        return asked.answer()

    loop = asyncio.get_running_loop()
    with scripted_line(tmp_path, answer_twice) as there:
        owner = owner_of(there, read_job(1, 5, 1, heard), gap_s=GAP_S)
        async with running(owner):
            await until(lambda: len(heard.payloads) > 5)
    assert {bytes(payload) for payload in heard.payloads} == {b"\x00\x05"}
    assert owner.statistics.lost_bytes >= 5 * 7


async def test_a_request_waits_until_whoever_talks_has_ended(tmp_path: Path) -> None:
    heard = Heard()
    loop = asyncio.get_running_loop()
    last = 0.0

    def talk(left: int) -> None:
        nonlocal last
        last = loop.time()
        there.send(b"\x55")
        if left:
            loop.call_later(GAP_S / 3, talk, left - 1)

    def answer_and_talk(asked: Asked) -> bytes:
        if len(there.asked) == 1:
            loop.call_later(GAP_S / 3, talk, 10)
        return asked.answer()

    with scripted_line(tmp_path, answer_and_talk) as there:
        async with running(owner_of(there, read_job(1, 5, 1, heard), gap_s=GAP_S)):
            await until(lambda: len(heard.payloads) > 1)
        assert there.asked[1].at >= last + GAP_S


@pytest.mark.parametrize(
    "spoil",
    [
        lambda frame: frame[:-1] + bytes([frame[-1] ^ 1]),
        lambda frame: frame[:-2],
        lambda frame: b"\x01\x83\x02\xc0\xf0",
    ],
)
async def test_a_spoilt_answer_costs_no_time_out(
    tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    heard = Heard()

    def spoil_first(asked: Asked) -> bytes:
        return spoil(asked.answer()) if len(there.asked) == 1 else asked.answer()

    with scripted_line(tmp_path, spoil_first) as there:
        owner = owner_of(there, read_job(1, 5, 2, heard), max_turnaround_s=FOREVER_S)
        async with running(owner):
            await until(lambda: heard.payloads)
    assert owner.statistics.frame_errors == 1
    assert owner.statistics.timeouts == 0


async def test_the_turnaround_of_a_device_overrules_that_of_the_line(tmp_path: Path) -> None:
    heard = Heard()
    loop = asyncio.get_running_loop()

    def answer_late(asked: Asked) -> bytes:
        loop.call_later(0.2, there.send, asked.answer())
        return b""

    slow = read_job(1, 5, 2, heard)
    slow = Job(slow.name, slow.unit, slow.make, slow.deliver, max_turnaround_s=10.0)
    with scripted_line(tmp_path, answer_late) as there:
        async with running(owner_of(there, slow)):
            await until(lambda: len(heard.payloads) > 1)


async def test_a_unit_that_answers_too_late_for_ever_is_told_and_never_believed(
    tmp_path: Path,
) -> None:
    loop = asyncio.get_running_loop()
    late, well = Heard(), Heard()

    def answer_late(asked: Asked) -> bytes:
        if asked.unit == 2:
            return asked.answer()
        loop.call_later(0.15, there.send, asked.answer())
        return b""

    with scripted_line(tmp_path, answer_late) as there:
        owner = owner_of(there, read_job(1, 5, 2, late), read_job(2, 50, 2, well))
        async with running(owner):
            await until(lambda: "unit 1" in owner.message)
            before = len(well.payloads)
            await until(lambda: len(well.payloads) > before + 5)
            assert owner.silent_units() == (1,)
            assert owner.port_open
            there.script = answer_always
            await until(lambda: late.payloads)
            await until(lambda: owner.message == "")
    assert {bytes(payload) for payload in well.payloads} == {b"\x00\x32\x00\x33"}
    assert late.words == [5, 6]


async def test_an_echo_that_gives_an_answer_away_counts_as_failure_and_the_true_one_is_waited_out(
    tmp_path: Path,
) -> None:
    refused: list[bytes] = []
    loop = asyncio.get_running_loop()

    def refuse(payload: bytes, _at: float) -> None:
        refused.append(payload)
        raise FrameError("another echo")

    def answer_twice(asked: Asked) -> bytes:
        loop.call_later(0.1, there.send, asked.answer())
        return asked.answer()

    job = Job("a", 1, lambda: read_registers(1, 5, 2), refuse)
    with scripted_line(tmp_path, answer_twice) as there:
        owner = owner_of(there, job, read_job(2, 5, 2, Heard()), max_turnaround_s=0.2)
        async with running(owner):
            await until(lambda: owner.statistics.frame_errors > 1)
            assert owner.has_answered(1) is not True
        assert there.asked[1].at - there.asked[0].at >= 0.1
    assert len(refused) > 1


async def test_an_adapter_that_hears_itself_does_no_harm(tmp_path: Path) -> None:
    heard = Heard()
    with scripted_line(tmp_path, lambda asked: asked.frame + asked.answer()) as there:
        owner = owner_of(there, read_job(1, 5, 2, heard))
        async with running(owner):
            await until(lambda: heard.payloads)
            written = owner.command("w", Priority.ORDER, lambda: write_registers(1, 5, bytes(4)))
            assert await written == b""
    assert heard.words == [5, 6]
    assert owner.statistics.frame_errors == 0


async def test_the_wires_share_of_a_round_is_what_its_characters_and_silences_take(
    tmp_path: Path,
) -> None:
    heard = Heard()
    hold = Job(
        "hold", 0, lambda: write_registers(0, 9, bytes(2)), lambda _data, _at: None, pause_s=0.03
    )
    with scripted_line(tmp_path) as there:
        owner = owner_of(there, hold, read_job(1, 5, 10, heard), read_job(2, 5, 1, heard))
        async with running(owner):
            await until(lambda: owner.wire_round_s is not None)
            assert owner.last_round_s is not None
    characters_s = (11 + 8 + 25 + 8 + 7) * 10 / 115200
    assert owner.wire_round_s == pytest.approx(characters_s + 0.03 + 5 * 0.002)


# Commands.


async def test_commands_go_before_polls_trips_first_and_the_newest_in_its_place_wins(
    tmp_path: Path,
) -> None:
    with scripted_line(tmp_path) as there:
        owner = owner_of(there, read_job(1, 5, 2, Heard()))
        async with running(owner):
            await until(lambda: owner.port_open)
            kinds = {"order": Priority.ORDER, "bypass": Priority.BYPASS, "trip": Priority.TRIP}
            old = owner.command("bypass", Priority.BYPASS, lambda: read_registers(99, 0, 1))
            sent = [
                owner.command(name, priority, _ask(20 + priority))
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
        owner = owner_of(there)
        async with running(owner):
            await until(lambda: owner.port_open)
            assert await owner.command("a", Priority.ORDER, _ask(1)) == b"\x00\x00"
            for unit, error in ((2, DeviceError), (3, BusTimeoutError), (4, FrameError)):
                with pytest.raises(error):
                    await owner.command("a", Priority.ORDER, _ask(unit))


async def test_a_command_waits_for_no_poll_that_is_due_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "ROUND_S", FOREVER_S)
    monkeypatch.setattr(line_module, "LONGEST_IDLE_S", FOREVER_S)
    heard = Heard()
    with scripted_line(tmp_path) as there:
        owner = owner_of(there, read_job(1, 5, 2, heard))
        async with running(owner):
            await until(lambda: heard.payloads)
            await asyncio.sleep(0.05)
            await owner.command("a", Priority.ORDER, _ask(2))


async def test_a_command_to_a_slow_device_waits_as_long_as_its_polls(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()

    def answer_late(asked: Asked) -> bytes:
        loop.call_later(0.2, there.send, asked.answer())
        return b""

    slow = Job("a", 1, _ask(1), lambda _data, _at: None, max_turnaround_s=10.0)
    with scripted_line(tmp_path, answer_late) as there:
        owner = owner_of(there, slow)
        async with running(owner):
            await until(lambda: owner.port_open)
            assert await owner.command("a", Priority.ORDER, _ask(1)) == b"\x00\x00"


async def test_a_flood_of_orders_does_not_stop_the_polling(tmp_path: Path) -> None:
    with scripted_line(tmp_path) as there:
        owner = owner_of(there, read_job(1, 5, 2, Heard()))
        async with running(owner):
            await until(lambda: owner.port_open)
            orders = [owner.command(str(n), Priority.ORDER, _ask(2)) for n in range(6)]
            await asyncio.gather(*orders)
    assert "2, 2" not in ", ".join(str(unit) for unit in there.units)


async def test_orders_do_not_wait_for_a_poll_that_is_due_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "ROUND_S", FOREVER_S)
    with scripted_line(tmp_path) as there:
        owner = owner_of(there, read_job(1, 5, 2, Heard()))
        async with running(owner):
            await until(lambda: owner.port_open)
            orders = [owner.command(str(n), Priority.ORDER, _ask(2)) for n in range(6)]
            await asyncio.gather(*orders)


async def test_neither_trips_nor_bypass_go_over_a_line_that_may_not_carry_them() -> None:
    owner = LineOwner(line("10.0.0.1:4001", may_command=False), [], lambda: 1.0)
    for priority in (Priority.TRIP, Priority.BYPASS):
        refused = owner.command("a", priority, _ask(1))
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
        owner = owner_of(there, read_job(1, 5, 2, heard))
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
    loop = asyncio.get_running_loop()

    def answer_late(asked: Asked) -> bytes:
        loop.call_later(0.2, there.send, asked.answer())
        return b""

    def glitch(asked: Asked) -> bytes:
        loop.call_later(0.15, there.send, asked.answer(6666))
        there.script = answer_late
        return bytes([asked.unit])

    with scripted_line(tmp_path, glitch) as there:
        owner = owner_of(there, max_turnaround_s=0.3)
        async with running(owner):
            await until(lambda: owner.port_open)
            with pytest.raises(FrameError):
                await owner.command("a", Priority.ORDER, _ask(1))
            assert await owner.command("a", Priority.ORDER, _ask(1)) == b"\x00\x00"
            there.script = glitch
            async with owner.borrow() as borrower:
                with pytest.raises(FrameError):
                    await borrower.ask(_ask(1)())
                assert await borrower.ask(_ask(1)()) == b"\x00\x00"


async def test_an_answer_that_a_wire_cannot_have_carried_yet_is_not_believed(
    tmp_path: Path,
) -> None:
    class PacedPort(SerialPort):
        """Stands in for a real wire."""

        def __init__(self, path: str, opened: serial.Serial) -> None:
            super().__init__(path, opened)
            self.keeps_pace = True

    with scripted_line(tmp_path) as there:
        given = line(str(there.path), baud=300, max_turnaround_s=0.05)
        owner = LineOwner(given, [read_job(1, 5, 1, Heard())], lambda: 1.0, PacedPort.open)
        async with running(owner):
            await until(lambda: owner.statistics.frame_errors)
    assert owner.has_answered(1) is None


async def test_a_decoder_that_fails_costs_its_unit_and_not_the_line(tmp_path: Path) -> None:
    def fail(_payload: bytes, _at: float) -> None:
        raise ValueError

    heard = Heard()
    foreign = Job("foreign", 2, _ask(2), fail)
    with scripted_line(tmp_path) as there:
        owner = owner_of(there, foreign, read_job(1, 5, 2, heard))
        async with running(owner):
            await until(lambda: owner.has_answered(2) is False)
            before = len(heard.payloads)
            await until(lambda: len(heard.payloads) > before)
    assert owner.statistics.frame_errors >= 2


# The port comes and goes.


async def test_a_port_that_vanishes_fails_the_commands_and_comes_back(tmp_path: Path) -> None:
    heard = Heard()
    with scripted_line(tmp_path) as there:
        owner = owner_of(there, read_job(1, 5, 2, heard), max_turnaround_s=FOREVER_S)
        async with running(owner):
            await until(lambda: heard.payloads)
            there.script = lambda _asked: b""
            asked = len(there.asked)
            await until(lambda: len(there.asked) > asked)
            waiting = owner.command("bypass", Priority.BYPASS, _ask(1))
            there.vanish()
            with pytest.raises(PortGoneError):
                await waiting
            await until(lambda: not owner.port_open)
            assert "port" in owner.message
            assert owner.has_answered(1) is True
            there.script = answer_always
            there.appear()
            before = len(heard.payloads)
            await until(lambda: len(heard.payloads) > before)
            assert owner.message == ""


async def test_a_port_that_vanishes_while_nothing_is_due_is_missed_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "ROUND_S", FOREVER_S)
    heard = Heard()
    with scripted_line(tmp_path) as there:
        owner = owner_of(there, read_job(1, 5, 2, heard))
        async with running(owner):
            await until(lambda: heard.payloads)
            there.vanish()
            await until(lambda: not owner.port_open)


async def test_a_port_that_is_not_there_is_told_and_fails_what_is_ordered(tmp_path: Path) -> None:
    owner = LineOwner(line(str(tmp_path / "none")), [], lambda: 1.0)
    async with running(owner):
        await until(lambda: "not there" in owner.message)
        with pytest.raises(PortGoneError):
            await owner.command("a", Priority.ORDER, _ask(1))
        with pytest.raises(PortGoneError):
            async with owner.borrow():
                pass


# The line is lent.


async def test_whoever_borrows_the_line_has_it_alone_until_it_is_given_back(tmp_path: Path) -> None:
    heard = Heard()
    with scripted_line(tmp_path) as there:
        owner = owner_of(there, read_job(1, 5, 2, heard))
        async with running(owner):
            await until(lambda: heard.payloads)
            waiting = owner.command("a", Priority.ORDER, _ask(3))
            async with owner.borrow() as borrower:
                with pytest.raises(RefusedError):
                    await waiting
                polled = len(there.asked)
                assert owner.lent
                assert await borrower.ask(read_registers(9, 7, 1)) == b"\x00\x07"
                there.script = lambda _asked: b""
                with pytest.raises(BusTimeoutError):
                    await borrower.ask(read_registers(9, 7, 1), 0.01)
                there.script = answer_always
                with pytest.raises(RefusedError):
                    await owner.command("a", Priority.ORDER, _ask(3))
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
        owner = owner_of(there, read_job(1, 5, 2, heard))
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


async def test_an_answer_whose_asker_went_away_is_nobodys(tmp_path: Path) -> None:
    heard = Heard()
    loop = asyncio.get_running_loop()

    def answer_late(asked: Asked) -> bytes:
        loop.call_later(0.1, there.send, asked.answer(6666))
        return b""

    def answer_later(asked: Asked) -> bytes:
        loop.call_later(0.15, there.send, asked.answer())
        return b""

    with scripted_line(tmp_path) as there:
        owner = owner_of(there, read_job(1, 5, 1, heard), max_turnaround_s=0.2)
        async with running(owner):
            await until(lambda: heard.payloads)
            async with owner.borrow() as borrower:
                there.script = answer_late
                asked = len(there.asked)
                asking = asyncio.create_task(borrower.ask(read_registers(1, 5, 1)))
                await until(lambda: len(there.asked) > asked)
                asking.cancel()
                there.script = answer_later
            before = len(heard.payloads)
            await until(lambda: len(heard.payloads) > before)
    assert {bytes(payload) for payload in heard.payloads} == {b"\x00\x05"}


async def test_after_a_loan_everything_is_asked_anew(tmp_path: Path) -> None:
    heard = Heard()
    seldom = replace(read_job(1, 5, 2, heard), interval_s=FOREVER_S)
    with scripted_line(tmp_path) as there:
        owner = owner_of(there, seldom)
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
        owner = owner_of(there, read_job(1, 5, 2, heard))
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
        owner = owner_of(there, read_job(1, 5, 2, Heard()), max_turnaround_s=FOREVER_S)
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
    with scripted_line(tmp_path, lambda asked: asked.answer() if asked.unit == 1 else b"") as there:
        given = line(str(there.path), max_turnaround_s=0.02)
        owner = LineOwner(given, [read_job(1, 5, 2, Heard())], lambda: 1.0, open_port)
        async with running(owner):
            await until(lambda: owner.last_round_s is not None)
            assert len(opened) == 1
            for times in (2, 3):
                with pytest.raises(BusTimeoutError):
                    await owner.command("a", Priority.ORDER, _ask(2))
                await until(lambda times=times: len(opened) == times)  # type: ignore[misc]
            async with owner.borrow() as borrower:
                with pytest.raises(BusTimeoutError):
                    await borrower.ask(read_registers(2, 0, 1))
                assert len(opened) == 4
                assert await borrower.ask(read_registers(1, 0, 1)) == b"\x00\x00"
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
        owner = LineOwner(line(str(there.path), max_turnaround_s=0.5), [], lambda: 1.0, open_port)
        async with running(owner):
            await until(lambda: owner.port_open)
            with pytest.raises(FrameError):
                await owner.command("a", Priority.ORDER, _ask(2))
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


def _ask(unit: int) -> Callable[[], Request]:
    return lambda: read_registers(unit, 0, 1)
