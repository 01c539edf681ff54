"""Simulated modules of our own map: one cell, one bypass, a lease and a hold.

A module is a small automaton in real time. Whoever lets plant time pass asks it for
`next_event_s`, so that a bypass ends exactly when its lease does.
"""

from __future__ import annotations

from typing import Final

from bacs_core.devices.panel_map import KIND_MODULE
from bacs_core.devices.panel_module import (
    BYPASS_ADDRESS,
    BYPASS_HEADER,
    DUTY_STEP_PERCENT,
    HOLD,
    MAX_HOLD_S,
    MEASUREMENT,
    SLOW,
    STATUS_BYPASS_ON,
    STATUS_LEASE_EXPIRED,
    decode_bypass,
)
from bacs_core.simulator.identity import identity_row
from bacs_core.simulator.plant import SimulatedString
from bacs_core.simulator.served import NEVER, Environment, RegisterTable, block_row, number_or_none

#: The bypass is off this long before a hold latches, so that the cell's voltage has settled.
SETTLING_S: Final = 0.016
#: Latched values are served this long; then the module shows live ones again and hold sequence 0.
LATCH_S: Final = 20.0
MAX_SEQUENCE: Final = 255
FULL_PERCENT: Final = 100.0
FIRMWARE_VERSION: Final = 0x0100


class Module:
    """One module on one cell of a simulated string."""

    def __init__(
        self,
        unit: int,
        simulated: SimulatedString,
        cell_index: int,
        serial_number: int,
        environment: Environment,
    ) -> None:
        """Switch the module on: no lease, no bypass."""
        self.unit = unit
        self.simulated = simulated
        self.cell_index = cell_index
        self._environment = environment
        self._duty_percent = 0.0
        self._conducted_percent = 0.0
        self._sequence = 0
        self._lease_end_s = -NEVER
        self._lease_expired = False
        self._hold_pending = 0
        self._hold_latch_s = NEVER
        self._hold_end_s = NEVER
        self._hold_sequence = 0
        self._latch_end_s = NEVER
        self._latched: tuple[float | None, float | None] = (None, None)
        self._table = RegisterTable(
            (
                identity_row(
                    KIND_MODULE,
                    unit,
                    serial_number,
                    FIRMWARE_VERSION,
                    module_type=simulated.string.module_type,
                    cell_count=1,
                ),
                block_row(MEASUREMENT, self._measurement),
                block_row(SLOW, self._slow),
            )
        )

    @property
    def next_event_s(self) -> float:
        """When the module will next do something by itself."""
        return min(self._lease_end_s if self._duty_percent else NEVER, self._next_hold_event_s)

    def act(self, now: float) -> None:
        """Do what is due at `now`: let the lease run out, latch, end the hold, drop the latch."""
        if self._duty_percent and now >= self._lease_end_s:
            self._duty_percent = 0.0
            self._lease_expired = True
        if now >= self._hold_latch_s:
            self._latched = self._measure()
            self._hold_sequence = self._hold_pending
            self._latch_end_s = now + LATCH_S
            self._hold_latch_s = NEVER
        if now >= self._hold_end_s:
            self._hold_end_s = NEVER
            self._hold_latch_s = NEVER
        if now >= self._latch_end_s:
            self._hold_sequence = 0
            self._latch_end_s = NEVER
        self._conduct()

    def read(self, address: int, count: int, now: float) -> bytes:
        """Answer a read of registers."""
        self._environment.settle(now)
        return self._table.read(address, count, now)

    def hear(self, address: int, payload: bytes, now: float) -> None:
        """Obey a bypass or hold broadcast; others do not concern a module."""
        hear = {BYPASS_ADDRESS: self._hear_bypass, HOLD.address: self._hear_hold}.get(address)
        if hear is not None:
            self._environment.disturb(now)
            hear(payload, now)
            self._conduct()

    def _hear_bypass(self, payload: bytes, now: float) -> None:
        if len(payload) < 2 * BYPASS_HEADER.count:
            return
        sequence, lease_s, slots = decode_bypass(payload)
        if not 1 <= sequence <= MAX_SEQUENCE:
            return
        steps = slots[self.unit - 1] if self.unit <= len(slots) else 0
        duty_percent = steps * DUTY_STEP_PERCENT
        valid = duty_percent <= FULL_PERCENT and lease_s > 0
        self._duty_percent = duty_percent if valid else 0.0
        self._sequence = sequence
        self._lease_end_s = now + lease_s
        self._lease_expired = False

    def _hear_hold(self, payload: bytes, now: float) -> None:
        if len(payload) != 2 * HOLD.count:
            return
        hold = HOLD.decode(payload)
        sequence, duration_s = hold["sequence"], hold["duration_s"]
        if not sequence or sequence > MAX_SEQUENCE or not duration_s:
            return
        self._hold_pending = int(sequence)
        self._hold_end_s = now + min(duration_s, MAX_HOLD_S)
        self._hold_latch_s = now + SETTLING_S

    def _conduct(self) -> None:
        self._conducted_percent = 0.0 if self._hold_end_s < NEVER else self._duty_percent
        self.simulated.set_cell_duty(self.cell_index, self._conducted_percent)

    @property
    def _next_hold_event_s(self) -> float:
        return min(self._hold_latch_s, self._hold_end_s, self._latch_end_s)

    def _measure(self) -> tuple[float | None, float | None]:
        cell = self.cell_index
        return (
            number_or_none(self.simulated.voltage_v(cell)),
            number_or_none(self.simulated.temperature_c(cell)),
        )

    def _echo(self) -> int:
        return 256 * self.unit + self._sequence

    def _measurement(self, _now: float) -> dict[str, float | None]:
        voltage_v, temperature_c = self._latched if self._hold_sequence else self._measure()
        return {
            "echo": self._echo(),
            "voltage_v": voltage_v,
            "temperature_c": temperature_c,
            "duty_percent": self._duty_percent,
            "status": STATUS_BYPASS_ON * (self._conducted_percent > 0)
            | STATUS_LEASE_EXPIRED * self._lease_expired,
            "hold_sequence": self._hold_sequence,
        }

    def _slow(self, _now: float) -> dict[str, float | None]:
        return {
            "echo": self._echo(),
            "resistance_ohm": number_or_none(self.simulated.resistance_ohm(self.cell_index)),
            "charge_percent": number_or_none(self.simulated.charge_percent(self.cell_index)),
        }
