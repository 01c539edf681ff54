"""Commands: rights first, then the record, then the deed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import ValidationError

from bacs_core import commands
from bacs_core.access.principal import Principal
from bacs_core.alarms.place import Place
from bacs_core.api.messages import (
    Acknowledge,
    AddMaintenance,
    AlarmPlace,
    CancelCommissioning,
    CellReplaced,
    Command,
    ConfirmDevices,
    DeferTrip,
    EndBatteryTest,
    EngineState,
    GivenByHand,
    Identify,
    LimitChoice,
    MuteBuzzer,
    PauseEqualization,
    PutBack,
    RecloseBreaker,
    ResumeEqualization,
    SetAlarmLimit,
    SetEqualizationMode,
    SetNetwork,
    SetThresholds,
    ShelveAlarm,
    StartBatteryTest,
    StartScan,
    SwitchProtectionOff,
    SwitchProtectionOn,
    SwitchRelay,
    TakeOutOfService,
    UnshelveAlarm,
)
from bacs_core.brain_orders import Brain
from bacs_core.commands import NETWORK_SETTING, Identity, Service
from bacs_core.errors import BacsError, RefusedError
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import Event, EventKind
from bacs_core.model import EqualizationMode, MaintenanceWork, Role
from tests.core.plant import CELLS, FLOAT_V, KEY, HandDriven, hand_driven

OPERATOR = Principal("building", Role.OPERATOR)
TECHNICIAN = Principal("miller", Role.TECHNICIAN, at_cabinet=True)
TIGHTENED = AddMaintenance(string_key=KEY, cell=3, work=MaintenanceWork.TIGHTENED)


class Switch:
    """Stands in for the API's listener."""

    def __init__(self) -> None:
        self.states: list[bool] = []
        self.broken = False

    async def set_network(self, *, enabled: bool) -> None:
        if self.broken:
            raise BacsError("port 8480 is taken")
        self.states.append(enabled)


class NotedBrain:
    """Notes each order instead of carrying it out, or refuses it."""

    def __init__(self) -> None:
        self.orders: list[tuple[object, ...]] = []
        self.refusal: RefusedError | None = None

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def note(*arguments: object) -> list[Event]:
            if self.refusal is not None:
                raise self.refusal
            self.orders.append((name, *arguments))
            return [Event(datetime.now(UTC), EventKind.SETTING_CHANGED, name)]

        async def wait(*arguments: object) -> list[Event]:
            return note(*arguments)

        return wait if name == "reclose_breaker" else note


@pytest.fixture
async def plant(tmp_path: Path) -> HandDriven:
    return hand_driven(tmp_path)


@pytest.fixture
async def switch() -> Switch:
    return Switch()


@pytest.fixture
async def brain() -> NotedBrain:
    return NotedBrain()


@pytest.fixture
async def service(plant: HandDriven, switch: Switch, brain: NotedBrain) -> Service:
    identity = Identity("id", EngineState.RUNNING, datetime.now(UTC), network_enabled=False)
    service = Service(plant.engine, plant.recorder, identity, cast("Brain", brain))
    service.network = switch
    return service


