"""What the modules of a string keep without power, and which of them keep something doubtful."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from bacs_core.devices.panel_module import THRESHOLDS
from bacs_core.model import String
from bacs_core.reasons import Reason, reason

#: Below this share of its nominal voltage no cell is meant to be discharged by a bypass: the lowest
#: end of discharge, that of LTO, is at 0.6.
LOWEST_SHARE: Final = 0.5

#: How people call them.
NAMES: Final = {
    "module_temperature_high_c": "the highest temperature for bypass",
    "bypass_voltage_low_v": "the lowest voltage for bypass",
    "sleep_after_s": "the time until it sleeps",
}

Thresholds = Mapping[str, float | None]


@dataclass(slots=True)
class StringThresholds:
    """The thresholds that were read of a string, by cell counted from 0."""

    string: String
    values: dict[int, Thresholds] = field(default_factory=dict)
    _doubts: dict[int, Reason] | None = None

    def put(self, cell: int, values: Thresholds) -> None:
        """Keep the thresholds of one cell."""
        if self.values.get(cell) != values:
            self.values[cell] = values
            self._doubts = None

    def doubts(self) -> Mapping[int, Reason]:
        """Say for each doubtful cell what is wrong; worked out anew only when something changed."""
        if self._doubts is None:
            self._doubts = dict(doubts(self.string, self.values))
        return self._doubts


def doubts(string: String, known: Mapping[int, Thresholds]) -> Iterator[tuple[int, Reason]]:
    """Yield the cells whose thresholds do not fit the string, or are not those of most of it."""
    usual = _usual(known)
    for cell, values in known.items():
        found = _misfit(string, values) or _difference(usual, values)
        if found is not None:
            yield cell, found


def _usual(known: Mapping[int, Thresholds]) -> Thresholds:
    """Return the thresholds that more than half of the modules share."""
    usual: dict[str, float | None] = {}
    for register in THRESHOLDS.registers:
        counted = Counter(values[register.name] for values in known.values())
        for value, count in counted.most_common(1):
            if 2 * count > len(known):
                usual[register.name] = value
    return usual


def _misfit(string: String, values: Thresholds) -> Reason | None:
    """Say what cannot be right for the string."""
    lowest_v, hottest_c = values["bypass_voltage_low_v"], values["module_temperature_high_c"]
    warm_c = string.limits.temperature_high_c
    if lowest_v is not None and lowest_v > string.float_voltage_v:
        return reason("bypass_ends_too_high", found=lowest_v, limit=string.float_voltage_v)
    if lowest_v is not None and lowest_v < LOWEST_SHARE * string.cell_voltage_v:
        return reason("bypass_ends_too_low", found=lowest_v, limit=string.cell_voltage_v)
    if hottest_c is not None and warm_c is not None and hottest_c < warm_c:
        return reason("bypass_ends_too_cold", found=hottest_c, limit=warm_c)
    return None


def _difference(usual: Thresholds, values: Thresholds) -> Reason | None:
    for register in THRESHOLDS.registers:
        found, expected = values[register.name], usual.get(register.name)
        if found is not None and expected is not None and found != expected:
            return reason(
                "threshold_differs",
                what=NAMES[register.name],
                found=found,
                expected=expected,
                unit=register.unit.value,
            )
    return None
