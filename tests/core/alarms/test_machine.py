from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from bacs_core.alarms.machine import (
    AlarmBook,
    Strangers,
    acknowledge,
    cell_status,
    changes,
    evaluate,
)
from bacs_core.alarms.states import ACTIVE
from bacs_core.alarms.view import to_message
from bacs_core.devices.panel_module import STATUS_LEASE_EXPIRED
from bacs_core.errors import RefusedError
from bacs_core.model import CellStatus, ChargePhase, Limits, Manager, Site
from bacs_core.snapshot import StringReadings
from tests.core.alarms.build import (
    FLOAT_V,
    LIMITS,
    ROOM,
    SITE,
    UPS,
    Moment,
    Room,
    inputs,
)
from tests.core.equalization.build import NAN, START, a_string, readings

HIGH = CellStatus.WARNING
BAD = CellStatus.ALARM


def room(
    voltage_v: tuple[float, ...] = FLOAT_V,
    temperature_c: tuple[float, ...] = (25, 25, 25, 25),
    resistance_ohm: tuple[float, ...] = (0.3e-3,) * 4,
    **rest: object,
) -> Moment:
    """Make a moment in which the string of the engine reads like this."""
    read = readings(
        voltage_v,
        START,
        temperature_c=temperature_c,
        resistance_ohm=resistance_ohm,
        **rest,  # type: ignore[arg-type]
    )
    return Moment(readings={ROOM.key: read})


WELL = Moment()


def test_nothing_is_raised_while_all_is_well() -> None:
    assert Room().run(3600).names() == []


@pytest.mark.parametrize(
    ("rule", "moment", "raised_after_s"),
    [
        ("cell_voltage_low", room((2.19, 2.28, 2.28, 2.28)), 61),
        ("cell_voltage_high", room((2.335, 2.25, 2.25, 2.25)), 61),
        ("cell_temperature_high", room(temperature_c=(36, 25, 25, 25)), 61),
        ("cell_temperature_critical", room(temperature_c=(51, 25, 25, 25)), 11),
        ("cell_resistance_high", room(resistance_ohm=(0.6e-3, 3e-4, 3e-4, 3e-4)), 121),
        ("cell_deviation", room((2.215, 2.285, 2.285, 2.285)), 1801),
    ],
)
def test_timeline_of_a_limit(rule: str, moment: Moment, raised_after_s: int) -> None:
    """Raised after its delay and not before, returned after the clear delay, then acknowledged."""
    plant = Room().run(raised_after_s - 1, moment)
    assert plant.names() == []
    plant.run(1, moment)
    assert plant.names() == [f"{rule} room/1:01 unacknowledged"]
    plant.run(3600)
    assert plant.names() == [f"{rule} room/1:01 returned_unacknowledged"]
    plant.book = acknowledge(plant.book, None, "anna", plant.now)
    assert plant.names() == []


def test_a_large_deviation_is_one_alarm_and_not_a_warning_too() -> None:
    near = room((2.24, 2.32, 2.24, 2.24))
    wide = Site("Wide", (Manager("room", "Room", "engine", (replace(ROOM, limits=NO_LIMITS),)),))
    assert Room(wide).run(7200, near).names() == ["cell_deviation room/1:02 unacknowledged"]
    far = room((2.24, 2.38, 2.24, 2.24))
    assert Room(wide).run(7200, far).names() == ["cell_deviation_large room/1:02 unacknowledged"]


NO_LIMITS = Limits(None, None, None, None, None)


def test_hysteresis_keeps_an_alarm_that_hovers_at_its_limit() -> None:
    plant = Room().run(120, room(temperature_c=(35.5, 25, 25, 25)))
    for _ in range(20):
        plant.run(30, room(temperature_c=(34.0, 25, 25, 25)))
        plant.run(30, room(temperature_c=(35.5, 25, 25, 25)))
    assert plant.story() == ["raised cell_temperature_high room/1:01"]


def test_a_short_peak_raises_nothing() -> None:
    plant = Room()
    for _ in range(20):
        plant.run(50, room((2.34, 2.25, 2.25, 2.25))).run(10)
    assert plant.story() == []


def test_silence_never_clears_an_alarm() -> None:
    hot = room(temperature_c=(36, 25, 25, 25))
    plant = Room().run(120, hot)
    plant.run(3600, room(temperature_c=(NAN, 25, 25, 25)))
    assert plant.names() == ["cell_temperature_high room/1:01 unacknowledged"]
    plant.run(3600)
    assert plant.names() == ["cell_temperature_high room/1:01 returned_unacknowledged"]


