"""The route of battery reports. A report is made by a process of its own, see `HistoryAccess`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncGenerator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query

from bacs_core.api.history_access import Access, Download, HistoryAccess
from bacs_core.api.history_messages import Moment
from bacs_core.api.messages import API_PREFIX
from bacs_core.api.routes import TOKEN_NEEDED, Served
from bacs_core.api.service import EngineService
from bacs_core.errors import RefusedError
from bacs_core.reports.standing import from_tick, identity_of
from bacs_core.reports.told import TOLD, Told

REPORT_ROUTES: Final = APIRouter(
    prefix=f"{API_PREFIX}/history/reports", dependencies=TOKEN_NEEDED, tags=["history"]
)

_COMMAND: Final = "bacs_core.cli"
_PAGE: Final = "text/html; charset=utf-8"
_DESCRIBED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/html": {}}, "description": "one page that needs nothing else"}
}


@REPORT_ROUTES.get("/{string_key:path}", response_class=Download, responses=_DESCRIBED)
async def report(
    string_key: str,
    parts: Served,
    access: Access,
    language: Literal["en", "de"] = "en",
    start: Annotated[
        Moment | None, Query(alias="from", description="left out: 30 days before `to`")
    ] = None,
    end: Annotated[Moment | None, Query(alias="to", description="left out: now")] = None,
) -> Download:
    """Give the battery report of a string, with the present values of the engine."""
    if start is not None and start >= (end or datetime.now(UTC)):
        reason = "`from` must lie before `to`, and without `to` before now"
        raise RefusedError(reason, code="invalid")
    told = _told(parts.service, string_key)
    arguments = [f"--state={access.state_dir}", f"--language={language}", "--out=-"]
    arguments += [f"--from={start.isoformat()}"] if start else []
    arguments += [f"--to={end.isoformat()}"] if end else []
    return Download(await _made(access, told, arguments), _PAGE)


async def _made(
    access: HistoryAccess, told: Told, arguments: list[str]
) -> AsyncGenerator[bytes, None]:
    """Start the program with what the engine tells it, and return the page in chunks."""
    with contextlib.ExitStack() as on_failure:
        path = await asyncio.to_thread(on_failure.enter_context, _in_file(told))
        chunks = await access.stream(
            _COMMAND, ["report", *arguments, f"--told={path}", "--", told.identity.string_key]
        )
        return _yielded(chunks, on_failure.pop_all())


async def _yielded(
    chunks: AsyncGenerator[bytes, None], file: contextlib.ExitStack
) -> AsyncGenerator[bytes, None]:
    """Yield the chunks; the file goes with the program that reads it, however that ends."""
    with file:
        async with contextlib.aclosing(chunks):
            async for chunk in chunks:
                yield chunk


def _told(service: EngineService, string_key: str) -> Told:
    """Tell how a string is and stands; raises `RefusedError` (`unknown_string`)."""
    info, tick, now = service.site_info(), service.latest(), datetime.now(UTC)
    try:
        identity = identity_of(info.site, string_key, site_id=info.site_id)
    except KeyError:
        reason = f"there is no string {string_key!r}"
        raise RefusedError(reason, code="unknown_string") from None
    if tick is None or string_key not in tick.snapshot.strings:
        return Told(identity, None, now)
    standing, manager = from_tick(tick.snapshot, tick.alarms, string_key)
    known = identity_of(info.site, string_key, site_id=info.site_id, manager=manager)
    return Told(known, standing, now)


@contextlib.contextmanager
def _in_file(told: Told) -> Iterator[Path]:
    """Write what the engine tells into a file that only this user can read."""
    descriptor, name = tempfile.mkstemp(prefix="bacs-report-", suffix=".json")
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(TOLD.dump_json(told))
        yield path
    finally:
        path.unlink(missing_ok=True)
