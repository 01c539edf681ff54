"""An export says what was recorded: each value, each time, each event."""

import csv
import io
import math
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from bacs_core.history.clock_rows import ClockRow, insert_clock_row
from bacs_core.history.database import open_database, transaction
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import Event, EventKind, insert_event
from bacs_core.history.export.contents import SHEET_ROWS, day_file, log_step_s
from bacs_core.history.export.scope import Scope, plan
from bacs_core.history.export.targets import FolderTarget
from bacs_core.history.export.writing import Progress, Tell, Written, tell_nobody, write_export
from bacs_core.history.reader import HistoryReader
from bacs_core.history.store import History
from bacs_core.model import AlarmSeverity, Quantity
from tests.core.history.plant import (
    START,
    STEP,
    noisy,
    small,
    snapshot,
    steady,
    string,
    string_snapshot,
)

BERLIN = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)
ALL = Scope(START - DAY, START + DAY, zone=UTC)


def export(state: Path, scope: Scope = ALL, tell: Tell = tell_nobody) -> Written:
    return write_export(state, FolderTarget(state / "out"), scope, START + 10 * DAY, tell)


def rows(state: Path, name: str) -> list[list[str]]:
    text = (state / "out" / name).read_bytes().decode()
    assert text.startswith("\ufeff")
    assert text.endswith("\r\n")
    return list(csv.reader(io.StringIO(text[1:], newline="")))


def test_a_day_has_a_file_per_string_and_quantity(history: History, tmp_path: Path) -> None:
    history.record_sample(small(START))
    history.record_sample(small(START + STEP, 2.1))
    written = export(tmp_path)
    assert sorted(written.files) == [
        "DataLog.csv",
        "Event.csv",
        "System.csv",
        *(
            f"bacs/ups-a_01_21_11_2026_{kind}.csv"
            for kind in (
                *("ampere", "bypass", "charge", "resist", "status", "string", "temp", "volt"),
            )
        ),
    ]
    assert written.files == {
        name: (tmp_path / "out" / name).stat().st_size for name in written.files
    }
    assert rows(tmp_path, "bacs/ups-a_01_21_11_2026_volt.csv") == [
        ["time (UTC)", "local time", *(f"cell {n} [V]" for n in (1, 2, 3, 4))],
        ["2026-11-21T08:00:00.000Z", "2026-11-21 08:00:00", "2.250", "2.251", "2.252", "2.253"],
        ["2026-11-21T08:00:10.000Z", "2026-11-21 08:00:10", *["2.100"] * 4],
    ]
    assert rows(tmp_path, "bacs/ups-a_01_21_11_2026_resist.csv")[1][2:] == [
        "0.512", "0.513", "0.514", "0.515",
    ]  # fmt: skip
    assert rows(tmp_path, "bacs/ups-a_01_21_11_2026_ampere.csv")[0][2:] == [
        "current [A]", "ripple current [A]",
    ]  # fmt: skip
    assert rows(tmp_path, "bacs/ups-a_01_21_11_2026_ampere.csv")[1][2:] == ["-1.234", ""]


def test_the_data_log_tells_of_each_string_its_sums_extremes_and_states(
    history: History, tmp_path: Path
) -> None:
    history.record_sample(small(START))
    export(tmp_path)
    header, row = rows(tmp_path, "DataLog.csv")
    told = list(zip(header, row, strict=True))
    assert told == [
        ("time (UTC)", "2026-11-21T08:00:00.000Z"),
        ("local time", "2026-11-21 08:00:00"),
        ("string", "ups-a/1"),
        ("sum voltage [V]", "54.123"),
        ("target voltage [V]", "2.251"),
        ("mean charge [%]", "99.5"),
        ("current [A]", "-1.234"),
        ("ripple current [A]", ""),
        ("power [W]", "-66.8"),
        ("room temperature [°C]", "21.5"),
        ("lowest cell voltage [V]", "2.250"),
        ("cell of the lowest voltage", "1"),
        ("highest cell voltage [V]", "2.253"),
        ("cell of the highest voltage", "4"),
        ("highest cell temperature [°C]", "25.0"),
        ("cell of the highest temperature", "1"),
        ("cells in warning", "0"),
        ("cells in alarm", "0"),
        ("silent cells", "0"),
        ("equalization", "inhibited"),
        ("inhibited by", "discharge manual_stop"),
    ]


