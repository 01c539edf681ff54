"""The peer of `./dev bench control` on plain objects concludes the same as the battery rooms.

Two strings live through an hour and a half: one in float with a cell that runs away, a low one, a
silent module and a lost temperature; one that is discharged for a quarter of an hour and charged
again. At every tick duties, limits, phases, stages, charges and alarms are compared. Not compared
is what the peer leaves out, as its own page says: proofs of a charge by voltage under load or at
rest, what is learned over a day, findings of hours of bypass, breakers, and the watch for overdue
recharges. So the discharge is shorter than half an hour, and the end is before that watch begins.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from bacs_core.model import AlarmState, Quantity, RunawayStage
from bacs_core.simulator.plant import Plant
from bacs_core.snapshot import Floats
from tests.bench._control_plant import (
    START,
    Concluded,
    Rooms,
    a_site,
    alarm_states,
    delivered,
    living_plant,
)
from tests.bench._plain_alarms import RAISED
from tests.bench._plain_cells import PlainCell, PlainPlant

TICK_S: Final = 20.0
HOUR_TICKS: Final = 180
DISCHARGED: Final = range(HOUR_TICKS + 5, HOUR_TICKS + 50)
END: Final = HOUR_TICKS + 100
ONE_STEP_PERCENT: Final = 1e-6


def load(plant: Plant, *, on: bool) -> None:
    key = plant.rows.strings[1].key
    plant.set_charger(key, on=not on)
    plant.set_load_current(key, 40.0 if on else 0.0)


def of_cells(peer: PlainPlant, name: str) -> Floats:
    cells: list[PlainCell] = [cell for string in peer.strings for cell in string.cells]
    return np.array([getattr(cell, name) for cell in cells], np.float64)


def assert_same(peer: PlainPlant, rooms: Concluded, tick: int) -> None:
    plan, estimates, verdict = rooms.plan, rooms.estimates, rooms.verdict

    def near(ours: object, rooms: Floats) -> None:
        np.testing.assert_allclose(
            np.asarray(ours, np.float64), rooms, atol=ONE_STEP_PERCENT, err_msg=f"tick {tick}"
        )

    phases = [string.counter.phase for string in peer.strings]
    np.testing.assert_array_equal(phases, estimates.phase, f"tick {tick}")
    near(of_cells(peer, "sent_percent"), plan.duty_percent)
    limits = [string.law.limit_percent for string in peer.strings]
    near(limits, plan.limit_percent)
    near(of_cells(peer, "told_percent"), estimates.charge.value)
    np.testing.assert_array_equal(of_cells(peer, "stage"), verdict.stage, f"tick {tick}")
    near(of_cells(peer, "ratio"), verdict.current_ratio)
    told = alarm_states(rooms.book)
    raised = {key for key, state in told.items() if state == AlarmState.UNACKNOWLEDGED}
    peers = peer.watches.states()
    assert {key for key, state in peers.items() if state == RAISED} == raised, tick
    assert set(peers) == set(told), tick


def test_plain_objects_conclude_the_same_as_the_rooms_over_a_short_timeline() -> None:
    site = a_site(2, 12)
    plant = living_plant(site)
    load(plant, on=False)
    frame = plant.frame(START)
    rooms = Rooms(site, plant.rows, [])
    peer = PlainPlant(site, frame)
    seen: set[str] = set()
    phases: set[int] = set()
    for tick in range(END):
        load(plant, on=tick in DISCHARGED)
        frame = plant.frame(START)
        told = rooms.tick(frame)
        peer.read(delivered(frame))
        peer.tick(frame.now)
        assert_same(peer, told, tick)
        seen |= {rule for rule, _, _ in alarm_states(told.book)}
        phases |= set(told.estimates.phase.tolist())
        plant.order_duty(told.plan.duty_percent)
        plant.advance(TICK_S)
    assert told.verdict.stage.max() >= RunawayStage.ALARM
    assert told.plan.duty_percent.max() > 0
    assert np.isfinite(frame.known(Quantity.VOLTAGE)).sum() == plant.rows.cell_count - 1
    assert seen >= {"module_silent", "on_battery", "runaway_alarm", "temperature_missing"}
    assert len(phases) > 2
