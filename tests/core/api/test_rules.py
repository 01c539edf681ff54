"""The alarm rules as a screen can show and change them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bacs_core.alarms.book import OutOfService
from bacs_core.alarms.declaration import Scope
from bacs_core.alarms.layout import Layout, lay_out
from bacs_core.alarms.overrides import Override, validated
from bacs_core.alarms.place import Place
from bacs_core.alarms.rules import RULE_OF, RULES
from bacs_core.api.rule_messages import AlarmRule, RulePlace, Rules, StoppedRule
from bacs_core.api.rules_in_force import rules_of
from bacs_core.errors import RefusedError
from bacs_core.model import Chemistry, String
from tests.core.api.conftest import Engine
from tests.core.api.stand_in import LIMITS, make_site, make_string

AT = 1_800_000_000.0
ALIKE = make_string(1, 8), make_string(2, 8)
WARMER = replace(make_string(3, 8), limits=replace(LIMITS, temperature_high_c=45.0))


def plant(*strings: String, overrides: tuple[Override, ...] = ()) -> Layout:
    known = strings or (*ALIKE, WARMER)
    layout = lay_out(make_site(*known), ("bus",), {"ups": "bus"}, {"room": "bus"})
    named = tuple(validated(wish, layout) for wish in overrides)
    return replace(layout, made_of=(*layout.made_of[:-1], named))


def rule(name: str, told: Rules) -> AlarmRule:
    return next(each for each in told.rules if each.name == name)


def wish(name: str, place: Place, limit: float | None = None, *, off: bool = False) -> Override:
    return Override(name, place, "tessa", AT, limit=limit, off=off)


def test_every_rule_is_told_once_with_what_its_declaration_says() -> None:
    told = rules_of(plant(), ())
    assert [each.name for each in told.rules] == [declared.name for declared in RULES]
    for each in told.rules:
        declared = RULE_OF[each.name]
        assert each.scope == Scope(declared.scope).name.lower()
        assert (each.severity, each.unit) == (declared.severity, declared.unit.value)
        assert each.may_change_limit is (declared.allowed is not None)
        assert each.may_put_aside is not declared.stands
        assert each.changed == []
        assert all(limit.limit == limit.usual and not limit.off for limit in each.limits)


def test_strings_with_the_same_limits_are_told_together() -> None:
    voltage, temperature = (
        rule(name, rules_of(plant(), ())) for name in ("cell_voltage_low", "cell_temperature_high")
    )
    (only,) = voltage.limits
    assert (only.strings, only.usual, only.limit) == (["ups/1", "ups/2", "ups/3"], 2.10, 2.10)
    assert [(each.strings, each.usual) for each in temperature.limits] == [
        (["ups/1", "ups/2"], 40.0),
        (["ups/3"], 45.0),
    ]


def test_the_told_range_is_the_one_that_is_kept_to() -> None:
    layout = plant()
    (told,) = rule("cell_voltage_low", rules_of(layout, ())).limits
    assert told.lowest is not None
    assert told.highest is not None
    for limit in (told.lowest, told.highest):
        validated(wish("cell_voltage_low", Place(string_key="ups/1"), limit), layout)
    for limit in (told.lowest - 0.001, told.highest + 0.001):
        with pytest.raises(RefusedError):
            validated(wish("cell_voltage_low", Place(string_key="ups/1"), limit), layout)


def test_a_changed_limit_is_told_with_place_person_time_and_what_is_now_in_force() -> None:
    changes = (
        wish("cell_temperature_high", Place(), 42.0),
        wish("cell_temperature_high", Place(string_key="ups/2"), 38.0),
        wish("cell_temperature_high", Place(string_key="ups/2", cell=3), off=True),
    )
    told = rule("cell_temperature_high", rules_of(plant(overrides=changes), ()))
    assert [(each.strings, each.usual, each.limit, each.off) for each in told.limits] == [
        (["ups/1"], 40.0, 42.0, False),
        (["ups/2"], 40.0, 38.0, False),
        (["ups/3"], 45.0, 42.0, False),
    ]
    site, string, cell = told.changed
    assert site.place == RulePlace()
    assert string.place == RulePlace(manager_id="ups", string_key="ups/2")
    assert cell.place == RulePlace(manager_id="ups", string_key="ups/2", cell=3)
    assert (string.limit, string.by, string.off) == (38.0, "tessa", False)
    assert string.since == datetime.fromtimestamp(AT, UTC)
    assert (cell.limit, cell.off) == (None, True)
    assert (cell.lowest, cell.highest) == (told.limits[0].lowest, told.limits[0].highest)


def test_what_is_told_as_in_force_is_what_the_alarms_work_with() -> None:
    changes = (
        wish("cell_voltage_high", Place(), 2.5),
        wish("cell_voltage_high", Place(manager_id="ups"), 2.45),
        wish("cell_voltage_high", Place(string_key="ups/3"), off=True),
        wish("charge_low", Place(string_key="ups/1"), 35.0),
        wish("hydrogen_high", Place(), 0.7),
    )
    layout = plant(overrides=changes)
    told = rules_of(layout, ())
    at_work = lay_out(*layout.made_of)
    for each in told.rules:
        in_force = at_work.limits[each.name].limit
        for limit in each.limits:
            for key in limit.strings:
                row = at_work.rows.places[key]
                if each.scope == "cell":
                    row = int(at_work.rows.first_cell[row])
                expected = None if in_force[row] != in_force[row] else in_force[row]
                assert (None if limit.off else limit.limit) == (None if each.counts else expected)
    assert rule("hydrogen_high", told).limits[0].limit == 0.7


def test_a_rule_of_protection_that_is_switched_off_cannot_be_and_one_that_counts_can() -> None:
    counting = next(each for each in RULES if each.counts and not each.stands)
    told = rules_of(plant(overrides=(wish(counting.name, Place(), off=True),)), ())
    limits = rule(counting.name, told).limits
    assert all(each.off and each.usual is None and each.limit is None for each in limits)


def test_a_chemistry_without_a_limit_is_told_without_one() -> None:
    lithium = replace(make_string(), chemistry=Chemistry.LFP)
    (limit,) = rule("charged_too_cold", rules_of(plant(lithium), ())).limits
    (none,) = rule("charged_too_cold", rules_of(plant(make_string()), ())).limits
    assert (limit.usual, none.usual, none.off) == (0.0, None, False)


def test_what_is_out_of_service_is_told_with_its_reason() -> None:
    stopped = OutOfService("hydrogen_high", Place(line_id="bus"), "olga", AT, "sensor away")
    everything = OutOfService(None, Place("ups", "ups/1"), "olga", AT, "new cells")
    told = rules_of(plant(), (stopped, everything))
    assert told.out_of_service == [
        StoppedRule(
            rule="hydrogen_high",
            place=RulePlace(line_id="bus"),
            reason="sensor away",
            by="olga",
            since=datetime.fromtimestamp(AT, UTC),
        ),
        StoppedRule(
            rule=None,
            place=RulePlace(manager_id="ups", string_key="ups/1"),
            reason="new cells",
            by="olga",
            since=datetime.fromtimestamp(AT, UTC),
        ),
    ]


def test_a_site_without_anything_has_rules_without_places() -> None:
    told = rules_of(lay_out(make_site(), (), {}), ())
    assert len(told.rules) == len(RULES)
    assert rule("cell_voltage_low", told).limits == []


async def test_the_rules_arrive_at_a_client(engine: Engine) -> None:
    layout = plant(*engine.service.site.strings)
    change = wish("cell_temperature_high", Place(string_key="ups/1"), 38.0)
    engine.service.overrides = (validated(change, layout),)
    told = await engine.client().rules()
    assert rule("cell_temperature_high", told).limits[0].limit == 38.0
    assert rule("cell_temperature_high", told).changed[0].by == "tessa"
