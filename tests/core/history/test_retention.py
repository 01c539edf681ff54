"""The size budget."""

from datetime import timedelta
from pathlib import Path

from bacs_core.history.database import open_database
from bacs_core.history.events import Event, EventKind
from bacs_core.history.retention import EVENTS_AT_ONCE, prune, used_bytes
from bacs_core.history.store import History
from tests.core.history.plant import START, STEP, noisy, small

PER_HOUR = 360


def test_the_oldest_measurements_go_first_and_the_file_stops_growing(tmp_path: Path) -> None:
    budget = 400_000
    history = History(tmp_path, budget_bytes=budget)
    history.record_event(Event(START, EventKind.ENGINE_STARTED, "started"))
    hour = list(noisy(strings=1, cells=60, samples=20))
    sizes = []
    for chain in range(60):
        for index, each in enumerate(hour):
            at = START + timedelta(hours=chain) + index * STEP
            parts = small(at, cell_count=60).strings if index % 2 else each.strings
            history.record_sample(type(each)(0, at, parts, {}, {}))
        sizes.append((tmp_path / "bacs.db").stat().st_size)
    assert max(sizes) <= 1.5 * budget
    assert history.sample_at(START) is None
    newest = START + timedelta(hours=59) + 19 * STEP
    sample = history.sample_at(newest)
    assert sample is not None
    assert sample.at == newest
    assert len(history.events()) == 1
    history.close()


def test_within_the_budget_nothing_goes(tmp_path: Path) -> None:
    history = History(tmp_path)
    for index in range(3 * PER_HOUR):
        history.record_sample(small(START + index * STEP))
    assert history.sample_at(START) is not None
    history.close()


def test_events_go_only_when_there_is_nothing_older_left_to_go(tmp_path: Path) -> None:
    history = History(tmp_path)
    for index in range(EVENTS_AT_ONCE + 10):
        history.record_event(Event(START, EventKind.LINE_LOST, str(index)))
    for hour in range(8):
        history.record_sample(small(START + timedelta(hours=hour)))
    database = open_database(tmp_path)
    prune(database, 1)
    assert (database["keyframes"].count, database["events"].count) == (4, EVENTS_AT_ONCE + 10)
    prune(database, 1)
    assert (database["keyframes"].count, database["events"].count) == (1, EVENTS_AT_ONCE + 10)
    prune(database, 1)
    assert (database["keyframes"].count, database["events"].count) == (1, 10)
    assert database["samples"].count == 1
    assert used_bytes(database) < (tmp_path / "bacs.db").stat().st_size
    database.close()
    history.close()