@pytest.fixture
async def recording(plant: HandDriven) -> AsyncIterator[None]:
    """Let the recorder write while the test goes on, as it does in the engine."""
    task = asyncio.create_task(plant.recorder.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_command_stands_in_the_history_with_its_name(
    service: Service, plant: HandDriven, recording: None
) -> None:
    result = await service.execute(PauseEqualization(string_key=KEY), OPERATOR)
    events = await plant.recorder.call(lambda history: history.events())
    command = next(stored for stored in events if stored.id == result.id)
    assert command.event.by == "building"
    assert command.event.data["string_key"] == KEY


async def test_a_pause_that_is_over_already_is_refused(service: Service, brain: NotedBrain) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    with pytest.raises(RefusedError) as refused:
        await service.execute(PauseEqualization(string_key=KEY, until=past), OPERATOR)
    assert refused.value.code == "in_the_past"
    assert brain.orders == []


async def test_a_pause_works_at_once_while_the_disk_hangs(
    service: Service, plant: HandDriven, brain: NotedBrain, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_work: Callable[[Any], Any]) -> None:
        await asyncio.sleep(3600)

    monkeypatch.setattr(plant.recorder, "call", hang)
    monkeypatch.setattr(commands, "PATIENCE_S", 0.01)
    result = await service.execute(PauseEqualization(string_key=KEY), OPERATOR)
    assert result.id is None
    assert brain.orders == [("pause_equalization", KEY, (), None, "building")]


SITE = AlarmPlace()
CELL = AlarmPlace(string_key=KEY, cell=3)
UNTIL = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("command", "order"),
    [
        (UnshelveAlarm(alarm_id="a"), ("unshelve_alarm", "a", "miller")),
        (MuteBuzzer(), ("mute_buzzer", "miller")),
        (
            SetAlarmLimit(rule="voltage_high", place=CELL, limit=2.4),
            ("set_alarm_limit", "voltage_high", Place("telecom", KEY, 3), 2.4, "miller"),
        ),
        (
            SetAlarmLimit(rule="voltage_high", limit=LimitChoice.OFF),
            ("set_alarm_limit", "voltage_high", Place(), LimitChoice.OFF, "miller"),
        ),
        (
            TakeOutOfService(place=AlarmPlace(line_id="modules"), rule="all", reason="rewired"),
            ("take_out_of_service", Place(line_id="modules"), None, "rewired", "miller"),
        ),
        (
            PutBack(place=AlarmPlace(manager_id="telecom"), rule="voltage_high"),
            ("put_back", Place(manager_id="telecom"), "voltage_high", "miller"),
        ),
        (
            PauseEqualization(string_key=KEY, cells=[1, 8], until=UNTIL),
            ("pause_equalization", KEY, [1, 8], UNTIL.timestamp(), "miller"),
        ),
        (ResumeEqualization(string_key=KEY), ("resume_equalization", KEY, (), "miller")),
        (
            SetEqualizationMode(string_key=KEY, mode=EqualizationMode.TOP),
            ("set_equalization_mode", KEY, EqualizationMode.TOP, "miller"),
        ),
        (
            CellReplaced(string_key=KEY, cell=8, note="leaked"),
            ("cell_replaced", KEY, 8, "leaked", GivenByHand(), "miller"),
        ),
        (TIGHTENED, ("add_maintenance", TIGHTENED, "miller")),
        (DeferTrip(string_key=KEY), ("defer_trip", KEY, "miller")),
        (RecloseBreaker(string_key=KEY), ("reclose_breaker", KEY, "miller")),
        (
            SwitchProtectionOff(string_key=KEY, reason="new sensors", hours=2),
            ("switch_protection_off", KEY, "new sensors", 2.0, "miller"),
        ),
        (SwitchProtectionOn(string_key=KEY), ("switch_protection_on", KEY, "miller")),
        (EndBatteryTest(string_key=KEY), ("end_battery_test", KEY, "miller")),
    ],
)
async def test_an_order_reaches_the_brain_with_the_name_of_who_gave_it(
    service: Service,
    plant: HandDriven,
    brain: NotedBrain,
    recording: None,
    command: Command,
    order: tuple[object, ...],
) -> None:
    result = await service.execute(command, TECHNICIAN)
    assert brain.orders == [order]
    events = await plant.recorder.call(lambda history: history.events())
    recorded = next(stored.event for stored in events if stored.id == result.id)
    assert (recorded.kind, recorded.by) == (EventKind.COMMAND, "miller")
    assert any(stored.event.text == order[0] for stored in events), "what it changed"


