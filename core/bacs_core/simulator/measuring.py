"""What the electronics of a plant read at one moment: a frame of all strings at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from bacs_core.frame import Frame, frame_of
from bacs_core.model import Quantity
from bacs_core.simulator.sensors import (
    ALL,
    CHARGE_RESOLUTION_PERCENT,
    CURRENT_RESOLUTION_A,
    RESISTANCE_RESOLUTION_OHM,
    TEMPERATURE_RESOLUTION_C,
    VOLTAGE_RESOLUTION_V,
    Where,
    rounded,
)
from bacs_core.simulator.truth import charge_percent, poles_v
from bacs_core.snapshot import Column, Floats

if TYPE_CHECKING:
    from bacs_core.simulator.plant import Plant

RIPPLE_NOISE: Final = 0.02
#: Noise of a frame per cell (voltage, temperature, resistance) and per string (current, ripple).
NOISES_PER_CELL: Final = 3
NOISES_PER_STRING: Final = 2


def voltage_v(plant: Plant, where: Where, noise: Floats, *, held: bool) -> Floats:
    """Return voltages; `held` means with every bypass paused that can be paused."""
    state, sensors = plant.state, plant.sensors
    if held:
        flowing_a = plant.unpausable_a(where)
        string_a = state.string_current_a[plant.rows.string_of_cell[where]]
        true_v = state.polarisation_v[where] + state.resistance_ohm[where] * (string_a - flowing_a)
    else:
        flowing_a = plant.bypass_a(where)
        passing_v = state.resistance_ohm[where] * state.cell_current_a[where]
        true_v = state.polarisation_v[where] + passing_v
    if plant.has_open_cells:
        poles = poles_v(state, plant.cells, plant.outside_v)
        true_v = np.where(plant.cells.open[where], poles[where], true_v)
    # A bypass current that flows meanwhile falsifies by the drop along the measuring lead.
    true_v = true_v - sensors.tolerances.lead_resistance_ohm * flowing_a
    noise_v = sensors.tolerances.voltage_noise_v * noise
    return sensors.voltage.tell(true_v, noise_v, where, plant.time_s, VOLTAGE_RESOLUTION_V)


def temperature_c(plant: Plant, where: Where, noise: Floats) -> Floats:
    """Return temperatures at the negative poles."""
    sensors = plant.sensors
    noise_k = sensors.tolerances.temperature_noise_k * noise
    true_c = plant.state.temperature_c[where]
    return sensors.temperature.tell(true_c, noise_k, where, plant.time_s, TEMPERATURE_RESOLUTION_C)


def resistance_ohm(plant: Plant, where: Where, noise: Floats) -> Floats:
    """Return internal resistances."""
    sensors = plant.sensors
    true_ohm = plant.state.resistance_ohm[where]
    noise_ohm = true_ohm * sensors.tolerances.resistance_noise * noise
    return sensors.resistance.tell(
        true_ohm, noise_ohm, where, plant.time_s, RESISTANCE_RESOLUTION_OHM
    )


def estimated_charge_percent(plant: Plant, where: Where) -> Floats:
    """Return what the modules take for the state of charge."""
    true = charge_percent(plant.state.charge, plant.cells, where)
    estimate = true - plant.sensors.charge_error_percent[where]
    estimate = np.minimum(np.maximum(estimate, 0), 100)
    return rounded(estimate, CHARGE_RESOLUTION_PERCENT)


def current_a(plant: Plant, where: Where, noise: Floats) -> Floats:
    """Return string currents, by the place of the string; NaN where nothing measures them."""
    sensors = plant.sensors
    return sensors.current.tell(
        plant.state.string_current_a[where],
        sensors.current_noise_a[where] * noise,
        where,
        plant.time_s,
        CURRENT_RESOLUTION_A,
    )


def ac_current_a(plant: Plant, where: Where, noise: Floats) -> Floats:
    """Return ripple currents, which come from the charger and the load behind it."""
    open_now = plant.breaker_open[where]
    ripple_a = np.where(open_now, 0.0, plant.chargers.ripple_a[where])
    return np.where(
        plant.sensors.current.absent[where], np.nan, ripple_a * (1 + RIPPLE_NOISE * noise)
    )


def room_c(plant: Plant, where: Where) -> Floats:
    """Return room temperatures."""
    room = plant.sensors.room
    none = np.zeros_like(plant.room_c[where])
    return room.tell(plant.room_c[where], none, where, plant.time_s, TEMPERATURE_RESOLUTION_C)


def frame_now(plant: Plant, now: float) -> Frame:
    """Measure all strings with every bypass held; read at the unix time `now`.

    What the devices of a string do not give by their nature is not in the frame either.
    """
    rows = plant.rows
    of_cells, of_strings = plant.frame_noise.next()
    values = {
        Quantity.VOLTAGE: voltage_v(plant, ALL, of_cells[0], held=True),
        Quantity.TEMPERATURE: temperature_c(plant, ALL, of_cells[1]),
        Quantity.RESISTANCE: resistance_ohm(plant, ALL, of_cells[2]),
        Quantity.CHARGE: estimated_charge_percent(plant, ALL),
        Quantity.DUTY: plant.duty_percent.copy(),
    }
    for string in rows.strings:
        for quantity in string.absent:
            values[quantity][rows.slices[string.key]] = np.nan
    return frame_of(
        rows,
        now,
        {quantity: column_of(told, now) for quantity, told in values.items()},
        module_status=np.zeros(rows.cell_count, np.uint16),
        current_a=current_a(plant, ALL, of_strings[0]),
        current_error_a=plant.sensors.current_error_a.copy(),
        ac_current_a=ac_current_a(plant, ALL, of_strings[1]),
        room_c=room_c(plant, ALL),
    )


def column_of(values: Floats, read_at: float) -> Column:
    """Return a column of values that were read together; what is NaN has no time either."""
    times = np.where(np.isnan(values), np.nan, read_at)
    values.flags.writeable = False
    times.flags.writeable = False
    return Column(values, times)
