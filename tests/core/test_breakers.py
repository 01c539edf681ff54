"""Breakers are opened first and until they are seen open, and closed by nobody but a person."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bacs_core import breakers
from bacs_core.breakers import REPEAT_EVERY_S, STALE_AFTER_S, BreakerDriver, Breakers
from bacs_core.bus.owner import Priority
from bacs_core.errors import RefusedError
from bacs_core.polling.accessories import AccessoryImage
from bacs_core.settings import Accessory, Address, Breaker
from bacs_core.snapshot import Reading
from tests.core.relay_site import RELEASE, SHUNT, RecordingLine, RelayRoom, relay_room

BOX = Accessory("box", "Box", "panel_relay_box", Address("rack", 245), breakers=frozenset({2}))
TRIP = Breaker("box", 2, 3, open_when=True, trips_by_closing=True)
NOW = 1000.0
OPEN, CLOSED = 0b0100, 0b0000


@pytest.fixture
def line() -> RecordingLine:
    return RecordingLine()


@pytest.fixture
def image() -> AccessoryImage:
    image = AccessoryImage(BOX)
    image.identity.problem = None
    image.identity.answers = lambda: True
    return image


@pytest.fixture
def driver(line: RecordingLine, image: AccessoryImage) -> BreakerDriver:
    return BreakerDriver(line.as_owner(), image, TRIP)


def test_the_contact_tells_and_is_unknown_where_it_is_stale_or_not_believed(
    driver: BreakerDriver, image: AccessoryImage
) -> None:
    assert driver.contact_open(NOW) is None
    image.inputs = Reading(OPEN, NOW)
    assert driver.contact_open(NOW + STALE_AFTER_S) is True
    assert driver.contact_open(NOW + STALE_AFTER_S + 1) is None
    image.inputs = Reading(CLOSED, NOW)
    assert driver.contact_open(NOW) is False
    image.identity.problem = "was away"
    assert driver.contact_open(NOW) is None


async def test_nothing_is_ordered_as_long_as_nothing_trips(
    line: RecordingLine, driver: BreakerDriver
) -> None:
    for second in range(10):
        driver.follow(NOW + second, tripping=False)
    assert line.sent == []


async def test_a_trip_goes_before_all_else_and_is_repeated_until_the_contact_tells(
    line: RecordingLine, driver: BreakerDriver, image: AccessoryImage
) -> None:
    driver.follow(NOW, tripping=True)
    driver.follow(NOW + 1, tripping=True)
    driver.follow(NOW + REPEAT_EVERY_S, tripping=True)
    assert {priority for _, priority, _ in line.sent} == {Priority.TRIP}
    assert [(relay, closed) for relay, closed, _ in line.switched()] == [(2, True)] * 2
    image.inputs = Reading(OPEN, NOW + REPEAT_EVERY_S + 0.5)
    for second in range(10):
        driver.follow(NOW + REPEAT_EVERY_S + second, tripping=True)
    assert len(line.sent) == 2


async def test_a_contact_that_was_open_before_the_order_proves_nothing(
    line: RecordingLine, driver: BreakerDriver, image: AccessoryImage
) -> None:
    image.inputs = Reading(OPEN, NOW - 0.5)
    driver.follow(NOW, tripping=True)
    driver.follow(NOW + REPEAT_EVERY_S, tripping=True)
    assert len(line.sent) == 2


async def test_the_end_of_a_trip_closes_nothing_and_the_next_trip_is_ordered_anew(
    line: RecordingLine, driver: BreakerDriver, image: AccessoryImage
) -> None:
    driver.follow(NOW, tripping=True)
    image.inputs = Reading(OPEN, NOW + 0.5)
    driver.follow(NOW + 1, tripping=False)
    assert len(line.sent) == 1
    driver.follow(NOW + 2, tripping=True)
    assert [closed for _, closed, _ in line.switched()] == [True, True]


async def test_a_box_that_is_not_believed_just_now_is_tripped_all_the_same(
    line: RecordingLine, driver: BreakerDriver, image: AccessoryImage
) -> None:
    image.identity.problem = "was away"
    driver.follow(NOW, tripping=True)
    assert len(line.sent) == 1


async def test_a_clock_that_was_set_back_does_not_stop_the_repeating(
    line: RecordingLine, driver: BreakerDriver
) -> None:
    driver.follow(NOW, tripping=True)
    driver.follow(NOW - 500, tripping=True)
    assert len(line.sent) == 2


async def test_an_order_that_no_line_takes_is_told(
    line: RecordingLine, driver: BreakerDriver
) -> None:
    told = [driver.problem]
    for now, gone in ((NOW, True), (NOW + REPEAT_EVERY_S, False)):
        line.gone = gone
        driver.follow(now, tripping=True)
        told.append(driver.problem)
    assert told == [None, "gone", None]


@pytest.fixture
async def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RelayRoom]:
    monkeypatch.setattr(breakers, "REPEAT_EVERY_S", 0.1)
    async with relay_room(tmp_path) as room:
        yield room


async def test_breakers_of_both_kinds_open_over_a_line_and_wait_for_a_person(
    room: RelayRoom,
) -> None:
    driven = Breakers(room.wiring)
    await room.until(
        lambda: driven.contacts(time.time()) == {SHUNT: False, RELEASE: True}, "the contacts"
    )
    # The box was switched on with all relays open, which a release takes for a trip.
    await driven.reclose(RELEASE)
    await room.until(lambda: driven.contacts(time.time())[RELEASE] is False, "a closed breaker")

    def both_open() -> bool:
        driven.follow((SHUNT, RELEASE), time.time())
        return set(driven.contacts(time.time()).values()) == {True}

    await room.until(both_open, "two open breakers")
    assert driven.problems() == {}
    seen = len(room.switched)
    driven.follow((), time.time())
    driven.follow((SHUNT, RELEASE), time.time())
    await room.until(lambda: len(room.switched) > seen, "the orders of another trip")
    assert {closed for closed, _ in room.orders_to(2)} == {True}
    reclosed, *tripped = (closed for closed, _ in room.orders_to(3))
    assert reclosed is True
    assert set(tripped) == {False}


async def test_a_welded_relay_is_ordered_again_and_again_and_is_no_closed_case(
    room: RelayRoom,
) -> None:
    room.box.stuck[1] = False
    driven = Breakers(room.wiring)
    await room.until(lambda: driven.contacts(time.time())[SHUNT] is False, "the contact")

    def ordered_often() -> bool:
        driven.follow((SHUNT,), time.time())
        return len(room.orders_to(2)) >= 3

    await room.until(ordered_often, "three orders")
    assert driven.contacts(time.time())[SHUNT] is False
    room.box.stuck[2] = False
    with pytest.raises(RefusedError) as refused:
        await driven.reclose(RELEASE)
    assert refused.value.code == "contact_stuck"
    with pytest.raises(RefusedError) as refused:
        await driven.reclose("telecom/9")
    assert refused.value.code == "no_breaker"
