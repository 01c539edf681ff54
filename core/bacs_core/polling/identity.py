"""Asks a device of our own map who it is, before anything it says is believed.

A unit that was dead, or whose port was away, may have been replaced meanwhile: it has to show its
identity again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from bacs_core.bus.frames import Request, read_registers
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
    parts: frozenset[int] = frozenset()
    """Parts of the device (strings of a manager) that have to agree with the site file too."""
    agrees: dict[int, bool] = field(default_factory=dict)

    def is_known(self) -> bool:
        """Whether the unit is alive and is the device that the site file promises."""
        return self.problem is None and self._is_alive()

    def is_believed(self) -> bool:
        """Whether its values count: it is known, and every part of it agrees."""
        return self.is_known() and all(self.agrees.get(part, False) for part in self.parts)

    def is_contradicted(self) -> bool:
        """Whether it answers, but is not built as the site file says."""
        return self._is_alive() and (self.problem is not None or False in self.agrees.values())

    def is_doubtful(self) -> bool:
        """Whether the unit has not shown yet that it is the promised device."""
        return self.problem is not None

    def request(self) -> Request:
        """Ask who it is; one that was away may be another device now."""
        if not self._is_alive():
            self.problem = "was away"
            self.agrees.clear()
        return read_registers(self.unit, IDENTITY.address, IDENTITY.count)

    def deliver(self, payload: bytes, _read_at: float) -> None:
        """Compare the identity block with what the site file promises."""
        values = IDENTITY.decode(payload)
        self.problem = self._find_problem(values)
        serial, firmware = values["serial_number"], values["firmware_version"]
        self.serial_number = None if serial is None else int(serial)
        self.firmware_version = None if firmware is None else _version(int(firmware))

    def _is_alive(self) -> bool:
        return self.answers is not None and self.answers() is True

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
        make=identity.request,
        deliver=identity.deliver,
        interval_s=REFRESH_S,
        urgent=identity.is_doubtful,
    )


def _version(number: int) -> str:
    major, minor = divmod(number, 256)
    return f"{major}.{minor}"
