"""What the engine notes of one alarm, in the language of a report.

The engine writes its notes in English. Who tripped a breaker, and why, is told anew from the state
of protection; the figures of thermal runaway and the places of exchanged devices are read back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Protocol

from bacs_core.api.messages import Alarm
from bacs_core.model import TripCause, TripState, cell_label
from bacs_core.reports.sentences import Amount, Words

_TRIPS: Final = {
    "protection_off": TripState.OFF,
    "breaker_failed": TripState.FAILED,
    "breaker_tripped": TripState.TRIPPED,
    "breaker_tripping": TripState.TRIPPING,
    "trip_deferred": TripState.DEFERRED,
}
_ORDERED: Final = (TripState.FAILED, TripState.TRIPPED, TripState.TRIPPING)
#: The figures of thermal runaway, as `alarms.trip_signals` writes them, by the key of their text.
_FIGURES: Final = {
    "noted_surroundings": re.compile(r"(-?[\d.]+) K over its surroundings"),
    "noted_string": re.compile(r"(-?[\d.]+) K over its string"),
    "noted_current": re.compile(r"(-?[\d.]+) times its usual current"),
}
#: Where other devices answer, as `commissioning.familiar` writes it.
_EXCHANGED: Final = re.compile(
    r"(?:cells (?P<cells>[-\d, ]+?)(?: and (?P<more>\d+) more)?)?(?:, )?(?P<sensor>current sensor)?"
)


class Trip(Protocol):
    """What is asked of `snapshot.TripSummary`; `until` is in unix seconds."""

    @property
    def state(self) -> TripState:
        """Where it stands."""

    @property
    def causes(self) -> Sequence[TripCause]:
        """What demanded the trip."""

    @property
    def cell(self) -> int | None:
        """The first cell that did, from 1."""

    @property
    def by(self) -> str | None:
        """Who put it off or switched it off."""

    @property
    def reason(self) -> str:
        """Why, in the words of that person."""

    @property
    def until(self) -> float | None:
        """Until when."""


def noted(alarm: Alarm, trip: Trip | None, cell_count: int, language: Words) -> str:
    """Say the note of an alarm; `trip` is how the protection of its string stands."""
    if alarm.rule in _TRIPS and trip is not None and trip.state is _TRIPS[alarm.rule]:
        return _tripped(trip, cell_count, language)
    if alarm.rule == "devices_exchanged":
        return _exchanged(alarm.note, language)
    return ", ".join(_figure(part, language) for part in alarm.note.split(", "))


def _tripped(trip: Trip, cell_count: int, language: Words) -> str:
    """Say why a breaker is to open, or who keeps it from that and for how long."""
    if trip.state in _ORDERED:
        parts = [language.word("tripped_by", cause) for cause in trip.causes]
        if parts and trip.cell is not None:
            cell = cell_label(trip.cell, cell_count)
            parts.append(language.text("cell_named", cell=cell))
        return ", ".join(parts) or "-"
    told = [trip.by or ""]
    if trip.until is not None:
        told.append(language.text("told_until", at=datetime.fromtimestamp(trip.until, UTC)))
    who = " ".join(filter(None, told))
    return ": ".join(filter(None, (who, trip.reason))) or "-"


def _figure(told: str, language: Words) -> str:
    for key, pattern in _FIGURES.items():
        if (found := pattern.fullmatch(told)) is not None:
            return language.text(key, amount=Amount(float(found[1]), 1))
    return told


def _exchanged(note: str, language: Words) -> str:
    found = _EXCHANGED.fullmatch(note)
    if found is None:
        return note
    cells, more = found["cells"], found["more"]
    named = [] if cells is None else [language.text("noted_cells", cells=cells)]
    named += [] if more is None else [language.text("and_more", count=int(more))]
    parts = [" ".join(named)] if named else []
    parts += [] if found["sensor"] is None else [language.text("noted_sensor")]
    return ", ".join(parts)
