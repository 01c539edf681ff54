"""The history over the API: the real server, a real store, and the client that panel and HA use."""

from __future__ import annotations

import asyncio
import csv
import io
import math
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from arro3.core import DataType, RecordBatch
from arro3.io import read_parquet
from hypothesis import HealthCheck, example, given, settings, strategies as st
from pydantic import ValidationError

from bacs_core.api import history_routes
from bacs_core.api.client import (
    CommandRefusedError,
    EngineClient,
    EngineUnreachableError,
    NotAuthorizedError,
)
from bacs_core.api.history_access import HistoryAccess
from bacs_core.api.history_client import HistoryClient
from bacs_core.api.history_messages import EventQuery, SamplesFormat, SeriesMessage
from bacs_core.history.clock_rows import ClockRow, insert_clock_row
from bacs_core.history.database import open_database, transaction
from bacs_core.history.events import Event, EventKind, insert_event
from bacs_core.history.maintenance import Baseline, Maintenance, Measured
from bacs_core.history.reader import HistoryReader
from bacs_core.history.store import History
from bacs_core.model import AlarmSeverity, MaintenanceWork, Quantity
from tests.core.api.conftest import Engine
from tests.core.history.plant import Columns, snapshot, string, string_snapshot

START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
STEP = timedelta(seconds=10)
KEY = "ups/1"
CELLS = 3
SAMPLES = 60
END = START + SAMPLES * STEP
#: Nothing was read of cell 3 in these.
GAP = range(20, 30)


def columns_at(index: int) -> Columns:
    voltage = np.array([2.250, 2.260, 2.270]) + 0.001 * (index % 7)
    if index in GAP:
        voltage[2] = np.nan
    return {
        Quantity.VOLTAGE: voltage,
        Quantity.TEMPERATURE: np.full(CELLS, 24.5),
        Quantity.DUTY: np.full(CELLS, 12.5),
    }


@pytest.fixture
def recorded(engine: Engine, tmp_path: Path) -> HistoryClient:
    """Ten minutes of the string of the site, and of one that the site had once."""
    with closing(History(tmp_path, clock=START.timestamp)) as history:
        for index in range(SAMPLES):
            at = START + index * STEP
            parts = (
                string_snapshot(string(1, CELLS, "ups"), columns_at(index), at),
                string_snapshot(string(7, CELLS, "gone"), columns_at(0), at),
            )
            history.record_sample(snapshot(at, *parts, sequence=index))
    return HistoryClient(engine.client())


@pytest.fixture
def client(engine: Engine, tmp_path: Path) -> HistoryClient:
    open_database(tmp_path).close()
    return HistoryClient(engine.client())


def write(folder: Path, *events: Event) -> list[int]:
    with closing(open_database(folder)) as database, transaction(database):
        return [insert_event(database, event) for event in events]


def voltages(cell: int) -> list[float]:
    values = [columns_at(index)[Quantity.VOLTAGE][cell - 1] for index in range(SAMPLES)]
    return [round(float(value), 3) for value in values]


# Series


async def test_a_series_tells_minimum_mean_and_maximum_of_each_bucket(
    recorded: HistoryClient,
) -> None:
    series = await recorded.series(KEY, 2, Quantity.VOLTAGE, START, END, 10)
    assert len(series.at) == 10
    assert series.at[0] == START.timestamp() * 1000
    assert series.width_s == 60.0
    per_bucket = np.array(voltages(2)).reshape(10, 6)
    assert series.minimum == pytest.approx(per_bucket.min(axis=1).tolist())
    assert series.maximum == pytest.approx(per_bucket.max(axis=1).tolist())
    assert series.mean == pytest.approx(per_bucket.mean(axis=1).tolist(), abs=0.0005)
    assert series.count == [6] * 10


async def test_where_nothing_was_measured_a_bucket_is_empty(recorded: HistoryClient) -> None:
    series = await recorded.series(KEY, 3, Quantity.VOLTAGE, START, END, 6)
    assert series.count == [10, 10, 0, 10, 10, 10]
    assert (series.minimum[2], series.mean[2], series.maximum[2]) == (None, None, None)


