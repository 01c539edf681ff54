"""The figures of `./dev bench panel`, one function each."""

from __future__ import annotations

import asyncio
import statistics
from dataclasses import dataclass
from typing import Final

from bacs_hmi.main import RECONNECT_TIMEOUT_S
from tests.bench._panel_programs import Wire, browser_cpu_s
from tests.bench._panel_running import Running, Shown
from tests.hmi.growth import BACK, FIRST_STRING, Growth, grown
from tests.hmi.watching import (
    OVERVIEW_IS_THERE,
    STRING_IS_THERE,
    frame_ages_ms,
    painted_ms,
    slow_down,
    touch_to_view_ms,
)

LOADS: Final = 11
#: Labels take seconds, and are only there to be compared.
LABEL_LOADS: Final = 3
UPDATES: Final = 15
SECONDS: Final = 20.0
TOUCHES: Final = 9
BROWSERS: Final = 10
SLOW: Final = 6
#: A page that was closed lives on in the server until nobody can come back to it, and costs there
#: what an open one costs: only then the shown one is alone.
SETTLE_S: Final = RECONNECT_TIMEOUT_S + 3.0


@dataclass(frozen=True, slots=True)
class Cost:
    """Shares of one core, in percent."""

    server: float
    browser: float


async def painted(running: Running, shown: Shown) -> dict[str, list[float]]:
    """Load the pages in turn; the first load of each warms the browser up and does not count."""
    page = await running.page()
    wanted = {"empty": running.empty_page, "panel": shown, "labels": running.label_page}
    taken: dict[str, list[float]] = {name: [] for name in wanted}
    for load in range(LOADS + 1):
        for name, each in wanted.items():
            if name == "labels" and load > LABEL_LOADS:
                continue
            took_ms = await painted_ms(page, each.url, each.is_there)
            if load:
                taken[name].append(took_ms)
    await page.context.close()
    return taken


async def cost(running: Running, shown: Shown) -> Cost:
    """Tell what server and browser take while a page is shown and nobody touches it."""
    page = await running.page()
    await painted_ms(page, shown.url, shown.is_there)
    await asyncio.sleep(SETTLE_S)
    before = shown.program.cpu_s, browser_cpu_s(running.programs)
    await asyncio.sleep(SECONDS)
    after = shown.program.cpu_s, browser_cpu_s(running.programs)
    await page.context.close()
    server, browser = (100 * (b - a) / SECONDS for a, b in zip(before, after, strict=True))
    return Cost(server, browser)


async def age_ms(running: Running, shown: Shown) -> float:
    """Tell how old a frame is when it is painted in a slow browser; the median of some."""
    page = await running.page()
    await painted_ms(page, shown.url, shown.is_there)
    await slow_down(page, SLOW)
    ages = await frame_ages_ms(page, UPDATES)
    await page.context.close()
    return statistics.median(ages)


async def wire_bytes(running: Running, shown: Shown) -> float:
    """Tell how many bytes an update puts on the wire, everything else that is sent included."""
    async with Wire(shown.program).open() as wire:
        page = await running.page()
        await painted_ms(page, wire.url + shown.query, shown.is_there)
        await asyncio.sleep(SETTLE_S)
        await page.evaluate("watched.ages.length = 0")
        before = wire.received
        await asyncio.sleep(SECONDS)
        updates = await page.evaluate("watched.ages.length")
        received = wire.received - before
        await page.context.close()
    return float(received / updates)


async def server_for_many(running: Running, shown: Shown) -> float:
    """Tell what the server takes for ten browsers, in percent of a core."""
    pages = [await running.page() for _ in range(BROWSERS)]
    for page in pages:
        await painted_ms(page, shown.url, shown.is_there)
    await asyncio.sleep(SETTLE_S)
    before = shown.program.cpu_s
    await asyncio.sleep(SECONDS)
    used = shown.program.cpu_s - before
    for page in pages:
        await page.context.close()
    return 100 * used / SECONDS


async def touches_ms(running: Running, times: int) -> float:
    """Tell how long it takes from a touch to the next view: overview, string, and back.

    The median of the slower of the two ways counts.
    """
    page = await running.page()
    await painted_ms(page, running.panel.url, OVERVIEW_IS_THERE)
    await slow_down(page, times)
    there, back = [], []
    for _ in range(TOUCHES):
        there.append(await touch_to_view_ms(page, FIRST_STRING, STRING_IS_THERE))
        back.append(await touch_to_view_ms(page, BACK, OVERVIEW_IS_THERE))
    await page.context.close()
    return max(statistics.median(there), statistics.median(back))


async def growth(running: Running, updates: int, changes: int) -> Growth:
    """Let one page live for so long, and tell what it and the server keep."""
    page = await running.page()
    await painted_ms(page, running.panel.url, OVERVIEW_IS_THERE)
    panel = running.panel

    async def follow(count: int) -> None:
        await frame_ages_ms(page, count)

    grew = await grown(page, lambda: panel.resident_bytes, follow, updates, changes)
    await page.context.close()
    return grew
