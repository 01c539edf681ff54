"""What all messages between the engine and its clients rest on."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from bacs_core.reasons import Reason


class Message(BaseModel):
    """Base of all messages: immutable, tolerant of fields a newer engine may add.

    A number is a number: what is not known is `None`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Wording(Message):
    """A sentence for a screen that has its own language: which one, and what stands in it."""

    code: str
    arguments: dict[str, str | int | float] = {}


class Told(Message):
    """A sentence in English; screens with a language of their own say it by its wording."""

    text: str
    wording: Wording | None = None


def wording_of(told: str | None) -> Wording | None:
    """Return how a screen says it in its own language; not everything has a code."""
    if not isinstance(told, Reason):
        return None
    return Wording(code=told.code, arguments=dict(told.arguments))


class CommandMessage(Message):
    """Base of all commands: a field that nobody knows may be a slip, and then it means another."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


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
    SHELVE_ALARM = "shelve_alarm"
    UNSHELVE_ALARM = "unshelve_alarm"
    MUTE_BUZZER = "mute_buzzer"
    SET_ALARM_LIMIT = "set_alarm_limit"
    TAKE_OUT_OF_SERVICE = "take_out_of_service"
    PUT_BACK = "put_back"
    SET_EQUALIZATION_MODE = "set_equalization_mode"
    CELL_REPLACED = "cell_replaced"
    ADD_MAINTENANCE = "add_maintenance"
    DEFER_TRIP = "defer_trip"
    RECLOSE_BREAKER = "reclose_breaker"
    SWITCH_PROTECTION_OFF = "switch_protection_off"
    SWITCH_PROTECTION_ON = "switch_protection_on"
    START_BATTERY_TEST = "start_battery_test"
    END_BATTERY_TEST = "end_battery_test"
    EXPORT_TO_STICK = "export_to_stick"
    SET_STICK_EXPORT = "set_stick_export"
