from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bacs_core.alarms.book import Occurrence
from bacs_core.alarms.place import Place
from bacs_core.alarms.rules import RULES
from bacs_core.alarms.view import to_message
from bacs_core.model import AlarmSeverity, AlarmState
from tests.core.alarms.build import SITE
from tests.core.equalization.build import START

CELL = Place(manager_id="ups-a", string_key="ups-a/1", cell=3)
STRING = Place(manager_id="room", string_key="room/1")


def occurrence(rule_name: str, place: Place, value: float, limit: float) -> Occurrence:
    rule = next(rule for rule in RULES if rule.name == rule_name)
    return Occurrence("an-id", rule, place, AlarmState.UNACKNOWLEDGED, value, limit, START)


@pytest.mark.parametrize(
    ("rule", "place", "value", "limit", "text"),
    [
        (
            "cell_temperature_high",
            CELL,
            41.2,
            35.0,
            "UPS-A string 1, cell 03: temperature high, 41.2 °C, limit 35 °C",
        ),
        (
            "cell_voltage_high",
            CELL,
            2.3456,
            2.33,
            "UPS-A string 1, cell 03: voltage high, 2.346 V, limit 2.330 V",
        ),
        (
            "cell_voltage_low",
            CELL,
            13.104,
            13.2,
            "UPS-A string 1, cell 03: voltage low, 13.10 V, limit 13.20 V",
        ),
        (
            "cell_resistance_high",
            CELL,
            0.61e-3,
            0.5e-3,
            "UPS-A string 1, cell 03: internal resistance high, 0.61 mΩ, limit 0.50 mΩ",
        ),
        (
            "cell_deviation",
            CELL,
            2.51,
            2.0,
            "UPS-A string 1, cell 03: away from the target voltage, by 2.5 %, limit 2 %",
        ),
        (
            "bypass_lease_expired",
            STRING,
            3.0,
            0.5,
            "ROOM string 1: bypass switched itself off in 3 modules, the engine was not heard",
        ),
        ("manager_silent", Place(manager_id="ups-a"), 1.0, 0.5, "UPS A: does not answer"),
        ("line_gone", Place(line_id="modules"), 1.0, 0.5, "Line modules: port not available"),
        (
            "charge_low",
            STRING,
            29.04,
            30.0,
            "ROOM string 1: charge low, 29.0 %, limit 30 %",
        ),
        ("recording_failed", Place(), 1.0, 0.5, "Test room: the history cannot be written: "),
    ],
)
def test_an_alarm_is_a_sentence_that_names_the_place(
    rule: str, place: Place, value: float, limit: float, text: str
) -> None:
    assert to_message(occurrence(rule, place, value, limit), SITE).text == text


def test_a_message_carries_what_programs_need() -> None:
    message = to_message(occurrence("cell_temperature_high", CELL, 41.2, 35.0), SITE)
    assert message.id == "an-id"
    assert message.severity is AlarmSeverity.WARNING
    assert (message.manager_id, message.string_key, message.cell) == ("ups-a", "ups-a/1", 3)
    assert (message.value, message.limit) == (41.2, 35.0)
    assert message.raised_at == datetime.fromtimestamp(START, UTC)
    assert message.active


def test_yes_or_no_has_neither_value_nor_limit() -> None:
    message = to_message(occurrence("module_silent", CELL, 1.0, 0.5), SITE)
    assert message.value is None
    assert message.limit is None
