"""How a language writes numbers, times and sentences: our own texts, the rest by Babel (CLDR)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from math import isfinite
from typing import Final

from babel import Locale
from babel.dates import format_date, format_datetime, get_timezone
from babel.numbers import format_decimal

from bacs_core.reports.sentences import Amount, Argument, Sentence
from bacs_core.reports.texts import (
    DEFAULT_LANGUAGE,
    DOUBT_TEXTS,
    DOUBT_WORDS,
    LANGUAGES,
    RULE_TEXTS,
)

DASH: Final = "–"
#: A unit never stands at the start of a line, away from its number.
NO_BREAK: Final = "\N{NO-BREAK SPACE}"
#: The locale of each language: where the site is, days come before months.
_LOCALES: Final = {"en": "en_GB", "de": "de_DE"}


@dataclass(frozen=True, slots=True)
class Language:
    """One language with the time zone of the site."""

    code: str
    locale: Locale
    zone: tzinfo
    texts: Mapping[str, str]
    rules: Mapping[str, str]
    doubts: Mapping[str, str]
    doubt_words: Mapping[str, str]

    def text(self, key: str, /, **values: Argument) -> str:
        """Write the text `key`; raises `KeyError` for one that is not there."""
        written = {name: self.write(value) for name, value in values.items()}
        return self.texts[key].format(**written) if written else self.texts[key]

    def word(self, kind: str, code: str) -> str:
        """Write a word for a code of the engine; one that is not known stands for itself."""
        return self.texts.get(f"{kind}_{code.lower()}", code.replace("_", " "))

    def write(self, value: Argument) -> str:
        """Write whatever can stand in a sentence."""
        match value:
            case Sentence():
                return self.text(value.key, **value.values)
            case Amount():
                return self.amount(value.value, value.decimals, value.unit)
            case datetime():
                return self.moment(value)
            case timedelta():
                return self.duration(value)
            case int():
                return self.number(value)
            case _:
                return value

    def doubt(self, code: str, arguments: Mapping[str, str | float], told: str) -> str:
        """Write why a module is doubted; a code that is not known leaves it as it was `told`."""
        sentence = self.doubts.get(code)
        if sentence is None:
            return told
        return sentence.format(**{name: self._plain(value) for name, value in arguments.items()})

    def number(self, value: float | None, decimals: int = 0) -> str:
        """Write a number with fixed decimals, a dash for one that is not there."""
        if value is None or not isfinite(value):
            return DASH
        shown = round(value, decimals) + 0.0
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        return format_decimal(shown, pattern, locale=self.locale).replace("-", "\N{MINUS SIGN}")

    def amount(self, value: float | None, decimals: int, unit: str) -> str:
        """Write a number and its unit; what is not there has no unit."""
        text = self.number(value, decimals)
        return text if text == DASH or not unit else f"{text}{NO_BREAK}{unit}"

    def signed(self, value: float | None, decimals: int) -> str:
        """Write a difference with its sign."""
        text = self.number(value, decimals)
        return f"+{text}" if value is not None and round(value, decimals) > 0 else text

    def moment(self, at: datetime) -> str:
        """Write day and time of day, in the zone of the site."""
        pattern = {"de": "dd.MM.yyyy HH:mm"}.get(self.code, "d MMM yyyy HH:mm")
        return self._dated(at, pattern)

    def second(self, at: datetime) -> str:
        """Write day and time of day with seconds."""
        pattern = {"de": "dd.MM.yyyy HH:mm:ss"}.get(self.code, "d MMM yyyy HH:mm:ss")
        return self._dated(at, pattern)

    def day(self, at: datetime) -> str:
        """Write the day."""
        return format_date(self.local(at).date(), "medium", locale=self.locale)

    def tick(self, at: datetime, pattern: str) -> str:
        """Write a moment on an axis, by a pattern of the CLDR."""
        return self._dated(at, pattern)

    def zone_name(self, at: datetime) -> str:
        """Name the zone with its distance from UTC at that moment."""
        local = self.local(at)
        offset = format_datetime(local, "'UTC'xxx", tzinfo=self.zone, locale=self.locale)
        name = local.tzname() or ""
        return offset if name in {"", "UTC"} or name[0] in "+-" else f"{name} ({offset})"

    def duration(self, length: timedelta) -> str:
        """Write how long something is, in its two largest units."""
        return written_duration(length)

    def local(self, at: datetime) -> datetime:
        """Return a moment in the zone of the site."""
        return at.astimezone(self.zone)

    def _plain(self, value: str | float) -> str:
        if isinstance(value, str):
            return self.doubt_words.get(value, value)
        return f"{value:g}".replace(".", self.number(0.0, 1)[1])

    def _dated(self, at: datetime, pattern: str) -> str:
        return format_datetime(at, pattern, tzinfo=self.zone, locale=self.locale)


#: The symbols of the SI and beside it, the same in every language.
_STEPS: Final = (
    ("d", timedelta(days=1)),
    ("h", timedelta(hours=1)),
    ("min", timedelta(minutes=1)),
    ("s", timedelta(seconds=1)),
)


def written_duration(length: timedelta) -> str:
    """Write a length of time in its largest unit and the one below, as 3 h 20 min."""
    left = timedelta(seconds=round(max(length, timedelta()).total_seconds()))
    for place, (symbol, step) in enumerate(_STEPS):
        count, rest = divmod(left, step)
        if not count and place < len(_STEPS) - 1:
            continue
        parts = [f"{count}{NO_BREAK}{symbol}"]
        if place < len(_STEPS) - 1:
            smaller, smaller_step = _STEPS[place + 1]
            parts += [f"{rest // smaller_step}{NO_BREAK}{smaller}"] if rest >= smaller_step else []
        return NO_BREAK.join(parts)
    return DASH


def language_of(code: str, zone: str | None = None) -> Language:
    """Return a language, English for one that is not there; `zone` as in `Request`.

    Raises `LookupError` for a zone that is not known.
    """
    known = code if code in LANGUAGES else DEFAULT_LANGUAGE
    return Language(
        code=known,
        locale=Locale.parse(_LOCALES[known]),
        zone=get_timezone(zone),
        texts=LANGUAGES[known],
        rules=RULE_TEXTS[known],
        doubts=DOUBT_TEXTS[known],
        doubt_words=DOUBT_WORDS[known],
    )
