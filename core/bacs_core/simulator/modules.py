"""Simulated modules of our own map: one cell, one bypass, a lease and a hold.

A module is a small automaton in real time. Whoever lets plant time pass asks it for
`next_event_s`, so that a bypass ends exactly when its lease does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bacs_core.devices.guard import register_address
from bacs_core.devices.panel_map import ADDRESSING_UNIT, KIND_MODULE, MAX_MODULE_UNIT
from bacs_core.devices.panel_module import (
    ADDRESSING,
    ADDRESSING_CLOSED,
    ADDRESSING_MODES,
    ASSIGN,
    BYPASS,
    DUTY_STEP_PERCENT,
    FULL_DUTY_STEPS,
    HIGHEST_THRESHOLD_C,
    HOLD,
    HOT_RELEASE_K,
    IDENTIFY,
    MAX_ADDRESSING_S,
    MAX_HOLD_S,
    MEASUREMENT,
    READDRESS,
    SET_IDENTIFY,
    SET_THRESHOLDS,
    SLOW,
    STATUS_BYPASS_ON,
    STATUS_CELL_LOW,
    STATUS_HOT,
    STATUS_IDENTIFYING,
    STATUS_LEASE_EXPIRED,
    STATUS_MEASURING_RESISTANCE,
    THRESHOLDS,
    decode_bypass,
)
from bacs_core.devices.registers import Block
from bacs_core.errors import FrameError
from bacs_core.model import MODULE_TYPES
from bacs_core.simulator.addressing import Chain
from bacs_core.simulator.identity import Nameplate, identity_row
from bacs_core.simulator.served import (
    ILLEGAL_ADDRESS,
    ILLEGAL_VALUE,
    NEVER,
    Environment,
    RegisterTable,
    RequestRefusedError,
    block_row,
    number_or_none,
    order,
)
from bacs_core.simulator.sleeping import Sleep
from bacs_core.simulator.string_view import SimulatedString

#: The bypass is off this long before a hold latches, so that the cell's voltage has settled.
SETTLING_S: Final = 0.016
#: Latched values are served this long; then the module shows live ones again and hold sequence 0.
LATCH_S: Final = 20.0
MAX_SEQUENCE: Final = 255
FIRMWARE_VERSION: Final = 0x0200
SLEEP_AFTER_S: Final = 900.0
TEMPERATURE_HIGH_C: Final = 70.0
#: No cell is equalized below this part of its nominal voltage.
VOLTAGE_LOW_FACTOR: Final = 0.9
#: How much warmer than the cell the electronics get at full bypass.
WARMING_K: Final = 15.0
_NOWHERE: Final[frozenset[int]] = frozenset()
_WAITING: Final = frozenset({ADDRESSING_UNIT})


class Module:
    """One module on one cell of a simulated string.

    `plate`, `warmer_k` (of the electronics), `measuring_resistance` and `sleep` may be changed
    from outside; they take effect at the next broadcast.
    """

    def __init__(
        self,
        unit: int,
        simulated: SimulatedString,
        cell_index: int,
        serial_number: int,
        environment: Environment,
        chain: Chain | None = None,
    ) -> None:
        """Switch the module on: no lease, no bypass. It is wired behind the last of its chain."""
        self.unit = unit
        self.simulated = simulated
        self.cell_index = cell_index
        module_type = simulated.string.module_type
        self.plate = Nameplate(
            KIND_MODULE,
            serial_number,
            FIRMWARE_VERSION,
            MODULE_TYPES[module_type].generation,
            module_type,
            cell_count=1,
        )
        self.warmer_k = 0.0
        self.measuring_resistance = False
        self.sleep = Sleep(SLEEP_AFTER_S)
        self.temperature_high_c = TEMPERATURE_HIGH_C
        self.voltage_low_v = VOLTAGE_LOW_FACTOR * simulated.string.cell_voltage_v
        self._environment = environment
        self._turn = (chain or Chain()).join()
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
        self._hot = False
        self._low = False
        self._blink_end_s = -NEVER
        self._table = RegisterTable(
            (
                identity_row(self.plate, lambda: self.unit),
                block_row(MEASUREMENT, self._measurement),
                block_row(SLOW, self._slow),
                block_row(THRESHOLDS, self._thresholds),
                block_row(IDENTIFY, lambda now: {"blink_s": max(self._blink_end_s - now, 0.0)}),
            )
        )
        self._heard: dict[int, Callable[[bytes, float], None]] = {
            BYPASS.address: self._hear_bypass,
            HOLD.address: self._hear_hold,
            ADDRESSING.address: self._hear_addressing,
        }
        self._obeyed: dict[int, tuple[Block, Callable[[dict[str, float], float], None]]] = {
            SET_THRESHOLDS.address: (SET_THRESHOLDS, self._set_thresholds),
            SET_IDENTIFY.address: (SET_IDENTIFY, self._set_identify),
            ASSIGN.address: (ASSIGN, self._take_address),
            READDRESS.address: (READDRESS, self._take_address),
        }

    @property
    def addresses(self) -> frozenset[int]:
        """Its own address; 247 in its turn of addressing; none before that and asleep."""
        if self.sleep.asleep:
            return _NOWHERE
        if self._turn.is_open:
            if self._turn.has_come:
                return _WAITING
            if self._turn.is_awaited:
                return _NOWHERE
        return frozenset({self.unit})

    @property
    def next_event_s(self) -> float:
        """When the module will next do something by itself."""
        return min(
            self._lease_end_s if self._duty_percent else NEVER,
            self._hold_latch_s,
            self._hold_end_s,
            self._latch_end_s,
            self._turn.end_s,
            self.sleep.next_event_s,
        )

    def act(self, now: float) -> None:
        """Do what is due at `now`: lease, latch, hold, addressing or the waking day may end."""
        if self._duty_percent and now >= self._lease_end_s:
            self._duty_percent = 0.0
            self._lease_expired = True
        if now >= self._hold_latch_s:
            self._latched = self._measure()
            self._look_at_voltage(self._latched[0])
            self._hold_sequence = self._hold_pending
            self._latch_end_s = now + LATCH_S
            self._hold_latch_s = NEVER
        if now >= self._hold_end_s:
            self._hold_end_s = NEVER
            self._hold_latch_s = NEVER
        if now >= self._latch_end_s:
            self._hold_sequence = 0
            self._latch_end_s = NEVER
        if now >= self._turn.end_s:
            self._turn.close()
        if now >= self.sleep.next_event_s:
            self.fall_asleep()
        self._conduct()

    def sense(self, now: float) -> None:
        """Notice activity of the line."""
        if self.sleep.sense(now):
            self._environment.disturb(now)

    def read(self, function: int, address: int, count: int, now: float) -> bytes:
        """Answer a read of registers."""
        self._environment.settle(now)
        return self._table.read(self._present_unit, function, address, count, now)

    def write(self, address: int, payload: bytes, now: float) -> None:
        """Obey an order to this module alone."""
        obeyed = self._obeyed.get(register_address(address))
        if obeyed is None or (obeyed[0] is ASSIGN) != self._turn.has_come:
            raise RequestRefusedError(ILLEGAL_ADDRESS)
        values = order(obeyed[0], self._present_unit, address, payload)
        self._environment.disturb(now)
        obeyed[1]({name: value or 0.0 for name, value in values.items()}, now)
        self._conduct()

    def hear(self, address: int, payload: bytes, now: float) -> None:
        """Obey a broadcast; one that concerns no module, or is spoilt, is ignored."""
        hear = self._heard.get(address)
        if hear is None or self.sleep.asleep:
            return
        self._environment.disturb(now)
        try:
            hear(payload, now)
        except FrameError:
            return
        self._conduct()

    def press_button(self) -> None:
        """Press the button on the module, which says in manual addressing which one is meant."""
        self._turn.button_pressed = True

    def blinks(self, now: float) -> bool:
        """Whether the LED blinks so that somebody finds the module."""
        return now < self._blink_end_s

    def fall_asleep(self) -> None:
        """Sleep: neither hear nor answer until the line was active for a while."""
        self.sleep.fall_asleep()
        self._turn.close()
        self._duty_percent = 0.0
        self._sequence = self._hold_sequence = 0
        self._hold_latch_s = self._hold_end_s = self._latch_end_s = NEVER
        self._conduct()

    @property
    def _present_unit(self) -> int:
        return ADDRESSING_UNIT if self._turn.has_come else self.unit

    def _hear_bypass(self, payload: bytes, now: float) -> None:
        sequence, lease_s, slots = decode_bypass(payload)
        if not 1 <= sequence <= MAX_SEQUENCE or self._turn.is_open:
            return
        steps = slots[self.unit - 1] if self.unit <= len(slots) else 0
        valid = steps <= FULL_DUTY_STEPS and lease_s > 0
        self._duty_percent = steps * DUTY_STEP_PERCENT if valid else 0.0
        self._sequence = sequence
        self._lease_end_s = now + lease_s
        self._lease_expired = False
        if self._duty_percent and not self._hold_sequence:
            self._look_at_voltage(self._measure()[0])

    def _hear_hold(self, payload: bytes, now: float) -> None:
        hold = HOLD.decode(payload, unit=0)
        sequence, duration_s = hold["sequence"], hold["duration_s"]
        if not sequence or sequence > MAX_SEQUENCE or not duration_s:
            return
        self._hold_pending = int(sequence)
        self._hold_end_s = now + min(duration_s, MAX_HOLD_S)
        self._hold_latch_s = now + SETTLING_S

    def _hear_addressing(self, payload: bytes, now: float) -> None:
        values = ADDRESSING.decode(payload, unit=0)
        mode, duration_s = int(values["mode"] or 0), values["duration_s"] or 0.0
        if mode == ADDRESSING_CLOSED:
            self._turn.close()
        elif mode in ADDRESSING_MODES and duration_s > 0:
            self._turn.open(mode, now + min(duration_s, MAX_ADDRESSING_S))
            self._duty_percent = 0.0

    def _take_address(self, values: dict[str, float], _now: float) -> None:
        unit = int(values["unit_address"])
        if values["serial_number"] != self.plate.serial_number or not 1 <= unit <= MAX_MODULE_UNIT:
            raise RequestRefusedError(ILLEGAL_VALUE)
        self.unit = unit
        self._turn.done = self._turn.is_open
        self._duty_percent = 0.0

    def _set_thresholds(self, values: dict[str, float], _now: float) -> None:
        if values["module_temperature_high_c"] > HIGHEST_THRESHOLD_C:
            raise RequestRefusedError(ILLEGAL_VALUE)
        self.temperature_high_c = values["module_temperature_high_c"]
        self.voltage_low_v = values["bypass_voltage_low_v"]
        self.sleep.after_s = values["sleep_after_s"]

    def _set_identify(self, values: dict[str, float], now: float) -> None:
        self._blink_end_s = now + values["blink_s"]

    def _conduct(self) -> None:
        """Let the bypass conduct as ordered, unless the module itself has a reason not to."""
        temperature_c = self._electronics_c()
        release_k = HOT_RELEASE_K if self._hot else 0.0
        self._hot = temperature_c >= self.temperature_high_c - release_k
        holding = self._hold_end_s < NEVER
        kept_off = holding or self.measuring_resistance or self._hot or self._low
        self._conducted_percent = 0.0 if kept_off else self._duty_percent
        self.simulated.set_cell_duty(self.cell_index, self._conducted_percent)

    def _look_at_voltage(self, voltage_v: float | None) -> None:
        self._low = voltage_v is None or voltage_v < self.voltage_low_v

    def _electronics_c(self) -> float:
        cell_c = self.simulated.true_temperature_c(self.cell_index)
        return cell_c + self.warmer_k + WARMING_K * self._conducted_percent / 100

    def _measure(self) -> tuple[float | None, float | None]:
        cell = self.cell_index
        return (
            number_or_none(self.simulated.voltage_v(cell)),
            number_or_none(self.simulated.temperature_c(cell)),
        )

    def _measurement(self, now: float) -> dict[str, float | None]:
        voltage_v, temperature_c = self._latched if self._hold_sequence else self._measure()
        return {
            "unit_address": self.unit,
            "bypass_sequence": self._sequence,
            "voltage_v": voltage_v,
            "temperature_c": temperature_c,
            "duty_percent": self._duty_percent,
            "hold_sequence": self._hold_sequence,
            "status": self._status(now),
        }

    def _status(self, now: float) -> int:
        return (
            STATUS_BYPASS_ON * (self._conducted_percent > 0)
            | STATUS_HOT * self._hot
            | STATUS_LEASE_EXPIRED * self._lease_expired
            | STATUS_MEASURING_RESISTANCE * self.measuring_resistance
            | STATUS_CELL_LOW * self._low
            | STATUS_IDENTIFYING * self.blinks(now)
        )

    def _slow(self, _now: float) -> dict[str, float | None]:
        return {
            "resistance_ohm": number_or_none(self.simulated.resistance_ohm(self.cell_index)),
            "charge_percent": number_or_none(self.simulated.charge_percent(self.cell_index)),
            "module_temperature_c": self._electronics_c(),
        }

    def _thresholds(self, _now: float) -> dict[str, float | None]:
        return {
            "module_temperature_high_c": self.temperature_high_c,
            "bypass_voltage_low_v": self.voltage_low_v,
            "sleep_after_s": self.sleep.after_s,
        }
