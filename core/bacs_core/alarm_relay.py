"""The alarm relay: closed by a lease while all is well, open on an alarm and without an engine.

If this process dies, stops or loses the line, no renewal is heard and the box opens the relay by
itself. It is not closed before the box is seen to drop it out on loss (`relay_loss`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from bacs_core.bus.frames import Request
from bacs_core.bus.owner import Owner, Priority
from bacs_core.devices import panel_relay_box
from bacs_core.polling.accessories import AccessoryImage
from bacs_core.polling.guarded import order
from bacs_core.polling.wiring import Wiring
from bacs_core.relay_loss import RelayLoss

LEASE_S: Final = 20.0
#: Renewed at least four times within the lease, with one to spare.
RENEW_EVERY_S: Final = 4.0
OFF_TIMEOUT_S: Final = 2.0
SLOT: Final = "alarm relay"


class AlarmRelayDriver:
    """Holds one relay closed as long as somebody says that all is well."""

    def __init__(self, owner: Owner, image: AccessoryImage, loss: RelayLoss, relay: int) -> None:
        """Begin with the relay as it is; nothing is sent before the first `renew`."""
        self._owner = owner
        self._image = image
        self._loss = loss
        self._relay = relay
        self._closed = False
        self._sent_at: float | None = None

    def renew(self, *, energised: bool, now: float) -> None:
        """Close the relay (`energised`) or open it, at once where that changed. Never waits.

        `now` is unix time.
        """
        if not self._image.identity.is_believed():
            self._sent_at = None
            return
        closed = energised and self._loss.verified
        due = self._sent_at is None or not 0 <= now - self._sent_at < RENEW_EVERY_S
        if due or closed is not self._closed:
            self._closed = closed
            self._sent_at = now
            self._owner.command(SLOT, Priority.ORDER, self._request)

    async def switch_off(self) -> None:
        """Open the relay for good, without waiting for its lease to end."""
        self._closed = False
        sent = self._owner.command(SLOT, Priority.ORDER, self._request)
        # What becomes of the order is not raised here: the lease ends in any case.
        await asyncio.wait({sent}, timeout=OFF_TIMEOUT_S)

    def _request(self) -> Request:
        values = {
            "relay": float(self._relay),
            "closed": float(self._closed),
            "lease_s": LEASE_S,
        }
        unit, counter = self._image.accessory.address.unit, self._image.identity.counter
        return order(unit, counter, panel_relay_box.SWITCH, values)


def alarm_relay(wiring: Wiring, losses: Mapping[str, RelayLoss]) -> AlarmRelayDriver | None:
    """Return the driver of the alarm relay of a site, if it has one."""
    wanted = wiring.settings.alarm_relay
    if wanted is None:
        return None
    image = wiring.accessories[wanted.box]
    owner = wiring.lines[image.accessory.address.line_id]
    return AlarmRelayDriver(owner, image, losses[wanted.box], wanted.relay)
