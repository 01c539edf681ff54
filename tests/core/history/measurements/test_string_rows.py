"""What the numbers of a string mean is there twice: a bad bit neither hides nor falsifies them."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bacs_core.history.measurements.database import measurements_path, open_measurements
from bacs_core.history.measurements.reading import MeasurementReader
from bacs_core.history.measurements.string_rows import load_strings
from bacs_core.settings import Keeping
from tests.core.history.measurements.plant import DAY, START, hasty, layouts, moments

#: Two strings of three and two cells, four samples ten seconds apart.
VERSION_3 = Path(__file__).parent.parent / "schemas" / "measurements-v3.sql"
STRINGS = layouts(3, 2)
COUNT = 4
VOLTS = b'"name": "voltage_v", "steps_per_unit": 1000'
Found = tuple[list[float], list[float], tuple[str, ...]]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    with closing(hasty(tmp_path)) as history:
        for taken in moments(STRINGS, COUNT):
            history.record(taken)
        history.seal_all()
    return tmp_path


def spoil(state: Path, sound: bytes, *spoilt: bytes, key: bytes = b"m/1") -> None:
    """Write over the copies of a layout in the file, each with one of `spoilt`."""
    path = measurements_path(state)
    content = bytearray(path.read_bytes())
    found = 0
    for text in spoilt:
        found = content.index(b'"key": "%s"' % key, found + 1)
        place = content.index(sound, content.rindex(b'{"cell_count"', 0, found))
        content[place : place + len(sound)] = text
    path.write_bytes(content)


def read(state: Path) -> Found:
    """Return the means of a cell of each string, and the remarks."""
    with closing(MeasurementReader(state)) as reader:
        first, second = (
            reader.series(key, 1, "voltage_v", START, START + 40_000, COUNT).mean.tolist()
            for key in ("m/1", "m/2")
        )
        return first, second, reader.remarks


@pytest.mark.parametrize(
    ("sound", "spoilt"),
    [
        (VOLTS, VOLTS.replace(b"1000", b"1100")),
        (VOLTS, VOLTS.replace(b"voltage_v", b"voltagf_v")),
        (b'"columns": [', b'"columnz": ['),
        (b'"cell_count": 3', b'"cell_count": 7'),
        (b'"key": "m/1"', b'"key": "m\xff1"'),
    ],
)
def test_with_one_copy_of_a_layout_spoilt_everything_is_read_as_before(
    state: Path, sound: bytes, spoilt: bytes
) -> None:
    before = read(state)
    for copies in ((spoilt, sound), (sound, spoilt)):
        original = measurements_path(state).read_bytes()
        spoil(state, sound, *copies)
        assert measurements_path(state).read_bytes() != original
        assert read(state) == before
        measurements_path(state).write_bytes(original)


def test_a_spoilt_checksum_hides_nothing(state: Path) -> None:
    before = read(state)
    with closing(sqlite3.connect(measurements_path(state))) as connection, connection:
        connection.execute("UPDATE strings SET checksum = checksum + 1")
    assert read(state) == before


@pytest.fixture
def unreadable(state: Path) -> Path:
    """Both copies of the layout of the first string are spoilt."""
    spoil(state, VOLTS, VOLTS.replace(b"1000", b"1100"), VOLTS.replace(b"1000", b"1200"))
    return state


def test_with_both_copies_spoilt_only_that_string_is_left_out_and_it_is_told(
    state: Path, unreadable: Path
) -> None:
    first, second, remarks = read(unreadable)
    assert all(math.isnan(value) for value in first)
    assert second[0] == pytest.approx(2.25, abs=0.1)
    assert len(remarks) == 1
    assert "m/1" in remarks[0]
    with closing(MeasurementReader(state)) as reader:
        sample = reader.sample_at(START + DAY)
        assert sample is not None
        assert set(sample.strings) == {"m/2"}
        assert list(reader.blocks("m/1", START, START + DAY)) == []


def test_beside_a_layout_that_cannot_be_read_recording_and_thinning_go_on(
    unreadable: Path,
) -> None:
    keeping = Keeping(full_days=1, minute_days=1, hour_days=1)
    with closing(hasty(unreadable, keeping)) as history:
        for day in (1, 2, 40):
            for taken in moments(STRINGS, COUNT, first=START + day * DAY, step=8_000_000):
                history.record(taken)
            history.seal_all()
            while history.maintain():
                pass
        assert any("m/1" in remark for remark in history.remarks)
        chunks = history.database.conn.execute(
            "SELECT min(id) - (SELECT min(chunk_id) FROM windows) FROM chunks"
        ).fetchone()
    assert chunks == (0,)
    with closing(MeasurementReader(unreadable)) as reader:
        late = START + 40 * DAY
        assert reader.series("m/1", 1, "voltage_v", late, late + DAY, 1).count.sum() == COUNT


def test_layouts_of_version_3_get_their_checksums(tmp_path: Path) -> None:
    with closing(sqlite3.connect(measurements_path(tmp_path))) as connection:
        connection.executescript(VERSION_3.read_text(encoding="utf-8"))
        connection.execute("PRAGMA journal_mode = WAL")
    with closing(open_measurements(tmp_path)) as database:
        assert [stored.layout for stored in load_strings(database)] == list(STRINGS)
    before = read(tmp_path)
    assert before[2] == ()
    assert before[0][0] == pytest.approx(2.25, abs=0.1)
    spoil(tmp_path, VOLTS, VOLTS.replace(b"1000", b"1100"))
    assert read(tmp_path) == before
