"""Many simulated strings in one plant, equalized for hours of plant time, judged on what is true.

The polarisation capacitance of real cells is known to a factor of five at best, and so are float
current and spread: what holds for one set of figures must hold for its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np

from bacs_core import equalization, estimation
from bacs_core.equalization import Plan
from bacs_core.frame import Frame
from bacs_core.model import Quantity, String
from bacs_core.simulator.building import PlantOptions, SpreadShape, floating_state
from bacs_core.simulator.cells import CellParameters, CellState
from bacs_core.simulator.plant import Plant
from bacs_core.simulator.sensors import Tolerances
from bacs_core.snapshot import Flags, Floats
from tests.core.equalization.build import START, a_string

TICK_S = 60.0
HOUR_S = 3600.0
GOAL_V = 0.010
#: A clamp on the string cable with ±0.5 A cannot see 0.2 A of float current; a float probe can.
CLAMP_A = 0.5
PROBE_A = 0.005
TABLE_MA_PER_AH = 0.4
TABLE_F_PER_AH = 100.0

CELLS = a_string(24)
BLOCKS = a_string(20, cell_voltage_v=12.0, capacity_ah=100.0, module_type="C24")

Disturb = Callable[[Plant, str, float], bool]
"""Does something to the string of a key after so many hours; tells whether it is in trouble now."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A string, how far apart its cells float, and what its cells and sensors are like."""

    name: str
    string: String = CELLS
    spread_v: float = 0.05
    shape: SpreadShape = SpreadShape.LINEAR
    one_low_v: float = 0.0
    """One cell alone floats so much lower than all others, which are alike."""
    capacitance_f_per_ah: float = 100.0
    float_ma_per_ah: float = 0.4
    current_error_a: float = CLAMP_A
    room_c: float = 25.0
    disturb: Disturb | None = None

    def deviations_v(self, random: np.random.Generator) -> Floats:
        """How far from the mean each cell floats."""
        count = self.string.cell_count
        if self.one_low_v:
            shape = np.zeros(count)
            shape[count // 2] = -1.0
        elif self.shape is SpreadShape.LINEAR:
            shape = np.linspace(-1, 1, count)
        else:
            shape = random.uniform(-1, 1, count)
        deviations_v: Floats = (shape - shape.mean()) * (self.one_low_v or self.spread_v)
        return deviations_v


@dataclass
class Course:
    """What happened to one string. Drawn charge is what the true current took out of a cell."""

    case: Case
    measured_v: list[float] = field(default_factory=list)
    """Largest distance of a measured voltage from the target, per tick."""
    true_v: list[float] = field(default_factory=list)
    sent_percent: list[float] = field(default_factory=list)
    """Highest duty per tick."""
    exhausted: list[bool] = field(default_factory=list)
    stuck_on: list[Flags] = field(default_factory=list)
    stuck_off: list[Flags] = field(default_factory=list)
    least_current_a: float = np.inf
    drawn_share: float = 0.0

    @property
    def settled_after_h(self) -> float:
        """Hours until all measured voltages were within the goal for good."""
        outside = [tick for tick, worst_v in enumerate(self.measured_v) if worst_v > GOAL_V]
        return (outside[-1] + 1) * TICK_S / HOUR_S if outside else 0.0

    @property
    def settled(self) -> bool:
        """Whether they were before the end."""
        return self.measured_v[-1] <= GOAL_V

    def first_h(self, told: Sequence[bool]) -> float:
        """Hours until something was told for the first time."""
        return told.index(True) * TICK_S / HOUR_S if True in told else np.inf

    def line(self) -> str:
        """One line of the table of figures."""
        hours = f"{self.settled_after_h:5.1f} h" if self.settled else "  never"
        return (
            f"{self.case.name:44s} {hours}  true spread {1000 * self.true_v[-1]:5.1f} mV  "
            f"drawn {100 * self.drawn_share:.3f} %  duty {self.sent_percent[-1]:3.0f} %  "
            f"exhausted {self.first_h(self.exhausted):.1f} h"
        )


def run(cases: Sequence[Case], hours: float) -> dict[str, Course]:
    """Let all strings run together; what flows while a string is in trouble is not counted."""
    own = [replace(case.string, number=number) for number, case in enumerate(cases, 1)]
    plant = floating(cases, own)
    rows = plant.rows
    courses = [Course(case) for case in cases]
    known = estimation.initial(rows)
    memory = equalization.initial(rows)
    orders = equalization.orders_of(rows)
    estimating = estimation.Tuning(longest_step_s=TICK_S)
    tuning = equalization.Tuning(longest_step_s=TICK_S)
    ledger = _Ledger(plant)
    for tick in range(round(hours * HOUR_S / TICK_S)):
        troubled = np.array(
            [
                case.disturb is not None and case.disturb(plant, string.key, tick * TICK_S / HOUR_S)
                for case, string in zip(cases, own, strict=True)
            ]
        )
        frame = plant.frame(START)
        estimates, known = estimation.estimate(frame, known, estimating)
        latest = equalization.plan(frame, estimates, memory, orders, tuning)
        memory = latest.memory
        plant.order_duty(latest.duty_percent)
        plant.advance(TICK_S)
        ledger.count(plant, troubled)
        _note(courses, plant, frame, latest)
    ledger.close(courses, plant)
    return {course.case.name: course for course in courses}


def floating(cases: Sequence[Case], own: Sequence[String]) -> Plant:
    """Build the plant as it stands after a long float."""
    tolerances = Tolerances(voltage_gain=0.0, voltage_noise_v=0.001)
    plant = Plant(own, PlantOptions(seed=7, spread_v=0.0, tolerances=tolerances))
    rows, built = plant.rows, plant.built
    random = np.random.default_rng(7)

    def of_cases(value: Callable[[Case], float]) -> Floats:
        return np.array([value(case) for case in cases])

    capacitance = rows.spread(of_cases(lambda case: case.capacitance_f_per_ah / TABLE_F_PER_AH))
    current = rows.spread(of_cases(lambda case: case.float_ma_per_ah / TABLE_MA_PER_AH))
    deviation_v = np.concatenate([case.deviations_v(random) for case in cases])
    plant.built = replace(
        built,
        float_reference_v=built.float_reference_v + deviation_v,
        polarisation_f=built.polarisation_f * capacitance,
        float_a=built.float_a * current,
    )
    plant.defects.changed = True
    plant.room_c = of_cases(lambda case: case.room_c)
    plant.state = _settled(plant.built, plant.room_c)
    error_a = of_cases(lambda case: case.current_error_a)
    plant.sensors.current_error_a = error_a
    plant.sensors.current_noise_a = error_a / 10
    plant.sensors.current.offset = plant.sensors.current_share * error_a
    return plant


def _settled(cells: CellParameters, room_c: Floats) -> CellState:
    """Return every string after a long float in its own room."""
    states = {float(warm_c): floating_state(cells, float(warm_c)) for warm_c in np.unique(room_c)}
    state = next(iter(states.values()))
    spread = cells.rows.spread(room_c)
    columns = {}
    for column in fields(state):
        there = room_c if len(getattr(state, column.name)) == len(room_c) else spread
        own = [getattr(states[warm_c], column.name) for warm_c in states]
        columns[column.name] = np.select([there == warm_c for warm_c in states], own)
    return replace(state, **columns)


class _Ledger:
    """What the true current took out of each cell, at worst since any moment before."""

    def __init__(self, plant: Plant) -> None:
        self._through_ah = plant.truth_rows().through_ah
        self._net_ah = np.zeros(plant.rows.cell_count)
        self._highest_ah = np.zeros(plant.rows.cell_count)
        self._drawn_ah = np.zeros(plant.rows.cell_count)
        self._least_a = np.full(plant.rows.cell_count, np.inf)

    def count(self, plant: Plant, troubled: Flags) -> None:
        truth = plant.truth_rows()
        counts = ~plant.rows.spread(troubled)
        self._net_ah = self._net_ah + np.where(counts, truth.through_ah - self._through_ah, 0.0)
        self._highest_ah = np.maximum(self._highest_ah, self._net_ah)
        self._drawn_ah = np.maximum(self._drawn_ah, self._highest_ah - self._net_ah)
        current_a = np.where(counts, truth.cell_current_a, np.inf)
        self._least_a = np.minimum(self._least_a, current_a)
        self._through_ah = truth.through_ah

    def close(self, courses: Sequence[Course], plant: Plant) -> None:
        for course, string in zip(courses, plant.rows.strings, strict=True):
            cells = plant.rows.slices[string.key]
            course.drawn_share = float(self._drawn_ah[cells].max()) / string.capacity_ah
            course.least_current_a = float(self._least_a[cells].min())


def _note(courses: Sequence[Course], plant: Plant, frame: Frame, latest: Plan) -> None:
    rows = plant.rows
    everywhere = np.ones(rows.cell_count, np.bool_)
    measured_v = frame.columns[Quantity.VOLTAGE].values
    true_v = plant.truth_rows().voltage_v
    measured = rows.most(np.abs(measured_v - rows.spread(frame.target_v)), frame.trusted)
    true = rows.most(np.abs(true_v - rows.spread(rows.mean(true_v, everywhere))), everywhere)
    sent = rows.most(latest.duty_percent, everywhere)
    exhausted = rows.any(latest.exhausted)
    for place, course in enumerate(courses):
        cells = rows.slices[rows.strings[place].key]
        course.measured_v.append(float(measured[place]))
        course.true_v.append(float(true[place]))
        course.sent_percent.append(float(sent[place]))
        course.exhausted.append(bool(exhausted[place]))
        course.stuck_on.append(latest.stuck_on[cells])
        course.stuck_off.append(latest.stuck_off[cells])
