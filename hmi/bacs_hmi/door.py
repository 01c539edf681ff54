"""The door for browsers on the network: nothing of the panel is served before somebody signed in.

What comes through it is not at the cabinet: it is marked so for the page, a PIN counts for nothing,
and the panel's own token is never used for it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from html import escape
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Match
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from bacs_core.api.client import ClientError, EngineClient
from bacs_core.api.guard import on_loopback
from bacs_core.api.messages import Login, Session
from bacs_core.api.people_client import PeopleClient
from bacs_hmi import refusals
from bacs_hmi.live import Link
from bacs_hmi.texts import Texts, preferred, texts_of
from bacs_hmi.views import view_of
from bacs_hmi.visits import COOKIE, KEY_BYTES, LANGUAGE_COOKIE, Visit, Visits, key_of

SIGN_IN: Final = "/sign-in"
#: What serves the screen of the cabinet and nobody else.
CABINET_ONLY: Final = "/_kiosk/"
_MARK: Final = "bacs_elsewhere"
#: So long the page of somebody who was signed out has to go to the sign-in by itself.
GRACE_S: Final = 2.0
#: Code of a websocket that is closed because it is not permitted (RFC 6455, section 7.4.1).
NOT_PERMITTED: Final = 1008
#: No other page may frame these, nor learn what was looked at; nothing of them is kept.
_CAREFUL: Final = {
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_FORM_CAREFUL: Final = {
    **_CAREFUL,
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "form-action 'self'; frame-ancestors 'none'",
}
_STYLE: Final = """
:root { color-scheme: light dark; font: 1.1rem/1.5 Roboto, system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #dfe3e6;
  color: #1d262d; }
form { box-sizing: border-box; width: min(26rem, 100vw); padding: 1.5rem; background: #f8f9fa;
  border-radius: 0.5rem; display: grid; gap: 1rem; }
h1 { margin: 0; font-size: 1.3rem; }
p { margin: 0; }
label { display: grid; gap: 0.25rem; }
input { font: inherit; padding: 0.6rem; border: 1px solid #55626c; border-radius: 0.3rem;
  background: #fff; color: inherit; }
button { font: inherit; font-weight: 500; min-height: 67px; border: 0; border-radius: 0.3rem;
  background: #24577f; color: #fff; }
[role=alert] { color: #a11f13; }
@media (prefers-color-scheme: dark) {
  body { background: #12181d; color: #e3e8ec; }
  form { background: #1c242b; }
  input { background: #242e36; border-color: #a9b5be; }
  [role=alert] { color: #ffa499; }
}
"""
_FIELDS: Final = {"user": "username", "secret": "current-password"}
#: The text of a field that is not named as it is.
_TITLES: Final = {"secret": "door_password"}
_NEW_FIELDS: Final = {
    "password_current": "current-password",
    "password_new": "new-password",
    "password_again": "new-password",
}


def is_elsewhere(connection: HTTPConnection) -> bool:
    """Tell whether a request came from the network, so not from the cabinet."""
    return connection.scope.get("state", {}).get(_MARK) is True or not on_loopback(connection.scope)


class Door:
    """ASGI application that stands before the panel where the network is served."""

    def __init__(self, app: Starlette, link: Link, visits: Visits) -> None:
        self._app = app
        self._link = link
        self._visits = visits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on who is signed in; ask everybody else to sign in."""
        visit = self._visits.known_elsewhere(key_of(scope))
        if scope["type"] == "http" and scope["path"] == SIGN_IN:
            answer = await self._signing_in(Request(scope, receive), visit)
            await answer(scope, receive, send)
        elif visit is None or visit.session is None or visit.session.must_change:
            await _refuse(scope, receive, send)
        elif scope["path"].startswith(CABINET_ONLY):
            await _not_found(scope, receive, send)
        else:
            scope.setdefault("state", {})[_MARK] = True
            await self._pass(visit, scope, receive, send)

    async def _pass(self, visit: Visit, scope: Scope, receive: Receive, send: Send) -> None:
        if not any(route.matches(scope)[0] is not Match.NONE for route in self._app.routes):
            # NiceGUI would build a whole page to say so.
            await _not_found(scope, receive, send)
        elif scope["type"] == "websocket":
            socket = _Socket(receive)
            leave = visit.listen(lambda: None if visit.session else socket.end())
            try:
                await self._app(scope, socket.receive, send)
            finally:
                leave()
        else:
            await self._app(scope, receive, _carefully(send) if scope["path"] == "/" else send)

    async def _signing_in(self, request: Request, visit: Visit | None) -> Response:
        session = None if visit is None else visit.session
        if request.method != "POST":
            if session is not None and not session.must_change:
                return _to_panel(request)
            return _form(request, session)
        told = _fields_of(await request.body())
        client = self._link.stranger
        if client is None:
            return _form(request, session, _texts_for(request)["engine_silent"])
        if visit is not None and session is not None and session.must_change:
            return await _new_password(request, client, visit, session, told)
        return await self._log_in(request, client, visit, told)

    async def _log_in(
        self,
        request: Request,
        client: EngineClient,
        before: Visit | None,
        told: dict[str, str],
    ) -> Response:
        texts = _texts_for(request)
        try:
            login = Login(user=told.get("user", ""), secret=told.get("secret", ""))
            session = await client.login(login)
        except ValidationError:
            return _form(request, None, texts["refused_wrong_credentials"])
        except ClientError as error:
            is_pin = getattr(error, "code", None) == "cabinet_only"
            problem = texts["pin_elsewhere"] if is_pin else refusals.words(error, texts)
            return _form(request, None, problem)
        # A new key at each sign-in: one that somebody else planted before is worth nothing.
        key = secrets.token_urlsafe(KEY_BYTES)
        if before is not None:
            self._visits.sign_out(before)
        visit = self._visits.of(key, elsewhere=True, name=session.name)
        self._visits.sign_in(visit, session)
        answer = _form(request, session) if session.must_change else _to_panel(request)
        answer.set_cookie(COOKIE, key, httponly=True, secure=True, samesite="lax")
        return answer


class _Socket:
    """What a websocket says, until its visit is over."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._ends_at: float | None = None
        self._waiting: asyncio.Timeout | None = None

    def end(self) -> None:
        """Let it end soon."""
        self._ends_at = asyncio.get_running_loop().time() + GRACE_S
        if self._waiting is not None:
            self._waiting.reschedule(self._ends_at)

    async def receive(self) -> Message:
        """Hand on what is said; in the end, that nobody says anything any more."""
        try:
            async with asyncio.timeout_at(self._ends_at) as self._waiting:
                return await self._receive()
        except TimeoutError:
            return {"type": "websocket.disconnect", "code": NOT_PERMITTED}
        finally:
            self._waiting = None


async def _new_password(
    request: Request,
    client: EngineClient,
    visit: Visit,
    session: Session,
    told: dict[str, str],
) -> Response:
    texts = _texts_for(request)
    current, new = told.get("password_current", ""), told.get("password_new", "")
    if new != told.get("password_again", ""):
        return _form(request, session, texts["password_differs"])
    try:
        await PeopleClient(client, session_token=session.token).set_own_password(new, current)
    except ValidationError:
        return _form(request, session, texts["fill_in_all"])
    except ClientError as error:
        return _form(request, session, refusals.of_person(error, texts))
    visit.session = session.model_copy(update={"must_change": False})
    return _to_panel(request)


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await WebSocket(scope, receive, send).close()
    else:
        await Response(status_code=HTTPStatus.NOT_FOUND)(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await WebSocket(scope, receive, send).close()
    elif scope["type"] == "http" and scope["path"] == "/":
        asked = view_of(scope["query_string"].decode("ascii", "replace")).query()
        await RedirectResponse(SIGN_IN + asked, HTTPStatus.SEE_OTHER)(scope, receive, send)
    else:
        await Response(status_code=HTTPStatus.UNAUTHORIZED)(scope, receive, send)


def _carefully(send: Send) -> Send:
    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(_CAREFUL)
        await send(message)

    return answer


def _to_panel(request: Request) -> Response:
    view = view_of(request.url.query)
    return RedirectResponse("/" + view.query(), HTTPStatus.SEE_OTHER)


def _fields_of(body: bytes) -> dict[str, str]:
    told = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[0] for name, values in told.items()}


def _texts_for(request: Request) -> Texts:
    return texts_of(_language_of(request))


def _language_of(request: Request) -> str:
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    return preferred(chosen, request.headers.get("accept-language", ""))


def _form(request: Request, session: Session | None, problem: str = "") -> Response:
    """Ask who somebody is; who came with a password for the first time only, for a new one."""
    texts = _texts_for(request)
    must_change = session is not None and session.must_change
    title = texts["password_must" if must_change else "door_title"]
    why = texts["password_why" if must_change else "door_why"]
    what = texts["password_save" if must_change else "sign_in"]
    fields = _NEW_FIELDS if must_change else _FIELDS
    action = escape(SIGN_IN + view_of(request.url.query).query())
    lines: Sequence[str] = (
        f'<!DOCTYPE html><html lang="{_language_of(request)}"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>",
        f'<form method="post" action="{action}"><h1>{escape(title)}</h1><p>{escape(why)}</p>',
        *(
            _field(name, texts[_TITLES.get(name, name)], purpose)
            for name, purpose in fields.items()
        ),
        f'<p role="alert">{escape(problem)}</p>' if problem else "",
        f"<button>{escape(what)}</button></form></main></body></html>",
    )
    status = HTTPStatus.UNAUTHORIZED if problem else HTTPStatus.OK
    return HTMLResponse("".join(lines), status, _FORM_CAREFUL)


def _field(name: str, title: str, purpose: str) -> str:
    kind = "text" if name == "user" else "password"
    return (
        f'<label>{escape(title)}<input name="{name}" type="{kind}" autocomplete="{purpose}"'
        ' autocapitalize="off" spellcheck="false" required></label>'
    )
