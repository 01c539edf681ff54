"""The history as the engine uses it: what goes in comes out, with its time and its gaps."""

import json
import uuid
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from bacs_core.history.events import Event, EventKind
from bacs_core.history.measurements.database import open_measurements
from bacs_core.history.measurements.journal import journal_path
from bacs_core.history.measurements.taken import taken_of
from bacs_core.history.reader import HistoryReader
from bacs_core.history.store import CUT_SHORT, History
from bacs_core.model import Quantity
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

DAY = timedelta(days=1)


def voltages(history: History, *, minutes: float, points: int = 1000) -> list[float | None]:
    series = history.series(
        "ups-a/1",
        1,
        Quantity.VOLTAGE,
        start=START,
        end=START + timedelta(minutes=minutes),
        points=points,
    )
    means = series.mean.tolist()
    return [None if count == 0 else mean for mean, count in zip(means, series.count, strict=True)]


def test_a_sample_comes_back_with_all_values_bit_exact(history: History) -> None:
    history.record_sample(small(START))
    sample = history.sample_at(START)
    assert sample is not None
    assert sample.at == START
    stored = sample.strings["ups-a/1"]
    for quantity, values in steady(4).items():
        np.testing.assert_array_equal(
            stored.columns[quantity], np.round(values, 6), err_msg=quantity
        )
    assert stored.scalars == {
        "sum_voltage_v": 54.123,
        "target_voltage_v": 2.251,
        "mean_charge_percent": 99.5,
        "current_a": -1.234,
        "ac_current_a": None,
        "power_w": -66.8,
        "room_temperature_c": 21.5,
    }
    assert stored.equalization == "inhibited"
    assert stored.inhibited_by == ("discharge", "manual_stop")
    assert stored.status.tolist() == [0, 0, 0, 0]


def test_many_noisy_samples_come_back_bit_exact_across_sealing_and_a_restart(
    tmp_path: Path,
) -> None:
    snapshots = list(noisy(strings=2, cells=24, samples=420))
    history = History(tmp_path)
    for index, each in enumerate(snapshots):
        if index == 250:
            history.close()
            history = History(tmp_path)
        history.record_sample(each)
    with HistoryReader(tmp_path) as reader:
        for key in snapshots[0].strings:
            blocks = list(reader.blocks(key, START, START + DAY))
            at = np.concatenate([block.at for block in blocks])
            assert at.tolist() == [round(each.at.timestamp() * 1000) for each in snapshots]
            for quantity in Quantity:
                stored = np.concatenate([block.columns[quantity] for block in blocks])
                measured = [each.strings[key].readings.columns[quantity] for each in snapshots]
                np.testing.assert_array_equal(stored, [column.values for column in measured])
    history.close()


def test_a_value_that_is_too_old_is_not_stored_as_measured(history: History) -> None:
    fresh = small(START)
    history.record_sample(snapshot(START + timedelta(minutes=2), *fresh.strings.values()))
    sample = history.sample_at(START + DAY)
    assert sample is not None
    stored = sample.strings["ups-a/1"]
    assert all(np.isnan(column).all() for column in stored.columns.values())
    assert stored.scalars["room_temperature_c"] is None


def test_a_quantity_that_the_device_does_not_have_is_absent(history: History) -> None:
    columns = steady(4)
    del columns[Quantity.CHARGE]
    columns[Quantity.VOLTAGE][2] = np.nan
    history.record_sample(snapshot(START, string_snapshot(string(), columns, START)))
    sample = history.sample_at(START)
    assert sample is not None
    stored = sample.strings["ups-a/1"].columns
    assert np.isnan(stored[Quantity.CHARGE]).all()
    assert np.isnan(stored[Quantity.VOLTAGE]).tolist() == [False, False, True, False]


def test_the_sample_at_a_moment_is_the_newest_that_is_not_newer(history: History) -> None:
    for index in range(365):
        history.record_sample(small(START + index * STEP, (2000 + index) / 1000))
    for index in (0, 1, 359, 360, 361, 364):
        sample = history.sample_at(START + index * STEP + timedelta(seconds=9))
        assert sample is not None
        assert sample.at == START + index * STEP
        assert sample.strings["ups-a/1"].columns[Quantity.VOLTAGE][0] == (2000 + index) / 1000
    assert history.sample_at(START - STEP) is None


def test_a_series_tells_minimum_maximum_and_mean_of_each_bucket(history: History) -> None:
    for index in range(12):
        history.record_sample(small(START + index * STEP, (2000 + index) / 1000))
    series = history.series(
        "ups-a/1", 3, Quantity.VOLTAGE, start=START, end=START + 12 * STEP, points=2
    )
    assert series.width_s == 60
    assert series.minimum.tolist() == [2.0, 2.006]
    assert series.maximum.tolist() == [2.005, 2.011]
    assert series.mean.tolist() == pytest.approx([2.0025, 2.0085])
    assert series.count.tolist() == [6, 6]


