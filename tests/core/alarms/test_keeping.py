from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from bacs_core.alarms import orders
from bacs_core.alarms.annunciation import sounding
from bacs_core.alarms.book import OutOfService
from bacs_core.alarms.keeping import keep, restore
from bacs_core.alarms.layout import lay_out
from bacs_core.alarms.machine import AlarmBook, acknowledge, cell_status, changes, evaluate
from bacs_core.alarms.place import Place
from bacs_core.alarms.rules import RULES, Scope
from bacs_core.alarms.view import to_message
from bacs_core.model import AlarmState, CellStatus, Limits, Manager, Site
from bacs_core.snapshot import StringReadings
from tests.core.alarms.build import (
    ACCESSORY_LINES,
    FLOAT_V,
    LIMITS,
    LINE_OF,
    ROOM,
    SITE,
    UPS,
    Moment,
    Room,
    inputs,
)
from tests.core.equalization.build import NAN, START, a_string, readings

LINES = ("managers", "modules")
LAYOUT = lay_out(SITE, LINES, LINE_OF, ACCESSORY_LINES)
OUTAGE_S = 40
NOTHING_READ = {ROOM.key: readings((NAN,) * 4), UPS.key: readings((NAN,) * 4)}
#: As the poll loop tells it: ports shut, ports open and nobody asked yet.
PORTS_SHUT = Moment(
    NOTHING_READ, online=False, accessory_online=False, sensor_online=None, lines_gone=LINES
)
NOT_ASKED = Moment(NOTHING_READ, online=None, accessory_online=None, sensor_online=None)


def temperatures(*temperature_c: float, voltage_v: tuple[float, ...] = FLOAT_V) -> StringReadings:
    return readings(voltage_v, temperature_c=temperature_c, resistance_ohm=(0.3e-3,) * 4)


HOT = Moment({ROOM.key: temperatures(36, 25, 25, 25)})
WELL = Moment()


def through_json(book: AlarmBook) -> Any:
    return json.loads(json.dumps(keep(book)))


def restarted(plant: Room, site: Site | None = None, *, starting: bool = True) -> Room:
    """Restart the engine; its first ticks come before anything was read."""
    again = Room(site or plant.site)
    again.now = plant.now + OUTAGE_S
    again.book = restore(through_json(plant.book), again.site, LINES, LINE_OF, ACCESSORY_LINES)
    return again.run(2, PORTS_SHUT).run(8, NOT_ASKED) if starting else again


SILENT_MODULE = Moment({ROOM.key: readings((2.27, NAN, 2.27, 2.27))})
LOW = Moment({ROOM.key: readings((2.19, 2.28, 2.28, 2.28))})
DISCHARGED = Moment({ROOM.key: readings((1.9, 2.0, 2.0, 2.0))})
EXHAUSTED = Moment(exhausted={ROOM.key: (2,)})


@pytest.mark.parametrize(
    ("rule", "moment", "raised_within_s", "returned_after_s"),
    [
        ("manager_silent ups-a", Moment({UPS.key: readings((NAN,) * 4)}, online=False), 10, 5),
        ("accessory_silent box", Moment(accessory_online=False), 20, 5),
        ("current_sensor_silent room/1", Moment(sensor_online=False), 20, 5),
        ("string_silent room/1", Moment({ROOM.key: readings((NAN,) * 4)}), 15, 5),
        ("string_voltage_low room/1", DISCHARGED, 60, 60),
        ("module_silent room/1:02", SILENT_MODULE, 20, 5),
        ("cell_voltage_low room/1:01", LOW, 80, 60),
        ("cell_temperature_high room/1:01", HOT, 80, 300),
        ("bypass_exhausted room/1:03", EXHAUSTED, 80, 3600),
    ],
)
def test_timeline_of_an_alarm_over_a_restart(
    rule: str, moment: Moment, raised_within_s: int, returned_after_s: int
) -> None:
    """Still there: the same alarm, and no change told. Ended meanwhile: the whole clear delay."""
    plant = Room().run(raised_within_s, moment)
    (raised,) = plant.book.raised
    assert plant.names() == [f"{rule} unacknowledged"]

    lasting = restarted(plant).run(1200, moment)
    assert lasting.book.raised == (raised,)
    assert lasting.story() == []

    ended = restarted(plant).run(returned_after_s)
    assert ended.names() == [f"{rule} unacknowledged"]
    ended.run(1)
    assert ended.names() == [f"{rule} returned_unacknowledged"]
    assert [alarm.id for alarm in ended.book.raised] == [raised.id]


