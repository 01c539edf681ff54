from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bacs_core.estimation.charge import Memory, estimate, initial
from bacs_core.model import Quantity
from bacs_core.snapshot import Floats, StringReadings
from tests.core.equalization.build import NAN, START, a_string, readings

STRING = a_string(2, capacity_ah=500.0)
FLOAT_V = [2.27, 2.27]
Read = Callable[[float], StringReadings]


def at_float(at: float) -> StringReadings:
    return readings(FLOAT_V, at, current_a=0.2, current_error_a=0.05)


def discharging(at: float) -> StringReadings:
    return readings([2.05, 2.05], at, current_a=-50.0, current_error_a=0.5)


def run(
    read: Read, seconds: float, memory: Memory | None = None, start: float = START
) -> tuple[Floats, Memory]:
    memory = memory or initial(STRING)
    for tick in range(int(seconds / 10) + 1):
        now = start + 10 * tick
        filled, memory = estimate(STRING, read(now), memory, now)
    return filled.columns[Quantity.CHARGE].values, memory


def test_before_full_was_proven_nothing_is_claimed() -> None:
    values, _ = run(at_float, 3590)
    assert np.isnan(values).all()


def test_a_stable_float_for_an_hour_proves_full() -> None:
    values, _ = run(at_float, 3600)
    assert values.tolist() == [100, 100]


@pytest.mark.parametrize(
    "read",
    [
        lambda at: readings(FLOAT_V, at),
        lambda at: readings(FLOAT_V, at, current_a=0.2),
        lambda at: readings(FLOAT_V, at, current_a=0.2, current_error_a=2.0),
        lambda at: readings(FLOAT_V, at, current_a=5.0, current_error_a=0.05),
        lambda at: readings([2.20, 2.20], at, current_a=0.2, current_error_a=0.05),
        lambda at: readings([2.27, NAN], at - 60, current_a=0.2, current_error_a=0.05),
    ],
    ids=["no sensor", "error unknown", "coarse sensor", "charging", "not at float", "old"],
)
def test_what_does_not_prove_full_never_shows_100_percent(read: Read) -> None:
    values, _ = run(read, 2 * 3600)
    assert np.isnan(values).all()


def test_an_interrupted_float_has_to_last_an_hour_anew() -> None:
    _, memory = run(at_float, 3000)
    _, memory = run(
        lambda at: readings(FLOAT_V, at, current_a=20.0, current_error_a=0.05),
        10,
        memory,
        START + 3010,
    )
    values, _ = run(at_float, 3000, memory, START + 3030)
    assert np.isnan(values).all()


def test_a_discharge_is_counted_from_the_proof_on() -> None:
    _, memory = run(at_float, 3600)
    values, _ = run(discharging, 3600, memory, START + 3610)
    assert values == pytest.approx([90, 90], abs=0.1)


def test_bled_charge_is_missing_in_the_cell_that_was_bypassed() -> None:
    _, memory = run(at_float, 3600)
    _, memory = run(discharging, 3600, memory, START + 3610)

    def recharging(at: float) -> StringReadings:
        return readings([2.2, 2.2], at, current_a=20.0, current_error_a=0.5, duty_percent=[0, 100])

    values, _ = run(recharging, 3600, memory, START + 7220)
    assert values[0] - values[1] == pytest.approx(0.85 / 500 * 100, rel=0.01)


def test_a_recharge_counts_up_to_99_percent_until_full_is_proven_again() -> None:
    _, memory = run(at_float, 3600)
    _, memory = run(discharging, 600, memory, START + 3610)
    values, memory = run(
        lambda at: readings([2.25, 2.25], at, current_a=50.0, current_error_a=0.5),
        1800,
        memory,
        START + 4220,
    )
    assert values.tolist() == [99, 99]
    values, _ = run(at_float, 3600, memory, START + 6030)
    assert values.tolist() == [100, 100]


def test_a_current_inside_the_stated_error_is_not_counted_and_is_no_100_percent_off_float() -> None:
    _, memory = run(at_float, 3600)
    values, _ = run(
        lambda at: readings(
            [2.2, 2.2], at, current_a=-0.4, current_error_a=0.5, duty_percent=[0, 50]
        ),
        7200,
        memory,
        START + 3610,
    )
    assert values.tolist() == [99, 99]


def test_a_short_silence_of_the_sensor_is_bridged_and_a_long_one_forgets_the_proof() -> None:
    _, memory = run(at_float, 3600)
    values, memory = run(lambda at: readings(FLOAT_V, at), 50, memory, START + 3610)
    assert values == pytest.approx([99, 99], abs=1)
    values, _ = run(lambda at: readings(FLOAT_V, at), 60, memory, START + 3670)
    assert np.isnan(values).all()


def test_what_a_device_says_wins_and_carries_its_own_time() -> None:
    _, memory = run(at_float, 3600)
    now = START + 3610
    read = readings(
        FLOAT_V, now - 3, charge_percent=[87.5, NAN], current_a=0.2, current_error_a=0.05
    )
    filled, _ = estimate(STRING, read, memory, now)
    column = filled.columns[Quantity.CHARGE]
    assert column.values.tolist() == [87.5, 100]
    assert column.read_at.tolist() == [now - 3, now]
