"""What stands in the state database beside measurements and events, as far as a report tells it."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from bacs_core.commissioning import pins
from bacs_core.history.clock_rows import Corrections, clock_rows, corrected_rows
from bacs_core.history.database import naming_errors, open_for_reading
from bacs_core.history.errors import HistoryError
from bacs_core.history.settings_rows import read_setting
from bacs_core.history.store import SITE_ID_KEY
from bacs_core.reports.content import Baseline, Values

#: Where the engine keeps what it remembers; the same as in `engine`, which would take long to load.
ALARMS_MEMORY: Final = "alarms"
LEARNED_MEMORY: Final = "learned"
TRIPS_MEMORY: Final = "trips"
WISHES_MEMORY: Final = "wishes"
MEMORIES: Final = (ALARMS_MEMORY, LEARNED_MEMORY, TRIPS_MEMORY, WISHES_MEMORY)


@dataclass(frozen=True, slots=True)
class ClockRecord:
    """How far the clock could be trusted: its last state and since when, steps in seconds.

    `corrections` put the times of events right.
    """

    synchronised: bool | None = None
    since: datetime | None = None
    steps: tuple[tuple[datetime, float], ...] = ()
    corrections: Corrections = field(default_factory=lambda: Corrections(()))


class Records:
    """The rows of the state database, for reading. Raises `HistoryError`."""

    def __init__(self, state_dir: Path) -> None:
        """Open it."""
        self._database = open_for_reading(state_dir)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()

    def memory(self, key: str) -> object:
        """Return what the engine remembers under `key`; what cannot be read is not known."""
        try:
            return read_setting(self._database, key)
        except HistoryError:
            return None

    def memories(self) -> dict[str, object]:
        """Return the `MEMORIES`: nothing for what was never kept, without what cannot be read."""
        found: dict[str, object] = {}
        for key in MEMORIES:
            with contextlib.suppress(HistoryError):
                found[key] = read_setting(self._database, key)
        return found

    def site_id(self) -> str | None:
        """Return the identity of the site."""
        kept = self.memory(SITE_ID_KEY)
        return kept if isinstance(kept, str) else None

    def serials(self) -> dict[str, int]:
        """Return the serial numbers of the devices that were believed, by place."""
        return pins.restore(self.memory(pins.MEMORY))[0]

    def baseline(self, string_key: str, cell_count: int) -> Baseline | None:
        """Return the learnt resistance of each cell, `None` before the first was written down."""
        return baseline_of(self.memory(LEARNED_MEMORY), string_key, cell_count)

    def clock(self, since: datetime, until: datetime) -> ClockRecord:
        """Return what was recorded of the clock: its last state, and its steps in that time."""
        with naming_errors("cannot read the states of the clock"):
            kept = clock_rows(self._database)
        corrections = Corrections(kept)
        rows = [row for row in corrected_rows(kept) if row.at < until]
        if not rows:
            return ClockRecord(corrections=corrections)
        steps = tuple((row.at, row.step_s) for row in rows if row.step_s and row.at >= since)
        last = rows[-1].synchronised
        alike = takewhile(lambda row: row.synchronised is last, reversed(rows))
        *_, first = alike
        return ClockRecord(last, first.at, steps, corrections)


def baseline_of(kept: object, string_key: str, cell_count: int) -> Baseline | None:
    """Take the learnt resistances of a string out of what the engine keeps of its learning."""
    strings = kept.get("estimation") if isinstance(kept, Mapping) else None
    told = strings.get(string_key) if isinstance(strings, Mapping) else None
    if not isinstance(told, Mapping) or told.get("cells") != cell_count:
        return None
    part = told.get("resistance")
    learnt = part.get("learnt") if isinstance(part, Mapping) else None
    samples = part.get("samples") if isinstance(part, Mapping) else None
    if not isinstance(learnt, list) or not isinstance(samples, list):
        return None
    if len(learnt) != cell_count or len(samples) != cell_count:
        return None
    at = told.get("at")
    return Baseline(
        _numbers(learnt),
        tuple(count if isinstance(count, int) else 0 for count in samples),
        datetime.fromtimestamp(at, UTC) if isinstance(at, int | float) else None,
    )


def _numbers(values: list[Any]) -> Values:
    return tuple(
        float(value) if isinstance(value, int | float) and math.isfinite(value) else None
        for value in values
    )