def test_a_limit_that_is_switched_off_clears_what_it_raised() -> None:
    plant = Room().run(120, room(temperature_c=(36, 25, 25, 25)))
    unlimited = replace(ROOM, limits=replace(LIMITS, temperature_high_c=None))
    plant.site = replace(
        SITE, managers=(replace(SITE.managers[0], strings=(unlimited,)), SITE.managers[1])
    )
    plant.run(400, room(temperature_c=(36, 25, 25, 25)))
    assert plant.names() == ["cell_temperature_high room/1:01 returned_unacknowledged"]


def test_a_silent_module_is_one_alarm_and_returns_by_itself() -> None:
    plant = Room().run(15, room((2.27, NAN, 2.27, 2.27)))
    assert plant.names() == []
    plant.run(1, room((2.27, NAN, 2.27, 2.27)))
    assert plant.names() == ["module_silent room/1:02 unacknowledged"]
    plant.run(10)
    assert plant.names() == ["module_silent room/1:02 returned_unacknowledged"]


def test_a_string_whose_modules_are_all_silent_is_one_alarm() -> None:
    plant = Room().run(600, room((NAN,) * 4))
    assert plant.story() == ["raised string_silent room/1"]


def test_modules_that_fall_silent_one_after_the_other_are_still_one_alarm() -> None:
    plant = Room()
    for silent in (1, 2, 3):
        plant.run(3, room((NAN,) * silent + (2.27,) * (4 - silent)))
    plant.run(600, room((NAN,) * 4))
    assert plant.story() == ["raised string_silent room/1"]


def test_a_silent_manager_is_one_alarm_and_its_cells_raise_none() -> None:
    silent = Moment(readings={"ups-a/1": readings((NAN,) * 4)}, online=False)
    plant = Room().run(3600, silent)
    assert plant.story() == ["raised manager_silent ups-a"]


def test_a_manager_that_was_never_asked_raises_nothing() -> None:
    never = Moment(readings={"ups-a/1": readings((NAN,) * 4)}, online=None)
    assert Room().run(60, never).story() == []


def test_a_module_missing_behind_a_manager_that_answers_is_an_alarm() -> None:
    plant = Room().run(60, Moment(readings={"ups-a/1": readings((2.27, 2.27, NAN, 2.27))}))
    assert plant.story() == ["raised module_silent ups-a/1:03"]


def test_a_line_that_is_gone_is_one_alarm_and_what_hangs_on_it_raises_none() -> None:
    gone = Moment(
        readings={"ups-a/1": readings((NAN,) * 4), "room/1": readings((NAN,) * 4)},
        online=False,
        lines_gone=("managers", "modules"),
    )
    plant = Room().run(3600, gone)
    assert plant.story() == ["raised line_gone managers", "raised line_gone modules"]
    plant.run(60)
    assert plant.story()[2:] == ["returned line_gone managers", "returned line_gone modules"]


def test_a_power_failure_is_one_alarm_per_string() -> None:
    """(seconds, voltage, current): float, load, deeper, recharge with stragglers, float again."""
    plant = Room()
    for seconds, voltage_v, phase, recovering in (
        (60, (2.27, 2.27, 2.27, 2.27), ChargePhase.FLOAT, ()),
        (30, (2.19, 2.21, 2.21, 2.21), ChargePhase.DISCHARGE, ("room/1",)),
        (900, (1.80, 2.00, 2.01, 2.02), ChargePhase.DISCHARGE, ("room/1",)),
        (5, (2.05, 2.06, 2.06, 2.06), ChargePhase.REST, ("room/1",)),
        (600, (2.15, 2.18, 2.19, 2.19), ChargePhase.BULK, ("room/1",)),
        (600, (2.19, 2.21, 2.21, 2.21), ChargePhase.ABSORPTION, ("room/1",)),
        (3600, (2.27, 2.27, 2.27, 2.27), ChargePhase.FLOAT, ()),
    ):
        moment = Moment(
            {"room/1": readings(voltage_v)}, phase={"room/1": phase}, recovering=recovering
        )
        plant.run(seconds, moment)
    assert plant.story() == ["raised on_battery room/1", "returned on_battery room/1"]


def test_a_power_failure_without_a_current_sensor_is_one_alarm_too() -> None:
    plant = Room().run(900, room((1.80, 2.00, 2.01, 2.02)))
    assert plant.story() == ["raised string_voltage_low room/1"]


