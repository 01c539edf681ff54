"""Which modules of a string keep doubtful thresholds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bacs_core.devices.panel_module import THRESHOLDS
from bacs_core.model import Limits
from bacs_core.polling.thresholds import NAMES, StringThresholds, Thresholds, doubts
from tests.core.simulator.plants import make_string

STRING = replace(make_string(4), limits=Limits(2.2, 2.33, 35.0, 50.0, None))
USUAL: Thresholds = {
    "module_temperature_high_c": 70.0,
    "bypass_voltage_low_v": 1.8,
    "sleep_after_s": 900.0,
}


def doubts_of(*others: Thresholds, usual: int = 3) -> dict[int, str]:
    known = [USUAL] * usual + [{**USUAL, **other} for other in others]
    return dict(doubts(STRING, dict(enumerate(known))))


@pytest.mark.parametrize(
    ("other", "doubt"),
    [
        (
            {"bypass_voltage_low_v": 2.4},
            "no bypass below 2.4 V, but the string floats at 2.27 V: it is never equalized",
        ),
        (
            {"bypass_voltage_low_v": 0.9},
            "bypass ends only below 0.9 V, too low for a cell of 2 V: it may be discharged",
        ),
        (
            {"module_temperature_high_c": 30.0},
            "no bypass from 30 °C on, but the string may be as warm as 35 °C",
        ),
        (
            {"module_temperature_high_c": 60.5},
            "the highest temperature for bypass is 60.5 °C, in most of the string 70 °C",
        ),
        ({"sleep_after_s": 0.0}, "the time until it sleeps is 0 s, in most of the string 900 s"),
    ],
)
def test_thresholds_that_do_not_fit_or_differ_are_told_in_words(
    other: Thresholds, doubt: str
) -> None:
    assert doubts_of(other) == {3: doubt}


def test_without_a_majority_nobody_is_the_odd_one() -> None:
    assert doubts_of({"sleep_after_s": 0.0}, {"sleep_after_s": 0.0}, usual=2) == {}
    assert doubts_of({"sleep_after_s": 0.0}, usual=1) == {}
    assert doubts_of(usual=0) == {}


def test_every_threshold_has_a_name_for_people() -> None:
    assert set(NAMES) == {register.name for register in THRESHOLDS.registers}


def test_a_module_that_was_set_right_is_no_longer_doubted() -> None:
    kept = StringThresholds(STRING)
    for cell in range(3):
        kept.put(cell, USUAL)
    kept.put(3, {**USUAL, "sleep_after_s": 0.0})
    assert list(kept.doubts()) == [3]
    kept.put(3, USUAL)
    assert kept.doubts() == {}
