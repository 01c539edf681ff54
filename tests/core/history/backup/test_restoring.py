"""A restore takes all of a backup or nothing, and forgets no trip."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlite_utils import Database

from bacs_core.errors import StateInUseError
from bacs_core.history.alone import alone
from bacs_core.history.backup import replacing
from bacs_core.history.backup.checking import unpack
from bacs_core.history.backup.making import Wish, _write, write_backup
from bacs_core.history.backup.manifest import packed_file
from bacs_core.history.backup.restoring import Restored, restore
from bacs_core.history.backup.start import take_up
from bacs_core.history.batches import Memory
from bacs_core.history.database import open_database
from bacs_core.history.errors import BackupError
from bacs_core.history.events import Json
from bacs_core.history.export.targets import FolderTarget
from bacs_core.history.measurements.database import open_measurements
from bacs_core.history.reader import HistoryReader
from bacs_core.history.safety_copy import SafetyCopy, read_copy, write_copy
from bacs_core.history.store import History
from bacs_core.model import Site
from bacs_core.recalling import recall
from bacs_core.settings import Settings
from tests.core.history.backup.state import (
    CHANGE,
    NOW,
    OTHER_SITE,
    SITE,
    keep_site,
    make_state,
    rows,
    setting,
    texts,
    write,
)
from tests.core.history.plant import START, noisy

NOTHING = Settings(Site("", ()), {}, {}, {}, {})
TRIPPED: Json = {"ups/1": {"state": "tripped", "causes": ["over_temperature"]}}
ARMED: Json = {"ups/1": {"state": "armed"}}


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = make_state(tmp_path / "state")
    keep_site(folder)
    return folder


def backed_up(state: Path, wish: Wish = Wish()) -> Path:  # noqa: B008 - it never changes
    name, _ = write_backup(state, FolderTarget(state.parent), NOW, wish)
    return state.parent / name


def take(state: Path, backup: Path, *, other_site: bool = False) -> Restored:
    return restore(state, backup, CHANGE, other_site=other_site)


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        # Whoever reads a database leaves these two beside it, empty.
        if path.is_file() and path.suffix not in {".db-wal", ".db-shm"}
    }


def test_settings_events_and_site_file_are_those_of_the_backup_again(state: Path) -> None:
    backup = backed_up(state)
    write(state, "network_enabled", value=False)
    restored = take(state, backup)
    assert setting(state, "network_enabled") is True
    assert texts(state)[-1] == "restore"
    assert (state / "site/from-backup.toml").read_text().startswith("\n[site]")
    assert str(state / "site/from-backup.toml") in restored.told[0]


def test_what_was_replaced_is_kept_aside(state: Path) -> None:
    backup = backed_up(state)
    write(state, "network_enabled", value="later")
    restored = take(state, backup)
    assert restored.aside is not None
    assert setting(restored.aside, "network_enabled") == "later"


def test_an_empty_directory_gets_the_whole_state(state: Path, tmp_path: Path) -> None:
    backup = backed_up(state, Wish(credentials=True))
    restored = take(tmp_path / "new", backup)
    assert restored.aside is None
    assert [row["name"] for row in rows(tmp_path / "new", "users")] == ["otto"]
    assert setting(tmp_path / "new", "site_id") == SITE
    with closing(open_database(tmp_path / "new")) as database:
        assert database.journal_mode == "wal"
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_without_credentials_it_says_that_people_have_to_be_added_anew(
    state: Path, tmp_path: Path
) -> None:
    restored = take(tmp_path / "new", backed_up(state))
    assert rows(tmp_path / "new", "users") == []
    assert any("add them anew" in line for line in restored.told)
    assert not any("SNMP" in line for line in restored.told)


def test_it_says_that_the_secrets_of_managers_are_missing(state: Path, tmp_path: Path) -> None:
    plant = state / "site/plant.json"
    plant.write_text(plant.read_text().replace('"secrets": []', '"secrets": ["/etc/ups.toml"]'))
    restored = take(tmp_path / "new", backed_up(state))
    assert any("no secrets of SNMP managers" in line for line in restored.told)


def test_on_the_same_site_people_and_tokens_outlive_a_backup_without_them(state: Path) -> None:
    before = rows(state, "users"), rows(state, "tokens")
    restored = take(state, backed_up(state))
    assert (rows(state, "users"), rows(state, "tokens")) == before
    assert any("those of before stay" in line for line in restored.told)


def test_a_backup_of_another_site_needs_to_be_told(state: Path, tmp_path: Path) -> None:
    other = make_state(tmp_path / "other", OTHER_SITE)
    backup = backed_up(other)
    before, names = everything(state), set(state.iterdir())
    with pytest.raises(BackupError, match="of another site"):
        take(state, backup)
    assert (everything(state), set(state.iterdir())) == (before, names)
    take(state, backup, other_site=True)
    assert setting(state, "site_id") == OTHER_SITE
    # Whoever could sign in at the other site cannot sign in here, nor the other way round.
    assert rows(state, "users") == []


def test_it_is_refused_while_an_engine_runs(state: Path) -> None:
    backup = backed_up(state)
    with alone(state), pytest.raises(StateInUseError):
        take(state, backup)


def test_a_backup_of_a_newer_program_is_refused(state: Path, tmp_path: Path) -> None:
    backup, work = backed_up(state), tmp_path / "work"
    work.mkdir()
    manifest = unpack(backup, work)
    with closing(open_database(work)) as database:
        applied = {"migration_set": "bacs", "name": "v99_future", "applied_at": "2030"}
        database.table("_sqlite_migrations").insert(applied)
    files = tuple(packed_file(name, work / name) for name in sorted(manifest.names))
    with backup.open("wb") as stream:
        _write(stream, work, manifest.model_copy(update={"files": files}), NOW)
    before = everything(state)
    with pytest.raises(BackupError, match="a newer one"):
        take(state, backup)
    assert everything(state) == before


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b""])
def test_a_damaged_backup_leaves_the_state_as_it_was(
    state: Path, damage: Callable[[bytes], bytes]
) -> None:
    backup = backed_up(state)
    backup.write_bytes(damage(backup.read_bytes()))
    before = everything(state)
    with pytest.raises(BackupError):
        take(state, backup)
    assert everything(state) == before


@pytest.mark.parametrize(
    ("packed", "current", "joined"),
    [
        (ARMED, TRIPPED, "tripped"),
        # Somebody has closed the breaker since: an old backup must not open it again.
        (TRIPPED, ARMED, "armed"),
        # On a new panel nothing is known, and the trip goes on.
        (TRIPPED, None, "tripped"),
    ],
)
def test_what_is_known_of_a_breaker_now_counts_and_no_trip_is_lost(
    state: Path, packed: Json, current: Json, joined: str
) -> None:
    write(state, "trips", packed)
    backup = backed_up(state)
    write(state, "trips", current)
    restored = take(state, backup)
    kept = setting(state, "trips")
    assert isinstance(kept, dict)
    assert kept["ups/1"]["state"] == joined
    assert any("stands as tripped" in line for line in restored.told) == (joined == "tripped")


def test_a_trip_that_only_the_safety_copy_knows_is_not_lost(state: Path) -> None:
    write(state, "trips", ARMED)
    backup = backed_up(state)
    write_copy(state, SafetyCopy(7, {"trips": Memory(TRIPPED, NOW)}))
    (state / "bacs.db").write_bytes(b"not a database" * 1000)
    take(state, backup)
    assert read_copy(state) is None
    # As the engine finds it at its next start.
    with closing(History(state)) as history:
        assert recall(history, state, ("trips",), ("trips",)).values["trips"] == TRIPPED


def test_measurements_come_back_with_the_newest_that_only_the_journal_has(
    tmp_path: Path,
) -> None:
    state, new = tmp_path / "state", tmp_path / "new"
    state.mkdir()
    with closing(History(state)) as history:
        history.site_id()
        # Over a full hour: some of it is sealed, the rest in the journal.
        for sample in noisy(1, 4, 380):
            history.record_sample(sample)
        backup = backed_up(state, Wish(measurements=True))
    restored = take(new, backup)
    assert not any("measurements" in line for line in restored.told)
    with HistoryReader(state) as before, HistoryReader(new) as after:
        asked = ("m0/1", START, START + timedelta(days=1))
        for one, other in zip(before.blocks(*asked), after.blocks(*asked), strict=True):
            assert np.array_equal(one.at, other.at)
            assert np.array_equal(one.columns["voltage_v"], other.columns["voltage_v"])
        assert sum(len(block.at) for block in after.blocks(*asked)) == 380


def test_measurements_stay_unless_the_backup_has_some_or_is_of_another_site(
    state: Path, tmp_path: Path
) -> None:
    backup = backed_up(state)
    (state / "measurements.db").write_bytes(b"of this site")
    take(state, backup)
    assert (state / "measurements.db").read_bytes() == b"of this site"
    other = backed_up(make_state(tmp_path / "other", OTHER_SITE))
    restored = take(state, other, other_site=True)
    assert not (state / "measurements.db").exists()
    assert restored.aside is not None
    assert (restored.aside / "measurements.db").read_bytes() == b"of this site"


def test_a_damaged_database_can_be_replaced(state: Path) -> None:
    backup = backed_up(state)
    (state / "bacs.db").write_bytes(b"not a database" * 1000)
    take(state, backup)
    assert setting(state, "site_id") == SITE


#: For each step of a restore that changes names: a child that restores and is killed there.
KILLED = """
import os, shutil, signal, sys
from datetime import datetime, UTC
from pathlib import Path
from bacs_core.access.users import Change
from bacs_core.history.backup.restoring import restore

