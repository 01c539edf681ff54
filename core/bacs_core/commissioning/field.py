"""What commands reach in the field, by the names of the site file: modules, relays, identities."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from bacs_core.api.messages import Identify, SetThresholds, SwitchRelay
from bacs_core.commissioning import orders
from bacs_core.commissioning.familiar import Familiar
from bacs_core.commissioning.words import say
from bacs_core.commissioning.work import Progress
from bacs_core.errors import RefusedError
from bacs_core.polling.accessories import AccessoryImage
from bacs_core.polling.guarded import RequestCounter
from bacs_core.polling.modules import ModulePoll
from bacs_core.polling.wiring import Wiring
from bacs_core.settings import Address

Deed = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Field:
    """The devices of a site. Each method checks a command and returns what carries it out."""

    wiring: Wiring
    familiar: Familiar

    def identify(self, command: Identify) -> Deed:
        """Find the line; who answers at that address shows when it is asked.

        What the site file calls another device than a module of our own map is not even asked.
        """
        owner = self.wiring.lines.get(command.line_id)
        if owner is None:
            raise RefusedError(f"there is no line {command.line_id!r}", code="unknown_line")
        place = Address(command.line_id, command.unit)
        if place in self._others():
            reason = f"unit {command.unit} of {command.line_id} is no module of our own map"
            raise RefusedError(reason, code="not_a_module")
        known = (
            module.identity.counter
            for modules in self.wiring.modules.values()
            for module in modules
            if module.address == place
        )
        counter = next(known, RequestCounter())
        return partial(orders.identify, owner, counter, command.unit, command.seconds)

    def relay(self, command: SwitchRelay) -> Deed:
        """Find a relay that the site file releases: any other may be the one of a breaker."""
        image = self._accessories().get(command.device_id)
        if image is None:
            raise RefusedError(f"there is no device {command.device_id!r}", code="unknown_device")
        accessory = image.accessory
        name = f"relay {command.relay} of {accessory.name}"
        if command.relay in accessory.breakers:
            raise RefusedError(f"{name} trips a breaker", code="is_breaker")
        if command.relay not in accessory.released:
            raise RefusedError(f"{name} is not released in the site file", code="not_released")
        owner = self.wiring.lines[accessory.address.line_id]
        return partial(orders.switch_relay, owner, image, command.relay, closed=command.closed)

    def thresholds(self, command: SetThresholds) -> Callable[[Progress], Awaitable[None]]:
        """Find the modules, and check that each value fits into its register."""
        modules = self.wiring.modules.get(command.string_key)
        if not modules:
            reason = f"there are no modules of our own map in {command.string_key!r}"
            raise RefusedError(reason, code="unknown_string")
        if command.cell is not None and command.cell > len(modules):
            reason = f"{command.string_key} has no cell {command.cell}"
            raise RefusedError(reason, code="unknown_cell")
        orders.checked_thresholds(command.thresholds, modules[0].image.string)
        chosen = modules if command.cell is None else [modules[command.cell - 1]]
        return partial(self._set_all, chosen, command.thresholds)

    async def _set_all(
        self, modules: list[ModulePoll], thresholds: Mapping[str, float], progress: Progress
    ) -> None:
        """Go on past a module that fails, and name it in the end."""
        progress.total = len(modules)
        failed: list[str] = []
        for module in modules:
            owner = self.wiring.lines[module.address.line_id]
            try:
                await orders.set_thresholds(owner, module, thresholds)
            except RefusedError as refusal:
                failed.append(refusal.reason)
            progress.done += 1
        if failed:
            progress.detail = failed[0]
            reason = say("modules_failed", failed=len(failed), count=len(modules))
            raise RefusedError(reason, code="not_taken_over")
        progress.message = say("thresholds_written", count=len(modules))

    def _others(self) -> frozenset[Address]:
        """Return where the devices are that are no modules of our own map."""
        settings = self.wiring.settings
        return frozenset(
            (
                *settings.managers.values(),
                *settings.current_sensors.values(),
                *(accessory.address for accessory in settings.accessories),
                *(place for key in settings.module_devices for place in settings.modules[key]),
            )
        )

    def _accessories(self) -> Mapping[str, AccessoryImage]:
        return self.wiring.accessories
