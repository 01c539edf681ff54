"""The red band above a string: its buttons are held for a second, and must stay for so long."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import pytest
from nicegui import Client
from nicegui.element import Element
from nicegui.page import page

from bacs_core.model import TripState
from bacs_core.snapshot import TripSummary
from bacs_hmi.hold import HoldButton
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.pages.protection import ProtectionBand
from bacs_hmi.parts import box
from bacs_hmi.texts import texts_of
from tests.hmi.test_wording import NOON
from tests.hmi.tripped_plant import TrippedPlant

KEY = "telecom/1"
OFF = TripSummary(TripState.OFF, by="tina", contact_open=False)


@pytest.fixture
def root() -> Iterator[Element]:
    with Client(page("/"), request=None), box("bacs") as root:
        yield root


def held(root: Element) -> list[Element]:
    return [each for each in root.descendants() if isinstance(each, HoldButton)]


def test_a_button_that_is_held_stays_while_the_band_says_something_else(root: Element) -> None:
    plant, since = TrippedPlant(), NOON.timestamp()
    plant.trip(KEY, OFF, since=since)
    around = SimpleNamespace(
        live=plant.live(), texts=texts_of("en"), may=lambda _: True, order=lambda *_: None
    )
    string = next(each for each in plant.site.strings if each.key == KEY)
    band = ProtectionBand(cast("Surroundings", around), string)
    [switch_on] = held(root)
    plant.trip(KEY, OFF, since=since + 1e-6)
    plant.live()
    band.refresh()
    assert held(root) == [switch_on]
    contact_gone = TripSummary(TripState.OFF, by="tina", contact_open=None)
    plant.trip(KEY, contact_gone, since=since + 3600)
    plant.live()
    band.refresh()
    assert held(root) == [switch_on]
    plant.trip(KEY, TripSummary(TripState.ARMED, contact_open=False))
    plant.live()
    band.refresh()
    assert not root.default_slot.children[0].visible
    plant.trip(KEY, OFF, since=since)
    plant.live()
    band.refresh()
    assert root.default_slot.children[0].visible
