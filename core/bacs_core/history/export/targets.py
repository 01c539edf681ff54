"""Where the files of an export go: into a folder or, one after the other, into a stream.

A file is there under its name only once it is complete. Whatever a target refuses is a
`TargetError`, and nothing unfinished is left.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import io
import os
import stat
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Protocol, Self

import zstandard

from bacs_core.history.errors import TargetError, TargetFault

UNFINISHED: Final = ".part"
#: How many files of one name may lie in a folder, told apart by a number.
MOST_NAMES: Final = 1000
BUFFER_BYTES: Final = 1 << 18
#: What waits in memory for its place in a stream; more goes into a temporary file.
SPOOL_BYTES: Final = 1 << 20
#: The fastest level that still takes most of the repetition out of columns of numbers.
GZIP_LEVEL: Final = 3

FAULTS: Final = {
    errno.ENOSPC: TargetFault.FULL,
    errno.EDQUOT: TargetFault.FULL,
    errno.EFBIG: TargetFault.FULL,
    errno.EROFS: TargetFault.READ_ONLY,
    errno.EACCES: TargetFault.NOT_ALLOWED,
    errno.EPERM: TargetFault.NOT_ALLOWED,
    errno.EIO: TargetFault.BROKEN,
    errno.ENODEV: TargetFault.GONE,
    errno.ENXIO: TargetFault.GONE,
    errno.ENOENT: TargetFault.GONE,
    errno.EPIPE: TargetFault.GONE,
}


class NewFile(Protocol):
    """A file that is being written."""

    size: int

    def write(self, data: bytes) -> None:
        """Append `data`."""

    def finish(self) -> None:
        """Put the complete file in its place."""

    def discard(self) -> None:
        """Leave nothing of it, unless it was finished."""


class Target(Protocol):
    """Takes files by name; a name may contain folders, with `/` between them."""

    def create(self, name: str) -> NewFile:
        """Begin a file."""


@contextlib.contextmanager
def new_file(target: Target, name: str) -> Iterator[NewFile]:
    """Begin a file that is finished at the end, or discarded if an error passes."""
    file = target.create(name)
    try:
        yield file
        file.finish()
    finally:
        file.discard()


def free_name(folder: Path, name: str) -> str:
    """Return `name`, or with a number before its endings the first that is not in `folder`.

    What is still being written counts, too. Raises `TargetError` where there are too many.
    """
    stem, dot, ending = name.partition(".")
    names = (name, *(f"{stem}-{number}{dot}{ending}" for number in range(2, MOST_NAMES + 1)))
    for free in names:
        path = folder / free
        if not (os.path.lexists(path) or os.path.lexists(f"{path}{UNFINISHED}")):
            return free
    msg = f"cannot write {folder / name}: it is there {MOST_NAMES} times already"
    raise TargetError(msg, TargetFault.BROKEN)


class FolderTarget:
    """Writes into a folder, which is made if it does not exist."""

    def __init__(self, folder: Path, *, private: bool = False) -> None:
        """Files go below `folder`; private ones only their owner can read."""
        self.folder = folder
        self._mode = 0o600 if private else 0o666

    def create(self, name: str) -> NewFile:
        """Begin a file. Raises `TargetError`."""
        self._require_folders(name)
        return _FileInFolder(self.folder / name, self._mode)

    def _require_folders(self, name: str) -> None:
        """Refuse a link below the folder: it may lead anywhere."""
        for place in list(Path(name).parents)[:-1]:
            path = self.folder / place
            if path.is_symlink() or (path.exists() and not path.is_dir()):
                msg = f"cannot write {self.folder / name}: {path} is no folder"
                raise TargetError(msg, TargetFault.NOT_ALLOWED)


class _FileInFolder:
    def __init__(self, path: Path, mode: int) -> None:
        self.size = 0
        self._path = path
        self._unfinished = path.with_name(f"{path.name}{UNFINISHED}")
        for place in (path, self._unfinished):
            _require_plain(place)
        with telling(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._unfinished.unlink(missing_ok=True)
            descriptor = os.open(self._unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            self._file = os.fdopen(descriptor, "wb", buffering=BUFFER_BYTES)

    def write(self, data: bytes) -> None:
        with telling(self._path):
            self._file.write(data)
        self.size += len(data)

    def finish(self) -> None:
        with telling(self._path):
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._unfinished.replace(self._path)
            flush_folder(self._path.parent)

    def discard(self) -> None:
        # Closing writes what waits in the buffer: where the disk is full it fails again.
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self._unfinished.unlink()


def _require_plain(path: Path) -> None:
    """Refuse to take the place of anything but a plain file. Raises `TargetError`.

    A device or a link of the system (`/dev/null`, `/dev/stdout`) would be gone for every program.
    """
    with telling(path):
        try:
            told = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return
    if not stat.S_ISREG(told.st_mode):
        msg = f"cannot write {path}: what is there is no plain file"
        raise TargetError(msg, TargetFault.NOT_ALLOWED)


class Sink(Protocol):
    """Takes bytes, as far as an archive needs it."""

    def write(self, data: bytes, /) -> object:
        """Append `data`."""

    def flush(self) -> object:
        """Hand on what waits."""


class StreamInto:
    """A new file as a sink: an archive inside a target."""

    def __init__(self, file: NewFile) -> None:
        """Write into `file`, which its owner finishes."""
        self._file = file

    def write(self, data: bytes, /) -> int:
        """Append `data`. Raises what the file raises."""
        self._file.write(data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""


class _Valve:
    """Passes bytes on until it is shut; what comes later is nobody's any more."""

    def __init__(self, sink: Sink) -> None:
        self._sink: Sink | None = sink

    def shut(self) -> None:
        self._sink = None

    def write(self, data: bytes, /) -> int:
        if self._sink is not None:
            self._sink.write(data)
        return len(data)

    def flush(self) -> None:
        if self._sink is not None:
            self._sink.flush()