state, backup = Path(sys.argv[1]), Path(sys.argv[2])
NAMING = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree"}

def restore_until(copy, number):
    calls = 0
    def watch(name, args):
        nonlocal calls
        if name in NAMING and str(copy) in str(args[0]):
            calls += 1
            if calls == number:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(watch)
    restore(copy, backup, Change("tessa", datetime.now(UTC)), other_site=False)
    os._exit(0)

for number in range(1, 200):
    copy = Path(f"{state}{number}")
    shutil.copytree(state, copy)
    child = os.fork()
    if child == 0:
        restore_until(copy, number)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        sys.exit(os.WEXITSTATUS(status))
"""


def test_killed_at_any_step_the_old_state_or_the_new_one_is_there(state: Path) -> None:
    write(state, "which", "new")
    backup = backed_up(state, Wish(credentials=True))
    write(state, "which", "old")
    done = subprocess.run(
        [sys.executable, "-c", KILLED, state, backup],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    copies = sorted(state.parent.glob("state?*"), key=lambda copy: int(copy.name[5:]))
    seen = []
    for copy in copies:
        # As the engine does it at its next start.
        take_up(copy, None, NOTHING)
        assert not (copy / replacing.FOLDER).exists()
        which = setting(copy, "which")
        site_is_new = (copy / "site/from-backup.toml").exists()
        assert (which, site_is_new) in {("old", False), ("new", True)}
        seen.append(str(which))
    # It was killed before and after the moment in which the new state came into force.
    assert seen == sorted(seen, reverse=True)
    assert {"old", "new"} == set(seen)
    assert len(seen) > 5


def test_a_kill_during_a_backup_leaves_nothing_for_ever(state: Path) -> None:
    (state / ".backup-x").mkdir()
    (state / ".backup-x/measurements.db").write_bytes(b"half")
    take_up(state, None, NOTHING)
    assert not list(state.glob(".backup*"))


def test_an_order_that_cannot_be_understood_is_left_alone(state: Path) -> None:
    ready = replacing.begin(state)
    (ready.parent / replacing.ORDER).write_text(json.dumps({"aside": 1}))
    with pytest.raises(BackupError, match="cannot be understood"):
        replacing.finish(state)
    assert setting(state, "site_id") == SITE


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (
            "CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM events; END",
            "holds a trigger 't'",
        ),
        ("DROP TABLE events; CREATE VIEW events AS SELECT 1 AS id", "holds a view 'events'"),
        ("CREATE TABLE strange (id)", "'strange' in it is not as"),
        ("DROP TABLE lockouts", "'lockouts' in it is not as"),
        ("ALTER TABLE events ADD COLUMN more", "'events' in it is not as"),
        ("CREATE UNIQUE INDEX one ON settings (who)", "'one' in it is not as"),
    ],
)
def test_a_database_that_does_more_than_hold_rows_is_refused(
    state: Path, tmp_path: Path, harm: str, told: str
) -> None:
    with closing(sqlite3.connect(state / "bacs.db")) as connection:
        connection.executescript(harm)
    backup = backed_up(state, Wish(credentials=False) if "lockouts" not in harm else Wish(True))
    new = tmp_path / "new"
    with pytest.raises(BackupError, match=told):
        restore(new, backup, CHANGE, other_site=False)
    # Nothing is left of the attempt.
    assert not new.exists()


def test_measurements_with_a_trigger_are_refused(state: Path, tmp_path: Path) -> None:
    with closing(open_measurements(state).conn) as connection:
        table = next(iter(Database(connection, execute_plugins=False).table_names()))
        connection.execute(f"CREATE TRIGGER t AFTER INSERT ON {table} BEGIN SELECT 1; END")
    with pytest.raises(BackupError, match=r"measurements\.db holds a trigger"):
        restore(
            tmp_path / "new", backed_up(state, Wish(measurements=True)), CHANGE, other_site=False
        )
