"""Simulated string current sensors of our own map, with a room probe."""

from __future__ import annotations

from typing import Final

from bacs_core.devices.panel_current_sensor import MEASUREMENT
from bacs_core.devices.panel_map import KIND_CURRENT_SENSOR
from bacs_core.simulator.identity import identity_row
from bacs_core.simulator.plant import SimulatedString
from bacs_core.simulator.served import NEVER, Environment, RegisterTable, block_row

FIRMWARE_VERSION: Final = 0x0100


class CurrentSensor:
    """The current sensor of one simulated string."""

    next_event_s = NEVER

    def __init__(
        self,
        unit: int,
        simulated: SimulatedString,
        serial_number: int,
        environment: Environment,
    ) -> None:
        """Switch the sensor on."""
        self.unit = unit
        self._simulated = simulated
        self._environment = environment
        self._table = RegisterTable(
            (
                identity_row(KIND_CURRENT_SENSOR, unit, serial_number, FIRMWARE_VERSION),
                block_row(MEASUREMENT, self._measurement),
            )
        )

    def act(self, now: float) -> None:
        """Do nothing: a sensor has no events."""

    def read(self, address: int, count: int, now: float) -> bytes:
        """Answer a read of registers."""
        self._environment.settle(now)
        return self._table.read(address, count, now)

    def hear(self, address: int, payload: bytes, now: float) -> None:
        """Ignore broadcasts: they are for modules."""

    def _measurement(self, _now: float) -> dict[str, float | None]:
        return {
            "echo": 256 * self.unit,
            "current_a": self._simulated.current_a(),
            "ac_current_a": self._simulated.ac_current_a(),
            "error_a": self._simulated.sensors.tolerances.current_error_a,
            "room_temperature_c": self._simulated.room_temperature_c,
            "status": 0,
        }
