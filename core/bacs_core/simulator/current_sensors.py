"""Simulated string current sensors of our own map, with a room probe."""

from __future__ import annotations

from typing import Final

from bacs_core.devices.panel_current_sensor import MEASUREMENT
from bacs_core.devices.panel_map import KIND_CURRENT_SENSOR
from bacs_core.simulator.identity import Nameplate, identity_row
from bacs_core.simulator.served import Environment, block_row, number_or_none
from bacs_core.simulator.string_view import SimulatedString
from bacs_core.simulator.wakeful import WakefulUnit

FIRMWARE_VERSION: Final = 0x0100


class CurrentSensor(WakefulUnit):
    """The current sensor of one simulated string."""

    def __init__(
        self,
        unit: int,
        simulated: SimulatedString,
        serial_number: int,
        environment: Environment,
    ) -> None:
        """Switch the sensor on."""
        self.plate = Nameplate(KIND_CURRENT_SENSOR, serial_number, FIRMWARE_VERSION)
        self._simulated = simulated
        rows = (identity_row(self.plate, lambda: unit), block_row(MEASUREMENT, self._measurement))
        super().__init__(unit, rows, environment)

    def _measurement(self, _now: float) -> dict[str, float | None]:
        return {
            "current_a": number_or_none(self._simulated.current_a()),
            "ac_current_a": number_or_none(self._simulated.ac_current_a()),
            "error_a": number_or_none(self._simulated.current_error_a),
            "room_temperature_c": number_or_none(self._simulated.measured_room_c()),
            "status": 0,
        }
