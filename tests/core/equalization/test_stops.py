"""What stops bypass is worked out anew wherever anything about it is other than before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings, strategies as st

from bacs_core import equalization
from bacs_core.devices.panel_module import STATUS_HOT, STATUS_MEASURING_RESISTANCE
from bacs_core.equalization import Memory, Orders, Plan
from bacs_core.equalization.orders import MODES
from bacs_core.frame import gather
from bacs_core.model import ChargePhase, EqualizationMode, Inhibit
from bacs_core.rows import rows_of
from tests.core.equalization.build import NAN, START, a_string, estimates, readings

STRINGS = (a_string(3), a_string(4, number=2))
ROWS = rows_of(STRINGS)
#: The same phases are the same object, as estimation has it.
ESTIMATES = {phase: estimates(ROWS, phase) for phase in ChargePhase}
voltages = st.sampled_from([2.27, 2.28, 2.25, 2.35, NAN])
orders = st.builds(
    lambda paused, cells, modes, mixed: Orders(
        np.array(paused),
        np.array(cells),
        np.array([MODES.index(mode) for mode in modes], np.uint8),
        {Inhibit.MIXED_GENERATIONS: np.array(mixed)},
    ),
    st.tuples(st.booleans(), st.booleans()),
    st.tuples(*[st.booleans()] * 7),
    st.tuples(*[st.sampled_from(EqualizationMode)] * 2),
    st.tuples(st.booleans(), st.booleans()),
)
lasting = st.lists(
    st.tuples(
        orders,
        st.sampled_from([ChargePhase.FLOAT, ChargePhase.ABSORPTION, ChargePhase.DISCHARGE]),
        st.tuples(*[voltages] * 7),
        st.sampled_from([25.0, 70.0]),
        st.sampled_from([0, 0, STATUS_HOT, STATUS_MEASURING_RESISTANCE]),
        st.integers(1, 4),
        st.sampled_from([1, 5, 200]),
    ),
    min_size=1,
    max_size=6,
)


def forgetting(memory: Memory) -> Memory:
    """Return the memory without anything that saves work."""
    return replace(memory, stops=None, states=None, found=None, last_hot_at=None)


def told(plan: Plan) -> list[object]:
    """What a plan says, comparable."""
    names = ("duty_percent", "cell_inhibited", "limit_percent", "exhausted", "bled_ah")
    inhibited = {reason: flags.tolist() for reason, flags in plan.inhibited.items()}
    return [plan.state, inhibited, *[getattr(plan, name).tolist() for name in names]]


@settings(deadline=None, max_examples=25)
@given(lasting)
def test_a_plan_that_goes_on_from_the_one_before_is_the_one_that_works_everything_out(
    moments: list[tuple[Orders, ChargePhase, tuple[float, ...], float, int, int, int]],
) -> None:
    goes_on = works = equalization.initial(ROWS)
    now = START
    for ordered, phase, volts, warm_c, status, ticks, step_s in moments:
        known = ESTIMATES[phase]
        for _ in range(ticks):
            now += step_s
            frame = gather(
                ROWS,
                {
                    string.key: readings(
                        volts[cells],
                        now,
                        temperature_c=[warm_c, 25.0, 25.0, 25.0][: string.cell_count],
                        duty_percent=[10.0] * string.cell_count,
                        status=[status] + [0] * (string.cell_count - 1),
                    )
                    for string, cells in zip(STRINGS, ROWS.slices.values(), strict=True)
                },
                now,
            )
            first = equalization.plan(frame, known, goes_on, ordered)
            second = equalization.plan(frame, known, forgetting(works), ordered)
            goes_on, works = first.memory, second.memory
            assert told(first) == told(second)
