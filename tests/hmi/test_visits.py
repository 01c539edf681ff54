"""Who is signed in at which browser, and when that ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bacs_core.api.messages import Session
from bacs_core.model import Role
from bacs_hmi.visits import (
    COOKIE,
    FORGOTTEN_S,
    GONE_S,
    MOST_PAGES_ELSEWHERE,
    MOST_PAGES_OF_ONE,
    MOST_VISITS,
    Visit,
    VisitCookie,
    Visits,
)

LOG_OFF_S = 300.0
START = datetime(2026, 1, 1, tzinfo=UTC)


class Panel:
    """Visits with a clock that a test moves, and the sessions that were ended."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.ended: list[str] = []
        self.visits = Visits(
            lambda: LOG_OFF_S,
            lambda session: self.ended.append(session.name),
            clock=lambda: self.now_s,
            now=lambda: START + timedelta(seconds=self.now_s),
        )


def session(name: str, *, lasts_s: float = 900.0) -> Session:
    return Session(
        token=f"token of {name}",
        name=name,
        role=Role.OPERATOR,
        expires_at=START + timedelta(seconds=lasts_s),
    )


@pytest.fixture
def panel() -> Panel:
    return Panel()


def test_a_person_stays_signed_in_at_a_browser_that_loads_its_page_again(panel: Panel) -> None:
    visit = panel.visits.of("a")
    leave = panel.visits.enter(visit)
    panel.visits.sign_in(visit, session("olga"))
    leave()
    panel.now_s = 5
    panel.visits.expire()
    again = panel.visits.of("a")
    panel.visits.enter(again)
    panel.now_s = GONE_S + 10
    panel.visits.expire()
    assert again.session is not None
    assert again.session.name == "olga"
    assert panel.ended == []


def test_a_browser_without_the_key_has_nobody_signed_in(panel: Panel) -> None:
    panel.visits.sign_in(panel.visits.of("a"), session("olga"))
    assert panel.visits.of("b").session is None


def test_who_signs_in_at_another_browser_ends_what_was_left_open(panel: Panel) -> None:
    first, second = panel.visits.of("a"), panel.visits.of("b")
    told: list[str] = []
    first.listen(lambda: told.append("first"))
    panel.visits.sign_in(first, session("olga"))
    panel.visits.sign_in(second, session("tina"))
    assert first.session is None
    assert panel.ended == ["olga"]
    assert told == ["first", "first"]


@pytest.mark.parametrize(("touched_s", "is_in"), [(0.0, False), (LOG_OFF_S / 2, True)])
def test_who_does_not_touch_the_screen_is_signed_out(
    panel: Panel, touched_s: float, *, is_in: bool
) -> None:
    visit = panel.visits.of("a")
    panel.visits.enter(visit)
    panel.visits.sign_in(visit, session("olga"))
    panel.now_s = touched_s
    panel.visits.touch(visit)
    panel.now_s = LOG_OFF_S + 1
    panel.visits.expire()
    assert (visit.session is not None) is is_in
    assert panel.ended == ([] if is_in else ["olga"])


def test_a_session_that_the_engine_ends_by_itself_ends_here_too(panel: Panel) -> None:
    visit = panel.visits.of("a")
    panel.visits.enter(visit)
    panel.visits.sign_in(visit, session("olga", lasts_s=10))
    panel.now_s = 10
    panel.visits.expire()
    assert visit.session is None


def test_who_is_signed_in_at_a_browser_that_is_gone_is_signed_out(panel: Panel) -> None:
    visit = panel.visits.of("a")
    panel.visits.enter(visit)()
    panel.visits.sign_in(visit, session("olga"))
    panel.now_s = GONE_S + 1
    panel.visits.expire()
    assert panel.ended == ["olga"]


def test_browsers_that_are_gone_do_not_pile_up(panel: Panel) -> None:
    shown = panel.visits.of("shown")
    panel.visits.enter(shown)
    for number in range(2 * MOST_VISITS):
        panel.now_s += 1
        panel.visits.enter(panel.visits.of(str(number)))()
    assert panel.visits.of("shown") is shown
    last = panel.visits.of(str(2 * MOST_VISITS - 1))
    panel.now_s += FORGOTTEN_S + 1
    panel.visits.expire()
    assert panel.visits.of("shown") is shown
    assert panel.visits.of(last.key) is not last


def test_whoever_signs_in_often_elsewhere_gives_way_before_others_do(panel: Panel) -> None:
    def enter(name: str) -> None:
        panel.now_s += 1
        visit = panel.visits.of(f"{name} {panel.now_s}", elsewhere=True, name=name)
        panel.visits.sign_in(visit, session(name))

    enter("tina")
    for _ in range(MOST_VISITS + 5):
        enter("olga")
    assert panel.ended == ["olga"] * 6
    assert len(panel.visits.elsewhere()) == MOST_VISITS


def test_only_so_many_pages_are_open_elsewhere_and_those_of_one_person_leave_room(
    panel: Panel,
) -> None:
    def browser(name: str) -> Visit:
        visit = panel.visits.of(f"browser of {name}", elsewhere=True)
        panel.visits.sign_in(visit, session(name))
        return visit

    def open_all(visit: Visit) -> list[Callable[[], None]]:
        opened = []
        while panel.visits.has_room(visit):
            opened.append(panel.visits.enter(visit))
        return opened

    opened = open_all(browser("olga"))
    assert len(opened) == MOST_PAGES_OF_ONE
    every = [open_all(browser(f"person {number}")) for number in range(MOST_PAGES_ELSEWHERE)]
    assert len(opened) + sum(map(len, every)) == MOST_PAGES_ELSEWHERE
    assert panel.visits.has_room(panel.visits.of("at the cabinet"))
    opened[0]()
    assert panel.visits.has_room(browser("olga"))


async def test_a_browser_gets_a_key_that_its_scripts_cannot_read_and_keeps_it() -> None:
    async def page(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.state.visit)

    app = Starlette(routes=[Route("/", page)])
    app.add_middleware(VisitCookie)

    def browser(**cookies: str) -> AsyncClient:
        transport = ASGITransport(app)
        return AsyncClient(transport=transport, base_url="http://panel", cookies=cookies)

    async with browser() as first, browser() as other, browser(**{COOKIE: "short"}) as forger:
        answer = await first.get("/")
        cookie = f"{COOKIE}={answer.text}; Path=/; HttpOnly; SameSite=Strict"
        assert answer.headers["set-cookie"] == cookie
        again = await first.get("/")
        assert again.text == answer.text
        assert "set-cookie" not in again.headers
        assert (await other.get("/")).text != answer.text
        assert (await forger.get("/")).text != "short"
