"""Whether the values of a string can be true together: chemistry, float, module type, limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bacs_core import chemistries
from bacs_core.model import MODULE_TYPES, Limits, ModuleType
from bacs_core.sitefile.plan import float_voltage_v, limits_of
from bacs_core.sitefile.tables import StringTable
from bacs_core.sitefile.toml_lines import Path, Refusal

#: Temperature, maker and habit move a float voltage by a few percent. What is further off is
#: another battery, or a slip of the pen.
FLOAT_TOLERANCE: Final = 0.1


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
    yield from _wrong_limits(string, place)


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
    if limits.voltage_low_v is not None and limits.voltage_low_v < low_v:
        yield (
            "voltage_low",
            f"{limits.voltage_low_v:g} V can never be seen, {name} measures from {low_v:g} V",
        )
    if limits.voltage_high_v is not None and limits.voltage_high_v > high_v:
        yield (
            "voltage_high",
            f"{limits.voltage_high_v:g} V can never be seen, {name} measures up to {high_v:g} V",
        )
    most_ohm = module_type.resistance_range_ohm[1]
    if limits.resistance_high_ohm is not None and limits.resistance_high_ohm > most_ohm:
        wanted_mohm, most_mohm = limits.resistance_high_ohm * 1e3, most_ohm * 1e3
        yield (
            "resistance_high",
            f"{wanted_mohm:g} mΩ can never be seen, {name} measures up to {most_mohm:g} mΩ",
        )
