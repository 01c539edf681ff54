"""What the engine tells of itself, in words; licences, and the result of the touch test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import Message

import pytest

from bacs_core.api.history_messages import TierExtentMessage
from bacs_core.api.messages import ClockStatus, LineStatus
from bacs_core.api.system_messages import (
    Disk,
    Fault,
    FaultKind,
    Load,
    NetworkStatus,
    Retention,
    StoredHistory,
    System,
)
from bacs_hmi.pages.system import telling
from bacs_hmi.pages.system.licences import installed, licence_of
from bacs_hmi.pages.system.test_part import counts_of, touch_words
from bacs_hmi.texts import numbers_of, texts_of

ENGLISH, GERMAN = texts_of("en"), texts_of("de")
NUMBERS = numbers_of(ENGLISH)
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SYSTEM = System(
    versions={"pymodbus": "3.16.1", "python": "3.11.7", "bacs-core": "0.1.0"},
    started_at=NOW - timedelta(days=3, hours=4),
    now=NOW,
    clock=ClockStatus(synchronised=True, since=NOW, was_set=True),
    load=Load(processor_percent=12.34, memory_bytes=126_500_000),
    disk=Disk(
        folder="/var/lib/bacs",
        size_bytes=32_000_000_000,
        free_bytes=20_000_000_000,
        state_bytes=150_000_000,
    ),
    history=StoredHistory(
        tiers=[
            TierExtentMessage(tier="full", first=NOW - timedelta(days=2), last=NOW, bytes=1_500_000)
        ],
        retention=Retention(
            budget_bytes=2_000_000_000, full_days=30.0, minute_days=365.0, hour_days=3652.5
        ),
    ),
    network=NetworkStatus(enabled=False, port=8480),
)


def line(**told: object) -> LineStatus:
    values = {
        "id": "modules",
        "port_open": True,
        "message": "",
        "round_s": 0.98,
        "requests": 96_117,
        "timeouts": 2,
        "frame_errors": 1,
        "wire_round_s": 0.96,
    }
    return LineStatus.model_validate(values | told)


def test_a_healthy_system_has_no_odd_fact_and_says_so() -> None:
    cards = telling.state_cards(SYSTEM, [line()], ENGLISH, NUMBERS)
    assert not any(fact.odd for facts in cards.values() for fact in facts)
    assert cards["Faults of the system"][0].text == "none"
    assert cards["Engine"][0].text == "3\u00a0d 4\u00a0h"
    assert cards["Computer"][0].text == "12.3\u00a0%"
    # What the machine does not tell is a dash, never a number.
    assert cards["Computer"][2].text == "—"
    assert [fact.title for fact in cards["Versions"]] == ["engine", "Python", "pymodbus"]


@pytest.mark.parametrize("kind", FaultKind)
def test_each_fault_is_told_in_words_and_marked(kind: FaultKind) -> None:
    place = "modules" if kind is FaultKind.LINE_GONE else None
    fault = Fault(kind=kind, place=place, detail="raw facts")
    (fact,) = telling.fault_facts([fault], GERMAN)
    assert fact.odd
    assert fact.text not in {"", "raw facts", kind.value}
    assert ("modules" in fact.title) is (place is not None)


@pytest.mark.parametrize(
    ("status", "word", "odd"),
    [
        (line(), "wrong or missing answers 0.003\u00a0%", False),
        (line(requests=0, timeouts=0, frame_errors=0), "answers —", False),
        (line(silent_units=[3, 9]), "2 silent", True),
        (line(port_open=False), "port not available", True),
        (line(lent=True), "lent", True),
    ],
)
def test_a_line_is_summarised(status: LineStatus, word: str, odd: bool) -> None:
    fact = telling.line_fact(status, ENGLISH, NUMBERS)
    assert word in fact.text
    assert fact.odd is odd


@pytest.mark.parametrize(
    ("synchronised", "was_set", "word", "odd"),
    [
        (True, True, "set by the network", False),
        (False, True, "running free", False),
        (None, True, "not checked", False),
        (None, False, "not set", True),
    ],
)
def test_the_clock_is_told_with_how_far_it_is_trusted(
    synchronised: bool | None, was_set: bool, word: str, odd: bool
) -> None:
    clock = ClockStatus(synchronised=synchronised, since=NOW, was_set=was_set)
    fact = telling.clock_facts(clock, NOW, ENGLISH)[1]
    assert word in fact.text
    assert fact.odd is odd


def test_storage_is_told_with_sizes_times_and_what_is_kept_how_long() -> None:
    cards = telling.storage_cards(SYSTEM, ENGLISH, NUMBERS)
    texts = {fact.title: fact.text for facts in cards.values() for fact in facts}
    assert texts["disk"] == "20.0\u00a0GB free of 32.0\u00a0GB"
    assert texts["one value per minute"] == "1 year"
    assert texts["one per hour"] == "10 years"
    assert texts["measurements take"] == "1.5\u00a0MB of 2.0\u00a0GB"
    kept = cards["What is kept"][0]
    assert kept.title == "every sample"
    assert kept.text.endswith("1.5\u00a0MB")
    assert cards["Safety copy"][0].odd


def test_an_empty_history_has_a_sentence_of_its_own() -> None:
    empty = SYSTEM.history.model_copy(update={"tiers": []})
    assert telling.history_facts(empty, GERMAN, NUMBERS)[0].text == "noch nichts"


def test_each_tier_of_the_history_has_a_name() -> None:
    for texts in (ENGLISH, GERMAN):
        assert all(f"tier_{tier}" in texts for tier in ("full", "minute", "quarter", "hour"))


def test_installed_programs_are_listed_with_their_licences() -> None:
    found = {each.name: each for each in installed()}
    assert found["nicegui"].licence == "MIT"
    assert "bacs-hmi" not in found
    told = Message()
    told["License"] = "a long text\nover many lines"
    told["Classifier"] = "License :: OSI Approved :: MIT License"
    assert licence_of(told) == "MIT License"  # type: ignore[arg-type]


def test_the_touch_test_says_how_many_fields_did_not_answer() -> None:
    assert touch_words(*counts_of({"fields": 192, "touched": 192}), ENGLISH) == (
        "All 192 fields answered."
    )
    assert "3 of 192" in touch_words(*counts_of({"fields": 192, "touched": 189}), ENGLISH)
    assert counts_of("nonsense") == (0, 0)