def test_a_missing_value_is_an_empty_field_and_an_unknown_quantity_no_file(
    history: History, tmp_path: Path
) -> None:
    columns = steady(4)
    del columns[Quantity.CHARGE]
    columns[Quantity.VOLTAGE][1] = math.nan
    history.record_sample(snapshot(START, string_snapshot(string(), columns, START)))
    written = export(tmp_path)
    assert rows(tmp_path, "bacs/ups-a_01_21_11_2026_volt.csv")[1][2:] == [
        "2.250", "", "2.252", "2.253",
    ]  # fmt: skip
    assert not any(name.endswith("_charge.csv") for name in written.files)


def test_files_are_split_at_the_midnight_of_the_place(history: History, tmp_path: Path) -> None:
    # 23:59:50 in Berlin, and ten seconds later.
    late = datetime(2026, 11, 21, 22, 59, 50, tzinfo=UTC)
    history.record_sample(small(late))
    history.record_sample(small(late + STEP))
    export(tmp_path, Scope(START, START + DAY, zone=BERLIN))
    for day, time in (("21", "2026-11-21 23:59:50"), ("22", "2026-11-22 00:00:00")):
        (row,) = rows(tmp_path, f"bacs/ups-a_01_{day}_11_2026_volt.csv")[1:]
        assert row[1] == time


def test_only_the_time_asked_for_is_written(history: History, tmp_path: Path) -> None:
    for index in range(10):
        history.record_sample(small(START + index * STEP))
        history.record_event(Event(START + index * STEP, EventKind.LINE_LOST, str(index)))
    export(tmp_path, Scope(START + 3 * STEP, START + 6 * STEP, zone=UTC))
    times = [row[1] for row in rows(tmp_path, "bacs/ups-a_01_21_11_2026_volt.csv")[1:]]
    assert times == [f"2026-11-21 08:00:{second}" for second in (30, 40, 50)]
    assert [row[1] for row in rows(tmp_path, "DataLog.csv")[1:]] == times
    assert [row[6] for row in rows(tmp_path, "Event.csv")[1:]] == ["5", "4", "3"]


def test_from_the_beginning_means_from_the_first_sample(history: History, tmp_path: Path) -> None:
    history.record_sample(small(START - 40 * DAY))
    history.record_sample(small(START))
    export(tmp_path, Scope(None, START + DAY, zone=UTC))
    names = [path.name for path in (tmp_path / "out/bacs").glob("*_volt.csv")]
    assert sorted(names) == ["ups-a_01_12_10_2026_volt.csv", "ups-a_01_21_11_2026_volt.csv"]


def test_a_clock_that_began_in_1970_costs_no_days_between(history: History, tmp_path: Path) -> None:
    for at in (datetime(1970, 1, 1, tzinfo=UTC), START - DAY, START):
        history.record_sample(small(at))
    with HistoryReader(tmp_path) as reader:
        planned = plan(reader, Scope(None, START + DAY, zone=UTC))
    assert [day.date.isoformat() for day in planned.days] == [
        "1970-01-01", "2026-11-20", "2026-11-21",
    ]  # fmt: skip
    # Space for three days is asked for, not for sixty years.
    assert planned.estimated_bytes < 30e6
    export(tmp_path, Scope(None, START + DAY, zone=UTC))
    assert rows(tmp_path, "bacs/ups-a_01_01_01_1970_volt.csv")[1][0] == "1970-01-01T00:00:00.000Z"


def test_only_the_strings_asked_for_are_written_with_what_concerns_the_site(
    history: History, tmp_path: Path
) -> None:
    for sample in noisy(3, 4, 2):
        history.record_sample(sample)
    history.record_event(Event(START, EventKind.ALARM_RAISED, "one", string_key="m0/1"))
    history.record_event(Event(START, EventKind.ALARM_RAISED, "two", string_key="m0/2"))
    history.record_event(Event(START, EventKind.ENGINE_STARTED, "engine"))
    export(tmp_path, Scope(START, START + DAY, ("m0/2",), zone=UTC))
    names = {path.name for path in (tmp_path / "out/bacs").iterdir()}
    assert {name[:5] for name in names} == {"m0_02"}
    assert {row[2] for row in rows(tmp_path, "DataLog.csv")[1:]} == {"m0/2"}
    assert {row[6] for row in rows(tmp_path, "Event.csv")[1:]} == {"two", "engine"}


