"""Events in words of the screen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bacs_core.alarms.states import ChangeKind
from bacs_core.api.history_messages import EventMessage
from bacs_core.api.messages import CommandName
from bacs_core.history.events import EventKind
from bacs_core.model import MaintenanceWork
from bacs_core.stick.states import StickProblem
from bacs_hmi.event_wording import GROUPS, event_group, event_place, event_words
from bacs_hmi.texts import LANGUAGES, numbers_of, texts_of
from tests.hmi.standin_engine import small_site

SITE = small_site()
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ENGLISH = LANGUAGES["en"]


def event(kind: EventKind, text: str = "as the engine says it", **fields: Any) -> EventMessage:
    return EventMessage(id=7, at=NOON, kind=kind, text=text, **fields)


def words(told: EventMessage, language: str = "en") -> str:
    texts = texts_of(language)
    return event_words(told, SITE, texts, numbers_of(texts)).replace("\u00a0", " ")


def clock(moment: datetime) -> str:
    """Write the hour and minute as a clock at this place shows them."""
    return f"{moment.astimezone():%H:%M}"


def alarm_event(change: str, **data: Any) -> EventMessage:
    return event(
        EventKind.ALARM_RAISED,
        f"{change}: UPS A string 2, cell 07: temperature high, 41.2 °C, limit 35 °C",
        rule="cell_temperature_high",
        severity="warning",
        string_key="ups-a/2",
        cell=7,
        data={
            "alarm_id": "cell_temperature_high:ups-a/2:07:1763640000",
            "change": change,
            "state": "unacknowledged",
            "value": 41.2,
            "limit": 35.0,
        }
        | data,
    )


def test_every_kind_of_event_belongs_to_one_group_and_has_a_name() -> None:
    named = [kind for kinds in GROUPS.values() for kind in kinds]
    assert sorted(named) == sorted(set(named))
    assert set(named) == set(EventKind)
    assert [kind for kind in EventKind if f"event_{kind}" not in ENGLISH] == []
    assert event_group("kind_of_tomorrow") == "system"


def test_every_change_command_work_and_problem_that_an_event_names_has_a_text() -> None:
    names = [
        *(f"change_{kind}" for kind in ChangeKind),
        *(f"ordered_{name}" for name in CommandName),
        *(f"work_{work}" for work in MaintenanceWork),
        *(f"told_stick_{problem}" for problem in StickProblem),
    ]
    assert [name for name in names if name not in ENGLISH] == []


def test_an_alarm_is_told_with_the_value_with_which_it_was_raised() -> None:
    told = alarm_event("raised")
    assert words(told) == "raised: temperature high 41.2 °C (limit 35.0 °C)"
    assert words(told, "de") == "gekommen: Temperatur hoch 41,2 °C (Grenze 35,0 °C)"
    place = event_place(told, SITE, ENGLISH)
    assert (place.name, place.string_key, place.cell) == ("UPS A string 2, cell 07", "ups-a/2", 7)


def test_a_shelved_alarm_says_until_when() -> None:
    until = NOON + timedelta(hours=1)
    told = alarm_event("shelved", state="shelved", shelved_until=until.isoformat())
    assert words(told).endswith(f"(limit 35.0 °C), until {clock(until)}")


def test_a_rule_that_this_panel_does_not_know_is_said_as_the_engine_says_it() -> None:
    told = alarm_event("raised").model_copy(update={"rule": "rule_of_tomorrow"})
    assert words(told) == "raised: temperature high, 41.2 °C, limit 35 °C"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"command": "acknowledge", "alarm_id": None}, "Acknowledge: all alarms"),
        (
            {"command": "acknowledge", "alarm_id": "cell_voltage_low:ups-b/1:12:1763640000"},
            "Acknowledge: voltage low",
        ),
        (
            {
                "command": "shelve_alarm",
                "alarm_id": "cell_voltage_low:ups-b/1:12:1763640000",
                "minutes": 15,
            },
            "Shelve: voltage low, 15 min",
        ),
        (
            {"command": "switch_relay", "device_id": "box", "relay": 1, "closed": True},
            "Switch a relay: box, relay 1 closed",
        ),
        (
            {"command": "pause_equalization", "string_key": "telecom/1", "cells": [3, 4]},
            "Pause equalization: cells 03, 04",
        ),
        (
            {"command": "set_equalization_mode", "mode": "top"},
            "Set the mode of equalization: top balancing",
        ),
        (
            {"command": "reclose_breaker", "id": 3, "code": "cause_stands"},
            "End the trip: refused. Refused: the cause of the trip still stands.",
        ),
        ({"command": "command_of_tomorrow"}, "as the engine says it"),
    ],
)
def test_a_command_is_told_with_what_it_was_about(data: dict[str, Any], expected: str) -> None:
    told = event(EventKind.COMMAND, string_key=data.get("string_key"), data=data)
    assert words(told) == expected


def test_a_device_is_told_by_its_name_where_that_is_known() -> None:
    data = {"command": "switch_relay", "device_id": "box", "relay": 2, "closed": False}
    told = event(EventKind.COMMAND, data=data)
    said = event_words(told, SITE, ENGLISH, numbers_of(ENGLISH), {"box": "Relay box"})
    assert said == "Switch a relay: Relay box, relay 2 open"


def test_a_command_about_an_alarm_stands_at_the_place_of_the_alarm() -> None:
    data = {"command": "acknowledge", "alarm_id": "cell_voltage_low:ups-b/1:12:1763640000"}
    place = event_place(event(EventKind.COMMAND, data=data), SITE, ENGLISH)
    assert place.name == "UPS B string 1, cell 12"


def test_a_limit_is_told_in_its_unit_or_as_off_or_as_usual() -> None:
    def limit(value: object) -> str:
        data = {"key": "alarm_limit", "before": "default", "value": value}
        rule = "cell_resistance_high"
        return words(event(EventKind.SETTING_CHANGED, rule=rule, string_key="ups-a/2", data=data))

    assert limit(7.1e-3) == "Alarm limit: resistance high, 7.10 mΩ"
    assert limit("off") == "Alarm limit: resistance high, off"
    assert limit("default") == "Alarm limit: resistance high, as usual"


def test_what_is_taken_out_of_service_is_told_with_its_reason_and_when_it_is_put_back() -> None:
    def told(before: str | None, value: str | None) -> str:
        data = {"key": "out_of_service", "before": before, "value": value}
        return words(event(EventKind.SETTING_CHANGED, rule="hydrogen_high", data=data))

    assert told(None, "sensor broken") == "Out of service: much hydrogen in the air, sensor broken"
    assert told("sensor broken", None) == "In service again: much hydrogen in the air"
    assert told(None, "Sensor defekt").endswith("Faulty sensor")


def pauses(
    string: bool = False, until: float | None = None, cells: dict[str, float | None] | None = None
) -> dict[str, Any]:
    return {"string": string, "string_until": until, "cells_until": cells or {}}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (pauses(), pauses(string=True), "Equalization paused"),
        (
            pauses(),
            pauses(string=True, until=NOON.timestamp() + 3600),
            f"Equalization paused, until {clock(NOON + timedelta(hours=1))}",
        ),
        (pauses(string=True), pauses(), "Equalization resumed"),
        (pauses(), pauses(cells={"3": None}), "Equalization paused, cell 03"),
        (pauses(cells={"3": None}), pauses(), "Equalization resumed, cell 03"),
    ],
)
def test_a_pause_is_told_with_its_cells_and_its_end(
    before: dict[str, Any], after: dict[str, Any], expected: str
) -> None:
    data = {"key": "equalization_pause", "before": before, "value": after}
    assert words(event(EventKind.EQUALIZATION, string_key="telecom/1", data=data)) == expected


def test_a_trip_is_told_with_its_causes() -> None:
    data = {"key": "protection", "state": "tripped", "causes": ["thermal_runaway"], "reason": ""}
    told = event(EventKind.PROTECTION, string_key="telecom/1", cell=7, data=data)
    assert words(told) == "protection: tripped, thermal runaway"
    assert words(told, "de") == "Schutz: ausgelöst, thermisches Durchgehen"


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (EventKind.USER_CHANGED, "user olga added as operator", "olga darf sich anmelden, als"),
        (EventKind.USER_CHANGED, "PIN set for user olga", "PIN von olga gesetzt"),
        (EventKind.TOKEN_CHANGED, "token house revoked", "Token house beendet"),
        (EventKind.LOGIN, "olga logged in at the cabinet", "olga hat sich am Schrank angemeldet"),
        (EventKind.LOGIN_REFUSED, "login of nobody known refused elsewhere", "Anmeldung als"),
        (EventKind.LOGIN, "olga did something new", "olga did something new"),
    ],
)
def test_people_are_told_in_german_as_far_as_the_sentence_is_known(
    kind: EventKind, text: str, expected: str
) -> None:
    assert words(event(kind, text), "de").startswith(expected)


def test_sentences_about_people_are_those_that_the_engine_writes(tmp_path: Path) -> None:
    from bacs_core.access import tokens, users
    from bacs_core.access.passwords import Cost
    from bacs_core.access.users import Change
    from bacs_core.history.database import open_database
    from bacs_core.history.events import select_events
    from bacs_core.model import Role

    database = open_database(tmp_path)
    change, cheap = Change("root", NOON), Cost(log2_rounds=4, passes=1)
    users.add_user(database, change, "olga", Role.OPERATOR, "correct horse battery", cost=cheap)
    users.set_pin(database, change, "olga", "402871", cost=cheap)
    users.set_pin(database, change, "olga", None)
    users.set_password(database, change, "olga", "another horse battery", cost=cheap)
    users.remove_user(database, change, "olga")
    tokens.add_token(database, change, "house", Role.OPERATOR)
    tokens.revoke_token(database, change, "house")
    told = [event(each.event.kind, each.event.text) for each in select_events(database)]
    database.close()
    assert len(told) == 7
    assert [each.text for each in told if words(each, "de") == each.text] == []


def test_what_the_program_sets_by_itself_is_told_too() -> None:
    data = {"key": "site_id", "before": None, "value": "9df32779"}
    assert words(event(EventKind.SETTING_CHANGED, data=data)) == "The site has its identifier"


def test_a_gap_says_from_when_to_when_and_how_much_is_missing() -> None:
    data = {
        "since": (NOON - timedelta(minutes=9)).isoformat(),
        "until": NOON.isoformat(),
        "samples": 54,
    }
    assert words(event(EventKind.HISTORY_GAP, data=data)) == (
        f"The history could not be written from {clock(NOON - timedelta(minutes=9))} to "
        f"{clock(NOON)}, 54 samples are missing"
    )


def test_the_end_of_a_discharge_is_told_with_its_figures() -> None:
    data = {
        "kind": "discharge",
        "cause": "mains_back",
        "hours": 1.5,
        "given_ah": 61.24,
        "lower_bound": True,
        "lowest_cell": 7,
        "lowest_v": 1.9213,
    }
    told = event(EventKind.DISCHARGE_ENDED, string_key="telecom/1", data=data)
    assert words(told) == (
        "Discharge ended, the mains are back, 1.50 h, ≥ 61.2 Ah, lowest cell 07 with 1.921 V"
    )


@pytest.mark.parametrize("kind", EventKind)
def test_an_event_without_its_data_is_still_told(kind: EventKind) -> None:
    assert words(event(kind)) != ""


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"manager_id": "ups-b"}, "UPS B"),
        ({"manager_id": "gone"}, "gone"),
        ({"line_id": "modules"}, "Line modules"),
        ({"string_key": "ups-a/2"}, "UPS A string 2"),
        ({"string_key": "gone/3", "cell": 4}, "gone/3"),
        ({}, ""),
    ],
)
def test_a_place_is_named_as_exactly_as_it_is_known(fields: dict[str, Any], name: str) -> None:
    assert event_place(event(EventKind.COMMAND, **fields), SITE, ENGLISH).name == name
