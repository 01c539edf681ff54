"""Bypass is sent as a lease: renewed in time, corrected when missed, ended for good."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from bacs_core.bus.frames import Request
from bacs_core.bus.owner import Priority
from bacs_core.bypass import LEASE_S, RENEW_EVERY_S, BypassDriver
from bacs_core.devices.panel_module import decode_bypass
from bacs_core.errors import PortGoneError
from bacs_core.settings import Address


class RecordingLine:
    """Stands in for a `LineOwner`: sends each command at once, or fails."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, float, bytes]] = []
        self.gone = self.busy = False

    def command(
        self, name: str, priority: Priority, make: Callable[[], Request]
    ) -> asyncio.Future[bytes]:
        assert (name, priority) == ("bypass", Priority.BYPASS)
        sent: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        if self.gone:
            sent.set_exception(PortGoneError("gone"))
            return sent
        if self.busy:
            return sent
        # Function, address, count and byte count come before the registers.
        self.sent.append(decode_bypass(make().pdu[6:]))
        sent.set_result(b"")
        return sent


class Module:
    """What the driver sees of a polled module."""

    address = Address("line", 3)

    def __init__(self) -> None:
        self.echoed_sequence: int | None = None
        self.echoed_at = 0.0
        self.is_deaf = False


@pytest.fixture
def line() -> RecordingLine:
    return RecordingLine()


@pytest.fixture
def module() -> Module:
    return Module()


@pytest.fixture
def driver(line: RecordingLine, module: Module) -> BypassDriver:
    return BypassDriver(line, [module])  # type: ignore[arg-type, list-item]


async def test_a_lease_is_renewed_at_least_four_times_before_it_ends(
    line: RecordingLine, driver: BypassDriver
) -> None:
    for second in range(int(LEASE_S) + 1):
        driver.renew({3: 40.0}, 1000.0 + second)
    assert len(line.sent) - 1 >= 4
    assert {lease_s for _, lease_s, _ in line.sent} == {LEASE_S}


async def test_a_new_duty_is_sent_at_once_and_an_old_one_is_not_repeated(
    line: RecordingLine, driver: BypassDriver
) -> None:
    driver.renew({3: 40.0}, 1000.0)
    driver.renew({3: 40.0}, 1001.0)
    driver.renew({3: 41.0}, 1002.0)
    assert [slots[2] for _, _, slots in line.sent] == [80, 82]


async def test_a_plan_that_moves_within_a_step_is_no_new_order(
    line: RecordingLine, driver: BypassDriver
) -> None:
    for second in range(4):
        driver.renew({3: 40.0 + 0.1 * second}, 1000.0 + second)
    assert len(line.sent) == 1


async def test_the_number_of_an_order_is_never_the_0_of_a_module_that_heard_none(
    line: RecordingLine, driver: BypassDriver
) -> None:
    for renewal in range(257):
        driver.renew({3: 40.0}, 1000.0 + renewal * RENEW_EVERY_S)
    numbers = [sequence for sequence, _, _ in line.sent]
    assert numbers == [*range(1, 256), 1, 2]


async def test_zero_is_sent_too_so_that_a_foreign_order_does_not_last(
    line: RecordingLine, driver: BypassDriver
) -> None:
    driver.renew({3: 0.0}, 1000.0)
    driver.renew({3: 0.0}, 1000.0 + RENEW_EVERY_S)
    assert [set(slots) for _, _, slots in line.sent] == [{0}, {0}]


async def test_a_module_that_echoes_another_sequence_gets_the_duty_again(
    line: RecordingLine, driver: BypassDriver, module: Module
) -> None:
    driver.renew({3: 40.0}, 1000.0)
    module.echoed_sequence, module.echoed_at = 77, 1001.5
    driver.renew({3: 40.0}, 1002.0)
    assert len(line.sent) == 2
    module.echoed_sequence, module.echoed_at = line.sent[-1][0], 1003.5
    driver.renew({3: 40.0}, 1004.0)
    assert len(line.sent) == 2


async def test_a_module_that_missed_the_newest_broadcast_is_named(
    line: RecordingLine, driver: BypassDriver, module: Module
) -> None:
    assert driver.missed_by() == frozenset()
    driver.renew({3: 40.0}, 1000.0)
    module.echoed_sequence, module.echoed_at = 77, 1000.5
    assert driver.missed_by() == frozenset(), "the echo may be older than the broadcast"
    module.echoed_at = 1001.5
    assert driver.missed_by() == {3}
    module.echoed_sequence = line.sent[-1][0]
    assert driver.missed_by() == frozenset()


async def test_for_a_module_that_hears_nothing_the_others_do_not_pay_with_line_time(
    line: RecordingLine, driver: BypassDriver, module: Module
) -> None:
    driver.renew({3: 40.0}, 1000.0)
    module.echoed_sequence, module.echoed_at, module.is_deaf = 77, 1001.5, True
    driver.renew({3: 40.0}, 1002.0)
    assert len(line.sent) == 1
    assert driver.missed_by() == {3}
    driver.renew({3: 40.0}, 1000.0 + RENEW_EVERY_S)
    assert len(line.sent) == 2


async def test_a_clock_that_was_set_back_does_not_stop_renewal(
    line: RecordingLine, driver: BypassDriver
) -> None:
    driver.renew({3: 40.0}, 1000.0)
    driver.renew({3: 40.0}, 400.0)
    assert len(line.sent) == 2


async def test_switching_off_orders_zero_for_everybody_more_than_once(
    line: RecordingLine, driver: BypassDriver
) -> None:
    driver.renew({3: 40.0}, 1000.0)
    await driver.switch_off()
    assert len(line.sent) >= 3
    assert set(line.sent[-1][2]) == {0}


async def test_whoever_switches_off_can_be_cancelled(
    line: RecordingLine, driver: BypassDriver
) -> None:
    line.busy = True
    switching = asyncio.create_task(driver.switch_off())
    await asyncio.sleep(0)
    switching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(switching, 1)


async def test_switching_off_ends_even_when_the_port_is_gone(
    line: RecordingLine, driver: BypassDriver
) -> None:
    line.gone = True
    await driver.switch_off()
