from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bacs_core.reports.language import language_of
from bacs_core.reports.sentences import Amount, counted, say

NB = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
SUMMER = datetime(2026, 7, 1, 12, 3, 4, tzinfo=UTC)
ENGLISH = language_of("en", "Europe/Berlin")
GERMAN = language_of("de", "Europe/Berlin")


def test_numbers_are_written_as_each_language_writes_them() -> None:
    assert ENGLISH.amount(-1234.5678, 2, "V") == f"{MINUS}1,234.57{NB}V"
    assert GERMAN.amount(-1234.5678, 2, "V") == f"{MINUS}1.234,57{NB}V"


def test_what_is_not_there_is_a_dash_without_a_unit() -> None:
    assert GERMAN.amount(None, 2, "V") == "–"
    assert GERMAN.amount(float("nan"), 2, "V") == "–"


def test_a_tiny_negative_number_is_not_minus_zero() -> None:
    assert ENGLISH.number(-0.0001, 1) == "0.0"
    assert ENGLISH.signed(0.04, 1) == "0.0"


def test_moments_are_in_the_zone_of_the_site() -> None:
    assert ENGLISH.moment(SUMMER) == "1 Jul 2026 14:03"
    assert GERMAN.moment(SUMMER) == "01.07.2026 14:03"
    assert GERMAN.zone_name(SUMMER) == "CEST (UTC+02:00)"


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=9), "9 s"),
        (timedelta(minutes=9, seconds=3), "9 min 3 s"),
        (timedelta(hours=3), "3 h"),
        (timedelta(days=2, minutes=5), "2 d"),
        (timedelta(days=2, hours=5), "2 d 5 h"),
    ],
)
def test_a_length_of_time_is_told_in_its_two_largest_units(length: timedelta, text: str) -> None:
    assert ENGLISH.duration(length) == text.replace(" ", NB)


def test_one_thing_is_not_told_in_the_plural() -> None:
    assert GERMAN.write(counted("reason_findings", 1)) == "1 Zelle weicht von den anderen ab"
    assert GERMAN.write(counted("reason_findings", 2)) == "2 Zellen weichen von den anderen ab"


def test_numbers_in_a_sentence_follow_its_language() -> None:
    sentence = say("finding_warmer_than_string", amount=Amount(6.25, 1))
    assert GERMAN.write(sentence).startswith("6,2 K")
    assert ENGLISH.write(sentence).startswith("6.2 K")


def test_a_code_of_a_newer_engine_stands_for_itself() -> None:
    assert GERMAN.word("phase", "TOPPING_UP") == "TOPPING UP"


def test_a_language_that_is_not_there_is_english() -> None:
    assert language_of("fr").code == "en"


def test_doubts_are_told_in_the_language_and_unknown_ones_as_they_were() -> None:
    assert GERMAN.doubt("deaf", {}, "deaf").startswith("hört keinen Rundruf")
    assert GERMAN.doubt("new_code", {}, "as it was told") == "as it was told"
    told = GERMAN.doubt(
        "threshold_differs",
        {
            "what": "the highest temperature for bypass",
            "found": 55.5,
            "unit": "°C",
            "expected": 60.0,
        },
        "",
    )
    assert "die höchste Temperatur für Bypass ist 55,5 °C" in told
