"""Who is signed in at the cabinet, once the engine is back and does not know them any more."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast
from unittest.mock import AsyncMock

import pytest
import pytest_asyncio
from nicegui import core

from bacs_core.api.client import EngineUnreachableError, NotAuthorizedError
from bacs_core.api.messages import Session
from bacs_core.model import Role
from bacs_hmi.live import Connection, ConnectionState, Link
from bacs_hmi.standing import Standing
from bacs_hmi.visits import Visit, Visits


@pytest_asyncio.fixture(autouse=True)
async def loop_of_the_panel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "loop", asyncio.get_running_loop())


class Cabinet:
    """A browser at the cabinet where olga is signed in, and an engine that `me` answers for."""

    def __init__(self, me: AsyncMock) -> None:
        self.me = me
        self.visits = Visits(lambda: 300.0, lambda _: None)
        self.visit: Visit = self.visits.of("a")
        session = Session(
            token="olga's",
            name="olga",
            role=Role.OPERATOR,
            expires_at=datetime.now(UTC) + timedelta(hours=1),
        )
        self.visits.sign_in(self.visit, session)
        self._state = ConnectionState.LIVE
        link = SimpleNamespace(
            connection=lambda: Connection(self._state), client=SimpleNamespace(me=me)
        )
        self._standing = Standing(cast("Link", link), self.visits)

    async def tick(self, state: ConnectionState) -> None:
        self._state = state
        self._standing.follow()
        for _ in range(5):
            await asyncio.sleep(0)


async def test_whom_a_restarted_engine_forgot_is_signed_out_as_soon_as_it_is_back() -> None:
    cabinet = Cabinet(AsyncMock(return_value=SimpleNamespace(role=Role.OPERATOR)))
    await cabinet.tick(ConnectionState.LIVE)
    await cabinet.tick(ConnectionState.LIVE)
    assert cabinet.me.await_count == 1
    assert cabinet.visit.session is not None
    cabinet.me.side_effect = NotAuthorizedError("the token is not valid")
    await cabinet.tick(ConnectionState.LOST)
    assert cabinet.visit.session is not None
    await cabinet.tick(ConnectionState.LIVE)
    assert cabinet.visit.session is None


async def test_who_is_known_stays_with_the_role_of_now_and_also_while_nobody_answers() -> None:
    cabinet = Cabinet(AsyncMock(return_value=SimpleNamespace(role=Role.VIEWER)))
    await cabinet.tick(ConnectionState.LIVE)
    assert cabinet.visit.session is not None
    assert cabinet.visit.session.role is Role.VIEWER
    cabinet.me.side_effect = EngineUnreachableError("gone again")
    await cabinet.tick(ConnectionState.LOST)
    await cabinet.tick(ConnectionState.COMMISSIONING)
    assert cabinet.visit.session is not None
