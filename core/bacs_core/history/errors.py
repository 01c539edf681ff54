"""What can go wrong with the history; the engine catches it and goes on controlling."""

from __future__ import annotations

from typing import ClassVar

from bacs_core.errors import BacsError


class HistoryError(BacsError):
    """The history cannot be read or written just now: disk full, read-only, locked or damaged."""

    retryable: ClassVar[bool] = True


class SchemaTooNewError(HistoryError):
    """The database was written by a newer version of this program."""

    retryable: ClassVar[bool] = False
