"""A simulated module keeps what the map promises: lease, hold, echo."""

from __future__ import annotations

import pytest

from bacs_core.devices import guard
from bacs_core.devices.panel_map import IDENTITY, KIND_MODULE, MAP_ID
from bacs_core.devices.panel_module import (
    BYPASS_ADDRESS,
    HIGHEST_THRESHOLD_C,
    HOLD,
    IDENTIFY,
    MEASUREMENT,
    SET_IDENTIFY,
    SET_THRESHOLDS,
    SLOW,
    STATUS_BYPASS_ON,
    STATUS_CELL_LOW,
    STATUS_HOT,
    STATUS_IDENTIFYING,
    STATUS_LEASE_EXPIRED,
    STATUS_MEASURING_RESISTANCE,
    THRESHOLDS,
    encode_bypass,
)
from bacs_core.simulator.building import PlantOptions
from bacs_core.simulator.plant import Plant
from bacs_core.simulator.sensors import Tolerances
from bacs_core.simulator.served import (
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    RequestRefusedError,
)
from tests.core.simulator.plants import make_string, plain_plant
from tests.core.simulator.still_room import ModuleRoom, read, write

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
    assert identity["hardware_generation"] == 4
    assert identity["unit_address"] == 3
    assert identity["serial_number"] == 1002
    truth = room.plant.truth(room.key)
    measurement = read(module, MEASUREMENT, 100.0)
    assert measurement["voltage_v"] == pytest.approx(truth.voltage_v[2], abs=0.6e-3)
    assert measurement["temperature_c"] == pytest.approx(truth.temperature_c[2], abs=0.06)
    assert measurement["unit_address"] == 3
    slow = read(module, SLOW, 100.0)
    assert slow["resistance_ohm"] == pytest.approx(truth.resistance_ohm[2], abs=1e-6)
    assert slow["charge_percent"] == pytest.approx(truth.charge_percent[2], abs=0.06)


def test_a_part_of_a_block_is_served_too(room: ModuleRoom) -> None:
    module = room.modules[0]
    whole = module.read(3, MEASUREMENT.address, MEASUREMENT.count, 100.0)
    assert module.read(3, MEASUREMENT.address + 1, 2, 100.0) == whole[2:6]


def test_the_same_registers_are_served_under_each_request_counter(room: ModuleRoom) -> None:
    module = room.modules[0]
    for counter in range(guard.COUNTERS):
        asked = guard.asked_address(SLOW.address, counter)
        payload = module.read(3, asked, SLOW.count, 100.0)
        assert int.from_bytes(payload[:2], "big") == asked
        assert SLOW.decode(payload, unit=1, asked=asked)["charge_percent"] is not None


@pytest.mark.parametrize(
    ("address", "count"),
    [(0x000D, 1), (0x0008, 6), (0x0017, 1), (0x0025, 1), (BYPASS_ADDRESS, 2), (HOLD.address, 2)],
)
def test_registers_that_are_not_listed_are_refused(
    room: ModuleRoom, address: int, count: int
) -> None:
    with pytest.raises(RequestRefusedError) as refused:
        room.modules[0].read(3, address, count, 100.0)
    assert refused.value.code == ILLEGAL_ADDRESS


@pytest.mark.parametrize("function", [1, 2, 4])
def test_only_function_3_reads(room: ModuleRoom, function: int) -> None:
    with pytest.raises(RequestRefusedError) as refused:
        room.modules[0].read(function, SLOW.address, SLOW.count, 100.0)
    assert refused.value.code == ILLEGAL_FUNCTION


def test_a_bypass_broadcast_sets_the_duty_of_each_module_and_shows_in_its_echo(
    room: ModuleRoom,
) -> None:
    room.bypass(100.0, {1: 100.0, 3: 12.5}, lease_s=20.0, sequence=7)
    assert room.conducted_a(100.1) == pytest.approx([0.85, 0.0, 0.10625, 0.0])
    measurement = read(room.modules[2], MEASUREMENT, 100.1)
    assert measurement["duty_percent"] == 12.5
    assert measurement["status"] == STATUS_BYPASS_ON
    assert measurement["bypass_sequence"] == 7


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
    room.bypass(99.0, {1: 50.0}, lease_s=20.0)
    order = bytearray(encode_bypass(2, 20.0, {1: 50.0})[:-2])
    order[4] = slot
    payload = guard.sealed_order(0, BYPASS_ADDRESS, bytes(order))
    room.modules[0].hear(BYPASS_ADDRESS, payload, 100.0)
    assert room.conducted_a(100.1)[0] == 0


@pytest.mark.parametrize("sequence", [0, 256])
def test_a_sequence_number_that_cannot_be_is_ignored(room: ModuleRoom, sequence: int) -> None:
    room.bypass(100.0, {1: 50.0}, lease_s=20.0, sequence=5)
    room.bypass(101.0, {1: 100.0}, lease_s=20.0, sequence=sequence)
    assert read(room.modules[0], MEASUREMENT, 101.0)["duty_percent"] == 50
    assert read(room.modules[0], MEASUREMENT, 101.0)["bypass_sequence"] == 5


