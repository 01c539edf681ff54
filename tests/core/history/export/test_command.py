"""`bacs export` beside an open history: folder or archive, and one sentence for what goes wrong."""

import csv
import io
import os
import stat
import tarfile
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from bacs_core.cli import main
from bacs_core.history.export.arguments import moment
from bacs_core.history.export.command import NOTE
from bacs_core.history.store import History
from tests.core.history.plant import START, STEP, small

Export = Callable[..., tuple[int, bytes, bytes]]
ALL = ("--from", "2026-11-21T08:00Z", "--to", "2026-11-22T00:00Z")


@pytest.fixture
def export(capfdbinary: pytest.CaptureFixture[bytes]) -> Export:
    """The real command; returns its exit code and what it wrote to both outputs."""

    def run(*arguments: str | Path) -> tuple[int, bytes, bytes]:
        code = main(["export", *map(str, arguments)])
        written = capfdbinary.readouterr()
        return code, written.out, written.err

    return run


def test_a_folder_and_an_archive_hold_the_same_while_the_history_is_open(
    history: History, tmp_path: Path, export: Export
) -> None:
    history.record_sample(small(START))
    code, told, _ = export(*ALL, "--state", tmp_path, "--out", tmp_path / "out")
    assert code == 0
    assert told.startswith(f"{tmp_path / 'out'}: 11 files, ".encode())
    history.record_sample(small(START + STEP))
    code, archive, _ = export(*ALL, "--every=60", "--state", tmp_path, "--archive", "-")
    assert code == 0
    with tarfile.open(fileobj=io.BytesIO(archive)) as found:
        packed = {member.name: found.extractfile(member).read() for member in found}  # type: ignore[union-attr]
    files = {
        str(path.relative_to(tmp_path / "out")): path.read_bytes()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    assert packed.keys() == files.keys()
    # It says when it was made, and every how many seconds.
    assert packed.pop("System.csv") != files.pop("System.csv")
    assert packed == files


def test_what_cannot_be_done_is_one_sentence_and_leaves_nothing(
    history: History, tmp_path: Path, export: Export
) -> None:
    history.record_sample(small(START))
    for arguments, reason in (
        (("--state", tmp_path / "nowhere"), b"bacs: there is no history in"),
        (("--state", tmp_path, "--out", tmp_path / "bacs.db/x"), b"bacs: cannot write"),
    ):
        code, told, complaint = export(*ALL, *arguments)
        assert (code, told) == (1, b"")
        assert complaint.startswith(reason)
        assert len(complaint.splitlines()) == 1
    assert not list(tmp_path.rglob("*.part"))
    assert not list(tmp_path.rglob("*.csv"))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--every", "0"),
        ("--every", "9999999999999999"),
        ("--from", "yesterday"),
        ("--from", "0001-01-01T00:00:00+14:00"),
        ("--to", "9999-12-31T23:59:59-14:00"),
        ("--archive", ""),
        ("--archive", "/"),
        ("--out", ""),
    ],
)
def test_what_cannot_be_meant_is_refused_by_the_name_of_its_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    with pytest.raises(SystemExit):
        main(["export", "--state", str(tmp_path), option, value])
    assert f"error: argument {option}: " in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_an_export_is_never_written_into_another(
    history: History, tmp_path: Path, export: Export
) -> None:
    for number in range(3):
        history.record_sample(small(START + number * STEP))
    out = tmp_path / "out"
    out.mkdir()
    # What else lies in a folder is in nobody's way.
    (out / "letter.txt").touch()
    assert export(*ALL, "--state", tmp_path, "--out", out)[0] == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    code, _, complaint = export(
        *("--from", "2026-11-21T08:00Z", "--to", "2026-11-21T08:00:05Z"),
        *("--state", tmp_path, "--out", out),
    )
    assert code == 1
    assert b"an export is there already" in complaint
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_a_full_output_is_told_as_such(
    history: History, tmp_path: Path, capfd: pytest.CaptureFixture[str], full_device: Path
) -> None:
    history.record_sample(small(START))
    for command in (("export", *ALL, "--archive", "-"), ("backup", "--out", "-")):
        with full_device.open("w") as full, redirect_stdout(full):
            assert main([*command, "--state", str(tmp_path)]) == 1
        assert "cannot write standard output: No space left" in capfd.readouterr().err


@pytest.fixture
def full_device(tmp_path: Path) -> Path:
    """A device of our own that is always full."""
    path = tmp_path / "full"
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 7))
        path.open("w").close()
    except PermissionError:
        pytest.skip("only root may make a device")
    return path


def test_a_time_without_an_offset_is_that_of_this_computer() -> None:
    assert moment("2026-11-21T08:00Z") == START
    assert moment("2026-11-21").utcoffset() == moment("2026-11-21T00:00").utcoffset()


def test_a_question_without_an_answer_is_refused(
    history: History, tmp_path: Path, export: Export
) -> None:
    history.record_sample(small(START))
    for arguments, reason in (
        (("--from", "2026-11-22", "--to", "2026-11-21"), b"--from must be before --to"),
        (("--from", "2100-01-01", "--to", "2100-01-02"), b"nothing was recorded in this time"),
        ((*ALL, "--string", "ups-z/1"), b"nothing was recorded of ups-z/1; there are ups-a/1"),
    ):
        code, _, complaint = export(*arguments, "--state", tmp_path, "--out", tmp_path / "out")
        assert code == 1
        assert reason in complaint
    assert not (tmp_path / "out").exists()


def test_what_ends_early_says_so_in_its_folder(
    history: History, tmp_path: Path, export: Export
) -> None:
    history.record_sample(small(START))
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.mkdir()
    (out / "bacs").symlink_to(elsewhere)
    code, _, complaint = export(*ALL, "--state", tmp_path, "--out", out)
    assert code == 1
    assert b"bacs is no folder" in complaint
    assert (out / NOTE).exists()
    assert not any(elsewhere.iterdir())
    (out / "bacs").unlink()
    assert export(*ALL, "--state", tmp_path, "--out", out)[0] == 0
    assert not (out / NOTE).exists()


def test_numbers_have_a_comma_where_that_is_asked_for(
    history: History, tmp_path: Path, export: Export
) -> None:
    history.record_sample(small(START))
    with_point, with_comma = tmp_path / "point", tmp_path / "comma"
    export(*ALL, "--state", tmp_path, "--out", with_point)
    export(*ALL, "--state", tmp_path, "--out", with_comma, "--decimal-comma")
    names = [path.relative_to(with_point) for path in with_point.rglob("*.csv")]
    for name in names:
        if name.name in {"System.csv", "Event.csv"}:
            continue
        plain = list(csv.reader((with_point / name).open(encoding="utf-8-sig")))
        spelled = list(csv.reader((with_comma / name).open(encoding="utf-8-sig"), delimiter=";"))
        assert len(plain) > 1
        assert plain[0] == spelled[0]
        for row, other in zip(plain[1:], spelled[1:], strict=True):
            # A time keeps its point.
            assert other == [*row[:2], *(value.replace(".", ",") for value in row[2:])]
