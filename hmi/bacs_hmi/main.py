"""`bacs-hmi`: the touch panel for one engine."""

from __future__ import annotations

import argparse
import asyncio
import errno
import gc
import hashlib
import ipaddress
import json
import logging
import signal
import socket
import sys
import time
from collections.abc import Sequence
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path
from typing import Final

from fastapi import Request, Response
from fastapi.responses import PlainTextResponse
from nicegui import __version__ as nicegui_version, app, background_tasks, ui
from nicegui.dependencies import libraries
from nicegui.server import Server

from bacs_core.api.client import ClientError
from bacs_core.api.guard import Guard
from bacs_core.api.messages import Session
from bacs_hmi import __version__
from bacs_hmi.backlight import Backlight
from bacs_hmi.broadcast import Broadcast
from bacs_hmi.door import is_elsewhere
from bacs_hmi.live import Link
from bacs_hmi.network import NetworkSide
from bacs_hmi.preferences import PreferenceBook
from bacs_hmi.room_trends import RoomTrends
from bacs_hmi.shell import House, Shell
from bacs_hmi.sockets import keep_apart
from bacs_hmi.standing import Standing
from bacs_hmi.texts import preferred, texts_of
from bacs_hmi.views import ViewName, view_of
from bacs_hmi.visits import LANGUAGE_COOKIE, VisitCookie, Visits
from bacs_hmi.watchdog import watch

DEFAULT_ENGINE: Final = "http://127.0.0.1:8480"
DEFAULT_PORT: Final = 8080
MAX_PORT: Final = 65535
ANNOUNCE_RETRY_S: Final = 0.05
#: How long a browser may be away before its page is forgotten and built anew.
RECONNECT_TIMEOUT_S: Final = 15.0
#: Objects made and not gone after which young ones are looked through; Python's own is 700.
COLLECT_AFTER_OBJECTS: Final = 20_000
#: What is named after its content never changes.
KEPT: Final = "public, max-age=31536000, immutable"
#: Modules that are there before the first view is drawn; each other one costs its start some time.
MODULES: Final = {
    ViewName.OVERVIEW: (
        "early",
        "overview",
        "numbers",
        "frames",
        "look",
        "attention",
        "tile",
        "tiles",
    ),
    ViewName.STRING: (
        "early",
        "string",
        "numbers",
        "frames",
        "look",
        "loupe",
        "marks",
        "measures",
        "rows",
    ),
}
MODULES_OF_ALL: Final = ("numbers",)
VIEWPORT: Final = "width=device-width, initial-scale=1, user-scalable=no"
_FIRST_SCRIPT: Final = (
    "<script>"
    "document.documentElement.lang = '{lang}';"
    "document.documentElement.dataset.palette = '{palette}';"
    # A canvas that is drawn before its fonts are there is drawn twice.
    "for (const weight of [400, 500, 700]) document.fonts.load(weight + ' 16px Roboto')"
    "</script>"
)
_LATER_SCRIPT: Final = (
    "<script>"
    "addEventListener('load', () => (window.requestIdleCallback ?? setTimeout)(() => {{"
    "for (const href of {paths})"
    " document.head.append(Object.assign(document.createElement('link'),"
    " {{ rel: 'modulepreload', href }}));"
    "}}));"
    "</script>"
)
ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20">'
    '<rect x="2" y="5" width="16" height="12" rx="2" fill="#55626c"/>'
    '<rect x="5" y="3" width="3" height="2" fill="#55626c"/>'
    '<rect x="12" y="3" width="3" height="2" fill="#55626c"/></svg>'
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the panel until it is told to stop."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    problem = _why_not_listening(options.host, options.port)
    if problem is not None:
        sys.exit(f"bacs-hmi: {problem}")
    # The server hands the signal on once it has closed everything: that is a clean end.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    build(
        Link(options.engine, options.token_file),
        PreferenceBook(options.state),
        Backlight(options.backlight),
        state=options.state,
        host_names=frozenset(options.host_name),
    )
    app.on_startup(
        lambda: background_tasks.create(_announce(options.host, options.port), name="announce")
    )
    # The panel shows everything to whoever reaches this port, as at the cabinet: only loopback.
    # Browsers elsewhere come through the door of `network.py`.
    ui.run(
        host=options.host,
        port=options.port,
        title="BACS Panel",
        favicon=ICON,
        viewport=VIEWPORT,
        show=False,
        reload=False,
        show_welcome_message=False,
        tailwind=False,
        binding_refresh_interval=None,
        reconnect_timeout=RECONNECT_TIMEOUT_S,
        # On loopback, packing costs more time than it saves: of a page, and of each update.
        gzip_middleware_factory=None,
        ws_per_message_deflate=False,
    )


