"""Takes a line out of control and protection in a safe order, and puts it back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from bacs_core.api.messages import Alarm
from bacs_core.bus.owner import Owner
from bacs_core.bypass import LEASE_S, BypassDriver
from bacs_core.commissioning import lending
from bacs_core.errors import RefusedError
from bacs_core.model import Quantity
from bacs_core.polling.wiring import Wiring
from bacs_core.settings import Settings
from bacs_core.snapshot import StringSnapshot

#: How often is looked whether every module has confirmed that its bypass is off.
LOOK_EVERY_S: Final = 0.2


class Loans:
    """Stands between the plan of equalization and the bypass of each line (`desk.Lender`).

    `told` returns the raised alarms and the strings of the newest tick; `clock` is unix time.
    """

    def __init__(
        self,
        wiring: Wiring,
        drivers: Mapping[str, BypassDriver],
        told: Callable[[], tuple[Iterable[Alarm], Mapping[str, StringSnapshot]]],
        clock: Callable[[], float],
    ) -> None:
        """Begin with nothing withheld."""
        self._wiring = wiring
        self._drivers = dict(drivers)
        self._told = told
        self._clock = clock
        self._withheld: set[str] = set()
        # An engine that was killed a moment ago may have left leases that still run.
        self._bypassed_at = dict.fromkeys(self._drivers, time.monotonic())

    @property
    def settings(self) -> Settings:
        """The site and its wiring."""
        return self._wiring.settings

    def owner_of(self, line_id: str) -> Owner:
        """Return the owner of a line of the site."""
        return self._wiring.lines[line_id]

    def refusal(self, line_id: str) -> RefusedError | None:
        """Say why a line must not be lent now."""
        alarms, _ = self._told()
        names = {string.key: string.name for string in self.settings.site.strings}
        return lending.may_lend(line_id, lending.strings_on(self.settings, line_id), alarms, names)

    def renew(self, line_id: str, duty_percent: Mapping[int, float], now: float) -> None:
        """Order the planned duty on a line; none where it is withheld, nothing where it is lent."""
        if self.owner_of(line_id).lent:
            return
        if line_id in self._withheld:
            duty_percent = {}
        if any(duty_percent.values()):
            self._bypassed_at[line_id] = time.monotonic()
        self._drivers[line_id].renew(duty_percent, now)

    async def withhold(self, line_id: str) -> None:
        """Switch the bypass off and wait until all modules confirm it, or their leases are over."""
        self._withheld.add(line_id)
        if line_id not in self._drivers:
            return
        began_at = self._clock()
        await self._drivers[line_id].switch_off()
        while not self._is_off(line_id, began_at):
            if time.monotonic() >= self._bypassed_at[line_id] + LEASE_S:
                return
            await asyncio.sleep(LOOK_EVERY_S)

    def release(self, line_id: str) -> None:
        """Equalize again as planned."""
        self._withheld.discard(line_id)

    def _is_off(self, line_id: str, since: float) -> bool:
        _, strings = self._told()
        for key, modules in self._wiring.modules.items():
            duty = strings[key].readings.columns[Quantity.DUTY] if key in strings else None
            for cell, module in enumerate(modules):
                if module.address.line_id == line_id and (
                    duty is None or duty.values[cell] != 0 or not duty.read_at[cell] > since
                ):
                    return False
        return True
