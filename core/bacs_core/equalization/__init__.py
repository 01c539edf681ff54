"""Equalization: per-cell bypass towards the string mean, for all strings at once.

Pure; columns are in rows, times are unix seconds.
"""

from bacs_core.equalization.keeping import keep, restore
from bacs_core.equalization.memory import Memory, initial, replaced, shifted
from bacs_core.equalization.orders import Orders, orders_of
from bacs_core.equalization.planning import Plan, plan
from bacs_core.equalization.tuning import Tuning

__all__ = [
    "Memory",
    "Orders",
    "Plan",
    "Tuning",
    "initial",
    "keep",
    "orders_of",
    "plan",
    "replaced",
    "restore",
    "shifted",
]
