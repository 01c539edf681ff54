"""Any measure of a string stands in the address, and its limits are those of the site file."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bacs_core.model import Quantity
from bacs_hmi.measures import MEASURES, measure_of, place_of, plan_of
from bacs_hmi.texts import LANGUAGES
from bacs_hmi.views import View, ViewName, view_of
from tests.hmi.standin_engine import small_site

STRING = small_site().strings[-1]


@pytest.mark.parametrize("key", [measure.key for measure in MEASURES])
def test_a_reload_comes_back_to_the_measure_that_was_chosen(key: str) -> None:
    quantity, part = place_of(key)
    view = View(ViewName.STRING, "telecom/1", quantity=quantity, part=part)
    assert measure_of(view_of(view.query())) == key


def test_an_odd_part_of_an_address_leaves_the_quantity() -> None:
    view = View(ViewName.STRING, "telecom/1", quantity=Quantity.CHARGE, part="moon")
    assert measure_of(view) == "charge"


def test_limits_are_drawn_in_the_unit_of_the_values_and_one_that_is_off_is_not() -> None:
    string = replace(
        STRING,
        limits=replace(STRING.limits, resistance_high_ohm=0.0008, temperature_critical_c=None),
    )
    plans = {plan["key"]: plan for plan in plan_of(string, LANGUAGES["en"])}
    assert plans["resistance"]["limits"] == [{"severity": "warning", "value": 0.8}]
    assert plans["temperature"]["limits"] == [
        {"severity": "warning", "value": string.limits.temperature_high_c}
    ]
    assert plans["duty"]["limits"] == []


def test_a_voltage_is_told_in_volts_and_its_distance_in_millivolts() -> None:
    voltage = plan_of(STRING, LANGUAGES["en"])[0]
    assert (voltage["unit"], voltage["decimals"]) == ("V", 3)
    assert (voltage["scaleUnit"], voltage["scaleDecimals"], voltage["least"]) == ("mV", 0, 10.0)
