"""Commissioning as it travels: what is ordered of lines and single devices, and what was found."""

# ruff: noqa: RUF012 - pydantic copies a default for every message

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from bacs_core.api.message_base import CommandMessage, CommandName, Message, Told, Wording
from bacs_core.settings import Parity

UnitAddress = Annotated[int, Field(ge=1, le=247)]
ModuleUnit = Annotated[int, Field(ge=1, le=240)]
SerialNumber = Annotated[int, Field(ge=0, le=0xFFFFFFFF)]
Baud = Annotated[int, Field(ge=1200, le=921600)]


class Place(CommandMessage):
    """Which wire: a line of the site file, or a port that no line owns."""

    line_id: str | None = None
    port: Annotated[
        str | None,
        Field(description="path, `usb:SERIAL`, `rtu-tcp://host:port` or `modbus-tcp://host:port`"),
    ] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.line_id is None) is (self.port is None):
            msg = "either a line or a port"
            raise ValueError(msg)
        return self


class StartScan(Place):
    """Ask every unit address who is there; the line is lent for it, at most ten minutes.

    Named speeds and parities are all tried. Without them the line's own and the usual ones are, as
    far as the first at which somebody answers.
    """

    command: Literal[CommandName.START_SCAN] = CommandName.START_SCAN
    first_unit: UnitAddress = 1
    last_unit: UnitAddress = 247
    bauds: Annotated[list[Baud], Field(max_length=12)] = []
    parities: Annotated[list[Parity], Field(max_length=3)] = []


class AddressingMode(StrEnum):
    """How the module is found whose turn it is."""

    AUTOMATIC = "automatic"
    """In the order of the chain in which the modules hang."""
    MANUAL = "manual"
    """The one whose button somebody presses next."""


class StartAddressing(Place):
    """Give modules of our own map their unit addresses, one after the other."""

    command: Literal[CommandName.START_ADDRESSING] = CommandName.START_ADDRESSING
    mode: AddressingMode
    first_unit: ModuleUnit
    count: Annotated[int, Field(ge=1, le=240)]
    baud: Baud | None = None
    parity: Parity | None = None


class ReaddressModule(Place):
    """Give one module, named by where it is and its serial number, another unit address."""

    command: Literal[CommandName.READDRESS_MODULE] = CommandName.READDRESS_MODULE
    unit: UnitAddress
    serial_number: SerialNumber
    new_unit: ModuleUnit
    baud: Baud | None = None
    parity: Parity | None = None


class CancelCommissioning(CommandMessage):
    """End what is running and give the line back."""

    command: Literal[CommandName.CANCEL_COMMISSIONING] = CommandName.CANCEL_COMMISSIONING


class Identify(CommandMessage):
    """Let the LED of one module blink; 0 s ends it. Refused where nobody answers."""

    command: Literal[CommandName.IDENTIFY] = CommandName.IDENTIFY
    line_id: str
    unit: ModuleUnit
    seconds: Annotated[int, Field(ge=0, le=600)] = 30


class ConfirmDevices(CommandMessage):
    """Believe the devices that answer now: of a string, a manager, an accessory, or of all."""

    command: Literal[CommandName.CONFIRM_DEVICES] = CommandName.CONFIRM_DEVICES
    key: Annotated[str, Field(description="string key, id of a manager or accessory, or `all`")]


class SetThresholds(CommandMessage):
    """Write thresholds into the modules of a string: all of them, or one cell (from 1)."""

    command: Literal[CommandName.SET_THRESHOLDS] = CommandName.SET_THRESHOLDS
    string_key: str
    cell: Annotated[int | None, Field(ge=1)] = None
    thresholds: Annotated[
        dict[str, float],
        Field(min_length=1, max_length=16, description="by name in the register map"),
    ]


class CommissioningState(StrEnum):
    """How far a job of commissioning is."""

    IDLE = "idle"
    """None was started since the engine started."""
    PREPARING = "preparing"
    """Bypass on the line is being switched off."""
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    TIME_LIMIT = "time_limit"
    """The line was lent for as long as it may be; what was found until then is told."""
    FAILED = "failed"


class FoundUnit(Message):
    """One unit that answered. `device` is what the site file calls it; `None` is unknown."""

    unit: int
    baud: int
    parity: Parity
    stop_bits: int
    device: str | None = None
    title: str
    title_wording: Wording | None = None
    serial_number: int | None = None
    firmware_version: str | None = None
    hardware_generation: int | None = None
    module_type: str | None = None
    string_cells: Annotated[
        list[int | None], Field(description="cells per string of a manager, as far as it tells")
    ] = []
    remark: str = ""
    remark_wording: Wording | None = None


class Commissioning(Message):
    """Answer of `GET /commissioning`: the job that runs, or the last one."""

    state: CommissioningState = CommissioningState.IDLE
    command: CommandName | None = None
    line_id: str | None = None
    port: str | None = None
    by: str | None = None
    started_at: datetime | None = None
    ends_at_latest: datetime | None = None
    done: int = 0
    total: int = 0
    remaining_s: float | None = None
    baud: int | None = None
    parity: Parity | None = None
    found: list[FoundUnit] = []
    message: str = ""
    told: Annotated[list[Told], Field(description="the sentences of `message`, one by one")] = []
    proposal: Annotated[str | None, Field(description="tables for the site file, TOML")] = None
    """Only after a scan that found somebody."""
