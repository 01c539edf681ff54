"""Alarms in words."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import create_autospec

import pytest

from bacs_core.alarms.rules import RULE_OF, RULES
from bacs_core.api.client import EngineClient
from bacs_core.api.live import LiveSite, LiveString
from bacs_core.api.messages import Alarm, BrainScalars, StringScalars, TripStatus
from bacs_core.history.failures import Failure
from bacs_core.model import (
    AlarmSeverity,
    AlarmState,
    ChargePhase,
    EqualizationMode,
    EqualizationState,
    Quantity,
    TripCause,
    TripState,
)
from bacs_hmi import wording
from bacs_hmi.texts import LANGUAGES
from tests.hmi.standin_engine import Plant, small_site

SITE = small_site()
ENGLISH, GERMAN = LANGUAGES["en"], LANGUAGES["de"]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def alarm(**changes: Any) -> Alarm:
    fields: dict[str, Any] = {
        "id": "1",
        "rule": "cell_temperature_high",
        "severity": AlarmSeverity.WARNING,
        "state": AlarmState.UNACKNOWLEDGED,
        "manager_id": "ups-a",
        "string_key": "ups-a/2",
        "cell": 7,
        "value": 41.2,
        "limit": 35.0,
        "raised_at": NOON,
        "text": "UPS A string 2, cell 07: temperature high, 41.2 °C, limit 35 °C",
    }
    return Alarm.model_validate(fields | changes)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def mirror(*, age_s: float = 1.0, connected: bool = True, **values: float) -> LiveSite:
    """Make a mirror in which cell 7 of `ups-a/2` has these values, read so long ago."""
    live = LiveSite(create_autospec(EngineClient, instance=True), clock=NOON.timestamp)
    live.at = live.received_at = NOON.timestamp()
    live.connected = connected
    string = next(string for string in SITE.strings if string.key == "ups-a/2")
    cells = string.cell_count
    columns: dict[Quantity, list[float | None]] = {}
    read_at: dict[Quantity, list[float | None]] = {}
    for name, value in values.items():
        quantity = Quantity(name)
        columns[quantity] = [None] * cells
        columns[quantity][6] = value
        read_at[quantity] = [NOON.timestamp() - age_s] * cells
    scalars = StringScalars(
        sum_voltage_v=None,
        target_voltage_v=13.5,
        mean_charge_percent=None,
        current_a=None,
        ac_current_a=None,
        power_w=None,
        room_temperature_c=None,
        equalization=EqualizationState.IDLE,
        inhibited_by=[],
    )
    live.strings[string.key] = LiveString(string, scalars, columns, read_at, [0] * cells)
    return live


def english(raised: Alarm, live: LiveSite) -> str:
    return plain(wording.sentence(raised, SITE, ENGLISH, live))


def at(moment: datetime) -> str:
    """Write the hour and minute as a clock at this place shows them."""
    return f"{moment.astimezone():%H:%M}"


def test_a_cell_alarm_names_string_cell_limit_and_the_value_of_now() -> None:
    live = mirror(temperature_c=42.34)
    assert english(alarm(), live) == (
        "UPS A string 2, cell 07: temperature high 42.3 °C (limit 35.0 °C)"
    )
    assert plain(wording.sentence(alarm(), SITE, GERMAN, live)) == (
        "UPS A string 2, Zelle 07: Temperatur hoch 42,3 °C (Grenze 35,0 °C)"
    )


def test_a_voltage_a_resistance_and_a_deviation_are_told_as_they_are_now() -> None:
    live = mirror(voltage_v=13.23, resistance_ohm=6.1e-3)
    low = alarm(rule="cell_voltage_low", value=13.0, limit=13.3)
    assert english(low, live).endswith("voltage low 13.23 V (limit 13.30 V)")
    worn = alarm(rule="cell_resistance_high", value=5.9e-3, limit=5.5e-3)
    assert english(worn, live).endswith("resistance high 6.10 mΩ (limit 5.50 mΩ)")
    away = alarm(rule="cell_deviation", value=2.4, limit=1.5)
    assert english(away, live).endswith("away from the target 2.0 % (limit 1.5 %)")


@pytest.mark.parametrize(
    ("live", "state"),
    [
        (mirror(temperature_c=42.3, age_s=3600.0), AlarmState.UNACKNOWLEDGED),
        (mirror(temperature_c=42.3, connected=False), AlarmState.UNACKNOWLEDGED),
        (mirror(), AlarmState.UNACKNOWLEDGED),
        (mirror(temperature_c=24.0), AlarmState.RETURNED),
    ],
    ids=["stale", "engine lost", "not measured", "over"],
)
def test_where_nobody_knows_the_value_of_now_the_one_of_raising_is_told_with_its_time(
    live: LiveSite, state: AlarmState
) -> None:
    raised_at = NOON - timedelta(minutes=3)
    told = english(alarm(state=state, raised_at=raised_at), live)
    assert told.endswith(f"temperature high 41.2 °C at {at(raised_at)} (limit 35.0 °C)")


def test_a_value_of_another_day_is_told_with_that_day() -> None:
    raised_at = NOON - timedelta(days=3)
    told = english(alarm(raised_at=raised_at), mirror())
    assert f"41.2 °C at 17 Nov 2026 {at(raised_at)} " in told


def test_an_alarm_without_figures_names_place_and_condition() -> None:
    silent = alarm(rule="manager_silent", string_key=None, cell=None, value=None, limit=None)
    assert wording.sentence(silent, SITE, GERMAN, mirror()) == "UPS A: antwortet nicht"


def test_a_long_name_is_cut_inside_and_neither_its_end_nor_the_cell_is_lost() -> None:
    long = "Emergency power of the operating theatres in house "
    low = alarm(string_key="ups-a/1", cell=3)
    seen = []
    for end in ("north", "south"):
        manager = SITE.managers[0]
        strings = (replace(manager.strings[0], name=long + end), *manager.strings[1:])
        site = replace(SITE, managers=(replace(manager, strings=strings), *SITE.managers[1:]))
        told = plain(wording.sentence(low, site, ENGLISH, mirror()))
        where, _, what = told.partition(": ")
        assert len(where) <= wording.LONGEST_PLACE
        assert where.endswith(f"{end}, cell 03")
        assert what == plain(wording.condition(low, site, ENGLISH, mirror()))
        seen.append(where)
    assert seen[0] != seen[1]


def test_a_line_alarm_names_the_line() -> None:
    gone = alarm(
        rule="line_gone",
        manager_id=None,
        string_key=None,
        cell=None,
        line_id="modules",
        value=None,
        limit=None,
    )
    assert wording.sentence(gone, SITE, ENGLISH, mirror()) == "line modules: port not available"


def test_a_rule_of_a_newer_engine_is_told_as_the_engine_tells_it() -> None:
    unknown = alarm(rule="moon_phase", text="UPS A string 2, cell 07: moon is full")
    assert (
        wording.sentence(unknown, SITE, GERMAN, mirror())
        == "UPS A string 2, Zelle 07: moon is full"
    )


@pytest.mark.parametrize("failure", list(Failure))
def test_why_the_history_fails_is_said_in_the_language_of_the_screen(failure: Failure) -> None:
    failed = alarm(
        rule="recording_failed",
        note=f"{failure} (cannot open bacs.db: errno 5)",
        manager_id=None,
        string_key=None,
        cell=None,
        value=None,
        limit=None,
    )
    english, german = (
        wording.sentence(failed, SITE, texts, mirror()) for texts in (ENGLISH, GERMAN)
    )
    assert english.endswith(f"{failure} (cannot open bacs.db: errno 5)")
    assert str(failure) not in german
    assert german.endswith("(cannot open bacs.db: errno 5)")


def test_active_alarms_come_before_warnings_what_is_over_and_what_was_put_aside() -> None:
    later = NOON + timedelta(minutes=1)
    alarms = [
        alarm(id="shelved", state=AlarmState.SHELVED, severity=AlarmSeverity.ALARM),
        alarm(id="over", state=AlarmState.RETURNED, severity=AlarmSeverity.ALARM),
        alarm(id="warning later", raised_at=later),
        alarm(id="acknowledged", state=AlarmState.ACKNOWLEDGED, severity=AlarmSeverity.ALARM),
        alarm(id="warning first"),
        alarm(id="alarm", severity=AlarmSeverity.ALARM, raised_at=later),
    ]
    assert [each.id for each in wording.worst_first(alarms)] == [
        "alarm",
        "acknowledged",
        "warning first",
        "warning later",
        "over",
        "shelved",
    ]


def test_an_acknowledged_alarm_names_the_person() -> None:
    done = alarm(state=AlarmState.ACKNOWLEDGED, acknowledged_by="olga")
    assert wording.state(done, ENGLISH, NOON) == "acknowledged by olga"


def test_an_alarm_that_was_put_aside_says_why_and_until_when() -> None:
    until = NOON + timedelta(minutes=41)
    shelved = alarm(state=AlarmState.SHELVED, shelved_until=until)
    assert wording.state(shelved, ENGLISH, NOON) == f"shelved until {at(until)}"
    kept_back = alarm(state=AlarmState.SUPPRESSED, suppressed_by="battery_test")
    assert wording.state(kept_back, GERMAN, NOON) == "unterdrückt: Batterietest"
    out = alarm(state=AlarmState.OUT_OF_SERVICE, suppressed_by="tina")
    assert wording.state(out, ENGLISH, NOON) == "out of service, by tina"


def test_every_rule_with_a_limit_is_told_with_its_figures() -> None:
    for rule in RULES:
        if rule.counts:
            continue
        # As text, or the very value: a rule without figures would tell neither.
        told = english(alarm(rule=rule.name, value=0.5, limit=0.25, note="Room"), mirror())
        assert re.search(r"\d at \d\d:\d\d|[\d.]+ \S+ at", told), told
        assert "(limit " in told, told


def test_no_rule_leaves_the_place_of_a_note_empty_or_open() -> None:
    for texts in LANGUAGES.values():
        for rule in RULES:
            told = wording.rule(alarm(rule=rule.name, note="Box"), SITE, texts)
            assert "{" not in told
            assert not told.endswith((",", ":", " by", " um"))


def test_a_trip_is_told_with_its_cause_and_cell_as_long_as_it_stands() -> None:
    live = mirror()
    trip = TripStatus(state=TripState.TRIPPED, causes=[TripCause.OVER_TEMPERATURE], cell=7)
    live.strings["ups-a/2"].brain = BrainScalars(
        phase=ChargePhase.FLOAT, mode=EqualizationMode.CONTINUOUS, trip=trip
    )
    tripped = alarm(rule="breaker_tripped", cell=None, value=None, limit=None)
    assert english(tripped, live) == (
        "UPS A string 2: breaker has tripped: over-temperature, cell 07"
    )
    failed = alarm(rule="breaker_failed", cell=None, value=None, limit=None)
    assert english(failed, live).endswith("breaker was ordered to open and does not")


@pytest.mark.parametrize(
    ("current_a", "english_end", "german_end"),
    [
        (-60.0, "on battery", "Batteriebetrieb"),
        (
            12.0,
            "on battery until its charger is confirmed",
            "Batteriebetrieb, bis der Lader bestätigt ist",
        ),
        (
            None,
            "on battery until its charger is confirmed",
            "Batteriebetrieb, bis der Lader bestätigt ist",
        ),
    ],
)
def test_a_string_that_gives_current_is_on_battery_and_waits_for_no_charger(
    current_a: float | None, english_end: str, german_end: str
) -> None:
    live = mirror()
    string = live.strings["ups-a/2"]
    string.scalars = string.scalars.model_copy(update={"current_a": current_a})
    raised = alarm(rule="on_battery", cell=None, value=None, limit=None)
    assert english(raised, live) == f"UPS A string 2: {english_end}"
    assert plain(wording.sentence(raised, SITE, GERMAN, live)) == f"UPS A string 2: {german_end}"


def test_the_alarm_of_an_accessory_names_its_line_and_the_accessory() -> None:
    silent = alarm(
        rule="accessory_silent",
        manager_id=None,
        string_key=None,
        cell=None,
        line_id="modules",
        accessory_id="box",
        value=None,
        limit=None,
        note="Relay box",
    )
    assert wording.sentence(silent, SITE, GERMAN, mirror()) == (
        "Leitung modules: Relay box antwortet nicht oder wird nicht geglaubt"
    )


def test_runaway_tells_signs_and_what_was_judged_and_claims_nothing_more() -> None:
    note = "19.8 K over its surroundings, 3.2 times its usual current"
    raised = alarm(rule="runaway_alarm", value=None, limit=None, note=note)
    live = mirror(temperature_c=45.0)
    assert english(raised, live).endswith(f"cell 07: signs of thermal runaway: {note}, 45.0 °C")
    assert plain(wording.sentence(raised, SITE, GERMAN, live)).endswith(
        "Anzeichen für thermisches Durchgehen: 19,8 K über ihrer Umgebung, "
        "3,2-mal ihr üblicher Strom, 45,0 °C"
    )
    bare = alarm(rule="runaway_alarm", value=None, limit=None, note="-")
    assert english(bare, live).endswith("signs of thermal runaway, 45.0 °C")
    assert wording.rule_name("runaway_alarm", ENGLISH) == "signs of thermal runaway"


def test_a_cell_is_about_what_its_worst_active_alarm_is_about() -> None:
    low = alarm(rule="cell_voltage_low")
    hot = alarm(id="2", rule="runaway_alarm", severity=AlarmSeverity.ALARM)
    blind = alarm(id="3", rule="temperature_missing")
    assert wording.quantity_of_worst([low, hot], "ups-a/2", 7) is Quantity.TEMPERATURE
    assert wording.quantity_of_worst([blind], "ups-a/2", 7) is Quantity.TEMPERATURE
    assert wording.quantity_of_worst([low, hot], "ups-a/2", 8) is None
    over = hot.model_copy(update={"state": AlarmState.RETURNED, "active": False})
    assert wording.quantity_of_worst([low, over], "ups-a/2", 7) is Quantity.VOLTAGE


def test_what_is_more_dangerous_is_named_before_what_is_older_or_open() -> None:
    def raised(rule: str, minute: int, **changes: Any) -> Alarm:
        at = NOON + timedelta(minutes=minute)
        return alarm(id=rule, rule=rule, severity=RULE_OF[rule].severity, raised_at=at, **changes)

    alarms = [
        raised("protection_off", 0),
        raised("cell_temperature_high", 1),
        raised("breaker_tripped", 5),
        raised("runaway_trip", 4, state=AlarmState.ACKNOWLEDGED),
        raised("runaway_pre_alert", 2),
        raised("breaker_failed", 6, state=AlarmState.ACKNOWLEDGED),
    ]
    assert [each.id for each in wording.worst_first(alarms)] == [
        "breaker_failed",
        "runaway_trip",
        "breaker_tripped",
        "protection_off",
        "runaway_pre_alert",
        "cell_temperature_high",
    ]


def test_within_one_danger_the_open_alarm_is_first_and_then_the_oldest() -> None:
    hot = alarm(rule="runaway_trip", severity=AlarmSeverity.ALARM)
    first = hot.model_copy(update={"id": "known", "state": AlarmState.ACKNOWLEDGED})
    second = hot.model_copy(update={"id": "open", "raised_at": NOON + timedelta(minutes=1)})
    third = hot.model_copy(update={"id": "newest", "raised_at": NOON + timedelta(minutes=2)})
    ordered = wording.worst_first([third, first, second])
    assert [each.id for each in ordered] == ["open", "newest", "known"]


def test_every_danger_is_a_rule_of_the_engine() -> None:
    plant = Plant(small_site())
    for rule in RULES:
        plant.raise_alarm(rule.name, "ups-b/1", severity=rule.severity)
    told = [each.rule for each in wording.most_dangerous_first(plant.alarms.values())]
    assert len(told) == len(set(told)) == 13
    assert told[0] == "breaker_failed"


def test_what_may_burn_is_looked_at_before_what_is_merely_in_alarm() -> None:
    plant = Plant(small_site())
    for rule, cell, severity in (
        ("cell_deviation_large", 1, AlarmSeverity.ALARM),
        ("runaway_pre_alert", 2, AlarmSeverity.WARNING),
        ("runaway_alarm", 3, AlarmSeverity.ALARM),
    ):
        plant.raise_alarm(rule, "ups-b/1", cell, severity=severity)
    over = plant.raise_alarm("runaway_trip", "ups-b/1", 4)
    plant.alarms[over.id] = over.model_copy(update={"state": AlarmState.RETURNED})
    first = wording.most_dangerous_first(plant.alarms.values())
    assert [alarm.cell for alarm in first] == [3, 2]
