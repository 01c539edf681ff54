"""Sends the planned bypass to the modules of one line, as leases that have to be renewed.

If this process dies, stops or loses the line, no renewal is heard and every module switches off by
itself: that is the fail-safe. A module that echoes another sequence number missed the broadcast, or
obeyed a foreign one; then the duty is sent again at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bacs_core.bus.frames import BROADCAST_UNIT, Request, write_registers
from bacs_core.bus.owner import Owner, Priority
from bacs_core.devices.panel_module import BYPASS_ADDRESS, DUTY_STEP_PERCENT, encode_bypass
from bacs_core.polling.modules import ModulePoll

LEASE_S: Final = 20.0
#: Renewed at least four times within the lease, with one to spare.
RENEW_EVERY_S: Final = 4.0
#: An echo that was read sooner may be older than the broadcast.
SETTLED_AFTER_S: Final = 1.0
OFF_REPEATS: Final = 3
OFF_TIMEOUT_S: Final = 2.0


class BypassDriver:
    """Holds the duty of every module on one line and keeps its lease alive."""

    def __init__(self, owner: Owner, modules: Sequence[ModulePoll]) -> None:
        """Begin with everything off; nothing is sent before the first `renew`."""
        self._owner = owner
        self._modules = modules
        self._duty: dict[int, float] = {}
        self._sequence = 0
        self._sent_at: float | None = None

    def renew(self, duty_percent: Mapping[int, float], now: float) -> None:
        """Take the duty per unit address; send it if it changed, is due or was not obeyed.

        `now` is the unix time of the clock that also stamps readings.
        """
        # In steps as they are sent: a plan moves a little every second, the order does not.
        duty = {
            unit: DUTY_STEP_PERCENT * (planned // DUTY_STEP_PERCENT)
            for unit, planned in duty_percent.items()
        }
        changed = duty != self._duty
        due = self._sent_at is None or not 0 <= now - self._sent_at < RENEW_EVERY_S
        if changed or due or self._is_worth_repeating():
            self._duty = duty
            self._sent_at = now
            self._owner.command("bypass", Priority.BYPASS, self._request)

    async def switch_off(self) -> None:
        """Switch all bypass of the line off, several times in case a frame is lost."""
        self._duty = {}
        for _ in range(OFF_REPEATS):
            sent = self._owner.command("bypass", Priority.BYPASS, self._request)
            # What becomes of the order is not raised here; that the caller is cancelled is.
            await asyncio.wait({sent}, timeout=OFF_TIMEOUT_S)

    def missed_by(self) -> frozenset[int]:
        """Return the units that answer, but obeyed another broadcast than the newest, or none."""
        return frozenset(module.address.unit for module in self._missed())

    def _missed(self) -> Iterator[ModulePoll]:
        sent_at = self._sent_at
        for module in self._modules:
            if (
                sent_at is not None
                and module.echoed_at > sent_at + SETTLED_AFTER_S
                and module.echoed_sequence != self._sequence
            ):
                yield module

    def _is_worth_repeating(self) -> bool:
        # For a module that hears no broadcast at all the others would pay with line time.
        return any(not module.is_deaf for module in self._missed())

    def _request(self) -> Request:
        self._sequence = self._sequence % 255 + 1
        payload = encode_bypass(self._sequence, LEASE_S, self._duty)
        return write_registers(BROADCAST_UNIT, BYPASS_ADDRESS, payload)
