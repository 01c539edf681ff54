"""What a browser tells of itself: when a view was painted, how old a frame was, what it keeps."""

from __future__ import annotations

from typing import Any, Final

from playwright.async_api import CDPSession, Page

#: Runs in every page before anything else. A view counts as painted when the first frame that
#: has it is on the screen. What is there while the callbacks of a frame run is drawn with that
#: frame, in the page as on a canvas: a mark put there in the same callback is part of it, and
#: Chromium tells when it was presented (Element Timing of the W3C, `renderTime`, in steps of 4
#: ms). A later callback or message would be late by whatever script comes between, and that
#: moment itself is too early by what the browser still has to do. A frame of the panel carries
#: the time at which the server packed it.
WATCHER: Final = """
window.watched = { touchedAt: 0, ages: [] };
addEventListener("pointerdown", (event) => (watched.touchedAt = event.timeStamp), true);
let marks = 0;
window.paintedAt = (isThere) =>
  new Promise((resolve) => {
    const mark = document.createElement("b");
    const name = `painted-${marks++}`;
    mark.setAttribute("elementtiming", name);
    mark.textContent = "x";
    mark.style.cssText = "position: fixed; z-index: 99; left: 0; top: 0; font: 10px sans-serif";
    const observer = new PerformanceObserver((list) => {
      const entry = list.getEntries().find((each) => each.identifier === name);
      if (!entry) return;
      observer.disconnect();
      mark.remove();
      resolve(entry.renderTime);
    });
    observer.observe({ type: "element" });
    const look = () => {
      if (isThere()) document.documentElement.append(mark);
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
const channel = new MessageChannel();
const waiting = [];
channel.port1.onmessage = () => waiting.splice(0).forEach((each) => each());
const after = (then) => {
  waiting.push(then);
  channel.port2.postMessage(0);
};
const Plain = WebSocket;
window.WebSocket = class extends Plain {
  constructor(...told) {
    super(...told);
    this.addEventListener("message", ({ data }) => {
      const shown = /show[^A-Za-z0-9+/]+([A-Za-z0-9+/=]{22,})/;
      const frame = typeof data === "string" && shown.exec(data);
      if (!frame) return;
      const head = Uint8Array.from(atob(frame[1].slice(0, 24)), (each) => each.charCodeAt(0));
      const at = new DataView(head.buffer).getFloat64(8, true);
      requestAnimationFrame(() => after(() => watched.ages.push(Date.now() - 1000 * at)));
    });
  }
};
"""
OVERVIEW_IS_THERE: Final = "() => !!document.querySelector('.bacs-hits > button[aria-label]')"
STRING_IS_THERE: Final = "() => !!document.querySelector('.bacs-mirror td[data-column]')"


async def painted_ms(page: Page, url: str, is_there: str) -> float:
    """Go to an address, and tell how long it took until it was painted."""
    # The page looks for itself from its first frame on: a question from outside has to wait until
    # no script runs.
    session = await page.context.new_cdp_session(page)
    await session.send("Page.enable")
    source = {"source": f"watched.painted = paintedAt({is_there})"}
    script = await session.send("Page.addScriptToEvaluateOnNewDocument", source)
    await page.goto(url, wait_until="commit")
    painted_at = await page.evaluate("watched.painted")
    await session.send("Page.removeScriptToEvaluateOnNewDocument", script)
    await session.detach()
    return float(painted_at)


async def touch_to_view_ms(page: Page, selector: str, is_there: str) -> float:
    """Touch something, and tell how long it took until the next view was painted."""
    await page.evaluate(f"() => {{ watched.painted = paintedAt({is_there}); }}")
    await page.locator(selector).first.tap()
    painted_at = await page.evaluate("watched.painted")
    return float(painted_at) - float(await page.evaluate("watched.touchedAt"))


async def frame_ages_ms(page: Page, count: int) -> list[float]:
    """Tell how old so many frames were when they were painted."""
    await page.evaluate("watched.ages.length = 0")
    await page.wait_for_function(f"watched.ages.length >= {count}", polling=200, timeout=0)
    ages: list[float] = await page.evaluate("watched.ages")
    return ages[:count]


async def slow_down(page: Page, times: int) -> None:
    """Let the browser compute so many times slower, as on a small panel."""
    session = await page.context.new_cdp_session(page)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": times})


async def heap_bytes(session: CDPSession) -> int:
    """Tell what JavaScript keeps once everything that nobody needs is collected."""
    for _ in range(2):
        await session.send("HeapProfiler.collectGarbage")
    used: dict[str, Any] = await session.send("Runtime.getHeapUsage")
    return int(used["usedSize"])
