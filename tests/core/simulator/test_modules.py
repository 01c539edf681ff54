"""A simulated module keeps what the map promises: lease, hold, echo."""

from __future__ import annotations

import pytest

from bacs_core.devices.panel_map import IDENTITY, KIND_MODULE, MAP_ID
from bacs_core.devices.panel_module import (
    BYPASS_ADDRESS,
    BYPASS_HEADER,
    BYPASS_WORDS,
    HOLD,
    MEASUREMENT,
    SLOW,
    STATUS_BYPASS_ON,
    STATUS_LEASE_EXPIRED,
    encode_bypass,
)
from bacs_core.simulator.building import PlantOptions
from bacs_core.simulator.plant import Plant
from bacs_core.simulator.sensors import Tolerances
from bacs_core.simulator.served import ILLEGAL_ADDRESS, RequestRefusedError
from tests.core.simulator.plants import make_string, plain_plant
from tests.core.simulator.still_room import ModuleRoom, read

STRING = make_string(4)


@pytest.fixture
def room() -> ModuleRoom:
    return ModuleRoom(plain_plant(STRING), STRING)


def test_every_declared_block_is_served(room: ModuleRoom) -> None:
    module = room.modules[2]
    identity = read(module, IDENTITY, 100.0)
    assert identity["map_id"] == MAP_ID
    assert identity["device_kind"] == KIND_MODULE
    assert identity["module_type"] == 44
    assert identity["unit_address"] == 3
    assert identity["serial_number"] == 1002
    truth = room.plant.truth(room.key)
    measurement = read(module, MEASUREMENT, 100.0)
    assert measurement["voltage_v"] == pytest.approx(truth.voltage_v[2], abs=0.6e-3)
    assert measurement["temperature_c"] == pytest.approx(truth.temperature_c[2], abs=0.06)
    assert measurement["echo"] == 256 * 3
    slow = read(module, SLOW, 100.0)
    assert slow["resistance_ohm"] == pytest.approx(truth.resistance_ohm[2], abs=1e-6)
    assert slow["charge_percent"] == pytest.approx(truth.charge_percent[2], abs=0.06)


def test_a_part_of_a_block_is_served_too(room: ModuleRoom) -> None:
    module = room.modules[0]
    whole = module.read(MEASUREMENT.address, MEASUREMENT.count, 100.0)
    assert module.read(MEASUREMENT.address + 1, 2, 100.0) == whole[2:6]


@pytest.mark.parametrize(
    ("address", "count"),
    [(0x000A, 1), (0x0008, 4), (0x0016, 1), (0x0023, 1), (BYPASS_ADDRESS, 2), (HOLD.address, 2)],
)
def test_registers_that_are_not_listed_are_refused(
    room: ModuleRoom, address: int, count: int
) -> None:
    with pytest.raises(RequestRefusedError) as refused:
        room.modules[0].read(address, count, 100.0)
    assert refused.value.code == ILLEGAL_ADDRESS


def test_a_bypass_broadcast_sets_the_duty_of_each_module_and_shows_in_its_echo(
    room: ModuleRoom,
) -> None:
    room.bypass(100.0, {1: 100.0, 3: 12.5}, lease_s=20.0, sequence=7)
    assert room.conducted_a(100.1) == pytest.approx([0.85, 0.0, 0.10625, 0.0])
    measurement = read(room.modules[2], MEASUREMENT, 100.1)
    assert measurement["duty_percent"] == 12.5
    assert measurement["status"] == STATUS_BYPASS_ON
    assert measurement["echo"] == 256 * 3 + 7
    assert read(room.modules[2], SLOW, 100.1)["echo"] == 256 * 3 + 7


def test_without_renewal_the_bypass_ends_with_its_lease_and_says_so(room: ModuleRoom) -> None:
    room.bypass(100.0, {1: 50.0}, lease_s=20.0)
    assert room.conducted_a(119.9)[0] > 0
    assert room.conducted_a(120.0)[0] == 0
    measurement = read(room.modules[0], MEASUREMENT, 120.0)
    assert measurement["duty_percent"] == 0
    assert measurement["status"] == STATUS_LEASE_EXPIRED
    assert read(room.modules[1], MEASUREMENT, 120.0)["status"] == 0


def test_a_renewal_keeps_the_bypass_on_and_clears_an_expired_lease(room: ModuleRoom) -> None:
    room.bypass(100.0, {1: 50.0}, lease_s=20.0, sequence=1)
    room.bypass(115.0, {1: 50.0}, lease_s=20.0, sequence=2)
    assert room.conducted_a(134.0)[0] > 0
    assert room.conducted_a(136.0)[0] == 0
    room.bypass(140.0, {1: 50.0}, lease_s=20.0, sequence=3)
    assert read(room.modules[0], MEASUREMENT, 140.0)["status"] == STATUS_BYPASS_ON


