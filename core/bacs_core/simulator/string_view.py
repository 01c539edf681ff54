"""One string of the plant, as the devices on its cells and the people around it see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bacs_core.model import Quantity, String
from bacs_core.simulator import measuring
from bacs_core.simulator.charging import Charger
from bacs_core.simulator.sensors import ALL
from bacs_core.simulator.truth import Truth
from bacs_core.snapshot import Floats, Reading, StringReadings

if TYPE_CHECKING:
    from bacs_core.simulator.plant import Plant

#: One cell of a string, from 0, or all of them.
Cells = int | slice


class SimulatedString:
    """A window on one string; everything in it is the plant's. Cells count from 0 here."""

    def __init__(self, plant: Plant, place: int) -> None:
        """Look at the string at `place` of `plant`."""
        self.string: String = plant.rows.strings[place]
        self._plant = plant
        self._place = place
        self._first = int(plant.rows.first_cell[place])
        self._rows = plant.rows.slices[self.string.key]
        self._random = plant.streams[place]

    @property
    def charger(self) -> Charger:
        """The charger of the string."""
        return self._plant.charger(self.string.key)

    @charger.setter
    def charger(self, charger: Charger) -> None:
        self._plant.set_charger(self.string.key, charger)

    @property
    def load_a(self) -> float:
        """The constant current that is drawn."""
        return float(self._plant.load_a[self._place])

    @load_a.setter
    def load_a(self, load_a: float) -> None:
        self._plant.load_a[self._place] = load_a

    @property
    def room_temperature_c(self) -> float:
        """The temperature of the room."""
        return float(self._plant.room_c[self._place])

    @room_temperature_c.setter
    def room_temperature_c(self, room_c: float) -> None:
        self._plant.room_c[self._place] = room_c

    @property
    def duty_percent(self) -> Floats:
        """What the modules are told, per cell."""
        return self._plant.duty_percent[self._rows]

    @duty_percent.setter
    def duty_percent(self, duty_percent: Floats) -> None:
        self._plant.duty_percent[self._rows] = duty_percent

    @property
    def bypass_current_a(self) -> Floats:
        """What flows past each cell now."""
        return self._plant.bypass_a(self._rows)

    def set_cell_duty(self, cell: int, duty_percent: float) -> None:
        """Set the bypass duty of one cell, 0 to 100 percent."""
        self._plant.duty_percent[self._first + cell] = duty_percent

    def true_temperature_c(self, cell: int) -> float:
        """Tell how warm a cell really is."""
        return float(self._plant.state.temperature_c[self._first + cell])

    def voltage_v(self, cells: Cells = ALL, *, held: bool = False) -> Floats:
        """Measure voltages; `held` means with every bypass paused that can be paused."""
        where = self._where(cells)
        return measuring.voltage_v(self._plant, where, self._noise(cells), held=held)

    def temperature_c(self, cells: Cells = ALL) -> Floats:
        """Measure temperatures."""
        return measuring.temperature_c(self._plant, self._where(cells), self._noise(cells))

    def resistance_ohm(self, cells: Cells = ALL) -> Floats:
        """Measure internal resistances."""
        return measuring.resistance_ohm(self._plant, self._where(cells), self._noise(cells))

    def charge_percent(self, cells: Cells = ALL) -> Floats:
        """Estimate states of charge."""
        return measuring.estimated_charge_percent(self._plant, self._where(cells))

    def current_a(self) -> float:
        """Measure the string current, NaN where nothing measures it."""
        noise = self._random.standard_normal(1)[0]
        return float(measuring.current_a(self._plant, self._place, noise))

    @property
    def current_error_a(self) -> float:
        """The stated error of the current sensor."""
        return float(self._plant.sensors.current_error_a[self._place])

    def ac_current_a(self) -> float:
        """Measure the ripple current."""
        noise = self._random.standard_normal(1)[0]
        return float(measuring.ac_current_a(self._plant, self._place, noise))

    def measured_room_c(self) -> float:
        """Measure the temperature of the room."""
        return float(measuring.room_c(self._plant, self._place))

    def readings(self, read_at: float) -> StringReadings:
        """Measure everything at once, as with the bypass paused."""
        values = {
            Quantity.VOLTAGE: self.voltage_v(held=True),
            Quantity.TEMPERATURE: self.temperature_c(),
            Quantity.RESISTANCE: self.resistance_ohm(),
            Quantity.CHARGE: self.charge_percent(),
            Quantity.DUTY: self.duty_percent.copy(),
        }
        return StringReadings(
            columns={
                quantity: measuring.column_of(column, read_at)
                for quantity, column in values.items()
            },
            module_status=np.zeros(self.string.cell_count, np.uint16),
            current_a=_reading(self.current_a(), read_at),
            current_error_a=_known(self.current_error_a),
            ac_current_a=_reading(self.ac_current_a(), read_at),
            room_temperature_c=_reading(self.measured_room_c(), read_at),
        )

    def truth(self) -> Truth:
        """Tell what really is."""
        return self._plant.truth(self.string.key)

    def shift_float_reference(self, cell: int, by_v: float) -> None:
        """Change how far from the others one cell floats."""
        self._plant.defects.shift_float(self._first + cell, by_v)

    def set_resistance(self, cell: int, resistance_ohm: float) -> None:
        """Change the internal resistance of one cell, full and at 25 °C."""
        row = self._first + cell
        built_ohm = float(self._plant.built.resistance_ohm[row])
        self._plant.defects.raise_resistance(row, resistance_ohm / built_ohm)

    def set_surroundings(self, cell: int, warmer_k: float) -> None:
        """Put one cell at a place that is warmer than the room."""
        row = self._first + cell
        built_k = float(self._plant.built.surroundings.warmer_k[row])
        self._plant.defects.warm_place(row, warmer_k - built_k)

    def set_temperature_offset(self, cell: int, offset_k: float) -> None:
        """Let the temperature sensor of one cell be wrong by so much."""
        self._plant.sensors.temperature.offset[self._first + cell] = offset_k

    def set_absent(
        self, cell: int, *, temperature: bool | None = None, voltage: bool | None = None
    ) -> None:
        """Lose a sensor of one cell, or find it again."""
        sensors, row = self._plant.sensors, self._first + cell
        if temperature is not None:
            sensors.temperature.absent[row] = temperature
        if voltage is not None:
            sensors.voltage.absent[row] = voltage

    def stick_bypass(self, cell: int, duty_percent: float | None) -> None:
        """Let the bypass of one cell conduct whatever its module is told; `None` repairs it."""
        value = np.nan if duty_percent is None else duty_percent
        self._plant.stuck_percent[self._first + cell] = value

    def _where(self, cells: Cells) -> int | slice:
        if isinstance(cells, slice):
            assert cells == ALL  # noqa: S101 - one cell or all of them
            return self._rows
        return self._first + cells

    def _noise(self, cells: Cells) -> Floats:
        count = self.string.cell_count if isinstance(cells, slice) else 1
        noise = self._random.standard_normal(count)
        return noise if isinstance(cells, slice) else noise[0]


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _reading(value: float, read_at: float) -> Reading | None:
    return None if np.isnan(value) else Reading(value, read_at)
