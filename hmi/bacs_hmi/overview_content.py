"""What the overview shows of the mirror of the engine; what did not move is not read anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bacs_core.api.live import LiveSite, LiveString
from bacs_core.api.messages import StringScalars
from bacs_core.model import AlarmSeverity, Quantity, TripState
from bacs_hmi.ages import Ages, ages_of
from bacs_hmi.contents import rounded, sum_decimals
from bacs_hmi.frames import OverviewContent, StringMark, marks_of

_COUNTED: Final = {AlarmSeverity.ALARM: 0, AlarmSeverity.WARNING: 1}
_NONE_RAISED: Final = (0, 0)


@dataclass(frozen=True, slots=True)
class _Marked:
    """The marks of the cells of a string, and what they were made of."""

    made_of: tuple[object, ...]
    voltages: list[float | None]
    status: list[int]
    marks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Told:
    """What is told of a string, and what it was made of; the scalars are the very same object."""

    scalars: StringScalars
    made_of: tuple[object, ...]
    mark: StringMark


class _Judge:
    """Judges the ages of strings; most of a plant is read at the same moment, and judged once."""

    def __init__(self, live: LiveSite) -> None:
        self._live = live
        self._known: dict[tuple[float | None, int, float | None], Ages] = {}

    def ages(self, mirror: LiveString) -> Ages:
        """Tell how old the voltages of a string are."""
        times = mirror.read_at.get(Quantity.VOLTAGE)
        limit_s = mirror.string.stale_after_s.get(Quantity.VOLTAGE)
        if not times or times.count(times[0]) != len(times):
            return ages_of(self._live, times, limit_s)
        told = (times[0], len(times), limit_s)
        ages = self._known.get(told)
        if ages is None:
            ages = self._known[told] = ages_of(self._live, times, limit_s)
        return ages


class OverviewReader:
    """Reads what the overview shows; a string is told anew only where something moved."""

    def __init__(self) -> None:
        self._marked: dict[str, _Marked] = {}
        self._told: dict[str, _Told] = {}

    def read(self, live: LiveSite) -> OverviewContent:
        """Read the newest values."""
        if live.info is None:
            return OverviewContent((), (), ())
        raised = _raised(live)
        judge = _Judge(live)
        strings, marks = [], []
        for key, mirror in live.strings.items():
            ages = judge.ages(mirror)
            strings.append(self._mark(key, mirror, ages, raised.get(key, _NONE_RAISED)))
            marks.append(self._marks(key, mirror, ages))
        return OverviewContent(
            managers=tuple(
                live.managers[manager.id].online if manager.id in live.managers else None
                for manager in live.info.site.managers
            ),
            strings=tuple(strings),
            marks=tuple(marks),
            engine_gone=not live.connected,
        )

    def _marks(self, key: str, mirror: LiveString, ages: Ages) -> tuple[int, ...]:
        string, target_v = mirror.string, mirror.scalars.target_voltage_v
        voltages = mirror.columns.get(Quantity.VOLTAGE) or [None] * string.cell_count
        status = mirror.status
        made_of = (target_v, ages.stale, string.cell_voltage_v)
        before = self._marked.get(key)
        if before is None or before.made_of != made_of or before.status != status:
            marks = marks_of(voltages, target_v, string.cell_voltage_v, status, ages.stale)
        elif before.voltages == voltages:
            return before.marks
        else:
            marks = _moved(before, voltages, mirror, ages)
        if before is not None and before.marks == marks:
            marks = before.marks
        # The mirror changes its columns in place.
        self._marked[key] = _Marked(made_of, list(voltages), list(status), marks)
        return marks

    def _mark(
        self, key: str, mirror: LiveString, ages: Ages, raised: tuple[int, int]
    ) -> StringMark:
        trip = TripState.NO_BREAKER if mirror.brain is None else mirror.brain.trip.state
        age_s = _shown_age_s(ages, mirror.string.stale_after_s[Quantity.VOLTAGE])
        made_of = (age_s, raised, trip)
        before = self._told.get(key)
        if before is not None and before.scalars is mirror.scalars and before.made_of == made_of:
            return before.mark
        mark = _string_mark(mirror, age_s, raised, trip)
        self._told[key] = _Told(mirror.scalars, made_of, mark)
        return mark


def _moved(
    before: _Marked, voltages: Sequence[float | None], mirror: LiveString, ages: Ages
) -> tuple[int, ...]:
    """Mark the cells anew whose voltage moved; of most strings these are one or two."""
    moved = [
        index
        for index, (voltage_v, old_v) in enumerate(zip(voltages, before.voltages, strict=True))
        if voltage_v != old_v
    ]
    marks = list(before.marks)
    told = marks_of(
        [voltages[index] for index in moved],
        mirror.scalars.target_voltage_v,
        mirror.string.cell_voltage_v,
        [mirror.status[index] for index in moved],
        [ages.is_stale(index) for index in moved],
    )
    for index, mark in zip(moved, told, strict=True):
        marks[index] = mark
    return tuple(marks)


def _raised(live: LiveSite) -> Mapping[str | None, tuple[int, int]]:
    """Count the active alarms and warnings of each string."""
    counts: dict[str | None, list[int]] = {}
    for alarm in live.alarms.values():
        place = _COUNTED.get(alarm.severity)
        if alarm.active and place is not None:
            counts.setdefault(alarm.string_key, [0, 0])[place] += 1
    return {key: (alarms, warnings) for key, (alarms, warnings) in counts.items()}


def _shown_age_s(ages: Ages, limit_s: float) -> int | None:
    """Tell the age of the newest reading; that of a fresh one changes always and is not shown."""
    if ages.newest_s is None:
        return None
    return 0 if ages.newest_s <= limit_s else int(ages.newest_s)


def _string_mark(
    mirror: LiveString, age_s: int | None, raised: tuple[int, int], trip: TripState
) -> StringMark:
    scalars = mirror.scalars
    return StringMark(
        sum_voltage_v=rounded(scalars.sum_voltage_v, 1.0, sum_decimals(mirror.string)),
        current_a=rounded(scalars.current_a, 1.0, 1),
        equalization=scalars.equalization,
        inhibited_by=tuple(scalars.inhibited_by),
        age_s=age_s,
        alarms=raised[0],
        warnings=raised[1],
        trip=trip,
    )
