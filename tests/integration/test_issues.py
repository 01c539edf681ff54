"""What somebody has to repair, and how it disappears by itself."""

from datetime import UTC, datetime, timedelta

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from bacs_core.api.messages import StringChanges, TripStatus, Wording
from bacs_core.api.system_messages import Fault, FaultKind
from bacs_core.model import Inhibit, TripState
from custom_components.bacs.const import DOMAIN
from custom_components.bacs.upkeep import ASK_EVERY
from tests.integration.scripted_engine import ScriptedEngine, alarm, brain, scalars
from tests.integration.waiting import until


def issues(hass: HomeAssistant) -> dict[str | None, ir.IssueEntry]:
    """The issues of the integration, by their sentence."""
    registry = ir.async_get(hass)
    return {
        issue.translation_key: issue
        for (domain, _), issue in registry.issues.items()
        if domain == DOMAIN and issue.active
    }


async def test_a_sound_site_has_nothing_to_repair(
    hass: HomeAssistant, alone: MockConfigEntry, scripted: ScriptedEngine
) -> None:
    await until(lambda: scripted.asked_system == 1)
    assert issues(hass) == {}


async def test_what_the_stream_tells_is_raised_and_taken_back(
    hass: HomeAssistant, alone: MockConfigEntry, scripted: ScriptedEngine
) -> None:
    off = TripStatus(
        state=TripState.OFF,
        by="Somebody",
        reason="new cells",
        until=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
    )
    mixed = scalars(inhibited_by=[Inhibit.MIXED_GENERATIONS])
    declared = scripted.managers[0].model_copy(
        update={
            "remarks": ["something else", "declared scales are unverified"],
            "remark_wordings": [Wording(code="told"), Wording(code="unverified")],
        }
    )
    sound = scripted.managers
    await scripted.tell(
        [StringChanges(key="telecom/1", scalars=mixed, brain=brain(trip=off))],
        managers=[declared, *sound[1:]],
        alarms=[alarm("current_sensor_silent", cell=None), alarm("cell_voltage_low")],
    )
    expected = {"mixed_generations", "protection_off", "unverified_registers", "lost_sensor"}
    await until(lambda: issues(hass).keys() == expected)
    told = issues(hass)["protection_off"]
    assert told.severity is ir.IssueSeverity.CRITICAL
    assert told.translation_placeholders == {
        "site": "Test room",
        "string": "Telecom string",
        "by": "Somebody",
        "reason": "new cells",
        "until": "1 Jan 2026 19:04",
    }

    await scripted.tell(
        [StringChanges(key="telecom/1", scalars=scalars(), brain=brain())],
        managers=sound,
        alarms=[],
    )
    await until(lambda: issues(hass) == {})


async def test_storage_is_looked_at_every_hour_and_when_recording_fails(
    hass: HomeAssistant, alone: MockConfigEntry, scripted: ScriptedEngine
) -> None:
    await until(lambda: scripted.asked_system == 1)
    full = Fault(kind=FaultKind.DISK_NEARLY_FULL, detail="7 of 8 bytes are used")
    scripted.faults = [Fault(kind=FaultKind.CLOCK_NOT_SET), full]
    async_fire_time_changed(hass, dt_util.utcnow() + ASK_EVERY + timedelta(seconds=1))
    await until(lambda: issues(hass).keys() == {"storage_full"})
    placeholders = issues(hass)["storage_full"].translation_placeholders
    assert placeholders == {"site": "Test room", "reason": "7 of 8 bytes are used"}

    scripted.faults = []
    failed = alarm("recording_failed", string_key=None, cell=None)
    await scripted.tell(alarms=[failed])
    await until(lambda: scripted.asked_system == 3)
    assert issues(hass).keys() == {"storage_full"}
    await scripted.tell(alarms=[])
    await until(lambda: issues(hass) == {})


async def test_an_engine_of_another_version_is_told_until_one_is_updated(
    hass: HomeAssistant, scripted: ScriptedEngine, scripted_site: MockConfigEntry
) -> None:
    mine = scripted.site.version
    scripted.site = scripted.site.model_copy(update={"version": "9.9.9"})
    assert await hass.config_entries.async_setup(scripted_site.entry_id)
    await until(lambda: issues(hass).keys() == {"version_mismatch"})
    placeholders = issues(hass)["version_mismatch"].translation_placeholders
    assert placeholders == {"site": "Test room", "engine": "9.9.9", "integration": mine}

    await scripted.stop()
    scripted.site = scripted.site.model_copy(update={"version": mine})
    await scripted.start()
    await until(lambda: issues(hass) == {})


async def test_an_engine_that_speaks_another_api_is_told_as_well(
    hass: HomeAssistant, scripted: ScriptedEngine, scripted_site: MockConfigEntry
) -> None:
    mine, scripted.api_version = scripted.api_version, 99
    assert not await hass.config_entries.async_setup(scripted_site.entry_id)
    assert scripted_site.state is ConfigEntryState.SETUP_RETRY
    assert issues(hass).keys() == {"api_mismatch"}
    scripted.api_version = mine
    assert await hass.config_entries.async_reload(scripted_site.entry_id)
    assert issues(hass) == {}


async def test_an_unloaded_site_takes_its_issues_with_it(
    hass: HomeAssistant, scripted: ScriptedEngine, scripted_site: MockConfigEntry
) -> None:
    scripted.faults = [Fault(kind=FaultKind.RECORDING, detail="read only")]
    assert await hass.config_entries.async_setup(scripted_site.entry_id)
    await until(lambda: issues(hass).keys() == {"storage_full"})
    assert await hass.config_entries.async_unload(scripted_site.entry_id)
    assert issues(hass) == {}


async def test_an_engine_that_cannot_be_asked_changes_nothing(
    hass: HomeAssistant,
    alone: MockConfigEntry,
    scripted: ScriptedEngine,
) -> None:
    # A question of the start that is still under way would count as one of those below.
    await until(lambda: scripted.asked_system == 1)
    scripted.faults = [Fault(kind=FaultKind.RECORDING, detail="read only")]
    async_fire_time_changed(hass, dt_util.utcnow() + ASK_EVERY + timedelta(seconds=1))
    await until(lambda: issues(hass).keys() == {"storage_full"})
    scripted.broken = True
    async_fire_time_changed(hass, dt_util.utcnow() + 2 * ASK_EVERY + timedelta(seconds=2))
    await until(lambda: scripted.asked_system == 3)
    await hass.async_block_till_done()
    assert issues(hass).keys() == {"storage_full"}
