"""The limits that hold at a cell are those that are drawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bacs_core.alarms.layout import lay_out
from bacs_core.api.rule_messages import ChangedLimit, RulePlace, Rules
from bacs_core.api.rules_in_force import rules_of
from bacs_core.model import Quantity, String
from bacs_hmi.pages.cell_page.limits import limits_of
from bacs_hmi.texts import LANGUAGES
from tests.hmi.standin_engine import small_site

TEXTS = LANGUAGES["en"]
STRING = next(string for string in small_site().strings if string.key == "ups-a/2")


def levels(
    quantity: Quantity, rules: Rules | None, cell: int = 7, string: String = STRING
) -> dict[float, str]:
    return {
        round(limit.value, 3): limit.severity
        for limit in limits_of(quantity, string, cell, rules, TEXTS)
    }


@pytest.fixture
def rules() -> Rules:
    return rules_of(lay_out(small_site(), (), {}), ())


def with_own(rules: Rules, **changes: object) -> Rules:
    own = ChangedLimit(
        place=RulePlace(string_key="ups-a/2", cell=7),
        by="tina",
        since=datetime(2026, 11, 1, tzinfo=UTC),
        **changes,  # type: ignore[arg-type]
    )
    told = [
        rule.model_copy(update={"changed": [own]}) if rule.name == "cell_temperature_high" else rule
        for rule in rules.rules
    ]
    return rules.model_copy(update={"rules": told})


def test_the_usual_limits_are_drawn_until_those_in_force_are_known(rules: Rules) -> None:
    usual = levels(Quantity.TEMPERATURE, None)
    assert usual == levels(Quantity.TEMPERATURE, rules)
    assert set(usual.values()) == {"warning", "alarm"}


def test_a_cell_that_has_its_own_limit_shows_that_one(rules: Rules) -> None:
    changed = with_own(rules, limit=41.5)
    assert levels(Quantity.TEMPERATURE, changed)[41.5] == "warning"
    assert 41.5 not in levels(Quantity.TEMPERATURE, changed, cell=8)


def test_a_rule_that_was_switched_off_has_no_limit(rules: Rules) -> None:
    off = with_own(rules, off=True)
    assert "warning" not in levels(Quantity.TEMPERATURE, off).values()
    assert "warning" in levels(Quantity.TEMPERATURE, off, cell=8).values()


def test_a_resistance_stands_in_milliohms() -> None:
    limited = replace(STRING, limits=replace(STRING.limits, resistance_high_ohm=6.5e-3))
    assert levels(Quantity.RESISTANCE, None, string=limited) == {6.5: "warning"}


def test_charge_and_duty_have_no_limit(rules: Rules) -> None:
    assert levels(Quantity.CHARGE, rules) == levels(Quantity.DUTY, rules) == {}
