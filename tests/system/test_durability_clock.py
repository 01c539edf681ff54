"""A clock that starts in 1970 or jumps: the engine goes on, and the history tells it right."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bacs_core.history.clock_rows import Corrections, clock_rows
from bacs_core.history.database import open_for_reading
from bacs_core.history.events import EventKind
from bacs_core.history.reader import HistoryReader
from tests.processes import Cabinet
from tests.system.conftest import until
from tests.system.forked_engine import ForkedEngine

SITE = Path(__file__).with_name("durability.toml")
KEY = "telecom/1"
EARLIEST = datetime(1969, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


@dataclass
class Room:
    """An engine whose system clock a test sets."""

    engine: ForkedEngine
    clock: Path

    def set(self, offset_s: float) -> None:
        """Set the clock; the engine has taken it over when this returns."""
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(str(offset_s))
        fresh.replace(self.clock)
        if self.engine.running:
            until(lambda: abs(self.at() - time.time() - offset_s) < 30, "the other time")

    def snapshot(self) -> dict[str, Any]:
        found: dict[str, Any] = self.engine.get("snapshot", self.engine.panel_token)
        return found

    def at(self) -> float:
        """The time of the newest tick."""
        return datetime.fromisoformat(self.snapshot()["at"]).timestamp()

    def is_fresh(self) -> bool:
        """Whether every cell has a value that is not stale."""
        string = self.snapshot()["strings"][0]
        return set(string["status"]) == {0} and None not in string["columns"]["voltage_v"]

    def samples(self) -> list[datetime]:
        with HistoryReader(self.engine.state) as reader:
            blocks = reader.blocks(KEY, EARLIEST, LATEST)
            return [datetime.fromtimestamp(at / 1000, UTC) for block in blocks for at in block.at]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    cabinet = Cabinet(tmp_path, SITE)
    cabinet.start()
    clock = tmp_path / "clock"
    room = Room(ForkedEngine(tmp_path, cabinet.site, clock), clock)
    try:
        yield room
    finally:
        room.engine.kill()
        cabinet.stop()


def test_a_panel_that_starts_in_1970_and_is_set_and_set_wrongly_keeps_its_history_in_order(
    room: Room,
) -> None:
    room.set(1000.0 - time.time())
    room.engine.start()
    until(room.is_fresh, "the first values")
    assert room.engine.get("health")["clock"]["was_set"] is False
    until(room.samples, "the first sample")
    (early,) = room.samples()
    assert early.year == 1970
    for offset_s in (0.0, 5 * 3600.0, -3600.0):
        room.set(offset_s)
        assert room.is_fresh(), "a value is no older for it"
        assert not [
            alarm
            for alarm in room.engine.get("alarms", room.engine.panel_token)
            if alarm["active"] and alarm["rule"] != "recording_failed"
        ]
    assert room.engine.get("health")["clock"]["was_set"] is True
    until(lambda: min(room.samples()).year > 1970, "the samples at their right time")
    room.engine.kill()
    room.engine.start()
    until(room.is_fresh, "the values after the restart")
    room.engine.kill()

    now = datetime.now(UTC)
    assert room.samples() == sorted(room.samples())
    assert abs(room.samples()[0] - now) < timedelta(hours=6)
    with closing(open_for_reading(room.engine.state)) as database:
        corrections = Corrections(clock_rows(database))
    with HistoryReader(room.engine.state) as reader:
        events = reader.events(limit=10_000)[::-1]
    steps = [stored.event for stored in events if stored.event.kind is EventKind.CLOCK_STEPPED]
    assert len(steps) == 3
    first = events[0]
    assert first.event.at.year == 1970
    for stored in events:
        right = corrections.corrected_at(stored) or stored.event.at
        # The clock was left an hour late.
        assert abs(right - now + timedelta(hours=1)) < timedelta(minutes=5), stored
