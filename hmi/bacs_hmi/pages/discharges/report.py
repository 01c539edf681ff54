"""The battery report of a string as a file; at the cabinet it goes onto the stick instead."""

from __future__ import annotations

from nicegui import ui

from bacs_core.model import String
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import button


def report_button(around: Surroundings, string: String) -> None:
    """Offer to save the report, with a word about how it goes.

    The browser of the cabinet fills its screen and has no place for files: the styles hide the
    button where the page is shown full-screen.
    """
    texts = around.texts
    client = ui.context.client

    def save(page: str) -> None:
        offered.set_text(texts["report"])
        with client:
            name = f"{texts['report_file']}-{string.key.replace('/', '-')}.html"
            ui.download.content(page, name, "text/html")

    def failed(why: str) -> None:
        offered.set_text(texts["report"])
        around.tell(why, False)

    def read() -> None:
        offered.set_text(texts["report_being_made"])
        around.ask.history(
            "report",
            lambda history: history.report(string.key, around.language),
            save,
            failed,
        )

    offered = button(texts["report"], read, "bacs-button bacs-report")
