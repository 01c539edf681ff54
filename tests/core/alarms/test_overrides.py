"""Limits and delays that people changed: who wins, what is refused, and what a restart keeps."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bacs_core.alarms import overrides
from bacs_core.alarms.layout import lay_out
from bacs_core.alarms.overrides import Override
from bacs_core.alarms.place import Place
from bacs_core.alarms.rules import RULES
from bacs_core.errors import RefusedError
from bacs_core.model import Chemistry, Manager, Site
from tests.core.alarms.build import (
    ACCESSORY_LINES,
    FLOAT_V,
    LINE_OF,
    ROOM,
    SITE,
    UPS,
    Moment,
    Room,
)
from tests.core.equalization.build import START, a_string, readings

LAYOUT = lay_out(SITE, ("managers", "modules"), LINE_OF, ACCESSORY_LINES)
RULE = "cell_temperature_high"
WHOLE = Place()
STRING = Place(string_key=ROOM.key)
CELL = Place(string_key=ROOM.key, cell=2)


def wish(place: Place, rule: str = RULE, **rest: Any) -> Override:
    return overrides.validated(Override(rule, place, "anna", START, **rest), LAYOUT)


def limits(*wishes: Override) -> list[float]:
    layout = lay_out(SITE, LAYOUT.line_ids, LINE_OF, ACCESSORY_LINES, wishes)
    return [float(limit) for limit in layout.limits[RULE].limit]


def test_what_is_said_of_a_narrower_place_holds_against_the_wider_one_in_any_order() -> None:
    told = [wish(CELL, limit=45.0), wish(STRING, limit=40.0), wish(WHOLE, limit=30.0)]
    wanted = [40.0, 45.0, 40.0, 40.0, 30.0, 30.0, 30.0, 30.0]
    assert limits(*told) == wanted
    assert limits(*reversed(told)) == wanted


def test_a_changed_limit_raises_and_clears_from_the_next_tick_on() -> None:
    warm = {ROOM.key: readings(FLOAT_V, temperature_c=(36, 36, 25, 25))}
    higher = (wish(CELL, limit=40.0),)
    plant = Room().run(120, Moment(warm, overrides=higher))
    assert plant.names() == [f"{RULE} room/1:01 unacknowledged"]
    plant.run(120, Moment(warm))
    assert len(plant.names()) == 2
    plant.run(400, Moment(warm, overrides=higher))
    assert plant.names()[1] == f"{RULE} room/1:02 returned_unacknowledged"


def test_a_rule_that_is_switched_off_at_a_place_clears_and_raises_nothing_there() -> None:
    stuck = {ROOM.key: [0, 1]}
    off = (wish(CELL, "bypass_stuck_on", off=True),)
    plant = Room().run(60, Moment(stuck_on=stuck, overrides=off))
    assert plant.names() == ["bypass_stuck_on room/1:01 unacknowledged"]


def test_a_changed_delay_holds_where_it_was_changed() -> None:
    warm = Moment(
        {ROOM.key: readings(FLOAT_V, temperature_c=(36, 36, 25, 25))},
        overrides=(wish(CELL, raise_after_s=5.0, clear_after_s=7.0),),
    )
    plant = Room().run(6, warm)
    assert plant.names() == [f"{RULE} room/1:02 unacknowledged"]
    well = Moment(overrides=warm.overrides)
    assert plant.run(7, well).names() == [f"{RULE} room/1:02 unacknowledged"]
    assert plant.run(1, well).names() == [f"{RULE} room/1:02 returned_unacknowledged"]


@pytest.mark.parametrize(
    ("place", "rule", "rest", "code"),
    [
        (WHOLE, "no_such_rule", {"limit": 1.0}, "unknown_rule"),
        (Place(string_key="room/9"), RULE, {"limit": 40.0}, "unknown_place"),
        (Place(string_key=ROOM.key, cell=9), RULE, {"limit": 40.0}, "unknown_place"),
        (Place(cell=1), RULE, {"limit": 40.0}, "unknown_place"),
        (Place(accessory_id="box"), RULE, {"limit": 40.0}, "unknown_place"),
        (CELL, "string_voltage_low", {"limit": 2.2}, "unknown_place"),
        (WHOLE, RULE, {"limit": 61.0}, "bad_limit"),
        (WHOLE, RULE, {"limit": 19.0}, "bad_limit"),
        (STRING, "cell_voltage_high", {"limit": 2.0}, "bad_limit"),
        (CELL, "cell_voltage_high", {"limit": 2.7}, "bad_limit"),
        (WHOLE, "module_silent", {"limit": 2.0}, "bad_limit"),
        (WHOLE, "cell_temperature_critical", {"off": True}, "bad_limit"),
        (WHOLE, "runaway_alarm", {"off": True}, "bad_limit"),
        (WHOLE, "cell_temperature_critical", {"raise_after_s": 60.0}, "bad_delay"),
        (WHOLE, RULE, {"raise_after_s": 0.0}, "bad_delay"),
        (WHOLE, RULE, {"clear_after_s": 1e6}, "bad_delay"),
        (WHOLE, RULE, {"limit": float("nan")}, "bad_limit"),
    ],
)
def test_what_no_person_may_set_is_refused(
    place: Place, rule: str, rest: dict[str, Any], code: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        wish(place, rule, **rest)
    assert refused.value.code == code


def test_a_voltage_limit_fits_the_float_voltage_of_every_string_it_is_for() -> None:
    rule = next(rule for rule in RULES if rule.name == "cell_voltage_high")
    assert overrides.allowed(rule, CELL, LAYOUT) == pytest.approx((2.27, 2.27 * 1.15))
    assert overrides.allowed(rule, WHOLE, LAYOUT) == pytest.approx((2.27, 2.27 * 1.15))
    assert overrides.allowed(RULES[0], WHOLE, LAYOUT) is None


@pytest.mark.parametrize("chemistry", Chemistry)
def test_every_default_lies_in_the_range_that_people_may_set(chemistry: Chemistry) -> None:
    nominal_v = {Chemistry.NICD: 1.2, Chemistry.LFP: 3.2, Chemistry.LTO: 2.3}.get(chemistry, 2.0)
    string = a_string(2, cell_voltage_v=nominal_v, chemistry=chemistry)
    site = Site("One", (Manager("room", "Room", "engine", (string,)),))
    layout = lay_out(site, ("modules",), {}, {"box": "modules"})
    for rule in RULES:
        if (between := overrides.allowed(rule, WHOLE, layout)) is not None:
            limit = layout.limits[rule.name].limit
            assert not (limit < between[0]).any(), rule.name
            assert not (limit > between[1]).any(), rule.name


def test_a_later_wish_for_a_place_replaces_the_earlier_and_keeps_what_it_leaves_open() -> None:
    known = overrides.changed((), wish(CELL, limit=40.0, raise_after_s=5.0))
    known = overrides.changed(known, wish(STRING, limit=38.0))
    known = overrides.changed(known, wish(CELL, off=True))
    assert [(told.limit, told.off, told.raise_after_s) for told in known] == [
        (38.0, False, None),
        (None, True, 5.0),
    ]
    full = LAYOUT.place(*LAYOUT.named(CELL) or pytest.fail("no such cell"))
    assert [told.place.cell for told in overrides.without(known, RULE, full)] == [None]


@pytest.mark.parametrize(
    ("rest", "text"),
    [
        ({"limit": 40.0}, "limit 40 °C"),
        ({"off": True}, "off"),
        ({"raise_after_s": 5.0, "clear_after_s": 9.0}, "raised after 5 s, cleared after 9 s"),
    ],
)
def test_the_audit_trail_says_what_was_changed(rest: dict[str, Any], text: str) -> None:
    assert overrides.told(wish(CELL, **rest)) == f"{RULE} at room/1:02: {text}"


def test_overrides_survive_a_restart_as_plain_json() -> None:
    known = (wish(WHOLE, limit=30.0), wish(CELL, off=True), wish(STRING, raise_after_s=5.0))
    kept = json.loads(json.dumps(overrides.keep(known)))
    assert overrides.restore(kept, LAYOUT) == known


@pytest.mark.parametrize(
    "wrong",
    [
        {"rule": "gone"},
        {"limit": 99.0},
        {"limit": "40"},
        {"string_key": "room/9"},
        {"by": ""},
        {"raise_after_s": 0},
        {"at": None},
    ],
    ids=repr,
)
def test_a_malformed_override_is_dropped_and_the_others_stay(wrong: dict[str, Any]) -> None:
    good = overrides.keep((wish(CELL, limit=40.0), wish(Place(string_key=UPS.key), limit=41.0)))
    kept = [good[0] | wrong, good[1]]
    assert [told.limit for told in overrides.restore(kept, LAYOUT)] == [41.0]


@pytest.mark.parametrize("kept", [None, {}, "[]", 5, [None, [], {}]])
def test_what_is_no_list_of_overrides_restores_none(kept: object) -> None:
    assert overrides.restore(kept, LAYOUT) == ()