def test_a_line_that_is_still_gone_after_a_restart_is_the_same_alarm() -> None:
    gone = Moment({ROOM.key: readings((NAN,) * 4)}, lines_gone=("modules",))
    plant = Room().run(5, gone)
    again = restarted(plant, starting=False).run(60, gone)
    assert again.book.raised == plant.book.raised
    assert again.story() == []


def test_a_line_that_came_back_during_the_outage_returns_after_its_clear_delay() -> None:
    plant = Room().run(5, Moment({ROOM.key: readings((NAN,) * 4)}, lines_gone=("modules",)))
    again = restarted(plant, starting=False).run(1, PORTS_SHUT).run(5)
    assert again.names() == ["line_gone modules unacknowledged"]
    assert again.run(1).names() == ["line_gone modules returned_unacknowledged"]


def test_a_restored_alarm_is_there_before_the_first_tick() -> None:
    plant = Room().run(120, HOT)
    again = restarted(plant, starting=False)
    assert again.book.raised == plant.book.raised
    unread = cell_status(again.book, ROOM, NOTHING_READ[ROOM.key], again.now)
    assert unread.tolist() == [CellStatus.SILENT] * 4
    read = cell_status(again.book, ROOM, readings(FLOAT_V, again.now), again.now)
    assert read.tolist() == [CellStatus.WARNING, 0, 0, 0]


def test_the_first_ticks_tell_no_change() -> None:
    plant = Room().run(120, HOT)
    assert restarted(plant).story() == []


def test_cells_that_are_read_one_after_the_other_clear_and_raise_nothing() -> None:
    """(seconds, cells read so far) of a slow first round; the last cell is the hot one."""
    hot = temperatures(25, 25, 25, 36)
    plant = Room().run(120, Moment({ROOM.key: hot}))
    again = restarted(plant, starting=False).run(2, PORTS_SHUT)
    for seconds, count in ((8, 0), (4, 1), (4, 2), (4, 3), (600, 4)):
        unread = 4 - count
        voltage_v = FLOAT_V[:count] + (NAN,) * unread
        seen = temperatures(*(25, 25, 25, 36)[:count], *(NAN,) * unread, voltage_v=voltage_v)
        again.run(seconds, Moment({ROOM.key: seen}))
    assert again.book.raised == plant.book.raised
    assert again.story() == []


def test_nothing_read_for_long_after_a_restart_keeps_the_alarm() -> None:
    plant = restarted(Room().run(120, HOT)).run(7200, PORTS_SHUT)
    assert "cell_temperature_high room/1:01 unacknowledged" in plant.names()
    assert plant.story() == ["raised line_gone managers", "raised line_gone modules"]


def test_a_found_exhausted_bypass_is_not_forgotten_while_its_cell_is_silent() -> None:
    silent = Moment(NOTHING_READ, lines_gone=LINES)
    plant = restarted(Room().run(120, EXHAUSTED)).run(7200, silent)
    assert "bypass_exhausted room/1:03 unacknowledged" in plant.names()


def test_an_acknowledged_alarm_stays_so_and_ends_without_another_acknowledgement() -> None:
    plant = Room().run(120, HOT)
    plant.book = acknowledge(plant.book, None, "anna", plant.now)
    again = restarted(plant).run(400, HOT)
    assert again.book.raised == plant.book.raised
    assert again.book.raised[0].acknowledged_by == "anna"
    again.run(400)
    assert again.names() == []
    assert again.story() == ["cleared cell_temperature_high room/1:01"]


def test_a_restored_alarm_can_be_acknowledged() -> None:
    again = restarted(Room().run(120, HOT), starting=False)
    before = again.book
    again.book = acknowledge(before, [before.raised[0].id], "ben", again.now)
    (told,) = changes(before, again.book)
    assert (told.kind.value, told.alarm.acknowledged_by) == ("acknowledged", "ben")
    again.run(120, HOT)
    assert again.names() == ["cell_temperature_high room/1:01 acknowledged"]


def test_a_returned_alarm_waits_for_its_acknowledgement_over_a_restart() -> None:
    plant = Room().run(120, HOT).run(400)
    again = restarted(plant).run(3600)
    assert again.names() == ["cell_temperature_high room/1:01 returned_unacknowledged"]
    assert again.story() == []
    before = again.book
    again.book = acknowledge(before, None, "anna", again.now)
    assert [told.kind.value for told in changes(before, again.book)] == ["acknowledged", "cleared"]
    assert again.names() == []


