"""Migrations: every database that was ever released opens, none is changed halfway."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from bacs_core.access import tokens, users
from bacs_core.history.clock_rows import read_corrections
from bacs_core.history.database import open_database, open_for_reading
from bacs_core.history.errors import HistoryError, SchemaTooNewError
from bacs_core.history.events import EventKind, Wanted
from bacs_core.history.measured import Tier
from bacs_core.history.measurements.database import measurements_path, open_measurements
from bacs_core.history.reader import HistoryReader
from bacs_core.history.schema import MIGRATIONS
from bacs_core.history.store import History
from bacs_core.model import Quantity

SCHEMAS = Path(__file__).parent / "schemas"
#: Dumps of state databases (`sqlite3 bacs.db .dump`), by their newest migration.
RELEASED = sorted(SCHEMAS.glob("v*.sql"))
#: Dumps of measurement databases; each belongs to the newest state database of its time.
MEASURED = {"v5": SCHEMAS / "measurements-v1.sql"}
MEASUREMENTS = sorted(SCHEMAS.glob("measurements-v*.sql"))


def schema(database: Database) -> set[str]:
    return {row[0] for row in database.conn.execute("SELECT sql FROM sqlite_master") if row[0]}


def released(state: Path, dump: Path) -> None:
    with closing(sqlite3.connect(state / "bacs.db")) as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))
    if dump.stem in MEASURED:
        with closing(sqlite3.connect(measurements_path(state))) as connection:
            connection.executescript(MEASURED[dump.stem].read_text(encoding="utf-8"))


def names() -> list[str]:
    with closing(Database(memory=True)) as empty:
        return [migration.name for migration in MIGRATIONS.pending(empty)]


@pytest.mark.parametrize("dump", RELEASED, ids=lambda path: path.stem)
def test_no_migration_of_a_released_database_was_changed_or_put_between(
    tmp_path: Path, dump: Path
) -> None:
    released(tmp_path, dump)
    with closing(Database(tmp_path / "bacs.db")) as database:
        applied = [migration.name for migration in MIGRATIONS.applied(database)]
    assert applied == names()[: len(applied)]


@pytest.mark.parametrize("dump", RELEASED, ids=lambda path: path.stem)
def test_a_released_database_becomes_like_a_new_one_and_keeps_what_is_in_it(
    tmp_path: Path, dump: Path
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    released(old, dump)
    for state in (old, new):
        with closing(History(state)) as history:
            # This takes samples of the first version over, too.
            history.sample_at(datetime.fromisoformat("2026-11-21T08:00:25Z"))
    with closing(open_database(old)) as migrated, closing(open_database(new)) as fresh:
        assert schema(migrated) == schema(fresh)
        assert [user.name for user in users.list_users(migrated)] == ["tessa"]
        assert [token.name for token in tokens.list_tokens(migrated)] == ["home-assistant"]
    history = History(old)
    assert history.site_id() == "5e6c6b0e-6a4f-4d0e-8f2e-0d6c7c9f4a11"
    assert "bus cable pulled" in [stored.event.text for stored in history.events()]
    sample = history.sample_at(datetime.fromisoformat("2026-11-21T08:00:25Z"))
    assert sample is not None
    assert sample.at == datetime.fromisoformat("2026-11-21T08:00:20Z")
    stored = sample.strings["ups-a/1"]
    assert stored.columns[Quantity.VOLTAGE].tolist() == [2.252] * 4
    assert stored.columns[Quantity.RESISTANCE].tolist() == [0.000512, 0.000513, 0.000514, 0.000515]
    assert stored.inhibited_by == ("discharge", "manual_stop")
    history.close()


def test_what_version_5_added_is_read_by_every_later_one(tmp_path: Path) -> None:
    released(tmp_path, SCHEMAS / "v5.sql")
    History(tmp_path).open()
    open_measurements(tmp_path).close()
    with HistoryReader(tmp_path) as reader:
        (discharge,) = reader.discharges()
        assert discharge.battery.string_key == "room/1"
        kept = reader.discharge(discharge.id)
        assert kept is not None
        assert kept.analysis is not None
        (work,) = reader.maintenance()
        assert (work.id, work.cell, work.entry.note) == (6, 2, "swollen")
        (event,) = reader.events(wanted=Wanted(kinds=(EventKind.ENGINE_STARTED,)))
        assert [extent.tier for extent in reader.tiers()] == list(Tier)
        start = datetime.fromisoformat("2026-11-21T10:00:00Z")
        for points, tier in ((720, Tier.FULL), (2, Tier.HOUR)):
            end = start + timedelta(hours=2)
            series = reader.series("ups-a/1", 2, Quantity.VOLTAGE, start, end, points)
            assert series.tier is tier
            assert series.count.sum() == 720
            assert set(series.mean.tolist()) == {2.251}
    corrected = read_corrections(tmp_path).corrected_at(event)
    assert corrected == event.event.at + timedelta(hours=1)


@pytest.mark.parametrize("dump", MEASUREMENTS, ids=lambda path: path.stem)
def test_a_released_measurement_database_becomes_like_a_new_one(tmp_path: Path, dump: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    with closing(sqlite3.connect(measurements_path(old))) as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))
    with closing(open_measurements(old)) as migrated, closing(open_measurements(new)) as fresh:
        assert schema(migrated) == schema(fresh)


def test_opening_twice_changes_nothing(tmp_path: Path) -> None:
    open_database(tmp_path).close()
    with closing(open_database(tmp_path)) as database:
        assert database["_sqlite_migrations"].count == len(names())


def test_a_database_of_a_newer_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    open_database(tmp_path).close()
    with sqlite3.connect(tmp_path / "bacs.db") as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name) VALUES ('bacs', 'v99_future')"
        )
    connection.close()
    before = (tmp_path / "bacs.db").read_bytes()
    with pytest.raises(SchemaTooNewError, match=r"newer version of this program \(v99_future\)"):
        History(tmp_path).open()
    with pytest.raises(SchemaTooNewError):
        open_for_reading(tmp_path)
    assert (tmp_path / "bacs.db").read_bytes() == before


def test_a_migration_that_fails_takes_everything_back(tmp_path: Path) -> None:
    open_database(tmp_path).close()
    following = Migrations("bacs")
    for migration in MIGRATIONS.pending(Database(memory=True)):
        following(name=migration.name)(migration.fn)

    @following()
    def v2_half_done(database: Database) -> None:
        database.table("half").create({"id": int})
        database.conn.execute("DELETE FROM settings")
        database.conn.execute("SELECT nonsense")

    with closing(open_database(tmp_path)) as database:
        before = schema(database)
    with pytest.raises(HistoryError, match="nonsense"):
        open_database(tmp_path, migrations=following)
    with closing(open_database(tmp_path)) as database:
        assert schema(database) == before


def test_reading_makes_no_file_and_tells_that_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="there is no history"):
        open_for_reading(tmp_path)
    assert list(tmp_path.iterdir()) == []