async def test_a_value_of_the_whole_string_needs_no_cell(recorded: HistoryClient) -> None:
    series = await recorded.series(KEY, None, "current_a", START, END, 1)
    assert (series.minimum, series.maximum, series.count) == ([-1.234], [-1.234], [SAMPLES])


async def test_a_string_that_the_site_had_once_is_still_told(recorded: HistoryClient) -> None:
    series = await recorded.series("gone/7", 1, Quantity.VOLTAGE, START, END, 1)
    assert series.count == [SAMPLES]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    start_s=st.integers(-300, 700),
    length_s=st.integers(1, 1500),
    points=st.integers(1, 50),
    cell=st.integers(1, CELLS),
)
@example(start_s=-59, length_s=649, points=24, cell=1)  # widths that microseconds do not divide
def test_counts_add_up_and_means_lie_between_the_extremes(
    store: HistoryAccess, start_s: int, length_s: int, points: int, cell: int
) -> None:
    start = START + timedelta(seconds=start_s)
    end = start + timedelta(seconds=length_s)
    with HistoryReader(store.state_dir) as reader:
        found = reader.series(KEY, cell, Quantity.VOLTAGE, start, end, points)
    series = SeriesMessage.model_validate_json(history_routes._series(found))
    assert len(series.at) <= points
    # A bucket is never shorter than a little more than the time between two samples.
    shown_until = start + timedelta(seconds=len(series.at) * series.width_s)
    inside = [
        index
        for index in range(SAMPLES)
        if start <= START + index * STEP < shown_until and not (cell == 3 and index in GAP)
    ]
    assert sum(series.count) == len(inside)
    for low, mean, high in zip(series.minimum, series.mean, series.maximum, strict=True):
        assert (low is None) is (mean is None) is (high is None)
        assert low is None or low - 1e-9 <= mean <= high + 1e-9  # type: ignore[operator]


@pytest.fixture
def store(recorded: HistoryClient, tmp_path: Path) -> HistoryAccess:
    return HistoryAccess(tmp_path)


# What is refused


SERIES_REFUSALS = [
    ({"points": "0"}, "invalid", "points"),
    ({"points": "10001"}, "invalid", "points"),
    ({"cell": "0"}, "invalid", "cell"),
    ({"from": END.isoformat()}, "invalid", "before"),
    ({"from": "2026-11-21T08:00:00"}, "invalid", "timezone"),
    ({"from": "yesterday"}, "invalid", "from"),
    ({"from": "0001-01-01T00:00:00Z"}, "invalid", "between 1970"),
    ({"to": "9999-12-31T23:59:59-12:00"}, "invalid", "between 1970"),
    ({"string": "ups/9"}, "unknown_string", "ups/9"),
    ({"string": ""}, "unknown_string", "no string"),
    ({"cell": "4"}, "unknown_cell", "3 cells"),
    ({"name": "voltage"}, "unknown_name", "voltage_v"),
    ({"name": "current_a"}, "unknown_name", "a cell has no value"),
    ({"name": "equalization"}, "unknown_name", "a cell has no value"),
]


async def test_a_question_that_cannot_be_answered_says_why(
    engine: Engine, recorded: HistoryClient
) -> None:
    good = {
        "string": KEY,
        "cell": "1",
        "name": "voltage_v",
        "from": START.isoformat(),
        "to": END.isoformat(),
    }
    for wrong, code, reason in SERIES_REFUSALS:
        with pytest.raises(CommandRefusedError, match=reason) as refused:
            await engine.client().read("history/series", {**good, **wrong})
        assert refused.value.code == code, wrong


async def test_before_anything_was_recorded_the_extent_is_empty_and_values_are_refused(
    client: HistoryClient,
) -> None:
    extent = await client.extent()
    assert (extent.first, extent.last) == (None, None)
    with pytest.raises(CommandRefusedError, match="nothing has been recorded yet") as refused:
        await client.series(KEY, 1, Quantity.VOLTAGE, START, END)
    assert refused.value.code == "no_history"
    with pytest.raises(CommandRefusedError, match="nothing was recorded up to 2026-11-21 08:00:00"):
        await client.sample(START)
    assert (await client.events()).events == []
    assert await client.maintenance() == []


