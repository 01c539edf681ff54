"""A line on which everything goes wrong never makes the engine believe a wrong value.

Four modules of our own map and four devices without any guard stand on one line in virtual time,
which is asked without a rest. Of every hundred answers five are spoilt. What the simulator counts
as impossible to tell apart is all that may get through, and only on devices without a guard:

* `crc_passed`: frames that arrive otherwise than any device sent them and whose CRC-16 fits by
  chance. No burst of up to 16 bits is among them, as the CRC finds each of those.
* `mistakable`: whole answers of the unit, function and length asked for last that belong to an
  older request (or to a second device at the address). An RTU answer repeats nothing else of its
  request. None that comes within `max_turnaround` is among them, as the same unit is not asked
  again before that time is over.

A module of our own map repeats the request counter and adds a check of its own, so that there
nothing at all gets through: up to seven requests of that unit late, and whatever the burst.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bacs_core.simulator.faults import Fault
from tests.core.bus.hostile import HostileLine, make_line_with, make_master
from tests.core.bus.hostile_faults import (
    BEYOND_LIMITS,
    EVERYTHING,
    VERY_LATE,
    WITHIN_LIMITS,
    check_beyond_limits,
    check_within_limits,
    tell,
)


def run(name: str, faults: Sequence[Fault], transactions: int) -> HostileLine:
    """Go through so many transactions in virtual time."""
    hostile = make_line_with(faults, seed=1)
    master = make_master(hostile)
    master.run(transactions)
    tell(name, hostile, transactions, master.errors)
    assert hostile.virtual.counters.held_up == 0, "virtual time holds nobody up"
    assert hostile.judge.accepted > 0.8 * transactions, "the line still works"
    return hostile


def test_within_its_limits_no_device_is_ever_misread() -> None:
    check_within_limits(run("within", WITHIN_LIMITS, 8_000))


def test_beyond_all_limits_only_what_rtu_cannot_tell_is_misread_and_our_map_never() -> None:
    check_beyond_limits(run("beyond", BEYOND_LIMITS, 8_000))


def test_very_late_answers_show_that_wrong_values_are_found_and_what_an_echo_is_worth() -> None:
    hostile = make_line_with(VERY_LATE, seed=1)
    make_master(hostile).run(3_000)
    check_beyond_limits(hostile)
    assert hostile.judge.wrong_of(guarded=False, older=True) > 0
    assert hostile.judge.given_away > 0


def test_everything_at_once_is_no_worse() -> None:
    check_beyond_limits(run("everything", EVERYTHING, 4_000))


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_million_transactions_within_the_limits() -> None:
    check_within_limits(run("within", WITHIN_LIMITS, 1_000_000))


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_million_transactions_beyond_all_limits() -> None:
    check_beyond_limits(run("beyond", BEYOND_LIMITS, 1_000_000))


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_hundred_thousand_transactions_with_everything_at_once() -> None:
    check_beyond_limits(run("everything", EVERYTHING, 100_000))
