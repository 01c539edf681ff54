"""The languages of the panel: one table per language, the same keys in each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bacs_hmi.format import Numbers
from bacs_hmi.texts import de, en

Texts = Mapping[str, str]

DEFAULT_LANGUAGE: Final = "en"
LANGUAGES: Final[dict[str, Texts]] = {"en": en.TEXTS, "de": de.TEXTS}


def texts_of(language: str) -> Texts:
    """Return the table of `language`, or that of the default language."""
    return LANGUAGES.get(language, LANGUAGES[DEFAULT_LANGUAGE])


def numbers_of(texts: Texts) -> Numbers:
    """Return how a language writes numbers."""
    return Numbers(texts["decimal_mark"])


def preferred(cookie: str | None, accept_language: str) -> str:
    """Choose the language: what this browser chose before, else what it prefers, else English."""
    if cookie in LANGUAGES:
        return str(cookie)
    for part in accept_language.split(","):
        code = part.split(";")[0].strip().lower()[:2]
        if code in LANGUAGES:
            return code
    return DEFAULT_LANGUAGE
