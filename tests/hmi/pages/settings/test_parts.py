"""Settings of the screen, module thresholds, people, network and pairing, in words and numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bacs_core.api.messages import Alarm
from bacs_core.api.people_messages import Person, TokenInfo
from bacs_core.api.system_messages import NetworkStatus
from bacs_core.commissioning.orders import SAFE
from bacs_core.devices.panel_module import SET_THRESHOLDS
from bacs_core.model import AlarmState, Role
from bacs_hmi.network import Address
from bacs_hmi.pages.settings.cleaning import raised
from bacs_hmi.pages.settings.modules_part import THRESHOLDS, is_safe
from bacs_hmi.pages.settings.network_part import grouped, left_words, network_facts, token_words
from bacs_hmi.pages.settings.people_part import person_words
from bacs_hmi.pages.settings.screen_part import STEPS, turned, value_words
from bacs_hmi.preferences import RANGES, PreferenceBook, Preferences
from bacs_hmi.texts import texts_of
from tests.hmi.standin_engine import Plant, small_site

ENGLISH, GERMAN = texts_of("en"), texts_of("de")
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def test_module_thresholds_have_the_names_and_safe_ranges_of_the_engine() -> None:
    assert {each.name for each in THRESHOLDS} == {row.name for row in SET_THRESHOLDS.registers}
    for each in THRESHOLDS:
        safe = SAFE[each.name]
        told = (each.lowest, each.highest, each.switches_off)
        assert told == (safe.lowest, safe.highest, safe.switches_off)
        for texts in (ENGLISH, GERMAN):
            assert texts[f"threshold_{each.name}"]
            assert f"{each.highest:g}"[:2] in texts[f"unsafe_{each.name}"]


@pytest.mark.parametrize(("value", "safe"), [(0.0, True), (30.0, False), (60.0, True)])
def test_a_module_sleeps_never_or_not_too_soon(value: float, safe: bool) -> None:
    assert is_safe("sleep_after_s", value) is safe


@pytest.mark.parametrize("name", RANGES)
def test_a_dial_reaches_both_ends_of_its_range_and_what_is_usual(name: str) -> None:
    lowest, highest = RANGES[name]
    assert (STEPS[name][0], STEPS[name][-1]) == (lowest, highest)
    assert getattr(Preferences(), name) in STEPS[name]
    book = PreferenceBook()
    for way in (1, -1):
        for _ in STEPS[name]:
            book.change(**{name: turned(name, getattr(book.now, name), way)})
            assert value_words(name, getattr(book.now, name), GERMAN)
        if not name.endswith("_h"):
            assert getattr(book.now, name) == (highest if way == 1 else lowest)


def test_a_dial_goes_on_from_a_value_that_is_none_of_its_steps() -> None:
    assert turned("dim_s", 400, 1) == 600
    assert turned("dim_s", 400, -1) == 300
    assert turned("night_from_h", 23, 1) == 0
    assert turned("night_from_h", 0, -1) == 23
    assert value_words("dim_s", 0, GERMAN) == "nie"
    assert value_words("night_to_h", 6, GERMAN) == "06:00"
    assert value_words("return_s", 7200, ENGLISH) == "2\u00a0h"


def test_only_a_new_alarm_ends_cleaning() -> None:
    plant = Plant(small_site())
    alarm = plant.raise_alarm("cell_voltage_low", "ups-b/1", 12)
    known = raised([alarm])
    taken: Alarm = alarm.model_copy(update={"state": AlarmState.ACKNOWLEDGED})
    assert raised([taken]) - known == frozenset()
    shelved = alarm.model_copy(update={"state": AlarmState.SHELVED})
    assert raised([shelved]) == frozenset()
    other = plant.raise_alarm("cell_voltage_low", "ups-b/1", 13)
    assert raised([taken, other]) - known == {other.id}


def test_the_time_that_a_code_still_counts_runs_down_to_zero() -> None:
    assert left_words(NOW + timedelta(seconds=247.9), NOW, ENGLISH) == (
        "counts for 4:07\u00a0min more"
    )
    assert "0:00" in left_words(NOW - timedelta(seconds=9), NOW, GERMAN)


def test_the_network_is_told_with_address_name_and_certificate() -> None:
    fingerprint = "0123456789abcdef" * 4
    network = NetworkStatus(
        enabled=True,
        port=8480,
        addresses=["10.0.0.5", "10.0.1.5"],
        fingerprint=fingerprint,
        announced_as="hall-2",
    )
    facts = dict(network_facts(network, None, ENGLISH))
    assert facts["reached at"] == "10.0.0.5:8480, 10.0.1.5:8480"
    assert facts["found as"] == "hall-2"
    assert facts["certificate"] == "0123 4567 89AB CDEF 0123 4567 89AB CDEF …"
    lonely = dict(
        network_facts(NetworkStatus(enabled=True, port=8480), Address(8080, bytes(32)), GERMAN)
    )
    assert lonely["erreichbar unter"] == GERMAN["network_no_address"]
    assert grouped("ab12") == "AB12"


def test_people_and_programs_are_told_with_what_they_may_do() -> None:
    person = Person(name="olga", role=Role.OPERATOR, has_pin=False, must_change=True)
    assert person_words(person, GERMAN) == (
        "Bediener · keine PIN · muss ein anderes Passwort wählen"
    )
    token = TokenInfo(name="ha", role=Role.VIEWER, created_by="tina", created_at=NOW)
    assert token_words(token, ENGLISH, NOW).endswith("· never used")
    used = token.model_copy(update={"last_used_at": NOW})
    assert token_words(used, ENGLISH, NOW).endswith(f"last here {NOW.astimezone():%H:%M}")
