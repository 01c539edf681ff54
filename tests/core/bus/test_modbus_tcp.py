"""The owner of a Modbus TCP line, against servers on real sockets that behave and that do not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from bacs_core.bus import modbus_tcp
from bacs_core.bus.frames import Request, read_registers, write_registers
from bacs_core.bus.mbap_connection import Connection
from bacs_core.bus.modbus_tcp import ModbusTcpOwner
from bacs_core.bus.owner import Priority
from bacs_core.bus.rtu import BROADCAST_PAUSE_S
from bacs_core.bus.schedule import Job
from bacs_core.errors import BusTimeoutError, PortGoneError, RefusedError
from bacs_core.settings import Link
from tests.core.bus.far_end import HEADER, Asked, far_end, registers
from tests.core.bus.owning import FOREVER_S, Heard, line, read_job, running, until

SHORT_S = 0.05


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modbus_tcp, "ROUND_S", 0.01)
    monkeypatch.setattr(modbus_tcp, "NETWORK_ALLOWANCE_S", 0.05)
    monkeypatch.setattr(modbus_tcp, "FIRST_PAUSE_S", 0.01)


def owner_of(port: int, jobs: Sequence[Job], **changes: object) -> ModbusTcpOwner:
    given = line(f"127.0.0.1:{port}", Link.MODBUS_TCP, **changes)
    return ModbusTcpOwner(given, jobs, lambda: 1.0)


async def test_answers_in_any_order_reach_their_own_jobs() -> None:
    waiting: list[Asked] = []

    def answer_four_backwards(asked: Asked) -> None:
        waiting.append(asked)
        if len(waiting) == 4:
            for one in reversed(waiting):
                one.answer()
            waiting.clear()

    places = (100, 200, 300, 400)
    heard = [Heard() for _ in places]
    jobs = [read_job(1, address, 2, one) for address, one in zip(places, heard, strict=True)]
    async with far_end(answer_four_backwards) as there:
        owner = owner_of(there.port, jobs, in_flight=4)
        async with running(owner):
            await until(lambda: all(one.payloads for one in heard))
    assert [one.words for one in heard] == [[address, address + 1] for address in places]
    assert owner.statistics.timeouts == owner.statistics.frame_errors == 0


async def test_no_more_requests_are_open_at_once_than_the_line_allows() -> None:
    asked_before_an_answer: list[int] = []

    async def answer_slowly(asked: Asked) -> None:
        await asyncio.sleep(0.02)
        asked_before_an_answer.append(len(there.asked) - len(asked_before_an_answer))
        asked.answer()

    heard = Heard()
    jobs = [read_job(1, address, 2, heard) for address in range(10)]
    async with far_end(answer_slowly) as there, running(owner_of(there.port, jobs)):
        await until(lambda: len(heard.payloads) >= 10)
    assert set(asked_before_an_answer) == {1}


async def test_an_answer_of_an_older_request_is_dropped_and_counted() -> None:
    def answer_twice(asked: Asked) -> None:
        asked.answer(registers(7000, asked.count), late_by=1)
        asked.answer()

    heard = Heard()
    async with far_end(answer_twice) as there:
        owner = owner_of(there.port, [read_job(1, 10, 2, heard)])
        async with running(owner):
            await until(lambda: len(heard.payloads) > 5)
    assert {bytes(payload) for payload in heard.payloads} == {registers(10, 2)[2:]}
    assert owner.statistics.lost_bytes >= 5 * (HEADER.size + 6)


async def test_a_late_answer_is_no_value() -> None:
    async def answer_after_the_time_out(asked: Asked) -> None:
        await asyncio.sleep(0.3)
        asked.answer()

    heard = Heard()
    async with far_end(answer_after_the_time_out) as there:
        owner = owner_of(there.port, [read_job(1, 10, 2, heard)], max_turnaround_s=SHORT_S)
        async with running(owner):
            await until(lambda: owner.statistics.lost_bytes)
    assert not heard.payloads
    assert owner.statistics.timeouts


@pytest.mark.parametrize(
    "wrong",
    [
        lambda asked: asked.answer(registers(10, 1)),
        lambda asked: asked.answer(registers(10, 3)),
        lambda asked: asked.answer(registers(10, 2)[:-1]),
        lambda asked: asked.answer(bytes([4]) + registers(10, 2)[1:]),
        lambda asked: asked.answer(bytes([3, 6]) + registers(10, 2)[2:]),
        lambda asked: asked.answer(unit=9),
    ],
    ids=["too few", "too many", "cut", "another function", "another byte count", "another unit"],
)
async def test_an_answer_that_does_not_fit_is_counted_and_no_value(
    wrong: Callable[[Asked], None],
) -> None:
    heard = Heard()
    async with far_end(wrong) as there:
        owner = owner_of(there.port, [read_job(1, 10, 2, heard)])
        async with running(owner):
            await until(lambda: owner.statistics.frame_errors >= 2)
    assert not heard.payloads
    assert there.connections == 1


async def test_bytes_that_make_no_sense_cost_the_connection_and_nothing_else() -> None:
    def garble_the_first_connection(asked: Asked) -> None:
        if asked.connection == 1:
            asked.send(b"\xff" * 20)
        asked.answer()

    heard = Heard()
    async with far_end(garble_the_first_connection) as there:
        owner = owner_of(there.port, [read_job(1, 10, 2, heard)])
        async with running(owner):
            await until(lambda: heard.payloads)
    assert there.connections == 2
    assert heard.words == [10, 11]
    assert owner.statistics.frame_errors >= 1


async def test_a_silent_unit_stops_nobody_else() -> None:
    def answer_but_for_unit_2(asked: Asked) -> None:
        if asked.unit != 2:
            asked.answer()

    heard = Heard()
    silent = replace(read_job(2, 10, 2, Heard()), max_turnaround_s=SHORT_S)
    jobs = [replace(read_job(1, 10, 2, heard), max_turnaround_s=FOREVER_S), silent]
    async with far_end(answer_but_for_unit_2) as there:
        owner = owner_of(there.port, jobs, in_flight=2)
        async with running(owner):
            await until(lambda: owner.has_answered(2) is False)
            so_far = len(heard.payloads)
            await until(lambda: len(heard.payloads) > so_far)
            assert owner.has_answered(1) is True
            assert owner.silent_units() == (2,)
    assert there.connections == 1


async def test_a_refusal_is_an_answer_but_that_of_a_gateway_for_a_silent_unit_is_none() -> None:
    def refuse(asked: Asked) -> None:
        asked.answer(bytes([0x83, 2 if asked.unit == 1 else 11]))

    jobs = [read_job(1, 10, 2, Heard()), read_job(2, 10, 2, Heard())]
    async with far_end(refuse) as there:
        owner = owner_of(there.port, jobs)
        async with running(owner):
            await until(lambda: owner.has_answered(2) is False)
            assert owner.has_answered(1) is True
    assert owner.statistics.refusals
    assert owner.statistics.timeouts


async def test_a_connection_that_the_far_end_closed_is_made_anew() -> None:
    def close_the_first(asked: Asked) -> None:
        if asked.connection == 1:
            asked.writer.close()
        else:
            asked.answer()

    heard = Heard()
    async with far_end(close_the_first) as there:
        owner = owner_of(there.port, [read_job(1, 10, 2, heard)])
        async with running(owner):
            await until(lambda: heard.payloads)
            assert owner.port_open
            assert not owner.message


async def test_a_far_end_that_accepts_and_never_answers_is_connected_anew() -> None:
    jobs = [read_job(unit, 10, 2, Heard()) for unit in range(1, 5)]
    async with far_end(lambda _asked: None) as there:
        owner = owner_of(there.port, jobs, max_turnaround_s=SHORT_S)
        async with running(owner):
            await until(lambda: there.connections > 1)
            assert owner.has_answered(1) is not True


async def test_nobody_who_listens_is_told_in_words() -> None:
    async with far_end(lambda _asked: None) as there:
        port = there.port
    owner = owner_of(port, [read_job(1, 10, 2, Heard())])
    async with running(owner):
        await until(lambda: "cannot be reached" in owner.message)
        with pytest.raises(PortGoneError):
            async with owner.borrow():
                pass
    assert not owner.port_open


async def test_a_broadcast_is_sent_alone_and_what_follows_keeps_its_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[tuple[int, float]] = []
    ended: list[tuple[int, float]] = []
    ask = Connection.ask

    async def noted(connection: Connection, request: Request, timeout_s: float) -> bytes:
        begun.append((request.unit, time.monotonic()))
        payload = await ask(connection, request, timeout_s)
        ended.append((request.unit, time.monotonic()))
        return payload

    async def answer_slowly(asked: Asked) -> None:
        await asyncio.sleep(0.02)
        if asked.unit:
            asked.answer()

    monkeypatch.setattr(Connection, "ask", noted)

    heard = Heard()
    hold = Job("hold", 0, lambda: write_registers(0, 0, bytes(4)), lambda _data, _at: None)
    jobs = [read_job(1, 10, 2, heard), read_job(1, 20, 2, heard), hold, read_job(1, 30, 2, heard)]
    async with (
        far_end(answer_slowly) as there,
        running(owner_of(there.port, jobs, in_flight=4)),
    ):
        await until(lambda: len(heard.payloads) >= 3)
    # Both reads before it were answered, and nothing came behind it for a while.
    assert [unit for unit, _ in begun[:4]] == [unit for unit, _ in ended[:4]] == [1, 1, 0, 1]
    assert begun[3][1] >= ended[2][1] + BROADCAST_PAUSE_S


async def test_a_command_goes_before_polls_and_ends_with_its_answer() -> None:
    async with far_end(lambda asked: asked.answer(_confirmed(asked))) as there:
        owner = owner_of(there.port, [read_job(1, 10, 2, Heard())])
        async with running(owner):
            await until(lambda: owner.port_open)
            order = owner.command("led", Priority.ORDER, lambda: write_registers(3, 5, bytes(2)))
            assert await order == b""
    assert any(asked.unit == 3 for asked in there.asked)


async def test_a_flood_of_orders_does_not_stop_the_polling() -> None:
    def answer(asked: Asked) -> None:
        asked.answer()

    async with far_end(answer) as there:
        owner = owner_of(there.port, [read_job(1, 10, 2, Heard()), read_job(1, 20, 2, Heard())])
        owner.schedule.round_s = 0.0
        async with running(owner):
            await until(lambda: owner.port_open)
            orders = [
                owner.command(str(n), Priority.ORDER, lambda: read_registers(3, 5, 1))
                for n in range(6)
            ]
            await asyncio.gather(*orders)
    assert "3, 3" not in ", ".join(str(asked.unit) for asked in there.asked)


async def test_a_request_behind_others_waits_for_their_answers_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(modbus_tcp, "NETWORK_ALLOWANCE_S", 0.3)

    async def answer_one_after_the_other(asked: Asked) -> None:
        await asyncio.sleep(0.2)
        asked.answer()

    heard = Heard()
    jobs = [read_job(1, address, 2, heard) for address in range(4)]
    async with far_end(answer_one_after_the_other) as there:
        owner = owner_of(there.port, jobs, in_flight=4, max_turnaround_s=0.3)
        async with running(owner):
            await until(lambda: len(heard.payloads) >= 4)
    assert owner.statistics.timeouts == 0


async def test_a_decoder_that_fails_costs_its_unit_and_not_the_line() -> None:
    def fail(_payload: bytes, _at: float) -> None:
        raise ValueError

    heard = Heard()
    foreign = Job("foreign", 2, lambda: read_registers(2, 0, 1), fail)

    def answer(asked: Asked) -> None:
        asked.answer()

    async with far_end(answer) as there:
        owner = owner_of(there.port, [foreign, read_job(1, 10, 2, heard)])
        async with running(owner):
            await until(lambda: owner.has_answered(2) is False)
            before = len(heard.payloads)
            await until(lambda: len(heard.payloads) > before)
    assert owner.statistics.frame_errors >= 2
    assert there.connections == 1


async def test_bypass_and_trips_stay_off_a_network_that_the_site_file_does_not_release() -> None:
    owner = owner_of(1, [], may_command=False)
    for priority in (Priority.TRIP, Priority.BYPASS):
        with pytest.raises(RefusedError) as refusal:
            await owner.command("bypass", priority, lambda: write_registers(0, 5, bytes(2)))
        assert refusal.value.code == "not_over_network"


async def test_whoever_borrows_the_line_has_it_alone_until_it_is_given_back() -> None:
    heard = Heard()

    async def answer_slowly(asked: Asked) -> None:
        await asyncio.sleep(0.02)
        if asked.unit != 9:
            asked.answer()

    jobs = [read_job(1, address, 2, heard) for address in (10, 20)]
    async with far_end(answer_slowly) as there:
        owner = owner_of(there.port, jobs, in_flight=2)
        async with running(owner):
            await until(lambda: heard.payloads)
            async with owner.borrow() as borrower:
                assert owner.lent
                polled = len(there.asked)
                assert len(heard.payloads) + owner.statistics.timeouts == polled
                assert await borrower.ask(read_registers(5, 50, 2)) == registers(50, 2)[2:]
                with pytest.raises(BusTimeoutError):
                    await borrower.ask(read_registers(9, 50, 2), 0.05)
                with pytest.raises(RefusedError):
                    await owner.command("x", Priority.ORDER, lambda: read_registers(1, 1, 1))
                with pytest.raises(RefusedError):
                    async with owner.borrow():
                        pass
                assert len(there.asked) == polled + 2
            so_far = len(heard.payloads)
            await until(lambda: len(heard.payloads) > so_far)


def _confirmed(asked: Asked) -> bytes | None:
    return asked.pdu[:5] if asked.pdu[0] == 16 else None
