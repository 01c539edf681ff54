"""Estimates about strings and cells that no module measures. Pure; times are unix seconds."""

from bacs_core.estimation.estimates import ChargerFindings, Estimate, Estimates
from bacs_core.estimation.estimating import Memory, estimate, initial, replaced, shifted
from bacs_core.estimation.keeping import keep, restore
from bacs_core.estimation.tuning import DEFAULT, Tuning

__all__ = [
    "DEFAULT",
    "ChargerFindings",
    "Estimate",
    "Estimates",
    "Memory",
    "Tuning",
    "estimate",
    "initial",
    "keep",
    "replaced",
    "restore",
    "shifted",
]
