"""What protection has done with the breakers of the strings, as signals and in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from bacs_core.alarms.declaration import Scope, Signal
from bacs_core.alarms.layout import Layout, Told
from bacs_core.model import TripState

if TYPE_CHECKING:
    from bacs_core.protection import Verdict
    from bacs_core.protection.trips import Trip

#: The signal that a state of protection gives.
BY_STATE: Final = {
    TripState.TRIPPING: Signal.BREAKER_TRIPPING,
    TripState.TRIPPED: Signal.BREAKER_TRIPPED,
    TripState.FAILED: Signal.BREAKER_FAILED,
    TripState.DEFERRED: Signal.TRIP_DEFERRED,
    TripState.OFF: Signal.PROTECTION_OFF,
}
_ARMED: Final = TripState.ARMED
#: In these nobody has ordered the breaker to open.
_UNORDERED: Final = (TripState.ARMED, TripState.DEFERRED, TripState.OFF)
SIGNALS: Final = (
    *BY_STATE.values(),
    Signal.BREAKER_FOUND_OPEN,
    Signal.BREAKER_UNKNOWN,
    Signal.BREAKER_CONTRADICTED,
)


def found(layout: Layout, trips: Mapping[str, Trip]) -> dict[Signal, Told]:
    """Tell for each string where its breaker and its protection stand.

    What is told as contradicted is only that the contact says open; whether a current flows all
    the same is for the caller to add.
    """
    nobody = layout.nobody[Scope.STRING]
    flags = dict.fromkeys(SIGNALS, nobody)
    for key, trip in trips.items():
        if trip.state is _ARMED and trip.contact_open is False:
            continue
        for signal in told_by(trip):
            if flags[signal] is nobody:
                flags[signal] = nobody.copy()
            flags[signal][layout.rows.places[key]] = True
    return {signal: Told(marked) for signal, marked in flags.items()}


def told_by(trip: Trip) -> tuple[Signal, ...]:
    """Name the signals that protection of one string gives."""
    if trip.state is TripState.NO_BREAKER:
        return ()
    told = [BY_STATE[trip.state]] if trip.state in BY_STATE else []
    if trip.contact_open is None:
        told.append(Signal.BREAKER_UNKNOWN)
    if trip.contact_open and trip.state in _UNORDERED:
        told.append(Signal.BREAKER_FOUND_OPEN)
    if trip.contact_open:
        told.append(Signal.BREAKER_CONTRADICTED)
    return tuple(told)


def trip_note(trip: Trip) -> str:
    """Say why a breaker is to open, or who keeps it from that and for how long."""
    causes = ", ".join(cause.value.replace("_", " ") for cause in trip.causes)
    if causes and trip.cell is not None:
        causes = f"{causes}, cell {trip.cell}"
    until = ""
    if trip.until is not None:
        until = f"until {datetime.fromtimestamp(trip.until).astimezone():%H:%M}"
    if trip.ordered:
        return causes or "-"
    # Who and why belong to the last act of a person.
    who = " ".join(part for part in (trip.by or "", until) if part)
    return ": ".join(part for part in (who, trip.reason) if part) or "-"


def runaway_note(verdict: Verdict, row: int) -> str:
    """Give the figures that were judged, as far as they are known."""
    rise_k, spread_k = float(verdict.rise_k[row]), float(verdict.spread_k[row])
    ratio = float(verdict.current_ratio[row])
    told = (
        (rise_k, f"{rise_k:.1f} K over its surroundings"),
        (spread_k, f"{spread_k:.1f} K over its string"),
        (ratio, f"{ratio:.1f} times its usual current"),
    )
    return ", ".join(text for figure, text in told if np.isfinite(figure)) or "-"