def test_the_plant_sees_a_bypass_exactly_as_long_as_its_lease_ran() -> None:
    room = ModuleRoom(plain_plant(STRING, spread_v=0.0), STRING, speed=600.0)
    room.bypass(100.0, {1: 100.0}, lease_s=2.0)
    room.room.advance_to(110.0)
    truth = room.plant.truth(room.key)
    lost_ah = truth.through_ah[1] - truth.through_ah[0]
    assert lost_ah == pytest.approx(0.85 * 2.0 * 600 / 3600)


@pytest.mark.parametrize("slot", [201, 255])
def test_a_duty_above_one_hundred_percent_means_off(room: ModuleRoom, slot: int) -> None:
    payload = bytearray(encode_bypass(1, 20.0, {1: 50.0}))
    payload[2 * BYPASS_HEADER.count] = slot
    room.modules[0].hear(BYPASS_ADDRESS, bytes(payload), 100.0)
    assert room.conducted_a(100.1)[0] == 0


@pytest.mark.parametrize("sequence", [0, 256])
def test_a_sequence_number_that_cannot_be_is_ignored(room: ModuleRoom, sequence: int) -> None:
    room.bypass(100.0, {1: 50.0}, lease_s=20.0, sequence=5)
    room.bypass(101.0, {1: 100.0}, lease_s=20.0, sequence=sequence)
    assert read(room.modules[0], MEASUREMENT, 101.0)["duty_percent"] == 50
    assert read(room.modules[0], MEASUREMENT, 101.0)["echo"] == 256 + 5


def test_a_unit_beyond_the_end_of_a_short_broadcast_switches_off(room: ModuleRoom) -> None:
    room.bypass(100.0, {1: 50.0, 4: 50.0}, lease_s=20.0)
    payload = encode_bypass(2, 20.0, {1: 50.0, 4: 50.0})
    assert len(payload) == 2 * BYPASS_WORDS
    for module in room.modules:
        module.hear(BYPASS_ADDRESS, payload[: 2 * BYPASS_HEADER.count + 2], 101.0)
    assert room.conducted_a(101.1) == pytest.approx([0.425, 0.0, 0.0, 0.0])


def test_a_hold_pauses_all_bypass_and_ends_by_itself(room: ModuleRoom) -> None:
    room.bypass(100.0, {1: 100.0}, lease_s=20.0)
    room.hold(101.0, duration_s=0.1)
    assert room.conducted_a(101.05)[0] == 0
    assert read(room.modules[0], MEASUREMENT, 101.05)["status"] == 0
    assert room.conducted_a(101.101)[0] == pytest.approx(0.85)


def test_a_hold_never_lasts_longer_than_a_second(room: ModuleRoom) -> None:
    room.bypass(100.0, {1: 100.0}, lease_s=20.0)
    room.hold(101.0, duration_s=60.0)
    assert room.conducted_a(101.99)[0] == 0
    assert room.conducted_a(102.001)[0] == pytest.approx(0.85)


def test_values_latch_once_the_bypass_has_settled_and_stay_while_it_works_again() -> None:
    plant = Plant([STRING], PlantOptions(tolerances=Tolerances(voltage_noise_v=0.0)))
    room = ModuleRoom(plant, STRING)
    quiet_v = read(room.modules[0], MEASUREMENT, 100.0)["voltage_v"]
    assert quiet_v is not None
    room.bypass(100.0, {1: 100.0}, lease_s=20.0)
    room.room.advance_to(101.0)
    loaded_v = read(room.modules[0], MEASUREMENT, 101.0)["voltage_v"]
    assert loaded_v == pytest.approx(quiet_v - 0.022, abs=2e-3)

    room.hold(101.0, duration_s=0.05, sequence=9)
    assert read(room.modules[0], MEASUREMENT, 101.010)["hold_sequence"] == 0
    latched = read(room.modules[0], MEASUREMENT, 101.017)
    assert latched["hold_sequence"] == 9
    assert latched["voltage_v"] == pytest.approx(quiet_v, abs=1e-3)
    later = read(room.modules[0], MEASUREMENT, 103.0)
    assert later["voltage_v"] == latched["voltage_v"]
    assert later["hold_sequence"] == 9
    assert later["status"] == STATUS_BYPASS_ON


def test_a_latched_value_does_not_outlive_its_use(room: ModuleRoom) -> None:
    room.hold(101.0, duration_s=0.05, sequence=9)
    assert read(room.modules[0], MEASUREMENT, 120.0)["hold_sequence"] == 9
    assert read(room.modules[0], MEASUREMENT, 122.0)["hold_sequence"] == 0


def test_a_hold_shorter_than_the_settling_latches_nothing(room: ModuleRoom) -> None:
    room.hold(101.0, duration_s=0.01, sequence=9)
    assert read(room.modules[0], MEASUREMENT, 101.5)["hold_sequence"] == 0


def test_lost_sensors_are_absent_and_not_zero(room: ModuleRoom) -> None:
    simulated = room.plant.strings[room.key]
    simulated.sensors = simulated.sensors.with_absent(0, temperature=True, voltage=True)
    measurement = read(room.modules[0], MEASUREMENT, 100.0)
    assert measurement["voltage_v"] is None
    assert measurement["temperature_c"] is None
