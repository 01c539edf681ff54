"""One helper at the engine's socket, and the stick it speaks for."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from bacs_core.stick import wire

_T = TypeVar("_T")

INTRODUCTION_S: Final = 10.0
#: Longer than any file system gives; what a helper reads on a stick may be anything.
LONGEST_LABEL: Final = 32


class GoneError(Exception):
    """The stick was pulled out, or its helper is no more."""


class Visitor:
    """Speaks with one helper; `listen` must run for anything to be heard."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Nothing is read yet."""
        self.found = wire.Found(device="", disk="")
        self._reader = reader
        self._writer = writer
        self._told: asyncio.Queue[wire.Told] = asyncio.Queue()
        self._gone = asyncio.Event()

    @property
    def label(self) -> str:
        """The name of the stick as far as it can be shown, else its device."""
        shown = "".join(letter for letter in self.found.label if letter.isprintable()).strip()
        return shown[:LONGEST_LABEL] or self.found.device

    def may_come_in(self) -> bool:
        """Tell whether the other side is root, who mounts, or the engine's own user."""
        user, _ = wire.peer_of(self._writer.get_extra_info("socket"))
        return user in {0, os.getuid()}

    async def introduce(self) -> bool:
        """Hear which stick it is; raises `ValueError` for what is no introduction."""
        async with asyncio.timeout(INTRODUCTION_S):
            line = await self._reader.readline()
        told = wire.TOLD.validate_json(line)
        if isinstance(told, wire.Found):
            self.found = told
            return True
        return False

    async def listen(self) -> None:
        """Hear the helper to its end; raises `ValueError` for what is not understood."""
        while line := await self._reader.readline():
            told = wire.TOLD.validate_json(line)
            if isinstance(told, wire.Gone):
                return
            self._told.put_nowait(told)

    def require_present(self) -> None:
        """Raise `GoneError` if the stick left already."""
        if self._gone.is_set():
            raise GoneError

    def leave(self) -> None:
        """The stick is gone: whoever waits for it is told."""
        self._gone.set()

    def dismiss(self) -> None:
        """Hang up; the helper then unmounts by itself."""
        self._writer.close()

    async def ask(self, order: wire.Order, patience_s: float) -> wire.Told | None:
        """Give an order and return the answer, `None` where none came; raises `GoneError`."""
        while not self._told.empty():
            self._told.get_nowait()
        self._writer.write(f"{order}\n".encode())
        try:
            async with asyncio.timeout(patience_s):
                return await self.unless_gone(self._told.get())
        except TimeoutError:
            return None

    async def unless_gone(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Return what `work` returns; once the stick is gone, cancel it and raise `GoneError`."""
        working = asyncio.ensure_future(work)
        leaving = asyncio.ensure_future(self._gone.wait())
        try:
            await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if self._gone.is_set():
                raise GoneError
            return working.result()
        finally:
            for task in (working, leaving):
                task.cancel()
            with contextlib.suppress(Exception):
                await asyncio.gather(working, leaving, return_exceptions=True)