def test_a_boost_charge_is_one_warning_and_not_one_per_cell() -> None:
    plant = Room().run(900, room((2.39, 2.40, 2.40, 2.41)))
    assert plant.story() == ["raised string_voltage_high room/1"]


def test_an_exhausted_bypass_is_a_warning_at_its_cell() -> None:
    moment = Moment(exhausted={"room/1": (2,)})
    assert Room().run(120, moment).story() == ["raised bypass_exhausted room/1:03"]


def test_expired_leases_are_one_warning_while_a_duty_is_commanded() -> None:
    read = {"room/1": readings(FLOAT_V, status=[STATUS_LEASE_EXPIRED] * 4)}
    idle = Moment(readings=read)
    assert Room().run(60, idle).story() == []
    active = Moment(readings=read, duty_percent=20)
    plant = Room().run(60, active)
    assert plant.story() == ["raised bypass_lease_expired room/1"]
    assert plant.book.raised[0].value == 4


def test_an_alarm_id_names_rule_place_and_time_and_is_new_for_every_occurrence() -> None:
    hot = room(temperature_c=(36, 25, 25, 25))
    plant = Room().run(120, hot)
    first = plant.book.raised[0].id
    assert first == f"cell_temperature_high:room/1:01:{START + 61:.0f}"
    plant.run(600)
    plant.run(120, hot)
    assert [alarm.id for alarm in plant.book.raised] == [first]
    plant.book = acknowledge(plant.book, [first], "anna", plant.now)
    plant.run(600).run(120, hot)
    assert plant.book.raised[0].id != first


def test_every_change_is_told_once_with_who_did_it() -> None:
    hot = room(temperature_c=(36, 25, 25, 25))
    plant = Room().run(120, hot)
    before = plant.book
    plant.book = acknowledge(before, None, "anna", plant.now)
    (told,) = changes(before, plant.book)
    assert (told.kind.value, told.alarm.acknowledged_by) == ("acknowledged", "anna")
    plant.changes.clear()
    plant.run(600)
    assert plant.story() == ["cleared cell_temperature_high room/1:01"]
    plant.run(120, hot).run(600)
    before = plant.book
    after = acknowledge(before, None, "ben", plant.now)
    assert [change.kind.value for change in changes(before, after)] == ["acknowledged", "cleared"]
    assert {change.alarm.acknowledged_by for change in changes(before, after)} == {"ben"}
    assert changes(after, after) == ()


def test_acknowledging_an_alarm_that_is_not_there_is_refused() -> None:
    with pytest.raises(RefusedError, match="no alarm") as refused:
        acknowledge(AlarmBook(), ["cell_voltage_high:room/1:01:5"], "anna", START)
    assert refused.value.code == "unknown_alarm"


def test_acknowledging_twice_keeps_who_was_first() -> None:
    plant = Room().run(120, room(temperature_c=(36, 25, 25, 25)))
    book = acknowledge(plant.book, None, "anna", plant.now)
    book = acknowledge(book, None, "ben", plant.now)
    assert book.raised[0].acknowledged_by == "anna"


def status_of(plant: Room, read: StringReadings) -> list[int]:
    return [int(mark) for mark in cell_status(plant.book, ROOM, read, plant.now)]


def test_each_cell_shows_the_worst_that_applies() -> None:
    moment = room((2.27, 2.27, 2.27, NAN), temperature_c=(36, 51, 25, 51))
    plant = Room().run(120, moment)
    read = readings((2.27, 2.27, 2.27, NAN), plant.now)
    assert status_of(plant, read) == [HIGH, BAD, CellStatus.NORMAL, CellStatus.SILENT]
    plant.book = acknowledge(plant.book, None, "anna", plant.now)
    assert status_of(plant, read) == [HIGH, BAD, CellStatus.NORMAL, CellStatus.SILENT]


def test_a_cell_without_a_fresh_voltage_is_silent_before_any_alarm() -> None:
    read = readings((2.27, NAN, 2.27, 2.27))
    assert cell_status(AlarmBook(), ROOM, read, START).tolist() == [0, 3, 0, 0]
    assert cell_status(AlarmBook(), ROOM, read, START + 3600).tolist() == [3, 3, 3, 3]


values = st.one_of(st.just(NAN), st.floats(0, 3))
temperatures = st.one_of(st.just(NAN), st.floats(-20, 80))
ticks = st.lists(
    st.tuples(
        st.lists(values, min_size=4, max_size=4),
        st.lists(temperatures, min_size=4, max_size=4),
        st.integers(1, 400),
    ),
    min_size=1,
    max_size=12,
)


