"""The routes of the history: values over time, one moment, events, maintenance, whole downloads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.util import find_spec
from typing import Annotated, Any, Final

import numpy as np
import orjson
from fastapi import APIRouter, Query, Response

from bacs_core.api.history_access import Access, Download
from bacs_core.api.history_messages import (
    MOST_CELLS,
    MOST_POINTS,
    EventMessage,
    EventPage,
    EventQuery,
    HistoryExtent,
    MaintenanceMessage,
    MeasuredMessage,
    Moment,
    SampleMessage,
    SamplesFormat,
    SeriesMessage,
    TierExtentMessage,
)
from bacs_core.api.messages import API_PREFIX
from bacs_core.api.routes import TOKEN_NEEDED, Caller, Served
from bacs_core.errors import RefusedError
from bacs_core.history.clock_rows import read_corrections
from bacs_core.history.events import EventKind, StoredEvent, Wanted
from bacs_core.history.layout import COLUMNS, SCALARS
from bacs_core.history.maintenance import StoredMaintenance
from bacs_core.history.measured import Series
from bacs_core.history.moments import to_moment
from bacs_core.history.reader import HistoryReader
from bacs_core.history.sample import Sample, StringSample
from bacs_core.model import Site

ROUTES: Final = APIRouter(
    prefix=f"{API_PREFIX}/history", dependencies=TOKEN_NEEDED, tags=["history"]
)

_CELL_VALUES: Final = tuple(str(track.name) for track in COLUMNS)
#: States have names, not extremes.
_STRING_VALUES: Final = tuple(str(track.name) for track in SCALARS if not track.symbols)
_MEDIA_TYPES: Final = {
    SamplesFormat.CSV: "text/csv; charset=utf-8",
    SamplesFormat.PARQUET: "application/vnd.apache.parquet",
}
_JSON: Final = "application/json"


From = Annotated[Moment, Query(alias="from", description="ISO 8601 with zone")]
To = Annotated[Moment, Query(alias="to", description="up to, but without, this time")]
Cell = Annotated[int | None, Query(ge=1, le=MOST_CELLS, description="counted from 1")]


@ROUTES.get("/extent")
async def extent(access: Access) -> HistoryExtent:
    """Tell from when to when there are measurements, and how finely they were kept."""
    return await access.read(lambda reader: extent_of(reader, access.keeping.budget_bytes))


@ROUTES.get("/series", response_model=SeriesMessage)
async def series(
    parts: Served,
    access: Access,
    string: str,
    name: Annotated[str, Query(description=", ".join((*_CELL_VALUES, *_STRING_VALUES)))],
    start: From,
    end: To,
    cell: Cell = None,
    points: Annotated[int, Query(ge=1, le=MOST_POINTS)] = 1000,
) -> Response:
    """Tell minimum, mean and maximum of one value over time, in at most `points` buckets.

    Without a cell `name` is a value of the whole string.
    """
    _require_forward(start, end)
    _require_name(name, cell)
    site = parts.service.site_info().site

    def work(reader: HistoryReader) -> bytes:
        found = reader.series(string, cell, name, start, end, points)
        if not found.count.any():
            _require_place(site, string, cell)
            _require_history(reader)
        return _series(found)

    return Response(await access.read(work), media_type=_JSON)


@ROUTES.get("/sample", response_model=SampleMessage)
async def sample(
    parts: Served,
    access: Access,
    time: Annotated[Moment | None, Query(description="now where it is left out")] = None,
    string: Annotated[str | None, Query(description="all strings where it is left out")] = None,
) -> Response:
    """Tell the newest sample that is not newer than a time, of one string or of all."""
    site = parts.service.site_info().site
    instant = time or datetime.now(UTC)

    def work(reader: HistoryReader) -> bytes:
        found = reader.sample_at(instant)
        if found is None or (string is not None and string not in found.strings):
            if string is not None:
                _require_place(site, string, None)
            whose = "" if string is None else f" of {string}"
            reason = f"nothing was recorded{whose} up to {instant.astimezone(UTC):%F %T} UTC"
            raise RefusedError(reason, code="no_history")
        return _sample(found, string)

    return Response(await access.read(work), media_type=_JSON)


@ROUTES.get("/events")
async def events(access: Access, asked: Annotated[EventQuery, Query()]) -> EventPage:
    """Tell events, the newest first: what was raised, ordered, changed, and by whom."""
    if asked.start is not None and asked.end is not None:
        _require_forward(asked.start, asked.end)
    _require_string(asked.string, asked.cell)
    wanted = Wanted(
        manager_id=asked.manager,
        string_key=asked.string,
        cell=asked.cell,
        line_id=asked.line,
        kinds=_kinds(asked.kind),
        rule=asked.rule,
        severity=asked.severity,
    )

    def work(reader: HistoryReader) -> EventPage:
        # One more than asked for tells whether there are more.
        found = reader.events(
            since=asked.start,
            until=asked.end,
            limit=asked.limit + 1,
            before_id=asked.before,
            wanted=wanted,
        )
        shown = found[: asked.limit]
        corrections = read_corrections(access.state_dir)
        return EventPage(
            events=[_event(stored, corrections.corrected_at(stored)) for stored in shown],
            next_before=shown[-1].id if len(found) > asked.limit else None,
        )

    return await access.read(work)


@ROUTES.get("/maintenance")
async def maintenance(
    access: Access, string: str | None = None, cell: Cell = None
) -> tuple[MaintenanceMessage, ...]:
    """Tell what was done to a string and its cells, the newest first.

    With a cell: what was done to it, and to its whole string.
    """
    _require_string(string, cell)
    return await access.read(
        lambda reader: tuple(
            _maintenance(stored) for stored in reader.maintenance(string_key=string, cell=cell)
        )
    )


@ROUTES.get(
    "/samples",
    response_class=Download,
    responses={
        HTTPStatus.OK: {
            "description": "A file that is written while it is sent",
            "content": {kind: {} for kind in _MEDIA_TYPES.values()},
        }
    },
)
async def samples(
    parts: Served,
    access: Access,
    caller: Caller,
    string: str,
    start: From,
    end: To,
    as_: Annotated[SamplesFormat, Query(alias="format")] = SamplesFormat.CSV,
) -> Response:
    """Download every sample of a string as it was measured, a row per cell and time.

    Rows without a cell hold the values of the whole string. Units stand in the names.
    """
    _require_forward(start, end)
    site = parts.service.site_info().site

    def require_something(reader: HistoryReader) -> None:
        # A string that the site had once may have left something.
        if reader.series(string, None, "sum_voltage_v", start, end, 1).count.any():
            return
        _require_place(site, string, None)
        _require_history(reader)

    await access.read(require_something)
    if as_ is SamplesFormat.PARQUET and not _can_write_parquet():
        reason = "Parquet needs more than is installed: pip install bacs-core[analysis]"
        raise RefusedError(reason, code="not_installed")
    arguments = (
        # What follows are no options, however it begins.
        "--",
        str(access.state_dir),
        string,
        start.astimezone(UTC).isoformat(),
        end.astimezone(UTC).isoformat(),
        as_.value,
    )
    chunks = await access.stream("bacs_core.history.samples_file", arguments, caller=caller.name)
    name = f"{string.replace('/', '-')}_{start.astimezone(UTC):%Y%m%dT%H%M%SZ}.{as_.value}"
    return Download(chunks, _MEDIA_TYPES[as_], file_name=name)


def _kinds(names: Iterable[str]) -> tuple[EventKind, ...]:
    try:
        return tuple(EventKind(name) for name in names)
    except ValueError as error:
        reason = f"{error}; there are {', '.join(EventKind)}"
        raise RefusedError(reason, code="invalid") from error


def _require_forward(start: datetime, end: datetime) -> None:
    if start >= end:
        raise RefusedError("`from` must lie before `to`", code="invalid")


def _can_write_parquet() -> bool:
    try:
        return find_spec("arro3.io") is not None
    except ModuleNotFoundError:
        return False


def _require_string(key: str | None, cell: int | None) -> None:
    if cell is not None and key is None:
        raise RefusedError("a cell needs its string", code="invalid")


def _require_name(name: str, cell: int | None) -> None:
    known = _STRING_VALUES if cell is None else _CELL_VALUES
    if name not in known:
        whose = "string" if cell is None else "cell"
        reason = f"a {whose} has no value {name!r}; it has {', '.join(known)}"
        raise RefusedError(reason, code="unknown_name")


def _require_place(site: Site, key: str, cell: int | None) -> None:
    """Refuse a place that the site does not have."""
    found = next((string for string in site.strings if string.key == key), None)
    if found is None:
        raise RefusedError(f"there is no string {key}", code="unknown_string")
    if cell is not None and cell > found.cell_count:
        reason = f"{found.name} has {found.cell_count} cells, not {cell}"
        raise RefusedError(reason, code="unknown_cell")


def _require_history(reader: HistoryReader) -> None:
    if reader.extent() is None:
        raise RefusedError("nothing has been recorded yet", code="no_history")


def extent_of(reader: HistoryReader, budget_bytes: int) -> HistoryExtent:
    """Tell what is kept of each tier."""
    tiers = reader.tiers()
    return HistoryExtent(
        first=min((to_moment(tier.first) for tier in tiers), default=None),
        last=max((to_moment(tier.last) for tier in tiers), default=None),
        tiers=[
            TierExtentMessage(
                tier=tier.tier,
                first=to_moment(tier.first),
                last=to_moment(tier.last),
                bytes=tier.bytes,
            )
            for tier in tiers
        ],
        budget_bytes=budget_bytes,
    )


def _series(found: Series) -> bytes:
    return orjson.dumps(
        {
            "tier": found.tier.value,
            "width_s": found.width_s,
            "at": found.at,
            "minimum": found.minimum,
            "mean": found.mean,
            "maximum": found.maximum,
            "count": found.count,
        },
        option=orjson.OPT_SERIALIZE_NUMPY,
    )


def _sample(found: Sample, key: str | None) -> bytes:
    wanted = found.strings if key is None else {key: found.strings[key]}
    told = [_string_sample(name, each) for name, each in wanted.items()]
    return orjson.dumps(
        {"at": found.at, "strings": told}, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_UTC_Z
    )


def _string_sample(key: str, sample: StringSample) -> dict[str, Any]:
    return {
        "key": key,
        "columns": {
            str(name): np.ascontiguousarray(values) for name, values in sample.columns.items()
        },
        "status": np.ascontiguousarray(sample.status),
        "scalars": {str(name): value for name, value in sample.scalars.items()},
        "equalization": sample.equalization,
        "inhibited_by": list(sample.inhibited_by),
    }


def _event(stored: StoredEvent, corrected_at: datetime | None) -> EventMessage:
    event = stored.event
    return EventMessage(
        id=stored.id,
        at=event.at,
        corrected_at=corrected_at,
        kind=event.kind,
        text=event.text,
        by=event.by,
        manager_id=event.manager_id,
        string_key=event.string_key,
        cell=event.cell,
        line_id=event.line_id,
        severity=event.severity,
        rule=event.rule,
        data=dict(event.data),
    )


def _maintenance(stored: StoredMaintenance) -> MaintenanceMessage:
    entry = stored.entry
    return MaintenanceMessage(
        id=stored.id,
        at=stored.at,
        string_key=stored.string_key,
        cell=stored.cell,
        work=entry.work,
        note=entry.note,
        by=stored.who,
        measured={
            name: MeasuredMessage(value=told.value, read_at=told.read_at)
            for name, told in entry.baseline.measured.items()
        },
        given=dict(entry.baseline.given),
    )
