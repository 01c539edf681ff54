"""What the engine refused, or why it did not answer, in the language of the screen."""

from __future__ import annotations

import re
from math import ceil
from typing import Final

from bacs_core.api.client import (
    ClientError,
    CommandRefusedError,
    EngineUnreachableError,
    NotAuthorizedError,
)
from bacs_hmi.format import MINUTE_S, NO_BREAK
from bacs_hmi.texts import Texts

#: The engine writes the time that is left into its reason: `too many failures; try again in 30 s`.
_WAIT: Final = re.compile(r"(\d+) s\b")
#: A longer wait is told in minutes.
_SECONDS_UNTIL_S: Final = 2 * MINUTE_S


def words(error: ClientError, texts: Texts) -> str:
    """Say in one sentence why something was not done; never what only a programmer understands."""
    if isinstance(error, CommandRefusedError):
        wait = _WAIT.search(error.reason) if error.code == "locked_out" else None
        if wait is not None:
            return texts["refused_locked_out_for"].format(wait=_wait(int(wait[1])))
        return texts.get(f"refused_{error.code}", texts["refused"])
    if isinstance(error, EngineUnreachableError):
        return texts["engine_silent"]
    if isinstance(error, NotAuthorizedError):
        return texts["refused_panel"]
    return texts["refused"]


def of_sign_in(error: ClientError, texts: Texts, *, by_pin: bool) -> str:
    """Say why a sign-in failed; who touched a name and typed a PIN can only have mistyped that."""
    is_wrong = isinstance(error, CommandRefusedError) and error.code == "wrong_credentials"
    return texts["refused_wrong_pin"] if is_wrong and by_pin else words(error, texts)


def of_person(error: ClientError, texts: Texts) -> str:
    """Say why something was not done that was asked with the token of a session alone."""
    if isinstance(error, NotAuthorizedError):
        return texts["refused_unauthorized"]
    return words(error, texts)


def _wait(wait_s: int) -> str:
    """Write a wait; minutes are rounded up, so that nobody comes back too early."""
    if wait_s < _SECONDS_UNTIL_S:
        return f"{wait_s}{NO_BREAK}s"
    return f"{ceil(wait_s / MINUTE_S)}{NO_BREAK}min"
