"""What a finger does on the panel, and pictures of it."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.async_api import Locator, Page, TimeoutError as PlaywrightTimeoutError, expect

#: Keys whose name is not what they type.
KEY_NAMES = {" ": "Space"}
#: The longest that a finger stays on a button that does nothing.
HELD_AT_MOST_MS = 15_000


async def keep_picture(page: Page, name: str) -> None:
    """Keep a picture if BACS_PICTURES names a folder for build artefacts."""
    folder = os.environ.get("BACS_PICTURES")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=Path(folder, f"{name}.png"))


async def type_keys(page: Page, text: str) -> None:
    """Type on the keyboard of the page, which a touch on a field has brought up."""
    keyboard = page.locator(".bacs-keyboard")
    await expect(keyboard).to_be_visible()
    for character in text:
        await _type_key(keyboard, character)


async def _type_key(keyboard: Locator, character: str) -> None:
    name = KEY_NAMES.get(character, character)
    key = keyboard.get_by_role("button", name=name, exact=True)
    if await key.count() == 0 and character.isupper():
        await keyboard.get_by_role("button", name="Capitals").tap()
    elif await key.count() == 0:
        await keyboard.locator("button", has_text="abc" if character.isalnum() else "#+=").tap()
    await key.tap()


async def type_in(page: Page, field: Locator, text: str) -> None:
    """Touch a field and type on the keyboard of the page."""
    await field.tap()
    await type_keys(page, text)


async def sign_in(page: Page, user: str, secret: str) -> None:
    """Sign in at the sheet that is open: touch the name and type the PIN, or type both."""
    sheet = page.locator(".bacs-login")
    person = sheet.locator(".bacs-person", has_text=user)
    typed = sheet.locator("input[name=user]")
    await expect(person.or_(typed).first).to_be_visible()
    if await person.count():
        await person.tap()
        await type_pin(page, secret)
        return
    await type_in(page, typed, user)
    await type_in(page, sheet.locator("input[name=secret]"), secret)
    await sheet.locator("button[type=submit]").tap()


async def type_pin(page: Page, pin: str) -> None:
    """Type a PIN on the pad of the sign-in sheet, and send it."""
    pad = page.locator(".bacs-pad")
    for digit in pin:
        await pad.get_by_role("button", name=digit, exact=True).tap()
    await pad.locator("button[type=submit]").tap()


async def hold(page: Page, target: Locator) -> None:
    """Hold a button until it acts; let go and hold again as a person does whom it did not hear."""
    held = "Number(document.body.dataset.held ?? 0)"
    before = await page.evaluate(held)
    acted = False
    while not acted:
        await target.scroll_into_view_if_needed()
        box = await target.bounding_box()
        assert box is not None
        await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        await page.mouse.down()
        try:
            await page.wait_for_function(f"{held} > {before}", timeout=HELD_AT_MOST_MS)
            acted = True
        except PlaywrightTimeoutError:
            # A page that has lost its server says so instead of acting.
            acted = False
        await page.mouse.up()