def test_a_series_of_a_string_value_is_read_the_same_way(history: History) -> None:
    history.record_sample(small(START))
    series = history.series("ups-a/1", None, "current_a", start=START, end=START + STEP, points=1)
    assert series.mean.tolist() == [-1.234]


def test_a_gap_is_a_gap_and_not_a_line(history: History) -> None:
    for index in (0, 1, 2, 30, 31, 32):
        history.record_sample(small(START + index * STEP, 2.25))
    means = voltages(history, minutes=6, points=6)
    assert means == [2.25, None, None, None, None, 2.25]


def test_buckets_are_never_so_short_that_sampling_looks_like_gaps(history: History) -> None:
    for index in range(60):
        history.record_sample(small(START + index * STEP * 1.02, 2.25))
    assert None not in voltages(history, minutes=10)


def test_what_was_never_there_has_an_empty_series(history: History) -> None:
    history.record_sample(small(START))
    for key, cell, name in (
        ("nowhere/1", 1, "voltage_v"),
        ("ups-a/1", 5, "voltage_v"),
        ("ups-a/1", 0, "voltage_v"),
        ("ups-a/1", 1, "nonsense"),
    ):
        series = history.series(key, cell, name, start=START, end=START + STEP, points=5)
        assert not series.count.any()
        assert np.isnan(series.mean).all()


def test_a_changed_site_leaves_what_was_before_readable(
    history: History,
) -> None:
    history.record_sample(small(START, 2.1))
    history.record_sample(small(START + STEP, 2.2, cell_count=6))
    before, after = history.sample_at(START), history.sample_at(START + STEP)
    assert before is not None
    assert after is not None
    assert len(before.strings["ups-a/1"].columns[Quantity.VOLTAGE]) == 4
    assert len(after.strings["ups-a/1"].columns[Quantity.VOLTAGE]) == 6


def test_a_clock_set_back_keeps_both_stretches_of_time(history: History) -> None:
    for index in range(3):
        history.record_sample(small(START + index * STEP, 2.1))
    for index in range(3):
        history.record_sample(small(START + (index - 100) * STEP, 2.2))
    earlier = history.sample_at(START - 99 * STEP)
    later = history.sample_at(START + 2 * STEP)
    assert earlier is not None
    assert later is not None
    assert earlier.strings["ups-a/1"].columns[Quantity.VOLTAGE][0] == 2.2
    assert later.strings["ups-a/1"].columns[Quantity.VOLTAGE][0] == 2.1


def test_the_layout_is_stored_in_words_so_that_it_can_be_read_years_later(
    history: History, tmp_path: Path
) -> None:
    history.record_sample(small(START))
    history.record_sample(small(START + timedelta(hours=1)))
    with closing(open_measurements(tmp_path)) as database:
        (row,) = database["strings"].rows
    stored = json.loads(row["layout"])
    assert (stored["key"], stored["name"], stored["cell_count"]) == ("ups-a/1", "String 1", 4)
    assert {"name": "voltage_v", "steps_per_unit": 1000, "symbols": []} in stored["columns"]


def test_the_same_string_is_described_only_once_over_restarts(tmp_path: Path) -> None:
    for index in range(3):
        history = History(tmp_path)
        history.record_sample(small(START + timedelta(hours=index)))
        history.close()
    with closing(open_measurements(tmp_path)) as database:
        assert database["strings"].count == 1


def test_damage_among_the_measurements_is_told_and_touches_nothing_else(tmp_path: Path) -> None:
    history = History(tmp_path, clock=START.timestamp)
    history.set_setting("network", value=True, by="tessa", at=START)
    history.record_sample(small(START))
    history.close()
    (tmp_path / "measurements.db").write_bytes(b"no database" * 500)
    damage = history.record_taken(taken_of(small(START + STEP)))
    told = history.events()[0].event
    assert told.kind is EventKind.HISTORY_GAP
    assert "measurements.db.damaged-20261121T080000Z" in told.text
    assert damage == told.text, "the recorder makes an alarm of it"
    assert history.get_setting("network") is True
    assert voltages(history, minutes=1)[0] == 2.25
    history.close()


def test_a_spoilt_chunk_is_told_to_whoever_records(tmp_path: Path) -> None:
    with closing(History(tmp_path, clock=START.timestamp)) as history:
        for index in range(720):
            history.record_taken(taken_of(small(START + index * STEP)), flush=False)
    with closing(open_measurements(tmp_path)) as database:
        assert database["chunks"].count
        database.conn.execute("UPDATE chunks SET body = zeroblob(length(body))")
    with closing(History(tmp_path, clock=START.timestamp)) as history:
        damages = [
            history.record_taken(taken_of(small(START + DAY + index * STEP)))
            for index in range(800)
        ]
    (damage,) = {text for text in damages if text is not None}
    assert damage.startswith("measurements of ups-a/1")


