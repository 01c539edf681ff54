"""Dataclasses whose fields are columns with one place per cell."""

from __future__ import annotations

from dataclasses import Field, fields, replace
from typing import Any, ClassVar, Protocol, TypeVar


class Columns(Protocol):
    """A dataclass of columns."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


_Columns = TypeVar("_Columns", bound=Columns)


def begun_anew(columns: _Columns, beginning: _Columns, row: int) -> _Columns:
    """Return the columns with the cell in `row` as it is in `beginning`, which has one cell."""
    anew = {}
    for field in fields(columns):
        column = getattr(columns, field.name).copy()
        column[row] = getattr(beginning, field.name)[0]
        anew[field.name] = column
    return replace(columns, **anew)
