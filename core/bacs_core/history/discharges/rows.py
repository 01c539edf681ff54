"""Discharges as rows of the state database.

What is told of a discharge is small and written while it runs. Its analysis and its frames come at
the end, and stay when the measurements behind them were thinned out; the frames of the oldest are
dropped where all together take too much. A row says itself whether it was written already, so that
whoever got no answer may write it again.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import numpy as np
from pydantic import ValidationError
from sqlite_utils import Database

from bacs_core.api.discharge_messages import Discharge, DischargeAnalysis, DischargeKind
from bacs_core.history.discharges.capacities import Start
from bacs_core.history.discharges.recording import Frames, packed, unpacked
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import Event, insert_event
from bacs_core.history.moments import to_milliseconds
from bacs_core.snapshot import Floats

#: Frames of all discharges together. One of 512 cells takes 0.1 MB, 0.3 MB where all were empty.
RECORDINGS_BYTES: Final = 64_000_000
#: Mains that flicker must not fill the disk: the oldest dips go.
MOST_DIPS: Final = 1000
_COLUMNS: Final = (
    "string_key, manager_id, kind, started_at, ended_at, recharged_at, summary, start,"
    " analysis, recording"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A discharge as it is to be written; with `id` 0 it is new.

    What is `None` of analysis and frames stays as it is. `began` is written with a new row, `ended`
    once, when the row first tells of an end.
    """

    discharge: Discharge
    start: Start
    analysis: DischargeAnalysis | None = None
    frames: Frames | None = None
    began: Event | None = None
    ended: Event | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A discharge as it was read; `analysis` is `None` before its end."""

    discharge: Discharge
    start: Start
    analysis: DischargeAnalysis | None = None
    frames: Frames | None = None


def write(database: Database, entry: Entry, recordings_bytes: int = RECORDINGS_BYTES) -> int:
    """Write an entry in the running transaction and return its number."""
    number = entry.discharge.id or _number(database, entry.discharge)
    if number is None:
        number = _insert(database, entry)
        _record(database, entry.began, number)
        _drop_dips(database)
    is_new_end = entry.discharge.ended_at is not None and not _has_ended(database, number)
    _update(database, entry, number)
    if is_new_end:
        _record(database, entry.ended, number)
    if entry.frames is not None:
        database.conn.execute(
            "UPDATE discharges SET recording = NULL WHERE id IN (SELECT id FROM"
            " (SELECT id, sum(length(recording)) OVER (ORDER BY id DESC) AS total"
            " FROM discharges WHERE recording IS NOT NULL) WHERE total > ?)",
            (recordings_bytes,),
        )
    return number


def select(
    database: Database,
    *,
    string_key: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 1000,
) -> tuple[Discharge, ...]:
    """Return discharges that ran between `since` and `until`, the newest first."""
    conditions: dict[str, Any] = {
        "string_key = ?": string_key,
        # One that still runs is in every range that is not over before it began.
        "(ended_at IS NULL OR ended_at >= ?)": since and to_milliseconds(since),
        "started_at < ?": until and to_milliseconds(until),
    }
    used = {text: value for text, value in conditions.items() if value is not None}
    where = f" WHERE {' AND '.join(used)}" if used else ""
    rows = database.conn.execute(
        f"SELECT id, summary FROM discharges{where} ORDER BY started_at DESC, id DESC LIMIT ?",  # noqa: S608 - conditions from above
        (*used.values(), limit),
    )
    return tuple(_discharge(number, summary) for number, summary in rows.fetchall())


def read(database: Database, number: int) -> Kept | None:
    """Return one discharge with all that is kept of it, `None` where there is none."""
    row = database.conn.execute(
        "SELECT id, summary, start, analysis, recording FROM discharges WHERE id = ?", (number,)
    ).fetchone()
    return None if row is None else _kept(*row)


def unfinished(database: Database) -> tuple[Kept, ...]:
    """Return what is not over, oldest first.

    Those are discharges without an end, and of each string the newest one while it is recharged.
    """
    rows = database.conn.execute(
        "SELECT id, summary, start, NULL, NULL FROM discharges WHERE ended_at IS NULL"
        " OR (recharged_at IS NULL AND id IN (SELECT max(id) FROM discharges GROUP BY string_key))"
        " ORDER BY id"
    )
    return tuple(_kept(*row) for row in rows.fetchall())


def _number(database: Database, discharge: Discharge) -> int | None:
    """Return the number of a row that was written although nobody was told."""
    row = database.conn.execute(
        "SELECT id FROM discharges WHERE string_key = ? AND started_at = ?",
        (discharge.battery.string_key, to_milliseconds(discharge.started_at)),
    ).fetchone()
    return None if row is None else int(row[0])


def _insert(database: Database, entry: Entry) -> int:
    discharge = entry.discharge
    cursor = database.conn.execute(
        f"INSERT INTO discharges ({_COLUMNS}) VALUES (?, ?, ?, ?, NULL, NULL, '', ?, NULL, NULL)"  # noqa: S608 - names from above
        " RETURNING id",
        (
            discharge.battery.string_key,
            discharge.battery.manager_id,
            discharge.kind,
            to_milliseconds(discharge.started_at),
            _packed_start(entry.start),
        ),
    )
    # Read to the end: an unfinished statement would keep the transaction from ending.
    ((number,),) = cursor.fetchall()
    return int(number)


def _update(database: Database, entry: Entry, number: int) -> None:
    discharge = entry.discharge.model_copy(update={"id": number})
    analysis, frames = entry.analysis, entry.frames
    database.conn.execute(
        "UPDATE discharges SET kind = ?, started_at = ?, ended_at = ?, recharged_at = ?,"
        " summary = ?, analysis = coalesce(?, analysis), recording = coalesce(?, recording)"
        " WHERE id = ?",
        (
            discharge.kind,
            to_milliseconds(discharge.started_at),
            discharge.ended_at and to_milliseconds(discharge.ended_at),
            discharge.recharged_at and to_milliseconds(discharge.recharged_at),
            discharge.model_dump_json(),
            None if analysis is None else zlib.compress(analysis.model_dump_json().encode()),
            None if frames is None else packed(frames),
            number,
        ),
    )


def _has_ended(database: Database, number: int) -> bool:
    row = database.conn.execute(
        "SELECT ended_at FROM discharges WHERE id = ?", (number,)
    ).fetchone()
    return row is not None and row[0] is not None


def _record(database: Database, event: Event | None, number: int) -> None:
    if event is not None:
        insert_event(database, replace(event, data={**event.data, "discharge": number}))


def _drop_dips(database: Database) -> None:
    database.conn.execute(
        "DELETE FROM discharges WHERE id IN (SELECT id FROM discharges WHERE kind = ?"
        " ORDER BY id DESC LIMIT -1 OFFSET ?)",
        (DischargeKind.DIP, MOST_DIPS),
    )


def _kept(
    number: int, summary: str, start: bytes, analysis: bytes | None, frames: bytes | None
) -> Kept:
    discharge = _discharge(number, summary)
    told = None
    if analysis is not None:
        try:
            told = DischargeAnalysis.model_validate_json(zlib.decompress(analysis))
        except (ValidationError, zlib.error) as error:
            msg = f"the analysis of discharge {number} is damaged: {error}"
            raise HistoryError(msg) from error
        told = told.model_copy(update={"discharge": discharge})
    count = discharge.battery.cell_count
    return Kept(
        discharge, _start(number, start, count), told, None if frames is None else unpacked(frames)
    )


def _discharge(number: int, summary: str) -> Discharge:
    try:
        return Discharge.model_validate_json(summary)
    except ValidationError as error:
        msg = f"discharge {number} cannot be understood: {error}"
        raise HistoryError(msg) from error


def _packed_start(start: Start) -> bytes:
    told = {
        "charge": _plain(start.charge_percent),
        "error": _plain(start.charge_error_percent),
        "learned": _plain(start.learned_percent),
        "current_error_a": None if np.isnan(start.current_error_a) else start.current_error_a,
    }
    return zlib.compress(json.dumps(told).encode())


def _start(number: int, stored: bytes, count: int) -> Start:
    try:
        told: Mapping[str, Any] = json.loads(zlib.decompress(stored))
        charge, error, learned = (_column(told[name]) for name in ("charge", "error", "learned"))
        error_a = told["current_error_a"]
    except (ValueError, KeyError, TypeError, zlib.error) as fault:
        msg = f"the beginning of discharge {number} is damaged: {fault}"
        raise HistoryError(msg) from fault
    if any(len(column) != count for column in (charge, error, learned)):
        return Start.unknown(count)
    return Start(charge, error, learned, np.nan if error_a is None else float(error_a))


def _plain(column: Floats) -> list[float | None]:
    return [None if not np.isfinite(value) else round(value, 2) for value in column.tolist()]


def _column(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], np.float64)
