"""What a stick gets of a site, from a real history to real files."""

from __future__ import annotations

import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bacs_core.history.database import open_database, transaction
from bacs_core.history.export.scope import Scope
from bacs_core.history.store import History
from bacs_core.stick.content import SiteWriter
from bacs_core.stick.copying import copy
from bacs_core.stick.manifest import copies
from bacs_core.stick.reports import Job
from bacs_core.stick.summed import SumTarget
from tests.core.history.plant import small

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def record(state: Path, since: datetime, until: datetime, every: timedelta = 6 * HOUR) -> None:
    """Record samples of a string of 16 cells."""
    history = History(state)
    at = since
    while at < until:
        history.record_sample(small(at, cell_count=16))
        at += every
    history.close()


def copied(state: Path, target: Path, now: datetime) -> set[str]:
    """Copy, and return the names of the files."""
    job = Job(state_dir=state, site_id="site-1", site_name="Hall 2", target=target)
    folder = copy(job, SiteWriter(state), now, lambda _: None).folder
    (written,) = (one for one in copies(target, "site-1") if one.folder.name == folder)
    return {file.name for file in written.manifest.files}


def days_of(names: set[str]) -> list[str]:
    return sorted(name.removeprefix("bacs/")[:17] for name in names if name.endswith("_volt.csv"))


def test_days_that_are_complete_on_the_stick_are_not_written_again(tmp_path: Path) -> None:
    state, target = tmp_path / "state", tmp_path / "BACS"
    state.mkdir()
    target.mkdir()
    record(state, NOON - 2 * DAY, NOON)
    first = copied(state, target, NOON)
    assert {"DataLog.csv", "Event.csv", "System.csv"} <= first
    assert days_of(first) == ["ups-a_01_16_11_20", "ups-a_01_17_11_20", "ups-a_01_18_11_20"]
    record(state, NOON, NOON + DAY)
    # The first day began in the middle: what was before it might still have come.
    second = copied(state, target, NOON + DAY)
    assert "ups-a_01_17_11_20" not in days_of(second)
    assert {"ups-a_01_18_11_20", "ups-a_01_19_11_20"} <= set(days_of(second))


def test_what_is_written_is_never_more_than_was_estimated(tmp_path: Path) -> None:
    state, target = tmp_path / "state", tmp_path / "BACS"
    state.mkdir()
    target.mkdir()
    record(state, NOON - HOUR / 3, NOON, timedelta(seconds=10))
    estimated = SiteWriter(state).size_bytes(Scope(None, NOON))
    copied(state, target, NOON)
    written = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    assert estimated / 20 < written <= estimated


def test_in_steps_of_minutes_a_copy_is_smaller_and_still_estimated_rightly(tmp_path: Path) -> None:
    state, target = tmp_path / "state", tmp_path / "BACS"
    state.mkdir()
    target.mkdir()
    record(state, NOON - HOUR, NOON, timedelta(seconds=10))
    scope = Scope(None, NOON, step_s=900)
    estimated = SiteWriter(state).size_bytes(scope)
    assert estimated < SiteWriter(state).size_bytes(Scope(None, NOON)) / 2
    SiteWriter(state).write(SumTarget(target, lambda _: None), scope)
    rows = (target / "DataLog.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + 4
    written = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    assert written <= estimated


def test_whoever_finds_the_stick_gets_no_people_and_no_tokens(tmp_path: Path) -> None:
    state, target = tmp_path / "state", tmp_path / "BACS"
    state.mkdir()
    target.mkdir()
    record(state, NOON - HOUR, NOON)
    database = open_database(state)
    with transaction(database):
        database.conn.execute(
            "INSERT INTO tokens (name, role, sha256, created_at, created_by)"
            " VALUES ('ha', 'operator', 'do-not-tell', 0, 'x')"
        )
    database.close()
    copied(state, target, NOON)
    (backup,) = target.rglob("backup-*.tar.gz")
    with tarfile.open(backup) as archive:
        unpacked = b"".join(
            file.read() for member in archive if (file := archive.extractfile(member)) is not None
        )
    assert b"bacs.db" in unpacked
    assert b"do-not-tell" not in unpacked
    everything = b"".join(path.read_bytes() for path in target.rglob("*.csv"))
    assert b"do-not-tell" not in everything
