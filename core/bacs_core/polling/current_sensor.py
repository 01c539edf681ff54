"""Polls the current sensor of a string every round."""

from __future__ import annotations

from functools import partial

from bacs_core.bus.frames import read_registers
from bacs_core.bus.schedule import Job
from bacs_core.devices import panel_current_sensor
from bacs_core.devices.panel_map import KIND_CURRENT_SENSOR
from bacs_core.errors import FrameError
from bacs_core.polling.identity import Answers, Identity, identity_job
from bacs_core.polling.image import StringImage, reading
from bacs_core.settings import Address


def jobs(address: Address, image: StringImage, answers: Answers) -> list[Job]:
    """Build the jobs of one sensor."""
    identity = Identity(address.unit, KIND_CURRENT_SENSOR)
    block = panel_current_sensor.MEASUREMENT
    return [
        identity_job(identity, answers),
        Job(
            name=f"unit {address.unit} current",
            unit=address.unit,
            make=partial(read_registers, address.unit, block.address, block.count),
            deliver=partial(_deliver, address.unit, image),
            wanted=identity.is_believed,
        ),
    ]


def _deliver(unit: int, image: StringImage, payload: bytes, read_at: float) -> None:
    values = panel_current_sensor.MEASUREMENT.decode(payload)
    if values["echo"] != unit * 256:
        msg = f"sensor {unit} did not answer this"
        raise FrameError(msg, payload)
    image.current_a = reading(values["current_a"], read_at)
    image.current_error_a = values["error_a"]
    image.ac_current_a = reading(values["ac_current_a"], read_at)
    image.room_temperature_c = reading(values["room_temperature_c"], read_at)
