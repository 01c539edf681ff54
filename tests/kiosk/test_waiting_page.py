from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from playwright.async_api import Error, Page, async_playwright

from tests.hmi.browser import ARGUMENTS, TIMEOUT_MS, chromium
from tests.kiosk.places import POLICIES, WAITING_PAGE
from tests.processes import free_port

_PANEL = b"<!doctype html><title>the panel</title>"
#: Chromium with our policies, seen by nobody else on this machine.
_WITH_POLICIES = """#!/bin/sh
exec unshare --mount --propagation private sh -c '
  mkdir -p /etc/chromium/policies && mount --bind "{policies}" /etc/chromium/policies &&
  exec "{chromium}" "$@"
' sh "$@"
"""


@asynccontextmanager
async def _panel_server(port: int) -> AsyncIterator[None]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(_PANEL)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + _PANEL)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", port):
        yield


@asynccontextmanager
async def _page(program: str) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            page = await browser.new_page(viewport={"width": 1024, "height": 768})
            page.set_default_timeout(TIMEOUT_MS)
            yield page
        finally:
            await browser.close()


def _chromium() -> str:
    program = chromium()
    if program is None:
        pytest.fail("no Chromium here: set BACS_CHROMIUM or install it")
    return program


async def test_the_waiting_page_goes_to_the_panel_as_soon_as_it_answers() -> None:
    port = free_port()
    async with _page(_chromium()) as page:
        await page.goto(f"{WAITING_PAGE.as_uri()}#port={port}")
        assert await page.inner_text("h1") == "BACS Panel"
        assert await page.is_visible("p[lang=de]")
        # What it says after a long wait is not said at once.
        assert not await page.is_visible("#long")
        async with _panel_server(port):
            await page.wait_for_url(f"http://127.0.0.1:{port}/")
            assert await page.title() == "the panel"


async def test_the_waiting_page_asks_nobody_but_this_computer() -> None:
    async with _page(_chromium()) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(f"{WAITING_PAGE.as_uri()}#port=80@example.com:1")
        await page.wait_for_timeout(700)
        own = (WAITING_PAGE.as_uri(), "http://127.0.0.1:8080/")
        assert [url for url in asked if not url.startswith(own)] == []


async def test_policies_allow_the_panel_and_nothing_else(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may put policies where one Chromium alone sees them")
    port = free_port()
    policies = json.loads(POLICIES.read_text())
    assert policies["URLAllowlist"][0] == "http://127.0.0.1:8080"
    policies["URLAllowlist"] = [
        f"http://127.0.0.1:{port}",
        WAITING_PAGE.as_uri(),
        "chrome://policy",
    ]
    # The test itself drives Chromium by DevTools.
    policies |= {"RemoteDebuggingAllowed": True, "DeveloperToolsAvailability": 1}
    managed = tmp_path / "policies" / "managed"
    managed.mkdir(parents=True)
    (managed / "bacs.json").write_text(json.dumps(policies))
    program = tmp_path / "chromium"
    script = _WITH_POLICIES.format(policies=tmp_path / "policies", chromium=_chromium())
    program.write_text(script)
    program.chmod(0o755)
    async with _panel_server(port), _page(str(program)) as page:
        await page.goto(f"{WAITING_PAGE.as_uri()}#port={port}")
        await page.wait_for_url(f"http://127.0.0.1:{port}/")
        for elsewhere in (f"http://localhost:{port}/", "file:///etc/passwd"):
            with pytest.raises(Error, match="ERR_BLOCKED_BY_ADMINISTRATOR"):
                await page.goto(elsewhere)
