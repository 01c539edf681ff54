"""The languages say the same things."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections import Counter
from importlib.resources import files
from pathlib import Path
from string import Formatter

import pytest

from bacs_core.access.rights import RIGHTS
from bacs_core.alarms.rules import RULES, Suppression
from bacs_core.api.messages import CommandName
from bacs_core.devices import bacs_manager
from bacs_core.devices.panel_map import KINDS
from bacs_core.devices.places import StringValue
from bacs_core.findings.sentences import SENTENCES as FINDINGS
from bacs_core.history.events import EventKind
from bacs_core.model import (
    AlarmState,
    Basis,
    CellStatus,
    ChargePhase,
    EqualizationMode,
    EqualizationState,
    EqualizedBy,
    Inhibit,
    Role,
    RunawayStage,
    TripCause,
    TripState,
)
from bacs_core.polling.thresholds import NAMES
from bacs_core.reasons import SENTENCES
from bacs_hmi.texts import LANGUAGES, preferred

ENGLISH = LANGUAGES["en"]
PHASES = (StringValue.CHARGING, StringValue.FLOAT_CHARGING, StringValue.DISCHARGING)


def places(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_texts_with_the_same_places(language: str) -> None:
    texts = LANGUAGES[language]
    assert set(texts) == set(ENGLISH)
    assert {key: places(text) for key, text in texts.items() if key != "day_format"} == {
        key: places(text) for key, text in ENGLISH.items() if key != "day_format"
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_written_twice(language: str) -> None:
    package = importlib.import_module(f"bacs_hmi.texts.{language}")
    rooms = [
        importlib.import_module(f"{package.__name__}.{room.name}").TEXTS
        for room in pkgutil.iter_modules(package.__path__)
    ]
    twice = Counter(key for room in rooms for key in room)
    assert [key for key, times in twice.items() if times > 1] == []


def test_every_name_that_the_engine_sends_has_a_text() -> None:
    names = [
        *(f"rule_{rule.name}" for rule in RULES),
        *(f"inhibit_{name}" for name in Inhibit),
        *(f"equalization_{name}" for name in EqualizationState),
        *(f"by_{name}" for name in EqualizedBy),
        *(f"alarm_{name}" for name in AlarmState),
        *(f"status_{status.name.lower()}" for status in CellStatus),
        *(f"reason_{code}" for code in SENTENCES),
        *(f"phase_{phase}" for phase in PHASES),
        *(f"event_{kind}" for kind in EventKind),
        *(f"suppressed_by_{name}" for name in Suppression),
        *(f"finding_{code}" for code in FINDINGS),
        *(f"charger_{phase.name.lower()}" for phase in ChargePhase),
        *(f"mode_{mode}" for mode in EqualizationMode),
        *(f"basis_{basis.name.lower()}" for basis in Basis),
        *(f"runaway_{stage.name.lower()}" for stage in RunawayStage),
        *(f"trip_{state}" for state in TripState),
        *(f"cause_{cause}" for cause in TripCause),
        *(f"role_{role}" for role in Role),
    ]
    assert [name for name in names if name not in ENGLISH] == []


def test_the_engine_and_the_panel_say_a_reason_with_the_same_arguments() -> None:
    assert {code: places(text) for code, text in SENTENCES.items()} == {
        code: places(ENGLISH[f"reason_{code}"]) for code in SENTENCES
    }


def test_the_engine_and_the_panel_say_a_finding_in_the_same_words() -> None:
    told = {code: re.sub(r":\.\df", "", text) for code, text in FINDINGS.items()}
    assert told == {code: ENGLISH[f"finding_{code}"] for code in FINDINGS}


def test_every_command_that_the_panel_gives_has_a_text_for_when_it_is_done() -> None:
    sources = [path.read_text() for path in Path(str(files("bacs_hmi"))).rglob("*.py")]
    commands = {name: "".join(part.title() for part in name.split("_")) for name in RIGHTS}
    given = {
        name
        for name, kind in commands.items()
        if any(re.search(rf"\b{kind}\(", source) for source in sources)
    }
    # Made of a table of commands, so that its name is not called.
    given |= {CommandName.RECLOSE_BREAKER, CommandName.SWITCH_PROTECTION_ON}
    assert len(given) >= 8
    assert [name for name in given if f"done_{name}" not in ENGLISH] == []


def test_every_word_in_a_reason_or_a_flag_has_a_text() -> None:
    bits = {*bacs_manager.GENERAL_STATUS_BITS.values(), *bacs_manager.UPS_STATUS_BITS.values()}
    # These the panel tells as the phase of charge and as equalization.
    told = {"discharging", "charging", "float charging", "equalisation"}
    words = (bits - told) | {*KINDS.values(), *NAMES.values()}
    assert [word for word in words if f"word_{word.replace(' ', '_')}" not in ENGLISH] == []


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