@settings(deadline=None, max_examples=15)
@given(ticks=ticks)
def test_acknowledging_never_changes_what_is_active(
    ticks: list[tuple[list[float], list[float], int]],
) -> None:
    books, now = [AlarmBook(), AlarmBook()], START
    for voltage_v, temperature_c, gap_s in ticks:
        now += gap_s
        read = readings(voltage_v, now, temperature_c=temperature_c)
        tick = inputs(Moment(readings={"room/1": read}), now)
        books = [evaluate(SITE, tick, book, now) for book in books]
        books[1] = acknowledge(books[1], None, "anna", now)
        active = [
            {
                (name, row)
                for name, memory in book.memories.items()
                for row in np.flatnonzero(np.isin(memory.state, ACTIVE)).tolist()
            }
            for book in books
        ]
        assert active[0] == active[1]
        assert books[0].marks.tolist() == books[1].marks.tolist()


@settings(deadline=None, max_examples=15)
@given(ticks=ticks, order=st.permutations(range(4)))
def test_the_order_of_cells_does_not_matter(
    ticks: list[tuple[list[float], list[float], int]], order: list[int]
) -> None:
    straight, shuffled, now = AlarmBook(), AlarmBook(), START
    for voltage_v, temperature_c, gap_s in ticks:
        now += gap_s
        read = readings(voltage_v, now, temperature_c=temperature_c)
        mixed = readings(
            [voltage_v[cell] for cell in order],
            now,
            temperature_c=[temperature_c[cell] for cell in order],
        )
        straight = evaluate(SITE, inputs(Moment({"room/1": read}), now), straight, now)
        shuffled = evaluate(SITE, inputs(Moment({"room/1": mixed}), now), shuffled, now)
    marks = straight.marks[:4][order].tolist()
    assert shuffled.marks[:4].tolist() == marks


def test_strings_are_judged_each_on_its_own() -> None:
    strings = tuple(a_string(3 + number, number=number, limits=LIMITS) for number in (1, 2, 3))
    site = Site("Three", (Manager("room", "Room", "engine", strings),))
    hot = readings([2.27] * 5, temperature_c=[25, 25, 25, 25, 40])
    well = {
        s.key: readings([2.27] * s.cell_count, temperature_c=[25] * s.cell_count) for s in strings
    }
    plant = Room(site).run(120, Moment(readings={**well, "room/2": hot}))
    assert plant.names() == ["cell_temperature_high room/2:05 unacknowledged"]


def test_a_line_in_foreign_hands_is_one_alarm_that_stands_until_it_is_given_back() -> None:
    note = "14:32 (miller)"
    lent = Moment(
        readings={ROOM.key: readings((NAN,) * 4, START)},
        lines_lent=("modules",),
        notes={("line_lent", "modules"): note},
    )
    plant = Room().run(600, lent)
    assert plant.names() == ["line_lent modules unacknowledged"]
    assert to_message(plant.book.raised[0], SITE).text == (
        f"Line modules: protection is paused, the line is lent until {note}"
    )
    plant.book = acknowledge(plant.book, None, "anna", plant.now)
    plant.run(60, lent)
    assert plant.names() == ["line_lent modules acknowledged"]
    plant.run(10)
    assert plant.names() == []


def test_a_lent_line_tells_the_next_name_when_it_is_lent_again() -> None:
    def lent(note: str) -> Moment:
        return Moment(lines_lent=("modules",), notes={("line_lent", "modules"): note})

    plant = Room().run(5, lent("miller")).run(5).run(5, lent("anna"))
    assert plant.names() == ["line_lent modules unacknowledged"]
    assert plant.book.raised[0].note == "anna"


def test_swapped_adapters_are_one_alarm_per_string_and_no_silent_modules() -> None:
    """Two other modules answer in place of the first cells; of the rest nobody is there."""
    swapped = Moment(
        readings={ROOM.key: readings((NAN,) * 4, START)},
        strangers=Strangers(cells={ROOM.key: (0, 1)}),
        notes={("devices_exchanged", ROOM.key): "cells 1-2"},
    )
    plant = Room().run(300, swapped)
    assert plant.names() == ["devices_exchanged room/1 unacknowledged"]
    assert "(cells 1-2)" in to_message(plant.book.raised[0], SITE).text


