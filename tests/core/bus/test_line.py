"""The owner of a line over real pseudo-terminals: silences, answers, a port that comes and goes."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import serial

from bacs_core.bus import line as line_module
from bacs_core.bus.frames import read_registers, write_registers
from bacs_core.bus.line import LineOwner
from bacs_core.bus.owner import Priority
from bacs_core.bus.port import SerialPort
from bacs_core.bus.schedule import Job
from bacs_core.errors import FrameError, PortGoneError
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
from tests.core.bus.scripted_line import Asked, ScriptedLine, answer_always, scripted_line

pytestmark = pytest.mark.usefixtures("no_rests")

#: Long enough to be told from everything that just takes its time.
GAP_S = 0.03
SHORT_S = 0.05
CHARACTER_S = 10 / 115200


def silences(there: ScriptedLine) -> list[float]:
    """Return how long the line was silent before each request but the first."""
    return [
        asked.at - max(at for at in there.answered_at if at <= asked.at)
        for asked in there.asked[1:]
    ]


async def test_every_request_keeps_the_silence_behind_an_answer(tmp_path: Path) -> None:
    heard = Heard()
    with scripted_line(tmp_path) as there:
        async with running(serial_owner(there.path, read_job(1, 5, 2, heard), gap_s=GAP_S)):
            await until(lambda: len(heard.payloads) > 5)
        assert min(silences(there)) >= GAP_S
    assert heard.words == [5, 6]


async def test_every_request_keeps_the_silence_behind_a_refusal_and_behind_noise(
    tmp_path: Path,
) -> None:
    answers = itertools.cycle([b"\x01\x83\x02\xc0\xf1", b"\x01\x03\x55"])
    with scripted_line(tmp_path, lambda _asked: next(answers)) as there:
        owner = serial_owner(
            there.path, read_job(1, 5, 2, Heard()), gap_s=GAP_S, max_turnaround_s=SHORT_S
        )
        known = owner.statistics
        async with running(owner):
            await until(lambda: known.refusals >= 2 and known.frame_errors >= 2)
            asked = len(there.asked)
            await until(lambda: len(there.asked) > asked)
        assert min(silences(there)) >= GAP_S


async def test_nobody_talks_into_the_pause_behind_a_broadcast(tmp_path: Path) -> None:
    pause_s, gap_s, writes, heard = 0.05, 0.002, Writes(), Heard()
    frame = write_registers(0, 9, bytes(2))
    hold = Job("hold", 0, lambda: frame, lambda _data, _at: None, pause_s=pause_s)
    with scripted_line(tmp_path) as there:
        given = line(str(there.path), gap_s=gap_s)
        jobs = [hold, read_job(1, 5, 2, heard)]
        async with running(LineOwner(given, jobs, lambda: 1.0, writes.open_port)):
            await until(lambda: len(heard.payloads) > 2)
    behind = [
        (len(frame), pause)
        for frame, pause in zip(writes.frames, writes.pauses_s, strict=False)
        if frame[0] == 0
    ]
    assert behind
    for size, after_s in behind:
        assert after_s >= size * CHARACTER_S + gap_s + pause_s


async def test_what_came_before_a_request_is_no_answer_to_it(tmp_path: Path) -> None:
    heard = Heard()

    def hear_and_talk(payload: bytes, _at: float) -> None:
        heard.payloads.append(payload)
        there.send(there.asked[-1].answer(6666))

    with scripted_line(tmp_path) as there:
        job = replace(read_job(1, 5, 1, heard), deliver=hear_and_talk)
        owner = serial_owner(there.path, job, gap_s=GAP_S)
        async with running(owner):
            await until(lambda: len(heard.payloads) > 5)
    assert {bytes(payload) for payload in heard.payloads} == {b"\x00\x05"}
    assert owner.statistics.lost_bytes >= 5 * 7


async def test_a_request_waits_until_whoever_talks_has_been_silent(tmp_path: Path) -> None:
    heard = Heard()
    loop = asyncio.get_running_loop()

    def talk(left: int) -> None:
        there.send(b"\x55")
        if left:
            loop.call_later(GAP_S / 3, talk, left - 1)

    def answer_and_talk(asked: Asked) -> bytes:
        if len(there.asked) == 1:
            loop.call_later(GAP_S / 3, talk, 10)
        return asked.answer()

    with scripted_line(tmp_path, answer_and_talk) as there:
        owner = serial_owner(
            there.path, read_job(1, 5, 1, heard), gap_s=GAP_S, max_turnaround_s=SHORT_S
        )
        async with running(owner):
            await until(lambda: len(heard.payloads) > 1)
        assert min(silences(there)) >= GAP_S


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
        owner = serial_owner(there.path, read_job(1, 5, 2, heard), max_turnaround_s=FOREVER_S)
        async with running(owner):
            await until(lambda: heard.payloads)
    assert owner.statistics.frame_errors == 1
    assert owner.statistics.timeouts == 0


async def test_the_turnaround_of_a_device_overrules_that_of_the_line(tmp_path: Path) -> None:
    heard = Heard()
    loop = asyncio.get_running_loop()

    def answer_late(asked: Asked) -> bytes:
        loop.call_later(4 * SHORT_S, there.send, asked.answer())
        return b""

    slow = replace(read_job(1, 5, 2, heard), max_turnaround_s=FOREVER_S)
    with scripted_line(tmp_path, answer_late) as there:
        async with running(serial_owner(there.path, slow, max_turnaround_s=SHORT_S)):
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
        jobs = read_job(1, 5, 2, late), read_job(2, 50, 2, well)
        owner = serial_owner(there.path, *jobs, max_turnaround_s=SHORT_S)
        async with running(owner):
            # Where a machine is slow, a late answer is told before its unit was missed twice.
            await until(lambda: "unit 1" in owner.message and owner.silent_units() == (1,))
            before = len(well.payloads)
            await until(lambda: len(well.payloads) > before + 5)
            assert owner.has_answered(1) is False
            assert owner.port_open
            assert not late.payloads
            there.script = answer_always
            await until(lambda: late.payloads)
            await until(lambda: owner.message == "")
    assert {bytes(payload) for payload in well.payloads} == {b"\x00\x32\x00\x33"}
    assert late.words == [5, 6]


async def test_an_echo_that_gives_an_answer_away_counts_as_failure_and_the_true_one_is_waited_out(
    tmp_path: Path,
) -> None:
    refused: list[bytes] = []
    turnaround_s, writes = 0.2, Writes()

    def refuse(payload: bytes, _at: float) -> None:
        refused.append(payload)
        raise FrameError("another echo")

    job = Job("a", 1, lambda: read_registers(1, 5, 2), refuse)
    with scripted_line(tmp_path) as there:
        given = line(str(there.path), max_turnaround_s=turnaround_s)
        jobs = [job, read_job(2, 5, 2, Heard())]
        owner = LineOwner(given, jobs, lambda: 1.0, writes.open_port)
        async with running(owner):
            await until(lambda: len(refused) > 1)
            assert owner.has_answered(1) is not True
    asked = [frame[0] for frame in writes.frames]
    assert writes.pauses_s[asked.index(1)] >= turnaround_s
    assert owner.statistics.frame_errors > 0


async def test_an_adapter_that_hears_itself_does_no_harm(tmp_path: Path) -> None:
    heard = Heard()
    with scripted_line(tmp_path, lambda asked: asked.frame + asked.answer()) as there:
        owner = serial_owner(there.path, read_job(1, 5, 2, heard))
        async with running(owner):
            await until(lambda: len(heard.payloads) > 1)
    assert heard.words == [5, 6]
    assert owner.statistics.frame_errors == 0


async def test_an_answer_that_a_wire_cannot_have_carried_yet_is_not_believed(
    tmp_path: Path,
) -> None:
    class PacedPort(SerialPort):
        """Stands in for a real wire."""

        def __init__(self, path: str, opened: serial.Serial) -> None:
            super().__init__(path, opened)
            self.keeps_pace = True

    with scripted_line(tmp_path) as there:
        given = line(str(there.path), baud=110, max_turnaround_s=SHORT_S)
        owner = LineOwner(given, [read_job(1, 5, 1, Heard())], lambda: 1.0, PacedPort.open)
        async with running(owner):
            await until(lambda: owner.statistics.frame_errors)
    assert owner.has_answered(1) is None


async def test_a_decoder_that_fails_costs_its_unit_and_not_the_line(tmp_path: Path) -> None:
    def fail(_payload: bytes, _at: float) -> None:
        raise ValueError

    heard = Heard()
    foreign = Job("foreign", 2, lambda: read_registers(2, 0, 1), fail, max_turnaround_s=SHORT_S)
    with scripted_line(tmp_path) as there:
        owner = serial_owner(there.path, foreign, read_job(1, 5, 2, heard))
        async with running(owner):
            await until(lambda: owner.has_answered(2) is False)
            before = len(heard.payloads)
            await until(lambda: len(heard.payloads) > before)
            await until(lambda: owner.statistics.frame_errors >= 2)
            assert owner.port_open


async def test_the_wires_share_of_a_round_is_what_its_characters_and_silences_take(
    tmp_path: Path,
) -> None:
    heard = Heard()
    hold = Job(
        "hold", 0, lambda: write_registers(0, 9, bytes(2)), lambda _data, _at: None, pause_s=0.03
    )
    with scripted_line(tmp_path) as there:
        owner = serial_owner(there.path, hold, read_job(1, 5, 10, heard), read_job(2, 5, 1, heard))
        async with running(owner):
            await until(lambda: owner.wire_round_s is not None)
            assert owner.last_round_s is not None
    characters_s = (11 + 8 + 25 + 8 + 7) * CHARACTER_S
    assert owner.wire_round_s == pytest.approx(characters_s + 0.03 + 5 * 0.002)


async def test_a_port_that_vanishes_fails_the_commands_and_comes_back(tmp_path: Path) -> None:
    heard = Heard()
    with scripted_line(tmp_path) as there:
        owner = serial_owner(there.path, read_job(1, 5, 2, heard))
        async with running(owner):
            await until(lambda: heard.payloads)
            there.script = lambda _asked: b""
            asked = len(there.asked)
            await until(lambda: len(there.asked) > asked)
            waiting = owner.command("bypass", Priority.BYPASS, lambda: read_registers(1, 0, 1))
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
        owner = serial_owner(there.path, read_job(1, 5, 2, heard))
        async with running(owner):
            await until(lambda: heard.payloads)
            there.vanish()
            await until(lambda: not owner.port_open)


async def test_a_port_that_is_not_there_is_told_and_fails_what_is_ordered(tmp_path: Path) -> None:
    owner = serial_owner(tmp_path / "none")
    async with running(owner):
        await until(lambda: "not there" in owner.message)
        with pytest.raises(PortGoneError):
            await owner.command("a", Priority.ORDER, lambda: read_registers(1, 0, 1))
        with pytest.raises(PortGoneError):
            async with owner.borrow():
                pass
