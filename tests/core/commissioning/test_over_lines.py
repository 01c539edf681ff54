"""The desk over a real line: a simulated cabinet behind a pseudo-terminal."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from bacs_core import sitefile
from bacs_core.api.messages import CommissioningState, StartScan
from bacs_core.commissioning.desk import Desk, Times
from bacs_core.settings import Parity
from bacs_core.simulator.cabinet import SimulatedCabinet
from tests.core.commissioning.pair import SITE, Pair
from tests.core.commissioning.test_desk import Engine, LoanOwner


async def test_a_port_that_no_line_owns_is_scanned_at_the_speed_of_its_devices(
    tmp_path: Path,
) -> None:
    """Every unit is asked at 9600 baud first, and nobody understands it."""
    path = tmp_path / "site.toml"
    path.write_text(SITE.format(cells=3), encoding="utf-8")
    engine = Engine(LoanOwner(Pair([])), lines={})
    async with SimulatedCabinet(sitefile.load(path), tmp_path / "ports"):
        desk = Desk(engine, engine.events.append, time.time, Times(wake_s=0.0))
        port = str(tmp_path / "ports" / "rack")
        order = StartScan(port=port, last_unit=4, bauds=[9600, 19200], parities=[Parity.EVEN])
        desk.start(order, "miller")
        while desk.is_busy:
            await asyncio.sleep(0.05)
    report = desk.report()
    assert (report.state, report.message) == (CommissioningState.DONE, "3 units answer")
    assert [(unit.unit, unit.baud) for unit in report.found] == [
        (1, 19200),
        (2, 19200),
        (3, 19200),
    ]
    assert f'port = "{port}"' in (report.proposal or "")
    assert "[site]" in (report.proposal or "")
