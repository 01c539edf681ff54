"""Asks a device of our own map who it is, before anything it says is believed.

A unit that was dead, or whose port was away, may have been replaced meanwhile: it has to show its
identity again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from bacs_core.bus.frames import Request
from bacs_core.bus.schedule import Job
from bacs_core.devices.panel_map import IDENTITY, KINDS, MAP_ID, MAP_VERSION, firmware_text
from bacs_core.polling.guarded import Question, RequestCounter, question
from bacs_core.reasons import reason

REFRESH_S: Final = 60.0

Answers = Callable[[], bool | None]


@dataclass(slots=True)
class Identity:
    """What one unit said of itself. `problem` tells why it is not believed.

    Where `pinned_serial` is set, only the device with that serial number is believed.
    """

    unit: int
    kind: int
    expected: Mapping[str, float] = field(default_factory=dict)
    problem: str | None = field(default_factory=lambda: reason("not_answered"))
    serial_number: int | None = None
    firmware_version: str | None = None
    hardware_generation: int | None = None
    pinned_serial: int | None = None
    max_turnaround_s: float | None = None
    answers: Answers | None = None
    parts: frozenset[int] = frozenset()
    """Parts of the device (strings of a manager) that have to agree with the site file too."""
    agrees: dict[int, bool] = field(default_factory=dict)
    introductions: int = 0
    """How often it became the promised device; what was known before may be of another one."""
    counter: RequestCounter = field(default_factory=RequestCounter)
    _question: Question = field(init=False)
    _pin_problem: str | None = None
    _built_otherwise: bool = False

    def __post_init__(self) -> None:
        """Prepare the question."""
        self._question = question(self.unit, self.counter, IDENTITY)

    def pin(self, serial_number: int | None) -> None:
        """Believe from now on only the device with this serial number, or any (`None`)."""
        self.pinned_serial = serial_number
        if self.problem in (None, self._pin_problem):
            self._pin_problem = self._exchange()
            self._conclude(self._pin_problem)

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

    def live_generation(self) -> int | None:
        """Return the hardware generation of a unit that answers, even if it is not believed."""
        return self.hardware_generation if self._is_alive() else None

    def is_another_type(self) -> bool:
        """Whether a device of the right kind answers that is not of the promised type."""
        return self._is_alive() and self._built_otherwise

    def request(self) -> Request:
        """Ask who it is; one that was away may be another device now."""
        if not self._is_alive():
            self.problem = reason("was_away")
            self.agrees.clear()
        return self._question.request()

    def deliver(self, payload: bytes, _read_at: float) -> None:
        """Compare the identity block with what the site file promises."""
        values = IDENTITY.decode(payload, unit=self.unit, asked=self._question.asked)
        numbers = {name: int(value or 0) for name, value in values.items()}
        self.serial_number = numbers["serial_number"]
        self.firmware_version = firmware_text(numbers["firmware_version"])
        self.hardware_generation = numbers["hardware_generation"]
        misfit = self._misfit(numbers)
        disagreement = None if misfit else self._disagreement(numbers)
        self._built_otherwise = disagreement is not None
        self._pin_problem = self._exchange()
        self._conclude(misfit or disagreement or self._pin_problem)

    def _conclude(self, problem: str | None) -> None:
        if problem is None and self.problem is not None:
            self.introductions += 1
        self.problem = problem

    def _is_alive(self) -> bool:
        return self.answers is not None and self.answers() is True

    def _misfit(self, numbers: Mapping[str, int]) -> str | None:
        if numbers["map_id"] != MAP_ID or numbers["map_version"] != MAP_VERSION:
            return reason("other_map", unit=self.unit, version=MAP_VERSION)
        if numbers["device_kind"] != self.kind:
            found = KINDS.get(numbers["device_kind"], "unknown device")
            return reason("other_kind", unit=self.unit, found=found, expected=KINDS[self.kind])
        return None

    def _disagreement(self, numbers: Mapping[str, int]) -> str | None:
        for name, expected in self.expected.items():
            if numbers[name] != expected:
                label = name.replace("_", " ")
                found = numbers[name]
                return reason(
                    "other_value", unit=self.unit, what=label, found=found, expected=expected
                )
        return None

    def _exchange(self) -> str | None:
        if self.pinned_serial is None or self.serial_number == self.pinned_serial:
            return None
        found, expected = self.serial_number or 0, self.pinned_serial
        return reason("exchanged", unit=self.unit, found=found, expected=expected)


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
        max_turnaround_s=identity.max_turnaround_s,
    )