def build(
    link: Link,
    preferences: PreferenceBook | None = None,
    backlight: Backlight | None = None,
    *,
    state: Path | None = None,
    host_names: frozenset[str] = frozenset(),
) -> None:
    """Register the page, and the tasks that feed it; `state` keeps the certificate."""
    ui.add_head_html(_serve_styles(), shared=True)
    preferences = preferences or PreferenceBook()

    def end(session: Session) -> None:
        background_tasks.create(_log_out(link, session), name="log out")

    visits = Visits(lambda: preferences.now.log_off_s, end)
    network = NetworkSide(
        link, visits, app=app, own_sockets=_own_sockets, folder=state, host_names=host_names
    )
    house = House(
        link,
        Broadcast(link, time.time),
        visits,
        preferences,
        backlight or Backlight(None),
        network,
        watch(),
        RoomTrends(link),
    )
    house.broadcast.listen(house.rooms.follow)
    house.broadcast.listen(visits.expire)
    house.broadcast.listen(network.follow)
    house.broadcast.listen(Standing(link, visits).follow)
    keep_apart()
    app.add_middleware(VisitCookie)
    app.add_middleware(Guard, host_names=host_names)

    @ui.page("/")
    def index(request: Request) -> Response | None:
        elsewhere = is_elsewhere(request)
        visit = visits.of(request.state.visit, elsewhere=elsewhere)
        if elsewhere and visit.session is None:
            return Response(status_code=HTTPStatus.UNAUTHORIZED)
        if not visits.has_room(visit):
            ui.context.client.delete()
            texts = texts_of(preferred(None, request.headers.get("accept-language", "")))
            return PlainTextResponse(texts["too_many_pages"], HTTPStatus.TOO_MANY_REQUESTS)
        here = None if elsewhere else preferences.now.language
        language = preferred(
            request.cookies.get(LANGUAGE_COOKIE) or here,
            request.headers.get("accept-language", ""),
        )
        night = preferences.now.is_night(time.localtime().tm_hour)
        first = {"lang": language, "palette": "night" if night else "day"}
        view = view_of(request.url.query)
        head, body = Shell(house, language, visit, view).early()
        ui.add_head_html(_FIRST_SCRIPT.format(**first) + preloads(view.name) + head)
        ui.add_body_html(body)
        return None

    async def start() -> None:
        _collect_rarely()
        background_tasks.create(link.run(), name="follow the engine")
        background_tasks.create(house.broadcast.run(), name="feed the browsers")
        background_tasks.create(network.run(), name="serve the network")

    app.on_startup(start)


def _own_sockets() -> list[socket.socket]:
    return [own for server in Server.instance.servers for own in server.sockets]


