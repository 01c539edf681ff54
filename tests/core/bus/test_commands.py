"""Commands wait in slots: the newest of a slot and the most urgent of all goes first."""

from __future__ import annotations

import pytest

from bacs_core.bus.commands import MOST_ORDERS, Commands, refusal
from bacs_core.bus.frames import Request, read_registers
from bacs_core.bus.owner import Priority
from bacs_core.errors import RefusedError
from bacs_core.settings import Link
from tests.core.bus.owning import line


def request(unit: int = 1) -> Request:
    return read_registers(unit, 0, 1)


async def test_the_most_urgent_command_goes_first() -> None:
    waiting = Commands()
    for priority in (Priority.ORDER, Priority.TRIP, Priority.BYPASS):
        waiting.put(priority.name, priority, request, None)
    taken = [waiting.take(), waiting.take(), waiting.take()]
    assert [command.priority for command in taken if command] == sorted(Priority)
    assert waiting.take() is None


async def test_only_the_newest_of_a_slot_is_sent() -> None:
    waiting = Commands()
    older = waiting.put("bypass", Priority.BYPASS, request, None)
    waiting.put("bypass", Priority.BYPASS, lambda: request(2), None)
    command = waiting.take()
    assert command is not None
    assert command.make().unit == 2
    assert older.cancelled()
    assert waiting.take() is None


async def test_nothing_is_sent_for_which_nobody_waits_any_more() -> None:
    waiting = Commands()
    waiting.put("led", Priority.ORDER, request, None).cancel()
    assert waiting.take() is None


async def test_between_two_polls_goes_one_order_but_any_number_of_trips() -> None:
    waiting = Commands()
    for name in ("a", "b"):
        waiting.put(name, Priority.ORDER, request, None)
    assert waiting.take() is not None
    assert waiting.take() is None
    for name in ("c", "d"):
        waiting.put(name, Priority.TRIP, request, None)
        assert waiting.take() is not None
    assert waiting.take() is None
    assert waiting.let_order_go()
    assert waiting.take() is not None
    assert not waiting.let_order_go()


async def test_orders_without_end_are_refused_but_neither_trips_nor_newer_ones_of_a_slot() -> None:
    waiting = Commands()
    orders = [waiting.put(str(n), Priority.ORDER, request, None) for n in range(MOST_ORDERS)]
    refused = waiting.put("more", Priority.ORDER, request, None).exception()
    assert isinstance(refused, RefusedError)
    assert refused.code == "too_many_orders"
    assert not waiting.put("0", Priority.ORDER, request, None).done()
    assert not waiting.put("trip", Priority.TRIP, request, None).done()
    orders[1].cancel()
    assert not waiting.put("more", Priority.ORDER, request, None).done()


async def test_a_refused_command_fails_at_once_and_is_not_sent() -> None:
    waiting = Commands()
    network = line("10.0.0.1:502", Link.MODBUS_TCP, may_command=False)
    refused = refusal(network, Priority.TRIP, is_lent=False)
    assert refused is not None
    sent = waiting.put("trip", Priority.TRIP, request, refused)
    assert sent.exception() is refused
    assert waiting.take() is None


@pytest.mark.parametrize(
    ("priority", "may_command", "is_lent", "code"),
    [
        (Priority.TRIP, False, False, "not_over_network"),
        (Priority.BYPASS, False, False, "not_over_network"),
        (Priority.ORDER, False, False, None),
        (Priority.TRIP, True, False, None),
        (Priority.ORDER, True, True, "line_lent"),
    ],
)
def test_what_may_go_over_a_line(
    priority: Priority, may_command: bool, is_lent: bool, code: str | None
) -> None:
    asked = line("10.0.0.1:502", Link.MODBUS_TCP, may_command=may_command)
    refused = refusal(asked, priority, is_lent=is_lent)
    assert (refused.code if refused else None) == code
