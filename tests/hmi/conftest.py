"""A panel program, a stand-in engine and a browser for the tests that need them.

Starting them takes seconds, so that tests which only look at the screen share one of each.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.hmi.browser import PanelProgram, chromium, free_port, open_browser
from tests.hmi.pictures import demo_plant
from tests.hmi.standin_engine import PANEL_TOKEN, Plant, StandIn

TICK_S = 0.3


def plant_at_rest() -> Plant:
    """Make a plant in which what is read twice is the same."""
    plant = demo_plant()
    plant.noise_v = 0.0
    return plant


def write_token(folder: Path) -> Path:
    path = folder / "panel.token"
    path.write_text(f"{PANEL_TOKEN}\n")
    return path


@asynccontextmanager
async def running_engine(plant: Plant, folder: Path) -> AsyncIterator[StandIn]:
    engine = StandIn(plant, folder)
    engine.tick_s = TICK_S
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()


@asynccontextmanager
async def running_panel(engine: StandIn, token_file: Path) -> AsyncIterator[PanelProgram]:
    panel = PanelProgram(engine.url, token_file, free_port())
    await panel.start()
    try:
        yield panel
    finally:
        await panel.stop()


@pytest.fixture
def plant() -> Plant:
    return plant_at_rest()


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    return write_token(tmp_path)


@pytest_asyncio.fixture(loop_scope="module")
async def engine(plant: Plant, tmp_path: Path) -> AsyncIterator[StandIn]:
    async with running_engine(plant, tmp_path) as engine:
        yield engine


@pytest_asyncio.fixture(loop_scope="module")
async def panel(engine: StandIn, token_file: Path) -> AsyncIterator[PanelProgram]:
    async with running_panel(engine, token_file) as panel:
        yield panel


@pytest.fixture(scope="module")
def shown_plant() -> Plant:
    return plant_at_rest()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shown(
    shown_plant: Plant, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[PanelProgram]:
    """A panel that tests only look at."""
    folder = tmp_path_factory.mktemp("shown")
    async with (
        running_engine(shown_plant, folder) as engine,
        running_panel(engine, write_token(folder)) as panel,
    ):
        yield panel


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    if chromium() is None:
        pytest.fail("no Chromium here: set BACS_CHROMIUM or install it")
    async with open_browser() as browser:
        yield browser
