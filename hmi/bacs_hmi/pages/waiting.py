"""The plain pages: no engine yet, or an engine without a site."""

from __future__ import annotations

from collections.abc import Callable

from bacs_hmi.live import Connection, Link
from bacs_hmi.parts import box, button, label
from bacs_hmi.texts import Texts
from bacs_hmi.views import View, ViewName


def waiting(link: Link, connection: Connection, texts: Texts) -> None:
    """Say that the panel waits, for what, and why."""
    with box("bacs-plain"):
        label(texts["waiting_title"], tag="h1")
        label(texts["waiting_text"], tag="p")
        label(texts["waiting_address"].format(url=link.url), tag="p")
        if connection.obstacle is not None:
            text = texts[connection.obstacle.value].format(path=link.token_file)
            label(text, "bacs-plain-reason", tag="p")


def commissioning(texts: Texts, open_view: Callable[[View], None]) -> None:
    """Say that the engine has no site, and what to do next; `open_view` leads there."""
    with box("bacs-plain"):
        label(texts["commissioning_title"], tag="h1")
        label(texts["commissioning_text"], tag="p")
        with box("bacs-steps", "ol"):
            for step in (1, 2, 3):
                label(texts[f"commissioning_step_{step}"], tag="li")
        button(
            texts["begin_commissioning"],
            lambda: open_view(View(ViewName.COMMISSIONING)),
            "bacs-button bacs-action primary",
        )
