"""Simulated environment sensors of our own map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bacs_core.devices.panel_environment_sensor import MEASUREMENT
from bacs_core.devices.panel_map import KIND_ENVIRONMENT_SENSOR
from bacs_core.simulator.identity import Nameplate, identity_row
from bacs_core.simulator.served import Environment, block_row
from bacs_core.simulator.wakeful import WakefulUnit

FIRMWARE_VERSION: Final = 0x0100
HUMIDITY_PERCENT: Final = 45.0


class EnvironmentSensor(WakefulUnit):
    """One sensor in a room; a test may change `humidity_percent` and `hydrogen_percent`."""

    def __init__(
        self,
        unit: int,
        room_temperature_c: Callable[[], float],
        serial_number: int,
        environment: Environment,
    ) -> None:
        """Switch the sensor on."""
        self.plate = Nameplate(KIND_ENVIRONMENT_SENSOR, serial_number, FIRMWARE_VERSION)
        self.humidity_percent: float | None = HUMIDITY_PERCENT
        self.hydrogen_percent: float | None = 0.0
        self._room_temperature_c = room_temperature_c
        rows = (identity_row(self.plate, lambda: unit), block_row(MEASUREMENT, self._measurement))
        super().__init__(unit, rows, environment)

    def _measurement(self, _now: float) -> dict[str, float | None]:
        return {
            "temperature_c": self._room_temperature_c(),
            "humidity_percent": self.humidity_percent,
            "hydrogen_percent": self.hydrogen_percent,
        }