async def test_without_a_store_the_history_is_unreadable_for_now(engine: Engine) -> None:
    with pytest.raises(EngineUnreachableError, match="there is no history"):
        await HistoryClient(engine.client()).extent()


async def test_who_is_told_to_wait_is_told_for_how_long(
    engine: Engine, client: HistoryClient
) -> None:
    kept: HistoryAccess = engine.server._app.state.history
    access = engine.server._app.state.history = HistoryAccess(kept.state_dir, patience_s=0.0)
    headers = {"Authorization": "Bearer viewer"}
    address = f"{engine.url}/api/v1/history/extent"
    async with (
        access._short.turn(),
        access._short.turn(),
        engine.session.get(address, headers=headers) as told,
    ):
        body = await told.json()
    assert (told.status, body["code"]) == (503, "busy")
    assert int(told.headers["Retry-After"]) > 0


async def test_each_route_needs_a_token(engine: Engine, client: HistoryClient) -> None:
    stranger = HistoryClient(engine.client(None))
    for asked in (
        stranger.extent(),
        stranger.series(KEY, 1, Quantity.VOLTAGE, START, END),
        stranger.sample(),
        stranger.events(),
        stranger.maintenance(),
    ):
        with pytest.raises(NotAuthorizedError):
            await asked
    with pytest.raises(NotAuthorizedError):
        async with stranger.samples(KEY, START, END):
            pass


async def test_the_published_document_describes_the_routes(engine: Engine) -> None:
    async with engine.session.get(f"{engine.url}/api/v1/openapi.json") as response:
        document = await response.json()
    for name in ("extent", "series", "sample", "events", "maintenance", "samples"):
        assert "get" in document["paths"][f"/api/v1/history/{name}"], name
    asked = {
        part["name"] for part in document["paths"]["/api/v1/history/events"]["get"]["parameters"]
    }
    assert {"from", "to", "string", "severity", "kind", "before"} <= asked
    assert "SeriesMessage" in document["components"]["schemas"]


class Noting(EngineClient):
    """Notes what is asked for, and gets no answer."""

    asked: ClassVar[set[str]] = set()

    async def read(self, path: str, query: Any, **options: Any) -> bytes:
        self.asked.add(path)
        raise EngineUnreachableError("nobody is there")

    def download(self, path: str, query: Any, **options: Any) -> Any:
        self.asked.add(path)
        raise EngineUnreachableError("nobody is there")


async def test_the_client_has_a_method_for_each_route(engine: Engine) -> None:
    async with engine.session.get(f"{engine.url}/api/v1/openapi.json") as response:
        document = await response.json()
    routes = {
        path.removeprefix("/api/v1/").replace("{number}", "1").replace("{string_key}", KEY)
        for path in document["paths"]
        if "/history/" in path or path.endswith("/stick")
    }
    client = HistoryClient(Noting(engine.session, engine.url, "viewer"))
    asking = [
        client.extent(),
        client.series(KEY, 1, Quantity.VOLTAGE, START, END),
        client.sample(),
        client.events(),
        client.maintenance(),
        client.discharges(),
        client.discharge(1),
        client.replay(1),
        client.compare(1, 2),
        client.report(KEY),
        client.stick(),
    ]
    for one in asking:
        with pytest.raises(EngineUnreachableError):
            await one
    for download in (client.samples(KEY, START, END), client.export(), client.backup()):
        with pytest.raises(EngineUnreachableError):
            await download.__aenter__()
    assert Noting.asked == routes


# Extent and sample


async def test_the_extent_tells_the_first_and_the_last_sample(recorded: HistoryClient) -> None:
    extent = await recorded.extent()
    assert (extent.first, extent.last) == (START, END - STEP)
    finest = extent.tiers[0]
    assert (finest.tier, finest.first, finest.last) == ("full", START, END - STEP)
    assert 0 < finest.bytes < extent.budget_bytes


