"""How the API reads the history without holding up the engine.

Short reads go to two threads of their own. What may take minutes (a download, an export, a report)
is a program of its own that writes to a pipe: it can take neither the interpreter from the tick nor
memory from the engine, has a low priority, and is ended when the client goes away. Two downloads
and two answers run at a time; who has to wait too long is asked to come again.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Final, TypeVar, cast

from fastapi import Depends
from fastapi.requests import HTTPConnection
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from bacs_core.api.history_turns import PATIENCE_S, Clock, Turns
from bacs_core.errors import REFUSED_EXIT_CODE, RefusedError
from bacs_core.history.errors import HistoryError
from bacs_core.history.reader import HistoryReader
from bacs_core.settings import Keeping

_T = TypeVar("_T")

SHORT_AT_ONCE: Final = 2
#: Files that people download, whose size has no end; a caller gets one of them at a time.
DOWNLOADS_AT_ONCE: Final = 2
#: What a screen waits for: a report, a discharge that is read again.
ANSWERS_AT_ONCE: Final = 2
CHUNK_BYTES: Final = 64 * 1024
#: Below the engine, but not so far that it starves beside other programs.
LOW_PRIORITY: Final = 5
#: The last line of what a program says on standard error is told to the client, no more of it.
MOST_COMPLAINT_CHARACTERS: Final = 300


class HistoryAccess:
    """The history in `state_dir`, for the routes of one application.

    `keeping` says how much of it is kept. `patience_s` is how long a request waits for its turn
    before it is refused (`busy`).
    """

    def __init__(
        self,
        state_dir: Path,
        *,
        keeping: Keeping | None = None,
        patience_s: float = PATIENCE_S,
        clock: Clock = time.monotonic,
    ) -> None:
        """Remember where; nothing is opened before it is read."""
        self.state_dir = state_dir
        self.keeping = keeping or Keeping()
        self._threads = ThreadPoolExecutor(SHORT_AT_ONCE, thread_name_prefix="history-read")
        self._short = Turns(SHORT_AT_ONCE, patience_s=patience_s)
        self._downloads = Turns(DOWNLOADS_AT_ONCE, patience_s=patience_s, clock=clock)
        self._answers = Turns(ANSWERS_AT_ONCE, patience_s=patience_s, clock=clock)

    async def read(self, work: Callable[[HistoryReader], _T]) -> _T:
        """Run `work` on a reader of its own, in a thread.

        Raises `RefusedError`: `busy`, `history_unreadable`, or what `work` raises.
        """

        def opened() -> _T:
            with HistoryReader(self.state_dir) as reader:
                return work(reader)

        async with self._short.turn():
            loop = asyncio.get_running_loop()
            running = loop.run_in_executor(self._threads, opened)
            try:
                # A client that goes away does not give its place free before its thread does.
                return await asyncio.shield(running)
            except asyncio.CancelledError:
                await asyncio.wait({running})
                raise
            except HistoryError as error:
                raise RefusedError(str(error), code="history_unreadable") from error

    async def stream(
        self, module: str, arguments: Sequence[str], *, caller: str | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Start `python -m module arguments` and return what it writes, in chunks.

        With a `caller` it is a download of theirs, else an answer that a screen waits for.
        It has begun to write, or has ended well, when this returns. Raises `RefusedError`: `busy`,
        what the program refuses (`REFUSED_EXIT_CODE`), or `history_unreadable` with the last line
        that it wrote to standard error. If it fails later, or had to give way to others because
        its client is slow, reading on raises that too. Close what is returned.
        """
        rest = self._chunks(module, arguments, caller)
        # Until the first chunk is there, a failure can still be told as one.
        chunks = _joined(await anext(rest, b""), rest)
        await anext(chunks)
        return chunks

    async def _chunks(
        self, module: str, arguments: Sequence[str], caller: str | None
    ) -> AsyncGenerator[bytes, None]:
        turns = self._answers if caller is None else self._downloads
        async with turns.turn(caller) as turn, _program(module, arguments) as program:
            turn.end = program.kill
            while chunk := await program.written.read(CHUNK_BYTES):
                with turn.handing(len(chunk)):
                    yield chunk
            exit_code = await program.process.wait()
            turn.require()
            if exit_code != 0:
                complaint = _last_line(await program.complaint)
                code, tab, reason = complaint.partition("\t")
                if exit_code == REFUSED_EXIT_CODE and tab:
                    raise RefusedError(reason, code=code)
                raise RefusedError(complaint, code="history_unreadable")


class Download(StreamingResponse):
    """A response that closes its stream in any case, also if nobody wants the rest."""

    def __init__(
        self,
        chunks: AsyncGenerator[bytes, None],
        media_type: str,
        *,
        file_name: str | None = None,
        status_code: int = HTTPStatus.OK.value,
    ) -> None:
        """Stream `chunks`; a `file_name` makes browsers save it."""
        headers: Mapping[str, str] = (
            {}
            if file_name is None
            else {"Content-Disposition": f'attachment; filename="{file_name}"'}
        )
        super().__init__(chunks, status_code, headers, media_type)
        self._chunks = chunks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it all, or stop with the client."""
        async with contextlib.aclosing(self._chunks):
            await super().__call__(scope, receive, send)


async def _access(connection: HTTPConnection) -> HistoryAccess:
    access: HistoryAccess = connection.app.state.history
    return access


Access = Annotated[HistoryAccess, Depends(_access)]


@dataclass(frozen=True, slots=True)
class _Program:
    process: asyncio.subprocess.Process
    written: asyncio.StreamReader
    complaint: asyncio.Task[bytes]

    def kill(self) -> None:
        """End it, if it still runs."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()


@contextlib.asynccontextmanager
async def _program(module: str, arguments: Sequence[str]) -> AsyncIterator[_Program]:
    """Run a program at a low priority; it is ended with the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        module,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=CHUNK_BYTES,
    )
    with contextlib.suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, process.pid, LOW_PRIORITY)
    # Both exist with PIPE.
    written = cast("asyncio.StreamReader", process.stdout)
    complaint = asyncio.create_task(cast("asyncio.StreamReader", process.stderr).read())
    program = _Program(process, written, complaint)
    try:
        yield program
    finally:
        program.kill()
        # Its end is told only once its pipes are empty.
        while await written.read(CHUNK_BYTES):
            pass
        await complaint
        await process.wait()


async def _joined(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """Yield the first chunk and the rest, after nothing.

    What comes first lets the generator begin: one that never did would close without `rest`.
    """
    async with contextlib.aclosing(rest):
        yield b""
        if first:
            yield first
        async for chunk in rest:
            yield chunk


def _last_line(complaint: bytes) -> str:
    lines = complaint.decode(errors="replace").strip().splitlines() or ["it ended early"]
    return lines[-1][:MOST_COMPLAINT_CHARACTERS]
