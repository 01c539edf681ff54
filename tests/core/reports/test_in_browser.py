"""Reports in a real browser: whole, printable, readable, and silent on the network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from bacs_core.reports.language import language_of
from bacs_core.reports.making import page_of
from tests.core.reports.contents import make_content
from tests.core.reports.markup import read
from tests.hmi.browser import chromium, open_browser

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: A4 less its margins, at 96 dots per inch.
PAPER_PX = 688
#: Told of each text of a plot: what it says and where it is, with the plot it belongs to.
TEXTS = """() => [...document.querySelectorAll('svg.plot')].map((plot) => {
  const around = plot.getBoundingClientRect();
  const texts = [...plot.querySelectorAll('text')].filter((text) => text.textContent.trim());
  return {
    title: plot.querySelector('title').textContent,
    around: [around.left, around.top, around.right, around.bottom],
    texts: texts.map((text) => {
      const box = text.getBoundingClientRect();
      return [text.textContent, box.left, box.top, box.right, box.bottom];
    }),
  };
})"""
WIDER = """() => [...document.querySelectorAll('main *')].filter(
  (one) => !one.closest('svg') && one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0
).map((one) => one.outerHTML.slice(0, 120))"""


@dataclass
class Seen:
    """A report as the browser showed it."""

    page: str
    requests: list[str]
    complaints: list[str]
    elements: int
    plots: list[dict[str, Any]]
    wider: list[str]
    pdf: bytes
    picture: bytes


async def see(browser: Browser, path: Path, page: str) -> Seen:
    path.write_text(page, encoding="utf-8")
    tab = await browser.new_page(viewport={"width": PAPER_PX, "height": 1000})
    requests: list[str] = []
    complaints: list[str] = []
    tab.on("request", lambda request: requests.append(request.url))
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    await tab.goto(path.as_uri())
    await tab.emulate_media(media="print")
    seen = Seen(
        page=page,
        requests=requests,
        complaints=complaints,
        elements=await tab.evaluate("document.querySelectorAll('*').length"),
        plots=await tab.evaluate(TEXTS),
        wider=await tab.evaluate(WIDER),
        pdf=await tab.pdf(prefer_css_page_size=True, print_background=True),
        picture=await tab.screenshot(),
    )
    await tab.close()
    return seen


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reports(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[list[Seen]]:
    """The short string in German, the longest one in English."""
    if chromium() is None:
        pytest.fail("no Chromium here: set BACS_CHROMIUM or install it")
    folder = tmp_path_factory.mktemp("reports")
    pages = [
        page_of(make_content(cells), language_of(code, "Europe/Berlin"))
        for cells, code in ((32, "de"), (512, "en"))
    ]
    async with open_browser() as browser:
        yield [
            await see(browser, folder / f"{number}.html", page) for number, page in enumerate(pages)
        ]


async def test_nothing_but_the_file_itself_is_asked_for(reports: list[Seen]) -> None:
    for seen in reports:
        assert [url.rsplit("/", 1)[-1] for url in seen.requests] in (["0.html"], ["1.html"])
        assert seen.complaints == []


async def test_the_browser_finds_nothing_to_repair(reports: list[Seen]) -> None:
    for seen in reports:
        found = read(seen.page)
        assert found.wrong == []
        assert seen.elements == found.elements


async def test_it_prints_on_a4_with_few_pages(reports: list[Seen]) -> None:
    for seen, most_pages in zip(reports, (10, 19), strict=True):
        # A4 is 595 by 842 points.
        assert seen.pdf.count(b"/MediaBox [0 0 594.95996 841.91998]") == seen.pdf.count(
            b"/Type /Page\n"
        )
        assert 4 <= seen.pdf.count(b"/Type /Page\n") <= most_pages
        assert len(seen.picture) > 10_000


async def test_nothing_is_wider_than_the_paper(reports: list[Seen]) -> None:
    for seen in reports:
        assert seen.wider == []


async def test_no_text_of_a_plot_is_cut_or_covers_another(reports: list[Seen]) -> None:
    for seen in reports:
        assert len(seen.plots) == 10
        for plot in seen.plots:
            assert cut(plot) == []
            assert overlapping(plot) == []


async def test_covered_and_cut_texts_would_be_seen() -> None:
    texts = [["first", 10, 10, 50, 20], ["second", 40, 12, 90, 22], ["third", 190, 50, 230, 60]]
    plot = {"title": "plot", "around": [0, 0, 200, 100], "texts": texts}
    assert overlapping(plot) == ["plot: first / second"]
    assert cut(plot) == ["plot: third"]


def cut(plot: dict[str, Any]) -> list[str]:
    left, top, right, bottom = plot["around"]
    return [
        f"{plot['title']}: {text}"
        for text, x0, y0, x1, y1 in plot["texts"]
        if x0 < left - 1 or y0 < top - 1 or x1 > right + 1 or y1 > bottom + 1
    ]


def overlapping(plot: dict[str, Any]) -> list[str]:
    boxes = plot["texts"]
    found = []
    for place, (text, x0, y0, x1, y1) in enumerate(boxes):
        for other, a0, b0, a1, b1 in boxes[place + 1 :]:
            # Line boxes have air above and below their letters.
            across = min(x1, a1) - max(x0, a0)
            down = min(y1, b1) - max(y0, b0)
            if across > 1 and down > 0.35 * min(y1 - y0, b1 - b0):
                found.append(f"{plot['title']}: {text} / {other}")
    return found
