"""Frames carry a content to the browser whole, and later only what changed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from importlib.resources import files

import pytest
from hypothesis import given, strategies as st

from bacs_core.model import EqualizationState, Inhibit, TripState
from bacs_hmi.frames import (
    COLUMN_COUNT,
    DEVIATION_OFFSET,
    DEVIATION_SPAN,
    DEVIATION_STEPS,
    EQUALIZATION_STATES,
    INHIBITS,
    STALE_BIT,
    TRIP_STATES,
    VERSION,
    CellState,
    OverviewContent,
    StringContent,
    StringMark,
    marks_of,
    pack_overview,
    pack_string,
)
from tests.hmi.frame_reader import OverviewMirror, StringMirror

MANAGERS, CELLS = 3, (20, 0, 8, 12)
SCALARS, COLUMNS, ROWS = 7, COLUMN_COUNT, 12

values = st.none() | st.floats(-1e5, 1e5, width=32)
states = st.sampled_from(EqualizationState)
inhibits = st.sets(st.sampled_from(Inhibit)).map(
    lambda names: tuple(name for name in INHIBITS if name in names)
)
ages = st.none() | st.integers(0, 10**9)
counts = st.integers(0, 0xFFFF)
trips = st.sampled_from(TripState)
string_marks = st.builds(StringMark, values, values, states, inhibits, ages, counts, counts, trips)
overviews = st.builds(
    OverviewContent,
    st.tuples(*[st.sampled_from([True, False, None])] * MANAGERS),
    st.tuples(*[string_marks] * len(CELLS)),
    st.tuples(
        *[st.lists(st.integers(0, 0xFFFF), min_size=n, max_size=n).map(tuple) for n in CELLS]
    ),
)
columns = st.lists(values, min_size=ROWS, max_size=ROWS).map(tuple)
# What is not too old has no age.
cell_states = st.builds(CellState, st.integers(0, 3), st.integers(1, 31), ages) | st.builds(
    CellState, st.integers(0, 3), st.just(0), st.none()
)
strings = st.builds(
    StringContent,
    st.tuples(*[values] * SCALARS),
    states,
    inhibits,
    st.tuples(*[columns] * COLUMNS),
    st.lists(cell_states, min_size=ROWS, max_size=ROWS).map(tuple),
)


@given(st.lists(overviews, min_size=1, max_size=4))
def test_a_browser_that_applies_all_frames_shows_the_newest_overview(
    contents: list[OverviewContent],
) -> None:
    mirror = OverviewMirror(MANAGERS, CELLS)
    before: OverviewContent | None = None
    for sequence, content in enumerate(contents):
        mirror.apply(pack_overview(content, before, sequence, 1e9))
        assert mirror.content() == content
        before = content


@given(st.lists(strings, min_size=1, max_size=4))
def test_a_browser_that_applies_all_frames_shows_the_newest_string(
    contents: list[StringContent],
) -> None:
    mirror = StringMirror(SCALARS, ROWS, [{} for _ in range(COLUMNS)])
    before: StringContent | None = None
    for sequence, content in enumerate(contents):
        mirror.apply(pack_string(content, before, sequence, 1e9))
        assert mirror.content() == content
        before = content


@given(overviews)
def test_an_overview_in_which_nothing_changed_costs_a_few_bytes(content: OverviewContent) -> None:
    assert len(pack_overview(content, content, 1, 1e9)) < 32


def test_under_a_gone_engine_no_manager_is_told_as_it_was() -> None:
    known = OverviewContent((True, False, None), (), ())
    gone = replace(known, engine_gone=True)
    mirror = OverviewMirror(3, ())
    mirror.apply(pack_overview(known, None, 0, 1e9))
    mirror.apply(pack_overview(gone, known, 1, 1e9))
    assert mirror.content() == replace(gone, managers=(None, None, None))


def test_a_frame_after_the_plant_was_changed_is_a_full_one() -> None:
    small = OverviewContent((True,), (), ())
    large = OverviewContent((True,), (), ((1, 2),))
    assert pack_overview(large, small, 5, 1e9) == pack_overview(large, None, 5, 1e9)


@pytest.mark.parametrize(
    ("deviation_v", "steps"),
    [
        (0.0, 0),
        (2.0 * DEVIATION_SPAN, DEVIATION_STEPS),
        (-2.0 * DEVIATION_SPAN / 2, -DEVIATION_STEPS // 2),
        (-1.0, -DEVIATION_STEPS),
    ],
)
def test_a_mark_holds_the_deviation_in_steps_and_is_cut_at_the_end(
    deviation_v: float, steps: int
) -> None:
    (packed,) = marks_of([2.25 + deviation_v], 2.25, 2.0, [2], stale=False)
    assert packed >> 8 == steps + DEVIATION_OFFSET
    assert packed & 0xFF == 2


@pytest.mark.parametrize("voltage_v", [None, float("nan")])
def test_a_cell_without_a_deviation_has_a_mark_of_its_own(voltage_v: float | None) -> None:
    marks = marks_of([voltage_v, 9.0], 2.25, 2.0, [3, 0], stale=False)
    assert marks == (3, DEVIATION_STEPS + DEVIATION_OFFSET << 8)
    assert marks_of([voltage_v], None, 2.0, [3], stale=False) == (3,)


def test_only_a_voltage_that_is_there_can_be_old() -> None:
    middle = DEVIATION_OFFSET << 8
    assert marks_of([2.25, None], 2.25, 2.0, [1, 3], stale=True) == (middle | STALE_BIT | 1, 3)
    each = marks_of([2.25, 2.25], 2.25, 2.0, [0, 0], stale=(False, True))
    assert each == (middle, middle | STALE_BIT)


@given(strings)
def test_a_column_that_is_absent_as_a_whole_takes_no_room(content: StringContent) -> None:
    absent = replace(content, columns=((None,) * ROWS,) * COLUMNS)
    given_all = replace(content, columns=((1.0,) * ROWS,) * COLUMNS)
    saved = len(pack_string(given_all, None, 0, 1e9)) - len(pack_string(absent, None, 0, 1e9))
    assert saved == 4 * ROWS * COLUMNS


def test_the_browser_reads_the_same_version_and_has_the_same_names_in_the_same_order() -> None:
    script = files("bacs_hmi").joinpath("canvas/shared/bacs_frames.js").read_text(encoding="utf-8")
    lists = {
        name: json.loads(re.sub(r",\s*\]", "]", names))
        for name, names in re.findall(r"export const ([A-Z_]+) = (\[[^]]*\]);", script)
    }
    assert lists["EQUALIZATION_STATES"] == list(EQUALIZATION_STATES)
    assert lists["INHIBITS"] == list(INHIBITS)
    assert lists["TRIP_STATES"] == list(TRIP_STATES)
    assert f"export const VERSION = {VERSION};" in script
