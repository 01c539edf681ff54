"""The site file: how the plant is built and wired, strictly validated.

Run-time choices (alarm limits changed at the panel, the network switch) are not here: they are
audited rows in the history.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from bacs_core.model import Site


class Link(StrEnum):
    """What carries the requests of a line; the value is the scheme of its port in the site file."""

    SERIAL = "serial"
    """An RS485 pair behind a serial port: `/dev/ttyUSB0`, or `usb:SERIAL` for an adapter."""
    RTU_OVER_TCP = "rtu-tcp"
    """An RS485 pair behind a serial server that passes bytes on: `rtu-tcp://host:port`."""
    MODBUS_TCP = "modbus-tcp"
    """A device or gateway that speaks Modbus TCP: `modbus-tcp://host:port`."""
    SNMP = "snmp"
    """A manager on the LAN, read by SNMP: `snmp://host:port`."""


class Parity(StrEnum):
    """Parity bit of a line."""

    NONE = "none"
    EVEN = "even"
    ODD = "odd"


class SnmpVersion(StrEnum):
    """Which SNMP a manager speaks."""

    V2C = "2c"
    V3 = "3"


@dataclass(frozen=True, slots=True)
class SnmpAccess:
    """How to ask an SNMP agent; the secrets stand in a file of their own, never in the site file.

    `secrets` holds `community` (2c) or `user`, `auth`, `auth_key`, `priv`, `priv_key` (3).
    """

    version: SnmpVersion
    secrets: Path


@dataclass(frozen=True, slots=True)
class Line:
    """One RS485 pair, or what stands in its place on a network: one master asks one thing a time.

    `port` is a path, `usb:SERIAL`, or `host:port` where `link` is one of the network.
    """

    id: str
    port: str
    baud: int
    parity: Parity
    stop_bits: int
    gap_s: float
    """Silence before each request: 3.5 characters, or the fixed 1.75 ms above 19200 baud."""
    max_turnaround_s: float
    """How long a device may think before its answer starts, where the device says nothing else."""
    link: Link = Link.SERIAL
    rs485: bool = False
    """Whether the driver has to switch the direction of the line (RTS)."""
    in_flight: int = 1
    """How many requests may be open at once (Modbus TCP only)."""
    may_command: bool = True
    """Whether bypass and trips may go over it; on a network only if the site file says so."""
    snmp: SnmpAccess | None = None

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
    """Where a device is: which line, which unit address; and how long it may think at most."""

    line_id: str
    unit: int
    max_turnaround_s: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Accessory:
    """A device beside the cells: a relay box or an environment sensor.

    `inputs` and `relays` are the names that people gave them, in the order of the device;
    `released` counts the relays (from 1) that people and programs may switch, `breakers` those that
    trip a breaker and are never released.
    """

    id: str
    name: str
    device: str
    address: Address
    inputs: tuple[str, ...] = ()
    relays: tuple[str, ...] = ()
    released: frozenset[int] = frozenset()
    breakers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Breaker:
    """What opens the breaker of a string, and how it tells: relay and input of one relay box.

    `box` is the id of the accessory; relay and input count from 1. `open_when` is the level of the
    input (true: closed) that means an open breaker. A trip closes the relay (`trips_by_closing`: a
    shunt trip) or opens it (an undervoltage release).
    """

    box: str
    relay: int
    input: int
    open_when: bool
    trips_by_closing: bool


@dataclass(frozen=True, slots=True)
class AlarmRelay:
    """The relay (from 1) of a relay box that is closed while all is well."""

    box: str
    relay: int


@dataclass(frozen=True, slots=True)
class ModuleBlock:
    """Registers of the cells of a foreign manager, as its installer declared them: unverified.

    Cell n (from 1, through all strings) is at `address + stride * (n - 1)`; scales are in V, °C, Ω
    and % per count; an offset of `None` means that the manager does not give the quantity.
    """

    address: int
    stride: int
    function: int
    offsets: dict[str, int]
    scales: dict[str, float]
    signed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ManagerOptions:
    """What no public source tells of a foreign manager, and its installer therefore has to say.

    Scales are in ampere and volt per count.
    """

    current_scale_a: float | None = None
    voltage_scale_v: float | None = None
    ups: bool = False
    module_block: ModuleBlock | None = None


@dataclass(frozen=True, slots=True)
class Keeping:
    """How much of the measurements is kept: a size for everything, and an age for each tier.

    Ages are days of recording: time in which nothing was recorded does not count. What is older is
    deleted; where the budget does not suffice, more is, the oldest of the finest tier first. The
    newest hour is never deleted.
    """

    budget_bytes: int = 6_000_000_000
    full_days: float = 60
    minute_days: float = 1096
    hour_days: float = 3653


@dataclass(frozen=True, slots=True)
class Settings:
    """A site and its wiring.

    `managers` places each web manager; `modules` places each cell of the strings that the engine
    manages itself, in cell order, and `module_devices` names their kind where it is not our own;
    `current_sensors` and `breakers` are by string key, only where there is one; strings that hang
    on one breaker have equal entries.
    """

    site: Site
    lines: dict[str, Line]
    managers: dict[str, Address]
    modules: dict[str, tuple[Address, ...]]
    current_sensors: dict[str, Address]
    accessories: tuple[Accessory, ...] = ()
    module_devices: dict[str, str] = field(default_factory=dict)
    manager_options: dict[str, ManagerOptions] = field(default_factory=dict)
    breakers: dict[str, Breaker] = field(default_factory=dict)
    alarm_relay: AlarmRelay | None = None
    keeping: Keeping = field(default_factory=Keeping)
    contact: str = ""
    """Whom to call in an emergency; empty where the site file does not say it."""
