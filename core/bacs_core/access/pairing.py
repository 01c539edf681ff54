"""The window in which one program may come in with a code; a person at the cabinet opens it.

Opening and redeeming block (hashing, the disk) and belong in a thread; `status` does not.
"""

from __future__ import annotations

import contextlib
import hmac
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from bacs_core.access.pairing_code import PairingCode, new_code, plain_characters
from bacs_core.api.pairing_messages import PairedProgram, PairingStatus
from bacs_core.errors import RefusedError
from bacs_core.model import Role

WINDOW_S: Final = 300.0
#: With 30 bits the chance of all tries together is 5 in a thousand million.
MOST_WRONG: Final = 5


class Tokens(Protocol):
    """What makes the token of a program, and keeps the record; see `People`."""

    def pair(self, name: str, role: Role, by: str, address: str) -> str:
        """Make a token, or raise `RefusedError`."""

    def note_pairing(self, happened: str, text: str, by: str | None) -> None:
        """Record what happened, or raise `RefusedError`."""


@dataclass(frozen=True, slots=True)
class _Window:
    code: PairingCode
    role: Role
    by: str
    opened_at: float
    ends_at: datetime
    wrong: int = 0


class Pairing:
    """At most one window at a time, and none while nobody can reach the engine: see `allow`.

    `monotonic` are seconds that never jump, `clock` unix time.
    """

    def __init__(
        self,
        people: Tokens,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Begin with no window, and nobody who could use one."""
        self._people = people
        self._monotonic = monotonic
        self._clock = clock
        self._lock = threading.Lock()
        # Held for a moment only: `drop` waits neither for hashing nor for the disk.
        self._window_lock = threading.Lock()
        self._allowed = False
        self._window: _Window | None = None
        self._paired: PairedProgram | None = None

    def open(self, fingerprint: bytes, role: Role, by: str) -> PairingStatus:
        """Make a new code for the certificate with this SHA-256; an older code ends.

        Raises `RefusedError`: `history_unavailable` where this cannot be recorded, `network_off`
        where nobody could come, also where that has become so meanwhile.
        """
        with self._lock:
            if not self._allowed:
                raise _network_off()
            code = new_code(fingerprint)
            self._people.note_pairing("opened", f"pairing opened for a program as {role}", by)
            ends_at = self._now() + timedelta(seconds=WINDOW_S)
            window = _Window(code, role, by, self._monotonic(), ends_at)
            with self._window_lock:
                dropped = not self._allowed
                if not dropped:
                    self._window, self._paired = window, None
            if dropped:
                self._note("ended", "pairing ended: the network was switched off", None)
                raise _network_off()
        return self.status()

    def end(self, by: str) -> None:
        """End the window before its time; none is no error."""
        with self._lock:
            if self._open_window() is not None:
                self._end("ended", "pairing ended", by)

    def allow(self) -> None:
        """Let windows be opened: others can reach the engine."""
        with self._window_lock:
            self._allowed = True

    def drop(self) -> None:
        """Forget the window, and let none be opened: nobody can come in any more."""
        with self._window_lock:
            self._allowed = False
            self._window = None

    def redeem(self, secret: str, name: str, address: str) -> tuple[str, Role]:
        """Let the program in that shows the secret; return its token and what it may do.

        Raises `RefusedError`: `pairing_closed`, `wrong_code`, `bad_name`, `name_taken`.
        """
        with self._lock:
            window = self._open_window()
            if window is None:
                reason = "nobody is let in just now: somebody at the cabinet has to ask for a code"
                raise RefusedError(reason, code="pairing_closed")
            if not hmac.compare_digest(_bytes(secret), window.code.secret.encode()):
                self._count_wrong(window, address)
                raise RefusedError("the code is wrong", code="wrong_code")
            token = self._people.pair(name, window.role, window.by, address)
            self._window = None
            self._paired = PairedProgram(
                name=name.casefold(), address=address, role=window.role, at=self._now()
            )
            return token, window.role

    def status(self) -> PairingStatus:
        """Tell the code while it counts, and who came in by the newest one."""
        window = self._open_window()
        if window is None:
            return PairingStatus(paired=self._paired)
        return PairingStatus(
            code=window.code.text, ends_at=window.ends_at, role=window.role, wrong=window.wrong
        )

    def _count_wrong(self, window: _Window, address: str) -> None:
        wrong = window.wrong + 1
        with self._window_lock:
            # Dropped meanwhile, it stays so.
            if self._window is window:
                self._window = replace(window, wrong=wrong)
        self._note("wrong", f"pairing refused to {address}: wrong code", None)
        if wrong >= MOST_WRONG:
            self._end("too_many_wrong", f"pairing ended after {wrong} wrong codes", None)

    def _end(self, happened: str, text: str, by: str | None) -> None:
        self._window = None
        self._note(happened, text, by)

    def _note(self, happened: str, text: str, by: str | None) -> None:
        # What only makes the engine safer is done, recorded or not.
        with contextlib.suppress(RefusedError):
            self._people.note_pairing(happened, text, by)

    def _open_window(self) -> _Window | None:
        window = self._window
        if window is None or self._monotonic() - window.opened_at >= WINDOW_S:
            return None
        return window

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _network_off() -> RefusedError:
    return RefusedError("the network is switched off", code="network_off")


def _bytes(typed: str) -> bytes:
    # A lone surrogate, which JSON can carry, has no UTF-8.
    return plain_characters(typed).encode(errors="replace")
