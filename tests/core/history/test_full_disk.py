"""A full or read-only disk: errors with a name, then everything goes on by itself.

A real, tiny file system where this machine lets us mount one; else a limit on the size of files
stands in for it (`RLIMIT_FSIZE`: the same error path in SQLite, an I/O error instead of ENOSPC).
"""

import resource
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from bacs_core.history.errors import HistoryError
from bacs_core.history.events import Event, EventKind
from bacs_core.history.store import History
from tests.core.history.plant import START, STEP, noisy, small


@contextmanager
def largest_file(size_bytes: int) -> Iterator[None]:
    """Let no file grow beyond `size_bytes`: the stand-in for a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def event(number: int) -> Event:
    return Event(START + number * STEP, EventKind.ALARM_RAISED, f"alarm {number}")


def until_refused(write: Callable[[int], object], limit: int = 5000) -> int:
    for number in range(limit):
        try:
            write(number)
        except HistoryError:
            return number
    pytest.fail("the disk never got full")


def test_a_full_disk_is_an_error_and_the_history_goes_on_when_there_is_space_again(
    tiny_disk: Path,
) -> None:
    ballast = tiny_disk / "ballast"
    ballast.write_bytes(bytes(1_200_000))
    history = History(tiny_disk, clock=START.timestamp)
    history.record_event(event(0))
    large = list(noisy(strings=2, cells=200, samples=40))

    def fill(number: int) -> None:
        history.record_sample(large[number % len(large)])

    stored = until_refused(fill)
    assert stored > 0
    for number in range(1, 4):
        with pytest.raises(HistoryError, match="full"):
            history.record_sample(small(START + number * STEP))
    assert history.events()[-1].event == event(0)

    ballast.unlink()
    history.record_sample(small(START + 5000 * STEP))
    history.record_event(event(1))
    texts = [stored.event.text for stored in history.events()]
    assert texts[0] == "alarm 1"
    assert texts[1].endswith("missing samples: 4")
    assert texts[-1] == "alarm 0"
    sample = history.sample_at(START + 5000 * STEP)
    assert sample is not None
    assert sample.at == START + 5000 * STEP
    history.close()


def test_a_disk_that_is_full_from_the_start_takes_the_history_up_later(tiny_disk: Path) -> None:
    ballast = tiny_disk / "ballast"
    with pytest.raises(OSError, match="space"):
        ballast.write_bytes(bytes(3_000_000))
    with suppress(OSError), ballast.open("ab", buffering=0) as file:
        while file.write(bytes(512)):
            pass
    history = History(tiny_disk, clock=START.timestamp)
    with pytest.raises(HistoryError):
        history.record_event(event(0))
    ballast.unlink()
    history.record_event(event(0))
    assert history.events()[0].event == event(0)
    history.close()


def test_a_read_only_disk_is_an_error_that_passes_and_reading_still_works(
    tiny_disk: Path,
) -> None:
    history = History(tiny_disk, clock=START.timestamp)
    history.record_event(event(0))
    history.record_sample(small(START))
    history.close()
    subprocess.run(["mount", "-o", "remount,ro", str(tiny_disk)], check=True)
    history = History(tiny_disk, clock=START.timestamp)
    with pytest.raises(HistoryError):
        history.record_event(event(1))
    subprocess.run(["mount", "-o", "remount,rw", str(tiny_disk)], check=True)
    history.record_event(event(1))
    assert [stored.event for stored in history.events()] == [event(1), event(0)]
    history.close()


def test_with_a_limited_file_size_the_history_fails_by_name_and_recovers(tmp_path: Path) -> None:
    history = History(tmp_path, clock=START.timestamp)
    history.record_event(event(0))
    size = max(path.stat().st_size for path in tmp_path.iterdir())
    confirmed, refused_in_a_row = [0], 0
    with largest_file(size + 20_000):
        for number in range(1, 5000):
            try:
                history.record_event(event(number))
            except HistoryError:
                refused_in_a_row += 1
            else:
                confirmed.append(number)
                refused_in_a_row = 0
            if refused_in_a_row == 3:
                break
    assert refused_in_a_row == 3
    history.record_event(event(5000))
    numbers = [int(stored.event.text.split()[1]) for stored in history.events(limit=9999)]
    assert numbers == [5000, *reversed(confirmed)]
    history.close()


def test_a_lock_held_by_another_program_is_an_error_that_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bacs_core.history.database.BUSY_TIMEOUT_S", 0.05)
    history, other = History(tmp_path), History(tmp_path)
    history.open()
    history._opened().conn.execute("PRAGMA busy_timeout = 50")
    other._opened().conn.execute("BEGIN IMMEDIATE")
    with pytest.raises(HistoryError, match="locked"):
        history.record_event(event(0))
    other._opened().conn.execute("ROLLBACK")
    history.record_event(event(0))
    assert len(history.events()) == 1
    history.close()
    other.close()
