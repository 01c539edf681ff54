"""Reads everything of one string out of the history and puts a report together."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from bacs_core import __version__, sitefile
from bacs_core.api.discharge_messages import DischargeAnalysis
from bacs_core.history.clock_rows import FIRST_YEAR, Corrections
from bacs_core.history.discharges import retelling
from bacs_core.history.events import Event, StoredEvent, Wanted
from bacs_core.history.reader import HistoryReader
from bacs_core.reports import stored
from bacs_core.reports.content import (
    Content,
    Curve,
    Happening,
    Identity,
    Quality,
    Request,
    Standing,
)
from bacs_core.reports.discharges import newest_discharges
from bacs_core.reports.errors import UnknownStringError
from bacs_core.reports.hours import HourReader
from bacs_core.reports.records import ALARMS_MEMORY, ClockRecord, Records
from bacs_core.reports.standing import identity_of
from bacs_core.reports.trends import Asked, band, read_trends

#: Cells that a trend shows one by one: those that stand out most.
ODD_CELLS: Final = 3
MOST_EVENTS: Final = 200
MOST_DISCHARGES: Final = 5
_EVENTS_AT_ONCE: Final = 1000
_CURVE_POINTS: Final = 160
#: Data quality is judged in steps of ten minutes, or as fine as this many steps allow.
_QUALITY_STEP: Final = timedelta(minutes=10)
_MOST_QUALITY_STEPS: Final = 5000
_GAPS_TOLD: Final = 5


def gather(request: Request) -> Content:
    """Read everything that the report tells.

    Raises `HistoryError` where the history cannot be read, `SettingsError` where the site file
    cannot, and `UnknownStringError` where neither knows the string.
    """
    with (
        Records(request.state_dir) as records,
        HistoryReader(request.state_dir) as reader,
        HourReader(request.state_dir) as hours,
    ):
        identity, standing = request.identity, request.standing
        if identity is None:
            identity, standing = _at_rest(request, records, reader)
        key, count = identity.string_key, identity.cell_count
        baseline = records.baseline(key, count)
        odd = _odd_cells(standing)
        discharges = newest_discharges(reader, key, request.end, MOST_DISCHARGES)
        clock = records.clock(request.start, request.end)
        events, left_out = _events(reader, request, clock.corrections)
        return Content(
            identity=_completed(identity, records),
            start=request.start,
            end=request.end,
            now=request.now,
            standing=standing,
            baseline=baseline,
            trends=read_trends(reader, hours, Asked(key, count, request.end, odd), baseline),
            discharges=discharges,
            curve=_curve(reader, identity, discharges),
            events=events,
            events_left_out=left_out,
            maintenance=reader.maintenance(string_key=key, until=request.end),
            quality=_quality(reader, request, clock),
        )


def _at_rest(
    request: Request, records: Records, reader: HistoryReader
) -> tuple[Identity, Standing | None]:
    """Tell without an engine what the string is, and how it stood at the last stored sample."""
    key = request.string_key
    sample = reader.sample_at(request.end)
    found = None if sample is None else sample.strings.get(key)
    if request.site_file is None:
        if sample is None or found is None:
            raise UnknownStringError(key, () if sample is None else tuple(sample.strings))
        identity = Identity(key, len(found.status), engine_version=__version__)
        return identity, stored.plain_standing(found, sample.at)
    settings = sitefile.load(request.site_file)
    try:
        identity = identity_of(settings.site, key)
    except KeyError:
        known = tuple(string.key for string in settings.site.strings)
        raise UnknownStringError(key, known) from None
    if sample is None or found is None or len(found.status) != identity.cell_count:
        return identity, None
    kept = records.memories()
    extent = reader.extent()
    if extent is None or extent[1] > sample.at:
        # They are those of the newest sample.
        kept.pop(ALARMS_MEMORY, None)
    return identity, stored.concluded_standing(sample, key, settings, kept)


def _completed(identity: Identity, records: Records) -> Identity:
    """Add what the state database knows of the devices."""
    serials = records.serials()
    key, count = identity.string_key, identity.cell_count
    modules = tuple(serials.get(f"cell {key}:{cell}") for cell in range(1, count + 1))
    manager_id = key.rpartition("/")[0]
    manager = identity.manager_serial
    return replace(
        identity,
        site_id=identity.site_id or records.site_id(),
        manager_serial=serials.get(f"manager {manager_id}") if manager is None else manager,
        sensor_serial=serials.get(f"sensor {key}"),
        module_serials=modules if any(serial is not None for serial in modules) else (),
    )


def _odd_cells(standing: Standing | None) -> tuple[int, ...]:
    if standing is None or standing.concluded is None:
        return ()
    named = dict.fromkeys(finding.cell for finding in standing.concluded.findings)
    return tuple(named)[:ODD_CELLS]


def _events(
    reader: HistoryReader, request: Request, corrections: Corrections
) -> tuple[tuple[Happening, ...], int]:
    """Return the newest events of the string and of its manager, and how many more there are.

    Also those of the time that were written before anybody had set the clock.
    """
    key, start, end = request.string_key, request.start, request.end
    unset = min(start, FIRST_YEAR)

    def read(wanted: Wanted) -> Iterator[StoredEvent]:
        early = (
            found
            for found in _all_events(reader, None, unset, wanted)
            if start <= (corrections.corrected_at(found) or found.event.at) < end
        )
        usual = _all_events(reader, start, end, wanted)
        return heapq.merge(usual, early, key=lambda each: -each.id)

    own = read(Wanted(string_key=key))
    of_manager = (
        found
        for found in read(Wanted(manager_id=key.rpartition("/")[0]))
        if found.event.string_key is None
    )
    told: list[Happening] = []
    more = 0
    for found in heapq.merge(own, of_manager, key=lambda each: -each.id):
        if len(told) < MOST_EVENTS:
            told.append(_happening(found.event, corrections.corrected_at(found)))
        else:
            more += 1
    return tuple(told), more


def _all_events(
    reader: HistoryReader, since: datetime | None, until: datetime, wanted: Wanted
) -> Iterator[StoredEvent]:
    before_id = None
    while page := reader.events(
        since=since,
        until=until,
        limit=_EVENTS_AT_ONCE,
        before_id=before_id,
        wanted=wanted,
    ):
        yield from page
        before_id = page[-1].id


def _happening(event: Event, corrected_at: datetime | None) -> Happening:
    return Happening(
        at=event.at,
        kind=event.kind,
        text=event.text,
        by=event.by,
        cell=event.cell,
        rule=event.rule,
        data=event.data,
        severity=event.severity,
        corrected_at=corrected_at,
    )


def _curve(
    reader: HistoryReader, identity: Identity, discharges: Iterable[DischargeAnalysis]
) -> Curve | None:
    """Tell the newest discharge in time, with the cells that collapsed first one by one."""
    newest = next(iter(discharges), None)
    if newest is None:
        return None
    replay = retelling.replay_of(reader, newest.discharge.id, _CURVE_POINTS)
    count = replay.battery.cell_count
    if not replay.at or count != identity.cell_count:
        return None
    voltage = np.array(replay.voltage_v, dtype=np.float64)
    odd = [collapse.cell for collapse in newest.collapses][:ODD_CELLS]
    start = newest.discharge.started_at.timestamp()
    return Curve(
        hours=tuple((at / 1000 - start) / 3600 for at in replay.at),
        voltage_v=band(voltage, odd),
        current_a=tuple(replay.current_a),
    )


@dataclass(frozen=True, slots=True)
class _Run:
    """Consecutive buckets without a measurement, from and to, as indices."""

    first: int
    end: int


def _quality(reader: HistoryReader, request: Request, clock: ClockRecord) -> Quality:
    extent = reader.extent()
    told = Quality(
        first_sample=None if extent is None else extent[0],
        last_sample=None if extent is None else extent[1],
        synchronised=clock.synchronised,
        synchronised_since=clock.since,
        steps=clock.steps,
    )
    if extent is None or extent[0] >= request.end:
        return told
    start, end = max(request.start, extent[0]), request.end
    points = min(_MOST_QUALITY_STEPS, max(1, math.floor((end - start) / _QUALITY_STEP)))
    series = reader.series(request.string_key, None, "target_voltage_v", start, end, points)
    seen = series.count > 0
    if not len(seen):
        return told
    runs = sorted(_empty_runs(seen.tolist()), key=lambda run: run.first - run.end)[:_GAPS_TOLD]
    moments = [datetime.fromtimestamp(at / 1000, UTC) for at in series.at.tolist()]
    width = timedelta(seconds=series.width_s)
    return replace(
        told,
        recorded_share=float(np.count_nonzero(seen)) / len(seen),
        gaps=tuple(
            (moments[run.first], min(moments[run.end - 1] + width, end))
            for run in sorted(runs, key=lambda run: run.first)
        ),
        resolution_s=series.width_s,
    )


def _empty_runs(seen: list[bool]) -> Iterator[_Run]:
    first: int | None = None
    for index, here in enumerate([*seen, True]):
        if not here and first is None:
            first = index
        elif here and first is not None:
            yield _Run(first, index)
            first = None
