"""Events of the history in words of the screen: where, what, and what was chosen instead of what.

A sentence is made from the kind of an event and its data. What a newer engine tells that this panel
does not know is said as the engine itself says it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bacs_core.api.history_messages import EventMessage
from bacs_core.api.messages import Alarm
from bacs_core.model import AlarmSeverity, AlarmState, Site, cell_label
from bacs_hmi import wording
from bacs_hmi.event_details import COMMANDS, DETAILS, SETTINGS, Telling, moment_of
from bacs_hmi.format import Numbers
from bacs_hmi.given_reasons import reason_words
from bacs_hmi.texts import Texts

_ALARMS: Final = (
    "alarm_raised",
    "alarm_returned",
    "alarm_cleared",
    "alarm_acknowledged",
    "alarm_put_aside",
)
#: What people choose when they look for events; each kind belongs to one of these groups.
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "alarms": (*_ALARMS, "buzzer_muted", "protection"),
    "commands": (
        "command",
        "equalization",
        "maintenance",
        "commissioning",
    ),
    "settings": (
        "setting_changed",
        "user_changed",
        "token_changed",
        "login",
        "login_refused",
    ),
    "system": (
        "engine_started",
        "engine_stopped",
        "clock_stepped",
        "line_lost",
        "line_returned",
        "manager_lost",
        "manager_returned",
        "history_gap",
        "history_replaced",
        "stick",
        "discharge_began",
        "discharge_ended",
        "other",
    ),
}
#: Sentences of people and tokens, whose data holds the name alone.
_PEOPLE: Final = {
    "user_added": re.compile(r"user (?P<name>\S+) added as (?P<role>\w+)"),
    "user_removed": re.compile(r"user (?P<name>\S+) removed"),
    "pin_set": re.compile(r"PIN set for user (?P<name>\S+)"),
    "pin_removed": re.compile(r"PIN removed from user (?P<name>\S+)"),
    "password_changed": re.compile(r"password changed for user (?P<name>\S+)"),
    "role_changed": re.compile(r"user (?P<name>\S+) is now (?P<role>\w+), was \w+"),
    "token_made": re.compile(r"token (?P<name>\S+) made as (?P<role>\w+)"),
    "token_paired": re.compile(
        r"token (?P<name>\S+) made as (?P<role>\w+), paired from (?P<address>\S+)"
    ),
    "pairing_opened": re.compile(r"pairing opened for a program as (?P<role>\w+)"),
    "pairing_wrong": re.compile(r"pairing refused to (?P<address>\S+): wrong code"),
    "pairing_too_many": re.compile(r"pairing ended after \d+ wrong codes"),
    "pairing_ended": re.compile(r"pairing ended"),
    "token_revoked": re.compile(r"token (?P<name>\S+) revoked"),
    "login_at_cabinet": re.compile(r"(?P<name>\S+) logged in at the cabinet"),
    "login_elsewhere": re.compile(r"(?P<name>\S+) logged in elsewhere"),
    "login_refused_at_cabinet": re.compile(r"login of (?P<name>.+) refused at the cabinet"),
    "login_refused_elsewhere": re.compile(r"login of (?P<name>.+) refused elsewhere"),
}
#: By rule, place and time an alarm is known: `cell_voltage_low:ups-a/2:07:1763668800`.
_ALARM_ID: Final = re.compile(r"(?P<rule>\w+):(?P<string>[^:]+/\d+)(?::(?P<cell>\d+))?:\d+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event was, as exact as it is known; `name` is in words of the screen."""

    name: str = ""
    string_key: str | None = None
    cell: int | None = None


def event_place(event: EventMessage, site: Site, texts: Texts) -> Place:
    """Name where something happened; an event of the whole site has no name."""
    key, cell = event.string_key, event.cell
    named = _ALARM_ID.fullmatch(str(event.data.get("alarm_id", "")))
    if key is None and named is not None:
        key, cell = named["string"], None if named["cell"] is None else int(named["cell"])
    string = wording.string_of(site, key)
    if string is not None and cell is not None:
        label = cell_label(cell, string.cell_count)
        name = texts["alarm_place_string_cell"].format(string=string.name, cell=label)
        return Place(name, key, cell if cell <= string.cell_count else None)
    if string is not None:
        return Place(string.name, key)
    manager = wording.manager_of(site, event.manager_id)
    if key is None and manager is not None:
        return Place(manager.name)
    line = "" if event.line_id is None else texts["line_named"].format(line=event.line_id)
    # A place that the site had once keeps the name that it had for the engine.
    return Place(key or event.manager_id or line)


def event_words(
    event: EventMessage,
    site: Site,
    texts: Texts,
    numbers: Numbers,
    devices: Mapping[str, str] | None = None,
) -> str:
    """Say what happened, without the place: `raised: temperature high 41.2 °C (limit 35.0 °C)`.

    `devices` are names of relay boxes and sensors by id.
    """
    say = _WORDS.get(event.kind)
    told = None if say is None else say(Telling(event, site, texts, numbers, devices or {}))
    return told or event.text


