"""Finds the values that grow too old, or come back, although no new value arrived.

A held value is confirmed by its reading time alone, so a list of changed values does not tell. To
ask every cell at every tick would cost more than everything else here. So the watch keeps, per
column, the earliest time at which anything can grow stale, and looks again only then.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import inf

from bacs_core.api.live import LiveSite, LiveString, Update
from bacs_core.model import Quantity


@dataclass(slots=True)
class ColumnWatch:
    """What is known about one column: which cells are stale, and when another can become so."""

    stale: set[int] = field(default_factory=set)
    next_check: float = -inf
    """Unix seconds by the engine's clock."""


class FreshnessWatch:
    """Watches the columns of the strings with the given keys."""

    def __init__(self, live: LiveSite, keys: Iterable[str]) -> None:
        self._live = live
        self._columns = {
            (key, quantity): ColumnWatch()
            for key in keys
            if key in live.strings
            for quantity in Quantity
        }
        for (key, quantity), watch in self._columns.items():
            self._scan(key, quantity, watch)

    def turned(self, update: Update) -> Iterator[tuple[str, Quantity, int]]:
        """Name each value that has become stale or fresh with `update`."""
        now = self._live.at
        if now is None:
            return
        for (key, quantity), watch in self._columns.items():
            change = update.strings.get(key)
            if change is not None and quantity in change.cells:
                self._expect(key, quantity, watch, change.cells[quantity])
            if now >= watch.next_check:
                before = watch.stale
                self._scan(key, quantity, watch)
                turned = before ^ watch.stale
            elif watch.stale and change is not None and change.read_at:
                turned = {
                    index for index in watch.stale if not self._live.stale(key, quantity, index)
                }
                watch.stale -= turned
                self._expect(key, quantity, watch, turned)
            else:
                continue
            for index in turned:
                yield key, quantity, index

    def _scan(self, key: str, quantity: Quantity, watch: ColumnWatch) -> None:
        """Look at the whole column."""
        mirror = self._live.strings[key]
        known = [index for index, at in enumerate(_read_at(mirror, quantity)) if at is not None]
        watch.stale = {index for index in known if self._live.stale(key, quantity, index)}
        watch.next_check = inf
        self._expect(key, quantity, watch, (i for i in known if i not in watch.stale))

    def _expect(
        self, key: str, quantity: Quantity, watch: ColumnWatch, indexes: Iterable[int]
    ) -> None:
        """Look again when the first of these values can grow stale."""
        mirror = self._live.strings[key]
        column = _read_at(mirror, quantity)
        earliest = min((at for index in indexes if (at := column[index]) is not None), default=inf)
        stale_after_s = mirror.string.stale_after_s.get(quantity, inf)
        watch.next_check = min(watch.next_check, earliest + stale_after_s)


def _read_at(mirror: LiveString, quantity: Quantity) -> list[float | None]:
    """Get the reading times of a column."""
    return mirror.read_at.get(quantity) or [None] * mirror.string.cell_count
