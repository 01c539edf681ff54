from __future__ import annotations

import string
from collections.abc import Iterable, Mapping

import pytest

from bacs_core import reasons
from bacs_core.alarms.rules import RULES
from bacs_core.api.discharge_messages import CellFault, DischargeKind, EndCause
from bacs_core.findings import SENTENCES
from bacs_core.history.events import EventKind
from bacs_core.model import (
    Basis,
    ChargePhase,
    Chemistry,
    EqualizationState,
    EqualizedBy,
    Inhibit,
    MaintenanceWork,
    Quantity,
    TripState,
)
from bacs_core.reports.content import Source, Span
from bacs_core.reports.judgement import Level
from bacs_core.reports.texts import DOUBT_TEXTS, LANGUAGES, RULE_TEXTS


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_text_is_there_in_both_languages_with_the_same_values_in_it() -> None:
    english, german = LANGUAGES["en"], LANGUAGES["de"]
    assert english.keys() == german.keys()
    assert [key for key in english if placeholders(english[key]) != placeholders(german[key])] == []


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("finding", SENTENCES),
        ("basis", [basis.name for basis in Basis]),
        ("phase", [phase.name for phase in ChargePhase]),
        ("chemistry", Chemistry),
        ("equalized_by", EqualizedBy),
        ("equalization", EqualizationState),
        ("inhibit", Inhibit),
        ("quantity", Quantity),
        ("trip", TripState),
        ("event", EventKind),
        ("kind", DischargeKind),
        ("cause", EndCause),
        ("fault", CellFault),
        ("work", MaintenanceWork),
        ("level", Level),
        ("span", Span),
        ("source", Source),
    ],
)
def test_every_code_of_the_engine_has_a_word(kind: str, codes: Iterable[str]) -> None:
    for texts in LANGUAGES.values():
        assert [code for code in codes if f"{kind}_{code.lower()}" not in texts] == []


def test_every_alarm_rule_speaks_both_languages() -> None:
    for texts in RULE_TEXTS.values():
        assert texts.keys() == {rule.name for rule in RULES}
    german = RULE_TEXTS["de"]
    measured = [rule for rule in RULES if not rule.counts]
    assert [
        rule.name for rule in measured if placeholders(german[rule.name]) != placeholders(rule.text)
    ] == []


def test_every_reason_to_doubt_a_module_speaks_both_languages() -> None:
    both: Iterable[Mapping[str, str]] = DOUBT_TEXTS.values()
    for texts in both:
        assert texts.keys() == reasons.SENTENCES.keys()
        assert all(
            placeholders(texts[code]) == placeholders(sentence)
            for code, sentence in reasons.SENTENCES.items()
        )
