"""What the running engine tells of its rules and of itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from bacs_core.access.principal import Principal
from bacs_core.api.messages import (
    AlarmPlace,
    ClockStatus,
    EngineState,
    LimitChoice,
    SetAlarmLimit,
    TakeOutOfService,
)
from bacs_core.api.rule_messages import AlarmRule
from bacs_core.api.system_messages import FaultKind
from bacs_core.commands import Identity, Service
from bacs_core.errors import RefusedError
from bacs_core.model import Role
from bacs_core.recorder import Recorder
from bacs_core.taking_orders import OrderTaker
from tests.core.plant import CELLS, FLOAT_V, KEY, HandDriven, hand_driven

TECHNICIAN = Principal("miller", Role.TECHNICIAN, at_cabinet=True)
RULE = "cell_temperature_high"


@pytest.fixture
async def plant(tmp_path: Path) -> HandDriven:
    return hand_driven(tmp_path)


@pytest.fixture
async def service(plant: HandDriven) -> Service:
    identity = Identity("id", EngineState.RUNNING, datetime.now(UTC), network_enabled=False)
    return Service(plant.engine, plant.recorder, identity, OrderTaker(plant.engine))


async def told(service: Service) -> AlarmRule:
    return next(rule for rule in (await service.rules()).rules if rule.name == RULE)


async def test_before_the_first_tick_nobody_knows_the_rules(service: Service) -> None:
    with pytest.raises(RefusedError) as refused:
        await service.rules()
    assert refused.value.code == "starting"


async def test_a_limit_is_told_as_soon_as_it_was_set_and_again_as_it_was(
    service: Service, plant: HandDriven
) -> None:
    plant.run(1, [FLOAT_V] * CELLS)
    place = AlarmPlace(string_key=KEY)
    usual = (await told(service)).limits[0].usual
    await service.execute(SetAlarmLimit(rule=RULE, place=place, limit=36.5), TECHNICIAN)
    (limit,) = (await told(service)).limits
    assert (limit.limit, limit.usual) == (36.5, usual)
    (changed,) = (await told(service)).changed
    assert (changed.by, changed.limit, changed.place.string_key) == ("miller", 36.5, KEY)
    await service.execute(
        SetAlarmLimit(rule=RULE, place=place, limit=LimitChoice.DEFAULT), TECHNICIAN
    )
    assert (await told(service)).changed == []
    assert (await told(service)).limits[0].limit == usual


async def test_what_is_out_of_service_is_told(service: Service, plant: HandDriven) -> None:
    plant.run(1, [FLOAT_V] * CELLS)
    place = AlarmPlace(string_key=KEY, cell=2)
    order = TakeOutOfService(place=place, rule=RULE, reason="sensor is loose")
    await service.execute(order, TECHNICIAN)
    (stopped,) = (await service.rules()).out_of_service
    assert (stopped.rule, stopped.place.cell, stopped.by) == (RULE, 2, "miller")
    assert stopped.reason == "sensor is loose"


@dataclass
class Unset:
    """A clock that nobody has set."""

    def status(self) -> ClockStatus:
        return ClockStatus(synchronised=False, since=datetime.now(UTC), was_set=False)


@dataclass
class Failing:
    """A recorder whose disk takes nothing."""

    problem: str | None = "the disk is full"


async def test_what_is_wrong_with_the_engine_is_told_by_name(
    service: Service, plant: HandDriven
) -> None:
    plant.run(1, [FLOAT_V] * CELLS)
    assert service.faults() == []
    service.clock = Unset()
    service._recorder = cast("Recorder", Failing())
    plant.wiring.lines["modules"].port_open = False
    plant.run(1, [FLOAT_V] * CELLS)
    kinds = [(fault.kind, fault.place) for fault in service.faults()]
    assert kinds == [
        (FaultKind.RECORDING, None),
        (FaultKind.CLOCK_NOT_SET, None),
        (FaultKind.LINE_GONE, "modules"),
    ]
    assert service.faults()[0].detail == "the disk is full"
