"""Equalization: per-cell bypass towards the string mean; pure, times are unix seconds."""

from bacs_core.equalization.planning import Memory, Plan, initial, plan, shifted
from bacs_core.equalization.tuning import Tuning

__all__ = ["Memory", "Plan", "Tuning", "initial", "plan", "shifted"]
