"""What was confirmed is there, however the process ended: real processes, killed at any moment."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bacs_core.history.batches import Batch, Memory
from bacs_core.history.damage import find_damage
from bacs_core.history.events import Event, EventKind
from bacs_core.history.reader import HistoryReader
from bacs_core.history.store import History
from tests.core.history.plant import START, STEP, small

#: Writes without pause and says what is on the disk, one line for each.
WRITER = """
import sys
from datetime import timedelta
from pathlib import Path
from bacs_core.history.events import Event, EventKind
from bacs_core.history.store import History
from tests.core.history.plant import START, STEP, small
history, first = History(Path(sys.argv[1])), int(sys.argv[2])
for number in range(first, first + 100_000):
    at = START + number * STEP
    history.record_sample(small(at, (2000 + number % 100) / 1000))
    print("sample", number, flush=True)
    event = Event(at, EventKind.LINE_LOST, str(number))
    print("event", history.record_event(event), number, flush=True)
    history.set_setting("counter", number, by="writer", at=at)
    print("setting", number, flush=True)
"""


@pytest.mark.parametrize("seed", range(2))
def test_nothing_confirmed_is_lost_by_kill_9(tmp_path: Path, seed: int) -> None:
    delay = random.Random(seed)
    first, confirmed = 0, []
    for _ in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(first)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        confirmed.append(writer.stdout.readline())
        time.sleep(delay.uniform(0.0, 0.4))
        writer.send_signal(signal.SIGKILL)
        # A line that the kill cut in two confirms nothing.
        confirmed += [line for line in writer.stdout if line.endswith("\n")]
        writer.wait(timeout=30)
        first += 1000

    lines = [line.split() for line in confirmed if line]
    assert len(lines) > 10
    history = History(tmp_path)
    texts = {
        stored.id: stored.event.text
        for stored in history.events(limit=1_000_000)
        if stored.event.kind is EventKind.LINE_LOST
    }
    for what, *values in lines:
        if what == "event":
            assert texts[int(values[0])] == values[1]
    settings = [int(values[0]) for what, *values in lines if what == "setting"]
    counter = history.get_setting("counter")
    assert isinstance(counter, int)
    assert counter >= max(settings, default=0)
    with HistoryReader(tmp_path) as reader:
        with_samples = {
            round((at / 1000 - START.timestamp()) / STEP.total_seconds())
            for block in reader.blocks("ups-a/1", START, START + 10_000 * STEP)
            for at in block.at.tolist()
        }
    assert {int(values[0]) for what, *values in lines if what == "sample"} <= with_samples
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
