"""Programs of `./dev bench panel`, what they cost, and what they put on the wire."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from tests.hmi.browser import free_port, plain_environment

#: A guard only.
START_TIMEOUT_S: Final = 90.0
NS: Final = 1e-9


class Program:
    """A child process that listens on a port of its own."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}/"

    @property
    def cpu_s(self) -> float:
        """Processor seconds of all its threads."""
        return _cpu_s(self.process.pid)

    @property
    def resident_bytes(self) -> int:
        """Memory of its own that is in RAM; what it shares with others does not count."""
        rows = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text(encoding="ascii")
        kilobytes = [int(row.split()[1]) for row in rows.splitlines() if row.startswith("Private_")]
        return 1024 * sum(kilobytes)


@asynccontextmanager
async def running(module: str, *arguments: str) -> AsyncIterator[Program]:
    """Run a module of Python; a free port stands in for the argument `PORT`."""
    port = free_port()
    told = [str(port) if argument == "PORT" else argument for argument in arguments]
    command = [sys.executable, "-m", module, *told]
    process = subprocess.Popen(command, env=plain_environment(), stdout=subprocess.DEVNULL)
    try:
        await _answers(process, port)
        yield Program(process, port)
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait)


async def _answers(process: subprocess.Popen[bytes], port: int) -> None:
    async with asyncio.timeout(START_TIMEOUT_S):
        while True:
            if process.poll() is not None:
                message = f"{process.args!r} ended"
                raise RuntimeError(message)
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return


def _cpu_s(pid: int) -> float:
    used = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            used += int((thread / "schedstat").read_text(encoding="ascii").split()[0])
    return used * NS


def browser_cpu_s(known: Sequence[Program]) -> float:
    """Processor seconds of the browser that this process drives: all its processes together."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            stat = (folder / "stat").read_text(encoding="ascii", errors="replace")
            parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
    others = {program.process.pid for program in known}
    own = {os.getpid()}
    while True:
        found = {pid for pid, parent in parents.items() if parent in own} - own - others
        if not found:
            break
        own |= found
    used = 0.0
    for pid in own - {os.getpid()}:
        with suppress(OSError):
            name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8")
            # The driver between this process and the browser is no part of it.
            used += 0.0 if name.startswith("node") else _cpu_s(pid)
    return used


class Wire:
    """A relay between browser and panel that counts the bytes towards the browser."""

    def __init__(self, target: Program) -> None:
        self.received = 0
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self._target = target

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Wire]:
        """Relay until closed."""
        server = await asyncio.start_server(self._relay, "127.0.0.1", self.port)
        try:
            yield self
        finally:
            server.close()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_connection("127.0.0.1", self._target.port)
        await asyncio.gather(
            self._pump(reader, ours, counted=False), self._pump(theirs, writer, counted=True)
        )

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counted: bool
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                self.received += len(data) if counted else 0
                writer.write(data)
                await writer.drain()
        writer.close()
