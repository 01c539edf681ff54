"""A power cut at any moment: what was acknowledged is on the card, and the card still works.

A file system of the kind that panels use is stopped without its writing anything more, which is
what a power cut does to everything that nobody has flushed.
"""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bacs_core.history.events import EventKind
from bacs_core.history.reader import HistoryReader
from bacs_core.history.safety_copy import read_copy
from bacs_core.history.store import History
from tests.core.history.plant import START, STEP
from tests.system.disks import Card, card

KEY = "ups-a/1"
CUTS, SOAKED_CUTS = 3, 60

#: Writes without pause, as the recorder does, and says what was acknowledged.
WRITER = """
import sys
from datetime import timedelta
from pathlib import Path
from bacs_core.history.batches import Batch, Memory
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import Event, EventKind
from bacs_core.history.safety_copy import SafetyCopy, write_copy
from bacs_core.history.store import History
from tests.core.history.plant import START, STEP, small
folder, first = Path(sys.argv[1]), int(sys.argv[2])
history = History(folder)
try:
    for number in range(first, first + 100_000):
        at = START + number * STEP
        history.record_sample(small(at, (2000 + number % 100) / 1000))
        print("sample", number, flush=True)
        memory = {"trips": Memory(number, at)}
        event = Event(at, EventKind.ALARM_RAISED, str(number))
        history.record_batch(Batch(str(first), number, number, (event,), memory))
        print("event", number, flush=True)
        if number % 5 == 0:
            write_copy(folder, SafetyCopy(number, memory))
            print("copy", number, flush=True)
except HistoryError:
    pass
"""


def acknowledged(used: Card, first: int, seconds: float) -> dict[str, list[int]]:
    """Write for some time, cut the power, and return what had been acknowledged by then."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(used.folder), str(first)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    told = [writer.stdout.readline()]
    reader = threading.Thread(target=lambda: told.extend(writer.stdout or ()))
    reader.start()
    time.sleep(seconds)
    before = len(told)
    used.cut_the_power()
    writer.kill()
    writer.wait()
    reader.join()
    found: dict[str, list[int]] = {"sample": [], "event": [], "copy": []}
    for what, number in map(str.split, told[:before]):
        found[what].append(int(number))
    return found


def cut_again_and_again(folder: Path, cuts: int) -> int:
    """Cut the power at random moments; return how many events were acknowledged in all."""
    moments = random.Random(5)
    events: list[int] = []
    samples: list[int] = []
    with card(folder) as used:
        for number in range(cuts):
            used.plug_in()
            told = acknowledged(used, 1000 * number, moments.uniform(0.05, 0.6))
            used.pull_out()
            events += told["event"]
            samples += told["sample"]
            used.plug_in()
            copy = read_copy(used.folder)
            if told["copy"]:
                assert copy is not None
                assert copy.revision >= told["copy"][-1]
            history = History(used.folder)
            history.open()
            kept = history.get_setting("trips")
            history.close()
            if told["event"]:
                assert isinstance(kept, int)
                assert kept >= told["event"][-1]
            check(used, events, samples)
            used.pull_out()
    return len(events)


def check(used: Card, events: list[int], samples: list[int]) -> None:
    """Everything is there, and once."""
    end = datetime.now(UTC) + timedelta(days=3650)
    with HistoryReader(used.folder) as reader:
        stood = [
            int(stored.event.text)
            for stored in reader.events(limit=1_000_000)
            if stored.event.kind is EventKind.ALARM_RAISED
        ]
        at = [int(at) for block in reader.blocks(KEY, START, end) for at in block.at]
    assert len(set(stood)) == len(stood)
    assert set(events) <= set(stood)
    numbers = [round((at_ms / 1000 - START.timestamp()) / STEP.total_seconds()) for at_ms in at]
    assert len(set(numbers)) == len(numbers)
    assert set(samples) <= set(numbers)
    with closing(sqlite3.connect(used.folder / "bacs.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_after_a_power_cut_everything_acknowledged_is_there(tmp_path: Path) -> None:
    assert cut_again_and_again(tmp_path, CUTS) > 0


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_after_sixty_power_cuts_everything_acknowledged_is_there(tmp_path: Path) -> None:
    assert cut_again_and_again(tmp_path, SOAKED_CUTS) > 0
