"""Days whose samples were thinned out come as the means that are kept of them."""

import csv
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bacs_core.history.export.contents import day_file
from bacs_core.history.export.scope import Scope
from bacs_core.history.export.targets import FolderTarget
from bacs_core.history.export.thinned import Means
from bacs_core.history.export.times import Day
from bacs_core.history.export.writing import write_export
from bacs_core.history.measured import Tier
from bacs_core.history.measurements.reading import MeasurementReader
from bacs_core.history.moments import to_moment
from bacs_core.history.reader import HistoryReader
from bacs_core.history.store import History
from bacs_core.model import Quantity
from bacs_core.settings import Keeping
from tests.core.history.export.recording import BEGIN, KEY, Recording
from tests.core.history.measurements.plant import DAY, HOUR, START, hasty, layouts, moments

RECORDING = Recording(cells=3, days=2, discharge_day=-1, discharge_s=1, every_s=30)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("os.fdatasync", lambda _descriptor: None)
    with closing(History(tmp_path, keeping=Keeping(full_days=0.5))) as history:
        RECORDING.write(history)
    return tmp_path


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))[1:]


def test_means_of_minutes_stand_where_samples_are_no_longer_kept(state: Path) -> None:
    with HistoryReader(state) as reader:
        kept_from = {extent.tier: extent.first for extent in reader.tiers()}[Tier.FULL]
    assert kept_from > (BEGIN + timedelta(days=1)).timestamp() * 1000
    scope = Scope(BEGIN, BEGIN + timedelta(days=2), zone=UTC)
    write_export(state, FolderTarget(state / "out"), scope, BEGIN)

    first = RECORDING.day(0)
    found = rows(state / "out" / day_file(KEY, BEGIN.date(), "volt"))
    # Two samples a minute.
    means = first.column(Quantity.VOLTAGE).reshape(1440, 2, 3).mean(axis=1) / 1000
    assert len(found) == 1440
    assert [found[0][0], found[1][0]] == ["2026-11-01T00:00:00.000Z", "2026-11-01T00:01:00.000Z"]
    values = np.array([row[2:] for row in found], dtype=float)
    assert np.allclose(values, means, rtol=0, atol=0.0011)

    # Each moment comes once: as a mean, or as the samples it was.
    times = [
        datetime.fromisoformat(row[0])
        for day in range(2)
        for row in rows(state / "out" / day_file(KEY, (BEGIN + timedelta(days=day)).date(), "volt"))
    ]
    steps = {(later - earlier).total_seconds() for earlier, later in pairwise(times)}
    assert steps == {60.0, 30.0}
    system = {row[2]: row[3] for row in rows(state / "out/System.csv")}
    assert system["means of minutes or hours before (UTC)"] > "2026-11-02"
    log = rows(state / "out/DataLog.csv")
    assert log[0][3] != ""
    assert log[0][10] != ""


def test_where_every_sample_is_there_nothing_is_a_mean(tmp_path: Path) -> None:
    with closing(History(tmp_path)) as history:
        Recording(cells=2, days=1, discharge_day=-1, discharge_s=1, every_s=1800).write(history)
    scope = Scope(None, BEGIN + timedelta(days=2), zone=UTC)
    write_export(tmp_path, FolderTarget(tmp_path / "out"), scope, BEGIN)
    names = {row[2] for row in rows(tmp_path / "out/System.csv")}
    assert "means of minutes or hours before (UTC)" not in names


def test_the_hour_in_which_the_samples_begin_is_told_from_its_first_minute(tmp_path: Path) -> None:
    morning = START // DAY * DAY + 9 * HOUR
    kept_from = morning + 2 * HOUR + HOUR // 2
    with closing(hasty(tmp_path)) as history:
        # Windows of half an hour; a clock that was not set once; a later day, so that all is old.
        for first, count in ((morning, 4 * 720), (60_000, 5), (morning + 2 * DAY, 5)):
            for taken in moments(layouts(2), count, first=first, step=5000):
                history.record(taken, flush=False)
            history.begin_epoch()
        history.seal_all()
        while history.maintain():
            pass
        history.database.conn.execute(
            "DELETE FROM windows WHERE tier = 'full' AND first >= ? AND first < ?",
            (morning, kept_from),
        )
    with closing(MeasurementReader(tmp_path)) as reader:
        assert reader.thinned_until() == kept_from
    day = Day(to_moment(morning).date(), to_moment(morning), to_moment(morning + DAY))
    stray = Day(to_moment(0).date(), to_moment(0), to_moment(DAY))
    with closing(Means(tmp_path)) as means:
        at = np.concatenate([block.at for block in means.blocks("m/1", day)]).tolist()
        old = np.concatenate([block.at for block in means.blocks("m/1", stray)]).tolist()
    assert at == [
        *range(morning, kept_from, 60_000),
        *range(kept_from, morning + 4 * HOUR, 5000),
    ]
    assert old == list(range(60_000, 85_000, 5000))


def test_an_hour_that_its_minutes_do_not_tell_comes_as_its_mean(tmp_path: Path) -> None:
    morning = START // DAY * DAY + 9 * HOUR
    with closing(hasty(tmp_path)) as history:
        for first in (morning, morning + 2 * DAY):
            for taken in moments(layouts(2), 180, first=first, step=60_000):
                history.record(taken, flush=False)
        history.seal_all()
        while history.maintain():
            pass
        history.database.conn.execute(
            "DELETE FROM windows WHERE tier IN ('full', 'minute') AND first < ?", (morning + DAY,)
        )
    day = Day(to_moment(morning).date(), to_moment(morning), to_moment(morning + DAY))
    with closing(Means(tmp_path)) as means:
        at = np.concatenate([block.at for block in means.blocks("m/1", day)]).tolist()
        assert means.remarks == ()
    assert at == [morning, morning + HOUR, morning + 2 * HOUR]
