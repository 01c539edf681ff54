"""The routes of export and backup. Both are made by a process of their own, see `HistoryAccess`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from bacs_core.access.rights import Right, require_right
from bacs_core.api.history_access import Access, Download
from bacs_core.api.history_messages import Moment
from bacs_core.api.messages import API_PREFIX
from bacs_core.api.routes import TOKEN_NEEDED, Caller, Served
from bacs_core.errors import RefusedError
from bacs_core.history.backup.making import Wish, backup_name
from bacs_core.model import Role

ROUTES: Final = APIRouter(
    prefix=f"{API_PREFIX}/history", dependencies=TOKEN_NEEDED, tags=["history"]
)

EXPORT: Final = Right(Role.OPERATOR)
BACKUP: Final = Right(Role.TECHNICIAN)
#: Who has the hashes and keys of everybody can become anybody.
BACKUP_WITH_CREDENTIALS: Final = Right(Role.ADMINISTRATOR)

_COMMAND: Final = "bacs_core.cli"
_ARCHIVE: Final = "application/gzip"
_BACKWARDS: Final = "`from` must lie before `to`, and without `to` before now"
_DESCRIBED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {_ARCHIVE: {}}, "description": "a .tar.gz"}
}


class WishQuery(BaseModel):
    """What a backup is to hold beside settings and state."""

    credentials: Annotated[bool, Field(description="people, tokens and keys")] = False
    measurements: Annotated[bool, Field(description="everything that was measured")] = False


@ROUTES.get("/export", response_class=Download, responses=_DESCRIBED)
async def export(
    parts: Served,
    access: Access,
    caller: Caller,
    start: Annotated[
        Moment | None, Query(alias="from", description="left out: one day before `to`")
    ] = None,
    end: Annotated[Moment | None, Query(alias="to", description="left out: now")] = None,
    string: Annotated[list[str] | None, Query(description="left out: all strings")] = None,
    every: Annotated[
        int, Query(ge=0, le=86_400, description="seconds; of each step only the first sample")
    ] = 0,
    *,
    decimal_comma: Annotated[
        bool, Query(description="1,5 and ; between the columns, as e.g. a German Excel expects")
    ] = False,
) -> Download:
    """Give the files of `bacs export` as one archive; needs the role operator."""
    require_right(caller, EXPORT)
    if start is not None and start >= (end or datetime.now(UTC)):
        raise RefusedError(_BACKWARDS, code="invalid")
    known = {each.key for each in parts.service.site_info().site.strings}
    for key in string or ():
        if key not in known:
            raise RefusedError(f"there is no string {key!r}", code="unknown_string")
    arguments = ["--archive=-", f"--by={caller.name}"]
    arguments += [f"--every={every}"] if every else []
    arguments += ["--decimal-comma"] if decimal_comma else []
    arguments += [f"--from={start.isoformat()}"] if start else []
    arguments += [f"--to={end.isoformat()}"] if end else []
    arguments += [f"--string={key}" for key in string or ()]
    chunks = await access.stream(
        _COMMAND, ["export", f"--state={access.state_dir}", *arguments], caller=caller.name
    )
    return Download(chunks, _ARCHIVE, file_name=_export_name())


@ROUTES.get("/backup", response_class=Download, responses=_DESCRIBED)
async def backup(
    access: Access,
    caller: Caller,
    wish: Annotated[WishQuery, Query()],
) -> Download:
    """Give the file of `bacs backup`; needs the role technician, with credentials administrator."""
    require_right(caller, BACKUP_WITH_CREDENTIALS if wish.credentials else BACKUP)
    wanted = ["--with-credentials"] if wish.credentials else []
    wanted += ["--with-measurements"] if wish.measurements else []
    chunks = await access.stream(
        _COMMAND,
        ["backup", f"--state={access.state_dir}", "--out=-", f"--by={caller.name}", *wanted],
        caller=caller.name,
    )
    return Download(
        chunks,
        _ARCHIVE,
        file_name=backup_name(
            datetime.now(UTC).astimezone(), Wish(wish.credentials, wish.measurements)
        ),
    )


def _export_name() -> str:
    # As people name such files: after the time on their clock.
    return f"export-{datetime.now(UTC).astimezone():%Y%m%dT%H%M}.tar.gz"
