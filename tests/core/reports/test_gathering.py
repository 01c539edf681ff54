from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from bacs_core.history.clock_rows import ClockRow, insert_clock_row
from bacs_core.history.database import open_database, transaction
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import Event, EventKind, Json, insert_event
from bacs_core.history.measured import Tier
from bacs_core.history.reader import HistoryReader
from bacs_core.history.store import History
from bacs_core.model import AlarmSeverity, Quantity
from bacs_core.reports import gathering
from bacs_core.reports.content import Content, Request, Source, Span
from bacs_core.reports.errors import UnknownStringError
from bacs_core.reports.gathering import gather
from bacs_core.reports.hours import HourReader
from bacs_core.reports.records import LEARNED_MEMORY
from tests.core.history.plant import START, snapshot, steady, string, string_snapshot

KEY: Final = "ups-a/1"
CELLS: Final = 4
STEP: Final = timedelta(minutes=5)
HOURS: Final = 30
END: Final = START + timedelta(hours=HOURS)
GAP: Final = (START + timedelta(hours=10), START + timedelta(hours=13))
MILLIVOLT: Final = 0.001


def voltage_at(at: datetime) -> float:
    """Voltage of cell 1: a slow wave, so that every hour has another mean."""
    return 2.25 + 0.02 * float(np.sin((at - START) / timedelta(hours=4)))


def recorded(folder: Path) -> None:
    """Record two strings for a day and more, with a gap of three hours, and some events."""
    strings = (string(1, CELLS), string(2, CELLS))
    with closing(History(folder, clock=END.timestamp)) as history:
        for place in range(round(timedelta(hours=HOURS) / STEP)):
            at = START + place * STEP
            if GAP[0] <= at < GAP[1]:
                continue
            columns = steady(CELLS)
            columns[Quantity.VOLTAGE] = np.round(voltage_at(at) + 0.001 * np.arange(CELLS), 3)
            parts = [string_snapshot(each, columns, at, current_a=-0.5) for each in strings]
            history.record_sample(snapshot(at, *parts, sequence=place))
        for event in (
            alarm("ups-a/1", None, START - timedelta(days=2)),
            alarm("ups-a/1", None, START - timedelta(days=40)),
            alarm("ups-a/1", 3, START + timedelta(hours=2)),
            alarm("ups-a/2", 1, START + timedelta(hours=3)),
            Event(START + timedelta(hours=4), EventKind.MANAGER_LOST, "", manager_id="ups-a"),
        ):
            history.record_event(event)
        history.remember(LEARNED_MEMORY, learnt(), by="engine", at=END)


def learnt() -> Json:
    part: Json = {
        "learnt": [0.5e-3, None, 0.5e-3, 0.5e-3],
        "present": [0.5e-3] * CELLS,
        "learnt_c": [20.0] * CELLS,
        "samples": [24, 0, 24, 24],
    }
    return {"estimation": {KEY: {"cells": CELLS, "at": END.timestamp(), "resistance": part}}}


