"""What can go wrong with a report."""

from __future__ import annotations

from typing import ClassVar

from bacs_core.errors import BacsError


class UnknownStringError(BacsError):
    """Neither the site file nor the history knows the string. `known` are those they know."""

    retryable: ClassVar[bool] = False

    def __init__(self, string_key: str, known: tuple[str, ...]) -> None:
        """Say which there are."""
        there = f"there are {', '.join(known)}" if known else "no measurement is stored yet"
        super().__init__(f"there is no string {string_key!r}: {there}")
        self.string_key = string_key
        self.known = known


class MissingPartError(BacsError):
    """The libraries that draw reports are not installed here; `library` is the first missing."""

    retryable: ClassVar[bool] = False

    def __init__(self, library: str) -> None:
        """Say how to get them."""
        super().__init__(
            f"reports need {library}, which is not installed: pip install 'bacs-core[reports]'"
        )
        self.library = library