def event_group(kind: str) -> str:
    """Tell to which group of kinds one belongs; a kind of a newer engine is of the system."""
    return next((name for name, kinds in GROUPS.items() if kind in kinds), "system")


def _alarm(told: Telling) -> str | None:
    event, texts = told.event, told.texts
    change = texts.get(f"change_{event.data.get('change', '')}")
    alarm = _alarm_of(event)
    if change is None or alarm is None:
        return None
    parts = [f"{change}: {wording.raised_condition(alarm, told.site, texts)}"]
    change_key = event.data["change"]
    if change_key == "shelved" and alarm.shelved_until is not None:
        parts.append(texts["trip_until"].format(until=told.clock(alarm.shelved_until)))
    if change_key == "suppressed" and alarm.suppressed_by:
        parts.append(texts.get(f"suppressed_by_{alarm.suppressed_by}", alarm.suppressed_by))
    return ", ".join(parts)


def _alarm_of(event: EventMessage) -> Alarm | None:
    """Make the alarm anew of which an event tells."""
    data, states = event.data, {state.value for state in AlarmState}
    if event.rule is None or event.severity is None or data.get("state") not in states:
        return None
    return Alarm(
        id=str(data.get("alarm_id", "")),
        rule=event.rule,
        severity=AlarmSeverity(event.severity),
        state=AlarmState(data["state"]),
        manager_id=event.manager_id,
        string_key=event.string_key,
        cell=event.cell,
        line_id=event.line_id,
        value=_number(data.get("value")),
        limit=_number(data.get("limit")),
        raised_at=event.at,
        note=str(data.get("note", "")),
        shelved_until=moment_of(data.get("shelved_until")),
        suppressed_by=data.get("suppressed_by"),
        # The engine writes what became of an alarm in front of its sentence.
        text=event.text.partition(": ")[2],
    )


def _command(told: Telling) -> str | None:
    data, texts = told.event.data, told.texts
    name = str(data.get("command", ""))
    ordered = texts.get(f"ordered_{name}")
    if ordered is None:
        return None
    code = data.get("code")
    if code is not None:
        reason = texts.get(f"refused_{code}", texts["refused"])
        return texts["ordered_in_vain"].format(order=ordered, reason=reason)
    return _with_details(ordered, COMMANDS.get(name, ()), told)


def _changed(told: Telling) -> str | None:
    """Say what was set instead of what; a choice that was taken back has a phrase of its own."""
    key, texts = str(told.event.data.get("key", "")), told.texts
    off = told.event.data.get("value") in {None, False}
    known = (texts.get(f"unchosen_{key}") if off else None) or texts.get(f"chosen_{key}")
    return None if known is None else _with_details(known, SETTINGS.get(key, ()), told)


def _with_details(phrase: str, names: tuple[str, ...], told: Telling) -> str:
    details = [detail for name in names if (detail := DETAILS[name](told))]
    return f"{phrase}: {', '.join(details)}" if details else phrase


def _equalization(told: Telling) -> str | None:
    if told.event.data.get("key") == "equalization_mode":
        return _changed(told)
    if told.event.data.get("key") != "equalization_pause":
        return None
    return _pause(told, told.event.data.get("before"), told.event.data.get("value"))


def _pause(told: Telling, before: object, after: object) -> str | None:
    """Say which pause was made, changed or taken back."""
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return None
    texts = told.texts
    was, now = before.get("cells_until", {}), after.get("cells_until", {})
    changed = [cell for cell in {**was, **now} if was.get(cell, ...) != now.get(cell, ...)]
    string_changed = any(before.get(name) != after.get(name) for name in ("string", "string_until"))
    began = bool(after.get("string")) if string_changed else any(cell in now for cell in changed)
    until = after.get("string_until") if string_changed else _first(now, changed)
    parts = [texts["chosen_pause" if began else "unchosen_pause"]]
    if changed and not string_changed:
        parts.append(told.cells([int(cell) for cell in changed]))
    if began and (end := moment_of(until)) is not None:
        parts.append(texts["trip_until"].format(until=told.clock(end)))
    return ", ".join(parts)


def _first(untils: Mapping[str, Any], cells: list[str]) -> object:
    return next((untils[cell] for cell in cells if cell in untils), None)


def _protection(told: Telling) -> str | None:
    data, texts = told.event.data, told.texts
    state = texts.get(f"trip_{data.get('state')}")
    if state is None:
        return None
    causes = [texts.get(f"cause_{cause}", cause) for cause in data.get("causes") or ()]
    parts = [", ".join(causes)] if causes else []
    if (until := moment_of(data.get("until"))) is not None:
        parts.append(texts["trip_until"].format(until=told.clock(until)))
    parts += [reason_words(str(data["reason"]), texts)] if data.get("reason") else []
    phrase = f"{texts['event_protection']}: {state}"
    return ", ".join([phrase, *parts])


