"""A backup holds what it says, and nothing that lets anybody in unless that was asked for."""

import gzip
import sqlite3
import tarfile
import tempfile
import threading
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from bacs_core.api import tls
from bacs_core.history.backup import contents
from bacs_core.history.backup.checking import unpack
from bacs_core.history.backup.copied_rows import copy_rows
from bacs_core.history.backup.making import WORK_PREFIX, Wish, write_backup
from bacs_core.history.backup.manifest import Manifest
from bacs_core.history.database import open_database, transaction
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import Event, EventKind, insert_event
from bacs_core.history.export.targets import FolderTarget
from tests.core.history.backup.state import NOW, SITE, keep_site, make_state, rows

WITHOUT, WITH = Wish(), Wish(credentials=True)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = make_state(tmp_path / "state")
    keep_site(folder)
    return folder


def make(state: Path, wish: Wish = WITHOUT) -> tuple[Path, Manifest]:
    folder = state.parent / "backups"
    name, manifest = write_backup(state, FolderTarget(folder), NOW, wish)
    return folder / name, manifest


def unpacked(backup: Path) -> bytes:
    """Everything in it, unpacked."""
    return gzip.decompress(backup.read_bytes())


def test_it_is_named_by_its_time_and_begins_with_its_manifest(state: Path) -> None:
    backup, manifest = make(state)
    assert backup.name == "backup-20261121T1435.tar.gz"
    with tarfile.open(backup) as packed:
        names = packed.getnames()
    assert names == ["manifest.json", "bacs.db", "site/plant.json", "site/site.toml"]
    assert (manifest.site_id, manifest.site_name) == (SITE, "Cellar")
    assert not manifest.with_credentials


def test_what_was_packed_comes_out_again(state: Path, tmp_path: Path) -> None:
    backup, manifest = make(state)
    (tmp_path / "out").mkdir()
    assert unpack(backup, tmp_path / "out") == manifest
    events = [row["text"] for row in rows(tmp_path / "out", "events")]
    assert events == [row["text"] for row in rows(state, "events")]
    assert (tmp_path / "out/site/site.toml").read_text() == (state / "site/site.toml").read_text()


def test_without_credentials_no_byte_of_a_hash_token_or_key_is_in_it(state: Path) -> None:
    (state / "network-certificate.pem").write_text("-----BEGIN PRIVATE KEY-----")
    (state / "panel.token").write_text("panel-secret")
    hashes = [str(row["password_hash"]) for row in rows(state, "users")]
    hashes += [str(row["sha256"]) for row in rows(state, "tokens")]
    # Deleted rows lie in the file until it is written anew.
    with closing(sqlite3.connect(state / "bacs.db")) as connection, connection:
        connection.execute("UPDATE users SET password_hash = 'a-newer-hash'")
    everything = unpacked(make(state)[0])
    assert b"network_enabled" in everything
    for secret in (*hashes, "a-newer-hash", "PRIVATE KEY", "panel-secret"):
        assert secret.encode() not in everything
    with_them = unpacked(make(state, WITH)[0])
    assert b"a-newer-hash" in with_them
    assert b"PRIVATE KEY" in with_them
    assert b"panel-secret" not in with_them


@dataclass
class Killed:
    """Stands in for a temporary folder whose program is killed: nobody removes it."""

    prefix: str
    dir: Path | None

    def __enter__(self) -> str:
        return tempfile.mkdtemp(prefix=self.prefix, dir=self.dir)

    def __exit__(self, *_: object) -> None:
        pass


def damage(state: Path) -> None:
    """Make the people unreadable: a copy that touches them comes to its end there."""
    with closing(sqlite3.connect(state / "bacs.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'users'"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with (state / "bacs.db").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(bytes([255]) * size)


@pytest.mark.parametrize("wish", [WITHOUT, WITH])
def test_what_a_killed_backup_leaves_elsewhere_lets_nobody_in(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wish: Wish
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    monkeypatch.setattr(tempfile, "TemporaryDirectory", Killed)
    secret = str(rows(state, "tokens")[0]["sha256"]).encode()
    damage(state)
    with suppress(HistoryError):
        make(state, wish)
    left = [path for path in tmp_path.rglob(f"{WORK_PREFIX}*/**/*") if path.is_file()]
    assert left
    for path in left:
        # In its own folder the engine removes it at its next start.
        assert path.is_relative_to(state) or secret not in path.read_bytes()


def test_the_copy_of_the_state_is_kept_as_the_engine_keeps_its_own(state: Path) -> None:
    copy_rows(state / "bacs.db", state / "copy.db", without=("users",))
    with closing(sqlite3.connect(state / "copy.db")) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert copy.execute("SELECT count(*) FROM users").fetchone() == (0,)
        assert copy.execute("SELECT count(*) FROM tokens").fetchone() == (1,)
        schema = "SELECT type, name, sql FROM sqlite_master ORDER BY name"
        copied = copy.execute(schema).fetchall()
    with closing(sqlite3.connect(state / "bacs.db")) as original:
        assert copied == original.execute(schema).fetchall()


def test_the_certificate_is_looked_for_under_the_name_that_the_api_gives_it() -> None:
    assert contents.CERTIFICATE == tls.FILE_NAME


def test_what_managers_want_to_be_told_goes_with_the_credentials_only(tmp_path: Path) -> None:
    state = make_state(tmp_path / "state")
    keep_site(state)
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/ups.toml").write_text('community = "hush"')
    plant = state / "site/plant.json"
    plant.write_text(
        plant.read_text().replace('"secrets": []', f'"secrets": ["{tmp_path}/secret/ups.toml"]')
    )
    assert "site/secret/ups.toml" in make(state, WITH)[1].names
    backup, manifest = make(state)
    assert "site/secret/ups.toml" not in manifest.names
    assert b"hush" not in unpacked(backup)


def test_it_is_one_moment_of_a_state_that_is_being_written(state: Path, tmp_path: Path) -> None:
    done = threading.Event()

    def write() -> None:
        with closing(open_database(state)) as database:
            number = 0
            while not done.is_set():
                # Two in one transaction: never one without the other.
                with transaction(database):
                    for half in "ab":
                        event = Event(NOW, EventKind.LINE_LOST, f"{half}{number}")
                        insert_event(database, event)
                number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            backup, _ = make(state)
            (tmp_path / f"out{number}").mkdir()
            unpack(backup, tmp_path / f"out{number}")
    finally:
        done.set()
        writer.join()
    for number in range(5):
        written = [str(row["text"]) for row in rows(tmp_path / f"out{number}", "events")]
        halves = [text[1:] for text in written if text[0] in "ab" and text[1:].isdecimal()]
        assert halves[::2] == halves[1::2]


def test_only_the_owner_can_read_a_backup_with_credentials(state: Path, tmp_path: Path) -> None:
    target = FolderTarget(tmp_path / "private", private=True)
    name, _ = write_backup(state, target, NOW, WITH)
    assert (tmp_path / "private" / name).stat().st_mode & 0o077 == 0


def test_a_state_that_is_not_there_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(HistoryError, match="there is no history in"):
        write_backup(tmp_path / "empty", FolderTarget(tmp_path / "out"), NOW, WITHOUT)
    assert not list((tmp_path / "out").iterdir())
    assert not list((tmp_path / "empty").iterdir())
