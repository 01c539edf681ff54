"""How the cabinet tells people: buzzer, alarm relay, LED. Pure functions of the alarm book.

Muting is not acknowledging, and acknowledging is not shelving: the buzzer is silent for what a
person muted or saw, while relay and LED go on telling of whatever is active and not put aside.
While there is nothing of that, the LED shows what becomes of a stick.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bacs_core.alarms.book import AlarmBook
from bacs_core.model import AlarmSeverity, AlarmState
from bacs_core.stick.states import StickPhase

#: What opens the alarm relay while it is active.
RELAY_SEVERITIES: Final = frozenset({AlarmSeverity.ALARM})
_SHOWN: Final = (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED)
_UNSEEN: Final = (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED)


class Colour(StrEnum):
    """Colours of the LED of the cabinet (IEC 60073: green normal, yellow abnormal, red danger)."""

    GREEN = "green"
    ORANGE = "orange"
    RED = "red"


COLOURS: Final = {AlarmSeverity.WARNING: Colour.ORANGE, AlarmSeverity.ALARM: Colour.RED}


#: What the LED shows of a stick while no alarm needs it.
STICK_PATTERNS: Final = {
    StickPhase.FOUND: "export",
    StickPhase.CHECKING: "export",
    StickPhase.WRITING: "export",
    StickPhase.FLUSHING: "export",
    StickPhase.DONE: "export_done",
    StickPhase.PROBLEM: "export_failed",
}


@dataclass(frozen=True, slots=True)
class Led:
    """What the LED shows; it blinks while anything was not acknowledged."""

    colour: Colour
    blinking: bool


def sounding(book: AlarmBook) -> bool:
    """Tell whether the buzzer sounds: for every unacknowledged alarm newer than the last mute."""
    return any(
        alarm.state is AlarmState.UNACKNOWLEDGED and alarm.ring > book.mute.ring
        for alarm in book.raised
    )


def relay_closed(book: AlarmBook) -> bool:
    """Tell whether the alarm relay is held closed: all is well. Without an engine it drops out."""
    return not any(
        alarm.state in _SHOWN and alarm.rule.severity in RELAY_SEVERITIES for alarm in book.raised
    )


def led(book: AlarmBook) -> Led:
    """Return what the LED shows: the worst that is active or was not acknowledged."""
    told = [alarm for alarm in book.raised if alarm.state in _SHOWN or alarm.state in _UNSEEN]
    severities = {alarm.rule.severity for alarm in told}
    colour = next(
        (COLOURS[severity] for severity in reversed(AlarmSeverity) if severity in severities),
        Colour.GREEN,
    )
    return Led(colour, blinking=any(alarm.state in _UNSEEN for alarm in told))


def pattern(shown: Led, stick: StickPhase) -> str:
    """Name what the LED does: alarms always win over a stick."""
    if shown == Led(Colour.GREEN, blinking=False):
        return STICK_PATTERNS.get(stick, shown.colour.value)
    return f"{shown.colour}_blinking" if shown.blinking else shown.colour.value