async def test_a_sample_is_the_newest_that_is_not_newer(recorded: HistoryClient) -> None:
    sample = await recorded.sample(START + timedelta(seconds=205), KEY)
    assert sample.at == START + timedelta(seconds=200)
    (told,) = sample.strings
    assert told.columns["voltage_v"] == [2.256, 2.266, None]
    assert told.columns["duty_percent"] == [12.5] * CELLS
    assert told.status == [0] * CELLS
    assert told.scalars["current_a"] == -1.234
    assert told.inhibited_by == ["discharge", "manual_stop"]


async def test_a_sample_without_a_string_tells_all_of_them(recorded: HistoryClient) -> None:
    sample = await recorded.sample()
    assert [told.key for told in sample.strings] == [KEY, "gone/7"]
    with pytest.raises(CommandRefusedError, match="there is no string ups/9"):
        await recorded.sample(None, "ups/9")


# Events and maintenance


def event(number: int, severity: AlarmSeverity | None = None) -> Event:
    return Event(
        START + timedelta(minutes=number),
        EventKind.COMMAND if severity is None else EventKind.ALARM_RAISED,
        f"event {number}",
        by="miller",
        manager_id="ups",
        string_key=KEY if number % 2 else "ups/2",
        cell=number if number % 3 else None,
        severity=severity,
        rule=None if severity is None else "voltage_high",
    )


async def test_a_listing_goes_on_page_by_page_without_a_gap(
    client: HistoryClient, tmp_path: Path
) -> None:
    numbers = write(tmp_path, *(event(number) for number in range(1, 12)))
    pages: list[Sequence[int]] = []
    before: int | None = None
    while not pages or before is not None:
        page = await client.events(EventQuery(limit=5, before=before))
        pages.append([told.id for told in page.events])
        before = page.next_before
    assert [len(page) for page in pages] == [5, 5, 1]
    assert [number for page in pages for number in page] == numbers[::-1]
    assert [told.id async for told in client.all_events(EventQuery(limit=4))] == numbers[::-1]


async def test_events_are_found_by_time_place_and_severity(
    client: HistoryClient, tmp_path: Path
) -> None:
    write(
        tmp_path,
        event(1),
        event(2, AlarmSeverity.WARNING),
        event(3, AlarmSeverity.ALARM),
        event(5, AlarmSeverity.WARNING),
    )

    async def found(wanted: EventQuery) -> list[str]:
        return [told.text.removeprefix("event ") for told in (await client.events(wanted)).events]

    assert await found(EventQuery(start=START + timedelta(minutes=2))) == ["5", "3", "2"]
    assert await found(EventQuery(end=START + timedelta(minutes=2))) == ["1"]
    assert await found(EventQuery(severity=AlarmSeverity.WARNING)) == ["5", "3", "2"]
    assert await found(EventQuery(severity=AlarmSeverity.ALARM)) == ["3"]
    assert await found(EventQuery(string=KEY)) == ["5", "3", "1"]
    assert await found(EventQuery(string=KEY, cell=5)) == ["5"]
    assert await found(EventQuery(manager="ups-b")) == []
    assert await found(EventQuery(rule="voltage_high")) == ["5", "3", "2"]
    assert await found(EventQuery(kind=("command", "login"))) == ["1"]


async def test_an_event_tells_everything_that_was_recorded(
    client: HistoryClient, tmp_path: Path
) -> None:
    written = replace(event(5, AlarmSeverity.ALARM), data={"value": math.nan, "limit": 2.4})
    (number,) = write(tmp_path, written)
    (told,) = (await client.events()).events
    assert (told.id, told.at, told.kind) == (number, written.at, "alarm_raised")
    assert (told.by, told.manager_id, told.string_key, told.cell) == ("miller", "ups", KEY, 5)
    assert (told.severity, told.rule) == (AlarmSeverity.ALARM, "voltage_high")
    assert told.data == {"value": None, "limit": 2.4}


EVENT_REFUSALS = [
    ({"cell": "1"}, "a cell needs its string"),
    ({"kind": "teleported"}, "there are alarm_raised"),
    ({"strng": KEY}, "strng"),
    ({"limit": "0"}, "limit"),
    ({"limit": "1001"}, "limit"),
    # More than SQLite can hold.
    ({"before": "9" * 23}, "before"),
    ({"cell": "9" * 23, "string": KEY}, "cell"),
    ({"from": END.isoformat(), "to": START.isoformat()}, "before"),
]


