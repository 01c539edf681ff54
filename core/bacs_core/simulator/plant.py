"""The simulated plant: strings of cells with charger, load, bypass and sensors, in plant time.

Knows nothing of lines, addresses or leases, so that hours and months can run in process. A command
of this class takes effect at once; nothing moves except by `advance`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bacs_core.model import MODULE_TYPES, Quantity, String
from bacs_core.simulator import cells as model
from bacs_core.simulator.building import PlantOptions, build_cells, floating_state
from bacs_core.simulator.sensors import ALL, Cells, Sensors, changed
from bacs_core.snapshot import Column, Floats, Reading, StringReadings, frozen

#: Longest step of the model; coarser steps stay stable but blur what happens within minutes.
MAX_STEP_S: Final = 60.0
#: A charger is sized for ten hours.
CHARGER_A_PER_AH: Final = 0.1
#: Lead: -3 mV per element and kelvin, where compensation is switched on.
COMPENSATION_V_PER_K: Final = 0.003
RIPPLE_A_PER_AH: Final = 0.008
RIPPLE_NOISE: Final = 0.02
NO_BYPASS_STUCK: Final = math.nan


@dataclass(frozen=True, slots=True)
class Charger:
    """The charger of one string; `voltage_v` is for the whole string at 25 °C."""

    voltage_v: float
    current_limit_a: float
    on: bool = True
    compensated: bool = False


@dataclass(frozen=True, slots=True)
class Truth:
    """What really is in a string, which nobody outside a simulation can see.

    Voltages are at the terminals; `cell_current_a` is the string current less what flows past the
    cell; `discharged_ah` is the charge that was ever drawn from a cell.
    """

    time_s: float
    voltage_v: Floats
    temperature_c: Floats
    resistance_ohm: Floats
    charge_percent: Floats
    capacity_ah: Floats
    bypass_current_a: Floats
    cell_current_a: Floats
    float_current_a: Floats
    through_ah: Floats
    discharged_ah: Floats
    string_current_a: float
    room_temperature_c: float


class SimulatedString:
    """One string of the plant: its cells as built, their state, and what acts on them."""

    def __init__(self, string: String, options: PlantOptions, random: np.random.Generator) -> None:
        """Build the string as it stands after a long float."""
        self.string = string
        self.cells = build_cells(string, options, random)
        self.sensors = Sensors.draw(string.cell_count, options.tolerances, random)
        self.room_temperature_c = options.room_temperature_c
        self.state = floating_state(string, self.cells, options.room_temperature_c)
        self.charger = Charger(
            voltage_v=string.float_voltage_v * string.cell_count,
            current_limit_a=CHARGER_A_PER_AH * string.capacity_ah,
        )
        self.load_a = 0.0
        self.duty_percent: Floats = np.zeros(string.cell_count)
        self.stuck_percent: Floats = np.full(string.cell_count, NO_BYPASS_STUCK)
        module_type = MODULE_TYPES.get(string.module_type)
        # Devices of other makers have no bypass that somebody could order.
        self._full_bypass_a = 0.0 if module_type is None else module_type.bypass_current_a
        self._random = random

    @property
    def bypass_current_a(self) -> Floats:
        """What flows past each cell now; a stuck bypass ignores its duty."""
        duty_percent = np.where(np.isnan(self.stuck_percent), self.duty_percent, self.stuck_percent)
        return duty_percent / 100 * self._full_bypass_a

    def step(self, dt_s: float) -> None:
        """Let `dt_s` of plant time pass in one step of the model."""
        given_a = self.charger.current_limit_a if self.charger.on else 0.0
        warmer_k = self.room_temperature_c - model.REFERENCE_C if self.charger.compensated else 0.0
        elements = self.cells.elements * self.cells.count
        inputs = model.StringInputs(
            bypass_current_a=self.bypass_current_a,
            charger_voltage_v=self.charger.voltage_v - COMPENSATION_V_PER_K * elements * warmer_k,
            least_current_a=-self.load_a,
            most_current_a=given_a - self.load_a,
            room_temperature_c=self.room_temperature_c,
        )
        self.state = model.step(self.state, self.cells, inputs, dt_s)

    def set_cell_duty(self, cell: int, duty_percent: float) -> None:
        """Set the bypass duty of one cell, 0 to 100 percent."""
        self.duty_percent[cell] = duty_percent

    def voltage_v(self, cells: Cells = ALL, *, held: bool = False) -> Floats:
        """Measure voltages; `held` means with every bypass paused that can be paused."""
        true_v = model.terminal_v(self.state, self.cells)
        bypass_a = self.bypass_current_a
        if held:
            unpausable_a = np.where(np.isnan(self.stuck_percent), 0.0, bypass_a)
            true_v = true_v + self.cells.resistance_ohm * (bypass_a - unpausable_a)
            bypass_a = unpausable_a
        return self.sensors.voltage_v(true_v, bypass_a, cells, self._random)

    def temperature_c(self, cells: Cells = ALL) -> Floats:
        """Measure temperatures."""
        return self.sensors.temperature_c(self.state.temperature_c, cells, self._random)

    def resistance_ohm(self, cells: Cells = ALL) -> Floats:
        """Measure internal resistances."""
        return self.sensors.resistance_ohm(self.cells.resistance_ohm, cells, self._random)

    def charge_percent(self, cells: Cells = ALL) -> Floats:
        """Estimate states of charge."""
        return self.sensors.charge_percent(self.state.charge, cells)

    def current_a(self) -> float:
        """Measure the string current."""
        return self.sensors.current_a(self.state.string_current_a, self._random)

    def ac_current_a(self) -> float:
        """Measure the ripple current, which comes from the charger and the load behind it."""
        ripple_a = RIPPLE_A_PER_AH * self.string.capacity_ah if self.charger.on else 0.0
        return ripple_a * float(self._random.normal(1, RIPPLE_NOISE))

    def readings(self, read_at: float) -> StringReadings:
        """Measure everything at once, as with the bypass paused."""
        values = {
            Quantity.VOLTAGE: self.voltage_v(held=True),
            Quantity.TEMPERATURE: self.temperature_c(),
            Quantity.RESISTANCE: self.resistance_ohm(),
            Quantity.CHARGE: self.charge_percent(),
            Quantity.DUTY: self.duty_percent.copy(),
        }
        columns = {
            quantity: Column(
                frozen_floats(column),
                frozen_floats(np.where(np.isnan(column), np.nan, read_at)),
            )
            for quantity, column in values.items()
        }
        return StringReadings(
            columns=columns,
            module_status=np.zeros(self.string.cell_count, np.uint16),
            current_a=Reading(self.current_a(), read_at),
            current_error_a=self.sensors.tolerances.current_error_a,
            ac_current_a=Reading(self.ac_current_a(), read_at),
            room_temperature_c=Reading(self.room_temperature_c, read_at),
        )

    def truth(self, time_s: float) -> Truth:
        """Tell what really is."""
        state = self.state
        return Truth(
            time_s=time_s,
            voltage_v=model.terminal_v(state, self.cells),
            temperature_c=state.temperature_c,
            resistance_ohm=self.cells.resistance_ohm,
            charge_percent=100 * state.charge,
            capacity_ah=self.cells.capacity_ah,
            bypass_current_a=self.bypass_current_a,
            cell_current_a=state.cell_current_a,
            float_current_a=state.float_current_a,
            through_ah=state.through_ah,
            discharged_ah=state.discharged_ah,
            string_current_a=state.string_current_a,
            room_temperature_c=self.room_temperature_c,
        )

    def shift_float_reference(self, cell: int, by_v: float) -> None:
        """Change how far from the others one cell floats."""
        column = self.cells.float_reference_v
        self.cells = replace(
            self.cells, float_reference_v=changed(column, cell, column[cell] + by_v)
        )

    def set_resistance(self, cell: int, resistance_ohm: float) -> None:
        """Change the internal resistance of one cell."""
        column = changed(self.cells.resistance_ohm, cell, resistance_ohm)
        self.cells = replace(self.cells, resistance_ohm=column)

    def set_surroundings(self, cell: int, warmer_k: float) -> None:
        """Put one cell at a place that is warmer than the room."""
        column = changed(self.cells.surroundings_k, cell, warmer_k)
        self.cells = replace(self.cells, surroundings_k=column)

    def stick_bypass(self, cell: int, duty_percent: float | None) -> None:
        """Let the bypass of one cell conduct whatever its module is told; `None` repairs it."""
        value = NO_BYPASS_STUCK if duty_percent is None else duty_percent
        self.stuck_percent = changed(self.stuck_percent, cell, value)


class Plant:
    """All simulated strings of a site. `time_s` is the plant time that has passed."""

    def __init__(self, strings: Iterable[String], options: PlantOptions | None = None) -> None:
        """Build the strings; each has its own random stream, so that one more changes no other."""
        options = options or PlantOptions()
        self.time_s = 0.0
        self.strings = {
            string.key: SimulatedString(
                string, options, np.random.default_rng([options.seed, *string.key.encode()])
            )
            for string in strings
        }

    def advance(self, dt_s: float) -> None:
        """Let `dt_s` seconds of plant time pass, in equal steps of at most a minute."""
        if dt_s <= 0:
            return
        steps = math.ceil(dt_s / MAX_STEP_S)
        for simulated in self.strings.values():
            for _ in range(steps):
                simulated.step(dt_s / steps)
        self.time_s += dt_s

    def set_duty(self, string_key: str, duty_percent: Floats) -> None:
        """Set the bypass duty of all cells of a string, 0 to 100 percent."""
        simulated = self.strings[string_key]
        duty = np.clip(np.asarray(duty_percent, np.float64), 0.0, 100.0)
        simulated.duty_percent = np.broadcast_to(duty, simulated.duty_percent.shape).copy()

    def readings(self, started_at: float = 0.0) -> dict[str, StringReadings]:
        """Measure all strings; read at plant time, counted from the unix time `started_at`."""
        read_at = started_at + self.time_s
        return {key: simulated.readings(read_at) for key, simulated in self.strings.items()}

    def truth(self, string_key: str) -> Truth:
        """Tell what really is in a string."""
        return self.strings[string_key].truth(self.time_s)


def frozen_floats(column: Floats) -> Floats:
    """Return `column`, read-only."""
    frozen(column)
    return column
