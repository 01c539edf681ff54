"""What can go wrong with the history; the engine catches it and goes on controlling."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from bacs_core.errors import BacsError


class HistoryError(BacsError):
    """The history cannot be read or written just now: disk full, read-only, locked or damaged."""

    retryable: ClassVar[bool] = True


class SchemaTooNewError(HistoryError):
    """The database was written by a newer version of this program."""

    retryable: ClassVar[bool] = False


class OverwrittenError(HistoryError):
    """The open database was written over by somebody else: it is damaged."""


class TargetFault(StrEnum):
    """What keeps a folder, stick or stream from taking a file."""

    FULL = "full"
    READ_ONLY = "read_only"
    NOT_ALLOWED = "not_allowed"
    GONE = "gone"
    BROKEN = "broken"


class TargetError(BacsError):
    """A file of an export or backup could not be written; nothing unfinished is left."""

    def __init__(self, message: str, fault: TargetFault) -> None:
        """`fault` is for machines, e.g. to choose a sentence in another language."""
        super().__init__(message)
        self.fault = fault


class BackupError(BacsError):
    """A backup is not taken back: it is damaged, foreign, or not for this place."""