async def test_an_event_has_its_true_time_where_the_clock_was_put_right_later(
    client: HistoryClient, tmp_path: Path
) -> None:
    before = START - timedelta(hours=1)
    with closing(open_database(tmp_path)) as database, transaction(database):
        insert_clock_row(database, ClockRow(before, "boot", 20.0, synchronised=False))
        insert_event(database, Event(before, EventKind.LINE_LOST, "early"))
        insert_clock_row(database, ClockRow(START, "boot", 20.0, synchronised=True, step_s=3600))
        insert_event(database, Event(START, EventKind.LINE_LOST, "late"))
    late, early = (await client.events(EventQuery())).events
    assert (early.at, early.corrected_at) == (before, START)
    assert (late.at, late.corrected_at) == (START, None)


async def test_a_question_about_events_that_is_a_slip_is_refused(
    engine: Engine, client: HistoryClient
) -> None:
    for wrong, reason in EVENT_REFUSALS:
        with pytest.raises(CommandRefusedError, match=reason) as refused:
            await engine.client().read("history/events", wrong)
        assert refused.value.code == "invalid", wrong
    with pytest.raises(CommandRefusedError, match="cell"):
        await engine.client().read("history/maintenance", {"string": KEY, "cell": "9" * 23})
    with pytest.raises(ValidationError):
        EventQuery(limit=0)


async def test_maintenance_is_told_with_what_was_measured(
    client: HistoryClient, tmp_path: Path
) -> None:
    baseline = Baseline({"voltage_v": Measured(2.251, 1.0)}, {"capacity_ah": 498.0})
    entry = Maintenance(MaintenanceWork.CELL_REPLACED, "leaked", baseline)
    written = Event(START, EventKind.MAINTENANCE, "", "otto", "ups", KEY, 2, maintenance=entry)
    whole = replace(written, cell=None, maintenance=Maintenance(MaintenanceWork.CLEANED))
    first, second = write(tmp_path, written, whole)
    cleaned, told = await client.maintenance(KEY, 2)
    assert (cleaned.id, cleaned.cell, cleaned.work) == (second, None, MaintenanceWork.CLEANED)
    assert (told.id, told.by, told.note, told.at) == (first, "otto", "leaked", START)
    assert told.measured["voltage_v"].value == 2.251
    assert told.given == {"capacity_ah": 498.0}
    assert len(await client.maintenance(KEY, 1)) == 1
    assert await client.maintenance("ups/2") == []


# Downloads


async def downloaded(client: HistoryClient, as_: SamplesFormat) -> bytes:
    async with client.samples(KEY, START, END, as_) as pieces:
        return b"".join([piece async for piece in pieces])


async def test_the_csv_holds_every_sample_as_it_was_measured(recorded: HistoryClient) -> None:
    text = (await downloaded(recorded, SamplesFormat.CSV)).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == SAMPLES * (CELLS + 1)
    assert rows[0]["time"] == "2026-11-21T08:00:00.000Z"
    assert (rows[0]["string"], rows[0]["cell"], rows[0]["voltage_v"]) == (KEY, "", "")
    assert (rows[0]["current_a"], rows[0]["sum_voltage_v"]) == ("-1.234", "54.123")
    assert rows[0]["inhibited_by"] == "discharge+manual_stop"
    assert rows[1]["current_a"] == ""
    for cell in range(1, CELLS + 1):
        own = [row["voltage_v"] for row in rows if row["cell"] == str(cell)]
        expected = ["" if math.isnan(value) else f"{value:.3f}" for value in voltages(cell)]
        assert own == expected


