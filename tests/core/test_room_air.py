"""Room temperatures of environment sensors reach the strings that have none of their own."""

from __future__ import annotations

from bacs_core.room_air import with_room
from bacs_core.snapshot import AccessorySnapshot, Reading
from tests.core.equalization.build import START, readings


def air(name: str, temperature_c: float | None, age_s: float = 0.0) -> AccessorySnapshot:
    told = None if temperature_c is None else Reading(temperature_c, START - age_s)
    return AccessorySnapshot(name, name, "environment_sensor", True, temperature_c=told)


def test_the_median_of_the_sensors_counts_and_is_as_old_as_the_oldest() -> None:
    sensors = [
        air("a", 20.0, 3.0),
        air("above the rectifier", 45.0),
        air("b", 21.0),
        air("c", None),
    ]
    told = with_room({"ups/1": readings([2.27])}, sensors)
    assert told["ups/1"].room_temperature_c == Reading(21.0, START - 3.0)


def test_what_a_string_says_itself_counts_more() -> None:
    own = with_room({"ups/1": readings([2.27])}, [air("a", 20.0)])
    assert with_room(own, [air("b", 30.0)])["ups/1"].room_temperature_c == Reading(20.0, START)


def test_without_any_sensor_nothing_is_made_up() -> None:
    told = with_room({"ups/1": readings([2.27])}, [air("silent", None)])
    assert told["ups/1"].room_temperature_c is None
