"""The routes of recorded discharges: the real server over a real history."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest

from bacs_core.api.discharge_messages import (
    Comparison,
    Discharge,
    DischargeAnalysis,
    DischargeFigures,
    DischargeKind,
    Discharges,
    Replay,
)
from bacs_core.errors import REFUSED_EXIT_CODE
from bacs_core.history.database import open_database
from bacs_core.history.discharges import retelling, retelling_command
from bacs_core.history.discharges.capacities import Start
from bacs_core.history.discharges.describing import battery_of
from bacs_core.history.discharges.rows import Entry
from bacs_core.history.events import Event, EventKind
from bacs_core.history.maintenance import Maintenance
from bacs_core.history.reader import HistoryReader
from bacs_core.history.store import History
from bacs_core.model import MaintenanceWork, Quantity
from tests.core.api.conftest import Engine
from tests.core.history.discharges.plants import STRING, Run, discharge_of
from tests.core.history.plant import snapshot, steady, string, string_snapshot

BASE = "/api/v1/history/discharges"
LATER = timedelta(days=30)
STEADY = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
SMALL = string(cell_count=4)


@cache
def discharged(worse: float) -> Run:
    run = Run()
    run.plant.defects.weaken(3, worse)
    run.live(60)
    run.discharge(20.0, 1.5 * 3600, 30.0)
    run.recharge()
    return run


def entry(run: Run, later: timedelta = timedelta(0), *, ends: bool = True) -> Entry:
    fold = run.fold()
    told = discharge_of(fold, run.start)
    moved: dict[str, Any] = {"id": 0, "started_at": told.started_at + later}
    moved["ended_at"] = told.ended_at + later if ends and told.ended_at else None
    told = told.model_copy(update=moved)
    analysis = run.analysis(fold=fold).model_copy(update={"discharge": told})
    return Entry(told, run.start, analysis if ends else None, fold.recording.frames)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with closing(History(tmp_path)) as opened:
        yield opened


@pytest.fixture
def numbers(history: History) -> tuple[int, int]:
    """Two discharges of one string, a month apart; cell 4 lost capacity between them."""
    first = history.keep_discharge(entry(discharged(1.0)))
    second = history.keep_discharge(entry(discharged(0.75), LATER))
    return first, second


async def get(engine: Engine, path: str, status: int = 200, **query: str | int) -> Any:
    headers = {"Authorization": "Bearer viewer"}
    url = f"{engine.url}{BASE}{path}"
    async with aiohttp.ClientSession() as session:
        asked = session.get(url, params=query, headers=headers)
        async with asked as answer:
            assert answer.status == status, await answer.text()
            return await answer.json()


async def test_the_list_has_the_newest_first_and_can_be_narrowed(
    engine: Engine, numbers: tuple[int, int]
) -> None:
    first, second = numbers
    listed = Discharges.model_validate(await get(engine, "")).discharges
    assert [one.id for one in listed] == [second, first]
    assert listed[0].figures.given_ah == pytest.approx(30.0, rel=0.02)
    start = listed[0].started_at
    queries: list[tuple[dict[str, str], list[int]]] = [
        ({"string": STRING.key}, [second, first]),
        ({"string": "room/9"}, []),
        ({"from": (start - timedelta(days=1)).isoformat()}, [second]),
        ({"to": (start - timedelta(days=1)).isoformat()}, [first]),
        # It had begun before and ended within.
        ({"from": (start + timedelta(minutes=5)).isoformat()}, [second]),
    ]
    for query, expected in queries:
        told = Discharges.model_validate(await get(engine, "", 200, **query))
        assert [one.id for one in told.discharges] == expected, query


async def test_one_that_runs_has_no_end_and_is_in_every_range_after_its_beginning(
    engine: Engine, history: History
) -> None:
    number = history.keep_discharge(entry(discharged(1.0), ends=False))
    far = datetime(2030, 1, 1, tzinfo=UTC).isoformat()
    (told,) = Discharges.model_validate(await get(engine, "", 200, **{"from": far})).discharges
    assert (told.id, told.ended_at) == (number, None)


async def test_the_analysis_is_that_which_was_made_at_the_end(
    engine: Engine, numbers: tuple[int, int]
) -> None:
    told = DischargeAnalysis.model_validate(await get(engine, f"/{numbers[1]}"))
    expected = entry(discharged(0.75), LATER).analysis
    assert expected is not None
    assert told.cells == expected.cells
    assert told.faults == expected.faults
    assert told.discharge.id == numbers[1]
    assert [found.cell for found in told.faults] == [4]


async def test_a_replay_has_about_as_many_frames_as_were_asked_for(
    engine: Engine, numbers: tuple[int, int]
) -> None:
    whole = discharged(1.0).fold().recording.frames
    replay = Replay.model_validate(await get(engine, f"/{numbers[0]}/replay", points=20))
    assert 20 <= len(replay.at) <= 22
    assert (replay.at[0], replay.at[-1]) == (whole.at[0], whole.at[-1])
    assert replay.voltage_v[-1] == pytest.approx(whole.voltage_v[-1].tolist())
    assert {len(frame) for frame in replay.voltage_v} == {12}
    assert replay.given_ah[-1] == pytest.approx(30.0, rel=0.02)
    assert replay.current_a[5] == pytest.approx(-20.0, rel=0.02)


async def test_of_one_that_runs_the_samples_are_read_anew(engine: Engine, history: History) -> None:
    """In a program of its own, out of what was measured."""
    at = STEADY - timedelta(seconds=60)
    for place in range(30):
        at += timedelta(seconds=10)
        columns = steady(4)
        if at >= STEADY:
            columns[Quantity.VOLTAGE] = np.full(4, 1.99 - place * 1e-3)
        scalars = {"current_a": -90.0, "sum_voltage_v": float(columns[Quantity.VOLTAGE].sum())}
        history.record_sample(snapshot(at, string_snapshot(SMALL, columns, at, **scalars)))
    told = Discharge(
        id=0,
        battery=battery_of(SMALL),
        kind=DischargeKind.DISCHARGE,
        started_at=STEADY,
        figures=DischargeFigures(until=at),
    )
    number = history.keep_discharge(Entry(told, Start.unknown(4)))
    analysis = DischargeAnalysis.model_validate(await get(engine, f"/{number}"))
    lasted_h = (at - STEADY).total_seconds() / 3600
    assert not analysis.final
    assert analysis.discharge.figures.given_ah == pytest.approx(90.0 * lasted_h, rel=1e-3)
    assert analysis.cells.lowest_v == pytest.approx([1.961] * 4)
    with HistoryReader(history.state_dir) as reader:
        assert retelling.kept_replay(reader, number, 5) is None
        replay = retelling.replay_of(reader, number, 5)
    assert len(replay.at) == 5
    # In the last sample some cells may have been read after the load was gone.
    assert replay.at[-1] == round((at - timedelta(seconds=10)).timestamp() * 1000)


def test_what_the_program_refuses_is_told_with_its_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_database(tmp_path).close()
    exit_code = retelling_command.main([str(tmp_path), "compare", "77", "78"])
    assert exit_code == REFUSED_EXIT_CODE
    assert capsys.readouterr().err == "unknown_discharge\tthere is no discharge 77\n"


async def test_two_are_compared_the_earlier_one_first_with_the_cells_exchanged_between(
    engine: Engine, history: History, numbers: tuple[int, int]
) -> None:
    first, second = numbers
    between = discharged(1.0).started + timedelta(days=3).total_seconds()
    for cell, work in ((7, MaintenanceWork.CELL_REPLACED), (8, MaintenanceWork.CLEANED)):
        history.record_event(
            Event(
                datetime.fromtimestamp(between, UTC),
                EventKind.MAINTENANCE,
                "done",
                string_key=STRING.key,
                cell=cell,
                maintenance=Maintenance(work),
            )
        )
    query = {"first": second, "second": first}
    told = Comparison.model_validate(await get(engine, "/compare", **query))
    assert (told.first.id, told.second.id) == (first, second)
    assert told.changed == [4]
    assert [one.cell for one in told.replaced] == [7]


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        ("/77", {}, 404, "unknown_discharge"),
        ("/77/replay", {}, 404, "unknown_discharge"),
        ("/compare", {"first": 77, "second": 78}, 404, "unknown_discharge"),
        ("/0", {}, 422, "invalid"),
        ("/x", {}, 422, "invalid"),
        ("/99999999999999999999", {}, 422, "invalid"),
        ("/1/replay", {"points": 1}, 422, "invalid"),
        ("/1/replay", {"points": 99999}, 422, "invalid"),
        ("/compare", {"first": 1}, 422, "invalid"),
        ("", {"from": "2026-11-21T00:00:00"}, 422, "invalid"),
        ("", {"from": "2026-11-21T00:00:00Z", "to": "2026-11-20T00:00:00Z"}, 422, "invalid"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_a_reason(
    engine: Engine,
    numbers: tuple[int, int],
    path: str,
    query: dict[str, Any],
    status: int,
    code: str,
) -> None:
    told = await get(engine, path, status, **query)
    assert told["code"] == code
    assert told["reason"]


async def test_without_a_token_nothing_is_told(engine: Engine, numbers: tuple[int, int]) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{engine.url}{BASE}") as answer:
        assert answer.status == 401


async def test_before_there_is_a_history_the_answer_says_so(engine: Engine) -> None:
    told = await get(engine, "", 503)
    assert told["code"] == "history_unreadable"


def test_a_row_is_written_once_however_often_it_is_given(history: History) -> None:
    began = Event(datetime.now(UTC), EventKind.DISCHARGE_BEGAN, "began")
    ended = Event(datetime.now(UTC), EventKind.DISCHARGE_ENDED, "ended")
    running = entry(discharged(1.0), ends=False)
    once = Entry(running.discharge, running.start, began=began)
    assert history.keep_discharge(once) == history.keep_discharge(once)
    over = entry(discharged(1.0))
    for _ in range(2):
        history.keep_discharge(
            Entry(over.discharge, over.start, over.analysis, over.frames, began, ended)
        )
    told = [stored.event.text for stored in history.events()]
    assert told == ["ended", "began"]


def test_the_oldest_dips_make_room_and_longer_discharges_stay(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bacs_core.history.discharges.rows.MOST_DIPS", 3)
    history.keep_discharge(entry(discharged(1.0)))
    run = entry(discharged(1.0))
    for day in range(1, 7):
        later = timedelta(days=day)
        dip = run.discharge.model_copy(
            update={
                "kind": DischargeKind.DIP,
                "started_at": run.discharge.started_at + later,
                "ended_at": run.discharge.started_at + later + timedelta(seconds=5),
            }
        )
        history.keep_discharge(Entry(dip, run.start))
    kept = [one.kind for one in _listed(history)]
    assert kept.count(DischargeKind.DIP) <= 4
    assert kept[-1] is DischargeKind.DISCHARGE


def _listed(history: History) -> tuple[Discharge, ...]:
    with HistoryReader(history.state_dir) as reader:
        return reader.discharges()
