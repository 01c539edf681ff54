"""Reads the files of a backup one after the other, in time and memory that its size bounds.

The format is that of POSIX.1-2001 pax archives, as far as `bacs backup` writes it: plain files with
at most one short extended header each. Nothing else is interpreted.
"""

from __future__ import annotations

import gzip
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bacs_core.history.errors import BackupError

#: A long name and a size need some hundred bytes.
MAX_EXTENDED_BYTES: Final = 4096
#: Digits of the length in front of an extended record, and of a size.
_LENGTH_DIGITS: Final = len(str(MAX_EXTENDED_BYTES))
_SIZE_DIGITS: Final = 18

_PLAIN: Final = frozenset({tarfile.REGTYPE, tarfile.AREGTYPE})


@dataclass(slots=True)
class Member:
    """One file in the archive, whose content comes next in the stream."""

    name: str
    size: int
    _stream: gzip.GzipFile
    _left: int

    def read(self, most: int) -> bytes:
        """Return up to `most` bytes of the content, none at its end.

        Raises `BackupError` where the archive ends before the content.
        """
        wanted = min(most, self._left)
        if not wanted:
            return b""
        content = _exactly(self._stream, wanted)
        self._left -= wanted
        return content

    def require_read(self) -> None:
        """Go on to the end of the last block. Raises `BackupError` where content is left."""
        if self._left:
            msg = f"{self.name!r} was not read to its end"
            raise BackupError(msg)
        _exactly(self._stream, -self.size % tarfile.BLOCKSIZE)


def members(stream: gzip.GzipFile) -> Iterator[Member]:
    """Yield the files; each is to be read to its end before the next one is asked for.

    Raises `BackupError` at anything but a plain file, and at what is cut off or damaged; besides
    what the stream raises: `OSError`, `EOFError`, `zlib.error`.
    """
    extended: Mapping[bytes, bytes] = {}
    while any(block := _exactly(stream, tarfile.BLOCKSIZE)):
        try:
            head = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.TarError as error:
            msg = f"it is damaged or no backup: {error}"
            raise BackupError(msg) from error
        if head.type == tarfile.XHDTYPE and not extended:
            extended = _extended(stream, head.size)
            continue
        if head.type not in _PLAIN:
            msg = f"{head.name!r} is no plain file"
            raise BackupError(msg)
        name = extended.get(b"path", b"").decode(errors="replace") or head.name
        size = _number(extended[b"size"], _SIZE_DIGITS) if b"size" in extended else head.size
        if size < 0:
            msg = f"{name!r} has no size"
            raise BackupError(msg)
        member = Member(name, size, stream, size)
        yield member
        member.require_read()
        extended = {}


def _extended(stream: gzip.GzipFile, size: int) -> dict[bytes, bytes]:
    """Read the records of an extended header: `LENGTH KEY=VALUE` and a line feed each."""
    if not 0 < size <= MAX_EXTENDED_BYTES:
        msg = f"it has an extended header of {size} bytes"
        raise BackupError(msg)
    content = _exactly(stream, size)
    _exactly(stream, -size % tarfile.BLOCKSIZE)
    found = {}
    while content:
        length = _number(content[: _LENGTH_DIGITS + 1].partition(b" ")[0], _LENGTH_DIGITS)
        record, content = content[:length], content[length:]
        key, equals, value = record.partition(b" ")[2].partition(b"=")
        if not equals or len(record) != length or not value.endswith(b"\n"):
            msg = "an extended header in it cannot be understood"
            raise BackupError(msg)
        found[key] = value[:-1]
    return found


def _number(digits: bytes, most_digits: int) -> int:
    if not digits.isdigit() or len(digits) > most_digits:
        msg = "an extended header in it holds no number where one belongs"
        raise BackupError(msg)
    return int(digits)


def _exactly(stream: gzip.GzipFile, size: int) -> bytes:
    content = stream.read(size)
    if len(content) < size:
        msg = "it is damaged or no backup: it is cut off"
        raise BackupError(msg)
    return content
