"""What the site file needs to know of the kinds of devices, beyond what they say of themselves."""

from __future__ import annotations

from typing import Final

from bacs_core.devices import (
    bacs_manager,
    bacs_manager_snmp,
    panel_current_sensor,
    panel_environment_sensor,
    panel_manager,
    panel_module,
    panel_relay_box,
)
from bacs_core.model import Quantity

ENGINE: Final = "engine"
OWN_MODULE: Final = panel_module.NAME
OWN_CURRENT_SENSOR: Final = panel_current_sensor.NAME

#: Devices of our own map: they know what its broadcasts mean.
OWN: Final = frozenset(
    {
        panel_manager.NAME,
        panel_module.NAME,
        panel_current_sensor.NAME,
        panel_relay_box.NAME,
        panel_environment_sensor.NAME,
    }
)

#: Web managers that equalize by themselves.
EQUALIZING_MANAGERS: Final = frozenset(
    {panel_manager.NAME, bacs_manager.NAME, bacs_manager_snmp.NAME}
)
#: Devices of the product family, whose modules have one of its types.
FAMILY: Final = EQUALIZING_MANAGERS | {OWN_MODULE}

#: Registers of a `bacs_manager` whose meaning is published: its UPS, itself and its strings.
PUBLISHED_REGISTERS: Final = (range(97, 151), range(1000, 1059))

#: How many inputs and relays a device has; the others have none.
CONTACTS: Final = {panel_relay_box.NAME: (panel_relay_box.INPUTS, panel_relay_box.RELAYS)}

#: Fast values come every round; a line at 9600 baud with 512 cells needs 6 s for one.
_FAST_S: Final = 15.0
#: Slow values come once a minute.
_SLOW_S: Final = 300.0


def _stale_after_s(fast_s: float) -> dict[Quantity, float]:
    slow = (Quantity.RESISTANCE, Quantity.CHARGE)
    return {quantity: _SLOW_S if quantity in slow else fast_s for quantity in Quantity}


#: How old a reading may be before it no longer counts, by the device that gives it.
STALE_AFTER_S: Final = {
    ENGINE: _stale_after_s(_FAST_S),
    bacs_manager_snmp.NAME: _stale_after_s(bacs_manager_snmp.STALE_AFTER_S),
}
