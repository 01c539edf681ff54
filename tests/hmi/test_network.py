"""Browsers on the network: served while its switch is on, signed in, and never at the cabinet."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from yarl import URL

from bacs_core.access.principal import Principal
from bacs_core.api.messages import SetNetwork
from bacs_core.model import Role
from bacs_hmi.visits import COOKIE, MOST_PAGES_OF_ONE
from tests.hmi.browser import PanelProgram, free_port
from tests.hmi.conftest import TICK_S, plant_at_rest, write_token
from tests.hmi.standin_engine import password_of
from tests.hmi.standin_service import ServiceStandIn

pytestmark = [pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="module")]

GUARD_S = 120.0
AT_THE_CABINET = Principal("tina", Role.TECHNICIAN, at_cabinet=True)


def network_address() -> str:
    """An address of this machine that is not loopback, as another machine would use it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Sends nothing: it only asks which of our addresses leads there.
            probe.connect(("198.51.100.1", 9))
        except OSError:
            pytest.skip("this machine has no network address")
        address: str = probe.getsockname()[0]
        return address


@dataclass
class Room:
    """A panel, its engine, and how a browser on the network calls it."""

    engine: ServiceStandIn
    panel: PanelProgram
    state: Path

    @property
    def url(self) -> str:
        return f"https://{network_address()}:{self.panel.port}"

    async def switch(self, *, enabled: bool) -> None:
        """Switch the network as a technician does, and wait until the panel has followed."""
        await self.engine.execute(SetNetwork(enabled=enabled), AT_THE_CABINET)
        async with asyncio.timeout(GUARD_S):
            while await self.is_served() is not enabled:
                await asyncio.sleep(0.05)

    async def is_served(self) -> bool:
        try:
            _, writer = await asyncio.open_connection(network_address(), self.panel.port)
        except OSError:
            return False
        writer.close()
        return True


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    folder, state = tmp_path_factory.mktemp("network"), tmp_path_factory.mktemp("state")
    engine = ServiceStandIn(plant_at_rest(), folder)
    engine.tick_s = TICK_S
    await engine.start()
    options = ("--state", str(state), "--host-name", "Panel.Example.org")
    panel = PanelProgram(engine.url, write_token(folder), free_port(), *options)
    await panel.start()
    try:
        yield Room(engine, panel, state)
    finally:
        await panel.stop()
        await engine.stop()


@asynccontextmanager
async def browser(room: Room) -> AsyncIterator[aiohttp.ClientSession]:
    """Open a browser that has accepted the certificate of the panel."""
    certificate = ssl.PEM_cert_to_DER_cert(
        (room.state / "network-certificate.pem").read_text().partition("-----BEGIN PRIVATE")[0]
    )
    pinned = aiohttp.Fingerprint(hashlib.sha256(certificate).digest())
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=pinned),
        cookie_jar=aiohttp.CookieJar(unsafe=True),
        timeout=aiohttp.ClientTimeout(GUARD_S),
    ) as session:
        yield session


async def sign_in(
    room: Room, session: aiohttp.ClientSession, secret: str, user: str = "tina"
) -> tuple[int, str]:
    async with session.post(
        f"{room.url}/sign-in?view=alarms",
        data={"user": user, "secret": secret},
        headers={"Origin": room.url},
    ) as answer:
        return answer.status, f"{answer.url.path_qs} {await answer.text()}"


async def status(session: aiohttp.ClientSession, url: str, **headers: str) -> int:
    async with session.get(url, headers=headers, allow_redirects=False) as answer:
        return answer.status


async def test_the_panel_is_on_the_network_while_the_switch_is_on_and_stays_at_the_cabinet(
    room: Room,
) -> None:
    assert not await room.is_served()
    async with aiohttp.ClientSession() as local:
        for enabled in (True, False, True):
            await room.switch(enabled=enabled)
            # A new connection each time: sharing the port must never hand one to the other side.
            for _ in range(5):
                assert await status(local, room.panel.url, Connection="close") == 200
        async with local.get(room.panel.url, headers={"Host": "evil.example"}) as answer:
            assert answer.status == 403


