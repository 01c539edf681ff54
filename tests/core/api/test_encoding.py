from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from bacs_core.api.encoding import runs, string_changes_json, string_json
from bacs_core.api.image import StringImage, site_image
from bacs_core.api.messages import StringChanges, StringValues
from bacs_core.model import Quantity
from bacs_core.snapshot import Floats
from tests.core.api.stand_in import make_string, make_string_snapshot, make_tick

STRING = make_string(cell_count=3)
NAN = float("nan")


def image(
    *voltages_v: float, read_at: Floats | float = 1000.0, status: tuple[int, ...] = (0, 0, 0)
) -> StringImage:
    snapshot = make_string_snapshot(
        STRING,
        {Quantity.VOLTAGE: np.array(voltages_v)},
        read_at=read_at,
        status=np.array(status, dtype=np.uint8),
    )
    return site_image(make_tick(1, snapshot)).strings[STRING.key]


@pytest.mark.parametrize(
    ("times", "coded"),
    [
        ([5.0], [(5.0, 1)]),
        ([5.0, 5.0, 5.1], [(5.0, 2), (5.1, 1)]),
        ([NAN, NAN, 5.0, NAN], [(None, 2), (5.0, 1), (None, 1)]),
    ],
)
def test_reading_times_are_run_length_coded(
    times: list[float], coded: list[tuple[float | None, int]]
) -> None:
    assert runs(np.array(times)) == coded


@settings(deadline=None)
@given(times=st.lists(st.sampled_from([NAN, 1.0, 2.0]), min_size=1))
def test_runs_are_as_few_as_possible_and_spread_to_the_same_times(times: list[float]) -> None:
    coded = runs(np.array(times))
    spread = [NAN if read_at is None else read_at for read_at, count in coded for _ in range(count)]
    assert np.array_equal(spread, times, equal_nan=True)
    assert all(one[0] != other[0] for one, other in pairwise(coded))


def test_a_string_is_encoded_as_column_arrays_with_null_for_absent_values() -> None:
    content = json.loads(string_json(image(2.25, NAN, 2.26, read_at=np.array([9.0, NAN, 9.0]))))
    assert content["columns"] == {"voltage_v": [2.25, None, 2.26]}
    assert content["read_at"] == {"voltage_v": [[9.0, 1], [None, 1], [9.0, 1]]}
    assert content["status"] == [0, 0, 0]
    StringValues.model_validate(content)


def test_only_what_changed_is_encoded() -> None:
    before = image(2.25, 2.25, 2.25)
    changed = image(2.25, 2.26, NAN, status=(0, 0, 3))
    encoded = string_changes_json(before, changed)
    assert encoded is not None
    assert json.loads(encoded) == {
        "key": STRING.key,
        "columns": {"voltage_v": {"index": [1, 2], "value": [2.26, None]}},
        "status": {"2": 3},
    }
    StringChanges.model_validate_json(encoded)


def test_what_is_absent_and_stays_absent_is_no_change() -> None:
    times = np.array([9.0, NAN, 9.0])
    before, after = (image(2.25, NAN, 2.25, read_at=times) for _ in range(2))
    assert string_changes_json(before, after) is None


def test_numbers_are_short_on_the_wire() -> None:
    encoded = string_json(image(2.2504999, 13.4567, 0.1 + 0.2, read_at=1_763_700_000.123)).decode()
    assert '"voltage_v":[2.25,13.457,0.3]' in encoded
    assert "[[1763700000.1,3]]" in encoded
