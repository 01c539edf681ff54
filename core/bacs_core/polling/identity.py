"""Asks a device of our own map who it is, before anything it says is believed.

A unit that was dead, or whose port was away, may have been replaced meanwhile: it has to show its
identity again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from bacs_core.bus.frames import read_registers
from bacs_core.bus.schedule import Job
from bacs_core.devices.panel_map import IDENTITY, KINDS, MAP_ID, MAP_VERSION

REFRESH_S: Final = 60.0

Answers = Callable[[], bool | None]


@dataclass(slots=True)
class Identity:
    """What one unit said of itself. `problem` tells why it is not believed."""

    unit: int
    kind: int
    expected: Mapping[str, float] = field(default_factory=dict)
    problem: str | None = "has not answered yet"
    serial_number: int | None = None
    firmware_version: str | None = None
    answers: Answers | None = None

    def is_believed(self) -> bool:
        """Whether the unit is alive and is the device that the site file promises."""
        return self.problem is None and self.answers is not None and self.answers() is True

    def is_doubtful(self) -> bool:
        """Whether the unit has not shown yet that it is the promised device."""
        return self.problem is not None

    def deliver(self, payload: bytes, _read_at: float) -> None:
        """Compare the identity block with what the site file promises."""
        values = IDENTITY.decode(payload)
        self.problem = self._find_problem(values)
        serial, firmware = values["serial_number"], values["firmware_version"]
        self.serial_number = None if serial is None else int(serial)
        self.firmware_version = None if firmware is None else _version(int(firmware))

    def _find_problem(self, values: Mapping[str, float | None]) -> str | None:
        if values["map_id"] != MAP_ID or values["map_version"] != MAP_VERSION:
            return f"unit {self.unit} does not speak version {MAP_VERSION} of our map"
        if values["device_kind"] != self.kind:
            found = KINDS.get(int(values["device_kind"] or 0), "unknown device")
            return f"unit {self.unit} is a {found}, the site file says {KINDS[self.kind]}"
        for name, expected in self.expected.items():
            if values[name] != expected:
                label = name.replace("_", " ")
                return (
                    f"unit {self.unit}: {label} is {values[name]:g}, "
                    f"the site file says {expected:g}"
                )
        return None


def identity_job(identity: Identity, answers: Answers) -> Job:
    """Build the job that keeps `identity` current; `answers` tells whether the unit is alive."""
    identity.answers = answers
    return Job(
        name=f"unit {identity.unit} identity",
        unit=identity.unit,
        make=partial(read_registers, identity.unit, IDENTITY.address, IDENTITY.count),
        deliver=identity.deliver,
        interval_s=REFRESH_S,
        urgent=identity.is_doubtful,
    )


def _version(number: int) -> str:
    major, minor = divmod(number, 256)
    return f"{major}.{minor}"
