"""Gives strings whose own devices tell no room temperature that of the environment sensors."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import replace

from bacs_core.snapshot import AccessorySnapshot, Reading, StringReadings


def with_room(
    readings: Mapping[str, StringReadings], accessories: Iterable[AccessorySnapshot]
) -> dict[str, StringReadings]:
    """Return the readings, each with a room temperature where anything tells one.

    Where there are several environment sensors, the median counts: a site is one battery room, and
    one sensor above a warm rectifier must not speak for it. It is as old as the oldest of them.
    """
    told = [air.temperature_c for air in accessories if air.temperature_c is not None]
    if not told:
        return dict(readings)
    room = Reading(
        statistics.median(reading.value for reading in told),
        min(reading.read_at for reading in told),
    )
    return {
        key: own if own.room_temperature_c else replace(own, room_temperature_c=room)
        for key, own in readings.items()
    }
