"""A page with one of each control for a hand, as a program of its own: `hands_page.py PORT`.

What was done stands in words on the page, so that a test reads it there.
"""

from __future__ import annotations

import sys

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from bacs_core.api.messages import Login
from bacs_hmi.fields import number_field, secret_field, text_field
from bacs_hmi.hold import hold_button
from bacs_hmi.keyboard import Keyboard
from bacs_hmi.login import LoginSheet
from bacs_hmi.main import styles
from bacs_hmi.parts import LANGUAGE_KEY, box, button, label, sheet
from bacs_hmi.texts import texts_of


def build(language: str) -> None:
    """Build the page; a switch on the left scrolls with its list."""
    ui.context.client.storage[LANGUAGE_KEY] = language
    with box("bacs"):
        with box("bacs-room"):
            over = box("bacs-over")
            with box("bacs-view"):
                told = label("nothing").props("id=told")
                with box("").props("id=list style='height: 200px; overflow: auto'"):
                    box("").props("style='height: 150px'")
                    hold_button("Open the relay", lambda: told.set_text(f"{told.text}, held"))
                    box("").props("style='height: 600px'")
                text_field("Name", "", lambda text: told.set_text(f"name {text}"))
                number_field(
                    "Limit",
                    2.25,
                    lambda number: told.set_text(f"limit {number}"),
                    unit="V",
                    minimum=2.1,
                    maximum=2.4,
                    decimals=3,
                )
                number_field("Offset", None, lambda number: told.set_text(f"offset {number}"))
                button("Ask", lambda: ask(over, told))
                button("Sign in", lambda: ask_who(over, language))
        Keyboard(texts_of(language), language)


def ask(over: Element, told: TextElement) -> None:
    with sheet(over, "Secrets"):
        secret_field("Password", lambda text: told.set_text(f"password {text}"))
        secret_field("PIN", lambda text: told.set_text(f"pin {text}"), pin=True)


def ask_who(over: Element, language: str) -> None:
    def close() -> None:
        over.clear()

    async def send(_: Login) -> None:
        close()

    with over:
        login = LoginSheet(texts_of(language), title="Who", on_send=send, on_cancel=close)
        login.offer(["olga", "tina"])


if __name__ == "__main__":
    ui.add_css(styles(), shared=True)
    ui.page("/")(lambda language="en": build(language))
    ui.run(
        host="127.0.0.1",
        port=int(sys.argv[1]),
        show=False,
        reload=False,
        show_welcome_message=False,
        tailwind=False,
    )
