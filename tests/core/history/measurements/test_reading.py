"""What is read while the history is thinned out, derived, or recorded under a wrong clock."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bacs_core.history.measured import Series, Tier
from bacs_core.history.measurements import trending
from bacs_core.history.measurements.deriving import derive_next
from bacs_core.history.measurements.reading import MeasurementReader
from bacs_core.history.measurements.writer import MeasurementWriter
from tests.core.history.measurements.plant import DAY, HOUR, START, hasty, layouts, moments

MIDNIGHT = START // DAY * DAY
MINUTE = 60_000
STRINGS = layouts(4)
#: One sample a minute; the last half hour is not sealed yet.
SAMPLES = 49 * 60 + 30


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("recording")
    with closing(hasty(state)) as history:
        for taken in moments(STRINGS, SAMPLES, first=MIDNIGHT, step=MINUTE):
            history.record(taken, flush=False)
    return state


@pytest.fixture
def underived(recording: Path, tmp_path: Path) -> Path:
    shutil.copytree(recording, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def state(underived: Path) -> Path:
    with closing(hasty(underived)) as history:
        maintained(history)
    return underived


def maintained(history: MeasurementWriter) -> None:
    while history.maintain():
        pass


def delete(state: Path, tier: Tier, before: int) -> None:
    with closing(hasty(state)) as history:
        history.database.conn.execute(
            "DELETE FROM chunks WHERE id IN (SELECT chunk_id + part FROM windows,"
            " (SELECT 0 AS part UNION SELECT 1) WHERE tier = ? AND first < ?)",
            (tier, before),
        )
        history.database.conn.execute(
            "DELETE FROM windows WHERE tier = ? AND first < ?", (tier, before)
        )


def voltage(state: Path, start: int, end: int, points: int) -> Series:
    with closing(MeasurementReader(state)) as reader:
        return reader.series("m/1", 1, "voltage_v", start, end, points)


@pytest.mark.parametrize("minutes", [1, 30, 59, 90])
def test_a_range_that_begins_shortly_before_the_first_sample_left_has_no_gap(
    state: Path, minutes: int
) -> None:
    kept_from = MIDNIGHT + 10 * HOUR
    delete(state, Tier.FULL, kept_from)
    found = voltage(state, kept_from - minutes * MINUTE, kept_from + 2 * HOUR, 120 + minutes)
    assert found.count.tolist() == [1] * (120 + minutes)
    assert voltage(state, kept_from, kept_from + 2 * HOUR, 120).tier is Tier.FULL


def test_quarters_without_their_minutes_are_not_drawn(state: Path) -> None:
    delete(state, Tier.FULL, MIDNIGHT + DAY)
    delete(state, Tier.MINUTE, MIDNIGHT + DAY)
    for points in (300, 20):
        found = voltage(state, MIDNIGHT, MIDNIGHT + 5 * HOUR, points)
        assert found.tier is Tier.HOUR
        assert found.count.tolist() == [60] * 5


def test_a_few_samples_under_an_old_clock_hide_no_minutes(state: Path) -> None:
    delete(state, Tier.FULL, MIDNIGHT + DAY)
    with closing(hasty(state)) as history:
        history.begin_epoch()
        for taken in moments(STRINGS, 5, first=MINUTE, step=MINUTE):
            history.record(taken, flush=False)
        history.begin_epoch()
        history.seal_all()
    found = voltage(state, MIDNIGHT + HOUR, MIDNIGHT + 3 * HOUR, 120)
    assert found.tier is Tier.QUARTER
    assert found.count.tolist() == [1] * 120


@pytest.mark.parametrize("hours", [1, 5])
@pytest.mark.parametrize("start", [MIDNIGHT, MIDNIGHT + 20 * HOUR + 7 * MINUTE])
@pytest.mark.parametrize("end", [MIDNIGHT + 47 * HOUR + 20 * MINUTE, MIDNIGHT + 49 * HOUR + MINUTE])
def test_the_last_bucket_is_filled_to_its_end(
    state: Path, start: int, end: int, hours: int
) -> None:
    found = voltage(state, start, end, max(1, (end - start) // HOUR // hours))
    every = MIDNIGHT + MINUTE * np.arange(SAMPLES)
    assert found.tier is Tier.HOUR
    assert found.count.tolist() == [
        int(((every >= at) & (every < at + found.width_s * 1000)).sum()) for at in found.at
    ]


def test_a_day_that_is_derived_while_it_is_read_counts_once(
    underived: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(hasty(underived)) as history:
        for taken in moments(STRINGS, 2, first=MIDNIGHT - 3 * DAY, step=MINUTE):
            history.record(taken, flush=False)
        history.seal_all()
        # There is a tier, but not yet of these days.
        derive_next(history.database, before=MIDNIGHT - DAY)
        add_steps = trending._add_steps

        def meanwhile(*arguments: Any) -> None:
            while derive_next(history.database, before=MIDNIGHT + 2 * DAY) is not None:
                pass
            add_steps(*arguments)

        monkeypatch.setattr(trending, "_add_steps", meanwhile)
        for _ in range(2):
            found = voltage(underived, MIDNIGHT, MIDNIGHT + 2 * DAY, 48)
            assert found.tier is Tier.HOUR
            assert found.count.tolist() == [60] * 48


def test_what_is_deleted_during_a_long_read_is_left_out_and_is_no_damage(state: Path) -> None:
    with closing(MeasurementReader(state)) as reader:
        blocks = reader.blocks("m/1", MIDNIGHT, MIDNIGHT + 3 * DAY)
        read = [next(blocks)]
        delete(state, Tier.FULL, MIDNIGHT + DAY)
        read += blocks
        assert reader.remarks == ()
    values = np.concatenate([block.columns["voltage_v"] for block in read])
    assert len(values) == 60 + SAMPLES - 24 * 60
    assert not np.isnan(values).any()


def test_between_two_blocks_the_log_of_the_database_can_be_begun_anew(state: Path) -> None:
    with closing(MeasurementReader(state)) as reader, closing(hasty(state)) as history:
        blocks = reader.blocks("m/1", MIDNIGHT, MIDNIGHT + 3 * DAY)
        next(blocks)
        history.database.conn.execute("PRAGMA busy_timeout = 0")
        history.database.conn.execute("DELETE FROM damage")
        ((busy, *_),) = history.database.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        assert not busy


def test_the_newest_sample_is_found_among_many_windows_that_overlap(tmp_path: Path) -> None:
    with closing(hasty(tmp_path)) as history:
        for after, count in ((0, 330), (20, 12), (21, 6), (22, 6)):
            for taken in moments(STRINGS, count, first=START + after * MINUTE):
                history.record(taken, flush=False)
            history.begin_epoch()
        history.seal_all()
    with closing(MeasurementReader(tmp_path)) as reader:
        sample = reader.sample_at(START + 54 * MINUTE)
    assert sample is not None
    assert sample.at.timestamp() * 1000 == START + 54 * MINUTE