def _maintenance(told: Telling) -> str | None:
    data, texts = told.event.data, told.texts
    if data.get("key") is not None:
        return _changed(told)
    work = texts.get(f"work_{data.get('work')}")
    if work is None:
        return None
    return f"{work}: {data['note']}" if data.get("note") else work


def _commissioning(told: Telling) -> str | None:
    data, texts = told.event.data, told.texts
    ordered = texts.get(f"ordered_{data.get('command')}")
    state = texts.get(f"job_{data.get('state')}")
    return None if ordered is None or state is None else f"{ordered}: {state}"


def _people(told: Telling) -> str | None:
    for key, pattern in _PEOPLE.items():
        if (found := pattern.fullmatch(told.event.text)) is not None:
            named = found.groupdict()
            role = told.texts.get(f"role_{named.get('role')}", named.get("role", ""))
            return told.texts[f"told_{key}"].format(**named | {"role": role})
    return None


def _clock(told: Telling) -> str | None:
    step_s = _number(told.event.data.get("step_s"))
    if step_s is None:
        return None
    sign = "+" if step_s > 0 else ""
    return f"{told.texts['event_clock_stepped']}: {sign}{told.numbers.with_unit(step_s, 1, 's')}"


def _connection(told: Telling) -> str | None:
    return told.texts.get(f"event_{told.event.kind}")


def _gap(told: Telling) -> str | None:
    """Say since when and until when nothing, or not all, could be kept."""
    data, texts = told.event.data, told.texts
    since = moment_of(data.get("since"))
    if since is None:
        return None
    until = moment_of(data.get("until")) or told.event.at
    text = texts["told_gap"].format(since=told.clock(since), until=told.clock(until))
    counted = [
        texts[f"told_gap_{name}"].format(count=data[name])
        for name in ("events", "samples")
        if data.get(name)
    ]
    return ", ".join([text, *counted])


def _replaced(told: Telling) -> str | None:
    data, texts = told.event.data, told.texts
    if "copied" in data and "finding" not in data:
        return texts["told_history_gone"]
    if "finding" in data:
        return texts["told_history_damaged"].format(aside=data.get("aside", ""))
    return texts["told_history_log"] if "steps" in data else texts["told_history_other"]


def _stick(told: Telling) -> str | None:
    data, texts = told.event.data, told.texts
    name = data.get("label", "")
    problem = data.get("problem")
    if problem is not None:
        reason = texts.get(
            "told_stick_failed_why" if problem == "failed" else f"told_stick_{problem}"
        )
        phrase = texts["told_stick_failed"].format(name=name)
        return f"{phrase}: {reason}" if reason else phrase
    if "files" in data:
        return texts["told_stick_written"].format(name=name, files=data["files"])
    return texts["told_stick_found"].format(name=name)


def _discharge_ended(told: Telling) -> str | None:
    data, texts, numbers = told.event.data, told.texts, told.numbers
    kind = texts.get(f"told_ended_{data.get('kind')}")
    if kind is None:
        return None
    parts = [kind]
    cause = texts.get(f"told_end_{data.get('cause')}")
    parts += [] if cause is None else [cause]
    hours = _number(data.get("hours"))
    parts += [] if hours is None else [numbers.with_unit(hours, 2, "h")]
    given_ah = _number(data.get("given_ah"))
    if given_ah is not None:
        least = "≥ " if data.get("lower_bound") else ""
        parts.append(least + numbers.with_unit(given_ah, 1, "Ah"))
    lowest = data.get("lowest_cell")
    if isinstance(lowest, int) and data.get("lowest_v") is not None:
        value = numbers.with_unit(_number(data["lowest_v"]), 3, "V")
        parts.append(texts["told_lowest"].format(cell=told.cell(lowest), value=value))
    return ", ".join(parts)


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None  # type: ignore[arg-type]


_WORDS: Final[Mapping[str, Callable[[Telling], str | None]]] = {
    **dict.fromkeys(_ALARMS, _alarm),
    "buzzer_muted": _connection,
    "equalization": _equalization,
    "protection": _protection,
    "maintenance": _maintenance,
    "command": _command,
    "commissioning": _commissioning,
    "setting_changed": _changed,
    "engine_started": _connection,
    "engine_stopped": _connection,
    "clock_stepped": _clock,
    "line_lost": _connection,
    "line_returned": _connection,
    "manager_lost": _connection,
    "manager_returned": _connection,
    "history_gap": _gap,
    "history_replaced": _replaced,
    "user_changed": _people,
    "token_changed": _people,
    "login": _people,
    "login_refused": _people,
    "stick": _stick,
    "discharge_began": _connection,
    "discharge_ended": _discharge_ended,
}
