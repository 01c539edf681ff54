"""Simulated relay boxes of our own map: inputs, relays with contacts that may weld, leases."""

from __future__ import annotations

from typing import Final

from bacs_core.devices.guard import register_address
from bacs_core.devices.panel_map import KIND_RELAY_BOX
from bacs_core.devices.panel_relay_box import INPUTS, LOSS, RELAYS, SET_LOSS, STATE, SWITCH
from bacs_core.simulator.identity import Nameplate, identity_row
from bacs_core.simulator.served import (
    ILLEGAL_ADDRESS,
    ILLEGAL_VALUE,
    NEVER,
    Environment,
    RequestRefusedError,
    block_row,
    order,
)
from bacs_core.simulator.wakeful import WakefulUnit

FIRMWARE_VERSION: Final = 0x0100
CLOSED: Final = 1


class RelayBox(WakefulUnit):
    """One relay box. A test may set `inputs` and `stuck` (contact by relay from 0) at any time."""

    def __init__(self, unit: int, serial_number: int, environment: Environment) -> None:
        """Switch the box on: all relays open, all of them hold."""
        self.plate = Nameplate(KIND_RELAY_BOX, serial_number, FIRMWARE_VERSION)
        self.inputs = [False] * INPUTS
        self.ordered = [False] * RELAYS
        self.drops_out = [False] * RELAYS
        self.stuck: dict[int, bool] = {}
        self._lease_end_s = [NEVER] * RELAYS
        self._lapsed = [False] * RELAYS
        rows = (
            identity_row(self.plate, lambda: unit),
            block_row(STATE, self._state),
            block_row(LOSS, lambda _now: {"drops_out": _word(self.drops_out)}),
        )
        super().__init__(unit, rows, environment)

    @property
    def contacts(self) -> list[bool]:
        """What the contacts do."""
        return [self.stuck.get(place, closed) for place, closed in enumerate(self.ordered)]

    @property
    def next_event_s(self) -> float:
        """When the next relay drops out."""
        return min(self._lease_end_s)

    def act(self, now: float) -> None:
        """Open the relays whose lease is over."""
        for place, end_s in enumerate(self._lease_end_s):
            if now >= end_s:
                self.ordered[place] = False
                self._lapsed[place] = True
                self._lease_end_s[place] = NEVER

    def write(self, address: int, payload: bytes, now: float) -> None:
        """Switch one relay, or say what relays do when nobody renews their lease."""
        wanted = {block.address: block for block in (SWITCH, SET_LOSS)}
        block = wanted.get(register_address(address))
        if block is None:
            raise RequestRefusedError(ILLEGAL_ADDRESS)
        values = {
            name: value or 0.0 for name, value in order(block, self.unit, address, payload).items()
        }
        self.environment.disturb(now)
        if block is SWITCH:
            self._switch(int(values["relay"]), int(values["closed"]), values["lease_s"], now)
        else:
            self._set_loss(int(values["drops_out"]))

    def _switch(self, relay: int, closed: int, lease_s: float, now: float) -> None:
        place = relay - 1
        if place not in range(RELAYS) or closed > CLOSED:
            raise RequestRefusedError(ILLEGAL_VALUE)
        leased = closed and self.drops_out[place]
        if leased and lease_s <= 0:
            raise RequestRefusedError(ILLEGAL_VALUE)
        self.ordered[place] = bool(closed)
        self._lapsed[place] = False
        self._lease_end_s[place] = now + lease_s if leased else NEVER

    def _set_loss(self, drops_out: int) -> None:
        """A closed relay that is to drop out from now on has no lease and opens at once."""
        for place in range(RELAYS):
            self.drops_out[place] = bool(drops_out >> place & 1)
            if not self.drops_out[place]:
                self._lease_end_s[place] = NEVER
            elif self._lease_end_s[place] == NEVER:
                self.ordered[place] = False

    def _state(self, _now: float) -> dict[str, float | None]:
        return {
            "inputs": _word(self.inputs),
            "contacts": _word(self.contacts),
            "ordered": _word(self.ordered),
            "lapsed": _word(self._lapsed),
        }


def _word(flags: list[bool]) -> int:
    return sum(flag << place for place, flag in enumerate(flags))
