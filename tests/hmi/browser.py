"""The panel as a real program and a real browser in front of it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, async_playwright, expect

WIDTH, HEIGHT = 1024, 768
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
#: A guard only: nothing here takes so long.
START_TIMEOUT_S = 90.0
TIMEOUT_MS = 150_000


def chromium() -> str | None:
    """Find the browser: BACS_CHROMIUM, or `chromium` on the path."""
    return os.environ.get("BACS_CHROMIUM") or shutil.which("chromium")


def free_port() -> int:
    """Ask the system for a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def plain_environment() -> dict[str, str]:
    """Hide the test from NiceGUI, which takes another way under pytest."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "NICEGUI_"))
    }


class PanelProgram:
    """`bacs-hmi` as its own process, which a test may kill and start again."""

    def __init__(self, engine_url: str, token_file: Path | None, port: int, *options: str) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}/"
        self._command = [
            sys.executable,
            "-m",
            "bacs_hmi.main",
            "--engine",
            engine_url,
            "--port",
            str(port),
            *options,
        ]
        if token_file is not None:
            self._command += ["--token-file", str(token_file)]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The number of the running process."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        self._process = subprocess.Popen(self._command, env=plain_environment())
        async with asyncio.timeout(START_TIMEOUT_S):
            while not await self._answers():
                assert self._process.poll() is None, "the panel ended"
                await asyncio.sleep(0.05)

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End the program and return its exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        return await asyncio.to_thread(process.wait, START_TIMEOUT_S)

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    """Start headless Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=ARGUMENTS, headless=True
        )
        try:
            yield browser
        finally:
            await browser.close()


async def open_page(
    browser: Browser,
    *,
    language: str = "en",
    width: int = WIDTH,
    height: int = HEIGHT,
    until_live: bool = True,
) -> Page:
    """Open an empty touch screen; `until_live` waits before each touch for the live page.

    A machine with many browsers may need longer for that than the early page keeps a touch.
    """
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        has_touch=True,
        locale=language,
        # What blinks is drawn without a graphics card here, sixty times a second.
        reduced_motion="reduce",
    )
    context.set_default_timeout(TIMEOUT_MS)
    page = await context.new_page()
    if until_live:
        await page.add_locator_handler(page.locator("#bacs-early"), _wait)
    return page


async def _wait(early: Locator) -> None:
    await expect(early).to_have_count(0)
