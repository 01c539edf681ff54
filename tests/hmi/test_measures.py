"""Any measure of a string stands in the address, and its limits are those in force."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bacs_core.alarms.layout import lay_out
from bacs_core.alarms.overrides import Override
from bacs_core.alarms.place import Place
from bacs_core.api.rules_in_force import rules_of
from bacs_core.model import Quantity
from bacs_hmi.measures import MEASURES, limits_shown, measure_of, place_of, plan_of
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
    shown = limits_shown(string, None, LANGUAGES["en"])
    assert shown["resistance"] == [{"severity": "warning", "value": 0.8}]
    severities = {limit["value"]: limit["severity"] for limit in shown["temperature"]}
    assert severities[string.limits.temperature_high_c] == "warning"
    assert STRING.limits.temperature_critical_c not in severities
    assert shown["duty"] == []


@pytest.mark.parametrize("place", [Place(string_key=STRING.key), Place()])
def test_limits_that_somebody_changed_are_drawn_and_no_longer_those_of_the_site_file(
    place: Place,
) -> None:
    one_cell = Place(manager_id=STRING.manager_id, string_key=STRING.key, cell=3)
    changes = (
        Override("cell_voltage_low", place, "tina", 0.0, limit=1.9),
        Override("cell_voltage_low", one_cell, "tina", 0.0, limit=1.7),
    )
    rules = rules_of(lay_out(small_site(), (), {}, None, changes), ())
    values = [limit["value"] for limit in limits_shown(STRING, rules, LANGUAGES["en"])["voltage"]]
    assert 1.9 in values
    assert 1.7 not in values
    assert STRING.limits.voltage_low_v not in values


def test_a_voltage_is_told_in_volts_and_its_distance_in_millivolts() -> None:
    voltage = plan_of(STRING, LANGUAGES["en"])[0]
    assert (voltage["unit"], voltage["decimals"]) == ("V", 3)
    assert (voltage["scaleUnit"], voltage["scaleDecimals"], voltage["least"]) == ("mV", 0, 10.0)
