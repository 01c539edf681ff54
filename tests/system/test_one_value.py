"""The same reading on the page, through the API and in Home Assistant."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.async_api import expect

from tests.hmi.browser import TIMEOUT_MS, open_browser, open_page
from tests.processes import HOST, ROOT, Panel
from tests.system.conftest import Room

HOME_ASSISTANT_PYTHON = Path(
    os.environ.get("BACS_HOME_ASSISTANT_PYTHON", ROOT / ".dev" / "ha" / "bin" / "python")
)
CELL = 7
#: Publication dead band of a 2 V cell, and of a 12 V monobloc.
DEAD_BAND_V = {"telecom/1": 0.005, "ups-a/1": 0.020}
ATTEMPTS = 20
#: Anything but the sign for an absent value.
A_NUMBER = re.compile(r"^\d+\.\d+")


class HomeAssistant:
    """Asks the other process for states."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def state(self, unique_id: str) -> str | None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{unique_id}\n")
        self._process.stdin.flush()
        return self.answer()

    def answer(self) -> str | None:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "Home Assistant ended"
        answer: str | None = json.loads(line)
        return answer


@contextmanager
def home_assistant(room: Room, log: Path) -> Iterator[HomeAssistant]:
    """Run Home Assistant with the integration added, until the end of the block."""
    token = room.engine.add_token("home-assistant", "operator")
    script = Path(__file__).with_name("home_assistant.py")
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [HOME_ASSISTANT_PYTHON, script, HOST, str(room.engine.port), token],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / "integration")},
        ) as process,
    ):
        connected = HomeAssistant(process)
        try:
            ready = process.stdout is not None and process.stdout.readline()
            assert ready, log.read_text()
            yield connected
        finally:
            if process.stdin is not None:
                process.stdin.close()
            process.wait(60)


async def test_page_api_and_home_assistant_show_the_same_published_value(room: Room) -> None:
    site_id = room.engine.get("health")["site_id"]
    panel = Panel(room.folder, room.engine)
    panel.start()
    try:
        with home_assistant(room, room.folder / "home-assistant.log") as asked:
            for key, dead_band_v in DEAD_BAND_V.items():
                unique_id = f"{site_id}/{key}/{CELL}/voltage"
                # A value may be published anew between two looks; then all three are read again.
                for _ in range(ATTEMPTS):
                    before = published_v(room, key)
                    entity = await asyncio.to_thread(asked.state, unique_id)
                    shown = await shown_v(panel, key)
                    if published_v(room, key) == before:
                        break
                assert entity is not None
                assert float(entity) == before
                # The page shows the raw values of the string that is open.
                assert abs(shown - before) <= dead_band_v
                truth_v = room.simulator.truth(key).voltage_v[CELL - 1]
                assert abs(before - truth_v) <= 2 * dead_band_v
    finally:
        panel.stop()


def published_v(room: Room, key: str) -> float:
    value = room.string(key)["columns"]["voltage_v"][CELL - 1]
    assert isinstance(value, float)
    return value


async def shown_v(panel: Panel, key: str) -> float:
    """Open the string on the panel by touch and read the voltage of the cell."""
    async with open_browser() as browser:
        page = await open_page(browser)
        await page.goto(panel.url)
        await page.locator(f'button[data-string="{key}"]').tap()
        drawn = page.locator(f'.bacs-mirror tr[data-cell="{CELL}"] td[data-column="voltage"]')
        await expect(drawn).to_have_text(A_NUMBER, timeout=TIMEOUT_MS)
        return float(str(await drawn.text_content()).split()[0])
