"""Requests and answers of our own map, as far as commissioning needs them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bacs_core.bus.frames import Request, read_registers, write_registers
from bacs_core.commissioning.found import Found
from bacs_core.commissioning.scan import Speed
from bacs_core.commissioning.words import say
from bacs_core.devices import (
    guard,
    panel_current_sensor,
    panel_environment_sensor,
    panel_manager,
    panel_module,
    panel_relay_box,
)
from bacs_core.devices.panel_map import (
    IDENTITY,
    KIND_CURRENT_SENSOR,
    KIND_ENVIRONMENT_SENSOR,
    KIND_MANAGER,
    KIND_MODULE,
    KIND_RELAY_BOX,
    MAP_ID,
    MAP_VERSION,
    firmware_text,
)
from bacs_core.devices.registers import Block
from bacs_core.errors import FrameError
from bacs_core.model import MODULE_TYPES

Values = Mapping[str, float | None]

_DEVICES: Final = {
    KIND_MODULE: panel_module.DEVICE,
    KIND_MANAGER: panel_manager.DEVICE,
    KIND_CURRENT_SENSOR: panel_current_sensor.DEVICE,
    KIND_RELAY_BOX: panel_relay_box.DEVICE,
    KIND_ENVIRONMENT_SENSOR: panel_environment_sensor.DEVICE,
}


def read(block: Block, unit: int, counter: int = 0) -> Request:
    """Build a read of `block`; the counter ties the answer to this request."""
    return read_registers(unit, guard.asked_address(block.address, counter), block.count)


def write(block: Block, unit: int, values: Values, counter: int = 0) -> Request:
    """Build a write of `block` to one unit, or to all (unit 0)."""
    asked = guard.asked_address(block.address, counter)
    return write_registers(unit, asked, block.encode(values, unit=unit, asked=asked))


def values_of(block: Block, payload: bytes, unit: int, counter: int = 0) -> Values | None:
    """Return the values of an answer, or `None` where it does not belong to this request."""
    asked = guard.asked_address(block.address, counter)
    try:
        return block.decode(payload, unit=unit, asked=asked)
    except FrameError:
        return None


@dataclass(frozen=True, slots=True)
class Own:
    """What a device of our own map says of itself."""

    kind: int
    map_version: int
    serial_number: int
    firmware_version: str
    hardware_generation: int
    module_type: str | None
    string_count: int

    def found(self, unit: int, speed: Speed, string_cells: tuple[int | None, ...] = ()) -> Found:
        """Tell it as something a scan found."""
        device = _DEVICES.get(self.kind) if self.map_version == MAP_VERSION else None
        is_other = self.map_version != MAP_VERSION
        remark = say("other_version", found=self.map_version, wanted=MAP_VERSION)
        return Found(
            unit,
            speed,
            say("own_device") if device is None else device.title,
            None if device is None else device.name,
            None if device is None else device.role,
            serial_number=self.serial_number,
            firmware_version=self.firmware_version,
            hardware_generation=self.hardware_generation,
            module_type=self.module_type,
            string_cells=string_cells,
            remark=remark if is_other else "",
        )


def own_of(payload: bytes, unit: int, counter: int = 0) -> Own | None:
    """Read an identity block; `None` where what answered is no device of our own map."""
    values = values_of(IDENTITY, payload, unit, counter)
    if values is None or values["map_id"] != MAP_ID:
        return None
    numbers = {name: int(value or 0) for name, value in values.items()}
    module_type = f"C{numbers['module_type']}"
    return Own(
        kind=numbers["device_kind"],
        map_version=numbers["map_version"],
        serial_number=numbers["serial_number"],
        firmware_version=firmware_text(numbers["firmware_version"]),
        hardware_generation=numbers["hardware_generation"],
        module_type=module_type if module_type in MODULE_TYPES else None,
        string_count=numbers["string_count"],
    )
