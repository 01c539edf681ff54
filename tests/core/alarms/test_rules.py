from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bacs_core.alarms.rules import RULES, Range, Rule, Signal, Suppression, Urgent, check
from bacs_core.errors import DeclarationError
from bacs_core.model import AlarmSeverity

GOOD: dict[str, Any] = {
    "name": "hot",
    "signal": Signal.CELL_TEMPERATURE,
    "severity": AlarmSeverity.WARNING,
    "text": "hot, {value}, limit {limit}",
    "limit": "temperature_high_c",
    "hysteresis": 2.0,
    "raise_after_s": 10,
    "clear_after_s": 10,
    "allowed": Range(20.0, 60.0),
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"hysteresis": 0.0},
        {"raise_after_s": 0},
        {"clear_after_s": 0},
        {"raise_after_s": -1},
        {"limit": "temperature_hihg_c"},
        {"signal": Signal.MODULE_SILENT},
        {"allowed": None},
        {"urgent": Urgent(25.0, raise_after_s=10)},
        {"stands": True, "suppressed_by": (Suppression.BATTERY_TEST,)},
    ],
    ids=[
        "no hysteresis",
        "no delay",
        "no clear delay",
        "negative",
        "unknown limit",
        "count",
        "no range",
        "urgent but not sooner",
        "stands but suppressed",
    ],
)
def test_a_rule_that_would_chatter_or_cannot_be_evaluated_is_refused(wrong: dict[str, Any]) -> None:
    Rule(**GOOD)
    with pytest.raises(DeclarationError):
        Rule(**{**GOOD, **wrong})


def test_a_message_with_an_unknown_placeholder_is_refused() -> None:
    with pytest.raises(KeyError):
        Rule(**{**GOOD, "text": "hot, {valve}"})


def test_rules_are_unique_and_held_only_by_what_was_evaluated_before() -> None:
    rule = Rule(**GOOD)
    with pytest.raises(DeclarationError, match="twice"):
        check((rule, rule))
    held = replace(rule, name="warm", held_by=("hot",))
    check((rule, held))
    with pytest.raises(DeclarationError, match="cannot be held"):
        check((held, rule))


def test_a_wide_rule_is_not_held_by_one_of_its_cells() -> None:
    cell = Rule(**GOOD)
    string = replace(cell, name="string", signal=Signal.STRING_MEAN_VOLTAGE, held_by=("hot",))
    with pytest.raises(DeclarationError, match="cannot be held"):
        check((cell, string))


def test_what_stands_is_not_held_by_what_can_be_shelved() -> None:
    rule = Rule(**GOOD)
    held = replace(rule, name="burning", held_by=("hot",), stands=True)
    with pytest.raises(DeclarationError, match="stands"):
        check((rule, held))
    check((replace(rule, stands=True), held))


def test_only_a_string_and_its_cells_can_be_suppressed() -> None:
    with pytest.raises(DeclarationError):
        replace(
            next(rule for rule in RULES if rule.name == "line_gone"),
            suppressed_by=(Suppression.BATTERY_TEST,),
        )


def test_every_signal_has_a_rule() -> None:
    assert {rule.signal for rule in RULES} == set(Signal)
