"""Takes the waiting page as the boot picture, and for docs/kiosk.md."""

from __future__ import annotations

import asyncio

from tests.hmi.browser import open_browser, open_page
from tests.kiosk.places import SYSTEM, WAITING_PAGE
from tests.processes import ROOT

BOOT_PICTURE = SYSTEM / "usr" / "share" / "plymouth" / "themes" / "bacs" / "picture.png"
WAITING_PICTURE = ROOT / "docs" / "pictures" / "kiosk-waiting.png"


async def _take() -> None:
    async with open_browser() as browser:
        page = await open_page(browser)
        # Still: nothing moves, nobody is asked.
        await page.goto(f"{WAITING_PAGE.as_uri()}#still")
        for path in (BOOT_PICTURE, WAITING_PICTURE):
            await page.screenshot(path=path)


if __name__ == "__main__":
    asyncio.run(_take())