def alarm(key: str, cell: int | None, at: datetime) -> Event:
    return Event(
        at,
        EventKind.ALARM_RAISED,
        "raised: voltage low",
        manager_id="ups-a",
        string_key=key,
        cell=cell,
        severity=AlarmSeverity.WARNING,
        rule="cell_voltage_low",
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("history")
    recorded(path)
    return path


def asked(folder: Path, key: str = KEY, end: datetime = END) -> Request:
    return Request(
        state_dir=folder,
        string_key=key,
        language="en",
        start=end - timedelta(days=30),
        end=end,
        now=end,
    )


@pytest.fixture(scope="module")
def content(folder: Path) -> Content:
    return gather(asked(folder))


def test_without_a_site_file_the_last_sample_is_told_as_it_is(content: Content) -> None:
    standing = content.standing
    assert standing is not None
    assert standing.source is Source.SAMPLE
    assert standing.at == END - STEP
    assert standing.readings[Quantity.VOLTAGE].values[0] == pytest.approx(
        voltage_at(END - STEP), abs=MILLIVOLT
    )
    assert standing.concluded is None
    assert (content.identity.string, content.identity.cell_count) == (None, CELLS)


def test_trends_show_the_mean_of_every_bucket_and_the_gap(content: Content) -> None:
    for trend in content.trends:
        width = (trend.end - trend.start) / len(trend.at)
        for at, middle, lowest in zip(
            trend.at, trend.voltage_v.middle, trend.voltage_v.lowest, strict=True
        ):
            moments = [
                START + place * STEP
                for place in range(round(timedelta(hours=HOURS) / STEP))
                if abs(START + place * STEP - at) <= width / 2
                and not GAP[0] <= START + place * STEP < GAP[1]
            ]
            if len(moments) < 3:
                continue
            mean = float(np.mean([voltage_at(moment) for moment in moments]))
            assert lowest == pytest.approx(mean, abs=2 * MILLIVOLT)
            assert middle == pytest.approx(mean + 1.5 * MILLIVOLT, abs=2 * MILLIVOLT)
    day = content.trends[0]
    empty = [at for at, value in zip(day.at, day.voltage_v.middle, strict=True) if value is None]
    assert day.span is Span.DAY
    assert timedelta(hours=2.5) <= max(empty) - min(empty) <= GAP[1] - GAP[0]


def test_a_trend_of_resistance_is_against_the_own_baseline_of_each_cell(content: Content) -> None:
    day = content.trends[0].resistance_rise_percent
    ohm = [steady(CELLS)[Quantity.RESISTANCE][cell] for cell in (0, 2, 3)]
    assert day.lowest[-1] == pytest.approx(100 * (min(ohm) / 0.5e-3 - 1), abs=0.2)
    assert day.highest[-1] == pytest.approx(100 * (max(ohm) / 0.5e-3 - 1), abs=0.2)


def test_whole_hours_of_all_cells_are_those_of_each_cell_alone(folder: Path) -> None:
    first, last = (round(at.timestamp() * 1000) for at in (START, END))
    with HourReader(folder) as hours, HistoryReader(folder) as reader:
        pieces = list(hours.hours(KEY, (Quantity.VOLTAGE,), ("current_a",), first, last))
        assert pieces, "no hour was brought together yet"
        for piece in pieces:
            for at, row, current in zip(
                piece.at, piece.columns[Quantity.VOLTAGE], piece.scalars["current_a"], strict=True
            ):
                begin = datetime.fromtimestamp(at / 1000, UTC) - timedelta(minutes=30)
                for cell in (1, CELLS):
                    one = reader.series(
                        KEY, cell, Quantity.VOLTAGE, begin, begin + timedelta(hours=1), 1
                    )
                    assert one.tier is Tier.HOUR
                    assert row[cell - 1] == pytest.approx(one.mean[0], abs=MILLIVOLT)
                assert current == pytest.approx(-0.5)


def test_only_events_of_the_string_and_its_manager_in_the_time_are_told(content: Content) -> None:
    assert [(event.kind, event.cell) for event in content.events] == [
        (EventKind.MANAGER_LOST, None),
        (EventKind.ALARM_RAISED, 3),
        (EventKind.ALARM_RAISED, None),
    ]
    assert content.events[1].rule == "cell_voltage_low"


def test_an_event_of_a_clock_that_nobody_had_set_is_told_at_its_true_time(tmp_path: Path) -> None:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    step_s = (START - epoch).total_seconds()
    with closing(History(tmp_path, clock=END.timestamp)) as history:
        history.record_sample(
            snapshot(START, string_snapshot(string(1, CELLS), steady(CELLS), START))
        )
    with closing(open_database(tmp_path)) as database, transaction(database):
        insert_clock_row(database, ClockRow(epoch, "boot", 20.0, synchronised=False))
        insert_event(database, alarm(KEY, 1, epoch))
        insert_clock_row(database, ClockRow(START, "boot", 20.0, synchronised=False, step_s=step_s))
    told = gather(asked(tmp_path))
    ((event),) = told.events
    assert (event.at, event.corrected_at) == (epoch, START)
    assert told.quality.synchronised is False
    assert told.quality.synchronised_since == START
    assert told.quality.steps == ((START, step_s),)


def test_events_beyond_the_most_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "MOST_EVENTS", 5)
    with closing(History(tmp_path, clock=END.timestamp)) as history:
        history.record_sample(
            snapshot(START, string_snapshot(string(1, CELLS), steady(CELLS), START))
        )
        for number in range(8):
            history.record_event(alarm(KEY, 1, START + timedelta(seconds=number)))
    told = gather(asked(tmp_path))
    assert (len(told.events), told.events_left_out) == (5, 3)
    assert told.events[0].at > told.events[-1].at


def test_the_gap_and_the_share_of_recorded_time_are_told(content: Content) -> None:
    quality = content.quality
    assert quality.first_sample == START
    assert quality.recorded_share == pytest.approx((HOURS - 3) / HOURS, abs=0.02)
    ((begin, end),) = quality.gaps
    assert abs(begin - GAP[0]) <= timedelta(minutes=15)
    assert abs(end - GAP[1]) <= timedelta(minutes=15)
    assert quality.synchronised is None


def test_a_string_that_nobody_knows_is_refused_with_those_that_are_there(folder: Path) -> None:
    with pytest.raises(UnknownStringError, match="ups-a/1, ups-a/2"):
        gather(asked(folder, "ups-a/3"))


def test_without_a_history_the_report_says_so(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="no history"):
        gather(asked(tmp_path))


def test_before_the_first_sample_no_present_is_made_up(folder: Path) -> None:
    with pytest.raises(UnknownStringError, match="no measurement"):
        gather(asked(folder, end=START - timedelta(days=1)))