async def test_the_parquet_file_holds_the_same_with_units_and_nulls(
    recorded: HistoryClient,
) -> None:
    content = await downloaded(recorded, SamplesFormat.PARQUET)
    reader = read_parquet(io.BytesIO(content))
    schema = reader.schema
    assert schema.field("time").type == DataType.timestamp("ms", tz="UTC")
    assert schema.field("voltage_v").metadata_str["unit"] == "V"
    assert schema.field("resistance_ohm").metadata_str["unit"] == "ohm"
    batches = [RecordBatch.from_arrow(batch) for batch in reader]

    def column(name: str) -> list[object]:
        return [value for batch in batches for value in batch.column(name).to_pylist()]

    rows = list(zip(column("time"), column("cell"), column("voltage_v"), strict=True))
    assert len(rows) == SAMPLES * (CELLS + 1)
    assert rows[0] == (START, None, None)
    for cell in range(1, CELLS + 1):
        own = [voltage for _, number, voltage in rows if number == cell]
        expected = [None if math.isnan(value) else value for value in voltages(cell)]
        assert own == expected
    assert column("current_a")[:2] == [-1.234, None]
    assert column("inhibited_by")[:2] == ["discharge+manual_stop", None]
    assert set(column("string")) == {KEY}


async def test_without_the_extra_parquet_says_what_to_install(
    recorded: HistoryClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_routes, "find_spec", lambda name: None)
    with pytest.raises(CommandRefusedError, match=r"bacs-core\[analysis\]") as refused:
        await downloaded(recorded, SamplesFormat.PARQUET)
    assert refused.value.code == "not_installed"


async def test_a_download_of_nothing_is_refused_before_it_begins(recorded: HistoryClient) -> None:
    with pytest.raises(CommandRefusedError, match="there is no string ups/9"):
        async with recorded.samples("ups/9", START, END):
            pass
    with pytest.raises(CommandRefusedError, match="before"):
        async with recorded.samples(KEY, END, START):
            pass


async def test_a_stretch_without_samples_is_a_file_without_rows_under_a_name_without_slashes(
    engine: Engine, recorded: HistoryClient
) -> None:
    query = {"string": KEY, "from": END.isoformat(), "to": (END + STEP).isoformat()}
    headers = {"Authorization": "Bearer viewer"}
    address = f"{engine.url}/api/v1/history/samples"
    async with engine.session.get(address, params=query, headers=headers) as told:
        text = await told.text()
    assert text.startswith("time,string,cell,voltage_v")
    assert text.count("\n") == 1
    assert told.headers["Content-Type"] == "text/csv; charset=utf-8"
    named = 'attachment; filename="ups-1_20261121T081000Z.csv"'
    assert told.headers["Content-Disposition"] == named


async def test_a_download_that_breaks_off_is_an_error_and_no_short_file(
    engine: Engine, recorded: HistoryClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "halfway.py").write_text(
        "import sys\nprint('half', flush=True)\nsys.exit('the disk is gone')\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(folder))
    access: HistoryAccess = engine.server._app.state.history
    real = access.stream
    monkeypatch.setattr(
        access, "stream", lambda module, arguments, **whose: real("halfway", (), **whose)
    )
    with pytest.raises(EngineUnreachableError):
        await downloaded(recorded, SamplesFormat.CSV)


async def test_a_client_that_leaves_ends_the_work(
    engine: Engine, recorded: HistoryClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "for_ever.py").write_text(
        "import os, sys\nprint(os.getpid(), flush=True)\nwhile True:\n    print('x' * 65536)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(folder))
    access: HistoryAccess = engine.server._app.state.history
    real = access.stream
    monkeypatch.setattr(
        access, "stream", lambda module, arguments, **whose: real("for_ever", (), **whose)
    )
    async with recorded.samples(KEY, START, END) as pieces:
        first = await anext(pieces)
        pid = int(first.split(b"\n")[0])
    async with asyncio.timeout(60):
        while Path(f"/proc/{pid}").exists():
            await asyncio.sleep(0.01)


def test_the_client_needs_no_more_than_the_base_install() -> None:
    import subprocess

    code = (
        "import sys\n"
        "for name in ('numpy', 'fastapi', 'sqlite_utils', 'orjson', 'zstandard', 'pymodbus',"
        " 'arro3', 'serial', 'uvicorn', 'pcodec'):\n"
        "    sys.modules[name] = None\n"
        "from bacs_core.api.history_client import HistoryClient\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
