"""People and tokens a second time, in a small file beside the database.

A panel on which nobody can log in cannot re-close a breaker. The file holds the rows as they stand
in the database, so hashes and no secrets, and is read only where a table of them is lost. When a
token was used last is left out: that would be written every hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlite_utils import Database

from bacs_core.history.checked_file import read_checked, write_checked
from bacs_core.history.errors import HistoryError

FILE_NAME: Final = "people.json"
FORMAT: Final = 1
TABLES: Final = ("users", "tokens")
_LEFT_OUT: Final = "last_used_at"

Row = dict[str, str | int | None]
Tables = Mapping[str, list[Row]]


class _Kept(BaseModel):
    model_config = ConfigDict(strict=True)

    format: Annotated[int, Field(ge=1, le=FORMAT)]
    tables: dict[str, list[Row]]


def people_path(state_dir: Path) -> Path:
    """Name the file inside the state directory."""
    return state_dir / FILE_NAME


def people_of(database: Database) -> Tables:
    """Return the rows of all people and tokens. Raises `sqlite3.Error`."""
    return {
        table: [
            {name: value for name, value in row.items() if name != _LEFT_OUT}
            for row in database.table(table).rows_where(order_by="id")
        ]
        for table in TABLES
    }


def keep_people(state_dir: Path, people: Tables) -> None:
    """Write them if the file does not hold them already. Raises `HistoryError`."""
    body = _Kept(format=FORMAT, tables=dict(people)).model_dump_json().encode()
    try:
        kept = read_checked(people_path(state_dir))
    except HistoryError:
        # A spoilt one is written anew.
        kept = None
    if kept != body:
        write_checked(people_path(state_dir), body)


def read_people(state_dir: Path) -> Tables:
    """Return what the file holds; nothing where there is none or it cannot be believed."""
    try:
        body = read_checked(people_path(state_dir))
        return {} if body is None else _Kept.model_validate_json(body).tables
    except (HistoryError, ValidationError):
        return {}
