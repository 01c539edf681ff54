"""The limits of warning and alarm that hold for one quantity of one cell; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bacs_core.api.rule_messages import AlarmRule, ChangedLimit, Rules
from bacs_core.model import AlarmSeverity, Quantity, String
from bacs_hmi.charts.line_chart import Limit
from bacs_hmi.format import SHOWN
from bacs_hmi.texts import Texts

#: No cell has this number: what holds for the string where no cell has a limit of its own.
ANY_CELL: Final = 0
#: The rules whose limits are levels of a measured quantity.
_RULES: Final = {
    Quantity.VOLTAGE: (
        "cell_voltage_low",
        "cell_voltage_high",
        "trip_voltage_low",
        "trip_voltage_high",
    ),
    Quantity.TEMPERATURE: (
        "cell_temperature_high",
        "cell_temperature_critical",
        "trip_temperature",
    ),
    Quantity.RESISTANCE: ("cell_resistance_high",),
}
#: What the site file and the chemistry say, while the rules in force are not known.
_FIELDS: Final = {
    "cell_voltage_low": "voltage_low_v",
    "cell_voltage_high": "voltage_high_v",
    "trip_voltage_low": "voltage_trip_low_v",
    "trip_voltage_high": "voltage_trip_high_v",
    "cell_temperature_high": "temperature_high_c",
    "cell_temperature_critical": "temperature_critical_c",
    "trip_temperature": "temperature_trip_c",
    "cell_resistance_high": "resistance_high_ohm",
}
_ALARMS: Final = frozenset(
    {"trip_voltage_low", "trip_voltage_high", "trip_temperature", "cell_temperature_critical"}
)


def limits_of(
    quantity: Quantity, string: String, cell: int, rules: Rules | None, texts: Texts
) -> tuple[Limit, ...]:
    """Return the limits of a quantity of a cell (from 1), in the unit that is shown."""
    factor = SHOWN[quantity].factor
    found: dict[float, Limit] = {}
    for name, value, severity in _in_force(quantity, string, cell, rules):
        level = value * factor
        kind = texts["limit_trip" if name.startswith("trip_") else f"limit_{severity.value}"]
        known = found.get(level)
        # Two rules at one level are one line, named by the worse.
        if known is None or severity is AlarmSeverity.ALARM:
            found[level] = Limit(level, severity.value, kind)
    return tuple(found.values())


def _in_force(
    quantity: Quantity, string: String, cell: int, rules: Rules | None
) -> Iterator[tuple[str, float, AlarmSeverity]]:
    by_name = {rule.name: rule for rule in rules.rules} if rules is not None else {}
    for name in _RULES.get(quantity, ()):
        rule = by_name.get(name)
        if rule is not None:
            value, severity = limit_of(rule, string, cell), rule.severity
        elif rules is None:
            value = getattr(string.limits, _FIELDS[name])
            severity = AlarmSeverity.ALARM if name in _ALARMS else AlarmSeverity.WARNING
        else:
            continue
        if value is not None:
            yield name, value, severity


def limit_of(rule: AlarmRule, string: String, cell: int) -> float | None:
    """Return the limit of a rule at a cell (from 1); None where it is off or has none."""
    own = next((each for each in rule.changed if _is_at(each, string, cell)), None)
    if own is not None and (own.off or own.limit is not None):
        return None if own.off else own.limit
    told = next((each for each in rule.limits if string.key in each.strings), None)
    return None if told is None or told.off else told.limit


def _is_at(changed: ChangedLimit, string: String, cell: int) -> bool:
    return changed.place.string_key == string.key and changed.place.cell == cell
