"""What a person types goes to the engine in SI, and comes back in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bacs_core.api.history_messages import MaintenanceMessage, MeasuredMessage
from bacs_core.api.messages import GivenByHand
from bacs_core.model import MaintenanceWork
from bacs_hmi.pages.cell_page.maintenance import entry_lines, given_of
from bacs_hmi.texts import LANGUAGES, numbers_of


def test_a_resistance_is_typed_in_milliohms_and_sent_in_ohms() -> None:
    given = given_of({"voltage_v": 2.25, "resistance_ohm": 0.46, "temperature_c": None})
    assert given.resistance_ohm == pytest.approx(0.46e-3)
    assert (given.voltage_v, given.temperature_c, given.capacity_ah) == (2.25, None, None)


def test_nothing_typed_is_nothing_given() -> None:
    assert given_of({}) == given_of({"voltage_v": None}) == GivenByHand()


def test_an_entry_says_its_note_what_was_given_and_what_the_module_told() -> None:
    texts = LANGUAGES["de"]
    entry = MaintenanceMessage(
        id=1,
        at=datetime(2026, 11, 1, tzinfo=UTC),
        string_key="a/1",
        cell=3,
        work=MaintenanceWork.CELL_REPLACED,
        note="from the shelf",
        given={"capacity_ah": 512.0},
        measured={"resistance_ohm": MeasuredMessage(value=0.44e-3, read_at=0.0)},
    )
    assert entry_lines(entry, 2.0, texts, numbers_of(texts)) == [
        "from the shelf",
        "von Hand: Kapazität 512,0\u00a0Ah",
        "Modul: Innenwiderstand 0,440\u00a0mΩ",
    ]
