"""What travels between the engine and its clients, as JSON.

Column arrays per string, never an object per cell. `null` in a column means that there is no value.
Reading times are run-length coded, `[[unix seconds or null, how many cells], ...]`, and absolute: a
client judges age against the `at` of the newest message. Unknown fields are ignored, so that an
older client understands a newer engine of the same API version. A command is carried out only where
each of its fields is known.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    model_validator,
)

from bacs_core.model import (
    AlarmSeverity,
    AlarmState,
    EqualizationState,
    Inhibit,
    Quantity,
    Role,
    Site,
)
from bacs_core.settings import Link, Parity

API_VERSION = 1
API_PREFIX = f"/api/v{API_VERSION}"
DEFAULT_PORT = 8480

Values = list[float | None]
Runs = list[tuple[float | None, int]]


class Message(BaseModel):
    """Base of all messages: immutable, tolerant of fields a newer engine may add."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class EngineState(StrEnum):
    """Whether the engine runs a site or waits for one."""

    RUNNING = "running"
    COMMISSIONING = "commissioning"


class Health(Message):
    """Answer of `GET /health`, open to anybody who reaches the port."""

    version: str
    api_version: int
    state: EngineState
    site_id: str
    site_name: str
    started_at: datetime


class LineInfo(Message):
    """How one line is built, and the ids of managers and keys of strings that hang on it."""

    id: str
    link: Link
    port: str
    baud: Annotated[int | None, Field(description="none on a network")] = None
    may_command: Annotated[bool, Field(description="bypass and trips may go over it")] = True
    managers: list[str] = []
    strings: list[str] = []


class AccessoryInfo(Message):
    """How one relay box or environment sensor is built, and what people call its contacts.

    `released` and `breakers` count relays from 1.
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


class SiteInfo(Message):
    """Answer of `GET /site`."""

    site_id: str
    version: str
    state: EngineState
    site: Site
    network_enabled: bool
    lines: list[LineInfo] = []
    accessories: list[AccessoryInfo] = []


class Me(Message):
    """Answer of `GET /me`: who the engine takes the caller for."""

    name: str
    role: Role
    at_cabinet: bool


class Wording(Message):
    """A sentence for a screen that has its own language: which one, and what stands in it."""

    code: str
    arguments: dict[str, str | int | float] = {}


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
    """Everything about one string. `status` holds a `CellStatus` per cell."""

    key: str
    scalars: StringScalars
    columns: dict[Quantity, Values]
    read_at: dict[Quantity, Runs]
    status: list[int]


class CellChanges(Message):
    """New values of some cells (index counted from 0) of one quantity."""

    index: list[int]
    value: Values


class StringChanges(Message):
    """What changed in one string since the last message; absent parts did not change."""

    key: str
    scalars: StringScalars | None = None
    columns: dict[Quantity, CellChanges] = {}
    read_at: dict[Quantity, Runs] = {}
    status: dict[int, int] = {}


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

    The alarm of an accessory names its line too.
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
    text: str

    @property
    def active(self) -> bool:
        """Whether the condition still holds."""
        return self.state is not AlarmState.RETURNED


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


class ChangesMessage(Message):
    """What changed since the message before; sent every tick, even when nothing did.

    `managers`, `lines`, `accessories` and `alarms` are whole lists, sent only when something in
    them changed.
    """

    type: Literal["changes"] = "changes"
    sequence: int
    at: datetime
    strings: list[StringChanges]
    managers: list[ManagerStatus] | None = None
    lines: list[LineStatus] | None = None
    alarms: list[Alarm] | None = None
    accessories: list[AccessoryStatus] | None = None


StreamMessage = Annotated[SnapshotMessage | ChangesMessage, Field(discriminator="type")]


class Subscribe(Message):
    """Sent by a client on the stream: of these strings it wants raw values, every tick."""

    type: Literal["subscribe"] = "subscribe"
    raw: list[str]


class CommandName(StrEnum):
    """The commands of the API; who may give them stands in `access.rights`."""

    ACKNOWLEDGE = "acknowledge"
    PAUSE_EQUALIZATION = "pause_equalization"
    RESUME_EQUALIZATION = "resume_equalization"
    SET_NETWORK = "set_network"
    START_SCAN = "start_scan"
    START_ADDRESSING = "start_addressing"
    READDRESS_MODULE = "readdress_module"
    CANCEL_COMMISSIONING = "cancel_commissioning"
    IDENTIFY = "identify"
    CONFIRM_DEVICES = "confirm_devices"
    SWITCH_RELAY = "switch_relay"
    SET_THRESHOLDS = "set_thresholds"


class CommandMessage(Message):
    """Base of all commands: a field that nobody knows may be a slip, and then it means another."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Acknowledge(CommandMessage):
    """Acknowledge one alarm, or all of them."""

    command: Literal[CommandName.ACKNOWLEDGE] = CommandName.ACKNOWLEDGE
    alarm_id: str | None = None


class PauseEqualization(CommandMessage):
    """Stop the bypass of one string until somebody resumes it or `until` has come."""

    command: Literal[CommandName.PAUSE_EQUALIZATION] = CommandName.PAUSE_EQUALIZATION
    string_key: str
    until: AwareDatetime | None = None


class ResumeEqualization(CommandMessage):
    """Take back a pause."""

    command: Literal[CommandName.RESUME_EQUALIZATION] = CommandName.RESUME_EQUALIZATION
    string_key: str


class SetNetwork(CommandMessage):
    """Open the API to the network, or close it again; only at the cabinet."""

    command: Literal[CommandName.SET_NETWORK] = CommandName.SET_NETWORK
    enabled: StrictBool


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


class SwitchRelay(CommandMessage):
    """Switch a relay that the site file releases; `relay` counts from 1."""

    command: Literal[CommandName.SWITCH_RELAY] = CommandName.SWITCH_RELAY
    device_id: str
    relay: Annotated[int, Field(ge=1, le=16)]
    closed: StrictBool


class SetThresholds(CommandMessage):
    """Write thresholds into the modules of a string: all of them, or one cell (from 1)."""

    command: Literal[CommandName.SET_THRESHOLDS] = CommandName.SET_THRESHOLDS
    string_key: str
    cell: Annotated[int | None, Field(ge=1)] = None
    thresholds: Annotated[
        dict[str, float],
        Field(min_length=1, max_length=16, description="by name in the register map"),
    ]


Command = Annotated[
    Acknowledge
    | PauseEqualization
    | ResumeEqualization
    | SetNetwork
    | StartScan
    | StartAddressing
    | ReaddressModule
    | CancelCommissioning
    | Identify
    | ConfirmDevices
    | SwitchRelay
    | SetThresholds,
    Field(discriminator="command"),
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
    serial_number: int | None = None
    firmware_version: str | None = None
    hardware_generation: int | None = None
    module_type: str | None = None
    string_cells: Annotated[
        list[int | None], Field(description="cells per string of a manager, as far as it tells")
    ] = []
    remark: str = ""


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
    proposal: Annotated[str | None, Field(description="tables for the site file, TOML")] = None
    """Only after a scan that found somebody."""


class CommandResult(Message):
    """Answer to a command that was carried out.

    It stands in the history under `id`; `None` while the history cannot be written.
    """

    id: int | None
    command: CommandName
    by: str
    at: datetime


class Login(Message):
    """Body of `POST /session`: a user and a password, or a PIN at the cabinet."""

    user: str
    secret: str


class Session(Message):
    """A session token that stands for a person; it ends by itself."""

    token: str
    name: str
    role: Role
    expires_at: datetime


class Problem(Message):
    """Body of every refusal."""

    code: str
    reason: str
