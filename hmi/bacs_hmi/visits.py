"""Who is signed in at which browser; kept here, so that a reload or another language keeps it.

A browser is known by a random key in a cookie that its scripts cannot read. One person at a time is
signed in at a panel: whoever signs in at another browser ends what somebody left open. Browsers
elsewhere on the network are apart from those at the cabinet, and each has a person of its own.
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
#: The language that was chosen at a browser.
LANGUAGE_COOKIE: Final = "bacs-language"
KEY_BYTES: Final = 32
KEY_LENGTH: Final = 43
#: How long a browser may be gone before its person is signed out.
GONE_S: Final = 60.0
#: The same elsewhere: a telephone goes to sleep, and the screen belongs to whoever signed in.
GONE_ELSEWHERE_S: Final = 15 * 60.0
LOG_OFF_ELSEWHERE_S: Final = 3600
#: How long a browser that nobody signed in at is remembered after its last page.
FORGOTTEN_S: Final = 24 * 3600.0
MOST_VISITS: Final = 200
#: Pages that a person elsewhere may have at once; one that was left counts some seconds longer.
MOST_PAGES_OF_ONE: Final = 8
#: The same of everybody elsewhere: each page costs the panel time that the cabinet needs.
MOST_PAGES_ELSEWHERE: Final = 40

#: The key of a string and what became of its trip.
TripMark = tuple[str, TripState]


@dataclass(eq=False)
class Visit:
    """One browser; times in seconds of the clock of `Visits`."""

    key: str
    touched_at: float
    elsewhere: bool = False
    """Whether the browser is on the network, so not at the cabinet."""
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
        self._visits: dict[tuple[bool, str], Visit] = {}

    def of(self, key: str, *, elsewhere: bool = False, name: str | None = None) -> Visit:
        """Return the visit of a browser; the one without a page that is away longest gives way.

        `name` is who signs in there: visits of the same person give way first.
        """
        visit = self._visits.get((elsewhere, key))
        if visit is None:
            self._make_room(elsewhere=elsewhere, name=name)
            now = self._clock()
            visit = self._visits[elsewhere, key] = Visit(key, now, elsewhere, left_at=now)
        return visit

    def elsewhere(self) -> list[Visit]:
        """Return the visits of browsers on the network where somebody is signed in."""
        return [visit for visit in self._visits.values() if visit.elsewhere and visit.session]

    def at_cabinet(self) -> list[Visit]:
        """Return the visits of browsers at the cabinet where somebody is signed in."""
        return [visit for visit in self._visits.values() if not visit.elsewhere and visit.session]

    def known_elsewhere(self, key: str | None) -> Visit | None:
        """Return the visit of a browser on the network if somebody is signed in there."""
        visit = None if key is None else self._visits.get((True, key))
        return visit if visit is not None and visit.session is not None else None

    def has_room(self, visit: Visit) -> bool:
        """Tell whether one more page may be built for a browser; at the cabinet always."""
        if not visit.elsewhere:
            return True
        entered = [(_name(each), each.pages) for each in self.elsewhere()]
        own = sum(pages for name, pages in entered if name == _name(visit))
        return own < MOST_PAGES_OF_ONE and sum(pages for _, pages in entered) < MOST_PAGES_ELSEWHERE

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
        """Let a person be signed in at one browser of the cabinet, and at no other of it."""
        for each in tuple(self._visits.values()):
            if each is not visit and not (each.elsewhere or visit.elsewhere):
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
            gone_s = GONE_ELSEWHERE_S if visit.elsewhere else GONE_S
            if visit.session is not None and (
                visit.session.expires_at <= self._now()
                or now - visit.touched_at > self.log_off_s(visit)
                or away_s > gone_s
            ):
                self.sign_out(visit)
            if away_s > FORGOTTEN_S or (visit.elsewhere and visit.session is None):
                self._forget(visit)

    def log_off_s(self, visit: Visit) -> float:
        """Tell after what time without a touch a person is signed out."""
        return LOG_OFF_ELSEWHERE_S if visit.elsewhere else self._log_off_s()

    def _make_room(self, *, elsewhere: bool, name: str | None) -> None:
        visits = [visit for visit in self._visits.values() if visit.elsewhere is elsewhere]
        if len(visits) < MOST_VISITS:
            return
        oldest = min(
            visits,
            key=lambda each: (name is None or _name(each) != name, each.pages > 0, each.left_at),
        )
        self.sign_out(oldest)
        self._forget(oldest)

    def _forget(self, visit: Visit) -> None:
        self._visits.pop((visit.elsewhere, visit.key), None)


def _name(visit: Visit) -> str | None:
    return None if visit.session is None else visit.session.name


class VisitCookie:
    """Gives each browser its key; the page finds it as `request.state.visit`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and a new key with the answer to the page."""
        if scope["type"] != "http" or scope["path"] != "/":
            await self._app(scope, receive, send)
            return
        key = key_of(scope)
        is_new = key is None
        key = key or secrets.token_urlsafe(KEY_BYTES)
        scope.setdefault("state", {})["visit"] = key

        async def answer(message: Message) -> None:
            if is_new and message["type"] == "http.response.start":
                cookie = f"{COOKIE}={key}; Path=/; HttpOnly; SameSite=Strict"
                MutableHeaders(scope=message).append("Set-Cookie", cookie)
            await send(message)

        await self._app(scope, receive, answer)


def key_of(scope: Scope) -> str | None:
    """Read the key of the browser from the cookies of a request."""
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                cookie = SimpleCookie(value.decode("latin-1")).get(COOKIE)
            except CookieError:
                continue
            if cookie is not None and len(cookie.value) == KEY_LENGTH:
                return cookie.value
    return None
