"""What the entities of accessories and of the site show, as pure functions of the mirrored site."""

from enum import StrEnum
from typing import Any, Final

from bacs_core.api.messages import AccessoryInfo, AccessoryStatus

from .readings import UNAVAILABLE, UNKNOWN, Shown, View
from .wording import doubt_said

#: What the LED of the plant can show; a word of a newer engine is no state.
LED_COLOURS: Final = (
    "green",
    "green_blinking",
    "orange",
    "orange_blinking",
    "red",
    "red_blinking",
    "export",
    "export_done",
    "export_failed",
)


class Measurand(StrEnum):
    """What an environment sensor may measure; the names are those of the messages."""

    TEMPERATURE = "temperature_c"
    HUMIDITY = "humidity_percent"
    HYDROGEN = "hydrogen_percent"


class Contact(StrEnum):
    """The contacts of a relay box; the names are those of the messages."""

    INPUT = "inputs"
    RELAY = "relays"


def answering_accessory(view: View | None, accessory_id: str) -> AccessoryStatus | None:
    """Get an accessory that answers; `None` if nothing true can be said."""
    status = None if view is None else view.live.accessories.get(accessory_id)
    return status if status is not None and status.online is True else None


def accessory_online(view: View | None, *, accessory_id: str) -> Shown:
    """Tell whether an accessory answers; unknown until it was asked for the first time."""
    status = None if view is None else view.live.accessories.get(accessory_id)
    if view is None or status is None:
        return UNAVAILABLE
    attributes = {}
    if status.problem is not None:
        told = doubt_said(status.problem, status.problem_wording, view.speech)
        attributes = {"reason": told}
    return Shown(available=True, value=status.online, attributes=attributes)


def measured(view: View | None, *, accessory_id: str, measurand: Measurand) -> Shown:
    """Read a value of an environment sensor."""
    status = answering_accessory(view, accessory_id)
    if status is None:
        return UNAVAILABLE
    value = getattr(status, measurand)
    return UNKNOWN if value is None else Shown(available=True, value=value.value)


def contact(
    view: View | None, *, accessory_id: str, kind: Contact, number: int, use: dict[str, Any]
) -> Shown:
    """Read an input or what the contact of a relay does; `number` counts from 1.

    `use` says what hangs on a relay and is told beside it.
    """
    status = answering_accessory(view, accessory_id)
    if status is None:
        return UNAVAILABLE
    states: list[bool | None] = getattr(status, kind)
    known = states[number - 1] if number <= len(states) else None
    return Shown(available=True, value=known, attributes=use)


def use_of_relay(info: AccessoryInfo, number: int) -> dict[str, Any]:
    """Say what hangs on a relay (from 1): a breaker with its strings, the alarm, or nothing."""
    if number in info.breakers:
        return {"trips": info.breaker_strings.get(number, [])}
    if number == info.alarm_relay:
        return {"alarm_relay": True}
    return {}


def buzzer(view: View | None) -> Shown:
    """Tell whether the buzzer of the plant sounds, and whether somebody muted it."""
    told = None if view is None else view.live.annunciation
    if told is None:
        return UNAVAILABLE
    return Shown(available=True, value=told.sounding, attributes={"muted": told.muted})


def led(view: View | None) -> Shown:
    """Read the colour of the LED of the plant."""
    told = None if view is None else view.live.annunciation
    if told is None:
        return UNAVAILABLE
    return Shown(available=True, value=told.led if told.led in LED_COLOURS else None)