async def test_nothing_is_served_to_the_network_before_somebody_signed_in(room: Room) -> None:
    await room.switch(enabled=True)
    async with browser(room) as session:
        page = f"{room.url}/?view=string&key=ups-b/1"
        async with session.get(page, allow_redirects=False) as answer:
            assert answer.status == 303
            assert answer.headers["Location"] == "/sign-in?view=string&key=ups-b/1"
        async with session.get(page) as answer:
            form = await answer.text()
        assert 'name="secret" type="password"' in form
        assert "UPS" not in form
        sockets = "/_nicegui_ws/socket.io/?EIO=4&transport="
        for path in (f"{sockets}polling", f"{sockets}websocket", "/_nicegui/x.js", "/_kiosk/alive"):
            assert await status(session, room.url + path) == 401
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(f"{room.url}{sockets}websocket")


async def test_a_pin_and_a_wrong_password_are_refused_and_a_password_opens_the_view_asked_for(
    room: Room,
) -> None:
    await room.switch(enabled=True)
    async with browser(room) as session:
        code, page = await sign_in(room, session, "2580")
        assert (code, "A PIN counts only at the cabinet" in page) == (401, True)
        code, page = await sign_in(room, session, "wrong, and long enough")
        assert (code, "Refused" in page or "wrong" in page) == (401, True)
        assert not session.cookie_jar.filter_cookies(URL(room.url))
        code, page = await sign_in(room, session, password_of("tina"))
        assert code == 200
        assert page.startswith("/?view=alarms ")
        assert "Sign in" not in page
        cookie = session.cookie_jar.filter_cookies(URL(room.url))[COOKIE]
    granted = room.engine.doorman.sessions[f"session-{room.engine.doorman.logins}"]
    assert granted == Principal("tina", Role.TECHNICIAN, at_cabinet=False)
    async with (
        aiohttp.ClientSession(cookies={COOKIE: cookie.value}) as local,
        local.get(room.panel.url) as answer,
    ):
        # At the cabinet the same key is another browser, where nobody is signed in.
        assert "tina" not in await answer.text()


async def test_foreign_names_and_foreign_pages_are_refused_on_the_network(room: Room) -> None:
    await room.switch(enabled=True)
    async with browser(room) as session:
        port = room.panel.port
        assert await status(session, room.url, Host=f"panel.example.org:{port}") == 303
        assert await status(session, room.url, Host=f"rebound.example:{port}") == 403
        assert await status(session, room.url, Host=f"localhost:{port}") == 403
        await sign_in(room, session, password_of("olga"), "olga")
        sockets = f"{room.url}/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(sockets, headers={"Origin": "https://evil.example"})
        assert refused.value.status == 403
        async with session.ws_connect(sockets, headers={"Origin": room.url}) as opened:
            assert re.match(r'0\{"sid":', await opened.receive_str(timeout=GUARD_S))
        for path in ("/_kiosk/alive", "/nothing", "/_nicegui/nothing"):
            async with session.post(f"{room.url}{path}") as answer:
                assert (answer.status, await answer.read()) == (404, b"")


async def test_whom_the_engine_forgets_or_the_switch_shuts_out_has_to_sign_in_again(
    room: Room,
) -> None:
    await room.switch(enabled=True)
    async with browser(room) as session:
        for end in (room.engine.doorman.sessions.clear, None):
            await sign_in(room, session, password_of("olga"), "olga")
            assert await status(session, room.url) == 200
            if end is None:
                await room.switch(enabled=False)
                assert not room.engine.doorman.sessions
                await room.switch(enabled=True)
            else:
                end()
            async with asyncio.timeout(GUARD_S):
                while await status(session, room.url) != 303:
                    await asyncio.sleep(0.2)


def socket_of(room: Room, client_id: str = "") -> str:
    query = f"&client_id={client_id}&document_id=d&tab_id=t&next_message_id=0"
    query = f"{query}&implicit_handshake=true" if client_id else ""
    return f"{room.url}/_nicegui_ws/socket.io/?EIO=4&transport=websocket{query}"


async def opened(session: aiohttp.ClientSession, url: str) -> tuple[str, str]:
    """Open a page and return what NiceGUI calls it."""
    async with session.get(url) as answer:
        page = await answer.text()
    found = re.search(r"client_id['\"]?\s*[:=]\s*['\"]([0-9a-f-]{36})", page)
    assert found is not None
    return found[1], page


