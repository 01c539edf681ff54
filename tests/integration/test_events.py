"""The event entities: what happens to alarms, with the cell named."""

from datetime import timedelta
from typing import Any

import pytest
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CoreState, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from bacs_core.model import AlarmState
from custom_components.bacs.event import (
    AUTOMATIONS_START_S,
    EVENTS_AT_ONCE,
    AlarmEvents,
    ToldAlarms,
)
from custom_components.bacs.readings import look
from tests.integration.scripted_engine import ScriptedEngine, alarm
from tests.integration.waiting import until, until_state

STRING, SITE = "event.ups_a_string_1_alarms", "event.test_room_alarms"


@pytest.fixture
def heard(hass: HomeAssistant, loaded: list[MockConfigEntry]) -> list[dict[str, Any]]:
    """The attributes of every event that an automation would see."""
    heard: list[dict[str, Any]] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        before, after = event.data["old_state"], event.data["new_state"]
        # As the trigger of Home Assistant for events does it.
        if before and after and STATE_UNAVAILABLE not in (before.state, after.state):
            heard.append({"entity_id": after.entity_id, **after.attributes})

    async_track_state_change_event(hass, [STRING, SITE], note)
    return heard


async def test_an_alarm_is_raised_acknowledged_and_cleared(
    hass: HomeAssistant, scripted: ScriptedEngine, heard: list[dict[str, Any]]
) -> None:
    await until_state(hass, STRING, STATE_UNKNOWN)
    await scripted.tell(alarms=[alarm(cell=2)])
    await until(lambda: len(heard) == 1)
    await scripted.tell(alarms=[alarm(cell=2, state=AlarmState.ACKNOWLEDGED)])
    await until(lambda: len(heard) == 2)
    await scripted.tell(alarms=[])
    await until(lambda: len(heard) == 3)
    assert [event["event_type"] for event in heard] == ["raised", "acknowledged", "cleared"]
    assert {event["cell"] for event in heard} == {2}
    assert {event["entity_id"] for event in heard} == {STRING}


async def test_alarms_of_no_string_are_told_by_the_site(
    hass: HomeAssistant, scripted: ScriptedEngine, heard: list[dict[str, Any]]
) -> None:
    await scripted.tell(
        alarms=[alarm("hydrogen_high", string_key=None, cell=None, accessory_id="room")]
    )
    await until(lambda: len(heard) == 1)
    assert heard[0]["entity_id"] == SITE
    assert (heard[0]["rule"], heard[0]["accessory"]) == ("hydrogen_high", "room")


async def test_a_burst_is_told_alarm_by_alarm(
    scripted: ScriptedEngine, heard: list[dict[str, Any]]
) -> None:
    burst = [alarm(f"rule_{number:03}") for number in range(2 * EVENTS_AT_ONCE + 5)]
    await scripted.tell(alarms=burst)
    await until(lambda: len(heard) == len(burst))
    assert [event["rule"] for event in heard] == [each.rule for each in burst]


async def test_what_happened_without_a_connection_is_told_when_it_is_back(
    hass: HomeAssistant, scripted: ScriptedEngine, heard: list[dict[str, Any]]
) -> None:
    await scripted.tell(alarms=[alarm(cell=2)])
    await until(lambda: len(heard) == 1)
    await scripted.stop()
    await until_state(hass, STRING, STATE_UNAVAILABLE)
    scripted.alarms = [alarm(cell=3)]
    await scripted.start()
    await until(lambda: len(heard) == 3)
    assert {(event["event_type"], event["cell"]) for event in heard[1:]} == {
        ("raised", 3),
        ("cleared", 2),
    }


async def test_alarms_that_were_there_at_the_start_are_no_events(
    hass: HomeAssistant, scripted: ScriptedEngine, scripted_entries: list[MockConfigEntry]
) -> None:
    scripted.alarms = [alarm()]
    assert await hass.config_entries.async_setup(scripted_entries[0].entry_id)
    await until_state(hass, "binary_sensor.ups_a_string_1_problem", "on")
    await until_state(hass, STRING, STATE_UNKNOWN)


async def test_what_happened_while_the_entries_were_not_loaded_is_told_when_they_are(
    hass: HomeAssistant,
    scripted: ScriptedEngine,
    loaded: list[MockConfigEntry],
    heard: list[dict[str, Any]],
) -> None:
    await scripted.tell(alarms=[alarm(cell=2), alarm(cell=4)])
    await until(lambda: len(heard) == 2)
    await unload(hass, loaded)
    scripted.alarms = [alarm(cell=3), alarm(cell=4)]
    for entry in loaded[:2]:
        assert await hass.config_entries.async_setup(entry.entry_id)
    await until(lambda: len(heard) == 4)
    assert [(event["event_type"], event["cell"]) for event in heard[2:]] == [
        ("raised", 3),
        ("cleared", 2),
    ]


async def test_after_a_restart_alarms_are_told_when_automations_can_hear_them(
    hass: HomeAssistant,
    scripted: ScriptedEngine,
    loaded: list[MockConfigEntry],
    heard: list[dict[str, Any]],
) -> None:
    await unload(hass, loaded)
    scripted.alarms = [alarm(cell=3)]
    hass.set_state(CoreState.not_running)
    for entry in loaded[:2]:
        assert await hass.config_entries.async_setup(entry.entry_id)
    await until_state(hass, "binary_sensor.ups_a_string_1_problem", "on")
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()
    assert heard == []
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=AUTOMATIONS_START_S))
    await until(lambda: len(heard) == 1)
    assert (heard[0]["event_type"], heard[0]["cell"]) == ("raised", 3)


async def test_what_a_burst_had_not_told_before_the_end_is_told_after_it(
    hass: HomeAssistant, loaded: list[MockConfigEntry], scripted: ScriptedEngine
) -> None:
    (entity,) = (
        each for each in loaded[1].runtime_data.feed._entities if isinstance(each, AlarmEvents)
    )
    loaded[0].runtime_data.live.alarms["late"] = late = alarm(id="late")
    loaded[1].runtime_data.feed.view = look(loaded[0].runtime_data.live)
    entity._look()
    kept = ToldAlarms.alarms_in(entity.extra_restore_state_data.as_dict())
    assert kept == {}
    entity.refresh()
    kept = ToldAlarms.alarms_in(entity.extra_restore_state_data.as_dict())
    assert kept == {"late": late}


def test_alarms_that_another_version_kept_are_none() -> None:
    for stored in ({}, {"alarms": None}, {"alarms": '[{"id": "a"}]'}, {"alarms": "["}):
        assert ToldAlarms.alarms_in(stored) is None


async def unload(hass: HomeAssistant, entries: list[MockConfigEntry]) -> None:
    for entry in reversed(entries):
        assert await hass.config_entries.async_unload(entry.entry_id)
