"""Holding, fields and the keyboard of the page, with a finger, a mouse and keys."""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from string import ascii_lowercase, digits, punctuation

import pytest
import pytest_asyncio
from playwright.async_api import Browser, CDPSession, Locator, Page, expect

from tests.hmi.browser import HEIGHT, TIMEOUT_MS, WIDTH, PanelProgram, free_port, open_page
from tests.hmi.screen import hold, keep_picture, type_in, type_keys

expect.set_options(timeout=TIMEOUT_MS)
pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="module"),
]

SMALL_TARGET_PX = 44
LARGE_KEY_PX = 60
GLOVE_PX = 67


class HandsProgram(PanelProgram):
    """The page of this test in place of the panel."""

    def __init__(self, port: int) -> None:
        super().__init__("", None, port)
        page = Path(__file__).with_name("hands_page.py")
        self._command = [sys.executable, str(page), str(port)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hands() -> AsyncIterator[HandsProgram]:
    program = HandsProgram(free_port())
    await program.start()
    yield program
    await program.stop()


async def show(
    hands: HandsProgram,
    browser: Browser,
    language: str = "en",
    *,
    width: int = WIDTH,
    height: int = HEIGHT,
) -> tuple[Page, Locator, Locator]:
    """Open the page; return it, what it tells, and the button to be held."""
    page = await open_page(browser, width=width, height=height)
    await page.goto(f"{hands.url}?language={language}")
    target = page.locator(".bacs-hold")
    await expect(target).to_be_visible()
    return page, page.locator("#told"), target


class Finger:
    """One finger on the glass of a page."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session

    @classmethod
    async def over(cls, page: Page) -> Finger:
        return cls(await page.context.new_cdp_session(page))

    async def down(self, x: float, y: float) -> None:
        await self._send("touchStart", [{"x": x, "y": y}])

    async def move(self, x: float, y: float) -> None:
        await self._send("touchMove", [{"x": x, "y": y}])

    async def up(self) -> None:
        await self._send("touchEnd", [])

    async def _send(self, kind: str, points: list[dict[str, float]]) -> None:
        await self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


async def middle(target: Locator) -> tuple[float, float]:
    box = await target.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def test_a_button_acts_once_when_it_was_held_and_not_when_it_was_let_go(
    hands: HandsProgram, browser: Browser
) -> None:
    page, told, target = await show(hands, browser)
    await target.tap()
    words = target.locator(".bacs-hold-words")
    await expect(words).to_have_text("Hold until the bar is full")
    await expect(words).to_be_in_viewport(ratio=1)
    await keep_picture(page, "hold-let-go")
    await hold(page, target)
    await expect(told).to_have_text("nothing, held")
    await target.focus()
    await page.keyboard.press("Enter")
    await expect(words).to_have_text("Hold until the bar is full")
    await page.keyboard.down(" ")
    await expect(told).to_have_text("nothing, held, held")
    await page.keyboard.up(" ")
    await page.evaluate("scrollTo(0, 0)")
    await expect(told).to_have_text("nothing, held, held")


async def test_a_finger_holds_but_one_that_scrolls_does_not(
    hands: HandsProgram, browser: Browser
) -> None:
    page, told, target = await show(hands, browser)
    finger = await Finger.over(page)
    x, y = await middle(target)
    await finger.down(x, y)
    await expect(target).to_have_class(re.compile("holding"))
    for step in range(1, 8):
        await finger.move(x, y - 10 * step)
    await expect(target).not_to_have_class(re.compile("holding"))
    await finger.up()
    assert await page.locator("#list").evaluate("list => list.scrollTop") > 0
    await expect(told).to_have_text("nothing")
    await finger.down(*await middle(target))
    await expect(told).to_have_text("nothing, held")
    await finger.up()


async def test_a_screen_reader_gets_an_ordinary_button_that_asks_once_more(
    hands: HandsProgram, browser: Browser
) -> None:
    _, told, target = await show(hands, browser)
    assert await target.get_attribute("aria-description") == "Hold it for a moment"
    # What assistive technology does: a click without a finger, a mouse or a key.
    await target.evaluate("button => button.click()")
    await expect(target).to_contain_text("Press again: Open the relay")
    await expect(told).to_have_text("nothing")
    await target.evaluate("button => button.click()")
    await expect(told).to_have_text("nothing, held")


async def test_nothing_is_held_while_the_server_is_gone(
    hands: HandsProgram, browser: Browser
) -> None:
    page, told, target = await show(hands, browser)
    await page.evaluate("document.body.dataset.server = 'lost'")
    finger = await Finger.over(page)
    await finger.down(*await middle(target))
    await expect(target.locator(".bacs-hold-words")).to_have_text("No connection: nothing was done")
    await finger.up()
    await expect(told).to_have_text("nothing")


async def test_the_keyboard_comes_by_touch_with_large_keys_and_leaves_the_field_in_sight(
    hands: HandsProgram, browser: Browser
) -> None:
    page, told, _ = await show(hands, browser)
    keyboard = page.locator(".bacs-keyboard")
    name = page.get_by_label("Name")
    await name.click()
    await page.keyboard.type("typed")
    await expect(told).to_have_text("name typed")
    await expect(keyboard).to_be_hidden()
    await name.tap()
    await expect(keyboard).to_be_visible()
    keys = await keyboard.locator("button").evaluate_all(
        "keys => keys.map(key => key.getBoundingClientRect().toJSON())"
    )
    assert min(key["height"] for key in keys) >= LARGE_KEY_PX
    assert min(key["width"] for key in keys) >= SMALL_TARGET_PX
    await type_keys(page, " on")
    await expect(told).to_have_text("name typed on")
    await keyboard.get_by_role("button", name="Erase").tap()
    await expect(told).to_have_text("name typed o")
    for label in ("Offset", "Limit"):
        field = page.get_by_label(label)
        await field.tap()
        await expect(keyboard).to_have_class(re.compile("pad"))
        box, top = await field.bounding_box(), await keyboard.bounding_box()
        assert box is not None
        assert top is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= top["y"]
    await keyboard.get_by_role("button", name="Done").tap()
    await expect(keyboard).to_be_hidden()
    await name.tap()
    await expect(keyboard).to_be_visible()
    await page.keyboard.press("x")
    await expect(keyboard).to_be_hidden()


@pytest.mark.parametrize(("width", "height"), [(1024, 768), (800, 480), (390, 844)])
async def test_all_that_a_pin_needs_has_room_for_a_glove(
    hands: HandsProgram, browser: Browser, width: int, height: int
) -> None:
    page, _, _ = await show(hands, browser, width=width, height=height)
    await page.get_by_role("button", name="Sign in").tap()
    await page.locator(".bacs-person", has_text="olga").tap()
    await expect(page.locator(".bacs-pad")).to_be_visible()
    buttons = page.locator(".bacs-login button")
    for box in await buttons.evaluate_all(
        "all => all.map(button => button.getBoundingClientRect().toJSON())"
    ):
        assert min(box["width"], box["height"]) >= GLOVE_PX
        assert 0 <= box["top"] < box["bottom"] <= height
    await keep_picture(page, f"pin-{width}")


async def test_a_number_is_typed_on_a_pad_and_said_to_be_wrong_when_it_is_out_of_range(
    hands: HandsProgram, browser: Browser
) -> None:
    page, told, _ = await show(hands, browser, language="de")
    limit = page.get_by_label("Limit")
    assert await limit.input_value() == "2,250"
    await limit.tap()
    keyboard = page.locator(".bacs-keyboard")
    for _ in range(5):
        await keyboard.get_by_role("button", name="Löschen").tap()
    await expect(told).to_have_text("limit None")
    await type_keys(page, "2,5")
    field = page.locator(".bacs-field", has=limit)
    await expect(field).to_have_class(re.compile("wrong"))
    await expect(field).to_contain_text("von 2,100\u00a0V bis 2,400\u00a0V")
    await expect(told).to_have_text("limit None")
    await keep_picture(page, "number-wrong")
    await keyboard.get_by_role("button", name="Löschen").tap()
    await type_keys(page, "3")
    await expect(told).to_have_text("limit 2.3")
    await expect(field).not_to_have_class(re.compile("wrong"))
    await page.get_by_label("Offset").tap()
    await keyboard.get_by_role("button", name="Minus").tap()
    await type_keys(page, "12")
    await expect(told).to_have_text("offset -12.0")


async def test_the_keyboard_types_all_of_ascii_and_german_into_a_sheet(
    hands: HandsProgram, browser: Browser
) -> None:
    page, told, _ = await show(hands, browser, language="de", width=800, height=480)
    await page.get_by_role("button", name="Ask").tap()
    password = page.get_by_label("Password")
    await password.tap()
    keyboard = page.locator(".bacs-keyboard")
    # A click on each key from inside the page: a hundred touches would take long and show no more.
    press = "keys => keys.forEach(key => key.textContent.length === 1 && key.click())"
    letters = keyboard.locator("button:not(.wide)")
    await letters.evaluate_all(press)
    await keyboard.get_by_role("button", name="Großbuchstaben").tap()
    await type_keys(page, "Ä")
    await keyboard.get_by_role("button", name="Zeichen", exact=True).tap()
    await keep_picture(page, "symbols")
    await letters.evaluate_all(press)
    await expect(told).to_have_text(re.compile("µ"))
    typed = await password.input_value()
    assert set(f"{ascii_lowercase}äöüßÄ{digits}{punctuation} ") <= set(typed)
    assert await told.text_content() == f"password {typed}"
    await type_in(page, page.get_by_label("PIN"), "4711")
    await expect(keyboard).to_have_class(re.compile("pad"))
    await expect(told).to_have_text("pin 4711")
