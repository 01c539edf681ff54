"""Relays, thresholds and the LED: orders to simulated devices between the polls, in fake time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bacs_core.api.messages import Identify, SetThresholds, SwitchRelay
from bacs_core.bus.frames import Request
from bacs_core.bus.owner import Priority
from bacs_core.commissioning import orders
from bacs_core.commissioning.familiar import familiar_devices
from bacs_core.commissioning.field import Field
from bacs_core.commissioning.work import Progress
from bacs_core.devices.panel_map import IDENTITY
from bacs_core.devices.panel_module import SET_THRESHOLDS
from bacs_core.errors import RefusedError
from bacs_core.polling.accessories import AccessoryImage
from bacs_core.polling.guarded import RequestCounter, question
from bacs_core.polling.identity import Identity
from bacs_core.polling.wiring import Wiring, wire
from bacs_core.settings import Accessory, Address
from bacs_core.simulator.relay_boxes import RelayBox
from tests.core.commissioning.pair import Pair, hurried, modules_of, simulated
from tests.core.commissioning.test_desk import LoanOwner

BOX = Accessory(
    "box",
    "Relay box",
    "panel_relay_box",
    Address("rack", 243),
    relays=("Horn", "Fan", "Breaker", "Spare"),
    released=frozenset({1, 2}),
    breakers=frozenset({3}),
)


@dataclass
class Orders(LoanOwner):
    """Sends each command at once."""

    priorities: list[Priority] = field(default_factory=list)

    def command(
        self, name: str, priority: Priority, make: Callable[[], Request]
    ) -> asyncio.Future[bytes]:
        self.priorities.append(priority)
        return asyncio.ensure_future(self.pair.ask(make()))


class Still:
    """An environment in which nothing happens."""

    plant_time_s = 0.0

    def settle(self, now: float) -> None: ...

    def disturb(self, now: float) -> None: ...


async def show(pair: Pair, identity: Identity) -> None:
    """Let a device say who it is, as the polls do."""
    identity.answers = lambda: True
    identity.deliver(await pair.ask(identity.request()), 0.0)


def with_box() -> tuple[Orders, RelayBox, AccessoryImage]:
    box = RelayBox(243, 77, Still())
    return Orders(Pair([box])), box, AccessoryImage(BOX)


def deed(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    hurried(work())


def test_a_relay_is_switched_and_its_contact_looked_at() -> None:
    owner, box, image = with_box()

    async def switch() -> None:
        await show(owner.pair, image.identity)
        await orders.switch_relay(owner, image, 2, closed=True)
        assert box.contacts == [False, True, False, False]
        await orders.switch_relay(owner, image, 2, closed=False)
        assert box.contacts == [False] * 4
        assert set(owner.priorities) == {Priority.ORDER}

    deed(switch)


def test_a_contact_that_does_not_follow_is_told() -> None:
    owner, box, image = with_box()

    async def switch() -> None:
        await show(owner.pair, image.identity)
        box.stuck[0] = False
        with pytest.raises(RefusedError) as refused:
            await orders.switch_relay(owner, image, 1, closed=True)
        assert refused.value.code == "contact_stuck"

    deed(switch)


def test_a_box_that_is_not_believed_is_not_switched() -> None:
    owner, box, image = with_box()

    async def switch() -> None:
        image.identity.pin(78)
        await show(owner.pair, image.identity)
        with pytest.raises(RefusedError):
            await orders.switch_relay(owner, image, 1, closed=True)
        assert box.contacts == [False] * 4

    deed(switch)


@pytest.mark.parametrize(("relay", "code"), [(3, "is_breaker"), (4, "not_released")])
def test_a_relay_that_is_not_released_is_switched_by_nobody(
    tmp_path: Path, relay: int, code: str
) -> None:
    wiring, _, _ = room(tmp_path)
    wiring.accessories["box"] = AccessoryImage(BOX)
    with pytest.raises(RefusedError) as refused:
        Field(wiring, familiar_devices(wiring, lambda _: None)).relay(
            SwitchRelay(device_id="box", relay=relay, closed=True)
        )
    assert refused.value.code == code


def room(folder: Path) -> tuple[Wiring, Orders, list[Any]]:
    """The simulated room with its real wiring, on a line that sends at once."""
    from bacs_core import sitefile

    pair, devices = simulated(folder)
    wiring = wire(sitefile.load(folder / "site.toml"), lambda: 0.0)
    owner = Orders(pair)
    wiring.lines["rack"] = owner
    return wiring, owner, modules_of(devices)


def test_thresholds_are_written_into_every_module_and_the_others_stay(tmp_path: Path) -> None:
    wiring, owner, modules = room(tmp_path)
    sleep_s = modules[0].sleep.after_s
    command = SetThresholds(string_key="room/1", thresholds={"module_temperature_high_c": 61.5})
    errand = Field(wiring, familiar_devices(wiring, lambda _: None)).thresholds(command)
    progress = Progress()

    async def write() -> None:
        for module in wiring.modules["room/1"]:
            await show(owner.pair, module.identity)
            module.thresholds_due_at = 600.0
        await errand(progress)

    deed(write)
    assert [module.temperature_high_c for module in modules] == [61.5] * 4
    assert [module.sleep.after_s for module in modules] == [sleep_s] * 4
    assert (progress.done, progress.total) == (4, 4)
    assert all(module.thresholds_due_at == 0.0 for module in wiring.modules["room/1"])


def test_one_silent_module_does_not_keep_the_others_from_their_thresholds(tmp_path: Path) -> None:
    wiring, owner, modules = room(tmp_path)
    command = SetThresholds(string_key="room/1", thresholds={"module_temperature_high_c": 61.5})
    errand = Field(wiring, familiar_devices(wiring, lambda _: None)).thresholds(command)

    async def write() -> None:
        for module in wiring.modules["room/1"][1:]:
            await show(owner.pair, module.identity)
        progress = Progress()
        with pytest.raises(RefusedError, match="1 of 4 modules failed"):
            await errand(progress)
        assert progress.detail.startswith("unit 1: ")

    deed(write)
    assert [module.temperature_high_c == 61.5 for module in modules] == [False, True, True, True]


def test_an_led_blinks_and_an_address_without_a_module_is_told(tmp_path: Path) -> None:
    _, owner, modules = room(tmp_path)

    async def blink() -> None:
        await orders.identify(owner, RequestCounter(), 2, 30)
        now = asyncio.get_running_loop().time()
        assert [module.blinks(now) for module in modules] == [False, True, False, False]
        assert not modules[1].blinks(now + 31)
        for unit, code in ((99, "no_answer"), (242, "not_a_module")):
            with pytest.raises(RefusedError) as refused:
                await orders.identify(owner, RequestCounter(), unit, 30)
            assert refused.value.code == code
        assert {unit for unit, _ in owner.pair.written} == {2}

    deed(blink)


def test_what_the_site_file_calls_another_device_is_not_asked_to_blink(tmp_path: Path) -> None:
    wiring, owner, _ = room(tmp_path)
    managers = {"pack": Address("rack", 5)}
    others = {"room/1": "huasu_cellcheck_tv"}
    fields = Field(wiring, familiar_devices(wiring, lambda _: None))
    fields.identify(Identify(line_id="rack", unit=5))
    wiring.settings = replace(wiring.settings, managers=managers, module_devices=others)
    for unit in (1, 5):
        with pytest.raises(RefusedError) as refused:
            fields.identify(Identify(line_id="rack", unit=unit))
        assert refused.value.code == "not_a_module"
    assert owner.pair.asked == []


@pytest.mark.parametrize(
    "thresholds",
    [
        {"module_temperature_high_c": 39.0},
        {"module_temperature_high_c": 86.0},
        {"bypass_voltage_low_v": 0.9},
        {"bypass_voltage_low_v": 2.5},
        {"sleep_after_s": 1.0},
    ],
)
def test_a_threshold_that_is_not_safe_is_refused(
    tmp_path: Path, thresholds: dict[str, float]
) -> None:
    wiring, _, _ = room(tmp_path)
    command = SetThresholds(string_key="room/1", thresholds=thresholds)
    with pytest.raises(RefusedError) as refused:
        Field(wiring, familiar_devices(wiring, lambda _: None)).thresholds(command)
    assert refused.value.code == "bad_threshold"


@pytest.mark.parametrize("threshold", [float("nan"), float("inf")])
def test_a_threshold_that_is_no_number_is_no_order(threshold: float) -> None:
    with pytest.raises(ValidationError, match="finite number"):
        SetThresholds(string_key="room/1", thresholds={"module_temperature_high_c": threshold})


def test_every_threshold_has_a_safe_range() -> None:
    assert set(orders.SAFE) == {register.name for register in SET_THRESHOLDS.registers}
    assert orders.SAFE["sleep_after_s"].holds(0.0)


def test_a_refusal_of_the_device_is_told_as_such(tmp_path: Path) -> None:
    _, owner, _ = room(tmp_path)

    async def ask() -> None:
        asking = question(241, RequestCounter(), IDENTITY.at(0x1000))
        with pytest.raises(RefusedError) as refused:
            await orders.send(owner, asking.request)
        assert refused.value.code == "device_refused"

    deed(ask)
