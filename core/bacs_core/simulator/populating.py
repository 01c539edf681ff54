"""Every device that a site file names, as a simulated unit on its line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from bacs_core.devices import (
    catalogue,
    panel_environment_sensor,
    panel_manager,
    panel_module,
    panel_relay_box,
)
from bacs_core.errors import SettingsError
from bacs_core.model import Manager as ManagerModel
from bacs_core.settings import Accessory, Address, Link, Settings
from bacs_core.simulator.addressing import Chain
from bacs_core.simulator.current_sensors import CurrentSensor
from bacs_core.simulator.environment_sensors import EnvironmentSensor
from bacs_core.simulator.foreign import foreign_module, foreign_unit
from bacs_core.simulator.identity import serial_number
from bacs_core.simulator.managers import Manager
from bacs_core.simulator.modules import Module
from bacs_core.simulator.plant import Plant
from bacs_core.simulator.relay_boxes import RelayBox
from bacs_core.simulator.room import Room
from bacs_core.simulator.served import Unit


@dataclass(slots=True)
class Devices:
    """All simulated devices: by line, and those that a person can touch.

    `modules` is by string key, in cell order; it holds only modules of our own map.
    """

    on_line: dict[str, list[Unit]]
    modules: dict[str, list[Module]] = field(default_factory=dict)
    accessories: dict[str, RelayBox | EnvironmentSensor] = field(default_factory=dict)


def populate(settings: Settings, plant: Plant, room: Room, now: float) -> Devices:
    """Build every device; raises `SettingsError` where one cannot be simulated."""
    return _Population(settings, plant, room, now).devices()


@dataclass(frozen=True, slots=True)
class _Population:
    settings: Settings
    plant: Plant
    room: Room
    now: float

    def devices(self) -> Devices:
        devices = Devices({line_id: [] for line_id in self.settings.lines})
        for address, unit in (
            *self._managers(),
            *self._modules(devices),
            *self._current_sensors(),
            *self._accessories(devices),
        ):
            devices.on_line[address.line_id].append(unit)
        return devices

    def _managers(self) -> Iterator[tuple[Address, Unit]]:
        for manager in self.settings.site.managers:
            address = self.settings.managers.get(manager.id)
            if address and self.settings.lines[address.line_id].link is not Link.SNMP:
                yield address, self._manager(manager, address)

    def _manager(self, manager: ManagerModel, address: Address) -> Unit:
        strings = [self.plant.strings[string.key] for string in manager.strings]
        if manager.device == panel_manager.NAME:
            return Manager(address.unit, strings, _serial(address), self.room, self.now)
        if manager.device not in catalogue.DEVICES:
            msg = f"manager {manager.id}: a {manager.device} cannot be simulated"
            raise SettingsError(msg)
        options = self.settings.manager_options.get(manager.id)
        return foreign_unit(manager.device, address.unit, strings, self.room, options)

    def _modules(self, devices: Devices) -> Iterator[tuple[Address, Unit]]:
        chains: dict[str, Chain] = defaultdict(Chain)
        for key, addresses in self.settings.modules.items():
            device = self.settings.module_devices.get(key, panel_module.NAME)
            if device != panel_module.NAME:
                yield from self._foreign_modules(device, key, addresses)
                continue
            devices.modules[key] = [
                Module(
                    address.unit,
                    self.plant.strings[key],
                    cell,
                    _serial(address),
                    self.room,
                    chains[address.line_id],
                )
                for cell, address in enumerate(addresses)
            ]
            yield from zip(addresses, devices.modules[key], strict=True)

    def _foreign_modules(
        self, device: str, key: str, addresses: Sequence[Address]
    ) -> Iterator[tuple[Address, Unit]]:
        if device not in catalogue.MODULE_QUESTIONS:
            msg = f"string {key}: a {device} cannot be simulated"
            raise SettingsError(msg)
        simulated = self.plant.strings[key]
        for cell, address in enumerate(addresses):
            yield address, foreign_module(device, address.unit, simulated, cell, self.room)

    def _current_sensors(self) -> Iterator[tuple[Address, Unit]]:
        for key, address in self.settings.current_sensors.items():
            simulated = self.plant.strings[key]
            yield address, CurrentSensor(address.unit, simulated, _serial(address), self.room)

    def _accessories(self, devices: Devices) -> Iterator[tuple[Address, Unit]]:
        for accessory in self.settings.accessories:
            unit = self._accessory(accessory)
            devices.accessories[accessory.id] = unit
            yield accessory.address, unit

    def _accessory(self, accessory: Accessory) -> RelayBox | EnvironmentSensor:
        make = _ACCESSORIES.get(accessory.device)
        if make is None:
            msg = f"device {accessory.id}: a {accessory.device} cannot be simulated"
            raise SettingsError(msg)
        return make(self, accessory.address)


def _relay_box(population: _Population, address: Address) -> RelayBox:
    return RelayBox(address.unit, _serial(address), population.room)


def _environment_sensor(population: _Population, address: Address) -> EnvironmentSensor:
    # All strings stand in one room; the sensor hangs where the first one stands.
    simulated = next(iter(population.plant.strings.values()))
    return EnvironmentSensor(
        address.unit, lambda: simulated.room_temperature_c, _serial(address), population.room
    )


_ACCESSORIES: Final[dict[str, Callable[[_Population, Address], RelayBox | EnvironmentSensor]]] = {
    panel_relay_box.NAME: _relay_box,
    panel_environment_sensor.NAME: _environment_sensor,
}


def _serial(address: Address) -> int:
    return serial_number(address.line_id, address.unit)
