"""The languages of a report: one table per language, the same keys in each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bacs_core import reasons
from bacs_core.reports.texts import (
    de,
    de_doubts,
    de_events,
    de_rules,
    de_words,
    en,
    en_events,
    en_rules,
    en_words,
)

DEFAULT_LANGUAGE: Final = "en"
LANGUAGES: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {**en.TEXTS, **en_words.TEXTS, **en_events.TEXTS},
    "de": {**de.TEXTS, **de_words.TEXTS, **de_events.TEXTS},
}
#: What an alarm says, by the name of its rule.
RULE_TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": en_rules.TEXTS,
    "de": de_rules.TEXTS,
}
#: Why a module is doubted, by the code of the reason, and the words that its arguments may be.
DOUBT_TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": reasons.SENTENCES,
    "de": de_doubts.SENTENCES,
}
DOUBT_WORDS: Final[Mapping[str, Mapping[str, str]]] = {"en": {}, "de": de_doubts.WORDS}
