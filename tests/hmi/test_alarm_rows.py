"""Alarms as rows: what is one row, in which order, and what it says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bacs_core.api.messages import Acknowledge, Alarm
from bacs_core.api.rule_messages import RulePlace, StoppedRule
from bacs_core.model import AlarmSeverity, AlarmState
from bacs_hmi.pages.alarms_rows import (
    acknowledging,
    active_rows,
    alarms_of_group,
    aside_rows,
    counts,
    first_of_bursts,
    held_back,
    may_put_aside,
    place_name,
    texts_of_row,
)
from bacs_hmi.texts import LANGUAGES
from tests.hmi.test_wording import NOON, SITE, alarm, mirror

ENGLISH = LANGUAGES["en"]


def low(cell: int, **changes: object) -> Alarm:
    fields = {"id": f"low-{cell}", "rule": "cell_voltage_low", "cell": cell, "value": 13.0}
    return alarm(**{**fields, "limit": 13.2, **changes})


def test_many_cells_of_a_string_with_the_same_alarm_are_one_row() -> None:
    rows = active_rows([*(low(cell) for cell in range(1, 41)), alarm(id="hot")])
    assert {(len(row.alarms), row.worst.rule) for row in rows} == {
        (40, "cell_voltage_low"),
        (1, "cell_temperature_high"),
    }


def test_two_cells_are_two_rows() -> None:
    assert [len(row.alarms) for row in active_rows([low(1), low(2)])] == [1, 1]


def test_cells_of_another_string_another_severity_or_that_are_over_are_a_row_of_their_own() -> None:
    alarms = [
        *(low(cell) for cell in (1, 2, 3)),
        *(low(cell, id=f"b-{cell}", string_key="ups-a/1") for cell in (1, 2, 3)),
        *(low(cell, id=f"s-{cell}", severity=AlarmSeverity.ALARM) for cell in (7, 8, 9)),
        *(low(cell, id=f"r-{cell}", state=AlarmState.RETURNED) for cell in (4, 5, 6)),
    ]
    rows = active_rows(alarms)
    assert [len(row.alarms) for row in rows] == [3, 3, 3, 3]
    assert rows[0].worst.severity is AlarmSeverity.ALARM
    assert rows[-1].worst.state is AlarmState.RETURNED


def test_a_group_says_how_many_cells_and_names_the_first_of_them() -> None:
    alarms = [low(cell) for cell in range(1, 10)]
    alarms[8] = low(9, state=AlarmState.ACKNOWLEDGED)
    told = texts_of_row(active_rows(alarms)[0], SITE, ENGLISH, mirror())
    assert told.place == "UPS A string 2"
    assert told.what == "9 cells: voltage low (01, 02, 03, 04, 05, 06 and 3 more)"
    assert told.state == "8 new · 1 acknowledged"


def test_a_group_that_nobody_acknowledged_stands_where_its_worst_alarm_stands() -> None:
    steady = alarm(id="steady", state=AlarmState.ACKNOWLEDGED)
    mixed = [low(1, state=AlarmState.ACKNOWLEDGED), low(2), low(3)]
    rows = active_rows([steady, *mixed])
    assert [row.worst.id for row in rows] == ["low-2", "steady"]


def test_five_hundred_alarms_are_few_rows() -> None:
    alarms = [
        low(cell, id=f"{key}-{cell}", string_key=key)
        for key in ("ups-a/1", "ups-a/2")
        for cell in range(1, 251)
    ]
    assert [len(row.alarms) for row in active_rows(alarms)] == [250, 250]


def test_what_was_put_aside_is_in_a_part_of_its_own() -> None:
    shelved = alarm(id="shelved", state=AlarmState.SHELVED)
    stopped = alarm(id="stopped", state=AlarmState.OUT_OF_SERVICE)
    alarms = [alarm(id="new"), shelved, stopped]
    assert [row.worst.id for row in active_rows(alarms)] == ["new"]
    assert [row.worst.id for row in aside_rows(alarms, None)] == ["shelved", "stopped"]
    assert counts(alarms) == (1, 2)


def order(**place: object) -> StoppedRule:
    return StoppedRule(
        rule="cell_temperature_high",
        place=RulePlace.model_validate(place),
        reason="sensor broken",
        by="tina",
        since=NOON,
    )


def test_what_an_order_holds_back_is_told_with_the_order_and_not_twice() -> None:
    stopped = alarm(id="stopped", state=AlarmState.OUT_OF_SERVICE)
    orders = [order(manager_id="ups-a", string_key="ups-a/2")]
    assert aside_rows([stopped], orders) == []
    assert held_back(orders[0], [stopped, alarm(id="new")]) == [stopped]
    assert held_back(order(manager_id="ups-b"), [stopped]) == []


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ({"string_key": "ups-a/2", "cell": 7}, "UPS A string 2, cell 07"),
        ({"string_key": "ups-a/2"}, "UPS A string 2"),
        ({"manager_id": "ups-b"}, "UPS B"),
        ({"accessory_id": "room", "line_id": "modules"}, "Battery room"),
        ({"line_id": "modules"}, "Line modules"),
        ({}, "Demo battery room"),
    ],
)
def test_the_place_of_an_order_has_its_name(place: dict[str, object], name: str) -> None:
    told = RulePlace.model_validate(place)
    assert place_name(told, SITE, ENGLISH, {"room": "Battery room"}) == name


def test_the_cells_of_a_group_are_listed_the_worst_first() -> None:
    alarms = [low(1, state=AlarmState.ACKNOWLEDGED), low(2), alarm(id="other")]
    found = alarms_of_group(alarms, "cell_voltage_low", "ups-a/2")
    assert [each.id for each in found] == ["low-2", "low-1"]


def test_an_alarm_that_tells_of_protection_is_never_put_aside() -> None:
    assert may_put_aside(alarm())
    assert not may_put_aside(alarm(rule="cell_temperature_critical"))
    assert may_put_aside(alarm(rule="rule_of_tomorrow"))


def test_of_alarms_that_began_together_only_the_worst_with_the_lowest_cell_is_the_first() -> None:
    flood = [low(cell, first_out=True) for cell in (3, 2, 1)]
    flood.append(low(9, id="hot", first_out=True, severity=AlarmSeverity.ALARM))
    later = low(4, id="later", first_out=True, raised_at=NOON + timedelta(hours=1))
    assert first_of_bursts([*flood, low(5), later]) == {"hot", "later"}


def test_the_alarms_of_a_group_are_acknowledged_by_one_command() -> None:
    cells = [low(1), low(2, state=AlarmState.ACKNOWLEDGED), low(3)]
    assert acknowledging(cells) == Acknowledge(alarm_ids=["low-1", "low-3"])
    assert acknowledging(cells[:2]) == Acknowledge(alarm_id="low-1")
    assert acknowledging(cells[1:2]) is None
