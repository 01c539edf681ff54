"""What buzzer, LED and relay do at a moment. Pure functions of what the engine told, and of time.

Colours follow IEC 60073: green normal, yellow or orange abnormal, red danger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from bacs_core.api.messages import Alarm, Annunciation
from bacs_core.model import AlarmSeverity, AlarmState

#: How long the shortest sign lasts; nothing has to be looked at more often.
STEP_S: Final = 0.25
#: Nobody can mute an engine that is gone: so it is told of seldom, and not at once.
LOST_PATIENCE_S: Final = 60.0
LOST_CHIRP_EVERY_S: Final = 60.0
_ACTIVE: Final = (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED)


class Rhythm(Enum):
    """When a light is lit: one step each, over and over."""

    STEADY = (True,)
    SLOW = (True, True, False, False)
    FAST = (True, False)
    TWICE = (True, False, True, False, False, False, False, False)

    def is_on(self, now_s: float) -> bool:
        """Tell whether the light is lit at a moment of a clock that never jumps (s)."""
        steps: tuple[bool, ...] = self.value
        return steps[int(now_s / STEP_S) % len(steps)]


@dataclass(frozen=True, slots=True)
class Light:
    """What the LED shows: the parts of its colour, and their rhythm."""

    red: bool
    orange: bool
    green: bool
    rhythm: Rhythm


def _red(rhythm: Rhythm) -> Light:
    return Light(red=True, orange=False, green=False, rhythm=rhythm)


def _orange(rhythm: Rhythm) -> Light:
    return Light(red=False, orange=True, green=False, rhythm=rhythm)


def _green(rhythm: Rhythm) -> Light:
    return Light(red=False, orange=False, green=True, rhythm=rhythm)


#: By the words of `Annunciation.led`.
LIGHTS: Final[Mapping[str, Light]] = {
    "green": _green(Rhythm.STEADY),
    "orange": _orange(Rhythm.STEADY),
    "red": _red(Rhythm.STEADY),
    "green_blinking": _green(Rhythm.SLOW),
    "orange_blinking": _orange(Rhythm.SLOW),
    "red_blinking": _red(Rhythm.SLOW),
    "export": _green(Rhythm.FAST),
    "export_done": _green(Rhythm.TWICE),
    "export_failed": _orange(Rhythm.FAST),
}
#: For an engine that is gone, and for a word of a newer one.
ENGINE_GONE: Final = _red(Rhythm.TWICE)
_BUZZER: Final = Rhythm.SLOW


@dataclass(frozen=True, slots=True)
class Told:
    """What the engine told last; without an annunciation there is no engine to hear."""

    annunciation: Annunciation | None
    alarm_active: bool
    since_s: float
    """When the connection became what it is, on the clock of `outputs` (s)."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """What each output does; the relay is closed while all is well."""

    buzzer: bool
    red: bool
    orange: bool
    green: bool
    relay: bool


#: The safe side: nothing sounds, the light warns, the relay has dropped out.
AT_END: Final = Outputs(buzzer=False, red=True, orange=False, green=False, relay=False)


def alarm_is_active(alarms: Iterable[Alarm]) -> bool:
    """Tell whether any alarm opens the relay: one that is there and that nobody put aside."""
    return any(alarm.severity is AlarmSeverity.ALARM and alarm.state in _ACTIVE for alarm in alarms)


def outputs(told: Told, now_s: float) -> Outputs:
    """Return what buzzer, LED and relay do now; `now_s` is of a clock that never jumps."""
    calling = told.annunciation
    if calling is None:
        return _lit(ENGINE_GONE, now_s, buzzer=_chirps(now_s - told.since_s), relay=False)
    return _lit(
        LIGHTS.get(calling.led, ENGINE_GONE),
        now_s,
        buzzer=calling.sounding and _BUZZER.is_on(now_s),
        relay=not told.alarm_active,
    )


def _lit(light: Light, now_s: float, *, buzzer: bool, relay: bool) -> Outputs:
    on = light.rhythm.is_on(now_s)
    return Outputs(buzzer, light.red and on, light.orange and on, light.green and on, relay)


def _chirps(gone_s: float) -> bool:
    return gone_s >= LOST_PATIENCE_S and gone_s % LOST_CHIRP_EVERY_S < STEP_S
