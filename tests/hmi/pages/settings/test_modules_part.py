"""Of a string only the cells that it has can be named."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from nicegui import Client
from nicegui.page import page

from bacs_hmi.fields import Field
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.pages.settings.modules_part import ModulesPart
from bacs_hmi.parts import LANGUAGE_KEY, box
from bacs_hmi.texts import LANGUAGES
from bacs_hmi.views import View, ViewName
from tests.hmi.standin_engine import small_site


def test_the_number_of_a_cell_goes_as_far_as_the_chosen_string() -> None:
    site = small_site()
    keys = ["ups-b/1", "telecom/1"]
    texts = LANGUAGES["en"]
    with Client(page("/"), request=None) as client:
        client.storage[LANGUAGE_KEY] = "en"
        around: Any = SimpleNamespace(
            texts=texts,
            site=site,
            live=SimpleNamespace(info=SimpleNamespace(lines=[SimpleNamespace(strings=keys)])),
            may=lambda _: False,
            ask=None,
        )
        with box("bacs") as root:
            ModulesPart(cast("Surroundings", around), View(ViewName.SETTINGS, "telecom/1"))

        def hint() -> str:
            [field] = [
                each
                for each in root.descendants()
                if isinstance(each, Field) and each.props["label"] == texts["modules_cell"]
            ]
            return str(field.props["hint"])

        assert hint().endswith("24")
        for each in list(root.descendants()):
            if getattr(each, "text", "") == "UPS B string 1":
                listener = next(iter(each._event_listeners.values()))
                assert listener.handler is not None
                listener.handler(None)
        assert hint().endswith("60")
