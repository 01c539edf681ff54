"""Whether the values of a string can be true together: chemistry, float, module type, limits.

What trips a breaker is judged more strictly: a trip of a healthy battery costs the load.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bacs_core import chemistries
from bacs_core.model import MODULE_TYPES, Chemistry, Limits, ModuleType
from bacs_core.sitefile.plan import float_voltage_v, limits_of
from bacs_core.sitefile.tables import StringTable
from bacs_core.sitefile.toml_lines import Path, Refusal

#: Temperature, maker and habit move a float voltage by a few percent. What is further off is
#: another battery, or a slip of the pen.
FLOAT_TOLERANCE: Final = 0.1
#: Makers' end voltages go down to a fifth below the usual one (1.60 V at high rates, for lead).
END_TOLERANCE: Final = 0.2
#: The highest voltage of a healthy charge, per 2 V of lead and so on: boost charge (EN 50272-2,
#: 2.40 V; vented cells are charged with up to 2.70 V), makers' figures elsewhere. A trip at it or
#: below would open the breaker in every charge.
HIGHEST_CHARGE_V: Final = {
    Chemistry.VRLA: 2.40,
    Chemistry.VENTED_LEAD: 2.70,
    Chemistry.NICD: 1.65,
    Chemistry.LFP: 3.60,
    Chemistry.LTO: 2.75,
}
#: A recharge in a hot room must not trip. Lead and NiCd: beyond the 50 °C at which makers end the
#: charging (C&D 41-7546); lithium: beyond the 45 °C of the usual data sheet.
LEAST_TRIP_C: Final = {
    Chemistry.VRLA: 55.0,
    Chemistry.VENTED_LEAD: 55.0,
    Chemistry.NICD: 55.0,
    Chemistry.LFP: 50.0,
    Chemistry.LTO: 50.0,
}


def wrong_values(string: StringTable, place: Path) -> Iterator[Refusal]:
    """Yield what cannot be true of a string."""
    if chemistries.inner_cells(string.chemistry, string.cell_voltage) is None:
        nominal_v = chemistries.FIGURES[string.chemistry].nominal_v
        yield Refusal(
            (*place, "cell_voltage"),
            f"{string.cell_voltage:g} V is not a multiple of {nominal_v:g} V ({string.chemistry})",
        )
        return
    yield from _wrong_float(string, place)
    yield from _wrong_end(string, place)
    yield from _wrong_limits(string, place)
    yield from _wrong_trips(string, place)


def _wrong_float(string: StringTable, place: Path) -> Iterator[Refusal]:
    float_v = float_voltage_v(string)
    usual_v = chemistries.float_voltage_v(string.chemistry, string.cell_voltage)
    if abs(float_v - usual_v) > FLOAT_TOLERANCE * usual_v:
        yield Refusal(
            (*place, "float_voltage"),
            f"float_voltage {float_v:g} V is far from {usual_v:g} V, the usual one of "
            f"{string.cell_voltage:g} V {string.chemistry}",
        )
    module_type = MODULE_TYPES.get(string.module_type or "")
    if module_type is None:
        return
    low_v, high_v = module_type.voltage_range_v
    if not low_v <= float_v <= high_v:
        yield Refusal(
            (*place, "module_type"),
            f"{module_type.name} measures {low_v:g} to {high_v:g} V, "
            f"this cell floats at {float_v:g} V",
        )


def _wrong_end(string: StringTable, place: Path) -> Iterator[Refusal]:
    if string.end_voltage is None:
        return
    usual_v = _end_voltage_v(string.model_copy(update={"end_voltage": None}))
    if not (1 - END_TOLERANCE) * usual_v <= string.end_voltage < string.cell_voltage:
        yield Refusal(
            (*place, "end_voltage"),
            f"end_voltage {string.end_voltage:g} V is far from {usual_v:g} V, the usual one of "
            f"{string.cell_voltage:g} V {string.chemistry}",
        )


def _end_voltage_v(string: StringTable) -> float:
    """Return where a discharge of a cell ends: as given, or as usual for its chemistry."""
    if string.end_voltage is not None:
        return string.end_voltage
    count = chemistries.inner_cells(string.chemistry, string.cell_voltage) or 1
    return round(count * chemistries.FIGURES[string.chemistry].end_v, 3)


def _wrong_limits(string: StringTable, place: Path) -> Iterator[Refusal]:
    limits = limits_of(string)
    for key, reason in _contradictions(limits, float_voltage_v(string)):
        yield Refusal((*place, "limits", key), reason)
    module_type = MODULE_TYPES.get(string.module_type or "")
    if module_type is not None:
        for key, reason in _out_of_reach(limits, module_type):
            yield Refusal((*place, "limits", key), reason)


def _contradictions(limits: Limits, float_v: float) -> Iterator[tuple[str, str]]:
    low_v, high_v = limits.voltage_low_v, limits.voltage_high_v
    warm_c, hot_c = limits.temperature_high_c, limits.temperature_critical_c
    if low_v is not None and high_v is not None and low_v >= high_v:
        yield "voltage_low", f"voltage_low {low_v:g} V must be below voltage_high {high_v:g} V"
    elif low_v is not None and low_v >= float_v:
        yield "voltage_low", f"voltage_low {low_v:g} V is not below the float voltage {float_v:g} V"
    elif high_v is not None and high_v <= float_v:
        yield (
            "voltage_high",
            f"voltage_high {high_v:g} V is not above the float voltage {float_v:g} V",
        )
    if warm_c is not None and hot_c is not None and hot_c <= warm_c:
        yield (
            "temperature_critical",
            f"temperature_critical {hot_c:g} °C must be above temperature_high {warm_c:g} °C",
        )


def _out_of_reach(limits: Limits, module_type: ModuleType) -> Iterator[tuple[str, str]]:
    low_v, high_v = module_type.voltage_range_v
    name = module_type.name
    lows = {"voltage_low": limits.voltage_low_v, "voltage_trip_low": limits.voltage_trip_low_v}
    for key, limit_v in lows.items():
        if limit_v is not None and limit_v < low_v:
            yield key, f"{limit_v:g} V can never be seen, {name} measures from {low_v:g} V"
    highs = {"voltage_high": limits.voltage_high_v, "voltage_trip_high": limits.voltage_trip_high_v}
    for key, limit_v in highs.items():
        if limit_v is not None and limit_v > high_v:
            yield key, f"{limit_v:g} V can never be seen, {name} measures up to {high_v:g} V"
    most_ohm = module_type.resistance_range_ohm[1]
    if limits.resistance_high_ohm is not None and limits.resistance_high_ohm > most_ohm:
        wanted_mohm, most_mohm = limits.resistance_high_ohm * 1e3, most_ohm * 1e3
        yield (
            "resistance_high",
            f"{wanted_mohm:g} mΩ can never be seen, {name} measures up to {most_mohm:g} mΩ",
        )


def _wrong_trips(string: StringTable, place: Path) -> Iterator[Refusal]:
    place = (*place, "limits")
    given = string.limits.model_fields_set & {
        "voltage_trip_low",
        "voltage_trip_high",
        "temperature_trip",
    }
    if given and string.breaker is None:
        for key in sorted(given):
            yield Refusal((*place, key), f"{key}: this string has no 'breaker' that could trip")
        return
    for key, reason in _needless_trips(string, limits_of(string)):
        yield Refusal((*place, key), f"{key} {reason}")


def _needless_trips(string: StringTable, limits: Limits) -> Iterator[tuple[str, str]]:
    """Find limits that would open the breaker of a healthy string."""
    low_v, high_v, hot_c = (
        limits.voltage_trip_low_v,
        limits.voltage_trip_high_v,
        limits.temperature_trip_c,
    )
    if low_v is not None and low_v > (end_v := _end_voltage_v(string)):
        yield (
            "voltage_trip_low",
            f"{low_v:g} V is above {end_v:g} V, where a discharge ends: each one would trip",
        )
    count = chemistries.inner_cells(string.chemistry, string.cell_voltage) or 1
    charge_v = round(count * HIGHEST_CHARGE_V[string.chemistry], 3)
    if high_v is not None and high_v <= charge_v:
        yield (
            "voltage_trip_high",
            f"{high_v:g} V is not above {charge_v:g} V, which a healthy charge may reach",
        )
    if high_v is not None and limits.voltage_high_v is not None and high_v <= limits.voltage_high_v:
        yield (
            "voltage_trip_high",
            f"{high_v:g} V must be above voltage_high {limits.voltage_high_v:g} V",
        )
    least_c = LEAST_TRIP_C[string.chemistry]
    if hot_c is not None and hot_c < least_c:
        yield (
            "temperature_trip",
            f"{hot_c:g} °C is below {least_c:g} °C, which {string.chemistry} may reach unharmed",
        )
    critical_c = limits.temperature_critical_c
    if hot_c is not None and critical_c is not None and hot_c <= critical_c:
        yield (
            "temperature_trip",
            f"{hot_c:g} °C must be above temperature_critical {critical_c:g} °C",
        )
