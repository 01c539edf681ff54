"""What the screen says of a trip: why, with which value, at how many cells, and what to do now."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from nicegui import Client
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement
from nicegui.page import page

from bacs_core.api.messages import TripStatus
from bacs_core.model import TripCause, TripState
from bacs_core.snapshot import TripSummary
from bacs_hmi.parts import box, sheet
from bacs_hmi.texts import LANGUAGES
from bacs_hmi.trip_notice import TripNotice, to_do, told
from bacs_hmi.views import View
from bacs_hmi.visits import Visit
from tests.hmi.test_wording import NOON, SITE, alarm
from tests.hmi.tripped_plant import TrippedPlant

ENGLISH = LANGUAGES["en"]
STRING = next(string for string in SITE.strings if string.key == alarm().string_key)


def trip(state: TripState, *causes: TripCause, contact_open: bool | None = None) -> TripStatus:
    return TripStatus(state=state, causes=list(causes), cell=1, contact_open=contact_open)


def said(status: TripStatus) -> list[str]:
    alarms = [
        alarm(id=f"hot-{cell}", rule="trip_temperature", cell=cell, value=70.0 + cell, limit=60.0)
        for cell in (2, 1, 3)
    ]
    return told(status, STRING, SITE, alarms, ENGLISH, NOON)


def test_a_trip_tells_the_cells_the_value_and_the_limit() -> None:
    why = said(trip(TripState.TRIPPED, TripCause.OVER_TEMPERATURE, contact_open=True))[0]
    assert why.replace("\N{NO-BREAK SPACE}", " ") == (
        "over-temperature, cell 01 and 2 more: 71.0 °C (limit 60.0 °C)"
    )


def test_a_breaker_that_does_not_open_is_one_statement_and_not_two_that_differ() -> None:
    lines = said(trip(TripState.FAILED, TripCause.OVER_TEMPERATURE, contact_open=False))
    assert lines[1:] == ["its contact still says closed"]


@pytest.mark.parametrize(
    ("state", "cause", "expected"),
    [
        (TripState.FAILED, TripCause.OVER_VOLTAGE, ["trip_do_open"]),
        (TripState.FAILED, TripCause.THERMAL_RUNAWAY, ["trip_do_open_hot", "trip_do_heat"]),
        (TripState.TRIPPED, TripCause.OVER_TEMPERATURE, ["trip_do_heat"]),
        (TripState.TRIPPED, TripCause.UNDER_VOLTAGE, []),
    ],
)
def test_a_trip_says_what_to_do_now(
    state: TripState, cause: TripCause, expected: list[str]
) -> None:
    assert to_do(trip(state, cause)) == expected


class Screen:
    """A notice above a page, and whatever lies in front of that page."""

    def __init__(self) -> None:
        self.plant = TrippedPlant()
        self.root, self.over = box("bacs"), box("bacs-over")
        self.opened: list[View] = []
        with self.root:
            visit = Visit("key", 0.0)
            self._notice = TripNotice(ENGLISH, visit, self.opened.append, over=self.over)

    def follow(self) -> None:
        self._notice.follow(self.plant.live(), self.plant.site)

    def texts(self) -> list[str]:
        """Return what stands there, from top to bottom."""
        return [each.text for each in self.root.descendants() if isinstance(each, TextElement)]

    def button(self, text: str) -> TextElement:
        [found] = [
            each
            for each in self.root.descendants()
            if isinstance(each, TextElement) and each.tag == "button" and each.text == text
        ]
        return found

    def touch(self, text: str) -> None:
        listener = next(iter(self.button(text)._event_listeners.values()))
        assert listener.handler is not None
        listener.handler(None)

    def is_aside(self, lying: Element) -> bool:
        return "bacs-aside" in lying.classes


@pytest.fixture
def screen() -> Iterator[Screen]:
    with Client(page("/"), request=None):
        yield Screen()


OPEN = TripSummary(TripState.TRIPPED, (TripCause.OVER_VOLTAGE,), 7, contact_open=True)
SHUT = TripSummary(TripState.FAILED, (TripCause.OVER_VOLTAGE,), 3, contact_open=False)


def test_a_button_of_the_notice_stays_while_the_same_trip_is_told_otherwise(screen: Screen) -> None:
    screen.plant.trip("telecom/1", OPEN, since=NOON.timestamp())
    screen.follow()
    seen, lines = screen.button("Seen"), screen.texts()
    screen.plant.trip("telecom/1", OPEN, since=NOON.timestamp() + 1e-6)
    screen.follow()
    assert screen.texts() == lines
    screen.plant.trip("telecom/1", OPEN, since=NOON.timestamp() + 3600)
    screen.follow()
    assert screen.texts() != lines
    assert screen.button("Seen") is seen


def test_the_breaker_that_does_not_open_is_told_first_and_the_others_are_counted(
    screen: Screen,
) -> None:
    screen.plant.trip("ups-a/1", OPEN)
    screen.plant.trip("telecom/1", SHUT)
    screen.follow()
    assert screen.texts()[:2] == ["The breaker does not open", "Telecom string"]
    assert "One more trip: see the alarms" in screen.texts()
    screen.plant.trip("ups-a/2", OPEN)
    screen.follow()
    assert "2 more trips: see the alarms" in screen.texts()
    screen.touch("Seen")
    assert screen.texts()[:2] == ["Breaker tripped", "UPS A string 1"]
    screen.touch("To the string")
    assert [view.key for view in screen.opened] == ["ups-a/1"]


def test_heat_is_told_before_voltage(screen: Screen) -> None:
    screen.plant.trip("ups-a/1", OPEN)
    hot = TripSummary(TripState.TRIPPED, (TripCause.THERMAL_RUNAWAY,), 1, contact_open=True)
    screen.plant.trip("ups-a/2", hot)
    screen.follow()
    assert screen.texts()[1] == "UPS A string 2"


def test_a_sheet_waits_behind_a_trip_until_it_was_seen_and_one_opened_meanwhile_does_not(
    screen: Screen,
) -> None:
    typed_in = sheet(screen.over, "Sign in")
    screen.follow()
    assert not screen.is_aside(typed_in)
    screen.plant.trip("ups-a/1", OPEN)
    screen.follow()
    assert screen.is_aside(typed_in)
    screen.touch("Seen")
    assert not screen.is_aside(typed_in)
    screen.plant.trip("telecom/1", SHUT)
    screen.follow()
    mute = sheet(screen.over, "Sign in: Mute")
    screen.follow()
    screen.plant.trip("ups-a/2", OPEN)
    screen.follow()
    assert not screen.is_aside(mute)


def test_a_notice_that_is_read_changes_only_for_something_worse(screen: Screen) -> None:
    screen.plant.trip("telecom/1", OPEN)
    screen.follow()
    screen.plant.trip("ups-a/2", OPEN)
    screen.follow()
    assert screen.texts()[1] == "Telecom string"
    screen.plant.trip("ups-a/1", SHUT)
    screen.follow()
    assert screen.texts()[1] == "UPS A string 1"
