"""How long each tier is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bacs_core.history.measured import Tier
from bacs_core.settings import Keeping

#: For a medium of 32 MB: three years of 512 cells in hours, of the last day everything.
SMALL: Final = Keeping(budget_bytes=32 << 20, full_days=1, minute_days=0, hour_days=3 * 365)


def days_of(keeping: Keeping) -> Mapping[Tier, float]:
    """Return how many days each tier is kept; hours never go before what is finer."""
    return {
        Tier.FULL: keeping.full_days,
        Tier.MINUTE: keeping.minute_days,
        Tier.QUARTER: keeping.minute_days,
        Tier.HOUR: max(keeping.hour_days, keeping.minute_days, keeping.full_days),
    }
