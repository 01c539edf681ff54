"""A backup that is damaged, cut off or made to do harm is refused before anything is touched."""

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bacs_core.history.backup.checking import unpack
from bacs_core.history.backup.making import Wish, write_backup
from bacs_core.history.errors import BackupError
from bacs_core.history.export.targets import FolderTarget
from tests.core.history.backup.state import NOW, keep_site, make_state

Members = list[tuple[tarfile.TarInfo, bytes]]


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    state = make_state(tmp_path / "state")
    name, _ = write_backup(state, FolderTarget(tmp_path), NOW, Wish())
    return tmp_path / name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def members(backup: Path) -> Members:
    with tarfile.open(backup) as packed:
        return [(member, packed.extractfile(member).read()) for member in packed]  # type: ignore[union-attr]


def repack(backup: Path, changed: Members) -> None:
    with tarfile.open(backup, "w:gz") as packed:
        for member, content in changed:
            packed.addfile(member, io.BytesIO(content))


def named(name: str, content: bytes = b"x") -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    return member, content


def linking(kind: bytes) -> Callable[[Members], Members]:
    def change(found: Members) -> Members:
        member = tarfile.TarInfo("bacs.db")
        member.type, member.linkname = kind, "/etc/passwd"
        return [found[0], (member, b"")]

    return change


def renamed(name: str) -> Callable[[Members], Members]:
    """The manifest promises a file of another name, and it comes."""

    def change(found: Members) -> Members:
        manifest = found[0][1].replace(b'"bacs.db"', f'"{name}"'.encode())
        return [named("manifest.json", manifest), named(name, found[1][1])]

    return change


def newer(found: Members) -> Members:
    manifest = found[0][1].replace(b'"format": 1', b'"format": 2')
    return [named("manifest.json", manifest), found[1]]


def flipped(found: Members) -> Members:
    content = bytearray(found[1][1])
    content[len(content) // 2] ^= 1
    return [found[0], (found[1][0], bytes(content))]


def longer(found: Members) -> Members:
    return [found[0], named("bacs.db", found[1][1] + b"x")]


def site_named(name: str) -> Callable[[Members], Members]:
    def change(found: Members) -> Members:
        manifest = found[0][1].replace(b'"site_name": ""', f'"site_name": "{name}"'.encode())
        return [named("manifest.json", manifest), found[1]]

    return change


def beside_the_site_file(size: int) -> Callable[[Members], Members]:
    def change(found: Members) -> Members:
        manifest = json.loads(found[0][1])
        manifest["files"].append({"name": "site/x", "size": size, "sha256": "0" * 64})
        return [named("manifest.json", json.dumps(manifest).encode()), found[1]]

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (flipped, "its checksum differs"),
        (longer, "bytes instead of"),
        (newer, "a newer version of this program made it"),
        (linking(tarfile.SYMTYPE), "is no plain file"),
        (linking(tarfile.LNKTYPE), "is no plain file"),
        (linking(tarfile.FIFOTYPE), "is no plain file"),
        (linking(tarfile.CHRTYPE), "is no plain file"),
        (renamed("../bacs.db"), "cannot be understood: files.0.name"),
        (renamed("/etc/cron.d/x"), "cannot be understood: files.0.name"),
        (renamed("site/../../x"), "cannot be understood: files.0.name"),
        (renamed("bacs.db-wal"), "does not belong into a backup"),
        (renamed("panel.token"), "does not belong into a backup"),
        (lambda found: [*found, named("../../escaped")], "does not belong into a backup"),
        (lambda found: [*found, found[1]], "does not belong into a backup"),
        (lambda found: found[:1], "it is cut off: bacs.db is missing"),
        (lambda found: found[1:], "does not begin with manifest.json"),
        (lambda found: [named("manifest.json", b"{"), *found[1:]], "cannot be understood"),
        (lambda found: [named("manifest.json", b" " * (2 << 20))], "is too long"),
        (site_named(r"\u001b[2J"), "letters that cannot be shown"),
        (beside_the_site_file(5 << 20), "site/x is too large"),
    ],
)
def test_it_is_refused_with_the_reason(
    backup: Path, folder: Path, change: Callable[[Members], Members], reason: str
) -> None:
    repack(backup, change(members(backup)))
    with pytest.raises(BackupError, match=reason):
        unpack(backup, folder)
    assert {path.name for path in folder.parent.iterdir()} == {"state", "out", backup.name}
    # What was checked before the flaw was found may lie there, under plain names only.
    assert {path.name for path in folder.rglob("*")} <= {"bacs.db"}


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_a_file_that_is_cut_off_anywhere_is_refused(
    backup: Path, folder: Path, share: float
) -> None:
    whole = backup.read_bytes()
    backup.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(BackupError, match=r"is (damaged or no backup|refused)"):
        unpack(backup, folder)


def test_any_other_file_is_no_backup(backup: Path, folder: Path) -> None:
    backup.write_bytes(b"voltage,temperature\r\n")
    with pytest.raises(BackupError, match="is damaged or no backup"):
        unpack(backup, folder)
    backup.unlink()
    with pytest.raises(BackupError, match="there is no file"):
        unpack(backup, folder)


def extended(content: bytes, size: int | None = None) -> bytes:
    head = tarfile.TarInfo("x")
    head.type, head.size = tarfile.XHDTYPE, len(content) if size is None else size
    return head.tobuf(tarfile.GNU_FORMAT) + content + b"\0" * (-len(content) % 512)


@pytest.mark.parametrize(
    ("archive", "reason"),
    [
        # Of digits alone: whoever looks for the end of the number in each place never ends.
        (extended(b"1" * 500_000), "an extended header of 500000 bytes"),
        (extended(b"1" * 4000), "no number where one belongs"),
        (extended(b"0 a=b\n"), "cannot be understood"),
        (extended(b"900 a=b\n"), "cannot be understood"),
        (extended(b"", -1), "an extended header of -1 bytes"),
        (extended(b"6 a=b\n") * 2000, "is no plain file"),
    ],
)
def test_headers_that_keep_a_reader_busy_are_refused(
    tmp_path: Path, folder: Path, archive: bytes, reason: str
) -> None:
    (tmp_path / "backup.tar.gz").write_bytes(gzip.compress(archive))
    with pytest.raises(BackupError, match=reason):
        unpack(tmp_path / "backup.tar.gz", folder)


def test_a_long_name_in_an_extended_header_is_read(tmp_path: Path, folder: Path) -> None:
    state = make_state(tmp_path / "state")
    keep_site(state)
    long = "/".join(["a-long-name-of-a-folder-beside-the-site-file-itself"] * 2) + "/ups.toml"
    (tmp_path / long).parent.mkdir(parents=True)
    (tmp_path / long).write_text("secret")
    plant = state / "site/plant.json"
    plant.write_text(
        plant.read_text().replace('"secrets": []', f'"secrets": ["{tmp_path}/{long}"]')
    )
    name, _ = write_backup(state, FolderTarget(tmp_path), NOW, Wish(credentials=True))
    unpack(tmp_path / name, folder)
    assert (folder / "site" / long).read_text() == "secret"
