"""Ticks that are counted together give what they give one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings, strategies as st

from bacs_core.estimation import throughput
from bacs_core.estimation.throughput import Passed, Throughput
from bacs_core.estimation.tuning import DEFAULT
from bacs_core.model import ChargePhase
from bacs_core.rows import rows_of
from tests.core.equalization.build import NAN, a_string

STRINGS = 2
ROWS = rows_of([a_string(1, number=number + 1) for number in range(STRINGS)])
currents = st.sampled_from([-41.7, -0.3, 0.0, 0.1, 0.77, 12.3])
gaps_s = st.sampled_from([1.0, 0.9, 3.3])


def passed(current: st.SearchStrategy[float], gap_s: st.SearchStrategy[float]) -> st.SearchStrategy:
    return st.builds(
        lambda phases, amperes, smooth_a, seconds: Passed(
            np.array(phases, np.uint8),
            np.array(smooth_a),
            np.array(amperes),
            np.full(STRINGS, 0.2),
            seconds,
        ),
        st.tuples(*[st.sampled_from([ChargePhase.FLOAT, ChargePhase.DISCHARGE])] * STRINGS),
        st.tuples(*[current] * STRINGS),
        st.tuples(*[current] * STRINGS),
        gap_s,
    )


smooth = st.lists(passed(currents, gaps_s), min_size=1, max_size=14)
#: With currents that nobody knows, and gaps in which nothing can be counted.
rough = st.lists(
    passed(st.one_of(currents, st.just(NAN)), st.one_of(gaps_s, st.sampled_from([120.0, 9000.0]))),
    min_size=1,
    max_size=14,
)


@settings(deadline=None, max_examples=40)
@given(st.one_of(smooth, rough), smooth)
def test_ticks_counted_together_give_what_they_give_one_by_one(
    first: list[Passed], then: list[Passed]
) -> None:
    together = one_by_one = throughput.initial(ROWS)
    for ticks in (first, then):
        together = throughput.count(together, ticks, DEFAULT)
        for tick in ticks:
            one_by_one = throughput.count(one_by_one, [tick], DEFAULT)
        for name in Throughput.__slots__:
            np.testing.assert_array_equal(getattr(together, name), getattr(one_by_one, name), name)


def test_what_is_counted_together_is_what_flowed() -> None:
    hour = [
        Passed(
            np.full(STRINGS, ChargePhase.DISCHARGE, np.uint8),
            np.array([-40.0, 0.0]),
            np.array([-40.0, 0.0]),
            np.full(STRINGS, 0.2),
            10.0,
        )
    ] * 360
    counted = throughput.count(throughput.initial(ROWS), hour, DEFAULT)
    np.testing.assert_allclose(counted.given_ah, [40.0, 0.0])
    assert counted.span_s == 3600.0
