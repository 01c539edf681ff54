"""Alarms in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bacs_core.api.messages import Alarm
from bacs_core.model import AlarmSeverity, AlarmState
from bacs_hmi import wording
from bacs_hmi.texts import LANGUAGES
from tests.hmi.standin_engine import small_site

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


def test_a_cell_alarm_names_string_cell_value_and_limit() -> None:
    assert plain(wording.sentence(alarm(), SITE, ENGLISH)) == (
        "UPS A string 2, cell 07: temperature high 41.2 °C (limit 35.0 °C)"
    )
    assert plain(wording.sentence(alarm(), SITE, GERMAN)) == (
        "UPS A string 2, Zelle 07: Temperatur hoch 41,2 °C (Grenze 35,0 °C)"
    )


def test_an_alarm_without_figures_names_place_and_condition() -> None:
    silent = alarm(rule="manager_silent", string_key=None, cell=None, value=None, limit=None)
    assert wording.sentence(silent, SITE, GERMAN) == "UPS A: antwortet nicht"


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
    assert wording.sentence(gone, SITE, ENGLISH) == "line modules: port not available"


def test_a_rule_of_a_newer_engine_is_told_as_the_engine_tells_it() -> None:
    unknown = alarm(rule="moon_phase", text="UPS A string 2, cell 07: moon is full")
    assert wording.sentence(unknown, SITE, GERMAN) == "UPS A string 2, Zelle 07: moon is full"


def test_active_alarms_come_before_warnings_and_what_is_over() -> None:
    later = NOON + timedelta(minutes=1)
    alarms = [
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
    ]


def test_an_acknowledged_alarm_names_the_person() -> None:
    done = alarm(state=AlarmState.ACKNOWLEDGED, acknowledged_by="olga")
    assert wording.state(done, ENGLISH) == "acknowledged by olga"
