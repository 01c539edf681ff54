"""What is left out where no string needs it changes nothing: each string is as it is alone."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Final

import numpy as np

from bacs_core.equalization import Plan
from bacs_core.estimation import Estimates
from bacs_core.frame import gather
from bacs_core.model import ChargePhase, Manager, Site, String
from bacs_core.rows import Rows, rows_of
from bacs_core.simulator.plant import Plant
from tests.bench._control_plant import START, Rooms, a_site, delivered, living_plant

STRINGS, CELLS, TICKS = 3, 5, 250
STEPS_S: Final = (1.0, 1.0, 5.0, 20.0, 60.0, 900.0)
#: What is the same for the string alone to the last bit but for the order of a sum.
NEARLY: Final = 1e-12
OF_THE_PLAN: Final = (
    "duty_percent",
    "cell_inhibited",
    "limit_percent",
    "exhausted",
    "stuck_on",
    "stuck_off",
    "bled_ah",
)


def disturb(plant: Plant, strings: tuple[String, ...], draw: random.Random) -> None:
    """Let something happen to a string now and then."""
    key, row = draw.choice(strings).key, draw.randrange(STRINGS * CELLS)
    match draw.randrange(40):
        case 0 | 1:
            plant.set_charger(key, on=False)
            plant.set_load_current(key, draw.choice([0.0, 40.0]))
        case 2 | 3 | 4:
            plant.set_charger(key, on=True)
            plant.set_load_current(key, 0.0)
        case 5:
            plant.sensors.voltage.lose(row)
        case 6:
            plant.state.temperature_c[row] += 25.0
        case 7:
            plant.defects.shift_float(row, draw.choice([-0.1, 0.1]))


def alone(site: Site, string: String) -> tuple[Rows, Rooms]:
    rows = rows_of((string,))
    manager = Manager(string.manager_id, "", "engine", (string,))
    return rows, Rooms(Site(site.name, (manager,)), rows, [])


def arrays(told: object, name: str) -> Iterator[tuple[str, np.ndarray]]:
    if isinstance(told, np.ndarray):
        yield name, told
    elif isinstance(told, Mapping):
        for key, each in told.items():
            yield from arrays(each, f"{name} {key}")
    elif is_dataclass(told) and not isinstance(told, type):
        for field in fields(told):
            yield from arrays(getattr(told, field.name), f"{name} {field.name}")


def concluded(estimates: Estimates, plan: Plan) -> dict[str, np.ndarray]:
    found = dict(arrays(estimates, "estimates"))
    return found | {name: getattr(plan, name) for name in OF_THE_PLAN}


def test_a_string_among_others_is_estimated_and_equalized_as_it_is_alone() -> None:
    draw, site = random.Random(5), a_site(STRINGS, CELLS)
    plant = living_plant(site)
    together = Rooms(site, plant.rows, [])
    each_alone = [alone(site, string) for string in site.strings]
    phases: set[int] = set()
    for tick in range(TICKS):
        readings, now = delivered(plant.frame(START)), START + plant.time_s
        frame = gather(plant.rows, readings, now)
        estimates = together.estimate(frame)
        plan = together.equalize(frame, estimates)
        found = concluded(estimates, plan)
        phases |= set(estimates.phase.tolist())
        for place, (rows, rooms) in enumerate(each_alone):
            own_frame = gather(rows, readings, now)
            own = rooms.estimate(own_frame)
            own_plan = rooms.equalize(own_frame, own)
            for name, values in concluded(own, own_plan).items():
                whole = found[name]
                cells = slice(place * CELLS, (place + 1) * CELLS)
                part = whole[cells] if len(whole) == STRINGS * CELLS else whole[[place]]
                assert np.array_equal(part, values, equal_nan=True) or np.allclose(
                    part, values, rtol=NEARLY, atol=NEARLY, equal_nan=True
                ), f"tick {tick}: {name}"
            assert own_plan.state[0] == plan.state[place], tick
        plant.order_duty(plan.duty_percent)
        disturb(plant, site.strings, draw)
        plant.advance(draw.choice(STEPS_S))
    assert phases >= {
        ChargePhase.DISCHARGE,
        ChargePhase.BULK,
        ChargePhase.ABSORPTION,
        ChargePhase.FLOAT,
    }
