"""What travels between the engine and its clients, as JSON.

Column arrays per string, never an object per cell. `null` in a column means that there is no value.
Reading times are run-length coded, `[[unix seconds or null, how many cells], ...]`, and absolute: a
client judges age against the `at` of the newest message. Unknown fields are ignored, so that an
older client understands a newer engine of the same API version.

Commands and what is commissioned have rooms of their own; everything is imported from here.
"""

# ruff: noqa: RUF012 - pydantic copies a default for every message

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from bacs_core.api.brain_messages import (
    Annunciation,
    BrainScalars,
    CellCode,
    CellFigure,
    CellMark,
    CodeRuns,
    Finding,
    TripStatus,
)
from bacs_core.api.command_messages import (
    Acknowledge,
    AddMaintenance,
    AlarmPlace,
    CellReplaced,
    Command,
    CommandResult,
    DeferTrip,
    EndBatteryTest,
    GivenByHand,
    LimitChoice,
    MuteBuzzer,
    PauseEqualization,
    PutBack,
    RecloseBreaker,
    ResumeEqualization,
    SetAlarmLimit,
    SetEqualizationMode,
    SetNetwork,
    ShelveAlarm,
    StartBatteryTest,
    SwitchProtectionOff,
    SwitchProtectionOn,
    SwitchRelay,
    TakeOutOfService,
    UnshelveAlarm,
)
from bacs_core.api.commissioning_messages import (
    AddressingMode,
    CancelCommissioning,
    Commissioning,
    CommissioningState,
    ConfirmDevices,
    FoundUnit,
    Identify,
    Place,
    ReaddressModule,
    SetThresholds,
    StartAddressing,
    StartScan,
)
from bacs_core.api.message_base import CommandMessage, CommandName, Message, Told, Wording
from bacs_core.api.people_messages import HIDDEN, Secret
from bacs_core.api.stick_messages import ExportToStick, SetStickExport, StickStatus
from bacs_core.model import (
    AlarmSeverity,
    AlarmState,
    EqualizationState,
    Inhibit,
    Quantity,
    Role,
    Site,
)
from bacs_core.settings import Link

__all__ = [
    "API_PREFIX",
    "API_VERSION",
    "DEFAULT_PORT",
    "AccessoryInfo",
    "AccessoryStatus",
    "Acknowledge",
    "AddMaintenance",
    "AddressingMode",
    "Alarm",
    "AlarmPlace",
    "Annunciation",
    "BrainScalars",
    "CancelCommissioning",
    "CellChanges",
    "CellCode",
    "CellFigure",
    "CellMark",
    "CellReplaced",
    "ChangesMessage",
    "ClockStatus",
    "CodeRuns",
    "Command",
    "CommandMessage",
    "CommandName",
    "CommandResult",
    "Commissioning",
    "CommissioningState",
    "ConfirmDevices",
    "DeferTrip",
    "Doubt",
    "EndBatteryTest",
    "EngineState",
    "ExportToStick",
    "Finding",
    "FoundUnit",
    "GivenByHand",
    "Health",
    "Identify",
    "LimitChoice",
    "LineInfo",
    "LineStatus",
    "Login",
    "ManagerStatus",
    "Me",
    "Measured",
    "Message",
    "MuteBuzzer",
    "PauseEqualization",
    "Place",
    "Problem",
    "PutBack",
    "ReaddressModule",
    "RecloseBreaker",
    "ResumeEqualization",
    "Runs",
    "Session",
    "SetAlarmLimit",
    "SetEqualizationMode",
    "SetNetwork",
    "SetStickExport",
    "SetThresholds",
    "ShelveAlarm",
    "SiteInfo",
    "SnapshotMessage",
    "StartAddressing",
    "StartBatteryTest",
    "StartScan",
    "StickStatus",
    "StreamMessage",
    "StringChanges",
    "StringScalars",
    "StringValues",
    "Subscribe",
    "SwitchProtectionOff",
    "SwitchProtectionOn",
    "SwitchRelay",
    "TakeOutOfService",
    "Told",
    "TripStatus",
    "UnshelveAlarm",
    "Values",
    "Wording",
]

API_VERSION = 1
API_PREFIX = f"/api/v{API_VERSION}"
DEFAULT_PORT = 8480

Values = list[float | None]
Runs = list[tuple[float | None, int]]


class EngineState(StrEnum):
    """Whether the engine runs a site or waits for one."""

    RUNNING = "running"
    COMMISSIONING = "commissioning"


