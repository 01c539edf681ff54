"""What stands out in the whole plant, worst first: the strip on the overview."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, cast

from bacs_core.api.live import LiveSite, LiveString
from bacs_core.api.messages import Alarm
from bacs_core.model import CellStatus, Quantity, Site, cell_label
from bacs_hmi import wording
from bacs_hmi.conclusions import finding_words
from bacs_hmi.contents import deviation_v
from bacs_hmi.format import Numbers
from bacs_hmi.texts import Texts

#: As many as one line of a large screen holds.
MOST_ITEMS: Final = 6
#: Below this share of the cell voltage, 5 mV of 2 V, nothing stands out.
FAR: Final = 0.0025


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to look at; without a `key` it is no string's, and the list of alarms tells more.

    `severity` is that of an alarm, and none of what is only odd; `cell` is counted from 1.
    """

    severity: str | None
    place: str
    text: str
    key: str
    cell: int | None


def attention(live: LiveSite, site: Site, texts: Texts, numbers: Numbers) -> tuple[Item, ...]:
    """Name active alarms, one for each cause and string, then odd cells, then the furthest one."""
    items = list(_alarms(live, site, texts))[:MOST_ITEMS]
    named = {(item.key, item.cell) for item in items}
    for mirror, cell, words in _odd(live, texts, numbers):
        if len(items) == MOST_ITEMS:
            break
        if (mirror.string.key, cell) not in named:
            items.append(_of_cell(mirror, cell, words, texts))
    return tuple(items)


def _alarms(live: LiveSite, site: Site, texts: Texts) -> Iterator[Item]:
    groups: dict[tuple[str, str | None, str | None, str | None], list[Alarm]] = {}
    for alarm in wording.worst_first(each for each in live.alarms.values() if each.active):
        cause = (alarm.rule, alarm.string_key, alarm.manager_id, alarm.line_id)
        groups.setdefault(cause, []).append(alarm)
    for alarms in groups.values():
        first = alarms[0]
        severity, key = first.severity.value, first.string_key or ""
        if len(alarms) == 1:
            told = wording.condition(first, site, texts, live)
            yield Item(severity, wording.place(first, site, texts), told, key, first.cell)
            continue
        string = wording.string_of(site, first.string_key)
        place = wording.place(first, site, texts) if string is None else string.name
        told = texts["attention_cells"].format(
            count=len(alarms), what=wording.rule(first, site, texts)
        )
        yield Item(severity, place, told, key, None)


def _odd(live: LiveSite, texts: Texts, numbers: Numbers) -> Iterator[tuple[LiveString, int, str]]:
    """Yield cells that stand out by a finding, the oddest first, then the furthest by voltage."""
    mirrors = tuple(live.strings.values())
    found = sorted(
        ((finding, mirror) for mirror in mirrors for finding in mirror.findings[:1]),
        key=lambda pair: -pair[0].score,
    )
    for finding, mirror in found:
        yield mirror, finding.cell, finding_words(finding, texts, numbers)
    furthest = _furthest(live, mirrors)
    if furthest is None:
        return
    mirror, index = furthest
    above_mv = 1e3 * (deviation_v(mirror, index) or 0.0)
    shown = ("+" if above_mv > 0 else "") + numbers.with_unit(above_mv, 0, "mV")
    yield mirror, index + 1, texts["attention_furthest"].format(deviation=shown)


def _furthest(live: LiveSite, mirrors: Sequence[LiveString]) -> tuple[LiveString, int] | None:
    """Find the cell (from 0) that is furthest off in parts of its voltage; old ones do not count.

    Of each string its furthest cell is looked at.
    """
    far = [
        (share, place, voltage_v)
        for place, mirror in enumerate(mirrors)
        for share, voltage_v in _extreme(mirror)
        if share >= FAR
    ]
    for _, place, voltage_v in sorted(far, key=lambda each: (-each[0], each[1])):
        mirror = mirrors[place]
        index = mirror.columns[Quantity.VOLTAGE].index(voltage_v)
        if not live.stale(mirror.string.key, Quantity.VOLTAGE, index):
            return mirror, index
    return None


def _extreme(mirror: LiveString) -> Iterator[tuple[float, float]]:
    """Yield how far off the furthest voltage of a string is, in parts of it, and that voltage."""
    voltages = mirror.columns.get(Quantity.VOLTAGE)
    target_v = mirror.scalars.target_voltage_v
    if voltages is None or target_v is None:
        return
    known = _normal(voltages, mirror.status)
    if not known:
        return
    low, high = min(known), max(known)
    furthest = low if target_v - low >= high - target_v else high
    yield abs(furthest - target_v) / mirror.string.cell_voltage_v, furthest


def _normal(voltages: list[float | None], status: Sequence[int]) -> list[float]:
    """Leave out what is absent, and abnormal cells: those have their alarms."""
    if None not in voltages and not any(status):
        # Nearly always so, and asked of every cell of the plant.
        return cast("list[float]", voltages)
    return [
        value
        for value, its in zip(voltages, status, strict=False)
        if value is not None and its == CellStatus.NORMAL
    ]


def _of_cell(mirror: LiveString, cell: int, words: str, texts: Texts) -> Item:
    string = mirror.string
    place = texts["alarm_place_string_cell"].format(
        string=string.name, cell=cell_label(cell, string.cell_count)
    )
    return Item(None, place, words, string.key, cell)
