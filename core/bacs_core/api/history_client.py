"""The history as a client reads it: a method for each of its routes.

Needs no more than `api.client`. Downloads come in pieces, so that nobody has to hold a month in
memory; leave their block early and the engine stops its work.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from pydantic import TypeAdapter, ValidationError

from bacs_core.api.client import EngineClient, VersionMismatchError
from bacs_core.api.discharge_messages import (
    DEFAULT_FRAMES,
    Comparison,
    Discharge,
    DischargeAnalysis,
    Discharges,
    Replay,
)
from bacs_core.api.history_messages import (
    EventMessage,
    EventPage,
    EventQuery,
    HistoryExtent,
    MaintenanceMessage,
    SampleMessage,
    SamplesFormat,
    SeriesMessage,
)
from bacs_core.api.messages import API_VERSION
from bacs_core.api.stick_messages import StickStatus

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from contextlib import AbstractAsyncContextManager

Message = TypeVar("Message")
Query: TypeAlias = dict[str, str | int | list[str]]
Asked: TypeAlias = str | int | list[str] | tuple[str, ...] | datetime | None

#: The engine lets a request wait for its turn, then begins; a report takes its time.
PATIENCE_S: Final = 60.0
PAGE: Final = 500

_MAINTENANCE: Final[TypeAdapter[list[MaintenanceMessage]]] = TypeAdapter(list[MaintenanceMessage])


class HistoryClient:
    """The history of the engine that `client` talks to; raises what `EngineClient` raises.

    Cells count from 1, moments are aware, and every time runs up to, but without, its end.
    """

    def __init__(self, client: EngineClient, *, session_token: str | None = None) -> None:
        """Ask in the name of a person if there is a session token."""
        self._client = client
        self._session_token = session_token

    async def extent(self) -> HistoryExtent:
        """Read from when to when there are measurements, and how finely."""
        return await self._read("history/extent", HistoryExtent.model_validate_json)

    async def series(
        self,
        string_key: str,
        cell: int | None,
        name: str,
        start: datetime,
        end: datetime,
        points: int = 1000,
    ) -> SeriesMessage:
        """Read one value over time, in at most `points` buckets; of the string without a cell."""
        return await self._read(
            "history/series",
            SeriesMessage.model_validate_json,
            string=string_key,
            cell=cell,
            name=name,
            points=points,
            **_times(start, end),
        )

    async def sample(
        self, time: datetime | None = None, string_key: str | None = None
    ) -> SampleMessage:
        """Read the newest sample that is not newer than `time`, of one string or of all."""
        return await self._read(
            "history/sample",
            SampleMessage.model_validate_json,
            time=time,
            string=string_key,
        )

    async def events(self, wanted: EventQuery | None = None) -> EventPage:
        """Read one page of the wanted events, the newest first."""
        asked = (wanted or EventQuery()).model_dump(by_alias=True, exclude_none=True)
        return await self._read("history/events", EventPage.model_validate_json, **asked)

    async def all_events(self, wanted: EventQuery | None = None) -> AsyncIterator[EventMessage]:
        """Iterate over all events that are wanted, the newest first, page by page."""
        asked: EventQuery | None = wanted or EventQuery(limit=PAGE)
        while asked is not None:
            page = await self.events(asked)
            for event in page.events:
                yield event
            following = page.next_before
            asked = None if following is None else asked.model_copy(update={"before": following})

    async def maintenance(
        self, string_key: str | None = None, cell: int | None = None
    ) -> list[MaintenanceMessage]:
        """Read what was done to strings and cells, the newest first."""
        return await self._read(
            "history/maintenance", _MAINTENANCE.validate_json, string=string_key, cell=cell
        )

    def samples(
        self,
        string_key: str,
        start: datetime,
        end: datetime,
        as_: SamplesFormat = SamplesFormat.CSV,
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Download every sample of a string as one file."""
        return self._download(
            "history/samples", string=string_key, format=as_, **_times(start, end)
        )

    async def discharges(
        self,
        string_key: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> list[Discharge]:
        """Read the recorded discharges, the newest first; one without an end still runs."""
        answer = await self._read(
            "history/discharges",
            Discharges.model_validate_json,
            string=string_key,
            **_times(start, end),
        )
        return answer.discharges

    async def discharge(self, number: int) -> DischargeAnalysis:
        """Read what one discharge showed."""
        path = f"history/discharges/{number}"
        return await self._read(path, DischargeAnalysis.model_validate_json)

    async def replay(self, number: int, points: int = DEFAULT_FRAMES) -> Replay:
        """Read the frames of one discharge."""
        path = f"history/discharges/{number}/replay"
        return await self._read(path, Replay.model_validate_json, points=points)

    async def compare(self, first: int, second: int) -> Comparison:
        """Read what differs between two discharges of a string."""
        path = "history/discharges/compare"
        return await self._read(path, Comparison.model_validate_json, first=first, second=second)

    def export(
        self,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        strings: Iterable[str] = (),
        every_s: int = 0,
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Download the files that `bacs export` writes, as one tar.gz; as an operator.

        `every_s` leaves samples out: of each step so long only the first remains.
        """
        return self._download(
            "history/export", string=list(strings), every=every_s, **_times(start, end)
        )

    def backup(
        self, *, credentials: bool = False, measurements: bool = False
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Download a backup of settings and state, as a technician.

        With credentials (people, tokens, keys) as an administrator.
        """
        return self._download(
            "history/backup",
            credentials=str(credentials).lower(),
            measurements=str(measurements).lower(),
        )

    async def report(
        self,
        string_key: str,
        language: str = "en",
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> str:
        """Read the battery report of a string as one page of HTML."""
        query = _query(language=language, **_times(start, end))
        path = f"history/reports/{string_key}"
        return (await self._fetched(path, query)).decode()

    async def stick(self) -> StickStatus:
        """Read how the USB stick does."""
        return await self._read("stick", StickStatus.model_validate_json)

    async def _read(
        self,
        path: str,
        decode: Callable[[bytes], Message],
        **asked: Asked,
    ) -> Message:
        content = await self._fetched(path, _query(**asked))
        try:
            return decode(content)
        except ValidationError as error:
            text = f"the answer is no message of API version {API_VERSION}"
            raise VersionMismatchError(text) from error

    async def _fetched(self, path: str, query: Query) -> bytes:
        return await self._client.read(
            path, query, session_token=self._session_token, patience_s=PATIENCE_S
        )

    @asynccontextmanager
    async def _download(self, path: str, **asked: Asked) -> AsyncIterator[AsyncIterator[bytes]]:
        async with self._client.download(
            path, _query(**asked), session_token=self._session_token, patience_s=PATIENCE_S
        ) as pieces:
            yield pieces


def _times(start: datetime | None, end: datetime | None) -> dict[str, datetime | None]:
    return {"from": start, "to": end}


def _query(**asked: Asked) -> Query:
    query: Query = {}
    for name, value in asked.items():
        if isinstance(value, datetime):
            query[name] = value.isoformat()
        elif isinstance(value, tuple):
            query[name] = list(value)
        elif value is not None:
            query[name] = value
    return query
