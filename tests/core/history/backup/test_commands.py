"""`bacs backup` and `bacs restore` as somebody types them."""

from __future__ import annotations

import tarfile
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import pytest

from bacs_core.cli import main
from bacs_core.history.alone import alone
from bacs_core.history.backup import backup_command
from tests.core.history.backup.state import keep_site, make_state, rows, setting, write


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = make_state(tmp_path / "state")
    keep_site(folder)
    return folder


def bacs(*arguments: str | Path) -> int:
    return main([*map(str, arguments)])


def test_a_backup_is_made_and_taken_back(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bacs("backup", "--state", state, "--out", tmp_path / "stick") == 0
    (backup,) = (tmp_path / "stick").iterdir()
    told = capsys.readouterr().out
    assert told.startswith(f"{backup}: 3 files, ")
    assert told.endswith("without credentials, without measurements\n")
    assert backup.stat().st_mode & 0o077 == 0
    write(state, "network_enabled", value=False)
    assert bacs("restore", backup, "--state", state) == 0
    assert setting(state, "network_enabled") is True
    told = capsys.readouterr().out
    assert "site Cellar" in told
    assert f"what it replaced is in {state}/replaced-" in told
    assert "those of before stay" in told


def test_a_backup_stands_in_the_history_with_who_took_it(state: Path, tmp_path: Path) -> None:
    bacs("backup", "--state", state, "--out", tmp_path, "--with-credentials", "--by", "ada")
    last = rows(state, "events")[-1]
    assert (last["text"], last["who"]) == ("backup", "ada")
    assert '"credentials": true' in str(last["data"])


def test_standard_output_takes_it_too(
    state: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert bacs("backup", "--state", state, "--out", "-") == 0
    (tmp_path / "backup.tar.gz").write_bytes(capfdbinary.readouterr().out)
    with tarfile.open(tmp_path / "backup.tar.gz") as packed:
        assert "bacs.db" in packed.getnames()


def test_what_cannot_be_done_is_one_sentence(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bacs("backup", "--state", state, "--out", tmp_path / "stick")
    (backup,) = (tmp_path / "stick").iterdir()
    capsys.readouterr()
    with alone(state):
        assert bacs("restore", backup, "--state", state) == 1
    assert capsys.readouterr().err.startswith("bacs: an engine runs with the state in")
    assert bacs("restore", tmp_path / "nothing.tar.gz", "--state", state) == 1
    assert "bacs: there is no file" in capsys.readouterr().err
    assert bacs("backup", "--state", tmp_path / "nowhere") == 1
    assert "bacs: there is no history in" in capsys.readouterr().err


def test_no_backup_takes_the_place_of_another_and_its_name_tells_what_is_in_it(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup_command, "datetime", OneMoment)
    out = tmp_path / "out"
    for wish in ((), (), (), ("--with-credentials",)):
        assert bacs("backup", "--state", state, "--out", out, *wish) == 0
    stem = f"backup-{OneMoment.now(UTC).astimezone():%Y%m%dT%H%M}"
    endings = ("", "-2", "-3", "-with-credentials")
    assert {path.name for path in out.iterdir()} == {f"{stem}{end}.tar.gz" for end in endings}


class OneMoment(datetime):
    """A clock that stands still."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> OneMoment:
        return cls(2026, 11, 21, 14, 35, tzinfo=tz)
