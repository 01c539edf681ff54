"""The languages say the same things."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from string import Formatter

import pytest

from bacs_core.alarms.rules import RULES
from bacs_core.model import AlarmState, CellStatus, EqualizationState, EqualizedBy, Inhibit
from bacs_hmi.texts import LANGUAGES, preferred

ENGLISH = LANGUAGES["en"]


def places(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_texts_with_the_same_places(language: str) -> None:
    texts = LANGUAGES[language]
    assert set(texts) == set(ENGLISH)
    assert {key: places(text) for key, text in texts.items() if key != "day_format"} == {
        key: places(text) for key, text in ENGLISH.items() if key != "day_format"
    }


def test_every_name_that_the_engine_sends_has_a_text() -> None:
    names = [
        *(f"rule_{rule.name}" for rule in RULES),
        *(f"inhibit_{name}" for name in Inhibit),
        *(f"equalization_{name}" for name in EqualizationState),
        *(f"by_{name}" for name in EqualizedBy),
        *(f"alarm_{name}" for name in AlarmState),
        *(f"status_{status.name.lower()}" for status in CellStatus),
    ]
    assert [name for name in names if name not in ENGLISH] == []


def test_no_source_asks_for_a_text_that_is_not_there() -> None:
    sources = [
        path
        for path in Path(str(files("bacs_hmi"))).rglob("*")
        if path.suffix in {".py", ".js"} and path.parent.name != "texts"
    ]
    asked = {
        key
        for path in sources
        for pattern in (r'texts\["([a-z_0-9]+)"\]', r"\btexts\.([a-z_]+)\b")
        for key in re.findall(pattern, path.read_text())
    }
    methods = {"get", "items", "de", "en", "map", "forEach"}
    assert len(asked) > 20
    assert asked - methods - set(ENGLISH) == set()


@pytest.mark.parametrize(
    ("cookie", "header", "language"),
    [
        ("de", "en-US", "de"),
        (None, "de-AT,de;q=0.9,en;q=0.8", "de"),
        (None, "fr,de;q=0.5", "de"),
        ("xx", "", "en"),
        (None, "fr", "en"),
    ],
)
def test_a_browser_gets_what_it_chose_or_prefers_or_english(
    cookie: str | None, header: str, language: str
) -> None:
    assert preferred(cookie, header) == language
