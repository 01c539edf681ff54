"""Recording: nothing taken is lost or doubled, whenever it stops and whatever the clock says."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bacs_core.history.measurements import sealing, writer as writer_module
from bacs_core.history.measurements.buffers import CAPACITY
from bacs_core.history.measurements.journal import journal_path
from bacs_core.history.measurements.numbers import ABSENT
from bacs_core.history.measurements.reading import MeasurementReader
from bacs_core.history.measurements.taken import Taken
from tests.core.history.measurements.plant import (
    DAY,
    HOUR,
    START,
    STEP,
    hasty,
    layouts,
    moments,
    writer,
)

STRINGS = layouts(5, 3)
EVER = 1 << 45


def stored(state: Path, key: str) -> dict[int, NDArray[Any]]:
    """Return (columns, cells) of every moment of a string in volts and so on; none is doubled."""
    found: dict[int, NDArray[Any]] = {}
    last = -EVER
    with closing(MeasurementReader(state)) as reader:
        for block in reader.blocks(key, -EVER, EVER):
            for place, at in enumerate(block.at.tolist()):
                assert at >= last
                assert at not in found
                found[at] = np.stack([column[place] for column in block.columns.values()])
                last = at
    return found


def wanted(every: list[Taken], place: int) -> dict[int, NDArray[Any]]:
    steps = np.array([[track.steps_per_unit] for track in STRINGS[0].columns])
    found = {}
    for taken in every:
        if taken.kept[place]:
            first = sum(string.cell_count for string in taken.strings[:place])
            numbers = taken.columns[:, first : first + taken.strings[place].cell_count]
            found[taken.at] = np.where(numbers == ABSENT, np.nan, numbers / steps)
    return found


def assert_all_there(state: Path, every: list[Taken]) -> None:
    for place, key in enumerate(("m/1", "m/2")):
        back, expected = stored(state, key), wanted(every, place)
        assert list(back) == sorted(expected)
        for at, numbers in expected.items():
            np.testing.assert_array_equal(back[at], numbers)


def test_what_was_recorded_comes_back_bit_exact_over_restarts_and_sealings(tmp_path: Path) -> None:
    every = list(moments(STRINGS, 500, holes=0.05))
    for first in (0, 130, 380):
        with closing(hasty(tmp_path)) as history:
            for taken in every[first : {0: 130, 130: 380, 380: 500}[first]]:
                history.record(taken)
    assert_all_there(tmp_path, every)


def test_numbers_of_any_size_come_back(tmp_path: Path) -> None:
    every = list(moments(STRINGS, 30))
    random = np.random.default_rng(5)
    for taken in every[10:]:
        taken.columns[:, 2] = random.integers(-(1 << 31) + 2000, (1 << 31) - 2000, 6)
        taken.columns[3, 4] = 40_000
    with closing(hasty(tmp_path)) as history:
        for taken in every:
            history.record(taken)
        assert_all_there(tmp_path, every)
        history.seal_all()
    assert_all_there(tmp_path, every)


def test_ticks_of_one_string_stand_beside_the_regular_samples_of_all(tmp_path: Path) -> None:
    every = []
    for index, taken in enumerate(moments(STRINGS, 800, step=1000)):
        if index % 10 == 0:
            every.append(taken)
        elif index > 300:
            every.append(taken.only(np.array([True, False])))
    with closing(hasty(tmp_path)) as history:
        for taken in every:
            history.record(taken, flush=False)
        assert_all_there(tmp_path, every)
        assert history.buffer_bytes < 2 * CAPACITY * 200
    assert_all_there(tmp_path, every)


def test_a_late_minute_of_ticks_is_sorted_in(tmp_path: Path) -> None:
    ticks = list(moments(STRINGS, 120, step=1000))
    regular = [taken for index, taken in enumerate(ticks) if index % 10 == 0]
    late = [taken.only(np.array([True, False])) for index, taken in enumerate(ticks) if index % 10]
    with closing(hasty(tmp_path)) as history:
        for taken in (*regular, *late):
            history.record(taken, flush=False)
        assert_all_there(tmp_path, regular + late)
        history.seal_all()
    assert_all_there(tmp_path, regular + late)


@pytest.mark.parametrize("step_s", [-36_000, -3, 36_000])
def test_a_clock_that_jumps_overwrites_nothing_and_times_stay_sorted(
    tmp_path: Path, step_s: int
) -> None:
    before = list(moments(STRINGS, 100))
    after = list(moments(STRINGS, 100, first=START + 100 * STEP + 1000 * step_s + 1, seed=2))
    with closing(hasty(tmp_path)) as history:
        for taken in before + after:
            history.record(taken)
        assert_all_there(tmp_path, before + after)
    with closing(hasty(tmp_path)) as history:
        history.seal_all()
        while history.maintain():
            pass
    assert_all_there(tmp_path, before + after)


def test_a_start_in_1970_is_moved_to_its_place_once_the_error_is_known(tmp_path: Path) -> None:
    every = list(moments(STRINGS, 50))
    error = START - 42_000
    with closing(hasty(tmp_path)) as history:
        epoch = history.begin_epoch()
        for taken in every[:20]:
            history.record(Taken(taken.at - error, *_rest(taken)))
        history.begin_epoch()
        for taken in every[20:]:
            history.record(taken)
        assert min(stored(tmp_path, "m/1")) == 42_000
        assert history.shift(epoch, error) == 2
        while history.maintain():
            pass
    assert_all_there(tmp_path, every)


def _rest(taken: Taken) -> tuple[Any, ...]:
    return taken.strings, taken.columns, taken.scalars, taken.kept


def test_tiers_of_a_moved_epoch_move_with_it(tmp_path: Path) -> None:
    midnight = START // DAY * DAY
    with closing(hasty(tmp_path)) as history:
        epoch = history.begin_epoch()
        for taken in moments(STRINGS, 100, first=midnight, step=60_000):
            history.record(taken)
        history.begin_epoch()
        for taken in moments(STRINGS, 2, first=midnight + 30 * HOUR):
            history.record(taken)
        while history.maintain():
            pass
        history.shift(epoch, 2 * HOUR)
        for taken in moments(STRINGS, 2, first=midnight + 60 * HOUR):
            history.record(taken)
        while history.maintain():
            pass
    with closing(MeasurementReader(tmp_path)) as reader:
        series = reader.series("m/1", 1, "voltage_v", midnight, midnight + DAY, 24)
    assert series.count.tolist() == [0, 0, 60, 40] + [0] * 20


def test_a_string_that_changes_stays_readable_as_it_was(tmp_path: Path) -> None:
    longer = layouts(6, 3)
    with closing(hasty(tmp_path)) as history:
        for taken in moments(STRINGS, 20):
            history.record(taken)
        for taken in moments(longer, 20, first=START + 20 * STEP):
            history.record(taken)
        for taken in moments(longer[:1], 20, first=START + 40 * STEP):
            history.record(taken)
    with closing(MeasurementReader(tmp_path)) as reader:
        end = START + 60 * STEP
        counts = {
            (key, cell): int(reader.series(key, cell, "voltage_v", START, end, 60).count.sum())
            for key, cell in (("m/1", 1), ("m/1", 6), ("m/2", 1), ("m/3", 1))
        }
        sample = reader.sample_at(START + 10 * STEP)
    assert counts == {("m/1", 1): 60, ("m/1", 6): 40, ("m/2", 1): 40, ("m/3", 1): 0}
    assert sample is not None
    assert {key: len(each.status) for key, each in sample.strings.items()} == {"m/1": 5, "m/2": 3}


def test_killed_between_any_two_steps_of_a_sealing_nothing_is_lost_or_doubled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, copies = tmp_path / "state", tmp_path / "copies"
    state.mkdir()
    copies.mkdir()
    every = list(moments(STRINGS, 362))
    done: list[tuple[Path, int]] = []

    def keep(count: int) -> None:
        target = copies / f"{len(done):04}"
        shutil.copytree(state, target)
        done.append((target, count))

    def sealed(*arguments: Any) -> None:
        sealing.seal(*arguments)
        keep(360)

    with closing(hasty(state)) as history:
        begin_anew = history._journal.begin_anew

        def beginning() -> None:
            keep(360)
            begin_anew()
            keep(360)

        monkeypatch.setattr(writer_module, "seal", sealed)
        monkeypatch.setattr(history._journal, "begin_anew", beginning)
        for count, taken in enumerate(every, start=1):
            history.record(taken)
            if count > 358:
                keep(count)
    monkeypatch.undo()
    assert len(done) == 8
    for path, count in done:
        assert_all_there(path, every[:count])
        with closing(hasty(path)) as history:
            assert not history.remarks
            history.seal_all()
        assert_all_there(path, every[:count])


def test_a_torn_end_is_cut_off_and_told(tmp_path: Path) -> None:
    every = list(moments(STRINGS, 20))
    with closing(writer(tmp_path)) as history:
        for taken in every[:-1]:
            history.record(taken)
        end = history._journal.used_bytes
        history.record(every[-1])
        stop = history._journal.used_bytes
    with journal_path(tmp_path).open("r+b") as file:
        file.seek((end + stop) // 2)
        file.write(bytes(stop - end))
    assert_all_there(tmp_path, every[:-1])
    with closing(writer(tmp_path)) as history:
        assert history.remarks == ["the last measurement before the stop was cut short"]
        history.record(every[-1])
    assert_all_there(tmp_path, every)


def test_damage_in_the_middle_of_the_journal_loses_only_what_cannot_be_read(
    tmp_path: Path,
) -> None:
    every = list(moments(STRINGS, 40))
    ends = []
    with closing(writer(tmp_path)) as history:
        for taken in every:
            history.record(taken)
            ends.append(history._journal.used_bytes)
    with journal_path(tmp_path).open("r+b") as file:
        file.seek(ends[20] + 50)
        file.write(b"\x99" * 8)
    with closing(writer(tmp_path)) as history:
        (remark,) = history.remarks
        assert remark.endswith("bytes of the newest measurements cannot be read any more")
        history.seal_all()
    assert_all_there(tmp_path, every[:21] + every[22:])


def test_a_lost_reference_never_makes_other_numbers(tmp_path: Path) -> None:
    every = list(moments(STRINGS, 40))
    with closing(writer(tmp_path)) as history:
        for taken in every[:8]:
            history.record(taken)
        reference = history._journal.used_bytes
        for taken in every[8:]:
            history.record(taken)
    with journal_path(tmp_path).open("r+b") as file:
        file.seek(reference + 60)
        file.write(b"\x99" * 8)
    with closing(writer(tmp_path)) as history:
        assert any("32 of the newest" in remark for remark in history.remarks)
        history.seal_all()
    assert_all_there(tmp_path, every[:8])


def test_a_journal_does_not_grow_from_hour_to_hour(tmp_path: Path) -> None:
    with closing(hasty(tmp_path)) as history:
        for taken in moments(STRINGS, 361):
            history.record(taken)
        size = journal_path(tmp_path).stat().st_size
        for taken in moments(STRINGS, 361 * 3, first=START + 361 * STEP):
            history.record(taken)
    assert journal_path(tmp_path).stat().st_size == size


def test_a_spoilt_chunk_loses_itself_and_is_told_once(tmp_path: Path) -> None:
    every = list(moments(STRINGS, 720))
    with closing(hasty(tmp_path)) as history:
        for taken in every:
            history.record(taken)
        history.seal_all()
        chunk = history.database.conn.execute("SELECT min(chunk_id) + 1 FROM windows").fetchone()[0]
        history.database.conn.execute(
            "UPDATE chunks SET body = zeroblob(length(body)) WHERE id = ?", (chunk,)
        )
    with closing(MeasurementReader(tmp_path)) as reader:
        for _ in range(2):
            series = reader.series("m/1", 1, "voltage_v", START, START + 720 * STEP, 720)
            assert series.count.sum() == 360
            assert reader.sample_at(START + 100 * STEP) is not None
        (remark,) = reader.remarks
    assert remark.startswith("measurements of m/1, cells 1 to 5, from 2026-11-21 08:00:00 to")
    with closing(hasty(tmp_path)) as history:
        for taken in moments(STRINGS, 2, first=START + 2 * DAY):
            history.record(taken)
        while history.maintain():
            pass
        assert len(history.remarks) == 1
    with closing(MeasurementReader(tmp_path)) as reader:
        series = reader.series("m/1", 1, "voltage_v", START, START + 2 * HOUR, 2)
    assert series.count.tolist() == [0, 360]


def test_a_database_that_is_none_any_more_is_put_aside_and_the_journal_goes_on(
    tmp_path: Path,
) -> None:
    every = list(moments(STRINGS, 20))
    with closing(writer(tmp_path)) as history:
        for taken in every:
            history.record(taken)
    (tmp_path / "measurements.db").write_bytes(b"\x99" * 5000)
    with closing(writer(tmp_path)) as history:
        (remark,) = history.remarks
        assert "measurements.db.damaged-20261121T090500Z" in remark
    assert (tmp_path / "measurements.db.damaged-20261121T090500Z").is_file()
    assert_all_there(tmp_path, every)


@pytest.mark.parametrize("cut", [True, False], ids=["cut to nothing", "gone"])
def test_a_database_that_lost_what_was_sealed_is_told_once_and_the_journal_goes_on(
    tmp_path: Path, cut: bool
) -> None:
    every = list(moments(STRINGS, 380))
    with closing(hasty(tmp_path)) as history:
        for taken in every:
            history.record(taken)
    for companion in ("", "-wal", "-shm"):
        (tmp_path / f"measurements.db{companion}").unlink(missing_ok=True)
    if cut:
        (tmp_path / "measurements.db").touch()
    with closing(writer(tmp_path)) as history:
        (remark,) = history.remarks
        assert "measurements from before 2026-11-21 09:00:00 UTC are missing" in remark
    with closing(writer(tmp_path)) as history:
        assert history.remarks == []
    assert_all_there(tmp_path, every[360:])


def test_a_database_of_another_place_is_put_aside_and_told(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    every = list(moments(STRINGS, 20))
    for state, taken in ((here, every), (there, list(moments(STRINGS, 400, first=START - DAY)))):
        state.mkdir()
        with closing(hasty(state)) as history:
            for each in taken:
                history.record(each)
    shutil.copy(there / "measurements.db", here / "measurements.db")
    with closing(writer(here)) as history:
        (remark,) = history.remarks
        assert "were those of another place" in remark
        for each in moments(STRINGS, 20, first=START + HOUR):
            history.record(each)
    with closing(writer(here)) as history:
        assert history.remarks == []
    assert (here / "measurements.db.damaged-20261121T090500Z").is_file()
    assert_all_there(here, [*every, *moments(STRINGS, 20, first=START + HOUR)])


def test_a_restart_after_every_sealing_finds_nothing_missing(tmp_path: Path) -> None:
    for hour in range(3):
        for part in range(2):
            with closing(hasty(tmp_path)) as history:
                assert history.remarks == []
                for taken in moments(STRINGS, 5, first=START + hour * HOUR + part * 600_000):
                    history.record(taken)
                if part:
                    history.seal_all()
