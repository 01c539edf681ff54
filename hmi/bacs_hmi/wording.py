"""Alarms in words: where, what, how much; and which of them is the worst."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from bacs_core.api.live import LiveSite
from bacs_core.api.messages import Alarm, Wording
from bacs_core.model import (
    AlarmSeverity,
    AlarmState,
    Manager,
    Quantity,
    Site,
    String,
    TripState,
    cell_label,
)
from bacs_core.reasons import plain
from bacs_hmi.conclusions import today_of, trip_of, why
from bacs_hmi.contents import deviation_v, value_of
from bacs_hmi.format import ABSENT, SHOWN, Numbers, Shown, minute_of
from bacs_hmi.line_wording import sentence as sentence_of_line
from bacs_hmi.texts import DEFAULT_LANGUAGE, Texts, numbers_of, texts_of

_SEVERITY_RANK: Final = {AlarmSeverity.ALARM: 0, AlarmSeverity.WARNING: 1}
_STATE_RANK: Final = {
    AlarmState.UNACKNOWLEDGED: 0,
    AlarmState.ACKNOWLEDGED: 1,
    AlarmState.RETURNED: 2,
    AlarmState.SHELVED: 3,
    AlarmState.SUPPRESSED: 4,
    AlarmState.OUT_OF_SERVICE: 5,
}
#: Somebody or something keeps these back: they are no news and wait for nobody.
PUT_ASIDE: Final = frozenset({AlarmState.SHELVED, AlarmState.SUPPRESSED, AlarmState.OUT_OF_SERVICE})
_MINUTES_PER_HOUR: Final = 60
_PERCENT: Final = Shown(1.0, "%", 0, 0)
_CELSIUS: Final = SHOWN[Quantity.TEMPERATURE]
#: How the value and the limit of a rule are shown; the other rules say yes or no.
_FIGURES: Final = {
    "hydrogen_high": Shown(1.0, "%", 2, 2),
    "hydrogen_raised": Shown(1.0, "%", 2, 2),
    "room_temperature_high": _CELSIUS,
    "room_temperature_low": _CELSIUS,
    "manager_room_temperature_high": _CELSIUS,
    "charge_low": _PERCENT,
    "charger_ripple": _PERCENT,
    "charger_drift": Shown(1.0, "%", 1, 1),
    "string_voltage_low": SHOWN[Quantity.VOLTAGE],
    "string_voltage_high": SHOWN[Quantity.VOLTAGE],
    "cell_voltage_low": SHOWN[Quantity.VOLTAGE],
    "cell_voltage_high": SHOWN[Quantity.VOLTAGE],
    "cell_deviation": Shown(1.0, "%", 1, 1),
    "cell_deviation_large": Shown(1.0, "%", 1, 1),
    "cell_temperature_high": _CELSIUS,
    "cell_temperature_critical": _CELSIUS,
    "charged_too_warm": _CELSIUS,
    "charged_too_cold": _CELSIUS,
    "runaway_trip": _CELSIUS,
    "runaway_alarm": _CELSIUS,
    "runaway_pre_alert": _CELSIUS,
    "trip_temperature": _CELSIUS,
    "trip_voltage_high": SHOWN[Quantity.VOLTAGE],
    "trip_voltage_low": SHOWN[Quantity.VOLTAGE],
    "cell_resistance_high": SHOWN[Quantity.RESISTANCE],
    "cell_resistance_rise": _PERCENT,
    "cell_resistance_rise_large": _PERCENT,
    "cell_capacity_low": _PERCENT,
    "cell_health_low": _PERCENT,
}
#: What a rule about a cell watches: known now, and not only when the alarm was raised.
_WATCHED: Final = {
    "cell_voltage_low": Quantity.VOLTAGE,
    "cell_voltage_high": Quantity.VOLTAGE,
    "cell_deviation": Quantity.VOLTAGE,
    "cell_deviation_large": Quantity.VOLTAGE,
    "cell_temperature_high": Quantity.TEMPERATURE,
    "cell_temperature_critical": Quantity.TEMPERATURE,
    "charged_too_warm": Quantity.TEMPERATURE,
    "charged_too_cold": Quantity.TEMPERATURE,
    "runaway_trip": Quantity.TEMPERATURE,
    "runaway_alarm": Quantity.TEMPERATURE,
    "runaway_pre_alert": Quantity.TEMPERATURE,
    "trip_temperature": Quantity.TEMPERATURE,
    "trip_voltage_high": Quantity.VOLTAGE,
    "trip_voltage_low": Quantity.VOLTAGE,
    "cell_resistance_high": Quantity.RESISTANCE,
}
#: What rules are about that watch no value of now.
_ABOUT: Final = {
    "temperature_suspect": Quantity.TEMPERATURE,
    "temperature_missing": Quantity.TEMPERATURE,
    "cell_resistance_rise": Quantity.RESISTANCE,
    "cell_resistance_rise_large": Quantity.RESISTANCE,
}
_RUNAWAY: Final = frozenset({"runaway_pre_alert", "runaway_alarm", "runaway_trip"})
#: What may burn or burst, has to be disconnected for that or was, the most dangerous first.
_DANGERS: Final = (
    "breaker_failed",
    "breaker_contradicted",
    "runaway_trip",
    "trip_temperature",
    "hydrogen_high",
    "breaker_tripping",
    "breaker_tripped",
    "runaway_alarm",
    "cell_temperature_critical",
    "trip_voltage_high",
    "trip_voltage_low",
    "trip_deferred",
    "runaway_pre_alert",
)
_DANGER_RANK: Final = {rule: rank for rank, rule in enumerate(_DANGERS)}
#: The figures that protection tells of a cell, after their amounts.
_JUDGED: Final = {
    "surroundings": "K over its surroundings",
    "string": "K over its string",
    "current": "times its usual current",
}
#: After these the value does not follow as part of the phrase.
_APART: Final = frozenset(
    {
        "charged_too_warm",
        "charged_too_cold",
        "runaway_trip",
        "runaway_alarm",
        "runaway_pre_alert",
        "trip_temperature",
        "trip_voltage_high",
        "trip_voltage_low",
        "charger_ripple",
        "charger_drift",
        "cell_resistance_rise",
        "cell_resistance_rise_large",
    }
)
_ON_BATTERY: Final = "on_battery"
_UNRECORDED: Final = "recording_failed"
#: These tell of a breaker: why, or who keeps it from acting.
_TRIPS: Final = {
    "protection_off": TripState.OFF,
    "breaker_failed": TripState.FAILED,
    "breaker_tripped": TripState.TRIPPED,
    "breaker_tripping": TripState.TRIPPING,
    "trip_deferred": TripState.DEFERRED,
}
#: Letters of a place in a sentence, and of its end, which names the cell and tells strings apart.
LONGEST_PLACE: Final = 36
_PLACE_END: Final = 22
#: These rules count how far the cell is from the target, in percent of it.
_DEVIATIONS: Final = frozenset({"cell_deviation", "cell_deviation_large"})


def worst_first(alarms: Iterable[Alarm]) -> list[Alarm]:
    """Order alarms: active ones, then those that are over, then those that were put aside.

    Among them the severe are first, of those the dangerous; of equal ones those that nobody has
    acknowledged, and then the first that came.
    """
    return sorted(
        alarms,
        key=lambda alarm: (
            not alarm.active,
            alarm.state in PUT_ASIDE,
            _SEVERITY_RANK[alarm.severity],
            _DANGER_RANK.get(alarm.rule, len(_DANGERS)),
            _STATE_RANK[alarm.state],
            alarm.raised_at,
            alarm.id,
        ),
    )


def most_dangerous_first(alarms: Iterable[Alarm]) -> list[Alarm]:
    """Return the active alarms of what may burn or burst, or has to be disconnected for that."""
    own = (alarm for alarm in alarms if alarm.active and alarm.rule in _DANGER_RANK)
    return worst_first(own)


def place(alarm: Alarm, site: Site, texts: Texts) -> str:
    """Name the place as exactly as the rule knows it."""
    string = string_of(site, alarm.string_key)
    if string is not None:
        if alarm.cell is None:
            return string.name
        return texts["alarm_place_string_cell"].format(
            string=string.name, cell=cell_label(alarm.cell, string.cell_count)
        )
    manager = manager_of(site, alarm.manager_id)
    if manager is not None:
        return manager.name
    if alarm.line_id is not None:
        return f"{texts['line']} {alarm.line_id}"
    return site.name


def condition(alarm: Alarm, site: Site, texts: Texts, live: LiveSite) -> str:
    """Say what is wrong: `temperature high 42.3 °C (limit 35.0 °C)`.

    The value is the one of now. Where nobody knows it now, it is the one with which the alarm was
    raised, and says so: `temperature high 41.8 °C at 07:17 (limit 35.0 °C)`.
    """
    value = _amount(alarm, site, texts, value_now(alarm, live))
    raised = _amount(alarm, site, texts, alarm.value)
    if value == ABSENT and raised != ABSENT:
        clock = minute_of(alarm.raised_at, today_of(live), texts["day_format"])
        value = texts["alarm_value_at"].format(value=raised, clock=clock)
    told = _with_figures(alarm, site, texts, value)
    if alarm.rule == _ON_BATTERY and not _discharges(alarm, live):
        told = texts["on_battery_still"].format(condition=told)
    reason = _why_tripped(alarm, site, texts, live)
    return f"{told}: {reason}" if reason else told


def raised_condition(alarm: Alarm, site: Site, texts: Texts) -> str:
    """Say what was wrong when an alarm was raised: `temperature high 41.8 °C (limit 35.0 °C)`."""
    return _with_figures(alarm, site, texts, _amount(alarm, site, texts, alarm.value))


def _with_figures(alarm: Alarm, site: Site, texts: Texts, value: str) -> str:
    """Say what a rule tells with a value and its limit, as far as there are any."""
    if f"rule_{alarm.rule}" not in texts:
        return rule(alarm, site, texts)
    figures = _figures_of(alarm, site, texts, value)
    between = ", " if alarm.rule in _APART else " "
    return between.join(part for part in (rule(alarm, site, texts), figures) if part)


def raised_figures(alarm: Alarm, site: Site, texts: Texts) -> str:
    """Write the value with which an alarm was raised, and its limit: `71.8 °C (limit 60.0 °C)`."""
    return _figures_of(alarm, site, texts, _amount(alarm, site, texts, alarm.value))


def _figures_of(alarm: Alarm, site: Site, texts: Texts, value: str) -> str:
    limit = _amount(alarm, site, texts, alarm.limit)
    parts = [] if value == ABSENT else [value]
    if limit != ABSENT:
        parts.append(texts["alarm_limit"].format(limit=limit))
    return " ".join(parts)


def value_now(alarm: Alarm, live: LiveSite) -> float | None:
    """Read what the rule of an active alarm of a cell watches; `None` where nobody knows it now."""
    quantity = _WATCHED.get(alarm.rule)
    mirror = live.strings.get(alarm.string_key or "")
    if quantity is None or mirror is None or alarm.cell is None:
        return None
    index = alarm.cell - 1
    known = live.connected and alarm.active and 0 <= index < mirror.string.cell_count
    if not known or live.stale(mirror.string.key, quantity, index):
        return None
    if alarm.rule not in _DEVIATIONS:
        return value_of(mirror, quantity, index)
    above_v, target_v = deviation_v(mirror, index), mirror.scalars.target_voltage_v
    return abs(above_v) / target_v * 100 if above_v is not None and target_v else None


def _discharges(alarm: Alarm, live: LiveSite) -> bool:
    """Tell whether current flows out of the string; what nobody knows is not claimed."""
    mirror = live.strings.get(alarm.string_key or "")
    current_a = None if mirror is None else mirror.scalars.current_a
    return current_a is not None and current_a < 0


def _why_tripped(alarm: Alarm, site: Site, texts: Texts, live: LiveSite) -> str:
    """Say why a breaker tripped or does not, as long as this is what protection says now."""
    string = string_of(site, alarm.string_key)
    if string is None or alarm.rule not in _TRIPS:
        return ""
    trip = trip_of(live, string.key)
    return why(trip, string, texts, today_of(live)) if trip.state is _TRIPS[alarm.rule] else ""


def rule(alarm: Alarm, site: Site, texts: Texts) -> str:
    """Name what is wrong; for a rule of a newer engine, as the engine itself says it."""
    known = texts.get(f"rule_{alarm.rule}")
    place_in_english = place(alarm, site, texts_of(DEFAULT_LANGUAGE))
    if known is None:
        return alarm.text.removeprefix(f"{place_in_english}: ")
    return known.format(note=_noted(alarm, texts)).removesuffix(": ")


def rule_name(name: str, texts: Texts) -> str:
    """Name a rule without a place; one of a newer engine by its own name."""
    known = texts.get(f"rule_{name}")
    if known is None:
        return name.replace("_", " ")
    return known.format(note="").strip(" :")


def figure(rule_name: str, value: float, cell_voltage_v: float, texts: Texts) -> str:
    """Write a value of a rule in its unit; `cell_voltage_v` decides how finely."""
    shown = _FIGURES.get(rule_name)
    numbers = numbers_of(texts)
    if shown is None:
        return plain(value).replace(".", numbers.decimal_mark)
    return shown.text(numbers, value, cell_voltage_v)


def duration(minutes: int, texts: Texts) -> str:
    """Write a time that a person chose: `15 min`, `8 h`."""
    if minutes % _MINUTES_PER_HOUR:
        return texts["minutes"].format(minutes=minutes)
    return texts["hours"].format(hours=minutes // _MINUTES_PER_HOUR)


def _noted(alarm: Alarm, texts: Texts) -> str:
    """Return the note; why nothing can be recorded begins with words that the screen knows."""
    if alarm.rule in _RUNAWAY:
        return _judged(alarm.note, texts)
    if alarm.rule != _UNRECORDED:
        return alarm.note
    reason, bracket, details = alarm.note.partition(" (")
    return word(texts, reason) + bracket + details


def _judged(note: str, texts: Texts) -> str:
    """Say the figures of thermal runaway in the language of the screen."""
    mark = numbers_of(texts).decimal_mark
    known = {f"noted_{words}": english for words, english in _JUDGED.items()}
    told = []
    for part in note.split(", "):
        amount = part.partition(" ")[0]
        name = next((name for name, words in known.items() if part == f"{amount} {words}"), None)
        told.append(part if name is None else texts[name].format(amount=amount.replace(".", mark)))
    return ", ".join(part for part in told if part != "-")


def quantity_of_worst(alarms: Iterable[Alarm], key: str, cell: int) -> Quantity | None:
    """Return what the worst active alarm of a cell (from 1) is about; `None` where none tells."""
    own = (each for each in alarms if (each.string_key, each.cell) == (key, cell) and each.active)
    about = (_WATCHED.get(each.rule) or _ABOUT.get(each.rule) for each in worst_first(own))
    return next((quantity for quantity in about if quantity is not None), None)


def said(text: str, wording: Wording | None, texts: Texts, numbers: Numbers) -> str:
    """Say a reason of the engine in the language of the screen; one without a code as it came."""
    known = None if wording is None else texts.get(f"reason_{wording.code}")
    if known is None or wording is None:
        return sentence_of_line(text, texts)
    arguments = {
        name: word(texts, value)
        if isinstance(value, str)
        else plain(value).replace(".", numbers.decimal_mark)
        for name, value in wording.arguments.items()
    }
    try:
        return known.format(**arguments)
    except KeyError:
        # A newer engine may say it with other arguments.
        return text


def word(texts: Texts, english: str) -> str:
    """Return a word of the engine in the language of the screen; one it does not know as it is."""
    known = texts.get(f"word_{english.replace(' ', '_')}")
    return sentence_of_line(english, texts) if known is None else known


def sentence(alarm: Alarm, site: Site, texts: Texts, live: LiveSite) -> str:
    """Say place and condition in one line; a long name makes room for them."""
    where = place(alarm, site, texts)
    if len(where) > LONGEST_PLACE:
        start, end = where[: LONGEST_PLACE - _PLACE_END - 1], where[-_PLACE_END:]
        where = f"{start.rstrip()}…{end.lstrip()}"
    return f"{where}: {condition(alarm, site, texts, live)}"


def state(alarm: Alarm, texts: Texts, today: datetime) -> str:
    """Say the state, and who acknowledged it, or who or what put it aside and until when."""
    if alarm.state is AlarmState.ACKNOWLEDGED and alarm.acknowledged_by:
        return texts["alarm_acknowledged_by"].format(name=alarm.acknowledged_by)
    if alarm.state is AlarmState.SHELVED and alarm.shelved_until is not None:
        until = minute_of(alarm.shelved_until, today, texts["day_format"])
        return texts["alarm_shelved_until"].format(until=until)
    if alarm.state is AlarmState.SUPPRESSED and alarm.suppressed_by:
        reason = texts.get(f"suppressed_by_{alarm.suppressed_by}", alarm.suppressed_by)
        return texts["alarm_suppressed_by"].format(reason=reason)
    if alarm.state is AlarmState.OUT_OF_SERVICE and alarm.suppressed_by:
        return texts["alarm_out_of_service_by"].format(name=alarm.suppressed_by)
    return texts[f"alarm_{alarm.state.value}"]


def string_of(site: Site, key: str | None) -> String | None:
    """Find a string by its key."""
    return next((string for string in site.strings if string.key == key), None)


def manager_of(site: Site, manager_id: str | None) -> Manager | None:
    """Find a manager by its id."""
    return next((manager for manager in site.managers if manager.id == manager_id), None)


def _amount(alarm: Alarm, site: Site, texts: Texts, value: float | None) -> str:
    shown = _FIGURES.get(alarm.rule)
    if shown is None:
        return ABSENT
    string = string_of(site, alarm.string_key)
    cell_voltage_v = string.cell_voltage_v if string is not None else 0.0
    return shown.text(numbers_of(texts), value, cell_voltage_v)
