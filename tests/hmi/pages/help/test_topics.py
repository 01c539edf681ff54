"""The help has a topic for every view, in every language."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from nicegui import Client
from nicegui.elements.mixins.text_element import TextElement
from nicegui.page import page

from bacs_core.model import AlarmSeverity
from bacs_hmi.pages.book import BOOK
from bacs_hmi.pages.help.legend import OF_CELLS, OF_STRINGS
from bacs_hmi.pages.help.page import HelpPage
from bacs_hmi.pages.help.topics import (
    emergency_steps,
    paragraphs,
    title,
    topics,
    whom_to_call,
)
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import box
from bacs_hmi.texts import LANGUAGES
from bacs_hmi.views import View, ViewName


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", BOOK)
def test_every_view_has_a_topic_with_a_title(view: ViewName, language: str) -> None:
    texts = LANGUAGES[language]
    names = [topic.name for topic in topics(texts)]
    assert view.value in names
    assert title(view, texts)
    words = " ".join(paragraphs(view.value, texts)).split()
    assert 12 < len(words) < 260


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_to_do_in_an_emergency_comes_first_in_plain_steps(language: str) -> None:
    texts = LANGUAGES[language]
    assert topics(texts)[0].name == "emergency"
    steps = emergency_steps(texts)
    assert 5 <= len(steps) <= 8
    assert "12" in steps[-1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mark_of_the_legend_is_explained(language: str) -> None:
    texts = LANGUAGES[language]
    drawn = [f"mark_{name}" for name in (*OF_CELLS, *OF_STRINGS)]
    drawn += [f"mark_list_{severity}" for severity in AlarmSeverity]
    assert [name for name in drawn if name not in texts] == []


def test_the_contact_of_the_site_is_named_and_its_absence_told() -> None:
    for texts in LANGUAGES.values():
        assert whom_to_call("Ann, 555 {0}", texts).endswith(": Ann, 555 {0}")
        assert whom_to_call("", texts) == texts["emergency_call"]


@pytest.mark.parametrize(("contact", "place"), [("Ann, 555 0100", 1), ("", -1)])
def test_whom_to_call_stands_above_everything_else_there_is_to_do(contact: str, place: int) -> None:
    texts = LANGUAGES["en"]
    around: Any = SimpleNamespace(
        texts=texts,
        live=SimpleNamespace(info=SimpleNamespace(contact=contact)),
        open=lambda _: None,
        note=lambda _: None,
    )
    with Client(page("/"), request=None), box("bacs") as root:
        HelpPage(cast("Surroundings", around), View(ViewName.HELP, part="emergency"))
    [article] = [each for each in root.descendants() if each.tag == "article"]
    said = [each.text for each in article.descendants() if isinstance(each, TextElement)]
    assert said[place] == whom_to_call(contact, texts)
