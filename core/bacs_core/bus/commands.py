"""Requests that wait to be sent once over a line, in named slots; only the newest of each is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bacs_core.bus.frames import Request
from bacs_core.bus.owner import Priority
from bacs_core.errors import RefusedError
from bacs_core.settings import Line

#: More orders than people give; whoever gives more is a program that went wild.
MOST_ORDERS: Final = 32


@dataclass(frozen=True, slots=True)
class Command:
    """A request that waits to be sent once."""

    priority: Priority
    make: Callable[[], Request]
    sent: asyncio.Future[bytes]

    def succeed(self, payload: bytes) -> None:
        """Tell that it was sent (broadcast), or answered."""
        if not self.sent.done():
            self.sent.set_result(payload)

    def fail(self, error: Exception) -> None:
        """Tell why it was not carried out."""
        if not self.sent.done():
            self.sent.set_exception(error)
            # Nobody has to look at a command's end: a lease renews itself.
            self.sent.exception()


@dataclass(slots=True)
class Commands:
    """The waiting commands of one line, by slot.

    Between two polls one order goes, so that a flood of them does not stop the polling.
    """

    _slots: dict[str, Command] = field(default_factory=dict)
    _order_went: bool = False

    def put(
        self,
        name: str,
        priority: Priority,
        make: Callable[[], Request],
        refusal: RefusedError | None,
    ) -> asyncio.Future[bytes]:
        """Fill the slot `name` anew, or fail at once: with `refusal`, or if too many wait."""
        command = Command(priority, make, asyncio.get_running_loop().create_future())
        replaced = self._slots.get(name)
        if refusal is None and replaced is None and priority is Priority.ORDER:
            refusal = self._overflow()
        if refusal is not None:
            command.fail(refusal)
            return command.sent
        if replaced is not None:
            replaced.sent.cancel()
        self._slots[name] = command
        return command.sent

    def take(self) -> Command | None:
        """Return the most urgent command that may go now and that somebody still waits for."""
        while self._slots:
            name = min(self._slots, key=lambda slot: self._slots[slot].priority)
            is_order = self._slots[name].priority is Priority.ORDER
            if is_order and self._order_went:
                return None
            command = self._slots.pop(name)
            if not command.sent.done():
                self._order_went |= is_order
                return command
        return None

    def let_order_go(self) -> bool:
        """Note that a poll went or none is due; tell whether any command waits."""
        self._order_went = False
        return bool(self._slots)

    def fail(self, error: Exception) -> None:
        """End all of them."""
        for command in self._slots.values():
            command.fail(error)
        self._slots.clear()

    def _overflow(self) -> RefusedError | None:
        waiting = [
            command
            for command in self._slots.values()
            if command.priority is Priority.ORDER and not command.sent.done()
        ]
        if len(waiting) < MOST_ORDERS:
            return None
        return RefusedError(f"{MOST_ORDERS} orders wait already", code="too_many_orders")


def refusal(line: Line, priority: Priority, *, is_lent: bool) -> RefusedError | None:
    """Say why a command must not go over a line now, or return `None`."""
    if not line.may_command and priority in (Priority.TRIP, Priority.BYPASS):
        reason = f"the site file allows no bypass and no trip over the network ({line.id})"
        return RefusedError(reason, code="not_over_network")
    if is_lent:
        return RefusedError(f"line {line.id} is lent", code="line_lent")
    return None
