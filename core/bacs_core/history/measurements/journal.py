"""The journal: every sample since the last sealing, on the medium before the next one is taken.

One file that is written from its start again after each sealing of everything, and grows only in
large steps: a write then changes nothing but the blocks it fills, and the file system has no size
or extents to log for each sample, which would cost a memory card several times the data. What is
left of earlier generations behind the newest record is told by its generation number.

Record, low byte first: magic (4), length of the payload (4), CRC-32 of all that follows (4),
generation (4), kind (1), epoch (4), sequence (8), unix milliseconds (8, signed), payload.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final

from bacs_core.history.database import owned_as

FILE_NAME: Final = "measurements.journal"
_MAGIC: Final = b"\xb5BJ1"
_HEAD: Final = struct.Struct("<4sII")
_BODY: Final = struct.Struct("<IBIQq")
#: Grown by so many zeros at a time.
GROWTH_BYTES: Final = 1 << 18
_BLOCK_BYTES: Final = 4096
#: A length beyond it can only be damage.
_LARGEST_PAYLOAD: Final = 1 << 26


class Kind(IntEnum):
    """What a record holds."""

    REFERENCE = 1
    SAMPLE = 2
    IDENTITY = 3


_KINDS: Final = {int(kind): kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it was written."""

    generation: int
    kind: Kind
    epoch: int
    sequence: int
    at: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Replay:
    """What a journal holds: the records of its newest generation in order, and where they end.

    `lost_bytes` counts what could not be read between them, `torn` tells that one was begun and
    not finished at the end.
    """

    records: tuple[Record, ...]
    generation: int
    end: int
    lost_bytes: int
    torn: bool

    @property
    def identity(self) -> str | None:
        """The name shared with the database, `None` where it is not known."""
        found = (each.payload for each in self.records if each.kind is Kind.IDENTITY)
        payload = next(found, None)
        return None if payload is None else payload.decode("ascii", "replace")

    @property
    def follows(self) -> Record | None:
        """The record that says up to which sample all was sealed before; `None` if it is lost."""
        first = None if self.lost_bytes else next(iter(self.records), None)
        return None if first is None or first.kind is Kind.SAMPLE else first


