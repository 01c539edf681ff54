"""How a string stood at the last stored sample, without a running engine.

The rooms of the battery brain are asked once more, with that sample and with what the engine had
learnt and kept. Nothing is written, and nothing is ordered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

import numpy as np

from bacs_core import picture, wishes
from bacs_core.alarms import keeping, view
from bacs_core.alarms.book import AlarmBook
from bacs_core.api.messages import Alarm
from bacs_core.control import Control
from bacs_core.history.sample import Sample, StringSample
from bacs_core.model import EqualizationState, Inhibit, Quantity, Site, String
from bacs_core.protection import restore_trips
from bacs_core.reports.content import Readings, Source, Standing
from bacs_core.reports.records import (
    ALARMS_MEMORY,
    LEARNED_MEMORY,
    TRIPS_MEMORY,
    WISHES_MEMORY,
)
from bacs_core.reports.standing import plain, standing_of
from bacs_core.settings import Settings
from bacs_core.snapshot import Column, Doubts, Reading, StringReadings, StringSummary

#: Told of the string as a whole, see `history.layout.SCALARS`.
_SUMMARY: Final = (
    "sum_voltage_v",
    "target_voltage_v",
    "mean_charge_percent",
    "current_a",
    "ac_current_a",
    "power_w",
)


def concluded_standing(
    sample: Sample, string_key: str, settings: Settings, kept: Mapping[str, object]
) -> Standing:
    """Conclude from a sample how a string of `settings` stood; `kept` are the engine's memories.

    Without that of its alarms it is not known which were raised. Raises `KeyError` where the sample
    has no such string.
    """
    site, now = settings.site, sample.at.timestamp()
    control = Control(site, settings.breakers, now)
    control.restore_learned(kept.get(LEARNED_MEMORY))
    strings = {string.key: string for string in site.strings}
    control.wishes = wishes.restore(kept.get(WISHES_MEMORY), strings)
    has_breaker = dict.fromkeys(control.trips, True)
    control.trips = restore_trips(kept.get(TRIPS_MEMORY), has_breaker, now)
    readings = {
        key: _readings_of(sample.strings.get(key), string, now) for key, string in strings.items()
    }
    told = control.think(readings, {}, frozenset(), now)
    no_alarms = AlarmBook(marks=np.zeros(control.rows.cell_count, np.uint8))
    drawn = picture.strings_of(told, readings, no_alarms, lambda _: Doubts())
    alarms = _alarms(kept[ALARMS_MEMORY], site) if ALARMS_MEMORY in kept else None
    concluded = standing_of(drawn[string_key], alarms, sample.at, Source.STORED)
    measured = plain_standing(sample.strings[string_key], sample.at)
    return replace(
        measured,
        source=Source.STORED,
        readings={
            quantity: replace(
                own, stale_after_s=strings[string_key].stale_after_s.get(Quantity(quantity))
            )
            for quantity, own in measured.readings.items()
        },
        alarms=concluded.alarms,
        concluded=concluded.concluded,
    )


def plain_standing(stored: StringSample, at: datetime) -> Standing:
    """Tell what a sample itself says of a string: values that were fresh then, and states."""
    count = len(stored.status)
    numbers = stored.scalars
    state = stored.equalization
    return Standing(
        at=at,
        source=Source.SAMPLE,
        readings={
            quantity: Readings(plain(stored.columns[quantity]), (0.0,) * count, None)
            for quantity in Quantity
            if quantity in stored.columns
        },
        status=tuple(int(code) for code in stored.status),
        summary=StringSummary(*(numbers.get(name) for name in _SUMMARY)),
        room_temperature_c=numbers.get("room_temperature_c"),
        current_error_a=None,
        equalization=EqualizationState(state) if state in set(EqualizationState) else None,
        inhibited_by=tuple(Inhibit(name) for name in stored.inhibited_by if name in set(Inhibit)),
        doubts=(),
        doubt_count=0,
        alarms=None,
    )


def _alarms(kept: object, site: Site) -> tuple[Alarm, ...] | None:
    """Return the alarms that stood when the engine last kept them, but for those of lines.

    It does so with every change; of what it could not have written it is not known.
    """
    if not isinstance(kept, dict | list | None):
        return None
    book = keeping.restore(kept, site, (), {})
    return tuple(view.to_message(alarm, site) for alarm in book.raised)


def _readings_of(stored: StringSample | None, string: String, now: float) -> StringReadings:
    columns = {quantity: Column.absent(string.cell_count) for quantity in Quantity}
    scalars: Mapping[str, float | None] = {}
    if stored is not None and len(stored.status) == string.cell_count:
        scalars = stored.scalars
        for quantity in Quantity:
            # A stored charge may itself be an estimate: it must not be taken for a device's word.
            if quantity in stored.columns and quantity is not Quantity.CHARGE:
                values = stored.columns[quantity]
                read_at = np.where(np.isfinite(values), now, np.nan)
                columns[quantity] = Column(values, read_at)
    return StringReadings(
        columns=columns,
        module_status=np.zeros(string.cell_count, np.uint16),
        current_a=_reading(scalars.get("current_a"), now),
        ac_current_a=_reading(scalars.get("ac_current_a"), now),
        room_temperature_c=_reading(scalars.get("room_temperature_c"), now),
    )


def _reading(value: float | None, now: float) -> Reading | None:
    return None if value is None else Reading(value, now)
