from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import numpy as np
import pytest

from bacs_core.api.client import EngineClient
from bacs_core.api.listener import PATIENCE_S
from bacs_core.api.messages import Alarm
from bacs_core.api.server import ApiServer
from bacs_core.model import Quantity
from bacs_core.snapshot import StringSnapshot
from tests.core.api.stand_in import (
    StandInEngine,
    StandInGate,
    make_site,
    make_string,
    make_string_snapshot,
    make_tick,
)

STRING = make_string(cell_count=3)


@dataclass
class Engine:
    """The real server around the stand-in engine, and a real client of it."""

    service: StandInEngine
    gate: StandInGate
    server: ApiServer
    session: aiohttp.ClientSession
    sequence: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def client(self, token: str | None = "viewer") -> EngineClient:  # noqa: S107
        return EngineClient(self.session, self.url, token)

    def tick(self, *voltages_v: float, alarms: tuple[Alarm, ...] = ()) -> None:
        """Publish the next tick."""
        self.sequence += 1
        self.service.publish(make_tick(self.sequence, string(*voltages_v), alarms=alarms))

    async def ready(self) -> None:
        """Publish the first tick and wait until the API tells it."""
        self.tick(2.25, 2.25, 2.25)
        await self.told()

    async def told(self) -> None:
        """Wait until the newest tick is published."""
        # The feeding task runs as soon as the loop is free; a request comes round after that.
        await self.client().health()


def string(*voltages_v: float) -> StringSnapshot:
    return make_string_snapshot(STRING, {Quantity.VOLTAGE: np.array(voltages_v)})


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def patience_s() -> float:
    return PATIENCE_S


@pytest.fixture
async def engine(
    session: aiohttp.ClientSession, tmp_path: Path, patience_s: float
) -> AsyncIterator[Engine]:
    service, gate = StandInEngine(make_site(STRING)), StandInGate()
    server = ApiServer(service, gate, folder=tmp_path, port=0, patience_s=patience_s)
    await server.start()
    try:
        yield Engine(service, gate, server, session)
    finally:
        await server.stop()
