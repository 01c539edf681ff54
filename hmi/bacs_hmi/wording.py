"""Alarms in words: where, what, how much; and which of them is the worst."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bacs_core.api.messages import Alarm
from bacs_core.model import AlarmSeverity, AlarmState, Manager, Quantity, Site, String, cell_label
from bacs_hmi.format import ABSENT, SHOWN, Shown
from bacs_hmi.texts import DEFAULT_LANGUAGE, Texts, numbers_of, texts_of

_SEVERITY_RANK: Final = {AlarmSeverity.ALARM: 0, AlarmSeverity.WARNING: 1}
_STATE_RANK: Final = {
    AlarmState.UNACKNOWLEDGED: 0,
    AlarmState.ACKNOWLEDGED: 1,
    AlarmState.RETURNED: 2,
}
#: How the value and the limit of a rule are shown; the other rules say yes or no.
_FIGURES: Final = {
    "string_voltage_low": SHOWN[Quantity.VOLTAGE],
    "string_voltage_high": SHOWN[Quantity.VOLTAGE],
    "cell_voltage_low": SHOWN[Quantity.VOLTAGE],
    "cell_voltage_high": SHOWN[Quantity.VOLTAGE],
    "cell_deviation": Shown(1.0, "%", 1, 1),
    "cell_deviation_large": Shown(1.0, "%", 1, 1),
    "cell_temperature_high": SHOWN[Quantity.TEMPERATURE],
    "cell_temperature_critical": SHOWN[Quantity.TEMPERATURE],
    "cell_resistance_high": SHOWN[Quantity.RESISTANCE],
}


def worst_first(alarms: Iterable[Alarm]) -> list[Alarm]:
    """Order alarms: still active, severe, not acknowledged first; then the one that came first."""
    return sorted(
        alarms,
        key=lambda alarm: (
            not alarm.active,
            _SEVERITY_RANK[alarm.severity],
            _STATE_RANK[alarm.state],
            alarm.raised_at,
            alarm.id,
        ),
    )


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


def condition(alarm: Alarm, site: Site, texts: Texts) -> str:
    """Say what is wrong: `temperature high 41.2 °C (limit 35.0 °C)`."""
    if f"rule_{alarm.rule}" not in texts:
        return rule(alarm, site, texts)
    value, limit = (
        _amount(alarm, site, texts, alarm.value),
        _amount(alarm, site, texts, alarm.limit),
    )
    parts = [rule(alarm, site, texts)]
    if value != ABSENT:
        parts.append(value)
    if limit != ABSENT:
        parts.append(texts["alarm_limit"].format(limit=limit))
    return " ".join(parts)


def rule(alarm: Alarm, site: Site, texts: Texts) -> str:
    """Name what is wrong; for a rule of a newer engine, as the engine itself says it."""
    known = texts.get(f"rule_{alarm.rule}")
    place_in_english = place(alarm, site, texts_of(DEFAULT_LANGUAGE))
    return known or alarm.text.removeprefix(f"{place_in_english}: ")


def sentence(alarm: Alarm, site: Site, texts: Texts) -> str:
    """Say place and condition in one line."""
    return f"{place(alarm, site, texts)}: {condition(alarm, site, texts)}"


def state(alarm: Alarm, texts: Texts) -> str:
    """Say the state, and who acknowledged."""
    if alarm.state is AlarmState.ACKNOWLEDGED and alarm.acknowledged_by:
        return texts["alarm_acknowledged_by"].format(name=alarm.acknowledged_by)
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
