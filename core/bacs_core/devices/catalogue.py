"""Every kind of device that a site file may name, and how foreign ones are asked.

A new device is one file beside this one and its rows here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bacs_core.devices import (
    bacs_manager,
    bacs_manager_snmp,
    huasu_cellcheck_tv,
    panel_current_sensor,
    panel_environment_sensor,
    panel_manager,
    panel_module,
    panel_relay_box,
    seplos_v3,
    sunspec_battery,
)
from bacs_core.devices.device import Device
from bacs_core.devices.places import ManagerQuestions, ModuleQuestions, Refusal
from bacs_core.model import Quantity, String
from bacs_core.settings import ManagerOptions

DEVICES: Final[dict[str, Device]] = {
    device.name: device
    for device in (
        panel_manager.DEVICE,
        panel_module.DEVICE,
        panel_current_sensor.DEVICE,
        panel_relay_box.DEVICE,
        panel_environment_sensor.DEVICE,
        bacs_manager.DEVICE,
        bacs_manager_snmp.DEVICE,
        huasu_cellcheck_tv.DEVICE,
        seplos_v3.DEVICE,
        sunspec_battery.DEVICE,
    )
}

#: How managers are asked whose questions are known from the site file alone.
MANAGER_QUESTIONS: Final[dict[str, ManagerQuestions]] = {
    bacs_manager.NAME: bacs_manager.questions,
    seplos_v3.NAME: seplos_v3.questions,
}
MODULE_QUESTIONS: Final[dict[str, ModuleQuestions]] = {
    huasu_cellcheck_tv.NAME: huasu_cellcheck_tv.questions,
}
_REFUSALS: Final[dict[str, Refusal]] = {
    huasu_cellcheck_tv.NAME: huasu_cellcheck_tv.refusal,
    seplos_v3.NAME: seplos_v3.refusal,
}


def refusal(device_name: str, strings: Sequence[String]) -> str | None:
    """Say why a device of this name cannot watch these strings, or `None`."""
    check = _REFUSALS.get(device_name)
    return None if check is None else check(strings)


def gives(device_name: str, options: ManagerOptions | None = None) -> frozenset[Quantity]:
    """Return the quantities of cells that a device gives, those its installer declares included."""
    block = options.module_block if options else None
    declared = () if block is None else tuple(Quantity(name) for name in block.offsets)
    return frozenset((*DEVICES[device_name].gives, *declared))
