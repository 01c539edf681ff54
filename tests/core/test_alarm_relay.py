"""The alarm relay is closed while all is well, and opens when nobody says so any more."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from bacs_core import alarm_relay as alarm_relay_module, relay_loss as relay_loss_module
from bacs_core.alarm_relay import LEASE_S, AlarmRelayDriver, alarm_relay
from bacs_core.polling.accessories import AccessoryImage
from bacs_core.relay_loss import RelayLoss, relay_losses
from bacs_core.settings import Accessory, Address
from tests.core.relay_site import RecordingLine, RelayRoom, relay_room

BOX = Accessory("box", "Box", "panel_relay_box", Address("rack", 245))
NOW = 1000.0


@pytest.fixture
def line() -> RecordingLine:
    return RecordingLine()


@pytest.fixture
def loss() -> SimpleNamespace:
    return SimpleNamespace(verified=True)


@pytest.fixture
def driver(line: RecordingLine, loss: SimpleNamespace) -> AlarmRelayDriver:
    image = AccessoryImage(BOX)
    image.identity.problem = None
    image.identity.answers = lambda: True
    return AlarmRelayDriver(line.as_owner(), image, cast("RelayLoss", loss), 4)


async def test_the_lease_is_renewed_at_least_four_times_before_it_ends(
    line: RecordingLine, driver: AlarmRelayDriver
) -> None:
    for second in range(int(LEASE_S) + 1):
        driver.renew(energised=True, now=NOW + second)
    assert len(line.sent) - 1 >= 4
    assert set(line.switched()) == {(4, True, LEASE_S)}


async def test_an_alarm_opens_the_relay_at_once(
    line: RecordingLine, driver: AlarmRelayDriver
) -> None:
    driver.renew(energised=True, now=NOW)
    driver.renew(energised=False, now=NOW + 1)
    driver.renew(energised=True, now=NOW + 2)
    assert [closed for _, closed, _ in line.switched()] == [True, False, True]


async def test_the_relay_is_not_closed_before_the_box_is_seen_to_drop_it_out(
    line: RecordingLine, driver: AlarmRelayDriver, loss: SimpleNamespace
) -> None:
    loss.verified = False
    driver.renew(energised=True, now=NOW)
    loss.verified = True
    driver.renew(energised=True, now=NOW + 1)
    assert [closed for _, closed, _ in line.switched()] == [False, True]


async def test_a_clock_that_was_set_back_does_not_stop_renewal(
    line: RecordingLine, driver: AlarmRelayDriver
) -> None:
    driver.renew(energised=True, now=NOW)
    driver.renew(energised=True, now=NOW - 500)
    assert len(line.sent) == 2


async def test_whoever_stops_in_order_does_not_wait_for_the_lease(
    line: RecordingLine, driver: AlarmRelayDriver
) -> None:
    driver.renew(energised=True, now=NOW)
    await driver.switch_off()
    assert [closed for _, closed, _ in line.switched()] == [True, False]
    line.gone = True
    await driver.switch_off()


@pytest.fixture
async def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RelayRoom]:
    monkeypatch.setattr(alarm_relay_module, "LEASE_S", 1.0)
    monkeypatch.setattr(alarm_relay_module, "RENEW_EVERY_S", 0.1)
    monkeypatch.setattr(relay_loss_module, "RETRY_S", 0.1)
    async with relay_room(tmp_path) as room:
        yield room


async def test_it_drops_out_over_a_line_when_nobody_renews_it(room: RelayRoom) -> None:
    losses = relay_losses(room.wiring)
    driver = alarm_relay(room.wiring, losses)
    assert driver is not None

    def closed() -> bool:
        losses["box"].follow(time.time())
        driver.renew(energised=True, now=time.time())
        return room.box.contacts[3]

    await room.until(closed, "the closed relay")
    assert room.box.drops_out == [False, False, False, True]
    await room.until(lambda: not room.box.contacts[3], "the end of the lease")


async def test_what_relays_do_on_loss_is_put_right_at_the_start_and_when_the_box_returns(
    room: RelayRoom,
) -> None:
    room.box.drops_out = [True, True, True, False]
    loss = relay_losses(room.wiring)["box"]

    def followed() -> bool:
        loss.follow(time.time())
        return loss.verified

    await room.until(followed, "the verification")
    # Relay 1 is nobody's: it stays as it is.
    assert room.box.drops_out == [True, False, False, True]
    assert loss.problem is None

    room.silence()
    await room.until(lambda: not followed(), "the loss of the box")
    room.box.drops_out = [True, True, False, True]
    room.speak()
    await room.until(followed, "the verification of the box that returned")
    assert room.box.drops_out == [True, False, False, True]
