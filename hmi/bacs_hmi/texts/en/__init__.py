"""Every text of the panel in English."""

from __future__ import annotations

from typing import Final

from bacs_hmi.texts.en import (
    alarms,
    battery,
    cell,
    cells,
    commissioning,
    contacts,
    discharges,
    equalization,
    events,
    hands,
    help as help_texts,
    menu,
    plant,
    refusals,
    settings,
    stick,
    system,
)

TEXTS: Final[dict[str, str]] = {
    **alarms.TEXTS,
    **battery.TEXTS,
    **cell.TEXTS,
    **cells.TEXTS,
    **commissioning.TEXTS,
    **contacts.TEXTS,
    **discharges.TEXTS,
    **equalization.TEXTS,
    **events.TEXTS,
    **hands.TEXTS,
    **help_texts.TEXTS,
    **menu.TEXTS,
    **plant.TEXTS,
    **refusals.TEXTS,
    **settings.TEXTS,
    **stick.TEXTS,
    **system.TEXTS,
}
