"""Where an alarm is."""

from __future__ import annotations

from dataclasses import dataclass

from bacs_core.alarms.declaration import Scope


@dataclass(frozen=True, slots=True)
class Place:
    """Where an alarm is, as exact as its rule; `cell` is counted from 1. Nothing named: the site.

    People may leave out the wider names: a string key is enough, its manager follows.
    """

    manager_id: str | None = None
    string_key: str | None = None
    cell: int | None = None
    line_id: str | None = None
    accessory_id: str | None = None

    @property
    def scope(self) -> Scope:
        """What the most exact name names."""
        if self.accessory_id is not None:
            return Scope.ACCESSORY
        if self.string_key is not None:
            return Scope.STRING if self.cell is None else Scope.CELL
        if self.manager_id is not None:
            return Scope.MANAGER
        return Scope.SITE if self.line_id is None else Scope.LINE

    @property
    def label(self) -> str:
        """A name that is stable and unique among the places of its scope."""
        if self.accessory_id is not None:
            return self.accessory_id
        if self.line_id is not None:
            return self.line_id
        name = self.string_key or self.manager_id or "site"
        return name if self.cell is None else f"{name}:{self.cell:02d}"
