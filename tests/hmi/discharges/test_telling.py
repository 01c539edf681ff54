"""Discharges in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bacs_core.api.discharge_messages import (
    CellFault,
    CollapseSign,
    Discharge,
    DischargeFigures,
    DischargeKind,
    EndCause,
)
from bacs_core.model import Basis
from bacs_hmi.pages.discharges import telling
from bacs_hmi.pages.discharges.time_left import Unknown
from bacs_hmi.texts import LANGUAGES, numbers_of
from tests.hmi.discharges.test_time_left import BATTERY

ENGLISH = LANGUAGES["en"]
BEGAN = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def figures(**changes: object) -> DischargeFigures:
    told = DischargeFigures(until=BEGAN, hours=0.5, given_ah=97.5, depth_percent=19.6)
    return told.model_copy(update=changes)


def discharge(of: DischargeFigures, *, ended: bool = True) -> Discharge:
    return Discharge(
        id=1,
        battery=BATTERY,
        kind=DischargeKind.DISCHARGE,
        started_at=BEGAN,
        ended_at=BEGAN + timedelta(hours=0.5) if ended else None,
        figures=of,
    )


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (0.0, "0\u00a0s"),
        (40 / 3600, "40\u00a0s"),
        (119 / 3600, "119\u00a0s"),
        (0.2, "12\u00a0min"),
        (59.6 / 60, "1\u00a0h\u00a000\u00a0min"),
        (3.53, "3\u00a0h\u00a032\u00a0min"),
        (-1.0, "0\u00a0s"),
    ],
)
def test_a_time_is_written_as_people_say_it(hours: float, words: str) -> None:
    assert telling.duration(hours) == words


def test_what_was_not_seen_whole_is_told_as_at_least() -> None:
    numbers = numbers_of(ENGLISH)
    assert telling.depth(figures(), ENGLISH, numbers) == "97.5\u00a0Ah (20\u00a0%)"
    bound = figures(lower_bound=True)
    assert telling.depth(bound, ENGLISH, numbers) == "at least 97.5\u00a0Ah (20\u00a0%)"
    assert telling.depth(figures(given_ah=None), ENGLISH, numbers) == "not known"


def test_one_without_an_end_runs_and_an_unknown_end_is_told_as_such() -> None:
    assert telling.outcome(discharge(figures(), ended=False), ENGLISH) == "Runs now"
    assert telling.outcome(discharge(figures()), ENGLISH) == "Not known"


def test_gaps_and_unseen_ends_are_said() -> None:
    gappy = discharge(figures(gap_count=2, gap_s=90.0, start_unseen=True, end_unseen=True))
    assert list(telling.remarks(gappy, ENGLISH)) == [
        "Nobody saw how it began.",
        "Nobody saw how it ended.",
        "2 gaps of 90\u00a0s in all",
    ]
    running = discharge(figures(end_unseen=True), ended=False)
    assert list(telling.remarks(running, ENGLISH)) == []


def test_the_lowest_cell_is_found_among_known_ones() -> None:
    assert telling.lowest([None, 1.9, 1.8, None]) == 3
    assert telling.lowest([None]) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_engine_about_discharges_has_a_text(language: str) -> None:
    names = [
        *(f"discharge_cause_{cause}" for cause in EndCause),
        *(f"discharge_fault_{fault}" for fault in CellFault),
        *(f"discharge_sign_{sign}" for sign in CollapseSign),
        *(f"discharge_kind_{kind}" for kind in DischargeKind if kind != "discharge"),
        *(f"time_left_{why}" for why in Unknown),
        *(f"basis_{basis.name.lower()}" for basis in Basis),
    ]
    assert [name for name in names if name not in LANGUAGES[language]] == []
