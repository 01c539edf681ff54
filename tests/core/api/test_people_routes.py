"""People over the API: the real gate, the real database, real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from bacs_core.access import users
from bacs_core.access.gate import Gate
from bacs_core.access.passwords import Cost, hash_secret
from bacs_core.access.tokens import add_token
from bacs_core.api.client import (
    CommandRefusedError,
    EngineClient,
    EngineUnreachableError,
    NotAuthorizedError,
)
from bacs_core.api.messages import Login, Session
from bacs_core.api.people_client import PeopleClient
from bacs_core.api.people_messages import FirstPerson, NewPassword, NewPerson, NewPin
from bacs_core.api.server import ApiServer
from bacs_core.history.database import open_database
from bacs_core.model import Role
from tests.core.access.conftest import CHANGE, CHEAP, PASSWORD, PIN
from tests.core.api.stand_in import StandInEngine, make_site, make_string

OTHER_PASSWORD = "another room 9"
OTHER_PIN = "519377"
PANEL_TOKEN = "the panel"


class Site:
    """A server with the real gate, and whoever asks it."""

    def __init__(self, session: aiohttp.ClientSession, server: ApiServer, folder: Path) -> None:
        self.session = session
        self.server = server
        self.folder = folder

    def client(self, token: str | None = PANEL_TOKEN) -> EngineClient:
        return EngineClient(self.session, f"http://127.0.0.1:{self.server.port}", token)

    def people(self, session: Session | None = None) -> PeopleClient:
        return PeopleClient(self.client(), session_token=None if session is None else session.token)

    async def login(self, user: str, secret: str, token: str | None = None) -> Session:
        return await self.client(token).login(Login(user=user, secret=secret))


@pytest.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    def cheap(secret: str, _: Cost) -> str:
        return hash_secret(secret, CHEAP)

    monkeypatch.setattr("bacs_core.access.users.hash_secret", cheap)
    with closing(open_database(tmp_path)) as database:
        users.add_user(database, CHANGE, "olga", Role.ADMINISTRATOR, PASSWORD)
        users.add_user(database, CHANGE, "tessa", Role.TECHNICIAN, PASSWORD, pin=PIN)
    gate = Gate(tmp_path, panel_token=PANEL_TOKEN, cost=CHEAP)
    server = ApiServer(StandInEngine(make_site(make_string())), gate, folder=tmp_path, port=0)
    await server.start()
    async with aiohttp.ClientSession() as session:
        yield Site(session, server, tmp_path)
    await server.stop()


async def refused_code(call: Callable[[], Awaitable[object]]) -> str:
    with pytest.raises(CommandRefusedError) as refused:
        await call()
    return refused.value.code


def everything(people: PeopleClient) -> tuple[Callable[[], Awaitable[object]], ...]:
    """All that takes an administrator."""
    new = NewPerson(name="otto", role=Role.VIEWER, password=OTHER_PASSWORD)
    return (
        people.people,
        people.tokens,
        lambda: people.add(new),
        lambda: people.remove("olga"),
        lambda: people.set_role("tessa", Role.ADMINISTRATOR),
        lambda: people.set_password("olga", OTHER_PASSWORD),
        lambda: people.set_pin("olga", OTHER_PIN),
        lambda: people.revoke("home"),
    )


async def test_an_administrator_adds_changes_and_removes_people(site: Site) -> None:
    people = site.people(await site.login("olga", PASSWORD))
    new = NewPerson(name="Otto", role=Role.VIEWER, password=OTHER_PASSWORD, must_change=False)
    assert (await people.add(new)).name == "otto"
    await people.set_role("otto", Role.OPERATOR)
    await people.set_pin("otto", OTHER_PIN)
    told = {person.name: person for person in await people.people()}
    assert (told["otto"].role, told["otto"].has_pin) == (Role.OPERATOR, True)
    assert (await site.login("otto", OTHER_PIN, PANEL_TOKEN)).role is Role.OPERATOR
    await people.remove("otto")
    assert "otto" not in {person.name for person in await people.people()}
    assert await refused_code(lambda: site.login("otto", OTHER_PASSWORD)) == "wrong_credentials"


async def test_nobody_else_looks_at_people_or_changes_them(site: Site) -> None:
    with closing(open_database(site.folder)) as database:
        token = add_token(database, CHANGE, "home", Role.OPERATOR)
    tessa = (await site.login("tessa", PIN, PANEL_TOKEN)).token
    for asking in (tessa, token, PANEL_TOKEN):
        for call in everything(PeopleClient(site.client(asking))):
            assert await refused_code(call) == "forbidden"
    with pytest.raises(NotAuthorizedError):
        await PeopleClient(site.client(None)).people()
    assert [p.name for p in await site.people(await site.login("olga", PASSWORD)).people()] == [
        "olga",
        "tessa",
    ]


async def test_only_the_panel_at_the_cabinet_is_told_whom_to_tap_on(site: Site) -> None:
    assert await site.people().names_at_cabinet() == ["tessa"]
    olga = site.people(await site.login("olga", PASSWORD))
    assert await refused_code(olga.names_at_cabinet) == "cabinet_only"


async def test_the_first_administrator_comes_from_the_cabinet_and_only_once(
    site: Site,
) -> None:
    first = FirstPerson(name="otto", password=OTHER_PASSWORD, pin=OTHER_PIN)
    assert await refused_code(lambda: site.people().add_first(first)) == "not_the_first"
    with closing(open_database(site.folder)) as database:
        token = add_token(database, CHANGE, "home", Role.OPERATOR)
        database.table("users").delete_where()
    elsewhere = PeopleClient(site.client(token))
    assert await refused_code(lambda: elsewhere.add_first(first)) == "cabinet_only"
    assert await refused_code(elsewhere.first_needed) == "cabinet_only"
    assert await site.people().first_needed()
    assert (await site.people().add_first(first)).role is Role.ADMINISTRATOR
    session = await site.login("otto", OTHER_PIN, PANEL_TOKEN)
    assert session.role is Role.ADMINISTRATOR
    assert not session.must_change
    assert not await site.people().first_needed()


async def test_the_last_administrator_stays(site: Site) -> None:
    people = site.people(await site.login("olga", PASSWORD))
    assert await refused_code(lambda: people.remove("olga")) == "last_administrator"
    lowered = await refused_code(lambda: people.set_role("olga", Role.VIEWER))
    assert lowered == "last_administrator"
    with pytest.raises(CommandRefusedError) as refused:
        await people.remove("nobody")
    assert refused.value.code == "unknown_user"


async def test_a_person_changes_the_own_secrets_with_the_present_one_and_stays_signed_in(
    site: Site,
) -> None:
    session = await site.login("tessa", PIN, PANEL_TOKEN)
    own = site.people(session)
    client = site.client(session.token)
    bare = NewPassword(password=OTHER_PASSWORD)
    path = "users/tessa/password"
    assert await refused_code(lambda: client.send("PUT", path, bare)) == "current_needed"
    bare_pin = NewPin(pin=OTHER_PIN)
    needed = await refused_code(lambda: client.send("PUT", "users/tessa/pin", bare_pin))
    assert needed == "current_needed"
    wrong = await refused_code(lambda: own.set_own_password(OTHER_PASSWORD, "not this 1"))
    assert wrong == "wrong_credentials"
    # A PIN is short; it gives no password.
    assert await refused_code(lambda: own.set_own_password(OTHER_PASSWORD, PIN)) == (
        "wrong_credentials"
    )
    assert await refused_code(lambda: own.set_own_password("short", PASSWORD)) == "weak_password"
    await own.set_own_password(OTHER_PASSWORD, PASSWORD)
    await own.set_pin("tessa", OTHER_PIN, current=PIN)
    assert (await client.me()).name == "tessa"
    assert (await site.login("tessa", OTHER_PASSWORD)).name == "tessa"
    assert (await site.login("tessa", OTHER_PIN, PANEL_TOKEN)).name == "tessa"
    await own.set_pin("tessa", None, current=OTHER_PASSWORD)
    assert await site.people().names_at_cabinet() == []


async def test_who_must_change_the_password_can_do_that_and_nothing_else(site: Site) -> None:
    olga = site.people(await site.login("olga", PASSWORD))
    await olga.set_password("tessa", OTHER_PASSWORD)
    session = await site.login("tessa", OTHER_PASSWORD)
    assert session.must_change
    client = site.client(session.token)
    assert (await client.me()).must_change
    for call in (client.site, client.alarms, client.rules, client.system):
        assert await refused_code(call) == "must_change"
    with pytest.raises(NotAuthorizedError):
        async with client.stream():
            pass
    own = site.people(session)
    assert await refused_code(lambda: own.set_pin("tessa", OTHER_PIN, current=PASSWORD)) == (
        "must_change"
    )
    await own.set_own_password(PASSWORD, OTHER_PASSWORD)
    assert (await client.site()).site_id == "test"
    assert not (await client.me()).must_change


async def test_who_must_change_the_password_cannot_keep_it(site: Site) -> None:
    olga = site.people(await site.login("olga", PASSWORD))
    await olga.set_password("tessa", OTHER_PASSWORD)
    session = await site.login("tessa", OTHER_PASSWORD)
    own = site.people(session)
    same = await refused_code(lambda: own.set_own_password(OTHER_PASSWORD, OTHER_PASSWORD))
    assert same == "same_password"
    assert (await site.client(session.token).me()).must_change


async def test_a_removed_person_is_out_at_once_also_once_the_name_is_there_again(
    site: Site,
) -> None:
    people = site.people(await site.login("olga", PASSWORD))
    session = await site.login("tessa", PASSWORD)
    client = site.client(session.token)
    assert (await client.me()).role is Role.TECHNICIAN
    await people.remove("tessa")
    new = NewPerson(name="tessa", role=Role.VIEWER, password=OTHER_PASSWORD)
    await people.add(new)
    with pytest.raises(NotAuthorizedError):
        await client.me()


@pytest.mark.parametrize(
    "body",
    [
        rb'{"user": "b\ud800", "secret": "abcdefghijk"}',
        rb'{"user": "tessa", "secret": "\ud800abcdefghijk"}',
        b'{"user": "tessa", "secret": "' + b"x" * 300 + b'"}',
    ],
)
async def test_what_can_be_no_name_or_secret_is_refused_and_not_repeated(
    site: Site, body: bytes
) -> None:
    url = f"http://127.0.0.1:{site.server.port}/api/v1/session"
    headers = {"Content-Type": "application/json"}
    async with site.session.post(url, headers=headers, data=body) as response:
        assert response.status == 422
        assert "abcdefghijk" not in await response.text()


def test_a_login_does_not_show_its_secret() -> None:
    assert PASSWORD not in repr(Login(user="tessa", secret=PASSWORD))


async def test_somebody_who_must_change_can_log_out(site: Site) -> None:
    olga = site.people(await site.login("olga", PASSWORD))
    await olga.set_password("tessa", OTHER_PASSWORD)
    session = await site.login("tessa", OTHER_PASSWORD)
    await site.client().logout(session.token)
    with pytest.raises(NotAuthorizedError):
        await site.client(session.token).me()


async def test_tokens_are_listed_and_ended(site: Site) -> None:
    with closing(open_database(site.folder)) as database:
        token = add_token(database, CHANGE, "home", Role.OPERATOR)
    people = site.people(await site.login("olga", PASSWORD))
    (told,) = await people.tokens()
    assert (told.name, told.role) == ("home", Role.OPERATOR)
    await people.revoke("home")
    assert await people.tokens() == []
    with pytest.raises(NotAuthorizedError):
        await site.client(token).me()
    assert await refused_code(lambda: people.revoke("home")) == "unknown_token"


async def test_a_refused_body_is_not_repeated(site: Site) -> None:
    session = await site.login("olga", PASSWORD)
    headers = {"Authorization": f"Bearer {session.token}"}
    body = {"name": "otto", "role": "moon", "password": OTHER_PASSWORD, "pin": OTHER_PIN}
    url = f"http://127.0.0.1:{site.server.port}/api/v1/users"
    async with site.session.post(url, headers=headers, json=body) as response:
        told = await response.text()
        assert response.status == 422
    assert OTHER_PASSWORD not in told
    assert OTHER_PIN not in told


async def test_where_the_database_is_gone_that_is_told(site: Site) -> None:
    (site.folder / "bacs.db").rename(site.folder / "gone")
    (site.folder / "bacs.db").mkdir()
    assert await refused_code(site.people().names_at_cabinet) == "history_unavailable"
    with pytest.raises(EngineUnreachableError):
        await site.client("unknown").me()
