"""What the engine tells of alarms and findings, in the language of this Home Assistant.

The engine tells it in English. The words of other languages are those of its reports, so that a
person reads the same here as there; what they have no words for stays as it was told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from bacs_core.alarms.figures import number
from bacs_core.alarms.rules import RULE_OF
from bacs_core.api.brain_messages import TripStatus
from bacs_core.api.live import LiveSite
from bacs_core.api.message_base import Wording
from bacs_core.api.messages import Alarm, Finding
from bacs_core.model import Site, String, TripCause, TripState, cell_label
from bacs_core.reports.noted import noted
from bacs_core.reports.sentences import Amount, Argument, Sentence, finding_sentence
from bacs_core.reports.texts import (
    DEFAULT_LANGUAGE,
    DOUBT_TEXTS,
    DOUBT_WORDS,
    LANGUAGES,
    RULE_TEXTS,
)

from .sentences import sentence_said

ABSENT: Final = "–"
DECIMAL_MARKS: Final = {"en": ".", "de": ","}
MOMENTS: Final = {"en": "%-d %b %Y %H:%M", "de": "%d.%m.%Y %H:%M"}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the protection of a string stands; `until` is in unix seconds."""

    state: TripState
    causes: Sequence[TripCause]
    cell: int | None
    by: str | None
    reason: str
    until: float | None


@dataclass(frozen=True, slots=True)
class Speech:
    """One language of the reports, with the time zone of this Home Assistant."""

    code: str
    zone: tzinfo

    @property
    def is_own(self) -> bool:
        """Whether it is the language of the engine itself."""
        return self.code == DEFAULT_LANGUAGE

    def text(self, key: str, /, **values: Argument) -> str:
        """Write the text `key`; raises `KeyError` for one that is not there."""
        written = {name: self._written(value) for name, value in values.items()}
        return LANGUAGES[self.code][key].format(**written)

    def word(self, kind: str, code: str) -> str:
        """Write a word for a code of the engine; one that is not known stands for itself."""
        return LANGUAGES[self.code].get(f"{kind}_{code.lower()}", code.replace("_", " "))

    def named(self, key: str, told: str) -> str:
        """Name what the language has a word for; anything else is named as the engine does."""
        return told if self.is_own else LANGUAGES[self.code].get(key, told)

    def marked(self, figure: str) -> str:
        """Write a number with the decimal mark of the language."""
        return figure.replace(".", DECIMAL_MARKS[self.code])

    def moment(self, at: datetime) -> str:
        """Write a moment on the clock of this Home Assistant."""
        return at.astimezone(self.zone).strftime(MOMENTS[self.code])

    def sentence(self, told: str) -> str:
        """Say what comes without a code; one that is not known stands as it was told."""
        return told if self.is_own else sentence_said(told, self.code)

    def _written(self, value: Argument) -> str:
        match value:
            case Sentence():
                return self.text(value.key, **value.values)
            case Amount(value=None):
                return ABSENT
            case Amount(value=float(figure)):
                return self.marked(f"{figure:.{value.decimals}f} {value.unit}".rstrip())
            case datetime():
                return self.moment(value)
        return str(value)


#: As the engine tells it.
ENGLISH: Final = Speech(DEFAULT_LANGUAGE, UTC)


def speech_of(language: str, zone: tzinfo) -> Speech:
    """Choose the language of a tag such as `de-CH`, English for one that is not there."""
    code = language.partition("-")[0].lower()
    return Speech(code if code in LANGUAGES else DEFAULT_LANGUAGE, zone)


def speech_here(hass: HomeAssistant) -> Speech:
    """Choose the language that this Home Assistant is set to."""
    return speech_of(hass.config.language, dt_util.get_default_time_zone())


def alarm_said(alarm: Alarm, live: LiveSite, speech: Speech) -> str:
    """Say where and what an alarm is; one of a rule that is not known stands as it was told."""
    rule, text = RULE_OF.get(alarm.rule), RULE_TEXTS[speech.code].get(alarm.rule)
    site = None if live.info is None else live.info.site
    if speech.is_own or rule is None or text is None or site is None:
        return alarm.text
    if rule.counts and "{value}" in text:
        return alarm.text
    string = _string_of(site, alarm.string_key)
    mirror = live.strings.get(alarm.string_key or "")
    trip = None if mirror is None or mirror.brain is None else _stands(mirror.brain.trip)
    cell_count = 0 if string is None else string.cell_count
    said = text.format(
        value=_figure(alarm.value, alarm.rule, speech),
        limit=_figure(alarm.limit, alarm.rule, speech, exact=True),
        note=speech.sentence(noted(alarm, trip, cell_count, speech)),
    )
    return f"{_place(alarm, site, string, speech)}: {said}"


def finding_said(finding: Finding, speech: Speech) -> str:
    """Say why a cell stands out; a code that is not known stands as it was told."""
    amount = finding.wording.arguments.get("amount")
    known = f"finding_{finding.wording.code}" in LANGUAGES[speech.code]
    if speech.is_own or not known or not isinstance(amount, int | float):
        return finding.text
    sentence = finding_sentence(finding.wording.code, float(amount))
    return speech.text(sentence.key, **sentence.values)


def doubt_said(told: str, wording: Wording | None, speech: Speech) -> str:
    """Say why a device is doubted; a code that is not known stands as it was told."""
    text = None if wording is None else DOUBT_TEXTS[speech.code].get(wording.code)
    if speech.is_own or wording is None or text is None:
        return speech.sentence(told)
    words = DOUBT_WORDS[speech.code]
    arguments = {
        name: words.get(value, value) if isinstance(value, str) else speech.marked(f"{value:g}")
        for name, value in wording.arguments.items()
    }
    try:
        return text.format(**arguments)
    except KeyError:
        # A newer engine may say it with other arguments.
        return told


def error_said(error: Exception | str, hass: HomeAssistant) -> str:
    """Say what went wrong, in the language that this Home Assistant is set to."""
    return speech_here(hass).sentence(str(error))


def _figure(value: float | None, rule: str, speech: Speech, *, exact: bool = False) -> str:
    if value is None:
        return ABSENT
    return speech.marked(number(value, RULE_OF[rule].unit, exact=exact))


def _place(alarm: Alarm, site: Site, string: String | None, speech: Speech) -> str:
    """Name the place as the engine does in English."""
    if string is not None:
        if alarm.cell is None:
            return string.name
        cell = speech.text("cell_named", cell=cell_label(alarm.cell, string.cell_count))
        return f"{string.name}, {cell}"
    if alarm.line_id is not None:
        return speech.text("line_named", line=alarm.line_id)
    managers = {manager.id: manager.name for manager in site.managers}
    return managers.get(alarm.manager_id or "", site.name)


def _string_of(site: Site, key: str | None) -> String | None:
    return next((string for string in site.strings if string.key == key), None)


def _stands(trip: TripStatus) -> Standing:
    until = None if trip.until is None else trip.until.timestamp()
    return Standing(trip.state, trip.causes, trip.cell, trip.by, trip.reason, until)
