"""Writes files into a folder and keeps the checksum of what each was meant to hold."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from bacs_core.history.export.targets import FolderTarget, NewFile, telling
from bacs_core.stick import medium
from bacs_core.stick.manifest import CopiedFile


class SumTarget:
    """Takes files like `FolderTarget`; `files` has what is complete, in the order of writing.

    The checksum is made of the bytes as they come, so that it owes nothing to the medium. A file
    that is complete lies on the medium and is forgotten in memory.
    """

    def __init__(self, folder: Path, count: Callable[[int], None]) -> None:
        """Files go below `folder`; `count` takes how many bytes were just written."""
        self.folder = folder
        self.count = count
        self.files: list[CopiedFile] = []
        self._target = FolderTarget(folder)

    def create(self, name: str) -> NewFile:
        """Begin a file. Raises `TargetError`."""
        return _SummedFile(self, name, self._target.create(name))


class _SummedFile:
    def __init__(self, target: SumTarget, name: str, file: NewFile) -> None:
        self.size = 0
        self._target = target
        self._name = name
        self._file = file
        self._digest = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self.size += len(data)
        self._target.count(len(data))

    def finish(self) -> None:
        self._file.finish()
        path = self._target.folder / self._name
        with telling(path):
            medium.flush_file(path)
        digest = self._digest.hexdigest()
        self._target.files.append(CopiedFile(name=self._name, size_bytes=self.size, sha256=digest))

    def discard(self) -> None:
        self._file.discard()
