"""The commands of the API; who may give them stands in `access.rights`.

Cells are counted from 1. A command is carried out only where each of its fields is known.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import AwareDatetime, Field, StrictBool, model_validator

from bacs_core.api.commissioning_messages import (
    CancelCommissioning,
    ConfirmDevices,
    Identify,
    ReaddressModule,
    SetThresholds,
    StartAddressing,
    StartScan,
)
from bacs_core.api.message_base import CommandMessage, CommandName, Message
from bacs_core.api.stick_messages import ExportToStick, SetStickExport
from bacs_core.model import EqualizationMode, MaintenanceWork

#: An alarm that has to be put aside for longer belongs out of service, with a reason.
MOST_SHELVED_HOURS: Final = 24
#: How long protection may be off, and a battery test may suppress alarms.
MOST_HOURS: Final = 24.0
MINUTES_PER_HOUR: Final = 60
#: So many alarms can be acknowledged by one command that names them.
MOST_ALARMS_AT_ONCE: Final = 4096

CellNumber = Annotated[int, Field(ge=1)]
Cells = Annotated[list[CellNumber], Field(max_length=512)]
Reason = Annotated[str, Field(min_length=3, max_length=200)]
Hours = Annotated[float, Field(gt=0, le=MOST_HOURS, allow_inf_nan=False)]
Note = Annotated[str, Field(max_length=500)]
ALL_RULES: Final = "all"

Volts = Annotated[float, Field(strict=True, ge=0, le=50)]
Ohms = Annotated[float, Field(strict=True, gt=0, le=1)]
Celsius = Annotated[float, Field(strict=True, ge=-50, le=150)]
AmpereHours = Annotated[float, Field(strict=True, gt=0, le=100_000)]


class Acknowledge(CommandMessage):
    """Acknowledge one alarm, some of them, or all where none is named.

    Of `alarm_ids` those that are over by now are left out; one at least has to be there.
    """

    command: Literal[CommandName.ACKNOWLEDGE] = CommandName.ACKNOWLEDGE
    alarm_id: str | None = None
    alarm_ids: Annotated[list[str] | None, Field(min_length=1, max_length=MOST_ALARMS_AT_ONCE)] = (
        None
    )

    @model_validator(mode="after")
    def _one_or_some(self) -> Self:
        if self.alarm_id is not None and self.alarm_ids is not None:
            msg = "either one alarm or a list of them"
            raise ValueError(msg)
        return self


class ShelveAlarm(CommandMessage):
    """Put one alarm aside until a time or for some minutes, a day at most."""

    command: Literal[CommandName.SHELVE_ALARM] = CommandName.SHELVE_ALARM
    alarm_id: str
    until: AwareDatetime | None = None
    minutes: Annotated[int | None, Field(ge=1, le=MOST_SHELVED_HOURS * MINUTES_PER_HOUR)] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.until is None) is (self.minutes is None):
            msg = "either a time or minutes"
            raise ValueError(msg)
        return self


class UnshelveAlarm(CommandMessage):
    """Take a shelved alarm up again."""

    command: Literal[CommandName.UNSHELVE_ALARM] = CommandName.UNSHELVE_ALARM
    alarm_id: str


class MuteBuzzer(CommandMessage):
    """Silence the buzzer until the next alarm is raised."""

    command: Literal[CommandName.MUTE_BUZZER] = CommandName.MUTE_BUZZER


class AlarmPlace(CommandMessage):
    """Where a command about alarms applies; naming nothing means the whole site."""

    manager_id: str | None = None
    string_key: str | None = None
    cell: CellNumber | None = None
    line_id: str | None = None
    accessory_id: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        named = (self.manager_id, self.string_key, self.line_id, self.accessory_id)
        if sum(name is not None for name in named) > 1:
            msg = "one of manager, string, line and accessory, not several"
            raise ValueError(msg)
        if self.cell is not None and self.string_key is None:
            msg = "a cell needs its string"
            raise ValueError(msg)
        return self


class LimitChoice(StrEnum):
    """What an alarm limit can be beside a number."""

    OFF = "off"
    """The rule raises nothing there."""
    DEFAULT = "default"
    """What the site file says, or what is usual."""


class SetAlarmLimit(CommandMessage):
    """Give an alarm rule another limit, for the site, a string or a cell."""

    command: Literal[CommandName.SET_ALARM_LIMIT] = CommandName.SET_ALARM_LIMIT
    rule: str
    place: AlarmPlace = AlarmPlace()
    limit: Annotated[
        Annotated[float, Field(strict=True, allow_inf_nan=False)] | LimitChoice,
        Field(description="in the unit of the rule: V, °C, Ω, %"),
    ]


class TakeOutOfService(CommandMessage):
    """Stop a rule, or all rules, from raising anything at a place until somebody puts it back."""

    command: Literal[CommandName.TAKE_OUT_OF_SERVICE] = CommandName.TAKE_OUT_OF_SERVICE
    place: AlarmPlace
    rule: Annotated[str, Field(description=f"name of a rule, or `{ALL_RULES}`")]
    reason: Reason


class PutBack(CommandMessage):
    """Take back what was taken out of service."""

    command: Literal[CommandName.PUT_BACK] = CommandName.PUT_BACK
    place: AlarmPlace
    rule: Annotated[str, Field(description=f"name of a rule, or `{ALL_RULES}`")]


class PauseEqualization(CommandMessage):
    """Stop the bypass of a string until somebody resumes it or `until` has come.

    With `cells` only those pause, for example while new cells are formed; the others go on.
    """

    command: Literal[CommandName.PAUSE_EQUALIZATION] = CommandName.PAUSE_EQUALIZATION
    string_key: str
    until: AwareDatetime | None = None
    cells: Annotated[Cells | None, Field(min_length=1)] = None


class ResumeEqualization(CommandMessage):
    """Take back a pause: of these cells, or of the string and all its cells."""

    command: Literal[CommandName.RESUME_EQUALIZATION] = CommandName.RESUME_EQUALIZATION
    string_key: str
    cells: Annotated[Cells | None, Field(min_length=1)] = None


class SetEqualizationMode(CommandMessage):
    """Choose when a string is equalized."""

    command: Literal[CommandName.SET_EQUALIZATION_MODE] = CommandName.SET_EQUALIZATION_MODE
    string_key: str
    mode: EqualizationMode


class GivenByHand(CommandMessage):
    """What a person measured of a cell with instruments of their own, or read off a certificate."""

    voltage_v: Volts | None = None
    resistance_ohm: Ohms | None = None
    temperature_c: Celsius | None = None
    capacity_ah: AmpereHours | None = None


class CellReplaced(CommandMessage):
    """Say that another cell stands in a place: what was learned of the old one is forgotten.

    What its module measures just now, and what is given, is kept as its baseline.
    """

    command: Literal[CommandName.CELL_REPLACED] = CommandName.CELL_REPLACED
    string_key: str
    cell: CellNumber
    note: Note = ""
    given: GivenByHand = GivenByHand()


class AddMaintenance(CommandMessage):
    """Note work that was done on a cell, or on a whole string where no cell is named."""

    command: Literal[CommandName.ADD_MAINTENANCE] = CommandName.ADD_MAINTENANCE
    string_key: str
    cell: CellNumber | None = None
    work: Annotated[MaintenanceWork, Field(description="a new cell has a command of its own")]
    note: Note = ""
    given: GivenByHand = GivenByHand()

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        nothing_given = self.given == GivenByHand()
        if self.work is MaintenanceWork.CELL_REPLACED:
            msg = f"a new cell is told by {CommandName.CELL_REPLACED}: much is forgotten then"
            raise ValueError(msg)
        if self.work is MaintenanceWork.MEASURED_BY_HAND and nothing_given:
            msg = "at least one value is needed"
            raise ValueError(msg)
        if self.cell is None and not nothing_given:
            msg = "values need their cell"
            raise ValueError(msg)
        return self


class DeferTrip(CommandMessage):
    """Put the trip of a string off, once and for half an hour; only at the cabinet."""

    command: Literal[CommandName.DEFER_TRIP] = CommandName.DEFER_TRIP
    string_key: str


class RecloseBreaker(CommandMessage):
    """End a trip: take the order to open back. Only a technician at the cabinet can.

    A breaker without a motor is then closed by hand.
    """

    command: Literal[CommandName.RECLOSE_BREAKER] = CommandName.RECLOSE_BREAKER
    string_key: str


class SwitchProtectionOff(CommandMessage):
    """Let nothing trip the breaker of a string for some hours; only at the cabinet."""

    command: Literal[CommandName.SWITCH_PROTECTION_OFF] = CommandName.SWITCH_PROTECTION_OFF
    string_key: str
    reason: Reason
    hours: Hours


class SwitchProtectionOn(CommandMessage):
    """Let the breaker of a string trip again."""

    command: Literal[CommandName.SWITCH_PROTECTION_ON] = CommandName.SWITCH_PROTECTION_ON
    string_key: str


class StartBatteryTest(CommandMessage):
    """Suppress, for a time, the alarms that a discharge test raises by its nature."""

    command: Literal[CommandName.START_BATTERY_TEST] = CommandName.START_BATTERY_TEST
    string_key: str
    hours: Hours


class EndBatteryTest(CommandMessage):
    """End a battery test before its time."""

    command: Literal[CommandName.END_BATTERY_TEST] = CommandName.END_BATTERY_TEST
    string_key: str


class SetNetwork(CommandMessage):
    """Open the API to the network, or close it again; only at the cabinet."""

    command: Literal[CommandName.SET_NETWORK] = CommandName.SET_NETWORK
    enabled: StrictBool


class SwitchRelay(CommandMessage):
    """Switch a relay that the site file releases; `relay` counts from 1."""

    command: Literal[CommandName.SWITCH_RELAY] = CommandName.SWITCH_RELAY
    device_id: str
    relay: Annotated[int, Field(ge=1, le=16)]
    closed: StrictBool


Command = Annotated[
    Acknowledge
    | ShelveAlarm
    | UnshelveAlarm
    | MuteBuzzer
    | SetAlarmLimit
    | TakeOutOfService
    | PutBack
    | PauseEqualization
    | ResumeEqualization
    | SetEqualizationMode
    | CellReplaced
    | AddMaintenance
    | DeferTrip
    | RecloseBreaker
    | SwitchProtectionOff
    | SwitchProtectionOn
    | StartBatteryTest
    | EndBatteryTest
    | SetNetwork
    | StartScan
    | StartAddressing
    | ReaddressModule
    | CancelCommissioning
    | Identify
    | ConfirmDevices
    | SwitchRelay
    | SetThresholds
    | ExportToStick
    | SetStickExport,
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