async def test_times_are_given_to_the_brain_as_their_ends(
    service: Service, brain: NotedBrain, recording: None
) -> None:
    before = datetime.now(UTC).timestamp()
    await service.execute(ShelveAlarm(alarm_id="a", minutes=30), OPERATOR)
    await service.execute(StartBatteryTest(string_key=KEY, hours=10), TECHNICIAN)
    (_, _, shelved_until, _), (_, _, tested_until, _) = brain.orders
    assert isinstance(shelved_until, float)
    assert isinstance(tested_until, float)
    assert shelved_until - before == pytest.approx(1800, abs=60)
    assert tested_until - before == pytest.approx(36000, abs=60)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (ShelveAlarm(alarm_id="a", until=datetime(2001, 1, 1, tzinfo=UTC)), "in_the_past"),
        (ShelveAlarm(alarm_id="a", until=UNTIL), "too_long"),
        (SetAlarmLimit(rule="r", place=AlarmPlace(string_key="no/1"), limit=1.0), "unknown_string"),
        (
            SetAlarmLimit(rule="r", place=AlarmPlace(string_key=KEY, cell=9), limit=1.0),
            "unknown_cell",
        ),
        (
            PutBack(place=AlarmPlace(accessory_id="nothing"), rule="all"),
            "unknown_place",
        ),
        (PauseEqualization(string_key=KEY, cells=[9]), "unknown_cell"),
        (ResumeEqualization(string_key=KEY, cells=[9]), "unknown_cell"),
        (CellReplaced(string_key=KEY, cell=9), "unknown_cell"),
        (TIGHTENED.model_copy(update={"cell": 9}), "unknown_cell"),
        (TIGHTENED.model_copy(update={"string_key": "ups/9"}), "unknown_string"),
        (SetEqualizationMode(string_key=KEY, mode=EqualizationMode.PARTIAL), "not_offered"),
        (RecloseBreaker(string_key="no/1"), "unknown_string"),
        (StartBatteryTest(string_key="no/1", hours=1), "unknown_string"),
    ],
)
async def test_what_does_not_exist_or_does_not_fit_reaches_neither_brain_nor_history(
    service: Service, plant: HandDriven, brain: NotedBrain, command: Command, code: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        await service.execute(command, TECHNICIAN)
    assert refused.value.code == code
    assert brain.orders == []
    assert await plant.recorder.call(lambda history: history.events()) == ()


async def test_what_the_brain_refuses_stands_in_the_history_as_refused(
    service: Service, plant: HandDriven, brain: NotedBrain
) -> None:
    brain.refusal = RefusedError("cell 3 is still hot", code="cause_stands")
    with pytest.raises(RefusedError, match="still hot"):
        await service.execute(RecloseBreaker(string_key=KEY), TECHNICIAN)
    await plant.recorder.write()
    refused = (await plant.recorder.call(lambda history: history.events()))[0].event
    assert (refused.by, refused.data["code"]) == ("miller", "cause_stands")
    assert "reclose_breaker refused: cell 3 is still hot" in refused.text


@pytest.mark.parametrize("principal", [OPERATOR, Principal("miller", Role.TECHNICIAN)])
@pytest.mark.parametrize(
    "command",
    [
        RecloseBreaker(string_key=KEY),
        DeferTrip(string_key=KEY),
        SwitchProtectionOff(string_key=KEY, reason="because", hours=1),
    ],
)
async def test_breakers_are_a_matter_of_technicians_at_the_cabinet(
    service: Service, brain: NotedBrain, principal: Principal, command: Command
) -> None:
    with pytest.raises(RefusedError):
        await service.execute(command, principal)
    assert brain.orders == []


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
    assert await plant.recorder.call(lambda history: history.events()) == ()


async def test_without_a_history_only_what_is_on_the_safe_side_is_done(
    service: Service, plant: HandDriven, brain: NotedBrain, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_work: Callable[[Any], Any]) -> None:
        raise HistoryError("disk full")

    monkeypatch.setattr(plant.recorder, "call", fail)
    safe: list[Command] = [
        PauseEqualization(string_key=KEY),
        MuteBuzzer(),
        UnshelveAlarm(alarm_id="a"),
        PutBack(place=SITE, rule="all"),
        SwitchProtectionOn(string_key=KEY),
        EndBatteryTest(string_key=KEY),
    ]
    for command in safe:
        result = await service.execute(command, TECHNICIAN)
        assert result.id is None
    assert [order[0] for order in brain.orders] == [command.command for command in safe]
    unsafe: list[Command] = [
        ResumeEqualization(string_key=KEY),
        ShelveAlarm(alarm_id="a", minutes=1),
        TakeOutOfService(place=SITE, rule="all", reason="because"),
        SetAlarmLimit(rule="voltage_high", limit=LimitChoice.OFF),
        DeferTrip(string_key=KEY),
        RecloseBreaker(string_key=KEY),
        SwitchProtectionOff(string_key=KEY, reason="because", hours=1),
    ]
    for command in unsafe:
        with pytest.raises(RefusedError) as refused:
            await service.execute(command, TECHNICIAN)
        assert refused.value.code == "history_unavailable"
    assert len(brain.orders) == len(safe)


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


def test_one_command_names_one_alarm_or_a_list_of_some_and_not_both() -> None:
    refused: tuple[dict[str, object], ...] = (
        {"alarm_id": "a", "alarm_ids": ["b"]},
        {"alarm_ids": []},
        {"alarm_ids": ["a"] * 4097},
    )
    for fields in refused:
        with pytest.raises(ValidationError):
            Acknowledge.model_validate(fields)
    assert len(Acknowledge(alarm_ids=["a"] * 4096).alarm_ids or ()) == 4096
