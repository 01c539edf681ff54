"""What is concluded without an engine: where a string floats, and which limits are crossed.

Pure functions of `bacs-core`, fed with what was read. Nothing is equalized and nothing is
protected: for the rules that ask, no bypass was ever ordered and no runaway was ever judged.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from bacs_core import equalization, estimation, protection
from bacs_core.alarms import machine, view
from bacs_core.alarms.book import AlarmBook
from bacs_core.api.service import Tick
from bacs_core.equalization import Plan
from bacs_core.frame import gather
from bacs_core.model import EqualizationState, EqualizedBy, Site, String
from bacs_core.polling.image import StringImage
from bacs_core.polling.wiring import Wiring
from bacs_core.protection import Verdict
from bacs_core.rows import Rows, rows_of
from bacs_core.snapshot import (
    EqualizationSummary,
    ManagerSnapshot,
    Snapshot,
    StringReadings,
    StringSnapshot,
)
from bacs_core.summary import summarize


@dataclass(frozen=True, slots=True)
class Nothing:
    """What equalization and protection conclude of a plant that they never saw."""

    rows: Rows
    plan: Plan
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Memory:
    """What is carried from one tick to the next."""

    sequence: int
    estimation: estimation.Memory
    alarms: AlarmBook


def nothing_of(site: Site) -> Nothing:
    """Conclude nothing of a site."""
    rows = rows_of(site.strings)
    unread = {string.key: StringImage(string).freeze(0.0) for string in site.strings}
    frame = gather(rows, unread, 0.0)
    estimates, _ = estimation.estimate(frame, estimation.initial(rows))
    orders = equalization.orders_of(rows)
    return Nothing(
        rows,
        equalization.plan(frame, estimates, equalization.initial(rows), orders),
        protection.judge(frame, estimates, protection.initial(rows)),
    )


def first_memory(nothing: Nothing) -> Memory:
    """Begin with nothing learned and nothing raised."""
    return Memory(0, estimation.initial(nothing.rows), AlarmBook())


def shifted(memory: Memory, step_s: float) -> Memory:
    """Move every kept time by a step of the clock."""
    return replace(
        memory,
        estimation=estimation.shifted(memory.estimation, step_s),
        alarms=machine.shifted(memory.alarms, step_s),
    )


def judge(
    wiring: Wiring,
    managers: Mapping[str, ManagerSnapshot],
    nothing: Nothing,
    before: Memory,
    now: float,
) -> tuple[Tick, Memory]:
    """Conclude everything of one tick at unix time `now`."""
    site, rows = wiring.settings.site, nothing.rows
    readings = {key: image.freeze(now) for key, image in wiring.images.items()}
    lines = wiring.line_snapshots()
    frame = gather(rows, readings, now)
    estimates, learned = estimation.estimate(frame, before.estimation)
    inputs = machine.Inputs(
        frame=frame,
        estimates=estimates,
        plan=nothing.plan,
        verdict=nothing.verdict,
        testing=np.zeros(rows.string_count, np.bool_),
        managers=managers,
        lines=lines,
        line_of=wiring.line_of,
        readings=readings,
    )
    alarms = machine.evaluate(site, inputs, before.alarms, now)
    after = Memory(before.sequence + 1, learned, alarms)
    snapshot = Snapshot(
        sequence=after.sequence,
        at=datetime.fromtimestamp(now, UTC),
        strings={
            string.key: _string(string, readings[string.key], alarms, now)
            for string in site.strings
        },
        managers=managers,
        lines=lines,
    )
    told = (view.to_message(alarm, site) for alarm in alarms.raised)
    # Nobody can acknowledge here, so what is over is over.
    return Tick(snapshot, tuple(alarm for alarm in told if alarm.active)), after


def _string(
    string: String, readings: StringReadings, alarms: AlarmBook, now: float
) -> StringSnapshot:
    reported = readings.reported_equalization or EqualizationState.UNKNOWN
    equalizes = string.equalized_by is EqualizedBy.MANAGER
    return StringSnapshot(
        string=string,
        readings=readings,
        summary=summarize(string, readings, now),
        equalization=EqualizationSummary(reported if equalizes else EqualizationState.NOT_OFFERED),
        status=machine.cell_status(alarms, string, readings, now),
    )
