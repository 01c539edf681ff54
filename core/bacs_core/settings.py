"""The site file: how the plant is built and wired, strictly validated.

Run-time choices (alarm limits changed at the panel, the network switch) are not here: they are
audited rows in the history.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bacs_core.model import Site


class Parity(StrEnum):
    """Parity bit of a line."""

    NONE = "none"
    EVEN = "even"
    ODD = "odd"


@dataclass(frozen=True, slots=True)
class Line:
    """One RS485 pair behind one serial port."""

    id: str
    port: str
    baud: int
    parity: Parity
    stop_bits: int
    gap_s: float
    """Silence before each request: 3.5 characters, or the fixed 1.75 ms above 19200 baud."""
    max_turnaround_s: float
    """How long a device may think before its answer starts."""

    @property
    def bits_per_character(self) -> int:
        """Start bit, eight data bits, parity, stop bits."""
        return 9 + (self.parity is not Parity.NONE) + self.stop_bits

    @property
    def character_s(self) -> float:
        """Wire time of one byte."""
        return self.bits_per_character / self.baud


@dataclass(frozen=True, slots=True)
class Address:
    """Where a device is: which line, which unit address."""

    line_id: str
    unit: int


@dataclass(frozen=True, slots=True)
class Settings:
    """A site and its wiring.

    `managers` places each web manager; `modules` places each cell of the strings that the engine
    manages itself, in cell order; `current_sensors` is by string key, only where there is one.
    """

    site: Site
    lines: dict[str, Line]
    managers: dict[str, Address]
    modules: dict[str, tuple[Address, ...]]
    current_sensors: dict[str, Address]