def _collect_rarely() -> None:
    """Look for garbage less often, and never among what the program itself consists of.

    Each message of the engine makes some thousand objects, none of which is part of a cycle.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS, 5, 5)


async def _log_out(link: Link, session: Session) -> None:
    if link.client is None:
        return
    try:
        await link.client.logout(session.token)
    except ClientError:
        # The session ends by itself; nobody is there to be told.
        return


def _serve_styles() -> str:
    """Serve the styles as one file that browsers keep; the returned tag asks for it."""
    sheet = styles()
    # The name changes with the content: a browser that kept an older one does not use it.
    path = f"/styles-{hashlib.sha256(sheet.encode()).hexdigest()[:16]}.css"

    @app.get(path, include_in_schema=False)
    def sheets() -> Response:
        return Response(sheet, media_type="text/css", headers={"Cache-Control": KEPT})

    return f'<link rel="stylesheet" href="{path}">'


def preloads(view: ViewName) -> str:
    """Ask for the modules of a view at once, and for those of the first two views after it.

    A browser finds an import only in a module that is there, and would ask for one after the other.
    """
    # Of two paths to a module, the last one stands in the import map.
    keys = {library.name: key for key, library in libraries.items()}
    path = f"/_nicegui/{nicegui_version}/libraries"
    now = MODULES.get(view, MODULES_OF_ALL)
    later = sorted({name for names in MODULES.values() for name in names}.difference(now))
    paths = {name: f"{path}/{keys[f'bacs_{name}']}" for name in (*now, *later)}
    links = "".join(f'<link rel="modulepreload" href="{paths[name]}">' for name in now)
    return links + _LATER_SCRIPT.format(paths=json.dumps([paths[name] for name in later]))


def styles() -> str:
    """Read the styles of all rooms, in the order of their names."""
    sheets = sorted(files("bacs_hmi").joinpath("styles").iterdir(), key=lambda sheet: sheet.name)
    return "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bacs-hmi", description="Touch panel of a battery room.")
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument(
        "--engine",
        default=DEFAULT_ENGINE,
        metavar="URL",
        help="address of the engine (default: %(default)s)",
    )
    parser.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        help="token file of this panel; it may come later than the panel",
    )
    parser.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        help="folder that keeps how the panel is set (language, palette, brightness, times)",
    )
    parser.add_argument(
        "--backlight",
        type=Path,
        metavar="DIR",
        help="backlight of the screen, such as /sys/class/backlight/NAME; "
        "without it the page itself is dimmed",
    )
    parser.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, help="port to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "--host-name",
        action="append",
        default=[],
        metavar="NAME",
        type=str.lower,
        help="a further name of this computer in its network, such as panel.example.org",
    )
    parser.add_argument(
        "--host",
        type=_loopback,
        default="127.0.0.1",
        help="loopback address to listen on (default: %(default)s)",
    )
    return parser


async def _announce(host: str, port: int) -> None:
    """Print the address as soon as the panel answers there."""
    while True:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(ANNOUNCE_RETRY_S)
            continue
        writer.close()
        break
    shown = f"[{host}]" if ":" in host else host
    print(f"The panel is at http://{shown}:{port}/", flush=True)


def _why_not_listening(host: str, port: int) -> str | None:
    """Try the port, so that a person reads one sentence and not the trace of a web server."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            return f"port {port} on {host} is reserved; choose one above 1023 with --port"
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"port {port} on {host} is in use already; choose another one with --port"
            return f"cannot listen on {host}, port {port}: {error.strerror}"
    return None


def _port(text: str) -> int:
    """Accept the numbers that a port can have."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MAX_PORT):
        raise argparse.ArgumentTypeError(f"{text}: a port is a number from 1 to {MAX_PORT}")
    return int(text)


def _loopback(text: str) -> str:
    """Accept loopback addresses only; what is elsewhere needs a login."""
    try:
        loopback = ipaddress.ip_address(text).is_loopback
    except ValueError:
        loopback = text == "localhost"
    if not loopback:
        raise argparse.ArgumentTypeError(
            f"{text}: this is where the cabinet reads without a login, so a loopback address; the "
            "network is switched on at the panel"
        )
    return text


if __name__ == "__main__":
    main()
