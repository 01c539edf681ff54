"""A German report says nothing in English but what people and devices wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from string import Formatter

import pytest

from bacs_core import reasons
from bacs_core.alarms.declaration import Scope
from bacs_core.alarms.rules import RULES
from bacs_core.alarms.states import ChangeKind
from bacs_core.api.message_base import CommandName
from bacs_core.commissioning.words import SENTENCES as COMMISSIONING
from bacs_core.findings import SENTENCES as FINDINGS
from bacs_core.history.events import EventKind
from bacs_core.model import AlarmSeverity, EqualizationMode, TripCause, TripState
from bacs_core.reports.content import Content, Happening
from bacs_core.reports.judgement import alarm_text, judge
from bacs_core.reports.language import language_of
from bacs_core.reports.page import render
from bacs_core.reports.plots.drawings import Drawings
from bacs_core.reports.texts import LANGUAGES
from bacs_core.reports.views.happenings import event_text
from bacs_core.snapshot import TripSummary
from tests.core.reports.contents import NOW, make_alarm, make_content
from tests.core.reports.markup import read

CELLS = 8
GERMAN, ENGLISH = language_of("de", "Europe/Berlin"), language_of("en", "Europe/Berlin")
AT = datetime(2026, 11, 21, 14, 20, tzinfo=UTC)
#: Shorter pieces are words that both languages may have.
LEAST_LETTERS = 9


def pieces(sentence: str) -> Iterator[str]:
    """Yield what stands between the places of a sentence, where it is long enough to be known."""
    for text, *_ in Formatter().parse(sentence):
        for part in re.split(r"[,;:()]", text):
            if len(part.strip()) >= LEAST_LETTERS:
                yield part.strip()


def catalogue() -> set[str]:
    """Return every English sentence, in pieces, that is no German one too."""
    english = [
        *(rule.text for rule in RULES),
        *reasons.SENTENCES.values(),
        *FINDINGS.values(),
        *COMMISSIONING.values(),
        *LANGUAGES["en"].values(),
        "over its surroundings",
        "times its usual current",
        "discharge began",
        "taken out of service",
    ]
    german = {piece for text in LANGUAGES["de"].values() for piece in pieces(text)}
    return {piece for text in english for piece in pieces(text)} - german


def happening(what: EventKind, text: str, rule: str | None = None, /, **data: object) -> Happening:
    return Happening(NOW, what, text, "M. Muster", 3, rule, None, data=data)


def every_event() -> tuple[Happening, ...]:
    alarms = [
        happening(
            EventKind.ALARM_PUT_ASIDE,
            f"{change.replace('_', ' ')}: String 1: {rule.text}",
            rule.name,
            change=change.value,
            shelved_until=AT.isoformat(),
            value=1.5,
        )
        for change in ChangeKind
        for rule in RULES
    ]
    commands = [
        happening(EventKind.COMMAND, name, command=name.value, code=code)
        for name in CommandName
        for code in (None, "forbidden")
    ]
    choices = [
        happening(EventKind.SETTING_CHANGED, "switched", key=key, before=None, value=value)
        for key in ("alarm_limit", "out_of_service", "battery_test_until", "something_newer")
        for value in (None, "off", AT.isoformat())
    ]
    modes = [
        happening(EventKind.EQUALIZATION, "mode", key="equalization_mode", value=mode.value)
        for mode in EqualizationMode
    ]
    trips = [
        happening(
            EventKind.PROTECTION,
            "protection",
            state=state.value,
            causes=[cause.value for cause in TripCause],
        )
        for state in TripState
    ]
    others = [happening(kind, "this stands in English only") for kind in EventKind]
    return (*alarms, *commands, *choices, *modes, *trips, *others)


def whole() -> Content:
    notes = {
        "runaway_pre_alert": "17.2 K over its surroundings, 4.0 times its usual current",
        "runaway_alarm": "17.2 K over its string",
        "devices_exchanged": "cells 1-3, 7 and 4 more, current sensor",
        "breaker_tripped": "over temperature, cell 3",
    }
    alarms = tuple(
        make_alarm(
            rule.name, AlarmSeverity.ALARM, 3 if rule.scope is Scope.CELL else None, 1.5, 1.0
        ).model_copy(update={"note": notes.get(rule.name, "-")})
        for rule in RULES
    )
    content = make_content(CELLS)
    assert content.standing is not None
    assert content.standing.concluded is not None
    trip = TripSummary(TripState.TRIPPED, (TripCause.OVER_TEMPERATURE,), 3)
    concluded = replace(content.standing.concluded, trip=trip)
    standing = replace(content.standing, alarms=alarms, concluded=concluded)
    return replace(content, standing=standing, events=every_event())


def test_no_english_sentence_of_the_catalogue_stands_in_a_german_report() -> None:
    content = whole()
    page = render(content, judge(content), Drawings(), GERMAN)
    shown = re.sub(r"\s+", " ", " ".join(read(page).text).replace("\N{NO-BREAK SPACE}", " "))
    assert sorted(piece for piece in catalogue() if piece in shown) == []
    assert "this stands in English only" not in shown


def test_the_notes_of_alarms_are_told_in_german() -> None:
    content = whole()
    assert content.standing is not None
    told = {
        alarm.rule: alarm_text(alarm, content, GERMAN).replace("\N{NO-BREAK SPACE}", " ")
        for alarm in content.standing.alarms or ()
    }
    assert told["runaway_pre_alert"].endswith(
        "17,2 K über ihrer Umgebung, 4,0-mal ihr üblicher Strom"
    )
    assert "(Zellen 1-3, 7 und 4 weitere, Stromsensor)" in told["devices_exchanged"]
    assert told["breaker_tripped"].endswith("Schalter hat ausgelöst: Übertemperatur, Zelle 03")


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            happening(
                EventKind.COMMAND, "x", command="switch_protection_off", hours=2, reason="Tausch"
            ),
            "Schutz ausschalten: 2 h, Tausch",
        ),
        (
            happening(EventKind.COMMAND, "x", command="reclose_breaker", code="forbidden"),
            "Auslösung beenden: abgelehnt",
        ),
        (
            happening(EventKind.MAINTENANCE, "x", work="inspected", note="sauber"),
            "geprüft: sauber",
        ),
        (
            happening(
                EventKind.EQUALIZATION,
                "x",
                key="equalization_pause",
                before={"string": False, "cells_until": {}},
                value={"string": True, "cells_until": {}},
            ),
            "Ausgleich angehalten",
        ),
        (
            happening(
                EventKind.DISCHARGE_ENDED,
                "x",
                kind="discharge",
                cause="mains_back",
                hours=1.5,
                given_ah=75.25,
                lowest_cell=3,
                lowest_v=1.851,
            ),
            "Entladung, Lader wieder da, 1 h 30 min, 75,2 Ah, Zelle 03: 1,851 V",
        ),
    ],
)
def test_what_happened_is_told_in_german(event: Happening, said: str) -> None:
    assert event_text(event, CELLS, GERMAN).replace("\N{NO-BREAK SPACE}", " ") == said


def test_what_only_a_newer_engine_knows_stands_in_english_only_in_an_english_report() -> None:
    event = happening(EventKind.OTHER, "the moon is full")
    assert event_text(event, CELLS, ENGLISH) == "the moon is full"
    assert event_text(event, CELLS, GERMAN) == "\N{EN DASH}"
