"""Ages count in recorded time: no clock makes anything old, and all that is old goes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
import pytest

from bacs_core.history.clock_rows import ClockRow
from bacs_core.history.layout import COLUMNS, SCALARS
from bacs_core.history.measurements import recorded_time
from bacs_core.history.measurements.pruning import used_bytes
from bacs_core.history.measurements.reading import MeasurementReader
from bacs_core.history.measurements.recorded_time import LONGEST_PAUSE_MS, RecordedTime
from bacs_core.history.measurements.taken import Taken
from bacs_core.history.measurements.windows import select_windows
from bacs_core.history.measurements.writer import MeasurementWriter
from bacs_core.history.moments import to_moment
from bacs_core.settings import Keeping
from tests.core.history.measurements.plant import DAY, HOUR, START, STEP, hasty, layouts, moments

MINUTE: Final = 60_000
TEN_YEARS: Final = 3653 * DAY
EVER: Final = 1 << 45
#: How often the plant of the random walk is sampled.
RARELY: Final = 2 * HOUR
STRINGS: Final = layouts(1)


def total_ms(*samples: tuple[int, int]) -> int:
    """Return the recorded time of samples (seconds, epoch) after a day."""
    recorded = RecordedTime(DAY)
    for at_s, epoch in samples:
        recorded.advance(START + at_s * 1000, epoch)
    return recorded.total_ms - DAY


def test_regular_samples_add_the_time_between_them() -> None:
    assert total_ms(*((10 * number, 1) for number in range(361))) == HOUR


def test_a_pause_counts_as_a_minute() -> None:
    assert total_ms((0, 1), (86_400, 1)) == LONGEST_PAUSE_MS == MINUTE


def test_ticks_that_come_late_count_once() -> None:
    late = [(number, 1) for number in range(40, 101)]
    assert total_ms(*((10 * number, 1) for number in range(11)), *late, (110, 1)) == 110_000


def test_a_clock_step_adds_nothing_where_it_is_noticed_and_a_minute_where_not() -> None:
    ahead_s = TEN_YEARS // 1000
    assert total_ms((0, 1), (10, 1), (ahead_s, 2), (ahead_s + 10, 2), (20, 3), (30, 3)) == 30_000
    assert total_ms((0, 1), (10, 1), (ahead_s, 1), (ahead_s + 10, 1), (20, 1), (30, 1)) == 90_000


def recorded_ms(history: MeasurementWriter) -> int:
    ((recorded,),) = history.database.conn.execute("SELECT max(recorded_ms) FROM windows")
    return int(recorded)


def test_restarts_count_nothing_twice(tmp_path: Path) -> None:
    strings = layouts(2, 1)
    for number, taken in enumerate(moments(strings, 200)):
        # The second string is sealed less often, so the journal holds more than is open.
        if number % 40 == 0:
            history = hasty(tmp_path)
        history.record(taken if number % 10 == 0 else taken.only(np.array([True, False])))
        if number % 40 == 39:
            if number == 119:
                history._seal(["m/1"])
            history.close()
    with closing(hasty(tmp_path)) as history:
        history.seal_all()
        assert recorded_ms(history) == 199 * STEP


def test_a_string_that_left_the_site_grows_old_with_the_others(tmp_path: Path) -> None:
    both = layouts(1, 1)
    with closing(
        hasty(tmp_path, Keeping(full_days=0.1, minute_days=0.1, hour_days=0.1))
    ) as history:
        for taken in moments(both, 60, step=MINUTE):
            history.record(taken)
        for taken in moments(both[:1], 6 * 60, first=START + HOUR, step=MINUTE):
            history.record(taken)
        while history.maintain():
            pass
    with closing(MeasurementReader(tmp_path)) as reader:
        assert list(reader.strings()) == ["m/1"]


@dataclass(slots=True)
class Walk:
    """A machine whose clock is set at random by up to ten years either way."""

    random: Random
    state: Path
    keeping: Keeping
    passed: int = 0
    off_by: int = 0
    taken: int = 0
    boot: int = 0
    lost_ms: int = 0
    """The most that noticed steps and starts may leave out of recorded time."""

    def run(self, samples: int) -> None:
        end = self.taken + samples
        while self.taken < end:
            with closing(hasty(self.state, self.keeping)) as history:
                self._start(history)
                while self.taken < end and self.random.random() > 0.02:
                    if self.random.random() < 0.08:
                        self._set_clock(history)
                    history.record(next(self._sample()))
                    history.maintain()
                while history.maintain():
                    pass

    def _start(self, history: MeasurementWriter) -> None:
        """Some starts are those of the machine, after days without power."""
        self.lost_ms += RARELY
        if self.random.random() < 0.5:
            self.boot = self.passed = self.passed + self.random.randrange(5 * DAY)
            self.off_by = self._wrong()
        history.follow_clock(self._row(0))

    def _set_clock(self, history: MeasurementWriter) -> None:
        before, self.off_by = self.off_by, self._wrong()
        if self.random.random() < 0.7:
            self.lost_ms += RARELY
            history.follow_clock(self._row(self.off_by - before))

    def _wrong(self) -> int:
        return self.random.choice((0, 0, -START, self.random.randint(-TEN_YEARS, TEN_YEARS)))

    def _row(self, step: int) -> ClockRow:
        at = to_moment(START + self.passed + self.off_by)
        uptime_s = (self.passed - self.boot) / 1000
        return ClockRow(at, str(self.boot), uptime_s, synchronised=None, step_s=step / 1000)

    def _sample(self) -> Iterator[Taken]:
        """Take the next sample: the voltage is its number, in millivolts."""
        self.passed += RARELY
        columns = np.zeros((len(COLUMNS), 1), dtype=np.int32)
        columns[0] = self.taken
        scalars = np.zeros((1, len(SCALARS)), dtype=np.int32)
        at = START + self.passed + self.off_by
        self.taken += 1
        yield Taken(at, STRINGS, columns, scalars, np.ones(1, dtype=np.bool_))


def kept(state: Path) -> list[int]:
    """Return the numbers of the samples that are kept in full, sorted."""
    with closing(MeasurementReader(state)) as reader:
        found = [
            np.rint(1000 * block.columns["voltage_v"][:, 0])
            for block in reader.blocks("m/1", -EVER, EVER)
        ]
    return sorted(np.concatenate(found).astype(int).tolist())


def samples_in_hours(history: MeasurementWriter) -> int:
    """Count the samples behind the hours, and those that are not derived yet."""
    wanted = "tier = 'hour' OR (tier = 'full' AND derived = 0)"
    windows = select_windows(history.database, wanted, ())
    return sum(int(window.moments()[1].sum()) for window in windows)


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 20))]
)
def test_however_the_clock_jumps_nothing_goes_early_nor_stays_for_ever_and_the_budget_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(recorded_time, "LONGEST_PAUSE_MS", RARELY)
    keeping = Keeping(full_days=8, minute_days=8, hour_days=20)
    walk = Walk(Random(seed), tmp_path, keeping)
    walk.run(400)
    full = kept(tmp_path)
    per_day = DAY // RARELY
    assert full == list(range(full[0], walk.taken))
    assert len(full) >= 8 * per_day
    with closing(hasty(tmp_path, keeping)) as history:
        in_hours = samples_in_hours(history)
        unset = history.database.conn.execute("SELECT count(*) FROM unset_epochs").fetchone()[0]
        size = used_bytes(history.database)
    assert in_hours >= 20 * per_day
    # What may be moved yet stays.
    assert unset or len(full) <= 8 * per_day + walk.lost_ms // RARELY
    with closing(hasty(tmp_path, Keeping(budget_bytes=size * 3 // 4))) as history:
        history.seal_all()
        while history.maintain():
            pass
        assert used_bytes(history.database) <= size * 3 // 4
    left = kept(tmp_path)
    assert left == full[-len(left) :]
    assert len(left) < len(full)


def test_no_more_goes_than_the_budget_asks_for(tmp_path: Path) -> None:
    with closing(hasty(tmp_path)) as history:
        # Days that are over are in the tiers already, so pruning adds nothing.
        for first, count in ((START, 12 * 60), (START + 2 * DAY, 1)):
            for taken in moments(layouts(100), count, first=first, step=MINUTE):
                history.record(taken)
        history.seal_all()
        while history.maintain():
            pass
        size, full = used_bytes(history.database), sizes_in_full(history)
    with closing(hasty(tmp_path, Keeping(budget_bytes=size - 2 * full[0]))) as history:
        while history.maintain():
            pass
        assert used_bytes(history.database) <= size - 2 * full[0]
        # Pages are freed whole, so it may take one more.
        assert full[3:] == sizes_in_full(history)[-len(full[3:]) :]
        assert len(sizes_in_full(history)) < len(full)


def sizes_in_full(history: MeasurementWriter) -> list[int]:
    rows = history.database.conn.execute("SELECT bytes FROM windows WHERE tier = 'full'")
    return [int(size) for (size,) in rows.fetchall()]