class Journal:
    """The open file, written at its end. Every method raises `OSError` where the medium fails."""

    def __init__(self, state_dir: Path) -> None:
        """Open or make the file and read what is in it; `replay` has it."""
        path = journal_path(state_dir)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            owned_as(self._descriptor, state_dir)
            # Read ahead, it would lie in the page cache in large pieces, see `_reserve`.
            os.posix_fadvise(self._descriptor, 0, 0, os.POSIX_FADV_RANDOM)
            self._size = os.fstat(self._descriptor).st_size // _BLOCK_BYTES * _BLOCK_BYTES
            self.replay = read_journal(_all(self._descriptor))
            _flush_directory(state_dir)
        except BaseException:
            os.close(self._descriptor)
            raise
        self._generation = self.replay.generation
        self._end = self.replay.end

    def append(self, kind: Kind, epoch: int, sequence: int, at: int, payload: bytes) -> None:
        """Write a record; `flush` brings it to the medium. After an error it is not written."""
        body = _BODY.pack(self._generation, kind, epoch, sequence, at) + payload
        record = _HEAD.pack(_MAGIC, len(payload), zlib.crc32(body)) + body
        self._reserve(self._end + len(record))
        _write_all(self._descriptor, record, self._end)
        self._end += len(record)

    def flush(self) -> None:
        """Wait until everything written has reached the medium."""
        os.fdatasync(self._descriptor)

    def begin_anew(self) -> None:
        """Start from the beginning, after everything in it was stored elsewhere."""
        self._generation += 1
        self._end = 0

    @property
    def used_bytes(self) -> int:
        """How far this generation has come."""
        return self._end

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _reserve(self, size: int) -> None:
        """Make the file longer by whole steps. Zeros are written: a hole would be filled later."""
        if size <= self._size:
            return
        wanted = -(-size // GROWTH_BYTES) * GROWTH_BYTES
        # Block by block: a large piece would stay one in the page cache, and be written as one.
        for offset in range(self._size, wanted, _BLOCK_BYTES):
            _write_all(self._descriptor, bytes(_BLOCK_BYTES), offset)
        os.fsync(self._descriptor)
        self._size = wanted


def journal_path(state_dir: Path) -> Path:
    """Name the journal inside the state directory."""
    return state_dir / FILE_NAME


def read_journal(content: bytes) -> Replay:
    """Find the records of the newest generation, over damage if need be."""
    found = list(_records(content))
    generation = max((record.generation for _, _, record in found), default=0)
    current = [each for each in found if each[2].generation == generation]
    end = lost_bytes = 0
    for start, stop, _ in current:
        lost_bytes += start - end
        end = stop
    records = tuple(record for _, _, record in current)
    return Replay(records, generation, end, lost_bytes, _is_torn(content, end, generation))


class JournalReader:
    """Reads the journal beside its writer, again and again; what it knows is not read twice.

    Memory: what the journal has in use, at most a little more than `writer.LARGEST_JOURNAL`.
    """

    def __init__(self, state_dir: Path) -> None:
        """Remember where it is."""
        self._path = journal_path(state_dir)
        self._begins: tuple[int, int, bytes] | None = None
        self._end = 0

    def read(self) -> tuple[bool, list[Record]]:
        """Return whether it was begun anew since, and the records after those known before.

        Raises `OSError`.
        """
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            self._begins = None
            return True, []
        try:
            return self._read(descriptor)
        finally:
            os.close(descriptor)

    def _read(self, descriptor: int) -> tuple[bool, list[Record]]:
        status = os.fstat(descriptor)
        head = os.pread(descriptor, _HEAD.size + _BODY.size, 0)
        begins = status.st_dev, status.st_ino, head
        anew = begins != self._begins
        if anew:
            self._begins, self._end = begins, 0
        found: list[Record] = []
        size = GROWTH_BYTES
        while True:
            content = os.pread(descriptor, size, self._end)
            more = list(_sound_start(content, _generation_of(head)))
            if more:
                found += more
                self._end += sum(_size_of(record) for record in more)
                size = GROWTH_BYTES
                continue
            size = _promised(content)
            if size <= len(content) or size > status.st_size - self._end:
                break
        if self._end == 0:
            # Its start is damaged: all of it has to be searched, each time.
            self._begins = None
            return True, list(read_journal(_all(descriptor)).records)
        return anew, found


def _size_of(record: Record) -> int:
    return _HEAD.size + _BODY.size + len(record.payload)


def _generation_of(head: bytes) -> int | None:
    if len(head) < _HEAD.size + _BODY.size:
        return None
    return int(_BODY.unpack_from(head, _HEAD.size)[0])


def _promised(content: bytes) -> int:
    """Return how long a record that begins here says it is, 0 where none does."""
    if len(content) < _HEAD.size or content[: len(_MAGIC)] != _MAGIC:
        return 0
    return _HEAD.size + _BODY.size + int(_HEAD.unpack_from(content)[1])


def _sound_start(content: bytes, generation: int | None) -> Iterator[Record]:
    """Yield the records from the start up to the first that is not of this generation."""
    start = 0
    while content[start : start + len(_MAGIC)] == _MAGIC:
        record = _record_at(content, start)
        if record is None or record.generation != generation:
            return
        yield record
        start += _size_of(record)


def _records(content: bytes) -> Iterator[tuple[int, int, Record]]:
    """Yield start, end and content of everything that is a whole record."""
    start = content.find(_MAGIC)
    while start >= 0:
        record = _record_at(content, start)
        if record is None:
            start = content.find(_MAGIC, start + 1)
            continue
        end = start + _size_of(record)
        yield start, end, record
        start = content.find(_MAGIC, end)


def _record_at(content: bytes, start: int) -> Record | None:
    first = start + _HEAD.size
    if first + _BODY.size > len(content):
        return None
    _, length, checksum = _HEAD.unpack_from(content, start)
    end = first + _BODY.size + length
    if length > _LARGEST_PAYLOAD or end > len(content):
        return None
    if zlib.crc32(memoryview(content)[first:end]) != checksum:
        return None
    generation, kind, epoch, sequence, at = _BODY.unpack_from(content, first)
    if kind not in _KINDS:
        return None
    payload = content[first + _BODY.size : end]
    return Record(generation, _KINDS[kind], epoch, sequence, at, payload)


def _is_torn(content: bytes, end: int, generation: int) -> bool:
    """Tell whether the head of an unfinished record stands behind the last whole one."""
    if content[end : end + len(_MAGIC)] != _MAGIC or len(content) < end + _HEAD.size + _BODY.size:
        return False
    return bool(_BODY.unpack_from(content, end + _HEAD.size)[0] == generation)


def _all(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    parts, offset = [], 0
    while offset < size and (part := os.pread(descriptor, size - offset, offset)):
        parts.append(part)
        offset += len(part)
    return b"".join(parts)


def _write_all(descriptor: int, content: bytes, offset: int) -> None:
    view = memoryview(content)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


def _flush_directory(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
