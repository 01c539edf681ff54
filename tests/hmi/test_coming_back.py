"""What could not be read while the engine was away is read by itself once it is back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, Protocol, cast

import pytest
from nicegui import Client
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement
from nicegui.page import page

from bacs_core.model import Quantity
from bacs_hmi.pages.alarms_history import HistoryPart
from bacs_hmi.pages.cell_page.page import CellPage
from bacs_hmi.pages.discharges.listing import DischargesPage
from bacs_hmi.pages.discharges.page import DischargePage
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import box
from bacs_hmi.rereading import PATIENT_TICKS
from bacs_hmi.texts import LANGUAGES, numbers_of
from bacs_hmi.views import View, ViewName
from tests.hmi.test_wording import SITE, mirror

KEY = "ups-a/2"
STRING = next(string for string in SITE.strings if string.key == KEY)
GONE = "the engine is gone"


class Away:
    """Fails every question, and counts them."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()

    def history(self, name: str, read: object, then: object, failed: Callable[[str], None]) -> None:
        self.asked[name] += 1
        failed(GONE)

    engine = history


class Reader(Protocol):
    def refresh(self, *, alarms_changed: bool) -> None: ...


@pytest.fixture
def root() -> Iterator[Element]:
    with Client(page("/"), request=None), box("bacs") as root:
        yield root


def around(ask: Away, over: Element) -> Surroundings:
    """Make what these pages need of a shell."""
    texts = LANGUAGES["en"]
    made: Any = SimpleNamespace(
        live=mirror(temperature_c=24.0),
        site=SITE,
        texts=texts,
        language="en",
        numbers=numbers_of(texts),
        open=lambda _: None,
        note=lambda _: None,
        may=lambda _: False,
        ask=ask,
        over=over,
    )
    return cast("Surroundings", made)


PAGES: dict[str, tuple[str, Callable[[Surroundings], Reader]]] = {
    "discharges": ("discharges", lambda shell: DischargesPage(shell, View(ViewName.DISCHARGES))),
    "discharge": (
        "discharge",
        lambda shell: DischargePage(shell, View(ViewName.DISCHARGE, number=3)),
    ),
    "alarm history": (
        "events",
        lambda shell: HistoryPart(shell, View(ViewName.ALARMS, part="history")),
    ),
    "trend of a cell": (
        "trend",
        lambda shell: CellPage(
            shell, STRING, 7, View(ViewName.CELL, KEY, 7, quantity=Quantity.TEMPERATURE)
        ),
    ),
    "events of a cell": (
        "events",
        lambda shell: CellPage(shell, STRING, 7, View(ViewName.CELL, KEY, 7, part="events")),
    ),
    "work on a cell": (
        "past",
        lambda shell: CellPage(shell, STRING, 7, View(ViewName.CELL, KEY, 7, part="maintenance")),
    ),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_could_not_read_tries_again_by_itself_and_says_why_meanwhile(
    root: Element, name: str
) -> None:
    question, make = PAGES[name]
    ask = Away()
    shown = make(around(ask, root))
    assert ask.asked[question] == 1
    for tick in range(2 * PATIENT_TICKS):
        assert GONE in words(root)
        shown.refresh(alarms_changed=False)
        assert ask.asked[question] == 1 + (tick + 1) // PATIENT_TICKS
    assert GONE in words(root)


def words(root: Element) -> set[str]:
    return {each.text for each in root.descendants() if isinstance(each, TextElement)}
