"""Devices in whose place another one answers, as the alarms tell of them."""

from __future__ import annotations

from typing import NamedTuple

from bacs_core.api.live import LiveSite
from bacs_core.api.messages import Alarm
from bacs_core.model import Site
from bacs_hmi import wording
from bacs_hmi.texts import Texts

RULES = frozenset({"devices_exchanged", "manager_exchanged", "accessories_exchanged"})
_CELLS = "cells "
_SENSOR = "current sensor"


class Exchanged(NamedTuple):
    """A string, manager or accessory with another device in it; `key` confirms it."""

    key: str
    name: str
    what: str


def exchanged(live: LiveSite, site: Site, texts: Texts) -> list[Exchanged]:
    """List what waits to be confirmed, by the kind of place."""
    found: list[Exchanged] = []
    names = {} if live.info is None else {each.id: each.name for each in live.info.accessories}
    for alarm in sorted(live.alarms.values(), key=lambda alarm: alarm.id):
        if alarm.rule not in RULES:
            continue
        if alarm.rule == "accessories_exchanged":
            found += [
                Exchanged(each, names.get(each, each), texts["one_device"])
                for each in alarm.note.split(", ")
                if each
            ]
        elif (key := alarm.string_key or alarm.manager_id) is not None:
            what = note_words(alarm, texts) or texts["one_device"]
            found.append(Exchanged(key, wording.place(alarm, site, texts), what))
    return found


def note_words(alarm: Alarm, texts: Texts) -> str:
    """Say which devices of a string are others; the engine lists cells, and names the sensor."""
    rest, sensor = alarm.note, ""
    if rest.endswith(_SENSOR):
        rest, sensor = rest.removesuffix(_SENSOR).removesuffix(", "), texts["word_current_sensor"]
    if rest.startswith(_CELLS):
        cells, more = _without_more(rest.removeprefix(_CELLS))
        rest = texts["cells_listed"].format(cells=cells)
        if more:
            rest += " " + texts["and_more"].format(count=more)
    return ", ".join(part for part in (rest, sensor) if part)


def _without_more(cells: str) -> tuple[str, str]:
    """Split `1-3, 7 and 4 more` into what is listed and how many more there are."""
    listed, _, more = cells.partition(" and ")
    return listed, more.removesuffix(" more")
