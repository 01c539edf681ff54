"""The simulated plant: strings of cells with charger, load, bypass and sensors, in plant time.

All strings are one state in rows and are solved together, so that many plants are just many
strings. Knows nothing of lines, addresses or leases, so that hours and months can run in process. A
command of this class takes effect at once; nothing moves except by `advance`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import numpy as np

from bacs_core.frame import Frame
from bacs_core.model import MODULE_TYPES, String
from bacs_core.rows import rows_of
from bacs_core.simulator import cells as model, measuring
from bacs_core.simulator.ageing import AGEING_STEP_S, Wear, aged, with_wear
from bacs_core.simulator.building import (
    PlantOptions,
    build_ageing,
    build_cells,
    floating_state,
    random_streams,
)
from bacs_core.simulator.charging import (
    Boosting,
    Charger,
    Chargers,
    boosting_after,
    chargers_of,
    set_voltage_v,
    usual_charger,
)
from bacs_core.simulator.defects import Defects, critical_float_a, with_defects
from bacs_core.simulator.noise import FrameNoise
from bacs_core.simulator.sensors import ALL, CurrentSensing, Sensors, Where
from bacs_core.simulator.string_view import SimulatedString
from bacs_core.simulator.truth import PlantTruth, Truth, charge_percent, poles_v
from bacs_core.snapshot import Flags, Floats, StringReadings

NO_BYPASS_STUCK: Final = math.nan
#: A load of constant power gives up asking for more current below this share of the float voltage.
POWER_END_SHARE: Final = 0.6


class Plant:
    """All simulated strings of a site. `time_s` is the plant time that has passed.

    `defects` and `sensors` are for breaking things, by row (`row` tells which). Arrays that are
    given out are not changed later; those that are attributes are.
    """

    def __init__(self, strings: Iterable[String], options: PlantOptions | None = None) -> None:
        """Build the strings as they stand after a long float."""
        self.options = options or PlantOptions()
        self.rows = rows_of(tuple(strings))
        self.time_s = 0.0
        rows = self.rows
        self.streams = random_streams(rows.strings, self.options)
        self.built = build_cells(rows, self.options, self.streams)
        self.sensors = Sensors.draw(rows, self.options.tolerances, self.streams)
        self.frame_noise = FrameNoise(
            rows, self.streams, measuring.NOISES_PER_CELL, measuring.NOISES_PER_STRING
        )
        self.cells = self.built
        self.has_open_cells = False
        self.defects = Defects.none(rows.cell_count)
        self.state = floating_state(self.built, self.options.room_temperature_c)
        self.wear = Wear.none(rows.cell_count)
        self._ageing = build_ageing(rows, self.options)
        self._aged_s = 0.0
        self._aged_ah = self.state.overcharge_ah
        self.room_c: Floats = np.full(rows.string_count, self.options.room_temperature_c)
        self.load_a: Floats = np.zeros(rows.string_count)
        self.load_power_w: Floats = np.zeros(rows.string_count)
        self.breaker_open: Flags = np.zeros(rows.string_count, np.bool_)
        self.duty_percent: Floats = np.zeros(rows.cell_count)
        self.stuck_percent: Floats = np.full(rows.cell_count, NO_BYPASS_STUCK)
        types = [MODULE_TYPES.get(string.module_type) for string in rows.strings]
        # Devices of other makers have no bypass that somebody could order.
        full_a = [0.0 if kind is None else kind.bypass_current_a for kind in types]
        self._bypass_a_per_percent = rows.spread(np.array(full_a, np.float64)) / 100
        self._cell_float_v = rows.spread(rows.of_strings(lambda string: string.float_voltage_v))
        self._float_v = rows.total(self._cell_float_v)
        self._chargers = [
            usual_charger(string.float_voltage_v * string.cell_count, string.capacity_ah)
            for string in rows.strings
        ]
        self._charger_columns = self._columns()
        never = np.zeros(rows.string_count)
        self.boosting = Boosting(never > 0, never)
        self._place = {string.key: place for place, string in enumerate(rows.strings)}
        self.strings = {
            string.key: SimulatedString(self, place) for place, string in enumerate(rows.strings)
        }

    def advance(self, dt_s: float) -> None:
        """Let `dt_s` seconds of plant time pass, in equal steps of at most `max_step_s`."""
        if dt_s <= 0:
            return
        steps = math.ceil(dt_s / self.options.max_step_s)
        for _ in range(steps):
            self._step(dt_s / steps)

    def _step(self, dt_s: float) -> None:
        if self.defects.changed:
            self._take_notice()
        connected = ~self.carries_nothing
        given_a = self._charger_columns.current_limit_a
        inputs = model.StringInputs(
            bypass_current_a=self.bypass_a(),
            charger_voltage_v=self.charger_voltage_v,
            least_current_a=np.where(connected, -self.load_a, 0.0),
            most_current_a=np.where(connected, given_a - self.load_a, 0.0),
            load_power_w=np.where(connected, self.load_power_w, 0.0),
            power_end_v=POWER_END_SHARE * self._float_v,
            room_temperature_c=self.room_c,
        )
        self.state = model.step(self.state, self.cells, inputs, dt_s)
        self.boosting = boosting_after(
            self._charger_columns,
            self.boosting,
            self.state.string_current_a,
            inputs.most_current_a,
            dt_s,
        )
        self.time_s += dt_s
        if self.time_s - self._aged_s >= AGEING_STEP_S and self.options.ageing > 0:
            self._age()

    def _age(self) -> None:
        overcharge_ah = self.state.overcharge_ah - self._aged_ah
        passed_s = self.time_s - self._aged_s
        self.wear = aged(self.wear, self._ageing, self.state, overcharge_ah, passed_s)
        self._aged_s, self._aged_ah = self.time_s, self.state.overcharge_ah
        self._take_notice()

    @property
    def chargers(self) -> Chargers:
        """All chargers, one place per string."""
        return self._charger_columns

    @property
    def charger_voltage_v(self) -> Floats:
        """What each charger holds its string at now."""
        return set_voltage_v(self._charger_columns, self.boosting, self.room_c, self.time_s)

    @property
    def carries_nothing(self) -> Flags:
        """The strings that are interrupted, by their breaker or inside a cell."""
        if not self.has_open_cells:
            return self.breaker_open
        return self.breaker_open | self.rows.any(self.cells.open)

    def bypass_a(self, where: Where = ALL) -> Floats:
        """Return what flows past cells now; a stuck bypass ignores its duty."""
        stuck = self.stuck_percent[where]
        duty_percent = np.where(np.isnan(stuck), self.duty_percent[where], stuck)
        return duty_percent * self._bypass_a_per_percent[where]

    def unpausable_a(self, where: Where = ALL) -> Floats:
        """Return what flows past cells while every bypass is told to hold."""
        stuck = self.stuck_percent[where]
        return np.where(np.isnan(stuck), 0.0, stuck) * self._bypass_a_per_percent[where]

    def place(self, string_key: str) -> int:
        """Return the place of a string, counted from 0."""
        return self._place[string_key]

    def row(self, string_key: str, cell_index: int) -> int:
        """Return the row of a cell; `cell_index` counts from 0 in its string."""
        return int(self.rows.first_cell[self._place[string_key]]) + cell_index

    def order_duty(self, duty_percent: Floats) -> None:
        """Tell all modules their bypass duty, in rows, 0 to 100 percent."""
        self.duty_percent = np.minimum(np.maximum(duty_percent, 0.0), 100.0)

    def set_duty(self, string_key: str, duty_percent: Floats) -> None:
        """Set the bypass duty of all cells of a string, 0 to 100 percent."""
        self.duty_percent[self.rows.slices[string_key]] = np.clip(duty_percent, 0.0, 100.0)

    def charger(self, string_key: str) -> Charger:
        """Return the charger of a string."""
        return self._chargers[self._place[string_key]]

    def set_charger(
        self, string_key: str | None, charger: Charger | None = None, **changes: float | bool | None
    ) -> None:
        """Put another charger on a string, or change the one that is there; `None`: on all."""
        keys = list(self._place) if string_key is None else [string_key]
        for key in keys:
            place = self._place[key]
            there = charger or self._chargers[place]
            self._chargers[place] = replace(there, **changes)  # type: ignore[arg-type]
        self._charger_columns = self._columns()

    def set_load_current(self, string_key: str | None, load_a: float) -> None:
        """Draw a constant current on a string (`None`: on all), in ampere."""
        self.load_a[self._places(string_key)] = load_a

    def set_load_power(self, string_key: str | None, load_w: float) -> None:
        """Draw a constant power on a string (`None`: on all), in watt, beside the current."""
        self.load_power_w[self._places(string_key)] = load_w

    def set_room_c(self, string_key: str | None, room_c: float) -> None:
        """Set the temperature of the room around a string (`None`: around all)."""
        self.room_c[self._places(string_key)] = room_c

    def open_breaker(self, string_key: str, *, is_open: bool = True) -> None:
        """Open or close the breaker of a string; neither charger nor load is there while open."""
        self.breaker_open[self._place[string_key]] = is_open

    def sense_current(self, string_key: str | None, sensing: CurrentSensing) -> None:
        """Put another current sensor on a string (`None`: on all)."""
        self.sensors.sense_current(self._places(string_key), sensing)

    def run_away(self, string_key: str | None, times_critical: float) -> None:
        """Let the cells of a string take so many times the float current that is just stable.

        Each cell takes it at 25 °C and the float voltage; see `defects.critical_float_a`.
        """
        where = slice(None) if string_key is None else self.rows.slices[string_key]
        wanted_a = times_critical * critical_float_a(self._now(), self._cell_float_v)
        self.defects.float_factor[where] = (wanted_a / self.built.float_a)[where]
        self.defects.changed = True

    def run_away_inside(self, where: Where, times_critical: float) -> None:
        """Let single cells heat themselves by a path inside that conducts more when warm.

        Cells in series have one current, so one cell cannot run away by its float current. At 25 °C
        and its float voltage the path takes so many times the current that is just stable.
        """
        float_v = self._cell_float_v
        wanted_s = times_critical * critical_float_a(self._now(), float_v) / float_v
        self.defects.leak_s[where] = wanted_s[where]
        self.defects.changed = True

    def renew(self, where: Where) -> None:
        """Exchange cells for new full ones."""
        self.defects.repair(where)
        self.wear = self.wear.renewed(where)
        charge, available = self.state.charge.copy(), self.state.available.copy()
        charge[where] = available[where] = 1.0
        polarisation_v = self.state.polarisation_v.copy()
        polarisation_v[where] = self.built.float_reference_v[where]
        self.state = replace(
            self.state, charge=charge, available=available, polarisation_v=polarisation_v
        )

    def frame(self, started_at: float = 0.0) -> Frame:
        """Measure everything at once, with every bypass held; `started_at` is plant time 0."""
        return measuring.frame_now(self, started_at + self.time_s)

    def readings(self, started_at: float = 0.0) -> dict[str, StringReadings]:
        """Measure all strings; read at plant time, counted from the unix time `started_at`."""
        read_at = started_at + self.time_s
        return {key: simulated.readings(read_at) for key, simulated in self.strings.items()}

    def truth(self, string_key: str) -> Truth:
        """Tell what really is in a string."""
        return self.truth_rows().string(self._place[string_key])

    def truth_rows(self) -> PlantTruth:
        """Tell what really is in all strings."""
        state, cells = self.state, self.cells
        voltage_v = model.terminal_v(state)
        if self.has_open_cells:
            voltage_v = poles_v(state, cells, self.outside_v)
        return PlantTruth(
            rows=self.rows,
            time_s=self.time_s,
            voltage_v=voltage_v,
            polarisation_v=state.polarisation_v,
            temperature_c=state.temperature_c,
            resistance_ohm=state.resistance_ohm,
            charge_percent=charge_percent(state.charge, cells),
            capacity_ah=cells.capacity_ah,
            bypass_current_a=self.bypass_a(),
            cell_current_a=state.cell_current_a,
            float_current_a=state.float_current_a,
            through_ah=state.through_ah,
            discharged_ah=state.discharged_ah,
            overcharge_ah=state.overcharge_ah,
            string_current_a=state.string_current_a,
            string_voltage_v=self.rows.total(voltage_v),
            room_temperature_c=self.room_c.copy(),
            charger_voltage_v=self.charger_voltage_v,
            boosting=self.boosting.active,
            breaker_open=self.breaker_open.copy(),
        )

    @property
    def outside_v(self) -> Floats:
        """What stands at the ends of each string from outside; it matters where a cell is open."""
        sum_v = self.rows.total(model.terminal_v(self.state))
        loaded = (self.load_a > 0) | (self.load_power_w > 0)
        charged = self._charger_columns.current_limit_a > 0
        bus_v = np.where(charged, self.charger_voltage_v, np.where(loaded, 0.0, sum_v))
        return np.where(self.breaker_open, sum_v, bus_v)

    def _take_notice(self) -> None:
        """Bring the cells up to what their defects and their age say."""
        self.defects.changed = False
        self.cells = self._now()
        self.has_open_cells = bool(self.cells.open.any())

    def _now(self) -> model.CellParameters:
        wear = replace(self.wear, water_lost=self.wear.water_lost + self.defects.water_lost)
        return with_wear(with_defects(self.built, self.defects), wear)

    def _places(self, string_key: str | None) -> int | slice:
        return slice(None) if string_key is None else self._place[string_key]

    def _columns(self) -> Chargers:
        elements = self.rows.total(self.built.elements)
        return chargers_of(self.rows, elements, self._chargers)
