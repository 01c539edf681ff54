"""What a person reads on a German Home Assistant: the words of the engine's own reports."""

from datetime import UTC, datetime

import pytest
from homeassistant.core import HomeAssistant

from bacs_core.alarms.rules import RULES
from bacs_core.api.brain_messages import BrainScalars, TripStatus
from bacs_core.api.client import EngineUnreachableError
from bacs_core.api.message_base import Wording
from bacs_core.api.messages import Alarm, Finding, LineStatus
from bacs_core.model import (
    AlarmSeverity,
    AlarmState,
    ChargePhase,
    EqualizationMode,
    TripCause,
    TripState,
)
from custom_components.bacs.readings import Place, line_connected, look, place_problem
from custom_components.bacs.string_picture import picture_of
from custom_components.bacs.string_readings import worst_cell
from custom_components.bacs.wording import (
    ENGLISH,
    alarm_said,
    doubt_said,
    error_said,
    finding_said,
    speech_of,
)
from tests.integration.mirrors import KEY, START, MirroredSite

GERMAN = speech_of("de-CH", UTC)
AT = datetime.fromtimestamp(START, UTC)


def raised(rule: str, *, cell: int | None = 2, **known: object) -> Alarm:
    place = {"manager_id": "ups-a", "string_key": KEY, "cell": cell}
    return Alarm.model_validate(
        {
            "id": rule,
            "rule": rule,
            "severity": AlarmSeverity.ALARM,
            "state": AlarmState.UNACKNOWLEDGED,
            "raised_at": AT,
            "text": "as the engine says it",
            **place,
            **known,
        }
    )


@pytest.mark.parametrize(
    ("alarm", "said"),
    [
        (
            raised("cell_temperature_high", value=42.34, limit=35.0),
            "UPS A string 1, Zelle 02: Temperatur hoch, 42,3 °C, Grenze 35 °C",
        ),
        (
            raised("cell_resistance_high", value=0.00213, limit=0.002),
            "UPS A string 1, Zelle 02: Innenwiderstand hoch, 2,13 mΩ, Grenze 2,00 mΩ",
        ),
        (
            raised("runaway_alarm", cell=None, note="12.5 K over its surroundings"),
            "UPS A string 1: Anzeichen für thermisches Durchgehen: 12,5 K über ihrer Umgebung",
        ),
        (raised("string_silent", cell=None), "UPS A string 1: kein Modul antwortet"),
        (raised("manager_silent", cell=None, string_key=None), "UPS A: antwortet nicht"),
        (
            raised("line_gone", cell=None, string_key=None, manager_id=None, line_id="modules"),
            "Leitung modules: Schnittstelle fehlt",
        ),
        (
            raised("hydrogen_high", cell=None, string_key=None, manager_id=None, note="Luft"),
            "Test room: Luft: Wasserstoff in der Luft, –, Grenze –",
        ),
        (raised("a_rule_of_a_newer_engine"), "as the engine says it"),
    ],
)
def test_an_alarm_is_told_with_place_and_figures(alarm: Alarm, said: str) -> None:
    live = MirroredSite().live
    assert alarm_said(alarm, live, GERMAN) == said
    assert alarm_said(alarm, live, ENGLISH) == "as the engine says it"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.name))
def test_every_rule_of_the_engine_has_german_words(rule: object) -> None:
    name = getattr(rule, "name")  # noqa: B009 - rows of several kinds
    assert alarm_said(raised(name), MirroredSite().live, GERMAN) != "as the engine says it"


def test_who_switched_protection_off_and_until_when_is_told() -> None:
    live = MirroredSite().live
    trip = TripStatus(state=TripState.OFF, by="Anna", reason="Umbau", until=AT)
    live.strings[KEY].brain = BrainScalars(
        phase=ChargePhase.FLOAT, mode=EqualizationMode.OFF, trip=trip
    )
    off = raised("protection_off", cell=None, note="Anna until later: Umbau")
    assert alarm_said(off, live, GERMAN) == (
        "UPS A string 1: Schutz ist ausgeschaltet, Anna bis 15.01.2027 08:00: Umbau"
    )


