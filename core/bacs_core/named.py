"""Finds what a command names in the site, or refuses it."""

from __future__ import annotations

from bacs_core.alarms.place import Place
from bacs_core.api.command_messages import AlarmPlace
from bacs_core.errors import RefusedError
from bacs_core.model import Site, String
from bacs_core.settings import Settings


def string_named(site: Site, key: str) -> String:
    """Return the string, or raise `RefusedError` (`unknown_string`)."""
    found = next((string for string in site.strings if string.key == key), None)
    if found is None:
        raise RefusedError(f"there is no string {key!r}", code="unknown_string")
    return found


def require_cell(string: String, cell: int) -> None:
    """Raise `RefusedError` (`unknown_cell`) where the string has no such cell (from 1)."""
    if not 1 <= cell <= string.cell_count:
        raise RefusedError(f"{string.name} has no cell {cell}", code="unknown_cell")


def alarm_place(named: AlarmPlace, settings: Settings) -> Place:
    """Return the place as alarms know it; an empty one is the whole site.

    Raises `RefusedError` (`unknown_string`, `unknown_cell`, `unknown_place`).
    """
    if named.string_key is not None:
        string = string_named(settings.site, named.string_key)
        if named.cell is not None:
            require_cell(string, named.cell)
        return Place(manager_id=string.manager_id, string_key=string.key, cell=named.cell)
    if named.accessory_id is not None:
        for accessory in settings.accessories:
            if accessory.id == named.accessory_id:
                return Place(line_id=accessory.address.line_id, accessory_id=accessory.id)
    if named.manager_id in {manager.id for manager in settings.site.managers}:
        return Place(manager_id=named.manager_id)
    if named.line_id in settings.lines:
        return Place(line_id=named.line_id)
    wanted = named.accessory_id or named.manager_id or named.line_id
    if wanted is None:
        return Place()
    raise RefusedError(f"there is no {wanted!r} in this site", code="unknown_place")