def test_a_broadcast_that_is_cut_or_changed_is_not_obeyed(room: ModuleRoom) -> None:
    room.bypass(100.0, {1: 50.0}, lease_s=20.0)
    sound = encode_bypass(2, 20.0, {1: 100.0})
    changed = sound[:4] + b"\x40" + sound[5:]
    for payload in (sound[:-2], changed, sound + b"\0\0"):
        room.modules[0].hear(BYPASS_ADDRESS, payload, 101.0)
    assert room.conducted_a(101.1)[0] == pytest.approx(0.425)
    assert read(room.modules[0], MEASUREMENT, 101.1)["bypass_sequence"] == 1


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
    simulated.set_absent(0, temperature=True, voltage=True)
    measurement = read(room.modules[0], MEASUREMENT, 100.0)
    assert measurement["voltage_v"] is None
    assert measurement["temperature_c"] is None


def test_hot_electronics_switch_the_bypass_off_until_they_have_cooled(room: ModuleRoom) -> None:
    module = room.modules[0]
    write(module, SET_THRESHOLDS, 100.0, {**read(module, THRESHOLDS, 100.0), HIGH: 60.0})
    room.bypass(100.0, {1: 100.0}, lease_s=60.0)
    for warmer_k, hot in ((30.0, False), (40.0, True), (36.0, True), (30.0, False)):
        module.warmer_k = warmer_k
        room.hold(101.0, duration_s=0.05)
        assert (room.conducted_a(102.0)[0] == 0) == hot, warmer_k
        status = int(read(module, MEASUREMENT, 102.0)["status"] or 0)
        assert bool(status & STATUS_HOT) == hot


HIGH = "module_temperature_high_c"


def test_a_cell_below_the_threshold_is_not_bypassed(room: ModuleRoom) -> None:
    module = room.modules[0]
    thresholds = {**read(module, THRESHOLDS, 100.0), "bypass_voltage_low_v": 2.4}
    write(module, SET_THRESHOLDS, 100.0, thresholds)
    assert read(module, THRESHOLDS, 100.0) == thresholds
    room.bypass(101.0, {1: 50.0, 2: 50.0}, lease_s=20.0)
    assert room.conducted_a(101.1)[:2] == pytest.approx([0.0, 0.425])
    assert read(module, MEASUREMENT, 101.1)["status"] == STATUS_CELL_LOW


def test_a_module_refuses_a_threshold_that_is_not_safe(room: ModuleRoom) -> None:
    module = room.modules[0]
    before = read(module, THRESHOLDS, 100.0)
    with pytest.raises(RequestRefusedError) as refused:
        write(module, SET_THRESHOLDS, 100.0, {**before, HIGH: HIGHEST_THRESHOLD_C + 1})
    assert refused.value.code == ILLEGAL_VALUE
    assert read(module, THRESHOLDS, 100.0) == before


def test_a_resistance_measurement_pauses_the_bypass_and_shows(room: ModuleRoom) -> None:
    room.modules[0].measuring_resistance = True
    room.bypass(100.0, {1: 50.0}, lease_s=20.0)
    assert room.conducted_a(100.1)[0] == 0
    status = read(room.modules[0], MEASUREMENT, 100.1)["status"]
    assert status == STATUS_MEASURING_RESISTANCE


def test_the_led_blinks_as_long_as_it_was_told(room: ModuleRoom) -> None:
    module = room.modules[0]
    write(module, SET_IDENTIFY, 100.0, {"blink_s": 30.0})
    assert module.blinks(129.0)
    assert read(module, IDENTIFY, 110.0)["blink_s"] == 20.0
    assert read(module, MEASUREMENT, 110.0)["status"] == STATUS_IDENTIFYING
    assert not module.blinks(130.0)
    write(module, SET_IDENTIFY, 131.0, {"blink_s": 30.0})
    write(module, SET_IDENTIFY, 132.0, {"blink_s": 0.0})
    assert not module.blinks(132.0)


@pytest.mark.parametrize("spoiled", ["check", "unit", "length"])
def test_an_order_with_a_wrong_check_is_refused(room: ModuleRoom, spoiled: str) -> None:
    payload = SET_IDENTIFY.encode({"blink_s": 30.0}, unit=2 if spoiled == "unit" else 1)
    if spoiled == "check":
        payload = payload[:1] + b"\x1f" + payload[2:]
    if spoiled == "length":
        payload += b"\0\0"
    with pytest.raises(RequestRefusedError) as refused:
        room.modules[0].write(SET_IDENTIFY.address, payload, 100.0)
    assert refused.value.code == ILLEGAL_VALUE
    assert not room.modules[0].blinks(100.0)


def test_a_module_sleeps_after_a_long_silence_and_wakes_after_four_seconds_of_activity(
    room: ModuleRoom,
) -> None:
    module = room.modules[0]
    room.bypass(100.0, {1: 50.0}, lease_s=6000.0)
    module.sense(100.0)
    room.room.advance_to(999.0)
    assert module.addresses == {1}
    room.room.advance_to(1001.0)
    assert module.addresses == frozenset()
    assert room.conducted_a(1001.0)[0] == 0
    room.bypass(1002.0, {1: 50.0}, lease_s=60.0)
    assert room.conducted_a(1002.1)[0] == 0
    for second in range(1, 10, 3):
        module.sense(1100.0 + second)
    assert module.addresses == frozenset(), "activity with long pauses wakes nobody"
    for second in range(5):
        assert module.addresses == frozenset()
        module.sense(1200.0 + second)
    assert module.addresses == {1}
    room.bypass(1205.0, {1: 50.0}, lease_s=60.0)
    assert room.conducted_a(1205.1)[0] > 0
    room.room.advance_to(1204.0 + 901.0)
    assert module.addresses == frozenset(), "it sleeps again"
