"""What was done to cells and strings, one row each, with what the cell measured at that moment.

An entry is written together with the event that tells of it, in one transaction, and has its
number: neither can stand in the history without the other.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlite_utils import Database

from bacs_core.errors import RefusedError
from bacs_core.history.moments import to_milliseconds, to_moment
from bacs_core.model import MaintenanceWork, Quantity
from bacs_core.snapshot import StringSnapshot

#: What of the readings of a cell is worth comparing with later.
BASELINE_QUANTITIES: Final = (Quantity.VOLTAGE, Quantity.RESISTANCE, Quantity.TEMPERATURE)
#: By how much what is given may differ from what the module measures.
MOST_APART: Final = 10.0
_COMPARED: Final = {
    "voltage_v": (str(Quantity.VOLTAGE), "V"),
    "resistance_ohm": (str(Quantity.RESISTANCE), "Ω"),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One value that a module had measured, with the unix time of its reading."""

    value: float
    read_at: float


@dataclass(frozen=True, slots=True)
class Baseline:
    """What later measurements of a cell are compared with.

    `measured` holds what the module told, by `Quantity`: a reading may be older than the work.
    `given` holds what a person measured by hand or read off a certificate, by name with unit:
    `voltage_v`, `resistance_ohm`, `temperature_c`, `capacity_ah`.
    """

    measured: Mapping[str, Measured] = field(default_factory=dict)
    given: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Work that was done, as the person who did it told."""

    work: MaintenanceWork
    note: str = ""
    baseline: Baseline = field(default_factory=Baseline)


@dataclass(frozen=True, slots=True)
class StoredMaintenance:
    """An entry as it stands in the history under the number of its event.

    `cell` counts from 1; `None` means the whole string.
    """

    id: int
    at: datetime
    string_key: str
    cell: int | None
    who: str | None
    entry: Maintenance


def baseline_of(
    string: StringSnapshot, cell: int, given: Mapping[str, float], now: float
) -> Baseline:
    """Return what a cell (from 1) measures at unix time `now`, and what was given of it.

    A reading that is too old for its quantity does not count.
    """
    measured = {}
    for quantity in BASELINE_QUANTITIES:
        column = string.readings.columns.get(quantity)
        stale_after_s = string.string.stale_after_s.get(quantity, math.inf)
        if column is not None and column.fresh(now, stale_after_s)[cell - 1]:
            value, read_at = column.values[cell - 1], column.read_at[cell - 1]
            measured[str(quantity)] = Measured(float(value), float(read_at))
    return Baseline(measured, dict(given))


def require_plausible(baseline: Baseline) -> None:
    """Refuse what was given where the module measures something of another size.

    Raises `RefusedError` with both values: most often the unit is a slip.
    """
    for name, (quantity, unit) in _COMPARED.items():
        given, told = baseline.given.get(name), baseline.measured.get(quantity)
        if given is None or told is None or min(given, told.value) <= 0:
            continue
        if max(given / told.value, told.value / given) > MOST_APART:
            reason = (
                f"{name} is given as {given:g} {unit}, the module measures {told.value:.3g} {unit}:"
                f" they are more than {MOST_APART:g} times apart; is the unit right?"
            )
            raise RefusedError(reason, code="invalid")


def plain(entry: Maintenance) -> dict[str, Any]:
    """Return an entry as plain JSON, as the data of its event."""
    return {"work": entry.work.value, "note": entry.note, "baseline": asdict(entry.baseline)}


def insert_maintenance(database: Database, stored: StoredMaintenance) -> None:
    """Write an entry in the running transaction."""
    entry = stored.entry
    database.conn.execute(
        "INSERT INTO maintenance (id, at, string_key, cell, work, note, who, baseline)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            stored.id,
            to_milliseconds(stored.at),
            stored.string_key,
            stored.cell,
            entry.work.value,
            entry.note.encode(errors="replace").decode(),
            stored.who,
            json.dumps(asdict(entry.baseline)),
        ),
    )


def select_maintenance(
    database: Database,
    *,
    string_key: str | None = None,
    cell: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[StoredMaintenance, ...]:
    """Return the entries from `since` to before `until`, the newest first.

    With a cell: those of this cell, and those of its whole string.
    """
    conditions: dict[str, str | int | None] = {
        "string_key = ?": string_key,
        "(cell = ? OR cell IS NULL)": cell,
        "at >= ?": None if since is None else to_milliseconds(since),
        "at < ?": None if until is None else to_milliseconds(until),
    }
    used = {condition: value for condition, value in conditions.items() if value is not None}
    rows = database["maintenance"].rows_where(
        " AND ".join(used) or None, list(used.values()), order_by="id DESC"
    )
    return tuple(_stored(row) for row in rows)


def _stored(row: Mapping[str, Any]) -> StoredMaintenance:
    baseline = json.loads(row["baseline"])
    measured = {name: Measured(**told) for name, told in baseline["measured"].items()}
    return StoredMaintenance(
        id=row["id"],
        at=to_moment(row["at"]),
        string_key=row["string_key"],
        cell=row["cell"],
        who=row["who"],
        entry=Maintenance(
            MaintenanceWork(row["work"]), row["note"], Baseline(measured, baseline["given"])
        ),
    )
