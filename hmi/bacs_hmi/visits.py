"""Who is signed in at which browser; kept here, so that a reload or another language keeps it.

A browser is known by a random key in a cookie that its scripts cannot read. One person at a time is
signed in at a panel: whoever signs in at another browser ends what somebody left open.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bacs_core.api.messages import Session
from bacs_core.model import TripState

COOKIE: Final = "bacs-visit"
KEY_BYTES: Final = 32
KEY_LENGTH: Final = 43
#: How long a browser may be gone before its person is signed out.
GONE_S: Final = 60.0
#: How long a browser that nobody signed in at is remembered after its last page.
FORGOTTEN_S: Final = 24 * 3600.0
MOST_VISITS: Final = 200

#: The key of a string and what became of its trip.
TripMark = tuple[str, TripState]


@dataclass(eq=False)
class Visit:
    """One browser; times in seconds of the clock of `Visits`."""

    key: str
    touched_at: float
    session: Session | None = None
    seen: set[TripMark] = field(default_factory=set)
    """The trips that were seen here."""
    pages: int = 0
    left_at: float = 0.0
    listeners: dict[object, Callable[[], None]] = field(default_factory=dict)

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` when somebody else is signed in; the returned function ends that."""
        ticket = object()
        self.listeners[ticket] = listener

        def leave() -> None:
            self.listeners.pop(ticket, None)

        return leave

    def tell(self) -> None:
        """Say that somebody else is signed in, or nobody."""
        for listener in tuple(self.listeners.values()):
            listener()


class Visits:
    """All browsers. `log_off_s` tells after what time without a touch a person is signed out.

    `end` is called for each session that is over, to end it at the engine too.
    """

    def __init__(
        self,
        log_off_s: Callable[[], float],
        end: Callable[[Session], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._log_off_s = log_off_s
        self._end = end
        self._clock = clock
        self._now = now
        self._visits: dict[str, Visit] = {}

    def of(self, key: str) -> Visit:
        """Return the visit of a browser; the one without a page that is away longest gives way."""
        visit = self._visits.get(key)
        if visit is None:
            self._make_room()
            visit = self._visits[key] = Visit(key, self._clock(), left_at=self._clock())
        return visit

    def enter(self, visit: Visit) -> Callable[[], None]:
        """Count a page of a browser; the returned function is for when it is closed."""
        visit.pages += 1

        def leave() -> None:
            visit.pages -= 1
            visit.left_at = self._clock()

        return leave

    def touch(self, visit: Visit) -> None:
        """Remember that somebody is there."""
        visit.touched_at = self._clock()

    def sign_in(self, visit: Visit, session: Session) -> None:
        """Let a person be signed in at one browser, and at no other."""
        for each in tuple(self._visits.values()):
            if each is not visit:
                self.sign_out(each)
        before, visit.session = visit.session, session
        if before is not None and before.token != session.token:
            self._end(before)
        self.touch(visit)
        visit.tell()

    def sign_out(self, visit: Visit) -> None:
        """Sign out whoever is signed in at a browser."""
        session, visit.session = visit.session, None
        if session is not None:
            self._end(session)
            visit.tell()

    def expire(self) -> None:
        """Sign out who is away for too long, and forget browsers that are gone."""
        now = self._clock()
        for visit in tuple(self._visits.values()):
            away_s = 0.0 if visit.pages else now - visit.left_at
            if visit.session is not None and (
                visit.session.expires_at <= self._now()
                or now - visit.touched_at > self._log_off_s()
                or away_s > GONE_S
            ):
                self.sign_out(visit)
            if away_s > FORGOTTEN_S:
                self._visits.pop(visit.key, None)

    def _make_room(self) -> None:
        if len(self._visits) < MOST_VISITS:
            return
        oldest = min(self._visits.values(), key=lambda each: (each.pages > 0, each.left_at))
        self.sign_out(oldest)
        self._visits.pop(oldest.key, None)


class VisitCookie:
    """Gives each browser its key; the page finds it as `request.state.visit`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and a new key with the answer to the page."""
        if scope["type"] != "http" or scope["path"] != "/":
            await self._app(scope, receive, send)
            return
        key = _key_of(scope)
        is_new = key is None
        key = key or secrets.token_urlsafe(KEY_BYTES)
        scope.setdefault("state", {})["visit"] = key

        async def answer(message: Message) -> None:
            if is_new and message["type"] == "http.response.start":
                cookie = f"{COOKIE}={key}; Path=/; HttpOnly; SameSite=Strict"
                MutableHeaders(scope=message).append("Set-Cookie", cookie)
            await send(message)

        await self._app(scope, receive, answer)


def _key_of(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                cookie = SimpleCookie(value.decode("latin-1")).get(COOKIE)
            except CookieError:
                continue
            if cookie is not None and len(cookie.value) == KEY_LENGTH:
                return cookie.value
    return None
