"""Who may set what of the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from nicegui import Client
from nicegui.element import Element
from nicegui.page import page

from bacs_core.api.messages import Session
from bacs_core.model import Role
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.pages.settings.screen_part import ScreenPart
from bacs_hmi.parts import box
from bacs_hmi.preferences import PreferenceBook, Preferences
from bacs_hmi.texts import LANGUAGES
from bacs_hmi.views import View, ViewName


class Screen:
    """The part of the settings, at which `role` signs in once it is asked to."""

    def __init__(self, role: Role | None) -> None:
        self.role = role
        self.book = PreferenceBook()
        self.told: list[str] = []
        self.asked: list[str] = []
        self._session: Session | None = None
        made: Any = SimpleNamespace(
            texts=LANGUAGES["en"],
            language="en",
            preferences=self.book,
            session=lambda: self._session,
            sign_in=self._sign_in,
            tell=lambda text, _: self.told.append(text),
            speak=lambda _: None,
        )
        self.root = box("bacs")
        with self.root:
            ScreenPart(cast("Surroundings", made), View(ViewName.SETTINGS, part="screen"))

    def touch_more(self, name: str) -> None:
        dial = self._with("data-dial", name, self.root)
        button = self._with("aria-label", LANGUAGES["en"]["more"], dial)
        listener = next(iter(button._event_listeners.values()))
        assert listener.handler is not None
        listener.handler(None)

    def _with(self, prop: str, value: str, within: Element) -> Element:
        return next(each for each in within.descendants() if each.props.get(prop) == value)

    def _sign_in(self, title: str, then: Callable[[], None]) -> None:
        self.asked.append(title)
        if self.role is None:
            return
        expires_at = datetime.now(UTC) + timedelta(hours=1)
        self._session = Session(token="t", name="n", role=self.role, expires_at=expires_at)
        then()


@pytest.fixture(autouse=True)
def client() -> Iterator[None]:
    with Client(page("/"), request=None):
        yield


@pytest.mark.parametrize("name", ["log_off_s", "return_s", "dim_s", "brightness_percent"])
@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.OPERATOR])
def test_times_and_brightness_are_set_by_a_person_who_may_operate(
    name: str, role: Role | None
) -> None:
    screen = Screen(role)
    screen.book.change(brightness_percent=50)
    before = getattr(screen.book.now, name)
    screen.touch_more(name)
    assert len(screen.asked) == 1
    assert (getattr(screen.book.now, name) > before) is (role is Role.OPERATOR)
    assert len(screen.told) == (role is Role.VIEWER)


def test_the_hours_of_the_night_palette_are_for_anybody_who_reads_the_screen() -> None:
    screen = Screen(None)
    screen.touch_more("night_from_h")
    assert screen.asked == []
    assert screen.book.now.night_from_h == Preferences().night_from_h + 1