def test_what_tripped_a_breaker_is_told() -> None:
    live = MirroredSite().live
    trip = TripStatus(state=TripState.TRIPPED, causes=[TripCause.OVER_TEMPERATURE], cell=3)
    live.strings[KEY].brain = BrainScalars(
        phase=ChargePhase.FLOAT, mode=EqualizationMode.OFF, trip=trip
    )
    said = alarm_said(raised("breaker_tripped", cell=None), live, GERMAN)
    assert said == "UPS A string 1: Schalter hat ausgelöst: Übertemperatur, Zelle 03"


def test_a_finding_is_told() -> None:
    wording = Wording(code="warmer_than_string", arguments={"amount": 2.25})
    finding = Finding(cell=1, score=4.0, text="2.3 K warmer than ...", wording=wording)
    assert finding_said(finding, GERMAN) == "2,2 K wärmer als der Median des Strangs"
    assert finding_said(finding, ENGLISH) == finding.text
    newer = finding.model_copy(update={"wording": Wording(code="of_a_newer_engine")})
    assert finding_said(newer, GERMAN) == finding.text


def test_why_a_device_is_doubted_is_told() -> None:
    wording = Wording(
        code="other_kind", arguments={"unit": 7, "found": "relay box", "expected": "module"}
    )
    assert doubt_said("unit 7 ...", wording, GERMAN) == (
        "Adresse 7 ist: Relaisbox; die Anlagendatei sagt: Modul"
    )
    assert doubt_said("unit 7 ...", wording, ENGLISH) == "unit 7 ..."
    assert doubt_said("it burns", None, GERMAN) == "it burns"
    newer = Wording(code="other_kind", arguments={"place": 7})
    assert doubt_said("unit 7 ...", newer, GERMAN) == "unit 7 ..."


def test_what_lines_and_devices_say_without_a_code_is_told() -> None:
    site = MirroredSite()
    site.live.lines["modules"] = LineStatus(
        id="modules",
        port_open=False,
        message="port /dev/ttyS1 is gone: Input/output error",
        round_s=None,
        requests=0,
        timeouts=0,
        frame_errors=0,
    )
    shown = line_connected(look(site.live, GERMAN), line_id="modules")
    assert shown.attributes == {"message": "/dev/ttyS1 ist weg: Ein-/Ausgabefehler"}
    assert doubt_said("was away", None, GERMAN) == "war weg"
    failed = raised("recording_failed", cell=None, string_key=None, manager_id=None)
    failed = failed.model_copy(update={"note": "cannot write history.db: disk I/O error"})
    assert alarm_said(failed, site.live, GERMAN).endswith("der Datenträger meldet einen Fehler")


async def test_errors_are_said_in_the_language_of_home_assistant(hass: HomeAssistant) -> None:
    error = EngineUnreachableError("the engine closed the connection")
    assert error_said(error, hass) == "the engine closed the connection"
    hass.config.language = "de-AT"
    assert error_said(error, hass) == "die Engine hat die Verbindung geschlossen"


def test_names_of_devices_are_german_where_there_are_any() -> None:
    assert GERMAN.named("device_panel_manager", "web manager") == "Webmanager"
    assert GERMAN.named("device_of_the_future", "Tricorder") == "Tricorder"
    assert ENGLISH.named("device_panel_manager", "BACS panel manager") == "BACS panel manager"


def test_a_language_without_words_is_english() -> None:
    assert speech_of("fr", UTC) == speech_of("en-GB", UTC) == ENGLISH


def test_attributes_worst_cell_and_card_tell_it_alike() -> None:
    site = MirroredSite()
    site.tick(alarms=[raised("module_silent")])
    view = look(site.live, GERMAN)
    said = "UPS A string 1, Zelle 02: Modul antwortet nicht"
    assert place_problem(view, place=Place(KEY)).attributes["reasons"] == [said]
    assert worst_cell(view, key=KEY).attributes["reason"] == said
    picture = picture_of(view, KEY)
    assert picture is not None
    assert [each["text"] for each in picture.alarms] == [said]