class ClockStatus(Message):
    """How far the system clock of the engine can be trusted.

    `since` is when `synchronised` became what it is, at the earliest the start of the engine.
    """

    synchronised: Annotated[bool | None, Field(description="null where nobody knows")]
    since: datetime
    was_set: Annotated[bool, Field(description="false for a clock that begins before 2026")]


class Health(Message):
    """Answer of `GET /health`, open to anybody who reaches the port."""

    version: str
    api_version: int
    state: EngineState
    site_id: str
    site_name: str
    started_at: datetime
    clock: ClockStatus | None = None


class LineInfo(Message):
    """How one line is built, and the ids of managers and keys of strings that hang on it.

    `units` has a place per cell of each such string: the unit address of its module, or `null`
    where that hangs on another line.
    """

    id: str
    link: Link
    port: str
    baud: Annotated[int | None, Field(description="none on a network")] = None
    may_command: Annotated[bool, Field(description="bypass and trips may go over it")] = True
    managers: list[str] = []
    strings: list[str] = []
    units: dict[str, list[int | None]] = {}


class AccessoryInfo(Message):
    """How one relay box or environment sensor is built, and what people call its contacts.

    `released`, `breakers` and `alarm_relay` count relays from 1. `breaker_strings` has the keys of
    the strings that hang on each relay of `breakers`; from an engine that does not tell them it is
    empty.
    """

    id: str
    name: str
    device: str
    line_id: str
    unit: int
    inputs: list[str] = []
    relays: list[str] = []
    released: list[int] = []
    breakers: list[int] = []
    breaker_strings: dict[int, list[str]] = {}
    alarm_relay: Annotated[
        int | None, Field(description="closed while all is well; drops out without the engine")
    ] = None


class SiteInfo(Message):
    """Answer of `GET /site`."""

    site_id: str
    version: str
    state: EngineState
    site: Site
    network_enabled: bool
    lines: list[LineInfo] = []
    accessories: list[AccessoryInfo] = []
    contact: Annotated[str, Field(description="whom to call in an emergency; empty: unsaid")] = ""


class Me(Message):
    """Answer of `GET /me`: who the engine takes the caller for."""

    name: str
    role: Role
    at_cabinet: bool
    must_change: bool = False


class Doubt(Message):
    """A module that answers, but about which something is wrong.

    It is not what the site file promises, and its values do not count; or they do count
    (`believed`), but it does not work as the others of its string do.
    """

    cell: Annotated[int, Field(description="counted from 1")]
    reason: str
    believed: bool = False
    wording: Wording | None = None


class StringScalars(Message):
    """The line below the table of a string, and the first few of its doubted modules."""

    sum_voltage_v: float | None
    target_voltage_v: float | None
    mean_charge_percent: float | None
    current_a: float | None
    ac_current_a: float | None
    power_w: float | None
    room_temperature_c: float | None
    equalization: EqualizationState
    inhibited_by: list[Inhibit]
    doubts: list[Doubt] = []
    doubt_count: int = 0


class StringValues(Message):
    """Everything about one string. `status` holds a `CellStatus` per cell.

    `brain`, `figures` (by `CellFigure`) and `codes` (by `CellCode`) are absent where nothing is
    concluded.
    """

    key: str
    scalars: StringScalars
    columns: dict[Quantity, Values]
    read_at: dict[Quantity, Runs]
    status: list[int]
    brain: BrainScalars | None = None
    figures: dict[str, Values] = {}
    codes: dict[str, CodeRuns] = {}
    findings: list[Finding] = []


class CellChanges(Message):
    """New values of some cells (index counted from 0) of one quantity."""

    index: list[int]
    value: Values


class StringChanges(Message):
    """What changed in one string since the last message; absent parts did not change.

    `codes` are whole columns, `findings` is the whole list. There is one for each string at every
    tick: pydantic copies a default deeply each time, and a factory is much cheaper.
    """

    key: str
    scalars: StringScalars | None = None
    columns: dict[Quantity, CellChanges] = Field(default_factory=dict)
    read_at: dict[Quantity, Runs] = Field(default_factory=dict)
    status: dict[int, int] = Field(default_factory=dict)
    brain: BrainScalars | None = None
    figures: dict[str, CellChanges] = Field(default_factory=dict)
    codes: dict[str, CodeRuns] = Field(default_factory=dict)
    findings: list[Finding] | None = None