class ArchiveTarget:
    """Writes a `.tar.gz` into a stream, each file as soon as it is finished.

    The head of a file in the archive tells its size, so it waits, compressed, until it is complete.
    """

    def __init__(self, stream: Sink, at: datetime) -> None:
        """All files get the time `at`. Use it as a context: its end completes the archive.

        Raises `TargetError`.
        """
        self._at = at.timestamp()
        self._valve = _Valve(stream)
        # Its head is written at once.
        with telling("the archive"):
            self._gzip = gzip.GzipFile(
                fileobj=self._valve,
                mode="wb",
                compresslevel=GZIP_LEVEL,
                mtime=self._at,
                filename="",
            )
        self._tar = tarfile.open(fileobj=self._gzip, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self._valve.shut()
        try:
            with telling("the archive"):
                self._tar.close()
                self._gzip.close()
        finally:
            # Both would write their rest when they are thrown away.
            self._valve.shut()

    def create(self, name: str) -> NewFile:
        """Begin a file. Raises `TargetError`."""
        return _FileInArchive(self, name)

    def add(self, name: str, size: int, content: BinaryIO) -> None:
        """Write a complete file."""
        member = tarfile.TarInfo(name)
        member.size, member.mtime, member.mode = size, self._at, 0o644
        with telling("the archive"):
            self._tar.addfile(member, content)


class _FileInArchive:
    def __init__(self, archive: ArchiveTarget, name: str) -> None:
        self.size = 0
        self._archive = archive
        self._name = name
        self._spool = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115
        packer = zstandard.ZstdCompressor(level=1)
        self._packed: BinaryIO = packer.stream_writer(self._spool, closefd=False)

    def write(self, data: bytes) -> None:
        with telling("a temporary file"):
            self._packed.write(data)
        self.size += len(data)

    def finish(self) -> None:
        with telling("a temporary file"):
            self._packed.close()
            self._spool.seek(0)
        unpacked = zstandard.ZstdDecompressor().stream_reader(self._spool, closefd=False)
        self._archive.add(self._name, self.size, io.BufferedReader(unpacked))

    def discard(self) -> None:
        self._spool.close()


@contextlib.contextmanager
def telling(what: Path | str) -> Iterator[None]:
    """Turn errors of the file system into `TargetError`."""
    try:
        yield
    except OSError as error:
        fault = FAULTS.get(error.errno or 0, TargetFault.BROKEN)
        msg = f"cannot write {what}: {error.strerror or error}"
        raise TargetError(msg, fault) from error


@contextlib.contextmanager
def standard_output() -> Iterator[BinaryIO]:
    """Give standard output, and bring everything to it at the end. Raises `TargetError`."""
    try:
        with telling("standard output"):
            yield sys.stdout.buffer
            sys.stdout.flush()
    except TargetError:
        # Python would complain once more when it closes it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


def flush_folder(folder: Path) -> None:
    """Make new names in a folder survive a power cut, where its file system can do that."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)
