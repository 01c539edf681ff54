"""A stand-in engine for the pages of whoever installs and looks after a plant.

A test sets `job`, what is being commissioned; the network is really switched.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bacs_core.access import rights
from bacs_core.access.principal import Principal
from bacs_core.api.messages import Command, CommandResult, Commissioning, SetNetwork
from tests.hmi.browser import PanelProgram
from tests.hmi.conftest import TICK_S, running_panel, write_token
from tests.hmi.standin_engine import Plant, StandIn


class ServiceStandIn(StandIn):
    """The stand-in with a job of commissioning."""

    job = Commissioning()

    def commissioning(self, principal: Principal) -> Commissioning:
        rights.require_right(principal, rights.COMMISSIONING)
        return self.job

    async def execute(self, command: Command, principal: Principal) -> CommandResult:
        done = await super().execute(command, principal)
        if isinstance(command, SetNetwork):
            await self._server.set_network(enabled=command.enabled)
        return done


@asynccontextmanager
async def running_service(
    plant: Plant, folder: Path, *, commissioning: bool = False
) -> AsyncIterator[tuple[ServiceStandIn, PanelProgram]]:
    """Run such an engine, and a panel for it."""
    engine = ServiceStandIn(plant, folder, commissioning=commissioning)
    engine.tick_s = TICK_S
    await engine.start()
    try:
        async with running_panel(engine, write_token(folder)) as panel:
            yield engine, panel
    finally:
        await engine.stop()