def test_an_unknown_string_is_told(history: History, tmp_path: Path) -> None:
    history.record_sample(small(START))
    with pytest.raises(HistoryError, match="nothing was recorded of ups-x/1"):
        export(tmp_path, Scope(START, START + DAY, ("ups-a/1", "ups-x/1")))


def test_of_each_step_the_first_sample_is_written(history: History, tmp_path: Path) -> None:
    for index in range(14):
        history.record_sample(small(START + timedelta(seconds=5) + index * STEP))
    export(tmp_path, Scope(START, START + DAY, step_s=60, zone=UTC))
    found = rows(tmp_path, "bacs/ups-a_01_21_11_2026_volt.csv")[1:]
    assert [row[1][-8:] for row in found] == ["08:00:05", "08:01:05", "08:02:05"]


def test_a_string_that_left_the_site_is_exported_for_the_days_it_was_there(
    history: History, tmp_path: Path
) -> None:
    gone = string_snapshot(string(2), steady(4), START)
    history.record_sample(snapshot(START, string_snapshot(string(), steady(4), START), gone))
    history.record_sample(small(START + DAY))
    export(tmp_path, Scope(START, START + 2 * DAY, zone=UTC))
    names = sorted(path.name for path in (tmp_path / "out/bacs").glob("*_volt.csv"))
    assert names == [
        "ups-a_01_21_11_2026_volt.csv",
        "ups-a_01_22_11_2026_volt.csv",
        "ups-a_02_21_11_2026_volt.csv",
    ]


def test_more_events_than_fit_one_page_are_all_written(history: History, tmp_path: Path) -> None:
    history.open()
    with closing(open_database(tmp_path)) as database, transaction(database):
        for index in range(1003):
            at = START + timedelta(seconds=index)
            insert_event(database, Event(at, EventKind.LINE_LOST, "x"))
    export(tmp_path)
    numbers = [int(row[2]) for row in rows(tmp_path, "Event.csv")[1:]]
    assert numbers == list(range(1003, 0, -1))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        *((text, f"'{text}") for text in ('=HYPERLINK("http://x")', "+1", "-1", "@x")),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        # Another spreadsheet divides the columns of the same file elsewhere.
        ("Tel;=HYPERLINK(A1)", "Tel;'=HYPERLINK(A1)"),
        ('Tel;"=HYPERLINK(A1)"', 'Tel;\'"=HYPERLINK(A1)"'),
        ("a,+1", "a,'+1"),
        ("a\n@x", "a\n'@x"),
        ("12 V, -5 °C; a-b = c", "12 V, -5 °C; a-b = c"),
    ],
)
def test_a_text_is_never_taken_for_a_formula(
    history: History, tmp_path: Path, text: str, told: str
) -> None:
    history.record_event(Event(START, EventKind.LINE_LOST, text, by=text))
    export(tmp_path)
    row = rows(tmp_path, "Event.csv")[1]
    assert row[6:8] == [told, told]


def test_an_event_stands_with_its_place_severity_and_rule(history: History, tmp_path: Path) -> None:
    event = Event(
        START, EventKind.ALARM_RAISED, 'too hot, "cell" 2', "tessa", "ups-a", "ups-a/1", 2, "bus",
        severity=AlarmSeverity.ALARM, rule="temperature_high",
    )  # fmt: skip
    history.record_event(event)
    export(tmp_path)
    assert rows(tmp_path, "Event.csv")[1] == [
        "2026-11-21T08:00:00.000Z", "2026-11-21 08:00:00", "1", "alarm_raised", "alarm",
        "temperature_high", 'too hot, "cell" 2', "tessa", "ups-a", "ups-a/1", "2", "bus", "",
    ]  # fmt: skip


def test_an_event_of_a_clock_that_was_set_later_has_its_true_time_too(
    history: History, tmp_path: Path
) -> None:
    history.open()
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    with closing(open_database(tmp_path)) as database, transaction(database):
        insert_clock_row(database, ClockRow(epoch, "boot", 20.0, synchronised=False))
        insert_event(database, Event(epoch, EventKind.LINE_LOST, "early"))
        step_s = (START - epoch).total_seconds()
        insert_clock_row(database, ClockRow(START, "boot", 20.0, synchronised=True, step_s=step_s))
        insert_event(database, Event(START, EventKind.LINE_LOST, "late"))
    export(tmp_path, Scope(None, START + DAY, zone=UTC))
    assert [(row[0], row[12]) for row in rows(tmp_path, "Event.csv")[1:]] == [
        ("2026-11-21T08:00:00.000Z", ""),
        ("1970-01-01T00:00:00.000Z", "2026-11-21T08:00:00.000Z"),
    ]


