"""Commands: rights first, then the record, then the deed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bacs_core import commands
from bacs_core.access.principal import Principal
from bacs_core.api.messages import (
    Acknowledge,
    CancelCommissioning,
    Command,
    ConfirmDevices,
    EngineState,
    Identify,
    PauseEqualization,
    ResumeEqualization,
    SetNetwork,
    SetThresholds,
    StartScan,
    SwitchRelay,
)
from bacs_core.commands import NETWORK_SETTING, PAUSE_SETTING, Identity, Service
from bacs_core.errors import BacsError, RefusedError
from bacs_core.history.errors import HistoryError
from bacs_core.model import Role
from tests.core.plant import CELLS, FLOAT_V, KEY, HandDriven, hand_driven

OPERATOR = Principal("building", Role.OPERATOR)
TECHNICIAN = Principal("miller", Role.TECHNICIAN, at_cabinet=True)


class Switch:
    """Stands in for the API's listener."""

    def __init__(self) -> None:
        self.states: list[bool] = []
        self.broken = False

    async def set_network(self, *, enabled: bool) -> None:
        if self.broken:
            raise BacsError("port 8480 is taken")
        self.states.append(enabled)


@pytest.fixture
async def plant(tmp_path: Path) -> HandDriven:
    return hand_driven(tmp_path)


@pytest.fixture
async def switch() -> Switch:
    return Switch()


@pytest.fixture
async def service(plant: HandDriven, switch: Switch) -> Service:
    identity = Identity("id", EngineState.RUNNING, datetime.now(UTC), network_enabled=False)
    service = Service(plant.engine, plant.recorder, identity)
    service.network = switch
    return service


async def test_a_command_stands_in_the_history_with_its_name(
    service: Service, plant: HandDriven
) -> None:
    result = await service.execute(PauseEqualization(string_key=KEY), OPERATOR)
    events = await plant.recorder.call(lambda history: history.events())
    command = next(stored for stored in events if stored.id == result.id)
    assert command.event.by == "building"
    assert command.event.data["string_key"] == KEY


async def test_a_pause_is_kept_and_taken_back(service: Service, plant: HandDriven) -> None:
    until = datetime.now(UTC) + timedelta(days=3)
    await service.execute(PauseEqualization(string_key=KEY, until=until), OPERATOR)
    assert plant.engine.pauses.until == {KEY: until.timestamp()}
    kept = await plant.recorder.call(lambda history: history.get_setting(PAUSE_SETTING + KEY))
    assert kept == {"until": until.timestamp()}
    await service.execute(ResumeEqualization(string_key=KEY), OPERATOR)
    assert plant.engine.pauses.until == {}
    kept = await plant.recorder.call(lambda history: history.get_setting(PAUSE_SETTING + KEY))
    assert kept is None


async def test_a_pause_that_is_over_already_is_refused(service: Service, plant: HandDriven) -> None:
    await service.execute(PauseEqualization(string_key=KEY), OPERATOR)
    past = datetime.now(UTC) - timedelta(seconds=1)
    with pytest.raises(RefusedError) as refused:
        await service.execute(PauseEqualization(string_key=KEY, until=past), OPERATOR)
    assert refused.value.code == "in_the_past"
    assert plant.engine.pauses.until == {KEY: None}


async def test_a_pause_works_at_once_while_the_disk_hangs(
    service: Service, plant: HandDriven, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_work: Callable[[Any], Any]) -> None:
        await asyncio.sleep(3600)

    monkeypatch.setattr(plant.recorder, "call", hang)
    monkeypatch.setattr(commands, "PATIENCE_S", 0.01)
    result = await service.execute(PauseEqualization(string_key=KEY), OPERATOR)
    assert result.id is None
    assert KEY in plant.engine.pauses.until


async def test_the_network_is_switched_by_a_technician_at_the_cabinet_only(
    service: Service, plant: HandDriven, switch: Switch
) -> None:
    away = Principal("miller", Role.TECHNICIAN)
    for principal in (OPERATOR, away):
        with pytest.raises(RefusedError):
            await service.execute(SetNetwork(enabled=True), principal)
    assert switch.states == []
    await service.execute(SetNetwork(enabled=True), TECHNICIAN)
    assert switch.states == [True]
    assert service.site_info().network_enabled
    kept = await plant.recorder.call(lambda history: history.get_setting(NETWORK_SETTING))
    assert kept is True


