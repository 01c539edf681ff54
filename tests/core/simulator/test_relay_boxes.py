"""A simulated relay box switches, reads its contacts back, and holds or drops out when left."""

from __future__ import annotations

import pytest

from bacs_core.devices import panel_environment_sensor
from bacs_core.devices.panel_relay_box import LOSS, SET_LOSS, STATE, SWITCH
from bacs_core.simulator.environment_sensors import EnvironmentSensor
from bacs_core.simulator.relay_boxes import RelayBox
from bacs_core.simulator.room import Room
from bacs_core.simulator.served import ILLEGAL_VALUE, RequestRefusedError
from tests.core.simulator.plants import make_string, plain_plant
from tests.core.simulator.still_room import read, write

ALARM = 2


@pytest.fixture
def room() -> Room:
    return Room(plain_plant(make_string(1)), 1.0, 100.0)


@pytest.fixture
def box(room: Room) -> RelayBox:
    """A box whose relay 2 drops out; the others hold."""
    box = RelayBox(245, 7, room)
    room.install([box])
    write(box, SET_LOSS, 100.0, {"drops_out": 1 << ALARM - 1})
    return box


def switch(box: RelayBox, relay: int, now: float, *, closed: float = 1.0, lease_s: float) -> None:
    write(box, SWITCH, now, {"relay": relay, "closed": closed, "lease_s": lease_s})


def test_a_breaker_relay_holds_when_nobody_speaks_any_more(room: Room, box: RelayBox) -> None:
    switch(box, 1, 100.0, lease_s=0.0)
    room.advance_to(100_000.0)
    assert read(box, STATE, 100_000.0) == {
        "inputs": 0, "contacts": 1, "ordered": 1, "lapsed": 0
    }  # fmt: skip


def test_the_alarm_relay_drops_out_when_its_lease_is_not_renewed(room: Room, box: RelayBox) -> None:
    switch(box, ALARM, 100.0, lease_s=10.0)
    switch(box, ALARM, 108.0, lease_s=10.0)
    room.advance_to(117.9)
    assert read(box, STATE, 117.9)["contacts"] == 0b10
    room.advance_to(118.0)
    state = read(box, STATE, 118.0)
    assert (state["contacts"], state["lapsed"]) == (0, 0b10)
    switch(box, ALARM, 120.0, lease_s=10.0)
    assert read(box, STATE, 120.0)["lapsed"] == 0


def test_switching_one_relay_leaves_the_others(box: RelayBox) -> None:
    switch(box, 1, 100.0, lease_s=0.0)
    switch(box, 4, 100.0, lease_s=0.0)
    switch(box, 1, 101.0, closed=0.0, lease_s=0.0)
    assert read(box, STATE, 101.0)["contacts"] == 0b1000


def test_a_welded_contact_shows_beside_what_was_ordered(box: RelayBox) -> None:
    box.stuck[0] = True
    box.inputs[2] = True
    state = read(box, STATE, 100.0)
    assert (state["inputs"], state["contacts"], state["ordered"]) == (0b100, 1, 0)


def test_a_closed_relay_that_shall_drop_out_from_now_on_opens_at_once(box: RelayBox) -> None:
    switch(box, 1, 100.0, lease_s=0.0)
    write(box, SET_LOSS, 101.0, {"drops_out": 0b11})
    assert read(box, STATE, 101.0)["contacts"] == 0
    assert read(box, LOSS, 101.0)["drops_out"] == 0b11


@pytest.mark.parametrize(
    ("relay", "closed", "lease_s"), [(0, 1.0, 1.0), (5, 1.0, 1.0), (1, 2.0, 1.0), (ALARM, 1.0, 0.0)]
)
def test_an_order_that_cannot_be_is_refused(
    box: RelayBox, relay: int, closed: float, lease_s: float
) -> None:
    with pytest.raises(RequestRefusedError) as refused:
        switch(box, relay, 100.0, closed=closed, lease_s=lease_s)
    assert refused.value.code == ILLEGAL_VALUE
    assert not any(box.contacts)


def test_an_environment_sensor_tells_what_it_measures_and_what_it_lacks(room: Room) -> None:
    sensor = EnvironmentSensor(246, lambda: 23.4, 8, room)
    sensor.hydrogen_percent = None
    assert read(sensor, panel_environment_sensor.MEASUREMENT, 100.0) == {
        "temperature_c": 23.4,
        "humidity_percent": 45.0,
        "hydrogen_percent": None,
    }
