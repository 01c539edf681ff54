"""What people order stands in the history: who, when, where, and what it was before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bacs_core.access.principal import Principal
from bacs_core.alarms.place import Place
from bacs_core.api.messages import (
    AddMaintenance,
    CellReplaced,
    EngineState,
    GivenByHand,
    LimitChoice,
    PauseEqualization,
    SetAlarmLimit,
)
from bacs_core.commands import Identity, Service
from bacs_core.errors import RefusedError
from bacs_core.history.database import open_for_reading
from bacs_core.history.events import Event, EventKind, StoredEvent, select_events
from bacs_core.history.maintenance import StoredMaintenance, select_maintenance
from bacs_core.model import AlarmSeverity, Basis, EqualizationMode, MaintenanceWork, Quantity, Role
from bacs_core.taking_orders import OrderTaker
from tests.core.plant import CELLS, FLOAT_V, KEY, HandDriven, hand_driven

EVEN = [FLOAT_V] * CELLS
WARM = {
    ("string_warm", AlarmSeverity.WARNING),
    ("cell_temperature_critical", AlarmSeverity.ALARM),
}
MILLER = Principal("miller", Role.TECHNICIAN, at_cabinet=True)


@pytest.fixture
async def plant(tmp_path: Path) -> HandDriven:
    plant = hand_driven(tmp_path)
    plant.run(5, EVEN)
    return plant


@pytest.fixture
def taker(plant: HandDriven) -> OrderTaker:
    return OrderTaker(plant.engine)


@pytest.fixture
async def service(plant: HandDriven, taker: OrderTaker) -> AsyncIterator[Service]:
    """The engine as the API sees it, with its recorder at work."""
    identity = Identity("site", EngineState.RUNNING, datetime.now(UTC), network_enabled=False)
    recording = asyncio.create_task(plant.recorder.run())
    yield Service(plant.engine, plant.recorder, identity, taker)
    recording.cancel()
    await asyncio.gather(recording, return_exceptions=True)


def change(events: Sequence[Event]) -> tuple[Any, Any, Any]:
    """Return what the first event says was chosen, instead of what."""
    data = events[0].data
    return data["key"], data["before"], data["value"]


def stored(folder: Path) -> tuple[tuple[StoredEvent, ...], tuple[StoredMaintenance, ...]]:
    with closing(open_for_reading(folder)) as database:
        return select_events(database), select_maintenance(database)


# Settings


async def test_a_changed_alarm_limit_tells_what_it_was_before(taker: OrderTaker) -> None:
    place = Place(string_key=KEY)
    first = taker.set_alarm_limit("cell_temperature_high", place, 38.0, "miller")
    assert change(first) == ("alarm_limit", "default", 38.0)
    assert (first[0].rule, first[0].string_key, first[0].by) == (
        "cell_temperature_high",
        KEY,
        "miller",
    )
    second = taker.set_alarm_limit("cell_temperature_high", place, LimitChoice.OFF, "otto")
    assert change(second) == ("alarm_limit", 38.0, "off")
    third = taker.set_alarm_limit("cell_temperature_high", place, LimitChoice.DEFAULT, "otto")
    assert change(third) == ("alarm_limit", "off", "default")


async def test_taking_a_rule_out_of_service_and_putting_it_back_tell_the_reason_of_before(
    taker: OrderTaker,
) -> None:
    place = Place(string_key=KEY, cell=2)
    rule = "cell_temperature_high"
    first = taker.take_out_of_service(place, rule, "sensor ordered", "miller")
    assert change(first) == ("out_of_service", None, "sensor ordered")
    second = taker.take_out_of_service(place, rule, "sensor on its way", "miller")
    assert change(second) == ("out_of_service", "sensor ordered", "sensor on its way")
    third = taker.put_back(place, rule, "otto")
    assert change(third) == ("out_of_service", "sensor on its way", None)
    assert {event.rule for event in (first[0], second[0], third[0])} == {rule}


async def test_a_chosen_equalization_mode_tells_the_one_before(taker: OrderTaker) -> None:
    events = taker.set_equalization_mode(KEY, EqualizationMode.OFF, "miller")
    assert change(events) == ("equalization_mode", "continuous", "off")


async def test_a_pause_and_its_end_tell_which_cells_paused_until_when(
    taker: OrderTaker, plant: HandDriven
) -> None:
    nothing: dict[str, Any] = {"string": False, "string_until": None, "cells_until": {}}
    until = plant.now + 600
    first = taker.pause_equalization(KEY, [3], until, "miller")
    one_cell = {**nothing, "cells_until": {"3": until}}
    assert change(first) == ("equalization_pause", nothing, one_cell)
    assert first[0].cell == 3
    second = taker.pause_equalization(KEY, [], None, "miller")
    assert change(second) == ("equalization_pause", one_cell, {**one_cell, "string": True})
    third = taker.resume_equalization(KEY, [], "otto")
    assert change(third) == ("equalization_pause", {**one_cell, "string": True}, nothing)


async def test_a_battery_test_tells_until_when_it_may_last(
    taker: OrderTaker, plant: HandDriven
) -> None:
    until = plant.now + 3600
    assert change(taker.start_battery_test(KEY, until, "miller")) == (
        "battery_test_until",
        None,
        until,
    )
    assert change(taker.end_battery_test(KEY, "miller")) == ("battery_test_until", until, None)


# Maintenance


async def test_a_replaced_cell_stands_among_the_maintenance_with_its_baseline(
    service: Service, plant: HandDriven, tmp_path: Path
) -> None:
    plant.wiring.images[KEY].put(Quantity.RESISTANCE, 3, [0.00052], plant.now)
    plant.run(1, EVEN)
    command = CellReplaced(
        string_key=KEY, cell=4, note="leaked", given=GivenByHand(capacity_ah=498.0)
    )
    await service.execute(command, MILLER)
    events, (entry,) = stored(tmp_path)
    assert (entry.string_key, entry.cell, entry.who) == (KEY, 4, "miller")
    assert (entry.entry.work, entry.entry.note) == (MaintenanceWork.CELL_REPLACED, "leaked")
    measured = {name: told.value for name, told in entry.entry.baseline.measured.items()}
    assert measured == {"voltage_v": FLOAT_V, "resistance_ohm": 0.00052, "temperature_c": 22.0}
    assert {told.read_at for told in entry.entry.baseline.measured.values()} <= {
        plant.now,
        plant.now - 1,
    }
    assert entry.entry.baseline.given == {"capacity_ah": 498.0}
    kinds = {each.event.kind: each for each in events}
    assert kinds[EventKind.MAINTENANCE].id == entry.id
    order = kinds[EventKind.COMMAND].event
    assert (order.by, order.manager_id, order.string_key, order.cell) == (
        "miller",
        "telecom",
        KEY,
        4,
    )


async def test_what_was_learned_of_a_replaced_cell_begins_anew_and_of_no_other(
    service: Service, plant: HandDriven
) -> None:
    plant.run(90, [*EVEN[:3], FLOAT_V + 0.05, *EVEN[4:]])
    control = plant.engine.control
    row = control.rows.slices[KEY].start + 3
    bled = control._equalization.cells.bled_since.copy()
    assert control._equalization.law.duty_percent[row] > 0
    await service.execute(CellReplaced(string_key=KEY, cell=4), MILLER)
    assert control._equalization.law.duty_percent[row] == 0
    others = np.arange(CELLS) != row
    assert np.array_equal(control._equalization.cells.bled_since[others], bled[others])
    assert control._equalization.cells.bled_since[row] == pytest.approx(plant.engine.now)
    assert control._estimation.capacity.basis[row] == Basis.RATED
    assert np.isnan([slow[row] for slow in control._trends.slow.values()]).all()


async def test_other_work_is_noted_for_a_cell_or_for_a_whole_string(
    service: Service, plant: HandDriven, tmp_path: Path
) -> None:
    before = plant.engine.control._equalization
    work = AddMaintenance(string_key=KEY, work=MaintenanceWork.TIGHTENED, note="12 Nm")
    await service.execute(work, MILLER)
    by_hand = AddMaintenance(
        string_key=KEY,
        cell=2,
        work=MaintenanceWork.MEASURED_BY_HAND,
        given=GivenByHand(voltage_v=2.268, resistance_ohm=0.00051),
    )
    await service.execute(by_hand, MILLER)
    _, (measured, tightened) = stored(tmp_path)
    assert (tightened.cell, tightened.entry.note) == (None, "12 Nm")
    assert tightened.entry.baseline.measured == {}
    assert (measured.cell, measured.entry.baseline.given) == (
        2,
        {"voltage_v": 2.268, "resistance_ohm": 0.00051},
    )
    assert measured.entry.baseline.measured["voltage_v"].value == FLOAT_V
    assert plant.engine.control._equalization is before, "a note changes nothing in the plant"


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"work": "cell_replaced", "cell": 1}, "told by cell_replaced"),
        ({"work": "measured_by_hand", "cell": 1}, "at least one value"),
        ({"work": "cleaned", "given": {"voltage_v": 2.2}}, "values need their cell"),
        ({"work": "polished", "cell": 1}, "work"),
        ({"work": "cleaned", "given": {"voltage_v": -1}, "cell": 1}, "voltage_v"),
        ({"work": "cleaned", "given": {"ripple": 1}, "cell": 1}, "ripple"),
    ],
)
def test_an_entry_that_says_nothing_or_something_impossible_is_refused(
    order: dict[str, object], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        AddMaintenance.model_validate({"string_key": KEY, **order})


async def test_a_viewer_and_an_operator_note_nothing(service: Service) -> None:
    work = AddMaintenance(string_key=KEY, work=MaintenanceWork.CLEANED)
    for role in (Role.VIEWER, Role.OPERATOR):
        with pytest.raises(RefusedError, match="technician"):
            await service.execute(work, Principal("otto", role))


# Alarms and commands


async def test_every_alarm_event_has_its_severity_and_its_rule(tmp_path: Path) -> None:
    plant = hand_driven(tmp_path)
    plant.run(120, EVEN, temperature_c=52.0)
    for event in plant.engine.acknowledge(None, "miller"):
        plant.recorder.event(event)
    await plant.recorder.close()
    events, _ = stored(tmp_path)
    alarms = [each.event for each in events if each.event.kind.startswith("alarm")]
    assert {event.kind for event in alarms} >= {
        EventKind.ALARM_RAISED,
        EventKind.ALARM_ACKNOWLEDGED,
    }
    assert all(event.rule and event.severity for event in alarms)
    assert {(event.rule, event.severity) for event in alarms} >= WARM
    critical = [event for event in alarms if event.rule == "cell_temperature_critical"]
    assert {(event.data["value"], event.manager_id) for event in critical} == {(52.0, "telecom")}
    assert {event.by for event in alarms if event.kind is EventKind.ALARM_ACKNOWLEDGED} == {
        "miller"
    }
    assert all(
        event.severity is None for event in (each.event for each in events) if event not in alarms
    )


async def test_a_command_stands_at_its_place_also_when_it_is_refused(
    service: Service, plant: HandDriven, tmp_path: Path
) -> None:
    await service.execute(PauseEqualization(string_key=KEY, cells=[2]), MILLER)
    wish = SetAlarmLimit(rule="cell_temperature_high", limit=1e9)
    with pytest.raises(RefusedError):
        await service.execute(wish, MILLER)
    await plant.recorder.close()
    events, _ = stored(tmp_path)
    commands = [each.event for each in events if each.event.kind is EventKind.COMMAND]
    refused, given, paused = commands
    assert (paused.string_key, paused.cell, paused.by) == (KEY, 2, "miller")
    assert (given.rule, given.data["limit"]) == ("cell_temperature_high", 1e9)
    assert (refused.rule, refused.data["code"]) == ("cell_temperature_high", "bad_limit")
    assert refused.data["id"] == next(each.id for each in events if each.event == given)
