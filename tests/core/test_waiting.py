"""Events that wait for months stay in order, and what matters least goes first, counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies

from bacs_core.history.batches import Entry
from bacs_core.history.clock_rows import ClockRow
from bacs_core.history.events import Event, EventKind
from bacs_core.waiting import Waiting

START = datetime(2026, 1, 1, tzinfo=UTC)


def event(number: int, kind: EventKind = EventKind.LINE_LOST) -> Event:
    return Event(START + timedelta(seconds=number), kind, str(number))


def texts(waiting: Waiting) -> list[str]:
    """What is left, without what tells of losses."""
    entries = waiting.take(1_000_000)
    return [
        entry.text
        for entry in entries
        if isinstance(entry, Event) and entry.kind is not EventKind.HISTORY_GAP
    ]


def test_entries_come_out_in_the_order_in_which_they_went_in() -> None:
    waiting = Waiting()
    row = ClockRow(START, "boot", 1.0, synchronised=None)
    wanted: list[Entry] = [
        event(0),
        event(1, EventKind.PROTECTION),
        row,
        event(2, EventKind.ALARM_RAISED),
    ]
    for entry in wanted:
        waiting.put(entry)
    assert [*waiting.take(2), *waiting.take(9)] == wanted
    assert len(waiting) == 0


def test_a_trip_outlasts_any_number_of_other_events() -> None:
    waiting = Waiting(most=50)
    waiting.put(event(0, EventKind.PROTECTION))
    for number in range(1, 100_000):
        kind = EventKind.ALARM_RAISED if number % 2 else EventKind.COMMAND
        waiting.put(event(number, kind))
    assert len(waiting) == 51
    assert texts(waiting)[0] == "0"


def test_what_matters_least_goes_first_and_the_oldest_of_it() -> None:
    waiting = Waiting(most=4)
    for number, kind in enumerate(
        (
            EventKind.COMMAND,
            EventKind.LINE_LOST,
            EventKind.LINE_RETURNED,
            EventKind.ALARM_RAISED,
            EventKind.ALARM_CLEARED,
            EventKind.PROTECTION,
            EventKind.ALARM_ACKNOWLEDGED,
        )
    ):
        waiting.put(event(number, kind))
    assert texts(waiting) == ["0", "3", "5", "6"]


def test_what_was_lost_is_counted_by_kind_and_told_first() -> None:
    waiting = Waiting(most=2)
    for number in range(7):
        waiting.put(event(number, EventKind.LINE_LOST if number % 3 else EventKind.ALARM_CLEARED))
    gap, *_ = waiting.take(10)
    assert isinstance(gap, Event)
    assert gap.kind is EventKind.HISTORY_GAP
    assert gap.data["kinds"] == {"line_lost": 4, "alarm_cleared": 1}
    assert gap.text.startswith("5 events from 2026-01-01 00:00:00 to 2026-01-01 00:00:05 UTC")
    assert waiting.take(10) == ()


@given(strategies.lists(strategies.sampled_from(list(EventKind)), max_size=60))
def test_nothing_vanishes_uncounted(kinds: list[EventKind]) -> None:
    waiting, lost, left = Waiting(most=8), 0, 0
    for number, kind in enumerate(kinds):
        waiting.put(event(number, kind))
        assert len(waiting) <= 9
    for entry in waiting.take(1000):
        assert isinstance(entry, Event)
        if "kinds" in entry.data:
            count = entry.data["events"]
            assert isinstance(count, int)
            lost += count
        else:
            left += 1
    assert lost + left == len(kinds)
