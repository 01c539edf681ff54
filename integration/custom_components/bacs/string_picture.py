"""What the string card is sent of one string: a whole picture, then what changed in it.

Columns per string, never an object per cell; the units are those of the engine. All of it are pure
functions of the mirrored site.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bacs_core.api.live import LiveSite, LiveString
from bacs_core.api.messages import Alarm
from bacs_core.model import Quantity, String

from .readings import Place, View, answering_string
from .wording import alarm_said

type Values = tuple[float | None, ...]

#: What stands beside the cells, by its name in the messages of the engine.
SCALARS: Final = (
    "sum_voltage_v",
    "target_voltage_v",
    "mean_charge_percent",
    "current_a",
    "ac_current_a",
    "power_w",
    "room_temperature_c",
    "equalization",
    "inhibited_by",
)
#: More than this nobody reads on a card; the worst come first.
MAX_ALARMS: Final = 20


@dataclass(frozen=True, slots=True)
class StringPicture:
    """One string at one moment. `old` names the cells (from 0) whose value is not live any more."""

    scalars: Mapping[str, Any]
    columns: Mapping[str, Values]
    old: Mapping[str, tuple[int, ...]]
    status: tuple[int, ...]
    alarms: tuple[Mapping[str, Any], ...]
    alarm_count: int


def built(string: String) -> dict[str, Any]:
    """Say how a string is built, as far as the card draws it."""
    return {
        "name": string.name,
        "cell_count": string.cell_count,
        "cell_voltage_v": string.cell_voltage_v,
    }


def picture_of(view: View | None, key: str) -> StringPicture | None:
    """Take a picture of a string; `None` if nothing true can be said of it."""
    mirror = answering_string(view, key)
    if view is None or mirror is None:
        return None
    alarms = view.alarms.get(Place(key), ())
    return StringPicture(
        scalars={name: getattr(mirror.scalars, name) for name in SCALARS},
        columns={quantity.value: tuple(values) for quantity, values in mirror.columns.items()},
        old={
            quantity.value: old
            for quantity in mirror.columns
            if (old := _old(view.live, mirror, quantity))
        },
        status=tuple(mirror.status),
        alarms=tuple(_told(alarm, view) for alarm in _worst_first(alarms)[:MAX_ALARMS]),
        alarm_count=len(alarms),
    )


def whole(picture: StringPicture) -> dict[str, Any]:
    """Put a whole picture into a message."""
    return {
        "scalars": picture.scalars,
        "columns": picture.columns,
        "old": picture.old,
        "status": picture.status,
        "alarms": picture.alarms,
        "alarm_count": picture.alarm_count,
    }


def changes(before: StringPicture, after: StringPicture) -> dict[str, Any]:
    """Put into a message what changed between two pictures; empty if nothing did.

    Columns and status come as pairs of cells (from 0) and their values, everything else whole.
    """
    if before.columns.keys() != after.columns.keys():
        # A quantity that no cell had before: rare enough to send everything.
        return whole(after)
    columns = {
        name: pairs
        for name, values in after.columns.items()
        if (pairs := _pairs(before.columns[name], values))
    }
    message: dict[str, Any] = {}
    if columns:
        message["changed"] = columns
    if status := _pairs(before.status, after.status):
        message["changed_status"] = status
    for name in ("scalars", "old", "alarms", "alarm_count"):
        if getattr(before, name) != getattr(after, name):
            message[name] = getattr(after, name)
    return message


def _pairs[T](before: Sequence[T], after: Sequence[T]) -> tuple[list[int], list[T]] | None:
    """Name the places that changed, and what stands there now."""
    if before == after:
        return None
    places = [
        place for place, (was, is_) in enumerate(zip(before, after, strict=True)) if was != is_
    ]
    return places, [after[place] for place in places]


def _old(live: LiveSite, mirror: LiveString, quantity: Quantity) -> tuple[int, ...]:
    """Name the cells whose value is there, but too old to be shown as live."""
    limit_s = mirror.string.stale_after_s.get(quantity)
    newest_s = live.age_of(live.at)
    if limit_s is None or live.at is None or newest_s is None:
        return ()
    # Ages only grow between two messages: what was read before this is too old.
    oldest = live.at + newest_s - limit_s
    values = mirror.columns[quantity]
    read_at = mirror.read_at.get(quantity) or [None] * len(values)
    return tuple(
        index
        for index, at in enumerate(read_at)
        if (at is None or at < oldest) and values[index] is not None
    )


def _worst_first(alarms: Iterable[Alarm]) -> list[Alarm]:
    """Put alarms before warnings, and the newest before what is older."""
    newest_first = sorted(alarms, key=lambda alarm: alarm.raised_at, reverse=True)
    return sorted(newest_first, key=lambda alarm: alarm.severity)


def _told(alarm: Alarm, view: View) -> dict[str, Any]:
    """Tell of an alarm what the card shows."""
    text = alarm_said(alarm, view.live, view.speech)
    return {"cell": alarm.cell, "severity": alarm.severity, "text": text}