def test_a_returned_alarm_that_comes_back_after_a_restart_is_the_same_one() -> None:
    plant = Room().run(120, HOT).run(400)
    again = restarted(plant).run(60, HOT)
    assert again.story() == []
    again.run(1, HOT)
    assert again.story() == ["raised cell_temperature_high room/1:01"]
    assert again.book.raised[0].id == plant.book.raised[0].id
    assert again.book.raised[0].raised_at == plant.book.raised[0].raised_at


def test_a_new_alarm_beside_a_restored_one_waits_its_raise_delay() -> None:
    both = Moment({ROOM.key: temperatures(36, 37, 25, 25)})
    again = restarted(Room().run(120, HOT)).run(60, both)
    assert again.story() == []
    again.run(1, both)
    assert again.story() == ["raised cell_temperature_high room/1:02"]


def test_a_second_restart_changes_nothing() -> None:
    plant = Room().run(120, HOT)
    again = restarted(restarted(restarted(plant)))
    assert again.book.raised == plant.book.raised


def test_an_alarm_whose_limit_was_switched_off_meanwhile_returns() -> None:
    unlimited = replace(ROOM, limits=replace(LIMITS, temperature_high_c=None))
    site = replace(
        SITE, managers=(replace(SITE.managers[0], strings=(unlimited,)), SITE.managers[1])
    )
    again = restarted(Room().run(120, HOT), site).run(400, HOT)
    assert again.names() == ["cell_temperature_high room/1:01 returned_unacknowledged"]


@pytest.mark.parametrize(
    ("cell_count", "manager_id", "kept"),
    [(4, "room", 1), (5, "room", 1), (3, "room", 0), (4, "other", 0)],
)
def test_an_alarm_whose_cell_is_no_longer_in_the_site_is_dropped(
    cell_count: int, manager_id: str, kept: int
) -> None:
    plant = Room().run(120, Moment({ROOM.key: temperatures(25, 25, 25, 36)}))
    string = a_string(cell_count, manager_id=manager_id, limits=LIMITS)
    site = Site("Rebuilt", (Manager(manager_id, "Rebuilt", "engine", (string,)),))
    assert (
        len(restore(through_json(plant.book), site, LINES, LINE_OF, ACCESSORY_LINES).raised) == kept
    )


def test_an_alarm_finds_its_cell_again_where_other_strings_came_before_it() -> None:
    plant = Room().run(120, Moment({ROOM.key: temperatures(25, 25, 36, 25)}))
    before_it = a_string(9, manager_id="annex", limits=LIMITS)
    site = Site("Larger", (Manager("annex", "Annex", "engine", (before_it,)), *SITE.managers))
    book = restore(through_json(plant.book), site, LINES, LINE_OF, ACCESSORY_LINES)
    assert book.raised == plant.book.raised
    assert np.flatnonzero(book.marks).tolist() == [9 + 2]


def test_a_delay_goes_on_after_a_restart_where_it_was() -> None:
    """45 s of 60 before; the outage does not count; the rest after."""
    again = restarted(Room().run(46, HOT), starting=False)
    again.run(15, HOT)
    assert again.story() == []
    again.run(1, HOT)
    assert again.story() == ["raised cell_temperature_high room/1:01"]


def test_a_short_delay_of_what_is_urgent_goes_on_too() -> None:
    burning = Moment({ROOM.key: temperatures(46, 25, 25, 25)})
    again = restarted(Room().run(8, burning), starting=False)
    assert again.run(2, burning).names() == []
    assert again.run(3, burning).names() == ["cell_temperature_high room/1:01 unacknowledged"]


def test_timeline_of_a_shelf_over_a_restart() -> None:
    """It ends when its person was told: 600 s after, the outage included."""
    plant = Room().run(120, HOT)
    (alarm,) = plant.book.raised
    plant.took(orders.shelve(plant.book, alarm.id, "anna", plant.now, plant.now + 600))
    again = restarted(plant)
    again.run(600 - OUTAGE_S - 10 - 1, HOT)
    assert again.names() == ["cell_temperature_high room/1:01 shelved"]
    assert again.run(1, HOT).names() == ["cell_temperature_high room/1:01 unacknowledged"]
    assert again.story() == ["unshelved cell_temperature_high room/1:01"]


