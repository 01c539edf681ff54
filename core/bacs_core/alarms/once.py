"""Works out once what stays the same from tick to tick.

What is made of the same objects as in the tick before is the same object again, so that a rule over
it need not be evaluated either (`machine`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import is_
from typing import Any, NamedTuple, TypeVar, TypeVarTuple

_Made = TypeVar("_Made")
_Parts = TypeVarTuple("_Parts")


class Made(NamedTuple):
    """What was made, and of which objects."""

    parts: tuple[object, ...]
    made: Any


class Once:
    """What was made in the tick before, and what is in this one, by who makes it or by name."""

    __slots__ = ("_before", "now")

    def __init__(self, before: Mapping[object, Made]) -> None:
        """Begin a tick."""
        self._before = before
        self.now: dict[object, Made] = {}

    def of(self, make: Callable[[*_Parts], _Made], *parts: *_Parts) -> _Made:
        """Return what `make` makes of some objects; none of them may be changed later."""
        return self.keyed(make, make, *parts)

    def keyed(self, key: object, make: Callable[[*_Parts], _Made], *parts: *_Parts) -> _Made:
        """Do the same under another key, which tells how many parts there are."""
        before = self._before.get(key)
        if before is None or not all(map(is_, parts, before.parts)):
            before = Made(parts, make(*parts))
        self.now[key] = before
        made: _Made = before.made
        return made

    def equal(self, name: str, value: _Made) -> _Made:
        """Return what was equal to `value` in the tick before, else `value` itself."""
        before = self._before.get(name)
        if before is None or before.made != value:
            before = Made((), value)
        self.now[name] = before
        made: _Made = before.made
        return made
