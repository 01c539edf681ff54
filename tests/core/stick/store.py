"""A stick keeper with a small history, and what stands in for a stick and for copying."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bacs_core.history.events import Event, EventKind
from bacs_core.history.store import History
from bacs_core.stick.helper import Medium, serve
from bacs_core.stick.keeper import WORKER, Patience, Source, StickKeeper
from bacs_core.stick.mounting import MountError
from bacs_core.stick.states import StickPhase, StickProblem, StickState

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
#: A guard only: nothing here takes so long.
GUARD_S = 60.0
LOOK_S = 0.01
#: Processes that stand in for the one that copies.
HANGS = (sys.executable, "-IS", "-c", "import time; time.sleep(3600)")
DIES = (sys.executable, "-IS", "-c", "raise SystemExit(7)")
CHATTERS = (sys.executable, "-IS", "-c", "print('hello')")
_WRITTEN = '{"kind": "written", "folder": "copy", "files": 3, "size_bytes": 42}'
_BROKEN = '{"kind": "failed", "problem": "broken", "detail": "Input/output error"}'
BREAKS = (sys.executable, "-IS", "-c", f"print('{_BROKEN}')")
WRITES = (sys.executable, "-IS", "-c", f"print('{_WRITTEN}')")


_TELLS = """
import time
while True:
    print('{"kind": "progressed", "phase": "writing", "percent": 41}', flush=True)
    time.sleep(0.001)
"""
#: Tells progress without end.
TELLS = (sys.executable, "-IS", "-c", _TELLS)


def stays_in(phase: StickPhase) -> tuple[str, ...]:
    """Stand in for a copy that gets as far as a phase and hangs."""
    line = f'{{"kind": "progressed", "phase": "{phase}", "percent": 41}}'
    code = f"import time; print({line!r}, flush=True); time.sleep(3600)"
    return (sys.executable, "-IS", "-c", code)


def state_dir(folder: Path) -> Path:
    """Make a state directory whose history has some events of ten days."""
    state = folder / "state"
    state.mkdir(parents=True, mode=0o700)
    history = History(state)
    for day in range(10):
        at = NOW - timedelta(days=10 - day)
        history.record_event(Event(at, EventKind.COMMAND, f"order {day}", by="miller"))
    history.close()
    return state


@dataclass
class Standing:
    """A keeper, the clock it reads, and the events it recorded."""

    keeper: StickKeeper
    state_dir: Path
    now: float = NOW.timestamp()
    events: list[Event] = field(default_factory=list)

    @property
    def told(self) -> StickState:
        return self.keeper.told(self.now)

    async def until(self, wanted: Callable[[StickState], bool]) -> StickState:
        """Wait until the keeper tells what is wanted."""
        async with asyncio.timeout(GUARD_S):
            while not wanted(self.told):
                await asyncio.sleep(LOOK_S)
        return self.told

    async def until_phase(self, *phases: StickPhase) -> StickState:
        return await self.until(lambda state: state.phase in phases)


@asynccontextmanager
async def keeping(
    state: Path, *, worker: Sequence[str] = WORKER, patience: Patience | None = None
) -> AsyncIterator[Standing]:
    """Run a keeper over a state directory."""
    source = Source(state, "site-1", "Köln Süd / hall 2")
    events: list[Event] = []
    keeper = StickKeeper(
        source,
        events.append,
        lambda: standing.now,
        patience=patience,
        worker=worker,
    )
    standing = Standing(keeper, state, events=events)
    await keeper.start()
    try:
        yield standing
    finally:
        await keeper.stop()


class FolderStick:
    """A folder that stands in for a stick: it can be pulled out, refuse and hang."""

    def __init__(self, folder: Path, name: str = "sdx1", label: str = "KINGSTON") -> None:
        self.folder = folder
        self.name = name
        self.mounted = False
        self.unmounts = 0
        self.refuses: StickProblem | None = None
        self.busy = False
        self.gone_at_unmount = False
        self.hangs = threading.Event()
        self.hangs.set()
        self._label = label
        self._present = True

    def pull_out(self) -> None:
        self._present = False

    def is_present(self) -> bool:
        return self._present

    def disk(self) -> str:
        return self.name[:-1]

    def label(self) -> str:
        return self._label

    def mount(self, user: int, group: int) -> Path:
        self.hangs.wait(GUARD_S)
        if self.refuses is not None:
            raise MountError(self.refuses, "as the test wants")
        self.mounted = True
        top = self.folder / "BACS"
        top.mkdir(parents=True, exist_ok=True)
        return top

    def unmount(self) -> None:
        if self.gone_at_unmount:
            self.pull_out()
        if self.busy:
            raise MountError(StickProblem.SILENT, "target is busy")
        self.unmounts += self.mounted
        self.mounted = False

    def release(self) -> None:
        self.mounted = False


@asynccontextmanager
async def plugged(stick: FolderStick, state: Path) -> AsyncIterator[None]:
    """Run the helper of a stick in a thread, until the stick is pulled out."""
    helper = threading.Thread(target=_serve, args=(stick, state))
    helper.start()
    try:
        yield
    finally:
        stick.hangs.set()
        stick.pull_out()
        await asyncio.to_thread(helper.join, GUARD_S)
        assert not helper.is_alive()


def _serve(stick: Medium, state: Path) -> None:
    serve(stick, state, retry_s=LOOK_S, look_every_s=LOOK_S)
