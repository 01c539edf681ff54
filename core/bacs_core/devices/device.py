"""How a kind of device introduces itself: the row that documentation, site file and tests share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bacs_core.devices.registers import Block, Column
from bacs_core.model import Quantity
from bacs_core.settings import Link


class Role(StrEnum):
    """What a device is for."""

    MANAGER = "manager"
    MODULE = "module"
    CURRENT_SENSOR = "current_sensor"
    RELAY_BOX = "relay_box"
    ENVIRONMENT_SENSOR = "environment_sensor"


class Evidence(StrEnum):
    """How far the register map is known to be true."""

    OWN = "own map"
    """Published by this project; devices follow it."""
    PUBLISHED = "maker's document"
    """Read from a document of the maker; not tried on a device of theirs."""
    UNVERIFIED = "unverified"
    """Something in it was not readable anywhere and has to be declared by the installer."""


@dataclass(frozen=True, slots=True)
class Device:
    """One kind of device. `name` is what the site file writes; `gives` are the cell quantities.

    `links` tell what it can be reached through; `also` names in a few words what else it gives and
    `without` what is absent by its nature. `source` is where the map can be read.
    """

    name: str
    title: str
    maker: str
    role: Role
    links: tuple[Link, ...]
    evidence: Evidence
    source: str
    gives: tuple[Quantity, ...] = ()
    also: str = ""
    without: str = ""
    blocks: tuple[Block, ...] = ()
    columns: tuple[Column, ...] = ()
    read_only: bool = True
    baud: int | None = None
    max_turnaround_s: float | None = None