def test_what_is_out_of_service_stays_so_over_a_restart() -> None:
    order = OutOfService(None, Place(string_key=ROOM.key), "anna", START, "sensor is on order")
    plant = Room().run(1)
    plant.book = orders.take_out_of_service(plant.book, order)
    again = restarted(plant.run(120, HOT))
    assert again.book.out_of_service == plant.book.out_of_service
    silent = Moment(HOT.readings, sensor_online=False)
    assert again.run(120, silent).names() == [
        "cell_temperature_high room/1:01 out_of_service",
        "current_sensor_silent room/1 out_of_service",
    ]


def test_a_muted_buzzer_stays_so_over_a_restart_until_the_next_new_alarm() -> None:
    plant = Room().run(120, HOT)
    assert sounding(restarted(plant).book)
    plant.book = orders.mute(plant.book, "anna", plant.now)
    again = restarted(plant).run(60, HOT)
    assert not sounding(again.book)
    assert again.book.mute == plant.book.mute
    assert sounding(again.run(30, Moment(HOT.readings, sensor_online=False)).book)


def test_a_burst_goes_on_over_a_restart() -> None:
    plant = Room().run(120, HOT)
    again = restarted(plant).run(120, Moment({ROOM.key: temperatures(36, 36, 25, 25)}))
    assert [alarm.first_out for alarm in again.book.raised] == [True, False]


@pytest.mark.parametrize(
    "wrong",
    [
        {"out_of_service": [{"rule": "runaway_alarm"}, 5]},
        {"out_of_service": {}},
        {"mute": {"ring": -3}},
        {"mute": 7},
        {"delays": [{"rule": "gone"}, None]},
        {"delays": "soon"},
    ],
    ids=repr,
)
def test_malformed_parts_are_dropped_and_the_alarms_stay(wrong: dict[str, object]) -> None:
    kept = {**through_json(Room().run(120, HOT).book), **wrong}
    book = restore(kept, SITE, LINES, LINE_OF, ACCESSORY_LINES)
    assert [alarm.rule.name for alarm in book.raised] == ["cell_temperature_high"]
    assert (book.out_of_service, book.mute.ring) == ((), 0)


def test_a_line_that_was_taken_away_takes_its_alarm_along() -> None:
    plant = Room().run(10, PORTS_SHUT)
    book = restore(through_json(plant.book), SITE, ("modules",), LINE_OF)
    assert [alarm.place.label for alarm in book.raised] == ["modules"]


def test_a_site_without_managers_restores_an_empty_book() -> None:
    plant = Room().run(120, HOT)
    assert restore(through_json(plant.book), Site("Empty", ()), (), {}).raised == ()


#: What earlier versions did not keep.
LATER = (
    "note",
    "accessory_id",
    "first_out",
    "shelved_until",
    "shelved_by",
    "suppressed_by",
    "ring",
)


def an_entry(**other: object) -> dict[str, object]:
    entry: dict[str, object] = {
        "id": "cell_temperature_high:room/1:01:1790000061",
        "rule": "cell_temperature_high",
        "manager_id": "room",
        "string_key": "room/1",
        "cell": 1,
        "line_id": None,
        "accessory_id": None,
        "state": "unacknowledged",
        "value": 36.0,
        "limit": 35.0,
        "raised_at": START,
        "acknowledged_by": None,
        "acknowledged_at": None,
        "note": "",
        "first_out": False,
        "shelved_until": None,
        "shelved_by": None,
        "suppressed_by": None,
        "ring": 1,
    }
    return entry | other


GOOD = an_entry(id="module_silent:room/1:02:1790000061", rule="module_silent", cell=2)


