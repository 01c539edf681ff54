"""Commands wait in slots: the newest of a slot and the most urgent of all goes first."""

from __future__ import annotations

import pytest

from bacs_core.bus.commands import Commands, refusal
from bacs_core.bus.frames import Request, read_registers
from bacs_core.bus.owner import Priority
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
