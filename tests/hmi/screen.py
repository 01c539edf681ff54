"""What a finger does on the panel, and pictures of it."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.async_api import Page


async def keep_picture(page: Page, name: str) -> None:
    """Keep a picture if BACS_PICTURES names a folder for build artefacts."""
    folder = os.environ.get("BACS_PICTURES")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=Path(folder, f"{name}.png"))


async def sign_in(page: Page, user: str, secret: str) -> None:
    """Type on the keyboard of the panel itself."""
    sheet = page.locator(".bacs-login")
    for key in user:
        await sheet.get_by_role("button", name=key, exact=True).tap()
    await sheet.locator("input[name=secret]").tap()
    for key in secret:
        await sheet.get_by_role("button", name=key, exact=True).tap()
    await sheet.locator("button[type=submit]").tap()
