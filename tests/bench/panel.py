"""`./dev bench panel`: what the panel costs in a real browser, beside an empty page and labels.

The plant has 4096 cells of 2 V with 1.5 mV of noise on each, behind the real API. The limit is an
empty page of NiceGUI as it comes; the peer shows the same cells as one label each. Pages are loaded
in turn in one warm browser, and medians count. `--soak` lets memory grow for ten times as long.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
from typing import Final

from tests.bench._figures import Result, progress, show
from tests.bench._panel_measuring import (
    BROWSERS,
    SLOW,
    Cost,
    age_ms,
    cost,
    growth,
    painted,
    server_for_many,
    touches_ms,
    wire_bytes,
)
from tests.bench._panel_running import FULL, LONG, QUICK, Running, Shown, started
from tests.hmi.browser import open_browser
from tests.hmi.watching import OVERVIEW_IS_THERE, STRING_IS_THERE

EMPTY: Final = "an empty page of NiceGUI"
LABELS: Final = "one label per cell"
#: Updates and view changes after the warm-up; `--soak` takes the second ones.
GROWTH: Final = {False: (100, 40), True: (1000, 200)}
GOALS: Final = {
    "painted": 1.25,
    "server": 1.5,
    "browser": 4.0,
    "wire": 6000.0,
    "age": 60.0,
    "touch": 150.0,
    "touch_slow": 600.0,
    "growth": 5.0,
    "many": 8.0,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What the panel costs in a real browser.")
    parser.add_argument("--soak", action="store_true", help="let memory grow ten times as long")
    options = parser.parse_args()
    show("panel", asyncio.run(_measure(soak=options.soak)))


async def _measure(*, soak: bool) -> list[Result]:
    async with open_browser() as browser:
        async with started(browser, FULL) as running:
            results = await _overview(running)
        async with started(browser, LONG) as running:
            results += await _string(running)
        async with started(browser, QUICK) as running:
            results += await _memory(running, *GROWTH[soak])
    return results


async def _overview(running: Running) -> list[Result]:
    shown = Shown(running.panel, "", OVERVIEW_IS_THERE)
    progress("the overview of 4096 cells: painted")
    loads = await painted(running, shown)
    progress("its cost")
    ours, empty, labels = [
        await cost(running, page) for page in (shown, running.empty_page, running.label_page)
    ]
    progress("updates, and ten browsers")
    return [
        *_painted("4096-cell overview", loads),
        *_shares("4096-cell overview", ours, empty, labels),
        _at_most(
            "4096-cell overview, on the wire per update",
            await wire_bytes(running, shown),
            "B",
            "wire",
        ),
        _at_most(
            f"4096-cell overview, panel server to pixel, browser {SLOW} times slower",
            await age_ms(running, shown),
            "ms",
            "age",
        ),
        _at_most(
            f"{BROWSERS} browsers on the overview, server",
            await server_for_many(running, shown),
            "% of a core",
            "many",
        ),
    ]


async def _string(running: Running) -> list[Result]:
    shown = Shown(running.panel, "?view=string&key=m1/1", STRING_IS_THERE)
    progress("a string of 512 cells with raw values: painted")
    loads = await painted(running, shown)
    progress("its cost, and touches")
    ours, empty, labels = [
        await cost(running, page) for page in (shown, running.empty_page, running.label_page)
    ]
    results = _painted("512-cell string page", loads)
    for what, value, limit, peer in (
        ("server", ours.server, empty.server, labels.server),
        ("browser", ours.browser, empty.browser, labels.browser),
    ):
        name = f"512-cell string page, {what}"
        results += [_compared(name, value, "% of a core", EMPTY, limit)]
        results += [_compared(name, value, "% of a core", LABELS, peer)]
    quick, slow = await touches_ms(running, 1), await touches_ms(running, SLOW)
    results += [
        _at_most("touch to next view painted", quick, "ms", "touch"),
        _at_most(f"touch to next view, browser {SLOW} times slower", slow, "ms", "touch_slow"),
    ]
    return results


async def _memory(running: Running, updates: int, changes: int) -> list[Result]:
    progress(f"{updates} updates and {changes} changes of view")
    grew = await growth(running, updates, changes)
    what = f"after {updates} updates and {changes} view changes"
    return [
        _at_most(f"heap of the browser {what}, growth", grew.heap_percent, "%", "growth"),
        _at_most(f"memory of the panel server {what}, growth", grew.server_percent, "%", "growth"),
    ]


def _painted(what: str, loads: dict[str, list[float]]) -> list[Result]:
    ours, empty, labels = (statistics.median(loads[name]) for name in ("panel", "empty", "labels"))
    name, goal = f"{what}, navigation to painted", GOALS["painted"]
    return [
        Result(name, ours, "ms", EMPTY, empty, goal, ours <= goal * empty),
        _compared(name, ours, "ms", LABELS, labels),
    ]


def _shares(what: str, ours: Cost, empty: Cost, labels: Cost) -> list[Result]:
    results = []
    for part, value, limit, peer in (
        ("server", ours.server, empty.server, labels.server),
        ("browser", ours.browser, empty.browser, labels.browser),
    ):
        name, goal = f"{what}, {part} at 1 Hz", GOALS[part]
        results += [
            Result(name, value, "% of a core", EMPTY, limit, goal, value <= goal),
            _compared(name, value, "% of a core", LABELS, peer),
        ]
    return results


def _at_most(what: str, value: float, unit: str, goal: str) -> Result:
    limit = GOALS[goal]
    return Result(what, value, unit, "goal", limit, limit, value <= limit)


def _compared(what: str, value: float, unit: str, against: str, other: float) -> Result:
    return Result(what, value, unit, against, other, None, met=True)


if __name__ == "__main__":
    main()
