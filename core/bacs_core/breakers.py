"""Opens breakers of strings through relays of the bus, and reads their contacts back.

An order to trip goes before everything else on its line, is repeated until the contact says that
the breaker is open, and is never taken back by a program: only `reclose` does, which a person
orders. What the relay does on loss of communication is the matter of `relay_loss`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Final

from bacs_core.bus.frames import Request
from bacs_core.bus.owner import Owner, Priority
from bacs_core.commissioning.orders import switch_relay
from bacs_core.devices import panel_relay_box
from bacs_core.errors import RefusedError
from bacs_core.polling.accessories import AccessoryImage
from bacs_core.polling.guarded import order
from bacs_core.polling.image import fresh
from bacs_core.polling.wiring import Wiring
from bacs_core.settings import Breaker

#: A breaker needs some 50 ms to open and a round of the line to be read.
REPEAT_EVERY_S: Final = 2.0
#: An older contact tells nothing.
STALE_AFTER_S: Final = 15.0
#: Without meaning where the relay holds, as it shall; a box that is not set so yet wants one.
LEASE_S: Final = 3600.0


class BreakerDriver:
    """The relay and the input of one breaker."""

    def __init__(self, owner: Owner, image: AccessoryImage, breaker: Breaker) -> None:
        """Begin with nothing ordered; `owner` must be that of a line that may command."""
        self._owner = owner
        self._image = image
        self._breaker = breaker
        self._sent_at: float | None = None
        self._sent: asyncio.Future[bytes] | None = None

    @property
    def problem(self) -> str | None:
        """Why the last order to trip was not taken, `None` while it is on its way or was."""
        sent = self._sent
        if sent is None or not sent.done() or sent.cancelled():
            return None
        error = sent.exception()
        return None if error is None else str(error) or type(error).__name__

    def contact_open(self, now: float) -> bool | None:
        """Tell what the contact of the breaker says; `None` where nothing fresh is known."""
        reading = fresh(self._image.inputs, now, STALE_AFTER_S)
        if reading is None or not self._image.identity.is_believed():
            return None
        levels = panel_relay_box.bits(reading.value, panel_relay_box.INPUTS)
        return levels[self._breaker.input - 1] is self._breaker.open_when

    def follow(self, now: float, *, tripping: bool) -> None:
        """Order the trip while it is wanted and not yet seen; `now` is unix time. Never waits."""
        if not tripping:
            self._sent_at = self._sent = None
        elif self._sent_at is None or self._is_worth_repeating(self._sent_at, now):
            self._sent_at = now
            self._sent = self._owner.command(self._slot, Priority.TRIP, self._trip_request)

    async def reclose(self) -> None:
        """Put the relay back so that the breaker can close; raises `RefusedError`.

        Only a person may order it (`access.rights`).
        """
        closed = not self._breaker.trips_by_closing
        await switch_relay(self._owner, self._image, self._breaker.relay, closed=closed)

    def _is_worth_repeating(self, sent_at: float, now: float) -> bool:
        read = self._image.inputs
        seen = read is not None and read.read_at > sent_at and self.contact_open(now) is True
        # In either direction: after a stepped clock the order must not wait.
        return not seen and abs(now - sent_at) >= REPEAT_EVERY_S

    @property
    def _slot(self) -> str:
        return f"trip {self._breaker.box} {self._breaker.relay}"

    def _trip_request(self) -> Request:
        # Not asked whether the box is believed: one that was away a moment ago still has to trip,
        # and no other device takes this order for one of its own.
        values = {
            "relay": float(self._breaker.relay),
            "closed": float(self._breaker.trips_by_closing),
            "lease_s": LEASE_S,
        }
        unit, counter = self._image.accessory.address.unit, self._image.identity.counter
        return order(unit, counter, panel_relay_box.SWITCH, values)


class Breakers:
    """The breakers of all strings, by string key; strings that hang on one breaker share it."""

    def __init__(self, wiring: Wiring) -> None:
        """Prepare a driver per breaker; the site file was checked before."""
        drivers: dict[Breaker, BreakerDriver] = {}
        for breaker in wiring.settings.breakers.values():
            image = wiring.accessories[breaker.box]
            owner = wiring.lines[image.accessory.address.line_id]
            drivers.setdefault(breaker, BreakerDriver(owner, image, breaker))
        self._of_string: Mapping[str, BreakerDriver] = {
            key: drivers[breaker] for key, breaker in wiring.settings.breakers.items()
        }

    def contacts(self, now: float) -> dict[str, bool | None]:
        """Tell by string key whether the contact says open; `None` where nobody knows."""
        return {key: driver.contact_open(now) for key, driver in self._of_string.items()}

    def problems(self) -> dict[str, str]:
        """Tell by string key why the last order to trip was not taken."""
        told = {key: driver.problem for key, driver in self._of_string.items()}
        return {key: problem for key, problem in told.items() if problem is not None}

    def follow(self, tripping: Collection[str], now: float) -> None:
        """Trip the breakers of these strings; the others are left as they are."""
        wanted = {self._of_string[key] for key in tripping if key in self._of_string}
        for driver in dict.fromkeys(self._of_string.values()):
            driver.follow(now, tripping=driver in wanted)

    def sharing(self, string_key: str) -> tuple[str, ...]:
        """Return all strings that hang on the breaker of this one, itself among them."""
        driver = self._of_string.get(string_key)
        return tuple(key for key, other in self._of_string.items() if other is driver)

    async def reclose(self, string_key: str) -> None:
        """Put the breaker of a string back; raises `RefusedError` (`no_breaker`, `no_answer` …)."""
        driver = self._of_string.get(string_key)
        if driver is None:
            raise RefusedError(f"{string_key} has no breaker", code="no_breaker")
        await driver.reclose()
