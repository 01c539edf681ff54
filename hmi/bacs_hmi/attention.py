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
    for mirror, cell, words in _odd(live, site, texts, numbers):
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


def _odd(
    live: LiveSite, site: Site, texts: Texts, numbers: Numbers
) -> Iterator[tuple[LiveString, int, str]]:
    """Yield cells that stand out by a finding, the oddest first, then the furthest by voltage."""
    mirrors = [live.strings[string.key] for string in site.strings]
    found = sorted(
        ((finding, mirror) for mirror in mirrors for finding in mirror.findings[:1]),
        key=lambda pair: -pair[0].score,
    )
    for finding, mirror in found:
        yield mirror, finding.cell, finding_words(finding, texts, numbers)
    furthest = max(
        ((_share(live, mirror, index), mirror, index) for mirror, index in _every(mirrors)),
        key=lambda told: told[0],
        default=None,
    )
    if furthest is None or furthest[0] < FAR:
        return
    _, mirror, index = furthest
    above_mv = 1e3 * (deviation_v(mirror, index) or 0.0)
    shown = ("+" if above_mv > 0 else "") + numbers.with_unit(above_mv, 0, "mV")
    yield mirror, index + 1, texts["attention_furthest"].format(deviation=shown)


def _every(mirrors: list[LiveString]) -> Iterator[tuple[LiveString, int]]:
    for mirror in mirrors:
        voltages = mirror.columns.get(Quantity.VOLTAGE)
        target_v = mirror.scalars.target_voltage_v
        if voltages is None or target_v is None:
            continue
        known = _normal(voltages, mirror.status)
        if not known:
            continue
        extremes = (min(known), max(known))
        yield mirror, voltages.index(max(extremes, key=lambda value: abs(value - target_v)))


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


def _share(live: LiveSite, mirror: LiveString, index: int) -> float:
    """Tell how far off a cell is in parts of its voltage; what is old does not count."""
    above_v = deviation_v(mirror, index)
    if above_v is None or live.stale(mirror.string.key, Quantity.VOLTAGE, index):
        return 0.0
    return abs(above_v) / mirror.string.cell_voltage_v


def _of_cell(mirror: LiveString, cell: int, words: str, texts: Texts) -> Item:
    string = mirror.string
    place = texts["alarm_place_string_cell"].format(
        string=string.name, cell=cell_label(cell, string.cell_count)
    )
    return Item(None, place, words, string.key, cell)
