"""The first view as plain HTML says what the live page says, and nothing where it cannot."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from nicegui import Client, ui
from nicegui.element import Element
from nicegui.page import page

from bacs_core.model import Site
from bacs_hmi.canvas.overview import OverviewCanvas
from bacs_hmi.early import early_page
from bacs_hmi.live import Connection, ConnectionState
from bacs_hmi.parts import box, button, label, symbol
from bacs_hmi.pulse import Pulse
from bacs_hmi.texts import texts_of
from tests.hmi.standin_engine import small_site


class Words(HTMLParser):
    """Collects texts, and tags that are left open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1] != "script":
            self.words.append(data)


@pytest.fixture
def root() -> Iterator[Element]:
    with Client(page("/"), request=None), box("bacs") as root:
        yield root


def overview(site: Site, first: str | None = "AAAA") -> OverviewCanvas:
    return OverviewCanvas(
        site,
        texts_of("en"),
        first,
        items=(),
        findings={},
        on_open=lambda _: None,
        on_attend=lambda *_: None,
        on_resync=lambda: None,
    )


async def test_the_plain_page_has_the_words_and_attributes_of_the_live_one(root: Element) -> None:
    with root:
        label("<b>Site & Co</b>", "bacs-site")
        menu = button("Menu", lambda: None)
        menu.props("disabled").props["aria-label"] = 'the "menu"'
        symbol(None)
        overview(small_site())
    script, body = early_page(root)
    read = Words()
    read.feed(body)
    read.close()
    assert read.open == []
    assert read.words == ["<b>Site & Co</b>", "Menu"]
    assert 'disabled aria-label="the &quot;menu&quot;"' in body
    assert f'<button data-live="c{menu.id}"' in body
    assert '<div class="bacs-overview" data-early></div>' in body
    assert '<svg class="bacs-symbol none"' in body
    assert 'import { OverviewView } from "bacs_overview"' in script
    # A frame without the cells would only keep the one with them waiting.
    assert script.startswith('<script type="module" blocking="render">')


async def test_the_plain_page_has_the_words_for_a_server_that_went_away(root: Element) -> None:
    texts = texts_of("de")
    with root:
        Pulse(texts, Connection(ConnectionState.LIVE), on_travel=print, on_drawn=None)
        overview(small_site())
    _, body = early_page(root)
    assert f'hidden data-lost="{texts["server_lost"]}"' in body
    assert f'data-quiet="{texts["alarms_unknown"]}"' in body
    assert f'data-last="{texts["alarms_unknown_last"]}"' in body


async def test_what_the_view_is_drawn_from_stands_in_the_page_once_and_cannot_end_its_script(
    root: Element,
) -> None:
    with root:
        canvas = overview(small_site(), "</script>")
    _, body = early_page(root)
    given = re.search(r'id="bacs-early-given">(.*?)</script>', body)
    assert given is not None
    told = json.loads(given[1])
    assert told["first"] == "</script>"
    assert {"plan", "texts", "first", "told"} == set(told)
    assert set(told).isdisjoint(canvas.props)


async def test_a_page_with_anything_that_only_its_component_can_draw_is_not_written(
    root: Element,
) -> None:
    with root:
        canvas = overview(small_site())
        ui.switch("a component")
    assert early_page(root) == ("", "")
    assert "plan" in canvas.props


async def test_a_page_without_a_view_that_draws_itself_is_not_written(root: Element) -> None:
    with root:
        label("Settings")
    assert early_page(root) == ("", "")
