from __future__ import annotations

import json

import numpy as np
import pytest

from bacs_core.equalization import Memory, initial, keep, restore
from bacs_core.rows import rows_of
from bacs_core.snapshot import StringReadings
from tests.core.equalization.build import NAN, a_string, readings
from tests.core.equalization.ticking import Ticking, slowly

ONE = a_string(3)
OTHER = a_string(3, manager_id="other")


def read(at: float) -> StringReadings:
    return readings([2.30, 2.24, NAN], at, duty_percent=[30, 0, 0])


def worked() -> Ticking:
    strings = slowly(ONE, OTHER)
    strings.run(read, 10 * 3600)
    strings.step_s = 20.0
    return strings


def kept(strings: Ticking) -> dict[str, dict[str, object]]:
    assert strings.memory is not None
    told = json.loads(json.dumps(keep(strings.memory, strings.rows), allow_nan=False))
    assert isinstance(told, dict)
    return told


def assert_same(restored: Memory, before: Memory) -> None:
    assert restored.law.duty_percent == pytest.approx(before.law.duty_percent, abs=1e-3)
    assert restored.law.error_v == pytest.approx(before.law.error_v, abs=1e-6, nan_ok=True)
    assert restored.findings.exhausted.tolist() == before.findings.exhausted.tolist()
    assert restored.findings.limited_s == pytest.approx(before.findings.limited_s)
    assert restored.cells.bled_ah == pytest.approx(before.cells.bled_ah, abs=1e-6)
    assert restored.cells.bled_since == pytest.approx(before.cells.bled_since)


def test_a_restart_loses_nothing_that_took_hours() -> None:
    strings = worked()
    assert strings.memory is not None
    assert strings.memory.findings.exhausted.any()
    assert strings.memory.cells.bled_ah.any()
    restored = restore(kept(strings), strings.rows)
    assert_same(restored, strings.memory)
    before = strings.latest
    strings.memory = restored
    # All modules were off meanwhile: the limit that is worked out for them has to grow again.
    after = strings.run(read, 120)
    assert before is not None
    assert after.duty_percent == pytest.approx(before.duty_percent, abs=1)
    assert after.exhausted.tolist() == before.exhausted.tolist()


def test_after_a_long_stop_no_duty_jumps() -> None:
    strings = worked()
    assert strings.memory is not None
    before = strings.memory.law.duty_percent
    strings.memory = restore(kept(strings), strings.rows)
    strings.now += 36000

    def relaxed(at: float) -> StringReadings:
        return readings([2.35, 2.19, NAN], at)

    after = strings.run(relaxed, 20)
    assert after.memory.law.duty_percent[0] == pytest.approx(before[0], abs=2)


@pytest.mark.parametrize(
    "spoil",
    [
        {"duty_percent": [0, 101, 0]},
        {"duty_percent": [0, None, 0]},
        {"duty_percent": [True, 0, 0]},
        {"duty_percent": "abc"},
        {"duty_percent": ["1", "2", "3"]},
        {"duty_percent": [float("inf"), 0, 0]},
    ],
)
def test_a_malformed_column_is_left_out_and_the_others_are_not(spoil: dict[str, object]) -> None:
    strings = worked()
    assert strings.memory is not None
    told = kept(strings)
    told[ONE.key].update(spoil)
    restored = restore(told, strings.rows)
    assert not restored.law.duty_percent[:3].any()
    assert restored.law.duty_percent[3] > 0
    assert restored.cells.bled_ah == pytest.approx(strings.memory.cells.bled_ah, abs=1e-6)


def test_a_string_with_another_number_of_cells_begins_anew() -> None:
    strings = worked()
    rows = rows_of([a_string(4), OTHER])
    restored = restore(kept(strings), rows)
    assert not restored.law.duty_percent[:4].any()
    assert not restored.cells.bled_ah[:4].any()
    assert restored.law.duty_percent[4] > 0


@pytest.mark.parametrize("told", [None, [], "x", {}, {ONE.key: None}, {ONE.key: {"at": "now"}}])
def test_what_cannot_be_understood_begins_anew(told: object) -> None:
    rows = rows_of([ONE, OTHER])
    restored, begun = restore(told, rows), initial(rows)
    assert restored.at is None
    assert np.array_equal(restored.law.duty_percent, begun.law.duty_percent)
    assert np.array_equal(restored.cells.bled_ah, begun.cells.bled_ah)
