"""Events of the history in the language of a report: what was ordered, chosen, done or seen.

A sentence is made from the kind of an event and its data. What a newer engine tells stands as it
was recorded in English, and is left out in other languages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from bacs_core.alarms.rules import RULE_OF
from bacs_core.history.events import EventKind
from bacs_core.model import cell_label
from bacs_core.reports.content import Happening
from bacs_core.reports.judgement import written
from bacs_core.reports.language import DASH, Language
from bacs_core.reports.plots.times import rule_name
from bacs_core.reports.texts import DEFAULT_LANGUAGE

ALARM_KINDS: Final = frozenset(
    {
        EventKind.ALARM_RAISED,
        EventKind.ALARM_RETURNED,
        EventKind.ALARM_CLEARED,
        EventKind.ALARM_ACKNOWLEDGED,
        EventKind.ALARM_PUT_ASIDE,
    }
)
_MOST_CELLS: Final = 6
_ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Telling:
    """One event of a string with so many cells, and the language in which it is told."""

    event: Happening
    cell_count: int
    language: Language

    def text(self, name: str) -> str:
        """Return a value of the event that is a text, or nothing."""
        value = self.event.data.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> float | None:
        """Return a value of the event that is a number."""
        value = self.event.data.get(name)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if is_number else None  # type: ignore[arg-type]

    def until(self, value: object) -> str:
        """Say until when: ISO 8601 with zone, or unix seconds; nothing where that is unknown."""
        try:
            at = (
                datetime.fromisoformat(value)
                if isinstance(value, str)
                else datetime.fromtimestamp(float(value), UTC)  # type: ignore[arg-type]
            )
            return self.language.text("told_until", at=at.astimezone(UTC))
        except (TypeError, ValueError, OverflowError, OSError):
            return ""

    def word(self, kind: str, name: str) -> str:
        """Say a code that stands in the event; nothing where there is none."""
        code = self.event.data.get(name)
        return self.language.word(kind, code) if isinstance(code, str) else ""


def event_text(event: Happening, cell_count: int, language: Language) -> str:
    """Say what happened, without kind, time and place, which stand beside it."""
    say = _SENTENCES.get(event.kind)
    told = None if say is None else say(Telling(event, cell_count, language))
    if told is not None:
        return told or DASH
    return (event.text if language.code == DEFAULT_LANGUAGE else "") or DASH


def _alarm(told: Telling) -> str | None:
    event, language = told.event, told.language
    if event.rule is None:
        return None
    said = rule_name(event.rule, language)
    rule, value = RULE_OF.get(event.rule), told.number("value")
    if rule is not None and value is not None and not rule.counts:
        said = f"{said}, {written(value, rule.unit, language)}"
    if event.kind != EventKind.ALARM_PUT_ASIDE:
        return said
    return ", ".join(
        filter(None, (said, told.word("change", "change"), told.until(told.text("shelved_until"))))
    )


def _rule(told: Telling) -> str:
    alarm_id = told.text("alarm_id").partition(":")[0]
    name = told.event.rule or told.text("rule") or alarm_id
    if name in {"", _ALL}:
        return told.language.text("all_alarms")
    return rule_name(name, told.language)


def _limit(told: Telling) -> str:
    limit = told.event.data.get("limit", told.event.data.get("value"))
    if isinstance(limit, str):
        return told.language.word("limit", limit)
    rule = RULE_OF.get(told.event.rule or told.text("rule"))
    if rule is None or not isinstance(limit, int | float):
        return ""
    return written(float(limit), rule.unit, told.language)


def _cells(told: Telling) -> str:
    cells = told.event.data.get("cells")
    if not isinstance(cells, list) or not cells:
        return ""
    if len(cells) > _MOST_CELLS:
        return told.language.text("cell_count", count=len(cells))
    names = ", ".join(cell_label(int(cell), told.cell_count) for cell in cells)
    return told.language.text("noted_cells", cells=names)


def _hours(told: Telling) -> str:
    hours = told.number("hours")
    return "" if hours is None else told.language.duration(timedelta(hours=hours))


def _end(told: Telling) -> str:
    minutes = told.number("minutes")
    if minutes is not None:
        return told.language.duration(timedelta(minutes=minutes))
    return told.until(told.event.data.get("until"))


def _mode(told: Telling) -> str:
    return told.word("mode", "mode") or told.word("mode", "value")


def _reason(told: Telling) -> str:
    return told.text("reason") or told.text("value")


_DETAILS: Final[Mapping[str, tuple[Callable[[Telling], str], ...]]] = {
    "acknowledge": (_rule,),
    "shelve_alarm": (_rule, _end),
    "unshelve_alarm": (_rule,),
    "set_alarm_limit": (_rule, _limit),
    "alarm_limit": (_rule, _limit),
    "take_out_of_service": (_rule, _reason),
    "out_of_service": (_rule, _reason),
    "put_back": (_rule,),
    "pause_equalization": (_cells, _end),
    "resume_equalization": (_cells,),
    "set_equalization_mode": (_mode,),
    "equalization_mode": (_mode,),
    "cell_replaced": (lambda told: told.text("note"),),
    "add_maintenance": (lambda told: told.word("work", "work"), lambda told: told.text("note")),
    "switch_protection_off": (_hours, _reason),
    "start_battery_test": (_hours,),
    "battery_test_until": (lambda told: told.until(told.event.data.get("value")),),
}


def _with_details(phrase: str, name: str, told: Telling) -> str:
    details = [detail for say in _DETAILS.get(name, ()) if (detail := say(told))]
    return f"{phrase}: {', '.join(details)}" if details else phrase


def _command(told: Telling) -> str | None:
    name = told.text("command")
    ordered = told.language.texts.get(f"ordered_{name}")
    if ordered is None:
        return None
    said = _with_details(ordered, name, told)
    return told.language.text("in_vain", order=said) if told.text("code") else said


def _chosen(told: Telling) -> str | None:
    """Say what was set; a choice that was taken back has a phrase of its own."""
    key, texts = told.text("key"), told.language.texts
    off = told.event.data.get("value") in (None, False)
    known = (texts.get(f"unchosen_{key}") if off else None) or texts.get(f"chosen_{key}")
    return None if known is None else _with_details(known, key, told)


def _equalization(told: Telling) -> str | None:
    if told.text("key") != "equalization_pause":
        return _chosen(told)
    before, after = told.event.data.get("before"), told.event.data.get("value")
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return None
    was, now = before.get("cells_until") or {}, after.get("cells_until") or {}
    of_string = any(before.get(name) != after.get(name) for name in ("string", "string_until"))
    began = bool(after.get("string")) if of_string else len(set(now) - set(was)) > 0
    return told.language.text("chosen_pause" if began else "unchosen_pause")


def _protection(told: Telling) -> str | None:
    state = told.word("trip", "state")
    if not state:
        return None
    causes = told.event.data.get("causes")
    parts = [told.language.word("tripped_by", cause) for cause in causes or ()]  # type: ignore[attr-defined]
    parts += [told.until(told.event.data.get("until")), told.text("reason")]
    return ", ".join(filter(None, [state, *parts]))


def _maintenance(told: Telling) -> str | None:
    if told.text("key"):
        return _chosen(told)
    work = told.word("work", "work")
    return ": ".join(filter(None, (work, told.text("note")))) if work else None


def _ended(told: Telling) -> str | None:
    language, kind = told.language, told.word("kind", "kind")
    if not kind:
        return None
    parts = [kind, told.word("cause", "cause"), _hours(told)]
    given_ah = told.number("given_ah")
    if given_ah is not None:
        least = "≥ " if told.event.data.get("lower_bound") else ""
        parts.append(least + language.amount(given_ah, 1, "Ah"))
    lowest, lowest_v = told.number("lowest_cell"), told.number("lowest_v")
    if lowest is not None and lowest_v is not None:
        cell = language.text("cell_named", cell=cell_label(int(lowest), told.cell_count))
        parts.append(f"{cell}: {language.amount(lowest_v, 3, 'V')}")
    return ", ".join(filter(None, parts))


def _nothing_more(told: Telling) -> str:  # noqa: ARG001 - as all sentences
    """Say nothing: the kind of the event says all."""
    return ""


_SENTENCES: Final[Mapping[str, Callable[[Telling], str | None]]] = {
    **dict.fromkeys(ALARM_KINDS, _alarm),
    EventKind.COMMAND: _command,
    EventKind.SETTING_CHANGED: _chosen,
    EventKind.EQUALIZATION: _equalization,
    EventKind.PROTECTION: _protection,
    EventKind.MAINTENANCE: _maintenance,
    EventKind.DISCHARGE_ENDED: _ended,
    EventKind.DISCHARGE_BEGAN: _nothing_more,
    EventKind.MANAGER_LOST: _nothing_more,
    EventKind.MANAGER_RETURNED: _nothing_more,
}