async def heard(socket: aiohttp.ClientWebSocketResponse, pattern: str) -> re.Match[str]:
    while True:
        found = re.search(pattern, await socket.receive_str(timeout=GUARD_S))
        if found is not None:
            return found


async def test_a_page_whose_visit_is_over_shows_nothing_more_and_loses_its_socket(
    room: Room,
) -> None:
    await room.switch(enabled=True)
    async with browser(room) as session:
        await sign_in(room, session, password_of("viktor"), "viktor")
        client_id, page = await opened(session, room.url)
        travel = re.search(r'"listener_id":"([0-9a-f-]+)","type":"travel"', page)
        assert travel is not None
        async with session.ws_connect(socket_of(room, client_id)) as socket:
            await socket.send_str("40")
            pulse = await heard(socket, r'runMethod\((\d+), \\"beat')
            # Who signs in once more at the same browser ends what was open there.
            await sign_in(room, session, password_of("viktor"), "viktor")
            await heard(socket, "location.assign")
            event = {"id": int(pulse[1]), "client_id": client_id, "listener_id": travel[1]}
            event["args"] = [json.dumps("?view=alarms")]
            await socket.send_str("42" + json.dumps(["event", event]))
            told = []
            async with asyncio.timeout(GUARD_S):
                async for message in socket:
                    told.append(str(message.data))
                    if message.data == "2":
                        # A browser that answers in time would otherwise be kept for ever.
                        await socket.send_str("3")
            assert "bacs-" not in "".join(told)


async def test_whoever_is_given_another_role_is_offered_what_it_may_on_the_open_page(
    room: Room,
) -> None:
    await room.switch(enabled=True)
    sessions = room.engine.doorman.sessions
    async with browser(room) as session:
        await sign_in(room, session, password_of("viktor"), "viktor")
        client_id, page = await opened(session, f"{room.url}/?view=alarms")
        needs = re.search(r'"(\d+)":\{[^{}]*"class":\["bacs-needs"\]', page)
        assert needs is not None
        async with session.ws_connect(socket_of(room, client_id)) as socket:
            await socket.send_str("40")
            await heard(socket, "^40")
            token = f"session-{room.engine.doorman.logins}"
            sessions[token] = replace(sessions[token], role=Role.TECHNICIAN)
            await heard(socket, rf'"{needs[1]}":\{{[^{{}}]*"class":\["bacs-needs","hidden"\]')


async def test_no_socket_speaks_for_the_page_of_another_visit_or_of_the_cabinet(
    room: Room,
) -> None:
    await room.switch(enabled=True)
    async with (
        browser(room) as olga,
        browser(room) as viktor,
        aiohttp.ClientSession() as local,
    ):
        for session, user in ((olga, "olga"), (viktor, "viktor")):
            await sign_in(room, session, password_of(user), user)
        own, _ = await opened(viktor, room.url)
        others = [(await opened(olga, room.url))[0], (await opened(local, room.panel.url))[0]]
        for other in others:
            async with viktor.ws_connect(socket_of(room, other)) as socket:
                await socket.send_str("40")
                await heard(socket, "^44.*handshake failed")
        for client_id, is_own in [(other, "false") for other in others] + [(own, "true")]:
            async with viktor.ws_connect(socket_of(room)) as socket:
                await socket.send_str("40")
                await heard(socket, "^40")
                hello = {"client_id": client_id, "tab_id": "t", "document_id": "d"}
                await socket.send_str("420" + json.dumps(["handshake", hello]))
                assert (await heard(socket, r"^430\[(.*)\]"))[1] == is_own


async def test_one_person_elsewhere_cannot_have_pages_built_without_end(room: Room) -> None:
    await room.switch(enabled=True)
    async with browser(room) as session, aiohttp.ClientSession() as local:
        await sign_in(room, session, password_of("tina"))
        told = [await status(session, room.url) for _ in range(MOST_PAGES_OF_ONE + 1)]
        assert (told[0], told[-1]) == (200, 429)
        assert await status(local, room.panel.url) == 200