async def test_a_network_that_cannot_be_opened_is_a_refusal_and_not_kept(
    service: Service, plant: HandDriven, switch: Switch
) -> None:
    switch.broken = True
    with pytest.raises(RefusedError, match="8480"):
        await service.execute(SetNetwork(enabled=True), TECHNICIAN)
    kept = await plant.recorder.call(lambda history: history.get_setting(NETWORK_SETTING))
    assert kept is not True
    assert not service.site_info().network_enabled


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (PauseEqualization(string_key="nowhere/1"), "unknown_string"),
        (ResumeEqualization(string_key="nowhere/1"), "unknown_string"),
        (Acknowledge(alarm_id="nothing"), "unknown_alarm"),
    ],
)
async def test_what_is_not_there_cannot_be_commanded(
    service: Service, command: Command, code: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        await service.execute(command, OPERATOR)
    assert refused.value.code == code


async def test_a_viewer_is_refused_before_anything_happens(
    service: Service, plant: HandDriven
) -> None:
    viewer = Principal("tablet", Role.VIEWER)
    with pytest.raises(RefusedError) as refused:
        await service.execute(PauseEqualization(string_key=KEY), viewer)
    assert refused.value.code == "forbidden"
    assert plant.engine.pauses.until == {}
    assert await plant.recorder.call(lambda history: history.events()) == ()


async def test_without_a_history_only_what_is_on_the_safe_side_is_done(
    service: Service, plant: HandDriven, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_work: Callable[[Any], Any]) -> None:
        raise HistoryError("disk full")

    monkeypatch.setattr(plant.recorder, "call", fail)
    result = await service.execute(PauseEqualization(string_key=KEY), OPERATOR)
    assert result.id is None
    assert KEY in plant.engine.pauses.until
    with pytest.raises(RefusedError) as refused:
        await service.execute(ResumeEqualization(string_key=KEY), OPERATOR)
    assert refused.value.code == "history_unavailable"
    assert KEY in plant.engine.pauses.until


async def test_commissioning_is_refused_before_it_is_recorded(
    service: Service, plant: HandDriven
) -> None:
    with pytest.raises(RefusedError) as refused:
        await service.execute(StartScan(line_id="nowhere"), TECHNICIAN)
    assert refused.value.code == "unknown_line"
    assert await plant.recorder.call(lambda history: history.events()) == ()


async def test_a_hot_cell_keeps_its_line_from_being_lent(
    service: Service, plant: HandDriven
) -> None:
    plant.run(60, [FLOAT_V] * CELLS, temperature_c=60.0)
    with pytest.raises(RefusedError) as refused:
        await service.execute(StartScan(line_id="modules"), TECHNICIAN)
    assert refused.value.code == "runaway"


async def test_only_a_technician_sees_what_is_commissioned(service: Service) -> None:
    assert service.commissioning(TECHNICIAN).state == "idle"
    with pytest.raises(RefusedError) as refused:
        service.commissioning(OPERATOR)
    assert refused.value.code == "forbidden"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (ConfirmDevices(key="nothing"), "unknown_device"),
        (ConfirmDevices(key=KEY), "nothing_to_confirm"),
        (CancelCommissioning(), "nothing_runs"),
        (Identify(line_id="nowhere", unit=1), "unknown_line"),
        (SwitchRelay(device_id="box", relay=1, closed=True), "unknown_device"),
        (SetThresholds(string_key="no/1", thresholds={"sleep_after_s": 60}), "unknown_string"),
        (SetThresholds(string_key=KEY, cell=99, thresholds={"sleep_after_s": 60}), "unknown_cell"),
        (SetThresholds(string_key=KEY, thresholds={"wishes": 1}), "unknown_threshold"),
        (SetThresholds(string_key=KEY, thresholds={"sleep_after_s": -1}), "bad_threshold"),
        (
            SetThresholds(string_key=KEY, thresholds={"bypass_voltage_low_v": 100.0}),
            "bad_threshold",
        ),
    ],
)
async def test_orders_to_devices_are_checked_first(
    service: Service, plant: HandDriven, command: Command, code: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        await service.execute(command, TECHNICIAN)
    assert refused.value.code == code
    assert await plant.recorder.call(lambda history: history.events()) == ()
