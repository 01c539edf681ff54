"""Sentences of the library that come without a code, in the language of this Home Assistant.

They tell of lines, devices, connections and refusals. What is not known here, such as an error of
an operating system that nobody has met yet, is said as it came.
"""

import re
from collections.abc import Mapping
from typing import Final

from .sentences_de import SENTENCES as GERMAN_SENTENCES, WORDS as GERMAN_WORDS

#: By language: how it is said, by what is said in English. A group `why` is a sentence itself, one
#: that begins with `word` a word.
_SENTENCES: Final[Mapping[str, tuple[tuple[re.Pattern[str], str], ...]]] = {
    "de": tuple((re.compile(english), german) for english, german in GERMAN_SENTENCES.items())
}
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {"de": GERMAN_WORDS}
_DECIMAL: Final = re.compile(r"-?\d+\.\d+")
_MARKS: Final = {"de": ","}
#: Between several refusals of one site file.
_BETWEEN: Final = "; "


def sentence_said(told: str, language: str) -> str:
    """Say a sentence, or several of them; one that is not known stands as it was told."""
    if language not in _SENTENCES:
        return told
    if (whole := _said(told, language)) is not None:
        return whole
    parts = told.split(_BETWEEN)
    return _BETWEEN.join(_said(part, language) or part for part in parts)


def _said(told: str, language: str) -> str | None:
    """Say one sentence; `None` for one that is not known."""
    if (word := _WORDS[language].get(told)) is not None:
        return word
    for pattern, text in _SENTENCES[language]:
        if (found := pattern.fullmatch(told)) is not None:
            parts = found.groupdict()
            return text.format(
                **{name: _inner(name, parts[name] or "", language) for name in parts}
            )
    return None


def _inner(name: str, part: str, language: str) -> str:
    """Say what stands inside a sentence."""
    if name == "why":
        return sentence_said(part, language)
    if _DECIMAL.fullmatch(part):
        return part.replace(".", _MARKS[language])
    return _WORDS[language].get(part, part) if name.startswith("word") else part
