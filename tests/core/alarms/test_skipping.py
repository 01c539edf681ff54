"""What is not looked at in a tick would have changed nothing: only the same is skipped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings, strategies as st

from bacs_core.alarms.book import AlarmBook
from bacs_core.alarms.inputs import Inputs, Strangers
from bacs_core.alarms.machine import evaluate
from bacs_core.estimation import Estimate
from bacs_core.model import Basis, ChargePhase, RunawayStage, TripState
from bacs_core.protection.trips import Trip
from tests.core.alarms.build import FLOAT_V, ROOM, SITE, Moment, at_float, inputs
from tests.core.equalization.build import NAN, START, readings

KEY = ROOM.key
#: Well, in the hysteresis, wrong, far out, and unknown.
voltages = st.sampled_from([2.27, 2.19, 2.205, 2.335, 2.0, 2.6, NAN])
temperatures = st.sampled_from([25.0, 34.0, 36.0, 49.0, 51.0, NAN])
trips = st.sampled_from(
    [
        Trip(TripState.ARMED, contact_open=False),
        Trip(TripState.ARMED, contact_open=True),
        Trip(TripState.TRIPPING),
    ]
)
moments = st.builds(
    lambda volts, warmth, health, stage, phase, trip, strange, missing: Moment(
        readings={KEY: readings(volts, temperature_c=warmth)},
        figures={"health": {KEY: health}},
        stage={KEY: {0: stage}},
        phase={KEY: phase},
        trips={KEY: trip},
        strangers=Strangers(cells={KEY: strange}) if strange else Strangers(),
        temperature_missing={KEY: missing},
    ),
    st.tuples(*[voltages] * 4),
    st.tuples(*[temperatures] * 4),
    st.sampled_from([100.0, 81.0, 70.0]),
    st.sampled_from([RunawayStage.NONE, RunawayStage.PRE_ALERT, RunawayStage.ALARM]),
    st.sampled_from([ChargePhase.FLOAT, ChargePhase.BULK, ChargePhase.DISCHARGE]),
    trips,
    st.sampled_from([(), (1,), (0, 1, 2, 3)]),
    st.sampled_from([(), (2,), (0, 1, 2, 3)]),
)
#: A moment lasts for some ticks, so that there is something to skip.
lasting = st.lists(
    st.tuples(moments, st.integers(1, 5), st.integers(1, 80)), min_size=1, max_size=8
)


def at(moment: Moment, now: float) -> Inputs:
    """Read the moment at `now`."""
    told = {
        key: replace(
            one,
            columns={
                quantity: replace(column, read_at=np.where(np.isnan(column.values), NAN, now))
                for quantity, column in one.columns.items()
            },
        )
        for key, one in moment.readings.items()
    }
    return inputs(replace(moment, readings=told), now)


def looking_everywhere(book: AlarmBook) -> AlarmBook:
    """Return the book without anything that lets it skip."""
    memories = {
        name: replace(memory, standing=None, quiet=False) for name, memory in book.memories.items()
    }
    return replace(book, memories=memories, slow=None, still=(), well={}, made={})


@settings(deadline=None, max_examples=15)
@given(lasting)
def test_a_book_that_skips_is_the_one_that_looks_everywhere(
    told: list[tuple[Moment, int, int]],
) -> None:
    skips, looks, now = AlarmBook(), AlarmBook(), START
    for moment, ticks, step_s in told:
        first = at(moment, now + step_s)
        for _ in range(ticks):
            now += step_s
            tick = at(moment, now)
            # What has not changed is the same object from tick to tick, as in the engine.
            lasts = replace(tick, estimates=first.estimates, plan=first.plan, verdict=first.verdict)
            skips = evaluate(SITE, lasts, skips, now)
            looks = evaluate(SITE, tick, looking_everywhere(looks), now)
            assert skips.occurrences == looks.occurrences
            assert skips.told == looks.told
            assert skips.marks.tolist() == looks.marks.tolist()


def test_an_estimate_that_is_the_same_object_is_not_looked_at_and_another_one_is() -> None:
    book, moment = AlarmBook(), Moment(readings={KEY: at_float(START)})
    tick = inputs(moment, START)
    book = evaluate(SITE, tick, book, START)
    slow = book.slow
    book = evaluate(SITE, replace(tick, frame=inputs(moment, START + 1).frame), book, START + 1)
    assert book.slow is slow
    count = tick.frame.rows.cell_count
    worn = Estimate(
        np.full(count, 60.0),
        np.full(count, 5.0),
        np.full(count, Basis.DISCHARGE, np.uint8),
        np.full(count, START),
    )
    for seconds in (2, 70):
        other = inputs(Moment(readings={KEY: at_float(START + seconds)}), START + seconds)
        other = replace(other, estimates=replace(tick.estimates, health=worn))
        book = evaluate(SITE, other, book, START + seconds)
    assert "cell_health_low" in {alarm.rule.name for alarm in book.raised}


def test_a_delay_ends_in_time_although_nothing_else_changes() -> None:
    book = AlarmBook()
    raised_after_s = None
    for seconds in range(130):
        low = readings((2.19, *FLOAT_V[1:]), START + seconds, temperature_c=[25] * 4)
        book = evaluate(SITE, inputs(Moment({KEY: low}), START + seconds), book, START + seconds)
        if raised_after_s is None and book.raised:
            raised_after_s = seconds
    assert raised_after_s == 60
