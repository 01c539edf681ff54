"""Every text of the panel in English."""

from __future__ import annotations

from typing import Final

from bacs_hmi.texts.en import alarms, battery, menu, plant, refusals, stick

TEXTS: Final[dict[str, str]] = (
    plant.TEXTS | alarms.TEXTS | battery.TEXTS | menu.TEXTS | refusals.TEXTS | stick.TEXTS
)