def test_beside_an_exchanged_module_a_silent_one_is_told_too() -> None:
    moment = Moment(
        readings={ROOM.key: readings((NAN, NAN, 2.27, 2.27), START)},
        strangers=Strangers(cells={ROOM.key: (0,)}),
    )
    plant = Room().run(60, moment)
    assert plant.names() == [
        "devices_exchanged room/1 unacknowledged",
        "module_silent room/1:02 unacknowledged",
    ]


def test_a_silent_module_that_is_exchanged_is_no_longer_told_as_silent() -> None:
    silent = Moment(readings={ROOM.key: readings((NAN, 2.27, 2.27, 2.27), START)})
    plant = Room().run(60, silent)
    assert plant.names() == ["module_silent room/1:01 unacknowledged"]
    plant.run(60, replace(silent, strangers=Strangers(cells={ROOM.key: (0,)})))
    assert plant.names() == [
        "module_silent room/1:01 returned_unacknowledged",
        "devices_exchanged room/1 unacknowledged",
    ]


def test_an_exchanged_manager_is_one_alarm_and_not_silent_too() -> None:
    moment = Moment(
        readings={UPS.key: readings((NAN,) * 4, START)},
        online=False,
        strangers=Strangers(managers=frozenset({"ups-a"})),
    )
    assert Room().run(60, moment).names() == ["manager_exchanged ups-a unacknowledged"]


NAMED = {("accessory_silent", "box"): "Relay box"}


def test_an_accessory_that_stops_answering_is_one_alarm_that_names_it_and_its_line() -> None:
    plant = Room().run(60, Moment(accessory_online=False, notes=NAMED))
    assert plant.names() == ["accessory_silent box unacknowledged"]
    told = to_message(plant.book.raised[0], SITE)
    assert told.text == "Line modules: Relay box does not answer or is not believed"
    assert (told.accessory_id, told.line_id, told.severity) == ("box", "modules", "warning")
    assert plant.run(30).names() == ["accessory_silent box returned_unacknowledged"]


@pytest.mark.parametrize(
    ("moment", "alarms"),
    [
        (Moment(lines_gone=("modules",)), ["line_gone modules"]),
        (Moment(lines_lent=("modules",)), ["line_lent modules"]),
        (
            Moment(strangers=Strangers(accessories={"modules": ("box",)})),
            ["accessories_exchanged modules"],
        ),
        (Moment(accessory_online=None), []),
        (Moment(lines_gone=("managers",)), ["line_gone managers", "accessory_silent box"]),
    ],
    ids=["line gone", "line lent", "exchanged", "not asked yet", "another line gone"],
)
def test_one_cause_is_one_alarm_for_an_accessory_too(moment: Moment, alarms: list[str]) -> None:
    online = None if moment.accessory_online is None else False
    plant = Room().run(60, replace(moment, accessory_online=online))
    assert [f"{alarm.rule.name} {alarm.place.label}" for alarm in plant.book.raised] == alarms


def test_a_lost_current_sensor_is_a_warning_of_its_string() -> None:
    plant = Room().run(60, Moment(sensor_online=False))
    assert plant.names() == ["current_sensor_silent room/1 unacknowledged"]
    assert "its current is not known" in to_message(plant.book.raised[0], SITE).text
    assert plant.run(30).names() == ["current_sensor_silent room/1 returned_unacknowledged"]


@pytest.mark.parametrize(
    ("moment", "alarms"),
    [
        (Moment(sensor_online=None), []),
        (
            Moment(sensor_online=False, strangers=Strangers(sensors=frozenset({ROOM.key}))),
            ["devices_exchanged room/1"],
        ),
        (
            Moment({ROOM.key: readings((NAN,) * 4)}, sensor_online=False),
            ["string_silent room/1"],
        ),
    ],
    ids=["nobody knows", "exchanged", "the whole string is silent"],
)
def test_one_cause_is_one_alarm_for_a_current_sensor_too(moment: Moment, alarms: list[str]) -> None:
    plant = Room().run(60, moment)
    assert [f"{alarm.rule.name} {alarm.place.label}" for alarm in plant.book.raised] == alarms


def test_of_several_named_alarms_those_that_are_over_are_left_out() -> None:
    plant = Room().run(120, room(temperature_c=(36, 36, 36, 25)))
    ids = [alarm.id for alarm in plant.book.raised]
    book = acknowledge(plant.book, [*ids[:2], "gone"], "anna", plant.now)
    assert [alarm.acknowledged_by for alarm in book.raised] == ["anna", "anna", None]
