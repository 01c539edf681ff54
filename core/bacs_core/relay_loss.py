"""Makes sure what the relays of one box do when nobody speaks to it any more.

Relays of breakers hold, so that a dead engine or a cut line opens no breaker and closes none. The
alarm relay drops out, so that the same is an alarm. The box keeps the choice without power; it is
verified when the box appears, whenever it returns, and now and then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

from bacs_core.bus.owner import Owner
from bacs_core.commissioning.orders import send
from bacs_core.devices import panel_relay_box
from bacs_core.errors import FrameError, RefusedError
from bacs_core.polling.accessories import AccessoryImage
from bacs_core.polling.guarded import order, question
from bacs_core.polling.wiring import Wiring

_log = logging.getLogger(__name__)

VERIFY_EVERY_S: Final = 600.0
#: After a failure, and while the line is lent.
RETRY_S: Final = 5.0


class RelayLoss:
    """What relays of one box (from 1) do on loss; those that are not named stay as they are."""

    def __init__(
        self,
        owner: Owner,
        image: AccessoryImage,
        *,
        holds: frozenset[int] = frozenset(),
        drops_out: frozenset[int] = frozenset(),
    ) -> None:
        """Begin unverified; nothing is sent before the first `follow`."""
        self._owner = owner
        self._image = image
        self._holds = holds
        self._drops_out = drops_out
        self._verified_introduction: int | None = None
        self._looked_introduction: int | None = None
        self._looked_at = 0.0
        self._work: asyncio.Task[None] | None = None
        self.problem: str | None = None

    @property
    def verified(self) -> bool:
        """Whether the box that answers now was seen to have it as wanted."""
        identity = self._image.identity
        return identity.is_believed() and self._verified_introduction == identity.introductions

    def follow(self, now: float) -> None:
        """Verify where it is due at unix time `now`; never waits."""
        identity = self._image.identity
        if not identity.is_believed() or (self._work is not None and not self._work.done()):
            return
        every_s = VERIFY_EVERY_S if self.verified else RETRY_S
        is_known = self._looked_introduction == identity.introductions
        if is_known and 0 <= now - self._looked_at < every_s:
            return
        self._looked_introduction, self._looked_at = identity.introductions, now
        self._work = asyncio.get_running_loop().create_task(self._ensure())

    async def _ensure(self) -> None:
        introduction = self._image.identity.introductions
        try:
            kept = await self._read()
            wanted = self._wanted(kept)
            if kept != wanted:
                await self._write(wanted)
                kept = await self._read()
        # The line may be gone or lent at any moment; it is tried again, and told meanwhile.
        except (RefusedError, FrameError) as error:
            self._failed(str(error))
            return
        if kept != wanted:
            self._failed(f"{self._image.accessory.name} does not keep what relays do on loss")
            return
        self._verified_introduction, self.problem = introduction, None

    def _failed(self, problem: str) -> None:
        if problem != self.problem:
            _log.warning("%s", problem)
        self.problem, self._verified_introduction = problem, None

    def _wanted(self, kept: int) -> int:
        return kept & ~_word(self._holds) | _word(self._drops_out)

    async def _read(self) -> int:
        unit, block = self._image.accessory.address.unit, panel_relay_box.LOSS
        asking = question(unit, self._image.identity.counter, block)
        payload = await send(self._owner, asking.request)
        return int(block.decode(payload, unit=unit, asked=asking.asked)["drops_out"] or 0)

    async def _write(self, drops_out: int) -> None:
        unit, counter = self._image.accessory.address.unit, self._image.identity.counter
        values = {"drops_out": float(drops_out)}
        await send(self._owner, lambda: order(unit, counter, panel_relay_box.SET_LOSS, values))


def relay_losses(wiring: Wiring) -> Mapping[str, RelayLoss]:
    """Return one for each box that has a breaker or the alarm relay, by the id of the box."""
    settings = wiring.settings
    alarm_relay = settings.alarm_relay
    boxes = {breaker.box for breaker in settings.breakers.values()}
    if alarm_relay is not None:
        boxes.add(alarm_relay.box)
    found: dict[str, RelayLoss] = {}
    for box in sorted(boxes):
        image = wiring.accessories[box]
        is_alarm = alarm_relay is not None and alarm_relay.box == box
        found[box] = RelayLoss(
            wiring.lines[image.accessory.address.line_id],
            image,
            holds=image.accessory.breakers,
            drops_out=frozenset({alarm_relay.relay}) if alarm_relay and is_alarm else frozenset(),
        )
    return found


def _word(relays: frozenset[int]) -> int:
    return sum(1 << relay - 1 for relay in relays)
