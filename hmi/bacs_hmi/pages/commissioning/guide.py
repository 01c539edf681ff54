"""What the page of commissioning gives each of its steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bacs_core.api.messages import LineInfo
from bacs_hmi.pages.commissioning.chosen import Chosen
from bacs_hmi.pages.page import Surroundings


@dataclass(frozen=True, slots=True)
class Guide:
    """The surroundings, the form of all steps, and the way from one step to another."""

    around: Surroundings
    chosen: Chosen
    place: Callable[[str], None]
    """Choose a line or a port."""
    go: Callable[[str], None]
    """Change to another step; what was chosen stays."""

    @property
    def lines(self) -> Sequence[LineInfo]:
        """The lines of the site; none without one."""
        info = self.around.live.info
        return () if info is None else info.lines

    def keep_whole(self, name: str) -> Callable[[float | None], None]:
        """Return what keeps the whole number of a field under this name of the form."""
        return lambda value: setattr(self.chosen, name, None if value is None else int(value))