def test_a_measurement_cut_short_by_a_power_cut_is_no_damage(tmp_path: Path) -> None:
    with closing(History(tmp_path, clock=START.timestamp)) as history:
        history.record_sample(small(START))
        history.record_sample(small(START + STEP))
    path = journal_path(tmp_path)
    whole = path.read_bytes().rstrip(b"\x00")
    path.write_bytes(whole[:-20])
    with closing(History(tmp_path, clock=START.timestamp)) as history:
        assert history.record_taken(taken_of(small(START + 2 * STEP))) is None
        assert history.events()[0].event.text == CUT_SHORT


def test_events_come_back_newest_first_whole_and_in_pages(history: History) -> None:
    events = [
        Event(
            at=START + index * STEP,
            kind=EventKind.ALARM_RAISED,
            text=f"cell 7 is too hot: {index} °C",
            by="tessa",
            manager_id="ups-a",
            string_key="ups-a/1",
            cell=7,
            line_id="modules",
            data={"value": 41.5, "nested": [1, None, "ä"]},
        )
        for index in range(5)
    ]
    ids = [history.record_event(event) for event in events]
    first = history.events(limit=3)
    assert [stored.id for stored in first] == ids[:1:-1]
    second = history.events(limit=3, before_id=first[-1].id)
    assert [stored.event for stored in (*first, *second)] == events[::-1]
    between = history.events(since=START + STEP, until=START + 3 * STEP)
    assert [stored.event for stored in between] == [events[2], events[1]]


def test_a_text_that_no_file_can_hold_is_stored_readably(history: History) -> None:
    history.record_event(Event(START, EventKind.LINE_LOST, "port \udcff gone"))
    assert history.events()[0].event.text == "port ? gone"


def test_a_kind_of_event_from_another_version_is_still_listed(history: History) -> None:
    history.record_event(Event(START, EventKind.LINE_LOST, "gone"))
    history._opened().conn.execute("UPDATE events SET kind = 'from_the_future'")
    assert history.events()[0].event.kind is EventKind.OTHER


def test_a_command_stands_in_the_history_under_its_number(history: History) -> None:
    number = history.record_command(
        "pause_equalization", {"string_key": "ups-a/1"}, by="tessa", at=START
    )
    (stored,) = history.events()
    assert stored.id == number
    assert stored.event.kind is EventKind.COMMAND
    assert stored.event.by == "tessa"
    assert stored.event.data == {"command": "pause_equalization", "string_key": "ups-a/1"}


def test_a_setting_is_kept_and_every_change_of_it_is_an_event(tmp_path: Path) -> None:
    history = History(tmp_path)
    assert history.get_setting("network") is None
    history.set_setting("network", True, by="tessa", at=START)
    history.set_setting("network", {"on": [False]}, by="anna", at=START)
    history.close()
    history = History(tmp_path)
    assert history.get_setting("network") == {"on": [False]}
    events = [stored.event for stored in history.events()]
    assert [(event.by, event.data["before"], event.data["value"]) for event in events] == [
        ("anna", True, {"on": [False]}),
        ("tessa", None, True),
    ]
    history.close()


def test_the_identity_of_the_site_is_made_once_and_kept(tmp_path: Path) -> None:
    history = History(tmp_path)
    first = history.site_id()
    assert str(uuid.UUID(first)) == first
    history.close()
    assert History(tmp_path).site_id() == first


def test_password_hashes_are_readable_by_the_owner_of_the_file_only(
    history: History, tmp_path: Path
) -> None:
    history.record_event(Event(START, EventKind.ENGINE_STARTED, "started"))
    for path in tmp_path.glob("bacs.db*"):
        assert path.stat().st_mode & 0o077 == 0, path.name


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.lists(
            st.one_of(st.just(float("nan")), st.integers(0, 65534).map(lambda raw: raw / 1000)),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=8,
    )
)
def test_any_voltages_go_through_the_whole_store_unchanged(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[float]]
) -> None:
    history = History(tmp_path_factory.mktemp("state"))
    for index, row in enumerate(rows):
        at = START + index * STEP
        columns = {Quantity.VOLTAGE: np.array(row)}
        history.record_sample(snapshot(at, string_snapshot(string(cell_count=3), columns, at)))
    for index, row in enumerate(rows):
        sample = history.sample_at(START + index * STEP)
        assert sample is not None
        np.testing.assert_array_equal(
            sample.strings["ups-a/1"].columns[Quantity.VOLTAGE], np.array(row)
        )
    history.close()
