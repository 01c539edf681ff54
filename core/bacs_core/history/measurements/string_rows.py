"""Rows of the measurement database that say what the numbers of a string mean.

Everything of a string is read by its row, so each layout is there twice, in the table and in its
index, with a checksum that tells which one is sound.
"""

from __future__ import annotations

import json
import zlib
from typing import NamedTuple

from sqlite_utils import Database

from bacs_core.history.layout import StringLayout, layout_from_json
from bacs_core.history.measurements.windows import StoredString


class _Copy(NamedTuple):
    """A layout and the cells in one chunk as they stand in the table, or in its index."""

    layout: bytes
    group_cells: int

    @property
    def checksum(self) -> int:
        return layout_checksum(self.layout, self.group_cells)


def layout_checksum(layout: bytes, group_cells: int) -> int:
    """Return what a row is known to be sound by: CRC-32 over `<group_cells>:<layout>`."""
    return zlib.crc32(f"{group_cells}:".encode() + layout)


def store_string(database: Database, layout: StringLayout, group_cells: int) -> StoredString:
    """Return the row of a layout, made if need be, in the running transaction."""
    text = layout.to_json()
    database.conn.execute(
        "INSERT OR IGNORE INTO strings (key, layout, group_cells, checksum) VALUES (?, ?, ?, ?)",
        (layout.key, text, group_cells, layout_checksum(text.encode(), group_cells)),
    )
    row = database.conn.execute(
        "SELECT id FROM strings WHERE layout = ? AND group_cells = ?", (text, group_cells)
    ).fetchone()
    return StoredString(int(row[0]), layout, group_cells)


def load_strings(
    database: Database, key: str | None = None, told: list[str] | None = None
) -> list[StoredString]:
    """Return all strings, or every way the one with this key looked.

    A row that cannot be read is left out, and told as a sentence, once.
    """
    condition = ""
    values: tuple[str, ...] = ()
    if key is not None:
        # Either of them may be what was spoilt.
        condition = "WHERE key = ? OR instr(layout, ?)"
        values = key, f'"key": {json.dumps(key, ensure_ascii=False)}'
    rows = database.conn.execute(
        # A spoilt text need not be one.
        "SELECT id, CAST(key AS BLOB), CAST(layout AS BLOB), group_cells, checksum FROM strings"  # noqa: S608
        f" {condition} ORDER BY id",
        values,
    ).fetchall()
    found = []
    for number, named, layout, group_cells, checksum in rows:
        stored = _read(database, number, _Copy(layout, group_cells), checksum)
        if stored is None:
            text = _spoilt_text(named.decode(errors="replace"))
            if told is not None and text not in told:
                told.append(text)
        elif key in (None, stored.layout.key):
            found.append(stored)
    return found


def _read(database: Database, number: int, copy: _Copy, checksum: int) -> StoredString | None:
    """Read the sound one of the two copies, `None` where there is none."""
    sound = copy
    if copy.checksum != checksum:
        other = _in_index(database, number)
        # Where both are alike it is the checksum that was spoilt.
        if other is None or (other != copy and other.checksum != checksum):
            return None
        sound = other
    try:
        return StoredString(number, layout_from_json(sound.layout.decode()), sound.group_cells)
    except (ValueError, KeyError, TypeError):
        return None


def _in_index(database: Database, number: int) -> _Copy | None:
    rows = database.conn.execute(
        "SELECT id, CAST(layout AS BLOB), group_cells FROM strings"
        " INDEXED BY idx_strings_layout_group_cells"
    ).fetchall()
    return next((_Copy(*row[1:]) for row in rows if row[0] == number), None)


def _spoilt_text(key: str) -> str:
    return (
        f"how the measurements of {key} are laid out cannot be read any more: "
        "those that were stored so are left out"
    )
