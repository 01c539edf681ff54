"""What travels between the engine and its clients, as JSON.

Column arrays per string, never an object per cell. `null` in a column means that there is no value.
Reading times are run-length coded, `[[unix seconds or null, how many cells], ...]`, and absolute: a
client judges age against the `at` of the newest message. Unknown fields are ignored, so that an
older client understands a newer engine of the same API version.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from bacs_core.model import (
    AlarmSeverity,
    AlarmState,
    EqualizationState,
    Inhibit,
    Quantity,
    Role,
    Site,
)

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


class SiteInfo(Message):
    """Answer of `GET /site`."""

    site_id: str
    version: str
    state: EngineState
    site: Site
    network_enabled: bool


class Me(Message):
    """Answer of `GET /me`: who the engine takes the caller for."""

    name: str
    role: Role
    at_cabinet: bool


class StringScalars(Message):
    """The line below the table of a string."""

    sum_voltage_v: float | None
    target_voltage_v: float | None
    mean_charge_percent: float | None
    current_a: float | None
    ac_current_a: float | None
    power_w: float | None
    room_temperature_c: float | None
    equalization: EqualizationState
    inhibited_by: list[Inhibit]


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
    """Whether a manager answers, and what it says of itself."""

    id: str
    online: bool | None
    serial_number: int | None
    firmware_version: str | None


class LineStatus(Message):
    """How one line does."""

    id: str
    port_open: bool
    message: str
    round_s: float | None
    requests: int
    timeouts: int
    frame_errors: int


class Alarm(Message):
    """One raised alarm. The place is as exact as the rule: cell, string, manager or line."""

    id: str
    rule: str
    severity: AlarmSeverity
    state: AlarmState
    manager_id: str | None = None
    string_key: str | None = None
    cell: Annotated[int | None, Field(description="counted from 1")] = None
    line_id: str | None = None
    value: float | None = None
    limit: float | None = None
    raised_at: datetime
    acknowledged_by: str | None = None
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


class ChangesMessage(Message):
    """What changed since the message before; sent every tick, even when nothing did.

    `managers`, `lines` and `alarms` are whole lists, sent only when something in them changed.
    """

    type: Literal["changes"] = "changes"
    sequence: int
    at: datetime
    strings: list[StringChanges]
    managers: list[ManagerStatus] | None = None
    lines: list[LineStatus] | None = None
    alarms: list[Alarm] | None = None


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


class Acknowledge(Message):
    """Acknowledge one alarm, or all of them."""

    command: Literal[CommandName.ACKNOWLEDGE] = CommandName.ACKNOWLEDGE
    alarm_id: str | None = None


class PauseEqualization(Message):
    """Stop the bypass of one string until somebody resumes it or `until` has come."""

    command: Literal[CommandName.PAUSE_EQUALIZATION] = CommandName.PAUSE_EQUALIZATION
    string_key: str
    until: AwareDatetime | None = None


class ResumeEqualization(Message):
    """Take back a pause."""

    command: Literal[CommandName.RESUME_EQUALIZATION] = CommandName.RESUME_EQUALIZATION
    string_key: str


class SetNetwork(Message):
    """Open the API to the network, or close it again; only at the cabinet."""

    command: Literal[CommandName.SET_NETWORK] = CommandName.SET_NETWORK
    enabled: bool


Command = Annotated[
    Acknowledge | PauseEqualization | ResumeEqualization | SetNetwork,
    Field(discriminator="command"),
]


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
