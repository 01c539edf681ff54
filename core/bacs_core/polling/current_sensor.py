"""Polls the current sensor of a string every round."""

from __future__ import annotations

from functools import partial

from bacs_core.bus.schedule import Job
from bacs_core.devices.panel_current_sensor import MEASUREMENT
from bacs_core.devices.panel_map import KIND_CURRENT_SENSOR
from bacs_core.polling.guarded import Question, question
from bacs_core.polling.identity import Answers, Identity, identity_job
from bacs_core.polling.image import StringImage, reading
from bacs_core.settings import Address


def identity_of(address: Address) -> Identity:
    """Say what the sensor's identity block must show."""
    return Identity(address.unit, KIND_CURRENT_SENSOR, max_turnaround_s=address.max_turnaround_s)


def jobs(
    address: Address, image: StringImage, answers: Answers, identity: Identity | None = None
) -> list[Job]:
    """Build the jobs of one sensor; who wants to see who it is hands in its `identity`."""
    identity = identity or identity_of(address)
    asking = question(address.unit, identity.counter, MEASUREMENT)
    return [
        identity_job(identity, answers),
        Job(
            name=f"unit {address.unit} current",
            unit=address.unit,
            make=asking.request,
            deliver=partial(_deliver, asking, image),
            wanted=identity.is_believed,
            max_turnaround_s=address.max_turnaround_s,
        ),
    ]


def _deliver(asking: Question, image: StringImage, payload: bytes, read_at: float) -> None:
    values = MEASUREMENT.decode(payload, unit=asking.unit, asked=asking.asked)
    image.current_a = reading(values["current_a"], read_at)
    image.current_error_a = values["error_a"]
    image.ac_current_a = reading(values["ac_current_a"], read_at)
    image.room_temperature_c = reading(values["room_temperature_c"], read_at)
