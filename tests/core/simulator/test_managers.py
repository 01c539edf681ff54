"""A simulated manager serves every string and every page of the map, and equalizes by itself."""

from __future__ import annotations

import numpy as np
import pytest

from bacs_core.devices.panel_current_sensor import MEASUREMENT
from bacs_core.devices.panel_manager import COLUMNS, string_block
from bacs_core.devices.panel_map import IDENTITY, KIND_CURRENT_SENSOR, KIND_MANAGER
from bacs_core.model import Quantity
from bacs_core.simulator.building import PlantOptions
from bacs_core.simulator.current_sensors import CurrentSensor
from bacs_core.simulator.managers import Manager
from bacs_core.simulator.plant import Plant
from bacs_core.simulator.room import Room
from bacs_core.simulator.sensors import IDEAL
from bacs_core.simulator.served import ILLEGAL_ADDRESS, RequestRefusedError
from tests.core.simulator.plants import make_block_string
from tests.core.simulator.still_room import read

STRINGS = (make_block_string(70, number=1), make_block_string(70, number=2))
START_S = 100.0


class ManagerRoom:
    def __init__(self, speed: float = 1.0) -> None:
        self.plant = Plant(STRINGS, PlantOptions(tolerances=IDEAL))
        self.room = Room(self.plant, speed, START_S)
        strings = [self.plant.strings[string.key] for string in STRINGS]
        self.manager = Manager(5, strings, 4711, self.room, START_S)
        self.room.install([self.manager])

    def column(self, quantity: Quantity, now: float) -> tuple[list[float], list[float | None]]:
        """Read all pages of a quantity; return their ages and the values."""
        column = next(column for column in COLUMNS if column.name == quantity)
        ages, values = [], []
        for address, count, _first in column.pages(140):
            payload = self.manager.read(3, address, count, now)
            age_s, page = column.decode(payload, unit=5, asked=address)
            ages.append(age_s)
            values += page
        return ages, values


@pytest.fixture
def room() -> ManagerRoom:
    return ManagerRoom()


def test_a_manager_says_who_it_is(room: ManagerRoom) -> None:
    identity = read(room.manager, IDENTITY, START_S)
    assert identity["device_kind"] == KIND_MANAGER
    assert identity["string_count"] == 2
    assert identity["cell_count"] == 140
    assert identity["serial_number"] == 4711
    assert identity["unit_address"] == 5


@pytest.mark.parametrize("number", [1, 2])
def test_a_string_block_sums_up_its_string(room: ManagerRoom, number: int) -> None:
    block = string_block(number)
    values = read(room.manager, block, START_S + 2)
    truth = room.plant.truth(f"ups/{number}")
    assert values["cell_count"] == 70
    assert values["sum_voltage_v"] == pytest.approx(70 * 13.62, abs=0.05)
    assert values["current_a"] == pytest.approx(truth.string_current_a, abs=2e-3)
    assert values["target_voltage_v"] == pytest.approx(13.62, abs=2e-3)
    assert values["room_temperature_c"] == 22.0
    assert 97 <= (values["mean_charge_percent"] or 0) <= 100


def test_pages_hold_the_cells_of_all_strings_in_order(room: ManagerRoom) -> None:
    _ages, values = room.column(Quantity.VOLTAGE, START_S)
    truth_v = np.concatenate(
        [room.plant.truth("ups/1").voltage_v, room.plant.truth("ups/2").voltage_v]
    )
    np.testing.assert_allclose(np.array(values, float), truth_v, atol=0.6e-3)
    for quantity in (Quantity.TEMPERATURE, Quantity.RESISTANCE, Quantity.CHARGE, Quantity.DUTY):
        _ages, values = room.column(quantity, START_S)
        assert len(values) == 140
        assert None not in values


def test_ages_grow_until_the_next_scan(room: ManagerRoom) -> None:
    assert room.column(Quantity.VOLTAGE, START_S + 0.7)[0] == [0.7, 0.7]
    assert room.column(Quantity.VOLTAGE, START_S + 1.2)[0] == [0.2, 0.2]
    assert room.column(Quantity.RESISTANCE, START_S + 1.2)[0] == [1.2, 1.2]
    assert room.column(Quantity.RESISTANCE, START_S + 10.3)[0][0] < 1.5


@pytest.mark.parametrize(
    ("address", "count"),
    [(0x0060, 12), (0x004C, 1), (0x1080, 24), (0x1000 + 123, 1), (0x1F00, 1)],
)
def test_strings_and_cells_that_there_are_not_are_refused(
    room: ManagerRoom, address: int, count: int
) -> None:
    with pytest.raises(RequestRefusedError) as refused:
        room.manager.read(3, address, count, START_S)
    assert refused.value.code == ILLEGAL_ADDRESS


def test_a_manager_equalizes_its_strings_in_plant_time() -> None:
    room = ManagerRoom(speed=600.0)
    truth = room.plant.truth("ups/1")
    before_v = np.ptp(truth.voltage_v)
    for second in range(1, 61):
        room.room.advance_to(START_S + second)
    truth = room.plant.truth("ups/1")
    assert np.ptp(truth.voltage_v) < before_v / 3
    assert read(room.manager, string_block(1), START_S + 60)["equalization"] == 1
    duty = room.column(Quantity.DUTY, START_S + 60)[1][:70]
    np.testing.assert_allclose(
        np.array(duty, float) / 100 * 0.15, truth.bypass_current_a, atol=0.5e-3
    )


def test_a_current_sensor_tells_current_and_its_own_error() -> None:
    plant = Plant(STRINGS[:1])
    room = Room(plant, 1.0, START_S)
    sensor = CurrentSensor(241, plant.strings["ups/1"], 1, room)
    assert read(sensor, IDENTITY, START_S)["device_kind"] == KIND_CURRENT_SENSOR
    values = read(sensor, MEASUREMENT, START_S)
    true_a = plant.truth("ups/1").string_current_a
    error_a = values["error_a"]
    assert error_a is not None
    assert values["current_a"] == pytest.approx(true_a, abs=error_a)
    assert values["room_temperature_c"] == 22.0
