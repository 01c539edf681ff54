"""The tick: what goes in as readings comes out as snapshot, duty, alarms and marks."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from bacs_core.clock import SteadyClock
from bacs_core.engine import ALARMS_MEMORY, Engine
from bacs_core.history.store import History
from bacs_core.model import CellStatus, EqualizationState, Inhibit, Quantity, Site
from bacs_core.polling.wiring import wire
from bacs_core.recorder import Recorder
from bacs_core.settings import Settings
from tests.core.plant import (
    CELLS,
    FLOAT_V,
    KEY,
    START,
    HandDriven,
    hand_driven,
    ordered_duty,
    waiting_commands,
)

EVEN = [FLOAT_V] * CELLS
ONE_HIGH = [FLOAT_V + 0.04, *[FLOAT_V] * (CELLS - 1)]


@pytest.fixture
async def plant(tmp_path: Path) -> HandDriven:
    return hand_driven(tmp_path)


async def test_a_snapshot_holds_the_values_with_their_own_times(plant: HandDriven) -> None:
    plant.run(3, EVEN)
    first = plant.engine.board.latest
    plant.run(2, None)
    tick = plant.engine.board.latest
    assert first is not None
    assert tick is not None
    column = tick.snapshot.strings[KEY].readings.columns[Quantity.VOLTAGE]
    assert column.values.tolist() == EVEN
    assert set(column.read_at) == {START + 3}
    assert tick.snapshot.at.timestamp() == START + 5
    assert tick.snapshot.sequence == first.snapshot.sequence + 2


async def test_a_published_snapshot_cannot_be_changed(plant: HandDriven) -> None:
    plant.run(1, EVEN)
    assert plant.engine.board.latest is not None
    string = plant.engine.board.latest.snapshot.strings[KEY]
    for array in (string.readings.columns[Quantity.VOLTAGE].values, string.status):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


async def test_the_high_cell_and_no_other_is_bypassed(plant: HandDriven) -> None:
    plant.run(600, ONE_HIGH)
    duty = ordered_duty(plant)
    assert duty[1] > 0
    assert all(duty[unit] == 0 for unit in range(2, CELLS + 1))
    assert plant.engine.board.latest is not None
    summary = plant.engine.board.latest.snapshot.strings[KEY].equalization
    assert summary.state is EqualizationState.ACTIVE


async def test_without_readings_all_bypass_is_ordered_off(plant: HandDriven) -> None:
    plant.run(600, ONE_HIGH)
    plant.run(30, None)
    assert set(ordered_duty(plant).values()) == {0}
    assert plant.engine.board.latest is not None
    string = plant.engine.board.latest.snapshot.strings[KEY]
    assert Inhibit.STALE_READING in string.equalization.inhibited_by
    assert set(string.status) == {CellStatus.SILENT}
    assert string.summary.sum_voltage_v is None


async def test_mixed_generations_on_a_line_order_all_bypass_off_and_are_named(
    plant: HandDriven,
) -> None:
    plant.run(600, ONE_HIGH)
    modules = plant.wiring.modules[KEY]
    for module in modules:
        module.identity.hardware_generation = 4
    modules[3].identity.hardware_generation = 3
    plant.run(1, ONE_HIGH)
    assert set(ordered_duty(plant).values()) == {0}
    assert plant.engine.board.latest is not None
    summary = plant.engine.board.latest.snapshot.strings[KEY].equalization
    assert summary.inhibited_by == (Inhibit.MIXED_GENERATIONS,)
    modules[3].identity.hardware_generation = 4
    plant.run(1, ONE_HIGH)
    assert ordered_duty(plant)[1] > 0


async def test_a_pause_orders_all_bypass_off_and_ends_by_itself(plant: HandDriven) -> None:
    plant.run(600, ONE_HIGH)
    wishes = plant.engine.control.wishes
    plant.engine.control.wishes = wishes.paused(KEY, [], plant.now + 60)
    plant.run(10, ONE_HIGH)
    assert set(ordered_duty(plant).values()) == {0}
    plant.run(60, ONE_HIGH)
    assert ordered_duty(plant)[1] > 0


async def test_a_hot_string_marks_its_cells_and_raises_alarms_that_stand_in_the_history(
    plant: HandDriven,
) -> None:
    plant.run(120, EVEN, temperature_c=52.0)
    tick = plant.engine.board.latest
    assert tick is not None
    assert set(tick.snapshot.strings[KEY].status) == {CellStatus.ALARM}
    critical = [alarm for alarm in tick.alarms if alarm.rule == "cell_temperature_critical"]
    assert {alarm.cell for alarm in critical} == set(range(1, CELLS + 1))
    await plant.recorder.write()
    events = await plant.recorder.call(lambda history: history.events())
    told = {event.event.data["alarm_id"] for event in events}
    assert told >= {alarm.id for alarm in critical}


async def test_acknowledging_is_published_at_once_and_changes_no_mark(plant: HandDriven) -> None:
    plant.run(120, EVEN, temperature_c=52.0)
    before = plant.engine.board.latest
    events = plant.engine.acknowledge(None, "miller")
    after = plant.engine.board.latest
    assert before is not None
    assert after is not None
    assert {alarm.acknowledged_by for alarm in after.alarms} == {"miller"}
    assert {event.by for event in events} == {"miller"}
    marks = after.snapshot.strings[KEY].status
    assert np.array_equal(marks, before.snapshot.strings[KEY].status)


async def test_alarms_and_who_acknowledged_them_outlive_a_restart(
    plant: HandDriven, tmp_path: Path
) -> None:
    plant.run(120, EVEN, temperature_c=52.0)
    plant.engine.acknowledge(None, "miller")
    before = plant.engine.board.latest
    await plant.recorder.close()
    again = hand_driven(tmp_path)
    kept = await again.recorder.call(lambda history: history.get_setting(ALARMS_MEMORY))
    again.engine.restore({ALARMS_MEMORY: kept})
    again.now = plant.now
    again.run(1, None)
    after = again.engine.board.latest
    assert before is not None
    assert after is not None
    assert before.alarms
    assert after.alarms == before.alarms


async def test_a_module_that_has_not_shown_who_it_is_gets_no_bypass(plant: HandDriven) -> None:
    plant.run(600, ONE_HIGH)
    assert ordered_duty(plant)[1] > 0
    # The port was away: another adapter may hang there now.
    for module in plant.wiring.modules[KEY]:
        module.identity.answers = lambda: None
    plant.run(1, ONE_HIGH)
    assert set(ordered_duty(plant).values()) == {0}


@pytest.mark.parametrize("step_s", [-3600.0, 3600.0, -1_700_000_000.0])
async def test_a_step_of_the_clock_neither_delays_nor_hastens_anything(
    plant: HandDriven, step_s: float
) -> None:
    plant.run(600, ONE_HIGH, temperature_c=34.0)
    plant.run(30, ONE_HIGH, temperature_c=36.0)
    plant.now += step_s
    plant.engine._take_over_clock(step_s)
    plant.run(1, None)
    tick = plant.engine.board.latest
    assert tick is not None
    assert tick.alarms == ()
    assert CellStatus.SILENT not in tick.snapshot.strings[KEY].status
    plant.run(31, ONE_HIGH, temperature_c=36.0)
    tick = plant.engine.board.latest
    assert tick is not None
    assert {alarm.rule for alarm in tick.alarms} == {"string_warm"}


async def test_after_switching_off_no_tick_orders_bypass_again(plant: HandDriven) -> None:
    plant.run(600, ONE_HIGH)
    waiting = waiting_commands(plant)
    waiting.clear()
    ending = asyncio.create_task(plant.engine.switch_off())
    for _ in range(20):
        await asyncio.sleep(0)
        if "bypass" in waiting:
            assert set(ordered_duty(plant).values()) == {0}
            waiting.pop("bypass").sent.set_result(b"")
    await ending
    plant.run(10, ONE_HIGH)
    assert "bypass" not in waiting


async def test_a_site_without_managers_ticks_too(tmp_path: Path) -> None:
    clock = SteadyClock()
    nothing = Settings(Site("Commissioning", ()), {}, {}, {}, {})
    engine = Engine(wire(nothing, clock.now), Recorder(History(tmp_path)), clock)
    assert engine.tick(START).snapshot.strings == {}
