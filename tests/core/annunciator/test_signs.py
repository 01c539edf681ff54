from __future__ import annotations

from typing import Any

import pytest

from bacs_core.alarms.annunciation import STICK_PATTERNS, Colour, Led, pattern
from bacs_core.annunciator.signs import (
    LIGHTS,
    LOST_CHIRP_EVERY_S,
    LOST_PATIENCE_S,
    STEP_S,
    Outputs,
    Told,
    alarm_is_active,
    outputs,
)
from bacs_core.api.messages import Alarm, Annunciation
from bacs_core.model import AlarmSeverity, AlarmState
from bacs_core.stick.states import StickPhase


def _told(led: str, *, sounding: bool = False, alarm: bool = False) -> Told:
    calling = Annunciation(sounding=sounding, muted=False, led=led)
    return Told(calling, alarm_active=alarm, since_s=0.0)


def _alarm(severity: AlarmSeverity, state: AlarmState) -> Alarm:
    # Whatever else an alarm tells does not matter here.
    told: dict[str, Any] = {"severity": severity, "state": state}
    return Alarm.model_construct(**told)


def _over(told: Told, steps: int = 8) -> list[Outputs]:
    return [outputs(told, 100.0 + step * STEP_S) for step in range(steps)]


def test_all_is_well_is_a_steady_green_light_and_a_closed_relay() -> None:
    well = Outputs(buzzer=False, red=False, orange=False, green=True, relay=True)
    assert set(_over(_told("green"))) == {well}


def test_an_unseen_alarm_blinks_sounds_and_opens_the_relay() -> None:
    shown = _over(_told("red_blinking", sounding=True, alarm=True))
    assert {one.red for one in shown} == {True, False}
    assert {one.buzzer for one in shown} == {True, False}
    assert not any(one.relay or one.green or one.orange for one in shown)


def test_a_muted_alarm_is_silent_and_still_seen() -> None:
    shown = _over(_told("red_blinking", alarm=True))
    assert not any(one.buzzer or one.relay for one in shown)
    assert any(one.red for one in shown)


def test_an_engine_that_is_gone_opens_the_relay_at_once_and_chirps_seldom() -> None:
    gone = Told(None, alarm_active=False, since_s=100.0)
    first = outputs(gone, 100.0)
    assert (first.relay, first.green, first.buzzer) == (False, False, False)
    hour = [outputs(gone, 100.0 + step * STEP_S).buzzer for step in range(int(3600 / STEP_S))]
    assert hour.index(True) == LOST_PATIENCE_S / STEP_S
    assert sum(hour) == (3600 - LOST_PATIENCE_S) / LOST_CHIRP_EVERY_S


def test_every_sign_that_the_engine_can_name_has_a_light() -> None:
    leds = [Led(colour, blinking) for colour in Colour for blinking in (True, False)]
    named = {pattern(led, phase) for led in leds for phase in StickPhase}
    assert named == set(LIGHTS)
    assert set(STICK_PATTERNS.values()) < named


def test_no_two_signs_look_alike() -> None:
    assert len({tuple(_over(_told(name))) for name in LIGHTS}) == len(LIGHTS)


@pytest.mark.parametrize("severity", AlarmSeverity)
@pytest.mark.parametrize("state", AlarmState)
def test_only_an_active_alarm_that_nobody_put_aside_opens_the_relay(
    severity: AlarmSeverity, state: AlarmState
) -> None:
    opens = severity is AlarmSeverity.ALARM and state in {
        AlarmState.UNACKNOWLEDGED,
        AlarmState.ACKNOWLEDGED,
    }
    assert alarm_is_active([_alarm(severity, state)]) is opens
