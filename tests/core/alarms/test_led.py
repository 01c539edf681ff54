"""What the LED of the cabinet shows: alarms always win over a stick."""

from __future__ import annotations

import pytest

from bacs_core.alarms.annunciation import STICK_PATTERNS, Colour, Led, pattern
from bacs_core.stick.states import AT_WORK, StickPhase

CALM = Led(Colour.GREEN, blinking=False)


@pytest.mark.parametrize("phase", list(StickPhase))
@pytest.mark.parametrize(
    ("led", "shown"),
    [
        (Led(Colour.RED, blinking=True), "red_blinking"),
        (Led(Colour.RED, blinking=False), "red"),
        (Led(Colour.ORANGE, blinking=True), "orange_blinking"),
        (Led(Colour.ORANGE, blinking=False), "orange"),
        (Led(Colour.GREEN, blinking=True), "green_blinking"),
    ],
)
def test_whatever_an_alarm_needs_is_shown_while_a_stick_is_written(
    led: Led, shown: str, phase: StickPhase
) -> None:
    assert pattern(led, phase) == shown


@pytest.mark.parametrize(
    ("phase", "shown"),
    [
        (StickPhase.NONE, "green"),
        (StickPhase.HELD, "green"),
        (StickPhase.WRITING, "export"),
        (StickPhase.DONE, "export_done"),
        (StickPhase.PROBLEM, "export_failed"),
    ],
)
def test_without_alarms_the_led_shows_what_becomes_of_a_stick(
    phase: StickPhase, shown: str
) -> None:
    assert pattern(CALM, phase) == shown


def test_as_long_as_a_stick_must_stay_in_the_led_shows_one_pattern() -> None:
    assert {STICK_PATTERNS[phase] for phase in AT_WORK} == {"export"}
