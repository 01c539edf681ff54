"""`bacs export`: files that spreadsheets open, from a history that is being written."""

import csv
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from bacs_core.history.events import Event, EventKind
from bacs_core.history.store import History
from bacs_core.model import Quantity
from tests.core.history.plant import (
    START,
    STEP,
    small,
    snapshot,
    steady,
    string,
    string_snapshot,
)

ALL = ("--from", "2026-11-21T08:00Z", "--to", "2026-11-22T00:00Z")


def export(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bacs_core.cli", "export", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_measurements_and_events_are_written_while_the_history_is_open(
    history: History, tmp_path: Path
) -> None:
    history.record_sample(small(START))
    history.record_sample(small(START + STEP, 2.1))
    history.record_event(
        Event(START, EventKind.ALARM_RAISED, "too hot, cell 2", "tessa", "ups-a", "ups-a/1", 2)
    )
    done = export(*ALL, "--state", tmp_path, "--out", tmp_path / "stick")
    assert done.returncode == 0, done.stderr
    data = rows(tmp_path / "stick" / "DataLog.csv")
    assert data[0] == [
        "time",
        "string",
        "cell",
        "voltage [V]",
        "temperature [°C]",
        "resistance [mΩ]",
        "charge [%]",
        "bypass duty [%]",
    ]
    assert data[1] == [
        "2026-11-21T08:00:00+00:00", "ups-a/1", "1", "2.250", "25.0", "0.512", "99.5", "0.0",
    ]  # fmt: skip
    assert data[8][:4] == ["2026-11-21T08:00:10+00:00", "ups-a/1", "4", "2.100"]
    assert len(data) == 9
    assert rows(tmp_path / "stick" / "Event.csv") == [
        ["time", "kind", "text", "by", "manager", "string", "cell", "line"],
        [
            "2026-11-21T08:00:00.000+00:00", "alarm_raised", "too hot, cell 2", "tessa", "ups-a",
            "ups-a/1", "2", "",
        ],
    ]  # fmt: skip
    assert sorted(path.name for path in (tmp_path / "stick").iterdir()) == [
        "DataLog.csv",
        "Event.csv",
    ]


def test_a_missing_value_is_an_empty_field(history: History, tmp_path: Path) -> None:
    columns = steady(4)
    del columns[Quantity.CHARGE]
    history.record_sample(snapshot(START, string_snapshot(string(), columns, START)))
    export(*ALL, "--state", tmp_path, "--out", tmp_path)
    assert rows(tmp_path / "DataLog.csv")[1][6] == ""


def test_only_the_time_asked_for_is_written(history: History, tmp_path: Path) -> None:
    for index in range(10):
        history.record_sample(small(START + index * STEP))
        history.record_event(Event(START + index * STEP, EventKind.LINE_LOST, str(index)))
    since, until = START + 3 * STEP, START + 6 * STEP
    window = ("--from", since.isoformat(), "--to", until.isoformat())
    export(*window, "--state", tmp_path, "--out", tmp_path)
    times = sorted({row[0] for row in rows(tmp_path / "DataLog.csv")[1:]})
    assert times == [(START + index * STEP).isoformat() for index in (3, 4, 5)]
    assert [row[2] for row in rows(tmp_path / "Event.csv")[1:]] == ["5", "4", "3"]


def test_more_events_than_fit_one_page_are_all_written(history: History, tmp_path: Path) -> None:
    for index in range(1003):
        history.record_event(Event(START + timedelta(seconds=index), EventKind.LINE_LOST, "x"))
    export(*ALL, "--state", tmp_path, "--out", tmp_path)
    assert len(rows(tmp_path / "Event.csv")) == 1004


def test_a_text_is_never_taken_for_a_formula(history: History, tmp_path: Path) -> None:
    history.record_event(Event(START, EventKind.LINE_LOST, '=HYPERLINK("http://x")'))
    export(*ALL, "--state", tmp_path, "--out", tmp_path)
    assert rows(tmp_path / "Event.csv")[1][2] == '\'=HYPERLINK("http://x")'


def test_what_cannot_be_done_is_told_and_leaves_no_half_file(
    history: History, tmp_path: Path
) -> None:
    history.record_sample(small(START))
    for arguments, reason in (
        (("--state", tmp_path / "nowhere"), "there is no history in"),
        (("--state", tmp_path, "--from", "yesterday"), "'yesterday' is no time"),
        (("--state", tmp_path, "--out", tmp_path / "bacs.db" / "x"), "cannot export to"),
    ):
        done = export(*arguments)
        assert done.returncode != 0
        assert reason in done.stderr
    assert not list(tmp_path.rglob("*.part"))
    assert not list(tmp_path.rglob("*.csv"))
