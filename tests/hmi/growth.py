"""Whether browser and panel server grow while a page stays open: updates, and changes of view."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from playwright.async_api import Page

from tests.hmi.watching import (
    OVERVIEW_IS_THERE,
    STRING_IS_THERE,
    heap_bytes,
    touch_to_view_ms,
)

WARM_UP: Final = 100, 20
FIRST_STRING: Final = ".bacs-hits > button"
BACK: Final = ".bacs-title .bacs-arrow"


@dataclass(frozen=True, slots=True)
class Growth:
    """Kept memory after the warm-up and at the end, in bytes."""

    heap: tuple[int, int]
    server: tuple[int, int]

    @property
    def heap_percent(self) -> float:
        """How much the heap of the browser grew."""
        return 100 * (self.heap[1] / self.heap[0] - 1)

    @property
    def server_percent(self) -> float:
        """How much the panel server grew."""
        return 100 * (self.server[1] / self.server[0] - 1)


async def grown(
    page: Page,
    server_bytes: Callable[[], int],
    follow: Callable[[int], Awaitable[None]],
    updates: int,
    changes: int,
) -> Growth:
    """Let a page that shows the overview live for so long.

    `changes` is even; `follow` lets so many updates come.
    """
    await _live(page, follow, *WARM_UP)
    session = await page.context.new_cdp_session(page)
    before = await heap_bytes(session), server_bytes()
    await _live(page, follow, updates, changes)
    after = await heap_bytes(session), server_bytes()
    return Growth((before[0], after[0]), (before[1], after[1]))


async def _live(
    page: Page, follow: Callable[[int], Awaitable[None]], updates: int, changes: int
) -> None:
    for _ in range(changes // 2):
        await touch_to_view_ms(page, FIRST_STRING, STRING_IS_THERE)
        await touch_to_view_ms(page, BACK, OVERVIEW_IS_THERE)
    await follow(updates)
