"""Commands about a stick: rights first, then the record, then the deed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from bacs_core.access.principal import Principal
from bacs_core.api.messages import EngineState, ExportToStick, SetStickExport
from bacs_core.brain_orders import Brain
from bacs_core.commands import STICK_SETTING, Identity, Service
from bacs_core.errors import RefusedError
from bacs_core.history.events import EventKind
from bacs_core.model import Role
from bacs_core.stick.states import StickPhase
from tests.core.plant import HandDriven, hand_driven
from tests.core.stick.store import WRITES, FolderStick, Standing, keeping, plugged

OPERATOR = Principal("olga", Role.OPERATOR)
TECHNICIAN = Principal("miller", Role.TECHNICIAN, at_cabinet=True)
ADMINISTRATOR = Principal("anna", Role.ADMINISTRATOR)


@dataclass
class Engine:
    """An engine driven by hand, its commands, and who looks after sticks."""

    service: Service
    plant: HandDriven
    sticks: Standing
    stick: FolderStick


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    state = tmp_path / "state"
    state.mkdir()
    plant = hand_driven(state)
    identity = Identity("id", EngineState.RUNNING, datetime.now(UTC), network_enabled=False)
    service = Service(plant.engine, plant.recorder, identity, cast("Brain", None))
    async with keeping(state, worker=WRITES) as sticks:
        service.sticks = plant.engine.sticks = sticks.keeper
        yield Engine(service, plant, sticks, FolderStick(tmp_path / "stick"))


async def test_only_an_administrator_switches_the_unattended_copy_off_and_it_is_recorded(
    engine: Engine,
) -> None:
    command = SetStickExport(enabled=False)
    with pytest.raises(RefusedError) as refused:
        await engine.service.execute(command, TECHNICIAN)
    assert refused.value.code == "forbidden"
    before = engine.sticks.told
    result = await engine.service.execute(command, ADMINISTRATOR)
    assert (before.unattended, engine.sticks.told.unattended) == (True, False)
    kept, events = await engine.plant.recorder.call(
        lambda history: (history.get_setting(STICK_SETTING), history.events())
    )
    assert kept is False
    changed, ordered = events[:2]
    assert (ordered.id, ordered.event.by) == (result.id, "anna")
    assert (changed.event.kind, changed.event.by) == (EventKind.SETTING_CHANGED, "anna")
    assert changed.event.data["value"] is False


async def test_an_operator_lets_a_stick_be_written_that_is_held_back(engine: Engine) -> None:
    await engine.service.execute(SetStickExport(enabled=False), ADMINISTRATOR)
    async with plugged(engine.stick, engine.sticks.state_dir):
        await engine.sticks.until_phase(StickPhase.HELD)
        result = await engine.service.execute(ExportToStick(), OPERATOR)
        done = await engine.sticks.until_phase(StickPhase.DONE)
        assert (result.by, done.by) == ("olga", "olga")


async def test_an_export_without_a_stick_is_refused_and_not_recorded(engine: Engine) -> None:
    with pytest.raises(RefusedError) as refused:
        await engine.service.execute(ExportToStick(), OPERATOR)
    assert refused.value.code == "no_stick"
    events = await engine.plant.recorder.call(lambda history: history.events())
    assert [stored for stored in events if stored.event.kind is EventKind.COMMAND] == []


async def test_the_engine_tells_of_a_stick_with_each_tick(engine: Engine) -> None:
    def led() -> str:
        engine.plant.now = engine.sticks.now
        told = engine.plant.engine.tick(engine.plant.now).snapshot.annunciation
        assert told is not None
        assert told.stick == engine.sticks.told
        return told.led

    assert not led().startswith("export")
    async with plugged(engine.stick, engine.sticks.state_dir):
        await engine.sticks.until_phase(StickPhase.DONE)
        calm = not engine.plant.engine.alarms.raised
        assert led() == "export_done" or not calm
