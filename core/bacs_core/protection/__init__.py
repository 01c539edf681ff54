"""Protection: stages of thermal runaway, trip causes and breakers. Pure; times are unix seconds."""

from bacs_core.protection.detector import Verdict, judge
from bacs_core.protection.keeping import keep, keep_trips, restore, restore_trips
from bacs_core.protection.memory import Memory, initial, replaced, shifted
from bacs_core.protection.trips import Demand, Trip, demands_of
from bacs_core.protection.tuning import DEFAULT, Tuning

__all__ = [
    "DEFAULT",
    "Demand",
    "Memory",
    "Trip",
    "Tuning",
    "Verdict",
    "demands_of",
    "initial",
    "judge",
    "keep",
    "keep_trips",
    "replaced",
    "restore",
    "restore_trips",
    "shifted",
]