def test_what_is_kept_is_this_plain_json() -> None:
    plant = Room().run(120, HOT)
    assert keep(plant.book) == {
        "alarms": [an_entry(raised_at=START + 61, first_out=True)],
        "delays": [],
        "out_of_service": [],
        "mute": {"ring": 0, "by": None, "at": None},
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": ""},
        {"id": 7},
        {"id": GOOD["id"]},
        {"id": "\ud800"},
        {"rule": "no_such_rule"},
        {"rule": []},
        {"rule": "line_gone"},
        {"rule": "string_silent"},
        {"rule": "module_silent", "cell": 2},
        {"manager_id": "ups-a"},
        {"manager_id": None},
        {"string_key": "room/2"},
        {"string_key": None},
        {"line_id": "modules"},
        {"cell": 0},
        {"cell": -1},
        {"cell": 5},
        {"cell": 10**30},
        {"cell": True},
        {"cell": 1.0},
        {"cell": "1"},
        {"cell": None},
        {"state": "normal"},
        {"state": "acknowledged"},
        {"state": {}},
        {"acknowledged_by": "anna"},
        {"acknowledged_by": "anna", "state": "returned_unacknowledged"},
        {"acknowledged_by": "", "state": "acknowledged"},
        {"acknowledged_by": 5, "state": "acknowledged"},
        {"value": NAN},
        {"value": float("inf")},
        {"value": None},
        {"value": 10**400},
        {"limit": "35"},
        {"raised_at": 1e300},
        {"raised_at": -1.0},
        {"raised_at": NAN},
        {"raised_at": "2026-09-21"},
        {"state": "shelved"},
        {"state": "shelved", "shelved_until": START},
        {"shelved_until": START, "shelved_by": "anna"},
        {"state": "suppressed", "suppressed_by": "battery_test"},
        {"state": "out_of_service"},
        {"suppressed_by": "anna"},
        {"rule": "runaway_alarm", "state": "out_of_service", "suppressed_by": "anna"},
        {"ring": -1},
        {"ring": "1"},
    ],
    ids=repr,
)
def test_a_malformed_entry_is_dropped_and_the_others_stay(wrong: dict[str, object]) -> None:
    book = restore([GOOD, an_entry(**wrong)], SITE, LINES, LINE_OF, ACCESSORY_LINES)
    assert [alarm.id for alarm in book.raised] == [GOOD["id"]]
    assert len(restore([GOOD, an_entry()], SITE, LINES, LINE_OF, ACCESSORY_LINES).raised) == 2


def test_an_alarm_that_an_earlier_version_kept_has_no_note() -> None:
    entry = an_entry()
    for field in LATER:
        del entry[field]
    assert restore([entry], SITE, LINES, LINE_OF, ACCESSORY_LINES).raised[0].note == ""


@pytest.mark.parametrize("field", [field for field in an_entry() if field not in LATER])
def test_an_entry_without_one_of_its_fields_is_dropped(field: str) -> None:
    entry = an_entry()
    del entry[field]
    assert restore([entry, GOOD], SITE, LINES, LINE_OF, ACCESSORY_LINES).raised[0].id == GOOD["id"]


@pytest.mark.parametrize("kept", [None, {}, "", "[]", 5, NAN, True, [None, 1, [], {}], an_entry()])
def test_what_is_no_list_of_alarms_restores_an_empty_book(kept: object) -> None:
    book = restore(kept, SITE, LINES, LINE_OF, ACCESSORY_LINES)
    assert book.raised == ()
    assert evaluate(SITE, inputs(WELL, START), book, START).raised == ()


@st.composite
def entries(draw: st.DrawFn) -> dict[str, object]:
    """Draw one alarm that fits the site."""
    rule = draw(st.sampled_from(RULES))
    place = LAYOUT.place(rule.scope, draw(st.integers(0, LAYOUT.count(rule.scope) - 1)))
    raised_at = draw(st.floats(0, 4e9))
    aside = [AlarmState.SHELVED, AlarmState.OUT_OF_SERVICE] * (not rule.stands)
    kept_back = [AlarmState.SUPPRESSED] * bool(rule.suppressed_by)
    shown = [AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED, AlarmState.RETURNED]
    state = draw(st.sampled_from([*shown, *aside, *kept_back]))
    acknowledged = state is AlarmState.ACKNOWLEDGED
    shelved = state is AlarmState.SHELVED
    by_whom = state in {AlarmState.OUT_OF_SERVICE, AlarmState.SUPPRESSED}
    return an_entry(
        id=f"{rule.name}:{place.label}:{raised_at:.0f}",
        rule=rule.name,
        manager_id=place.manager_id,
        string_key=place.string_key,
        cell=place.cell,
        line_id=place.line_id,
        accessory_id=place.accessory_id,
        state=state.value,
        value=draw(st.floats(allow_nan=False, allow_infinity=False)),
        limit=draw(st.floats(allow_nan=False, allow_infinity=False)),
        raised_at=raised_at,
        acknowledged_by=draw(st.text(min_size=1)) if acknowledged else None,
        acknowledged_at=draw(st.floats(0, 4e9)) if acknowledged else None,
        note=draw(st.text()),
        first_out=draw(st.booleans()),
        shelved_until=draw(st.floats(0, 4e9)) if shelved else None,
        shelved_by=draw(st.text(min_size=1)) if shelved else None,
        suppressed_by=draw(st.text(min_size=1)) if by_whom else None,
        ring=draw(st.integers(0, 9)),
    )


