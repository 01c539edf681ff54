"""Looks into the kiosk's Chromium, and touches it, by its DevTools.

Runs in the network of the machine and obeys line by line, in JSON: `["evaluate", EXPRESSION]`,
`["do", EXPRESSION]` (as if a person had touched something), `["touch", X, Y]`, `["pages"]`; each is
answered by a line, null where no page answers. The kiosk itself forbids DevTools; the machine of
the tests allows them.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import aiohttp

PORT = 9222
_PATIENCE_S = 5.0


async def _ask(session: aiohttp.ClientSession, *orders: tuple[str, dict[str, Any]]) -> Any:
    """Send orders to the page that is shown, one after the other; return the last answer."""
    pages = await _pages(session)
    answer: Any = None
    async with session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as page:
        for number, (method, params) in enumerate(orders):
            await page.send_json({"id": number, "method": method, "params": params})
            while (answer := await page.receive_json()).get("id") != number:
                pass
    return answer.get("result", answer)


async def _pages(session: aiohttp.ClientSession) -> list[dict[str, Any]]:
    async with session.get(f"http://127.0.0.1:{PORT}/json/list") as answer:
        targets: list[dict[str, Any]] = await answer.json()
    return [target for target in targets if target["type"] == "page"]


async def _obey(what: str, arguments: list[Any]) -> object:
    async with (
        asyncio.timeout(_PATIENCE_S),
        aiohttp.ClientSession() as session,
    ):
        match what:
            case "pages":
                return [page["url"] for page in await _pages(session)]
            case "touch":
                x, y = map(float, arguments)
                touched = {"touchPoints": [{"x": x, "y": y}], "type": "touchStart"}
                ended: dict[str, Any] = {"touchPoints": [], "type": "touchEnd"}
                return await _ask(
                    session,
                    ("Input.dispatchTouchEvent", touched),
                    ("Input.dispatchTouchEvent", ended),
                )
            case _:
                touched_before = what == "do"
                asked = {
                    "expression": arguments[0],
                    "returnByValue": True,
                    "userGesture": touched_before,
                }
                found = await _ask(session, ("Runtime.evaluate", asked))
                return found.get("result", {}).get("value")


def _main() -> None:
    for line in sys.stdin:
        what, *arguments = json.loads(line)
        try:
            answer = asyncio.run(_obey(what, arguments))
        except (OSError, TypeError, LookupError, aiohttp.ClientError) as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            answer = None
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _main()
