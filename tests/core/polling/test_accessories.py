"""Relay boxes and environment sensors: what is told of them, and who may be switched."""

from __future__ import annotations

import pytest

from bacs_core.errors import RefusedError, SettingsError
from bacs_core.polling import accessories
from bacs_core.polling.accessories import STALE_AFTER_S, AccessoryImage, switch_request
from bacs_core.settings import Accessory, Address
from bacs_core.simulator.environment_sensors import EnvironmentSensor
from bacs_core.simulator.relay_boxes import RelayBox
from bacs_core.simulator.room import Room
from bacs_core.snapshot import Reading
from tests.core.polling.bench import Bench, alive, refuses
from tests.core.simulator.plants import make_string, plain_plant

BOX = Accessory("relays", "Relays", "panel_relay_box", Address("room", 245))
SENSOR = Accessory("air", "Air", "panel_environment_sensor", Address("room", 246))


class AccessoryBench:
    def __init__(self) -> None:
        room = Room(plain_plant(make_string(1)), 1.0, 100.0)
        self.box = RelayBox(245, 77, room)
        self.sensor = EnvironmentSensor(246, lambda: 21.5, 78, room)
        self.relays = AccessoryImage(BOX)
        self.air = AccessoryImage(SENSOR)
        self.bench = Bench([self.box, self.sensor])
        self.jobs = [
            *accessories.jobs(BOX, self.relays, alive),
            *accessories.jobs(SENSOR, self.air, alive),
        ]

    def poll(self) -> None:
        self.bench.poll(self.jobs)


@pytest.fixture
def room() -> AccessoryBench:
    return AccessoryBench()


def test_before_the_first_answer_nothing_is_told(room: AccessoryBench) -> None:
    told = room.relays.freeze(100.0, None)
    assert (told.id, told.name, told.online, told.serial_number) == ("relays", "Relays", None, None)
    assert told.inputs == told.relays == (None, None, None, None)
    assert room.air.freeze(100.0, None).temperature_c is None


def test_contacts_are_told_and_not_orders(room: AccessoryBench) -> None:
    room.box.ordered[0] = True
    room.box.stuck = {0: False, 3: True}
    room.box.inputs[1] = True
    room.poll()
    told = room.relays.freeze(100.0, online=True)
    assert told.relays == (False, False, False, True)
    assert told.inputs == (False, True, False, False)
    assert (told.serial_number, told.firmware_version) == (77, "1.0")


def test_an_environment_sensor_tells_what_it_has(room: AccessoryBench) -> None:
    room.sensor.hydrogen_percent = None
    room.poll()
    told = room.air.freeze(100.0, online=True)
    assert told.temperature_c == Reading(21.5, 100.0)
    assert told.humidity_percent == Reading(45.0, 100.0)
    assert told.hydrogen_percent is None
    assert told.inputs == told.relays == ()


def test_what_is_stale_is_not_told_and_a_step_of_the_clock_makes_nothing_stale(
    room: AccessoryBench,
) -> None:
    room.poll()
    for image in (room.relays, room.air):
        image.shift(3600.0)
    now = 3700.0 + STALE_AFTER_S
    assert room.relays.freeze(now, online=True).relays[0] is False
    assert room.air.freeze(now, online=True).temperature_c is not None
    assert room.relays.freeze(now + 1, online=True).relays[0] is None
    assert room.air.freeze(now + 1, online=True).temperature_c is None


def test_a_relay_is_switched_alone(room: AccessoryBench) -> None:
    room.box.ordered[3] = True
    room.poll()
    room.bench.ask(switch_request(room.relays, 2, closed=True))
    assert room.box.contacts == [False, True, False, True]
    room.bench.ask(switch_request(room.relays, 2, closed=False))
    assert room.box.contacts == [False, False, False, True]


@pytest.mark.parametrize("relay", [0, 5])
def test_a_relay_that_there_is_not_is_not_switched(room: AccessoryBench, relay: int) -> None:
    room.poll()
    with pytest.raises(RefusedError):
        switch_request(room.relays, relay, closed=True)
    with pytest.raises(RefusedError):
        switch_request(room.air, 1, closed=True)


def test_a_box_that_is_not_the_confirmed_one_is_not_switched(room: AccessoryBench) -> None:
    room.relays.identity.pin(99)
    room.poll()
    with pytest.raises(RefusedError, match="serial 77"):
        switch_request(room.relays, 1, closed=True)


def test_late_and_changed_answers_of_accessories_are_refused(room: AccessoryBench) -> None:
    for job in room.jobs:
        late = room.bench.ask(job.make())
        sound = room.bench.ask(job.make())
        assert refuses(job.deliver, late, 100.0), job.name
        assert refuses(job.deliver, sound[:-1] + bytes([sound[-1] ^ 1]), 100.0), job.name
        job.deliver(sound, 100.0)


def test_a_device_that_is_no_accessory_is_refused() -> None:
    with pytest.raises(SettingsError):
        AccessoryImage(Accessory("x", "X", "panel_module", Address("room", 1)))