def test_complete_days_are_told_and_not_written_again(history: History, tmp_path: Path) -> None:
    midnight = START.replace(hour=0)
    for index in range(3):
        history.record_sample(small(midnight + index * DAY))
    scope = Scope(midnight, midnight + 2.5 * DAY, zone=UTC)
    first = export(tmp_path, scope)
    days = {day.day for key, day in first.complete}
    assert days == {21, 22}
    again = export(tmp_path, Scope(scope.since, scope.until, zone=UTC, written=first.complete))
    assert {name for name in again.files if name.startswith("bacs/")} == {
        day_file("ups-a/1", (midnight + 2 * DAY).date(), kind)
        for kind in ("volt", "temp", "resist", "charge", "bypass", "status", "ampere", "string")
    }
    assert len(rows(tmp_path, "DataLog.csv")) == 2


def test_the_data_log_fits_into_a_sheet() -> None:
    month_s = 30 * 86_400.0
    assert log_step_s(1, month_s, 10) == 0
    for strings in (1, 16, 128):
        for span_s in (month_s, 12 * month_s, 36 * month_s):
            step_s = log_step_s(strings, span_s, 10)
            assert strings * span_s / max(step_s, 10) <= SHEET_ROWS


def test_progress_grows_to_all_that_was_written_and_can_end_the_export(
    history: History, tmp_path: Path
) -> None:
    for sample in noisy(2, 16, 200):
        history.record_sample(sample)
    told: list[Progress] = []
    written = export(tmp_path, ALL, told.append)
    assert [each.bytes_done for each in told] == sorted(each.bytes_done for each in told)
    assert told[-1].bytes_done == written.total_bytes
    assert told[-1].files_done == len(written.files)
    # What it will need was known before, rather too much.
    assert 1.0 < told[0].bytes_expected / written.total_bytes < 1.5

    def stop(progress: Progress) -> None:
        if progress.files_done > 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        export(tmp_path, ALL, stop)
    assert not list(tmp_path.rglob("*.part"))


def test_system_tells_versions_settings_serial_numbers_and_no_secret(
    history: History, tmp_path: Path
) -> None:
    history.record_sample(small(START))
    history.site_id()
    history.set_setting("network_enabled", True, by="tessa", at=START)
    history.remember("device_serial_numbers", {"cell ups-a/1:2": 4711}, by="engine", at=START)
    history.remember("learned", {"a": 1}, by="engine", at=START)
    export(tmp_path)
    found = {(row[0], row[1], row[2]): row[3] for row in rows(tmp_path, "System.csv")[1:]}
    assert found["settings", "network_enabled", "value"] == "true"
    assert found["settings", "network_enabled", "by"] == "tessa"
    assert found["serial numbers", "cell ups-a/1:2", "serial number"] == "4711"
    assert found["former plant", "ups-a/1", "cells"] == "4"
    assert ("versions", "engine", "version") in found
    assert not any(item == "learned" for _, item, _ in found)


def test_a_history_that_was_never_begun_is_told(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="there is no history in"):
        export(tmp_path)
    assert not (tmp_path / "out").exists()


def test_a_history_without_samples_gives_its_events(history: History, tmp_path: Path) -> None:
    history.record_event(Event(START, EventKind.ENGINE_STARTED, "engine"))
    export(tmp_path)
    assert len(rows(tmp_path, "Event.csv")) == 2
    assert len(rows(tmp_path, "DataLog.csv")) == 1


def test_values_come_back_as_they_were_recorded(history: History, tmp_path: Path) -> None:
    samples = list(noisy(2, 8, 50))
    for sample in samples:
        history.record_sample(sample)
    export(tmp_path)
    for key in samples[0].strings:
        for kind, quantity, factor in (
            ("volt", Quantity.VOLTAGE, 1.0),
            ("temp", Quantity.TEMPERATURE, 1.0),
            ("resist", Quantity.RESISTANCE, 1000.0),
            ("charge", Quantity.CHARGE, 1.0),
            ("bypass", Quantity.DUTY, 1.0),
        ):
            found = rows(tmp_path, day_file(key, START.date(), kind))[1:]
            values = np.array([row[2:] for row in found], dtype=float)
            recorded = [s.strings[key].readings.columns[quantity].values for s in samples]
            assert np.allclose(values, factor * np.array(recorded), rtol=0, atol=1e-9)
