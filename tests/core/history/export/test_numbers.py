"""Numbers of an export are the stored ones to their last step."""

import math

import numpy as np
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from bacs_core.history.export.contents import CELL_FILES, LOG_FIGURES, STRING_FILES
from bacs_core.history.export.numbers import WIDEST_TABLE, Texts, text_of
from bacs_core.history.layout import COLUMNS, SCALARS
from bacs_core.snapshot import Floats

FIGURES = [
    *(file.figure for file in CELL_FILES),
    *(figure for file in STRING_FILES for figure in file.figures),
]
RESISTANCE = next(figure for figure in FIGURES if figure.name == "resistance_ohm")


def values(row: bytes) -> list[float]:
    assert row.startswith(b",")
    return [float(text) if text else math.nan for text in row[1:].split(b",")]


@settings(max_examples=30)
@given(
    blocks=st.lists(
        arrays(
            np.float64,
            (2, 3),
            elements=st.one_of(
                st.just(math.nan),
                st.integers(-40, 40).map(float),
                st.integers(-(2**31) + 1, 2**31 - 1).map(float),
            ),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_every_step_that_can_be_stored_comes_out_as_it_went_in(blocks: list[Floats]) -> None:
    for figure in FIGURES:
        track = next(each for each in (*COLUMNS, *SCALARS) if each.name == figure.name)
        texts = Texts(figure)
        for steps in blocks:
            stored = steps / track.steps_per_unit
            for row, wanted in zip(texts.rows(stored), steps, strict=True):
                found = np.array(values(row)) / figure.factor * track.steps_per_unit
                assert np.array_equal(np.rint(found), wanted, equal_nan=True)


def test_decimals_are_points_and_trailing_zeros_stay() -> None:
    rows = list(Texts(RESISTANCE).rows(np.array([[0.0005, 0.0012345], [math.nan, 0.06]])))
    assert rows == [b",0.500,1.234", b",,60.000"]


def test_values_far_apart_cost_no_table_of_all_between() -> None:
    texts = Texts(RESISTANCE)
    apart = np.array([[0.0005, 2.0 * WIDEST_TABLE / 1e6, math.nan]])
    assert list(texts.rows(apart)) == [b",0.500,32.768,"]
    assert len(texts._table) < WIDEST_TABLE


def test_one_number_is_written_as_in_a_column() -> None:
    for figure in LOG_FIGURES:
        for value in (-12.3456, 0.0, math.nan, 431.25):
            (row,) = Texts(figure).rows(np.array([[value]]))
            assert row == b"," + text_of(value, figure).encode()
