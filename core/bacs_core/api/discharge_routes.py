"""The routes of recorded discharges: list, analysis, replay, and two of them compared."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Response

from bacs_core.api.discharge_messages import (
    DEFAULT_FRAMES,
    MOST_FRAMES,
    Comparison,
    DischargeAnalysis,
    Discharges,
    Replay,
)
from bacs_core.api.history_access import Access, Download
from bacs_core.api.history_messages import Moment
from bacs_core.api.message_base import Message
from bacs_core.api.messages import API_PREFIX
from bacs_core.api.routes import TOKEN_NEEDED
from bacs_core.errors import RefusedError
from bacs_core.history.discharges import retelling

DISCHARGE_ROUTES: Final = APIRouter(
    prefix=f"{API_PREFIX}/history/discharges", dependencies=TOKEN_NEEDED, tags=["history"]
)

_PROGRAM: Final = "bacs_core.history.discharges.retelling_command"
_JSON: Final = "application/json"
#: As far as a number in SQLite goes.
_MOST: Final = 2**63 - 1
Number = Annotated[int, Path(ge=1, le=_MOST)]


@DISCHARGE_ROUTES.get("")
async def discharges(
    access: Access,
    string: Annotated[str | None, Query(description="all strings where it is left out")] = None,
    start: Annotated[Moment | None, Query(alias="from", description="ISO 8601 with zone")] = None,
    end: Annotated[Moment | None, Query(alias="to", description="up to this time")] = None,
) -> Discharges:
    """Tell the discharges that ran in a time, the newest first; one that runs has no end.

    There are a thousand at most; those before them are asked for with `to`.
    """
    if start is not None and end is not None and start >= end:
        raise RefusedError("`from` must be before `to`", code="invalid")
    return await access.read(
        lambda reader: Discharges(
            discharges=list(reader.discharges(string_key=string, since=start, until=end))
        )
    )


# Before the route with a number, for that would take the word for one.
@DISCHARGE_ROUTES.get("/compare", response_model=Comparison)
async def compare(
    access: Access,
    first: Annotated[int, Query(ge=1, le=_MOST)],
    second: Annotated[int, Query(ge=1, le=_MOST)],
) -> Response:
    """Compare two discharges of one string, the earlier one first."""
    told = await access.read(lambda reader: retelling.kept_comparison(reader, first, second))
    return _answer(told) or await _anew(access, "compare", first, second)


@DISCHARGE_ROUTES.get("/{number}", response_model=DischargeAnalysis)
async def analysis(access: Access, number: Number) -> Response:
    """Tell what a discharge says of the string and of each cell.

    Of one that runs it is what was known a few minutes ago at most.
    """
    told = await access.read(lambda reader: retelling.kept_analysis(reader, number))
    return _answer(told) or await _anew(access, "analysis", number)


@DISCHARGE_ROUTES.get("/{number}/replay", response_model=Replay)
async def replay(
    access: Access,
    number: Number,
    points: Annotated[int, Query(ge=2, le=MOST_FRAMES)] = DEFAULT_FRAMES,
) -> Response:
    """Tell a discharge in about `points` frames; every collapse is among them."""
    told = await access.read(lambda reader: retelling.kept_replay(reader, number, points))
    return _answer(told) or await _anew(access, "replay", number, points)


def _answer(told: Message | None) -> Response | None:
    return None if told is None else Response(told.model_dump_json(), media_type=_JSON)


async def _anew(access: Access, work: str, *numbers: int) -> Response:
    """Let a program read the samples again: that takes too long for a thread of the engine."""
    arguments = (str(access.state_dir), work, *(str(number) for number in numbers))
    return Download(await access.stream(_PROGRAM, arguments), _JSON)