class ManagerStatus(Message):
    """Whether a manager answers, what it says of itself, and why it is not believed.

    `remarks` tell what is unverified, and what is absent because nobody has declared it. A manager
    of another maker tells more than cells and strings: `phases` of charge, `flags` that are set,
    and numbers in `registers`, by block and name.
    """

    id: str
    online: bool | None
    serial_number: int | None
    firmware_version: str | None
    problem: str | None = None
    problem_wording: Wording | None = None
    remarks: list[str] = []
    remark_wordings: Annotated[
        list[Wording | None], Field(description="one for each remark, in the same order")
    ] = []
    phases: list[str] = []
    flags: list[str] = []
    registers: dict[str, float] = {}


class LineStatus(Message):
    """How one line does; `wire_round_s` is what the wire itself needs for a round."""

    id: str
    port_open: bool
    message: str
    round_s: float | None
    requests: int
    timeouts: int
    frame_errors: int
    wire_round_s: float | None = None
    refusals: int = 0
    lost_bytes: int = 0
    silent_units: list[int] = []
    lent: Annotated[bool, Field(description="somebody commissions it, nothing is polled")] = False


class Measured(Message):
    """One value with the unix time of its reading."""

    value: float
    read_at: float


class AccessoryStatus(Message):
    """How a relay box or an environment sensor does; contacts are in the order of the device."""

    id: str
    online: bool | None
    serial_number: int | None = None
    firmware_version: str | None = None
    problem: str | None = None
    problem_wording: Wording | None = None
    inputs: list[bool | None] = []
    relays: list[bool | None] = []
    temperature_c: Measured | None = None
    humidity_percent: Measured | None = None
    hydrogen_percent: Measured | None = None


class Alarm(Message):
    """One raised alarm. The place is as exact as the rule: cell, string, manager, line, accessory.

    The alarm of an accessory names its line too; one of the whole site names no place.
    """

    id: str
    rule: str
    severity: AlarmSeverity
    state: AlarmState
    manager_id: str | None = None
    string_key: str | None = None
    cell: Annotated[int | None, Field(description="counted from 1")] = None
    line_id: str | None = None
    accessory_id: str | None = None
    value: float | None = None
    limit: float | None = None
    raised_at: datetime
    acknowledged_by: str | None = None
    note: Annotated[
        str, Field(description="who has the line and until when; which devices; its name")
    ] = ""
    first_out: Annotated[bool, Field(description="came first in a burst of its string")] = False
    shelved_until: datetime | None = None
    suppressed_by: Annotated[
        str | None, Field(description="why it is kept back, or who took its place out of service")
    ] = None
    text: str

    @property
    def active(self) -> bool:
        """Whether the condition holds and nobody put the alarm aside."""
        return self.state in {AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED}


class SnapshotMessage(Message):
    """Everything; the first message of a stream and the answer of `GET /snapshot`."""

    type: Literal["snapshot"] = "snapshot"
    sequence: int
    at: datetime
    strings: list[StringValues]
    managers: list[ManagerStatus]
    lines: list[LineStatus]
    alarms: list[Alarm]
    accessories: list[AccessoryStatus] = []
    annunciation: Annunciation | None = None


class ChangesMessage(Message):
    """What changed since the message before; sent every tick, even when nothing did.

    `managers`, `lines`, `accessories` and `alarms` are whole lists, sent only when something in
    them changed, and so is `annunciation`.
    """

    type: Literal["changes"] = "changes"
    sequence: int
    at: datetime
    strings: list[StringChanges]
    managers: list[ManagerStatus] | None = None
    lines: list[LineStatus] | None = None
    alarms: list[Alarm] | None = None
    accessories: list[AccessoryStatus] | None = None
    annunciation: Annunciation | None = None


StreamMessage = Annotated[SnapshotMessage | ChangesMessage, Field(discriminator="type")]


class Subscribe(Message):
    """Sent by a client on the stream: of these strings it wants raw values, every tick."""

    type: Literal["subscribe"] = "subscribe"
    raw: list[str]


class Login(Message):
    """Body of `POST /session`: a user and a password, or a PIN at the cabinet."""

    user: Secret
    secret: Annotated[Secret, HIDDEN]


class Session(Message):
    """A session token that stands for a person; it ends by itself.

    With `must_change` it is good for nothing but `PUT /me/password`.
    """

    token: str
    name: str
    role: Role
    expires_at: datetime
    must_change: bool = False


class Problem(Message):
    """Body of every refusal."""

    code: str
    reason: str
