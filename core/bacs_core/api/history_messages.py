"""What the API tells of the history. Moments in columns are unix milliseconds, `null` is no value.

Needs no more than pydantic: clients import it.
"""

# ruff: noqa: RUF012 - pydantic copies a default for every message

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from bacs_core.api.message_base import Message
from bacs_core.model import AlarmSeverity, MaintenanceWork

#: What one question may ask for.
MOST_POINTS: Final = 10_000
MOST_EVENTS: Final = 1000
#: More cells than any string has.
MOST_CELLS: Final = 10_000
#: The highest number that the history can give to an event (SQLite: 64 bits with sign).
HIGHEST_EVENT: Final = (1 << 63) - 1

Moments = list[int]
Numbers = list[float | None]

#: Before the first year of unix time and from the second on a moment is a slip.
_YEARS: Final = (1970, 2200)


def _sensible(moment: datetime) -> datetime:
    first, last = _YEARS
    if not first <= moment.year < last:
        msg = f"a time between {first} and {last} is needed"
        raise ValueError(msg)
    return moment


#: A moment somebody asks for.
Moment = Annotated[AwareDatetime, AfterValidator(_sensible)]


class EventQuery(Message):
    """Which events are asked for; a word that is not known here is a slip, and refused."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    start: Annotated[Moment | None, Field(alias="from")] = None
    end: Annotated[Moment | None, Field(alias="to")] = None
    manager: str | None = None
    string: Annotated[str | None, Field(description="this string and its cells")] = None
    cell: Annotated[int | None, Field(ge=1, le=MOST_CELLS, description="counted from 1")] = None
    line: str | None = None
    severity: Annotated[AlarmSeverity | None, Field(description="the least one")] = None
    kind: Annotated[tuple[str, ...], Field(description="any of these")] = ()
    rule: str | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_EVENTS)] = 100
    before: Annotated[
        int | None, Field(ge=1, le=HIGHEST_EVENT, description="only events before this one")
    ] = None


class SamplesFormat(StrEnum):
    """As what samples are downloaded."""

    CSV = "csv"
    PARQUET = "parquet"


class TierExtentMessage(Message):
    """What is kept at one fineness: `full`, `minute`, `quarter` or `hour`."""

    tier: str
    first: datetime
    last: datetime
    bytes: int


class HistoryExtent(Message):
    """Answer of `GET history/extent`; no times while nothing was recorded."""

    first: datetime | None
    last: datetime | None
    tiers: list[TierExtentMessage] = []
    budget_bytes: Annotated[int, Field(description="for all measurements together")]


class SeriesMessage(Message):
    """Answer of `GET history/series`: one value in buckets of equal width.

    `at` is the start of each bucket, `count` the samples behind it; where there is none, the
    others are null. Minimum and maximum are true extremes of the bucket, widened to whole steps of
    the `tier` that was read (`full`, `minute`, `quarter`, `hour`).
    """

    tier: str
    width_s: float
    at: Moments
    minimum: Numbers
    mean: Numbers
    maximum: Numbers
    count: list[int]


class StringSampleMessage(Message):
    """One string in a sample: what was fresh at that moment, a place per cell in each column."""

    key: str
    columns: dict[str, Numbers]
    status: list[int]
    scalars: dict[str, float | None]
    equalization: str | None = None
    inhibited_by: list[str] = []


class SampleMessage(Message):
    """Answer of `GET history/sample`; how old it may be is for the client to judge."""

    at: datetime
    strings: list[StringSampleMessage]


class EventMessage(Message):
    """One event. `severity` and `rule` are those of the alarm that it tells of.

    `at` is the time by the clock as it was then, and what is asked for by time is asked for by it.
    """

    id: int
    at: datetime
    corrected_at: Annotated[
        datetime | None,
        Field(description="the true time where the clock was put right later; else null"),
    ] = None
    kind: str
    text: str
    by: str | None = None
    manager_id: str | None = None
    string_key: str | None = None
    cell: Annotated[int | None, Field(description="counted from 1")] = None
    line_id: str | None = None
    severity: AlarmSeverity | None = None
    rule: str | None = None
    data: dict[str, Any] = {}


class EventPage(Message):
    """Answer of `GET history/events`, the newest first.

    `next_before` continues the listing as the `before` of the next question; null at its end.
    """

    events: list[EventMessage]
    next_before: int | None = None


class MeasuredMessage(Message):
    """What a module told of its cell, and when that was read."""

    value: float
    read_at: float


class MaintenanceMessage(Message):
    """Work that was done on a cell, or on the whole string where no cell is named.

    `measured` is what the module told at that time, by quantity; `given` what a person measured or
    read off a certificate. `id` is the number of the event that tells of it.
    """

    id: int
    at: datetime
    string_key: str
    cell: Annotated[int | None, Field(description="counted from 1")] = None
    work: MaintenanceWork
    note: str = ""
    by: str | None = None
    measured: dict[str, MeasuredMessage] = {}
    given: dict[str, float] = {}
