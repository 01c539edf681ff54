"""Files appear only when they are complete; what a target refuses is told and leaves nothing.

A real, tiny file system where this machine lets us mount one; else a limit on the size of files
stands in for a full one (`RLIMIT_FSIZE`) and a file in the way for one that cannot be written.
"""

import gc
import io
import os
import resource
import signal
import stat
import subprocess
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bacs_core.history.errors import TargetError, TargetFault
from bacs_core.history.export.targets import (
    ArchiveTarget,
    FolderTarget,
    StreamInto,
    Target,
    new_file,
)

NOW = datetime(2026, 11, 21, 14, 35, tzinfo=UTC)


def fill(target: Target, name: str, pieces: int) -> None:
    with new_file(target, name) as file:
        for _ in range(pieces):
            file.write(b"x" * 65536)


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_file_has_its_name_only_when_it_is_complete(tmp_path: Path) -> None:
    with new_file(FolderTarget(tmp_path), "bacs/one.csv") as file:
        file.write(b"1,2\r\n")
        assert files(tmp_path) == ["bacs/one.csv.part"]
    assert files(tmp_path) == ["bacs/one.csv"]
    assert (tmp_path / "bacs/one.csv").read_bytes() == b"1,2\r\n"


def test_an_export_that_is_broken_off_leaves_what_was_there_before(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_bytes(b"old")

    def break_off() -> None:
        with new_file(FolderTarget(tmp_path), "one.csv") as file:
            file.write(b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert files(tmp_path) == ["one.csv"]
    assert (tmp_path / "one.csv").read_bytes() == b"old"


def test_a_full_disk_is_told_and_leaves_no_half_file(tiny_disk: Path) -> None:
    target = FolderTarget(tiny_disk)
    fill(target, "fits.csv", 4)
    with pytest.raises(TargetError, match="No space left on device") as refused:
        fill(target, "bacs/does_not.csv", 40)
    assert refused.value.fault is TargetFault.FULL
    assert files(tiny_disk) == ["fits.csv"]
    fill(target, "fits_again.csv", 4)


def test_a_file_that_may_not_grow_is_told_as_a_full_disk(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        with pytest.raises(TargetError) as refused:
            fill(FolderTarget(tmp_path), "one.csv", 20)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert refused.value.fault is TargetFault.FULL
    assert files(tmp_path) == []


def test_a_read_only_disk_is_told(tiny_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(tiny_disk)], check=True)
    with pytest.raises(TargetError, match="Read-only file system") as refused:
        fill(FolderTarget(tiny_disk), "one.csv", 1)
    assert refused.value.fault is TargetFault.READ_ONLY


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "bacs").write_text("")
    with pytest.raises(TargetError, match="cannot write"):
        fill(FolderTarget(tmp_path), "bacs/one.csv", 1)


def device(path: Path) -> None:
    """Make a device like /dev/null, or a link where this user may not."""
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    except PermissionError:
        path.symlink_to(os.devnull)


@pytest.mark.parametrize("make", [device, os.mkfifo, Path.mkdir, lambda path: path.symlink_to("x")])
@pytest.mark.parametrize("name", ["one.csv", "one.csv.part"])
def test_only_a_plain_file_is_ever_replaced(
    tmp_path: Path, make: Callable[[Path], None], name: str
) -> None:
    make(tmp_path / name)
    before = (tmp_path / name).lstat()
    with pytest.raises(TargetError, match="no plain file") as refused:
        fill(FolderTarget(tmp_path), "one.csv", 1)
    assert refused.value.fault is TargetFault.NOT_ALLOWED
    assert (tmp_path / name).lstat() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_an_archive_holds_the_same_files(tmp_path: Path) -> None:
    noise = os.urandom(3 << 20)
    stream = io.BytesIO()
    with ArchiveTarget(stream, NOW) as target:
        for target_ in (target, FolderTarget(tmp_path)):
            # Both are open at once, as the files of a day are.
            with new_file(target_, "log.csv") as log:
                log.write(b"begin ")
                with new_file(target_, "bacs/day.csv") as day:
                    day.write(noise)
                log.write(b"end")
    stream.seek(0)
    with tarfile.open(fileobj=stream, mode="r|gz") as archive:
        packed = {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]
    assert packed == {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}


def test_an_archive_for_which_there_is_no_room_is_told_and_leaves_nothing(
    tiny_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noise = os.urandom(2 << 20)

    def pack() -> None:
        with (
            new_file(FolderTarget(tiny_disk), "all.tar.gz") as file,
            ArchiveTarget(StreamInto(file), NOW) as archive,
            new_file(archive, "noise.csv") as member,
        ):
            member.write(noise)

    with pytest.raises(TargetError, match="No space left on device"):
        pack()
    gc.collect()
    assert files(tiny_disk) == []
    assert capsys.readouterr().err == ""


def test_a_discarded_file_is_not_in_the_archive() -> None:
    stream = io.BytesIO()
    with ArchiveTarget(stream, NOW) as target:
        target.create("nothing.csv").discard()
    stream.seek(0)
    with tarfile.open(fileobj=stream) as archive:
        assert archive.getnames() == []