def _place(entry: dict[str, Any]) -> tuple[object, ...]:
    names = ("rule", "manager_id", "string_key", "cell", "line_id", "accessory_id")
    return tuple(entry[name] for name in names)


@settings(deadline=None, max_examples=100)
@given(kept=st.lists(entries(), max_size=20, unique_by=_place))
def test_keeping_what_was_restored_gives_the_same(kept: list[dict[str, object]]) -> None:
    book = restore(json.loads(json.dumps(kept)), SITE, LINES, LINE_OF, ACCESSORY_LINES)
    assert keep(book)["alarms"] == kept
    assert restore(through_json(book), SITE, LINES, LINE_OF, ACCESSORY_LINES).raised == book.raised


@settings(deadline=None, max_examples=25)
@given(
    ticks=st.lists(
        st.tuples(
            st.lists(st.one_of(st.just(NAN), st.floats(1.8, 2.5)), min_size=4, max_size=4),
            st.lists(st.one_of(st.just(NAN), st.floats(20, 60)), min_size=4, max_size=4),
            st.integers(1, 400),
            st.booleans(),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_a_restored_book_is_the_book_that_was_kept(
    ticks: list[tuple[list[float], list[float], int, bool]],
) -> None:
    book, now = AlarmBook(), START
    for voltage_v, temperature_c, gap_s, signed in ticks:
        now += gap_s
        read = readings(voltage_v, now, temperature_c=temperature_c)
        book = evaluate(SITE, inputs(Moment({ROOM.key: read}), now), book, now)
        book = acknowledge(book, None, "anna", now) if signed else book
    again = restore(through_json(book), SITE, LINES, LINE_OF, ACCESSORY_LINES)
    assert again.raised == book.raised
    assert again.marks.tolist() == book.marks.tolist()
    for name, memory in book.memories.items():
        restored = again.memories.get(name)
        assert memory.state.tolist() == ([0] * len(memory.state)) or restored is not None
        assert restored is None or restored.state.tolist() == memory.state.tolist()
    unread = inputs(PORTS_SHUT, now + OUTAGE_S)
    assert changes(again, evaluate(SITE, unread, again, now + OUTAGE_S)) == ()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=100)
@given(
    kept=st.lists(
        json_values
        | st.builds(
            lambda entry, field, value: entry | {field: value},
            entries(),
            st.sampled_from([*an_entry()]),
            json_values,
        ),
        max_size=6,
    )
    | json_values
)
def test_no_garbage_stops_the_engine(kept: object) -> None:
    """What is restored can be evaluated, acknowledged, published and kept again."""
    book = restore(json.loads(json.dumps(kept)), SITE, LINES, LINE_OF, ACCESSORY_LINES)
    after = evaluate(SITE, inputs(WELL, START), book, START)
    for alarm in acknowledge(after, None, "anna", START).raised:
        to_message(alarm, SITE).model_dump_json()
    json.dumps(keep(after), allow_nan=False)


def test_the_latest_time_that_is_accepted_can_be_published() -> None:
    latest = datetime(9999, 12, 31, tzinfo=UTC)
    book = restore([an_entry(raised_at=latest.timestamp())], SITE, LINES, LINE_OF, ACCESSORY_LINES)
    assert to_message(book.raised[0], SITE).raised_at == latest


def test_a_full_site_is_restored_cell_by_cell() -> None:
    strings = tuple(
        a_string(64, number=number, limits=Limits(2.2, 2.33, 35.0, 50.0, 5e-4))
        for number in range(1, 17)
    )
    site = Site("Full", (Manager("room", "Room", "engine", strings),))
    layout = lay_out(site, (), {})
    places = [layout.place(Scope.CELL, row) for row in range(layout.count(Scope.CELL))]
    kept = [
        an_entry(id=place.label, string_key=place.string_key, cell=place.cell) for place in places
    ]
    book = restore(kept, site, (), {})
    assert [alarm.place for alarm in book.raised] == places
    assert book.marks.tolist() == [CellStatus.WARNING] * len(places)
