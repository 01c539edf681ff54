"""Odd cells are named with the reason, the oddest first; a healthy string has none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bacs_core import equalization
from bacs_core.findings import SENTENCES, Finding, differences, follow, initial, rank
from bacs_core.findings.ranking import MOST_PER_STRING
from bacs_core.model import Basis
from bacs_core.snapshot import Floats
from tests.core.equalization.build import (
    NAN,
    START,
    a_string,
    estimates,
    readings,
    rows_and_frame,
)

CELLS = 24
STRING = a_string(CELLS)
DAY_S = 86_400.0


def noise(scale: float, seed: int = 3) -> Floats:
    return np.random.default_rng(seed).normal(0.0, scale, CELLS)


def found(
    *,
    voltage_v: Floats | None = None,
    temperature_c: Floats | None = None,
    resistance_ohm: Floats | None = None,
    rise: Floats | None = None,
    before: Floats | None = None,
    bled_ah: Floats | None = None,
    capacity_percent: Floats | None = None,
) -> tuple[Finding, ...]:
    """Rank one string; `before` is what its rises were a month ago."""
    told = readings(
        2.27 + noise(0.002) if voltage_v is None else voltage_v,
        temperature_c=22.0 + noise(0.3, 4) if temperature_c is None else temperature_c,
        resistance_ohm=3e-4 * (1 + noise(0.01, 5)) if resistance_ohm is None else resistance_ohm,
    )
    rows, frame = rows_and_frame(STRING, told, START)
    known = estimates(rows, capacity_percent=capacity_percent)
    if capacity_percent is not None:
        basis = np.full(CELLS, Basis.DISCHARGE, np.uint8)
        known = replace(known, capacity=replace(known.capacity, basis=basis))
    if rise is not None:
        known = replace(known, resistance_rise=rise)
    plan = equalization.plan(frame, known, equalization.initial(rows), equalization.orders_of(rows))
    if bled_ah is not None:
        plan = replace(plan, bled_ah=bled_ah)
    apart = differences(frame, known, plan)
    trends = initial(rows)
    if before is not None:
        trends = follow(trends, {**apart, "resistance": before}, START - DAY_S)
    return rank(frame, known, apart, trends)


def one(cell: int, value: float, others: Floats) -> Floats:
    values = others.copy()
    values[cell - 1] = value
    return values


def test_a_healthy_string_has_no_odd_cell() -> None:
    assert found(rise=noise(0.01, 6), bled_ah=np.abs(noise(0.2, 7))) == ()


def test_cells_that_are_all_equal_make_no_outlier_of_the_least_noise() -> None:
    equal = np.full(CELLS, 2.27)
    assert found(voltage_v=one(5, 2.273, equal), temperature_c=np.full(CELLS, 22.0)) == ()


def test_resistance_above_its_own_baseline_is_named_as_in_the_field() -> None:
    ((finding),) = found(rise=one(7, 0.23, noise(0.01, 6)), before=noise(0.01, 6))
    assert finding.text == "cell 07: Ri 23 % above its baseline and rising"
    assert (finding.string_key, finding.cell) == (STRING.key, 7)
    assert finding.code == "resistance_above_baseline_rising"


def test_a_rise_of_long_ago_is_not_called_rising() -> None:
    rise = one(7, 0.23, noise(0.01, 6))
    ((finding),) = found(rise=rise, before=rise)
    assert finding.text == "cell 07: Ri 23 % above its baseline"


def test_every_cell_that_rose_is_told_of_even_where_most_did() -> None:
    assert len(found(rise=np.full(CELLS, 0.25))) == MOST_PER_STRING


def test_without_a_baseline_the_string_is_the_measure() -> None:
    usual = 3e-4 * (1 + noise(0.01, 5))
    ((finding),) = found(resistance_ohm=one(2, 4.2e-4, usual))
    assert finding.code == "resistance_above_string"
    assert finding.amount == pytest.approx(40, abs=2)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"voltage_v": one(9, 2.24, 2.27 + noise(0.002))}, "voltage_below_string"),
        ({"voltage_v": one(9, 2.30, 2.27 + noise(0.002))}, "voltage_above_string"),
        ({"temperature_c": one(9, 28.0, 22.0 + noise(0.3, 4))}, "warmer_than_string"),
        ({"bled_ah": one(9, 30.0, 5 + noise(0.5, 7))}, "bled_more_than_string"),
        ({"bled_ah": one(9, 0.0, 30 + noise(0.5, 7))}, "bled_less_than_string"),
        ({"capacity_percent": one(9, 71.0, np.full(CELLS, 99.0))}, "capacity_low"),
    ],
)
def test_each_way_of_being_odd_has_its_words(change: dict[str, Floats], code: str) -> None:
    ((finding),) = found(**change)
    assert (finding.cell, finding.code) == (9, code)
    assert finding.text.startswith("cell 09: ")


def test_the_oddest_cell_comes_first() -> None:
    temperature_c = one(9, 28.0, one(3, 34.0, 22.0 + noise(0.3, 4)))
    assert [finding.cell for finding in found(temperature_c=temperature_c)] == [3, 9]


def test_a_cell_without_readings_is_no_odd_one() -> None:
    nothing = one(4, NAN, 2.27 + noise(0.002))
    assert found(voltage_v=nothing, temperature_c=one(4, NAN, 22.0 + noise(0.3, 4))) == ()


def test_every_sentence_can_be_said() -> None:
    for sentence in SENTENCES.values():
        assert sentence.format(amount=1.5)
