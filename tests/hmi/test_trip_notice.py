"""What the screen says of a trip: why, with which value, at how many cells, and what to do now."""

from __future__ import annotations

import pytest

from bacs_core.api.messages import TripStatus
from bacs_core.model import TripCause, TripState
from bacs_hmi.texts import LANGUAGES
from bacs_hmi.trip_notice import to_do, told
from tests.hmi.test_wording import NOON, SITE, alarm

ENGLISH = LANGUAGES["en"]
STRING = next(string for string in SITE.strings if string.key == alarm().string_key)


def trip(state: TripState, *causes: TripCause, contact_open: bool | None = None) -> TripStatus:
    return TripStatus(state=state, causes=list(causes), cell=1, contact_open=contact_open)


def said(status: TripStatus) -> list[str]:
    alarms = [
        alarm(id=f"hot-{cell}", rule="trip_temperature", cell=cell, value=70.0 + cell, limit=60.0)
        for cell in (2, 1, 3)
    ]
    return told(status, STRING, SITE, alarms, ENGLISH, NOON)


def test_a_trip_tells_the_cells_the_value_and_the_limit() -> None:
    why = said(trip(TripState.TRIPPED, TripCause.OVER_TEMPERATURE, contact_open=True))[0]
    assert why.replace("\N{NO-BREAK SPACE}", " ") == (
        "over-temperature, cell 01 and 2 more: 71.0 °C (limit 60.0 °C)"
    )


def test_a_breaker_that_does_not_open_is_one_statement_and_not_two_that_differ() -> None:
    lines = said(trip(TripState.FAILED, TripCause.OVER_TEMPERATURE, contact_open=False))
    assert lines[1:] == ["its contact still says closed"]


@pytest.mark.parametrize(
    ("state", "cause", "expected"),
    [
        (TripState.FAILED, TripCause.OVER_VOLTAGE, ["trip_do_open"]),
        (TripState.FAILED, TripCause.THERMAL_RUNAWAY, ["trip_do_open_hot", "trip_do_heat"]),
        (TripState.TRIPPED, TripCause.OVER_TEMPERATURE, ["trip_do_heat"]),
        (TripState.TRIPPED, TripCause.UNDER_VOLTAGE, []),
    ],
)
def test_a_trip_says_what_to_do_now(
    state: TripState, cause: TripCause, expected: list[str]
) -> None:
    assert to_do(trip(state, cause)) == expected
