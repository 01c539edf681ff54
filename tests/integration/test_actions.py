"""The actions: what is sent to the engine, and how refusals are told."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import probatio as vol
import pytest
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
    UnknownUser,
)
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from bacs_core.api.messages import Problem
from bacs_core.model import AlarmState, Role
from custom_components.bacs.actions import ACTIONS
from custom_components.bacs.const import DOMAIN
from custom_components.bacs.orders import REFUSALS
from tests.integration.scripted_engine import EXPORT, SITE_ID, ScriptedEngine, alarm
from tests.integration.waiting import until, until_state

ALARMS = [
    alarm(cell=2),
    alarm(cell=3, state=AlarmState.ACKNOWLEDGED),
    alarm("cell_hot", cell=3, state=AlarmState.RETURNED),
    alarm(string_key="telecom/1", cell=1, state=AlarmState.SHELVED),
]
UNSEEN, SEEN, OVER, SHELVED = (each.id for each in ALARMS)


def device(hass: HomeAssistant, name: str = "") -> str:
    """Find the id of a device by its place: `ups-a/1/2`, or nothing for the site."""
    registry = dr.async_get(hass)
    wanted = (DOMAIN, f"{SITE_ID}/{name}".rstrip("/"))
    for entry in hass.config_entries.async_entries(DOMAIN):
        for found in (
            *dr.async_entries_for_config_entry(registry, entry.entry_id),
            *dr.async_child_entries_for_config_entry(registry, entry.entry_id),
        ):
            if wanted in found.identifiers:
                return found.id
    raise AssertionError(name)


async def act(hass: HomeAssistant, action: str, **data: Any) -> Any:
    answers = action == "export"
    return await hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=answers
    )


@pytest.fixture
async def alarmed_alone(
    hass: HomeAssistant, scripted: ScriptedEngine, alone: MockConfigEntry
) -> ScriptedEngine:
    """The same without entries of managers."""
    await scripted.tell(alarms=ALARMS)
    await until_state(hass, "sensor.test_room_active_alarms", "2")
    return scripted


@pytest.fixture
async def alarmed(
    hass: HomeAssistant, scripted: ScriptedEngine, loaded: list[MockConfigEntry]
) -> ScriptedEngine:
    await scripted.tell(alarms=ALARMS)
    await until_state(hass, "sensor.test_room_active_alarms", "2")
    return scripted


async def test_acknowledging_a_place_means_all_alarms_in_it_that_wait_for_it(
    hass: HomeAssistant, alarmed: ScriptedEngine
) -> None:
    for place in ("", "ups-a", "ups-a/1/2"):
        await act(hass, "acknowledge", device_id=device(hass, place))
    await act(hass, "acknowledge", alarm_id=OVER)
    assert {command["command"] for command in alarmed.commands} == {"acknowledge"}
    assert [command["alarm_ids"] for command in alarmed.commands] == [
        [UNSEEN, OVER],
        [UNSEEN, OVER],
        [UNSEEN],
        [OVER],
    ]


async def test_shelving_puts_each_alarm_aside_for_minutes(
    hass: HomeAssistant, alarmed: ScriptedEngine
) -> None:
    await act(hass, "shelve", device_id=device(hass, "ups-a/1/3"), duration="02:00:00")
    assert [(command["alarm_id"], command["minutes"]) for command in alarmed.commands] == [
        (SEEN, 120),
        (OVER, 120),
    ]


async def test_an_alarm_needs_no_device_and_muting_none_where_there_is_one_site(
    hass: HomeAssistant, alarmed_alone: ScriptedEngine
) -> None:
    await act(hass, "unshelve", alarm_id=SHELVED)
    await act(hass, "mute")
    assert alarmed_alone.commands == [
        {"command": "unshelve_alarm", "alarm_id": SHELVED},
        {"command": "mute_buzzer"},
    ]


async def test_equalization_is_paused_and_resumed_for_strings_and_for_cells(
    hass: HomeAssistant, alarmed: ScriptedEngine
) -> None:
    cells = [device(hass, f"telecom/1/{cell}") for cell in (3, 1)]
    await act(hass, "pause_equalization", device_id=cells, duration="00:30:00")
    await act(hass, "resume_equalization", device_id=device(hass, "telecom"))
    paused, resumed = alarmed.commands
    assert (paused["string_key"], paused["cells"]) == ("telecom/1", [1, 3])
    assert paused["until"] is not None
    assert (resumed["command"], resumed["cells"]) == ("resume_equalization", None)


async def test_a_string_and_one_of_its_cells_together_mean_the_string(
    hass: HomeAssistant, alarmed: ScriptedEngine
) -> None:
    both = [device(hass, "telecom/1"), device(hass, "telecom/1/2")]
    await act(hass, "pause_equalization", device_id=both)
    (command,) = alarmed.commands
    assert (command["cells"], command["until"]) == (None, None)


async def test_a_relay_is_switched_and_one_of_a_breaker_never(
    hass: HomeAssistant, alarmed_alone: ScriptedEngine
) -> None:
    box = device(hass, "accessory/box")
    await act(hass, "switch_relay", device_id=box, relay=1, closed=True)
    assert alarmed_alone.commands == [
        {"command": "switch_relay", "device_id": "box", "relay": 1, "closed": True}
    ]
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "switch_relay", device_id=box, relay=2, closed=False)
    assert refused.value.translation_key == "refused_is_breaker"
    assert len(alarmed_alone.commands) == 1


async def test_an_export_is_written_beside_the_configuration(
    hass: HomeAssistant, alarmed: ScriptedEngine, tmp_path: Path
) -> None:
    hass.config.config_dir = str(tmp_path)
    answer = await act(
        hass,
        "export",
        device_id=device(hass, "ups-a/1/2"),
        start="2026-01-01 00:00:00",
        end="2026-01-02 00:00:00",
        every={"minutes": 1},
    )
    (file,) = answer["files"]
    path = Path(file["path"])
    assert path.read_bytes() == EXPORT
    assert (path.parent.name, file["bytes"]) == ("bacs_exports", len(EXPORT))
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    (query,) = alarmed.queries
    assert (query["string"], query["every"]) == (["ups-a/1"], ["60"])
    await act(hass, "export")
    assert "string" not in alarmed.queries[1]


async def test_an_export_that_fails_leaves_no_file(
    hass: HomeAssistant, alarmed_alone: ScriptedEngine, tmp_path: Path
) -> None:
    hass.config.config_dir = str(tmp_path)
    (tmp_path / "bacs_exports").write_text("in the way")
    with pytest.raises(HomeAssistantError) as failed:
        await act(hass, "export")
    assert failed.value.translation_key == "export_failed"
    with pytest.raises(ServiceValidationError) as wrong:
        await act(hass, "export", start="2026-01-02 00:00:00", end="2026-01-01 00:00:00")
    assert wrong.value.translation_key == "bad_times"


async def test_what_cannot_be_meant_is_said(hass: HomeAssistant, alarmed: ScriptedEngine) -> None:
    for action, place, key in (
        ("acknowledge", "telecom/1", "no_alarm"),
        ("unshelve", "ups-a", "no_alarm"),
        ("pause_equalization", "accessory/box", "no_string"),
        ("switch_relay", "ups-a/1", "no_relay_box"),
    ):
        more = {"relay": 1, "closed": True} if action == "switch_relay" else {}
        with pytest.raises(ServiceValidationError) as refused:
            await act(hass, action, device_id=device(hass, place), **more)
        assert (refused.value.translation_domain, refused.value.translation_key) == (DOMAIN, key)


async def test_a_device_of_somebody_else_is_refused(
    hass: HomeAssistant, alarmed_alone: ScriptedEngine
) -> None:
    for device_id in ("nobody", _foreign(hass)):
        with pytest.raises(ServiceValidationError) as refused:
            await act(hass, "mute", device_id=device_id)
        assert refused.value.translation_key == "unknown_device"


def _foreign(hass: HomeAssistant) -> str:
    entry = MockConfigEntry(domain="other")
    entry.add_to_hass(hass)
    registry = dr.async_get(hass)
    found = registry.async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={("other", "1")}
    )
    return found.id


async def test_each_refusal_of_the_engine_has_its_sentence(
    hass: HomeAssistant, alarmed_alone: ScriptedEngine
) -> None:
    for code in sorted(REFUSALS):
        alarmed_alone.refusal = Problem(code=code, reason="because")
        with pytest.raises(ServiceValidationError) as refused:
            await act(hass, "mute")
        assert refused.value.translation_key == f"refused_{code}"


async def test_other_failures_say_what_the_engine_said(
    hass: HomeAssistant, alarmed_alone: ScriptedEngine
) -> None:
    for status, code, key in (
        (409, "something_new", "refused"),
        (503, "unavailable", "cannot_connect"),
        (404, "not_found", "wrong_version"),
    ):
        alarmed_alone.refusal, alarmed_alone.status = Problem(code=code, reason="because"), status
        with pytest.raises(HomeAssistantError) as failed:
            await act(hass, "mute")
        assert failed.value.translation_key == key


async def test_a_token_that_is_no_longer_valid_asks_for_a_new_one(
    hass: HomeAssistant, alarmed_alone: ScriptedEngine, alone: MockConfigEntry
) -> None:
    alarmed_alone.refusal, alarmed_alone.status = (
        Problem(code="unauthorized", reason="revoked"),
        401,
    )
    with pytest.raises(HomeAssistantError) as failed:
        await act(hass, "mute")
    assert failed.value.translation_key == "invalid_auth"
    await until(lambda: [*alone.async_get_active_flows(hass, {"reauth"})])


async def test_the_role_of_the_token_is_respected(
    hass: HomeAssistant, scripted: ScriptedEngine, scripted_site: MockConfigEntry
) -> None:
    scripted.role = Role.VIEWER
    assert await hass.config_entries.async_setup(scripted_site.entry_id)
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "mute")
    assert refused.value.translation_key == "role_too_low"
    assert refused.value.translation_placeholders == {"site": "Test room", "role": "viewer"}
    assert scripted.commands == []


async def test_actions_exist_before_any_site_and_say_that_there_is_none(
    hass: HomeAssistant,
) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    assert hass.services.async_services_for_domain(DOMAIN).keys() == ACTIONS.keys()
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "mute")
    assert refused.value.translation_key == "site_not_loaded"


async def test_of_a_lost_site_nothing_is_ordered(
    hass: HomeAssistant, alarmed: ScriptedEngine
) -> None:
    chosen = device(hass, "telecom/1")
    await alarmed.stop()
    await until_state(hass, "event.test_room_alarms", "unavailable")
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "pause_equalization", device_id=chosen)
    assert refused.value.translation_key == "not_connected"


async def test_with_two_sites_a_device_has_to_be_chosen(
    hass: HomeAssistant, alarmed_alone: ScriptedEngine, alone: MockConfigEntry
) -> None:
    other = ScriptedEngine()
    other.site = other.site.model_copy(update={"site_id": "0ther"})
    await other.start()
    entry = MockConfigEntry(domain=DOMAIN, title="Other", unique_id="0ther", data=other.connection)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "mute")
    assert refused.value.translation_key == "which_site"
    await act(hass, "mute", device_id=device(hass))
    assert (len(alarmed_alone.commands), len(other.commands)) == (1, 0)
    chosen = device(hass)
    assert await hass.config_entries.async_unload(alone.entry_id)
    with pytest.raises(ServiceValidationError) as gone:
        await act(hass, "mute", device_id=chosen)
    assert gone.value.translation_key == "site_not_loaded"
    await other.stop()


async def test_an_alarm_is_shelved_for_a_minute_at_least_and_a_day_at_most(
    hass: HomeAssistant, alarmed_alone: ScriptedEngine
) -> None:
    for duration in (timedelta(seconds=10), timedelta(hours=25)):
        with pytest.raises(vol.Invalid, match=r"value must be at (least|most)"):
            await act(hass, "shelve", alarm_id=UNSEEN, duration=duration)
    assert alarmed_alone.commands == []


async def test_what_nobody_chose_is_never_everything(
    hass: HomeAssistant, alarmed_alone: ScriptedEngine
) -> None:
    hour: dict[str, Any] = {"duration": "01:00:00"}
    for action, data in (
        ("acknowledge", {}),
        ("shelve", hour),
        ("unshelve", {}),
        ("acknowledge", {"device_id": []}),
        ("shelve", hour | {"device_id": []}),
        ("mute", {"device_id": []}),
        ("pause_equalization", {"device_id": []}),
        ("export", {"device_id": []}),
    ):
        with pytest.raises(ServiceValidationError) as refused:
            await act(hass, action, **data)
        assert refused.value.translation_key == "nothing_chosen", action
    assert (alarmed_alone.commands, alarmed_alone.queries) == ([], [])


async def test_a_refused_alarm_keeps_no_other_from_being_shelved_and_all_refusals_are_told(
    hass: HomeAssistant, alarmed_alone: ScriptedEngine
) -> None:
    alarmed_alone.refused_alarms = {SEEN: Problem(code="stands", reason="cell_hot stands")}
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "shelve", device_id=device(hass), duration="01:00:00")
    assert [command["alarm_id"] for command in alarmed_alone.commands] == [UNSEEN, OVER]
    assert refused.value.translation_key == "partly_done"
    told = refused.value.translation_placeholders or {}
    assert (told["done"], told["all"]) == ("2", "3")
    assert "ups-a/1/3: cell_voltage_low" in told["refusals"]
    assert "cell_hot stands" in told["refusals"]


async def test_an_engine_that_went_away_meanwhile_is_not_asked_for_each_alarm(
    hass: HomeAssistant, alarmed_alone: ScriptedEngine
) -> None:
    gone = Problem(code="unavailable", reason="it stops")
    alarmed_alone.refused_alarms = {SEEN: gone}
    alarmed_alone.status = 503
    with pytest.raises(ServiceValidationError) as failed:
        await act(hass, "shelve", device_id=device(hass), duration="01:00:00")
    assert [command["alarm_id"] for command in alarmed_alone.commands] == [UNSEEN]
    assert (failed.value.translation_placeholders or {})["done"] == "1"


async def test_a_pause_ends_on_the_clock_of_the_engine(
    hass: HomeAssistant, scripted: ScriptedEngine, loaded: list[MockConfigEntry]
) -> None:
    scripted.ahead = timedelta(days=400)
    live = loaded[0].runtime_data.live
    year = timedelta(days=365).total_seconds()
    await until(lambda: live.at > dt_util.utcnow().timestamp() + year)
    await act(hass, "pause_equalization", device_id=device(hass, "telecom"), duration="00:30:00")
    (command,) = scripted.commands
    ends_at = datetime.fromisoformat(command["until"])
    assert ends_at - (dt_util.utcnow() + scripted.ahead) <= timedelta(minutes=30)
    assert ends_at - dt_util.utcnow() > timedelta(days=399)


async def test_a_pause_is_a_year_at_most(hass: HomeAssistant, alone: MockConfigEntry) -> None:
    for days in (366, 9_999_999):
        with pytest.raises(vol.Invalid, match="value must be at most"):
            await act(
                hass, "pause_equalization", device_id=device(hass), duration=timedelta(days=days)
            )


async def act_as(hass: HomeAssistant, user: MockUser, action: str, **data: Any) -> None:
    await hass.services.async_call(
        DOMAIN,
        action,
        data,
        blocking=True,
        context=Context(user_id=user.id),
        return_response=action == "export",
    )


async def test_who_may_only_look_orders_nothing(
    hass: HomeAssistant, alarmed: ScriptedEngine, hass_read_only_user: MockUser
) -> None:
    box, string = device(hass, "accessory/box"), device(hass, "telecom/1")
    for action, data in (
        ("acknowledge", {"device_id": string}),
        ("acknowledge", {"alarm_id": UNSEEN}),
        ("shelve", {"alarm_id": UNSEEN, "duration": "01:00:00"}),
        ("unshelve", {"device_id": string}),
        ("mute", {}),
        ("pause_equalization", {"device_id": string}),
        ("resume_equalization", {"device_id": device(hass, "telecom/1/2")}),
        ("switch_relay", {"device_id": box, "relay": 1, "closed": True}),
        ("switch_relay", {"device_id": box, "relay": 3, "closed": True}),
        ("export", {}),
    ):
        with pytest.raises(Unauthorized):
            await act_as(hass, hass_read_only_user, action, **data)
    assert (alarmed.commands, alarmed.queries) == ([], [])


async def test_who_may_control_a_place_orders_there_and_nowhere_else(
    hass: HomeAssistant, alarmed: ScriptedEngine
) -> None:
    user = MockUser().add_to_hass(hass)
    controlled = ("binary_sensor.ups_a_string_1_cell_02_problem", "switch.relay_box_horn")
    user.mock_policy(
        {"entities": {"entity_ids": {entity_id: {"control": True} for entity_id in controlled}}}
    )
    box = device(hass, "accessory/box")
    await act_as(hass, user, "acknowledge", alarm_id=UNSEEN)
    await act_as(hass, user, "switch_relay", device_id=box, relay=1, closed=True)
    assert len(alarmed.commands) == 2
    for action, data in (
        ("acknowledge", {"alarm_id": OVER}),
        ("acknowledge", {"device_id": device(hass, "ups-a/1")}),
        ("mute", {}),
        ("export", {}),
    ):
        with pytest.raises(Unauthorized):
            await act_as(hass, user, action, **data)
    assert len(alarmed.commands) == 2


async def test_a_caller_that_is_gone_orders_nothing(
    hass: HomeAssistant, alone: MockConfigEntry
) -> None:
    with pytest.raises(UnknownUser):
        await act_as(hass, MockUser(), "mute")


async def test_an_administrator_exports(
    hass: HomeAssistant,
    alarmed_alone: ScriptedEngine,
    hass_admin_user: MockUser,
    tmp_path: Path,
) -> None:
    hass.config.config_dir = str(tmp_path)
    await act_as(hass, hass_admin_user, "export")
    assert len(alarmed_alone.queries) == 1
