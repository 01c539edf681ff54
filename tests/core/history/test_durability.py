"""What was confirmed is there, however the process ended: real processes, killed at any moment."""

import multiprocessing
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from bacs_core.history.batches import Batch, Memory
from bacs_core.history.damage import find_damage
from bacs_core.history.events import Event, EventKind
from bacs_core.history.reader import HistoryReader
from bacs_core.history.store import History
from tests.core.history.plant import START, STEP, small

#: Modules are loaded once; what is killed is a process all the same.
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])
Confirmed = tuple[str, int, int]


def write(state: Path, first: int, confirm: Connection) -> None:
    """Write without pause and say what is on the disk."""
    history = History(state)
    for number in range(first, first + 100_000):
        at = START + number * STEP
        history.record_sample(small(at, (2000 + number % 100) / 1000))
        confirm.send(("sample", number, 0))
        event = Event(at, EventKind.LINE_LOST, str(number))
        confirm.send(("event", number, history.record_event(event)))
        history.set_setting("counter", number, by="writer", at=at)
        confirm.send(("setting", number, 0))


def confirmed_before_a_kill(state: Path, first: int, after_s: float) -> Iterator[Confirmed]:
    told, telling = _CONTEXT.Pipe(duplex=False)
    writer = _CONTEXT.Process(target=write, args=(state, first, telling))
    writer.start()
    telling.close()
    yield told.recv()
    time.sleep(after_s)
    writer.kill()
    # What the kill cut in two confirms nothing.
    with suppress(EOFError, OSError):
        while True:
            yield told.recv()
    writer.join()
    assert writer.exitcode == -signal.SIGKILL


@pytest.mark.parametrize("seed", range(2))
def test_nothing_confirmed_is_lost_by_kill_9(tmp_path: Path, seed: int) -> None:
    delay = random.Random(seed)
    confirmed = [
        line
        for first in (0, 1000, 2000)
        for line in confirmed_before_a_kill(tmp_path, first, delay.uniform(0.0, 0.4))
    ]
    assert len(confirmed) > 10
    history = History(tmp_path)
    texts = {
        stored.id: stored.event.text
        for stored in history.events(limit=1_000_000)
        if stored.event.kind is EventKind.LINE_LOST
    }
    for what, number, event_id in confirmed:
        if what == "event":
            assert texts[event_id] == str(number)
    settings = [number for what, number, _ in confirmed if what == "setting"]
    counter = history.get_setting("counter")
    assert isinstance(counter, int)
    assert counter >= max(settings, default=0)
    with HistoryReader(tmp_path) as reader:
        with_samples = {
            round((at / 1000 - START.timestamp()) / STEP.total_seconds())
            for block in reader.blocks("ups-a/1", START, START + 10_000 * STEP)
            for at in block.at.tolist()
        }
    assert {number for what, number, _ in confirmed if what == "sample"} <= with_samples
    assert find_damage(tmp_path / "bacs.db", thorough=True) is None
    history.record_sample(small(START + 10_000 * STEP))
    history.close()


def test_every_commit_waits_for_the_disk(tmp_path: Path) -> None:
    """Where no power can be cut, this asks SQLite in which mode each row is committed."""
    history = History(tmp_path)
    history.open()
    modes = []
    connection = history._opened().conn

    def note(statement: str) -> None:
        if statement.startswith("COMMIT"):
            modes.append(connection.execute("PRAGMA synchronous").fetchone()[0])

    connection.set_trace_callback(note)
    full = 2
    history.set_setting("key", 1, by="test", at=START)
    assert modes.pop() == full
    event = Event(START, EventKind.PROTECTION, "tripped")
    history.record_batch(Batch("run", 1, 1, (event,), {"trips": Memory({}, START)}))
    assert modes.pop() == full
    history.record_command("acknowledge", {}, by="test", at=START)
    assert modes.pop() == full
    connection.set_trace_callback(None)
    history.close()
