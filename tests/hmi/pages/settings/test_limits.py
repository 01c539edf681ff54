"""The limits of the alarm rules at the site, at a string and at a cell."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bacs_core.alarms.layout import lay_out
from bacs_core.alarms.overrides import Override, validated
from bacs_core.alarms.place import Place
from bacs_core.api.rule_messages import AlarmRule
from bacs_core.api.rules_in_force import rules_of
from bacs_hmi.pages.settings.limits import (
    Row,
    Spot,
    amount_of,
    change_words,
    limit_text,
    row_at,
    rows,
    rule_name,
    spot_name,
    usual_text,
)
from bacs_hmi.texts import numbers_of, texts_of
from tests.hmi.standin_engine import ACCESSORIES, LINES, small_site

ENGLISH, GERMAN = texts_of("en"), texts_of("de")
SITE = small_site()
AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC).timestamp()
TELECOM = Place("telecom", "telecom/1")


def rules(*changes: Override) -> dict[str, AlarmRule]:
    lines = tuple(line.id for line in LINES)
    accessories = {each.id: each.line_id for each in ACCESSORIES}
    bare = lay_out(SITE, lines, {}, accessories)
    known = tuple(validated(change, bare) for change in changes)
    told = rules_of(lay_out(SITE, lines, {}, accessories, known), [])
    return {rule.name: rule for rule in told.rules}


def change(rule: str, place: Place, limit: float | None = None, *, off: bool = False) -> Override:
    return Override(rule, place, "tina", AT, limit=limit, off=off)


def at(rule: AlarmRule, spot: Spot) -> Row:
    row = row_at(rule, spot)
    assert row is not None
    return row


def test_the_site_has_each_kind_of_string_with_its_own_limit() -> None:
    rule = rules()["cell_voltage_low"]
    row = at(rule, Spot())
    assert len(row.usual) == 2
    assert row.limit == row.usual
    assert not row.is_changed
    # No one number can be meant for 2 V cells and for 12 V monoblocs.
    assert not row.is_settable
    assert at(rule, Spot("telecom/1")).is_settable


def test_a_changed_limit_stands_beside_the_usual_one_with_who_changed_it() -> None:
    rule = rules(change("cell_temperature_high", TELECOM, 38.0))["cell_temperature_high"]
    row = at(rule, Spot("telecom/1"))
    assert row.limit == (38.0,)
    assert row.usual == (35.0,)
    assert row.is_changed
    assert row.own is not None
    amount = amount_of(row)
    words = change_words(
        row.own, amount, SITE, GERMAN, numbers_of(GERMAN), datetime.fromtimestamp(AT, UTC)
    )
    clock = f"{datetime.fromtimestamp(AT).astimezone():%H:%M}"
    assert words == f"Telecom string · 38,0\u00a0°C · tina, {clock}"
    other = at(rule, Spot("ups-a/1"))
    assert not other.is_changed
    assert other.others == ()
    assert [each.by for each in at(rule, Spot()).others] == ["tina"]


def test_a_cell_goes_before_its_string_and_can_be_off_alone() -> None:
    cell = Place("telecom", "telecom/1", 7)
    rule = rules(
        change("cell_temperature_high", TELECOM, 38.0),
        change("cell_temperature_high", cell, off=True),
    )["cell_temperature_high"]
    row = at(rule, Spot("telecom/1", 7))
    assert row.limit == (None,)
    assert row.own is not None
    assert row.own.off
    assert at(rule, Spot("telecom/1", 8)).limit == (38.0,)
    assert at(rule, Spot("telecom/1")).limit == (38.0,)
    numbers = numbers_of(ENGLISH)
    assert limit_text(row, amount_of(row), numbers, ENGLISH) == "off"


def test_what_another_manager_has_does_not_concern_a_string() -> None:
    manager = Place("ups-a")
    rule = rules(change("cell_temperature_high", manager, 36.0))["cell_temperature_high"]
    assert at(rule, Spot("telecom/1")).others == ()
    assert len(at(rule, Spot("ups-a/2")).others) == 1
    assert at(rule, Spot("ups-a/2")).limit == (36.0,)


def test_a_cell_lists_only_rules_of_cells_and_nothing_that_only_counts() -> None:
    known = rules().values()
    at_cell = rows(known, Spot("telecom/1", 7))
    assert {row.rule.scope for row in at_cell} == {"cell"}
    everywhere = rows(known, Spot())
    assert len(everywhere) > len(at_cell) > 5
    assert not any(row.rule.counts for row in everywhere)
    assert {"cell", "string", "accessory"} <= {row.rule.scope for row in everywhere}


@pytest.mark.parametrize(
    ("rule", "spot", "text"),
    [
        ("cell_voltage_low", Spot("telecom/1"), "2.200\u00a0V"),
        ("cell_voltage_low", Spot("ups-a/1"), "13.20\u00a0V"),
        ("cell_temperature_high", Spot(), "35.0\u00a0°C"),
    ],
)
def test_limits_are_written_as_fine_as_the_values_they_stand_for(
    rule: str, spot: Spot, text: str
) -> None:
    row = at(rules()[rule], spot)
    assert usual_text(row, amount_of(row), numbers_of(ENGLISH)) == text


def test_resistances_are_written_and_set_in_milliohms() -> None:
    row = at(rules()["cell_resistance_high"], Spot("ups-a/1"))
    amount = amount_of(row)
    assert amount.text(numbers_of(ENGLISH), 0.45e-3) == "0.450\u00a0mΩ"
    # There is no usual one for these strings, and one can be set: a dash, not "off".
    assert limit_text(row, amount, numbers_of(ENGLISH), ENGLISH) == "—"
    assert row.is_settable


def test_every_rule_has_a_name_in_both_languages() -> None:
    for texts in (ENGLISH, GERMAN):
        names = [rule_name(rule, texts) for rule in rules().values()]
        assert all(name and name[0].isupper() and "{" not in name for name in names)
    strange = rules()["cell_voltage_low"].model_copy(update={"name": "cell_full_of_frogs"})
    assert rule_name(strange, GERMAN) == "cell full of frogs"


def test_a_place_is_named_as_people_do() -> None:
    assert spot_name(Spot(), SITE, GERMAN) == "Ganze Anlage"
    assert spot_name(Spot("telecom/1", 7), SITE, GERMAN) == "Telecom string, Zelle 07"
    assert Spot("telecom/1", 7).manager_id == "telecom"
