"""What the looks of a string can show of its cells, and how: scale, unit, limits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from bacs_core.api.rule_messages import Rules
from bacs_core.model import Quantity, String
from bacs_hmi.format import SHOWN
from bacs_hmi.frames import BLED_COLUMN, HEALTH_COLUMN, QUANTITIES
from bacs_hmi.pages.cell_page.limits import ANY_CELL, limits_of
from bacs_hmi.texts import Texts
from bacs_hmi.views import View


class Against(StrEnum):
    """What a value is compared with: the target, the mean of the string, that mean in %, zero."""

    TARGET = "target"
    MEAN = "mean"
    RATIO = "ratio"
    ZERO = "zero"


#: Severity and value of what an alarm or a warning is raised beyond, by measure.
Limits = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of the cells; `least` is the smallest full scale, `whole` the only one.

    `source` is a quantity or another column of a frame. The unit of the scale is that of the value
    where it is not named. One that is `optional` is offered only where a cell has it.
    """

    key: str
    source: Quantity | int
    against: Against
    least: float = 0.0
    whole: float | None = None
    scale_unit: str | None = None
    scale_decimals: int = 0
    unit: str = "%"
    decimals: int = 0
    optional: bool = False


#: The same full scale for 2 V and for 12 V blocks, in parts of the cell voltage: 10 mV of 2 V.
_LEAST_VOLTAGE: Final = 0.005
_VOLTS_TO_MV: Final = 1e3
MEASURES: Final = (
    Measure("voltage", Quantity.VOLTAGE, Against.TARGET, scale_unit="mV"),
    Measure(
        "temperature",
        Quantity.TEMPERATURE,
        Against.MEAN,
        2.0,
        scale_unit="K",
        scale_decimals=1,
    ),
    Measure("resistance", Quantity.RESISTANCE, Against.RATIO, 10, scale_unit="%"),
    Measure("charge", Quantity.CHARGE, Against.MEAN, 5.0),
    Measure("duty", Quantity.DUTY, Against.ZERO, whole=100.0),
    Measure("health", HEALTH_COLUMN, Against.MEAN, 5.0, optional=True),
    Measure("bled", BLED_COLUMN, Against.ZERO, 1.0, unit="Ah", decimals=1, optional=True),
)
_SOURCES: Final = {measure.key: measure.source for measure in MEASURES}
_KEYS: Final = {measure.source: measure.key for measure in MEASURES}


def measure_of(view: View) -> str:
    """Tell which measure a view shows: one that is no quantity is its part."""
    return view.part if view.part in _SOURCES else _KEYS[view.quantity]


def place_of(key: str) -> tuple[Quantity, str]:
    """Tell how a measure stands in the address: as quantity, or as part."""
    source = _SOURCES[key]
    return (source, "") if isinstance(source, Quantity) else (Quantity.VOLTAGE, key)


def plan_of(string: String, texts: Texts) -> list[dict[str, Any]]:
    """Describe the measures for the browser."""
    return [_plan(measure, string, texts) for measure in MEASURES]


def _plan(measure: Measure, string: String, texts: Texts) -> dict[str, Any]:
    unit, decimals, least = measure.unit, measure.decimals, measure.least
    column = measure.source
    if isinstance(column, Quantity):
        shown = SHOWN[column]
        unit, decimals = shown.unit, shown.decimals(string.cell_voltage_v)
        column = QUANTITIES.index(column)
    if measure.against is Against.TARGET:
        least = string.cell_voltage_v * _LEAST_VOLTAGE * _VOLTS_TO_MV
    return {
        "key": measure.key,
        "name": texts[measure.key],
        "short": texts[f"short_{measure.key}"],
        "column": column,
        "kind": measure.against.value,
        "least": least,
        "whole": measure.whole,
        "unit": unit,
        "decimals": decimals,
        "scaleUnit": measure.scale_unit or unit,
        "scaleDecimals": measure.scale_decimals if measure.scale_unit else decimals,
        "optional": measure.optional,
    }


def limits_shown(string: String, rules: Rules | None, texts: Texts) -> Limits:
    """Return the limits of each measure, in the unit of its values.

    While the rules in force are not known, as the site file and the chemistry say.
    """
    return {
        measure.key: [
            {"severity": limit.severity, "value": limit.value}
            for limit in limits_of(measure.source, string, ANY_CELL, rules, texts)
        ]
        for measure in MEASURES
        if isinstance(measure.source, Quantity)
    }
