"""What a discharge says, against what the simulator's plant truly is."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from bacs_core.api.discharge_messages import CellFault, CollapseSign
from bacs_core.history.discharges import analysing, folding
from bacs_core.history.discharges.analysing import Seen
from bacs_core.history.discharges.capacities import Start
from bacs_core.history.discharges.samples import Samples
from bacs_core.model import Basis, Chemistry
from tests.core.equalization.build import a_string
from tests.core.history.discharges.plants import BLOCKS, STRING, Run, discharge_of, without_current

COARSE_S = 60.0
WEAK, SHORTED, OPEN = 5, 3, 8
STRING_END_V = 1.8


@cache
def weak() -> Run:
    """Eight hours at C/10 with a cell of 70 %."""
    run = Run()
    run.plant.defects.weaken(WEAK - 1, 0.7)
    run.live(60)
    run.discharge(10.0, 8 * 3600, 30.0)
    run.recharge()
    return run


@cache
def healthy() -> Run:
    """Blocks that are taken down to their end voltage at C/5; then the load lets go."""
    run = Run(BLOCKS)
    run.live(60)
    end_v = 8 * run.battery.end_voltage_v
    run.discharge(20.0, 7 * 3600, 30.0, until=lambda p: p.truth_rows().string_voltage_v[0] < end_v)
    run.rest()
    return run


@cache
def short_load() -> Run:
    """A quarter of an hour at 1 C with a cell of 60 %."""
    run = Run()
    run.plant.defects.weaken(WEAK - 1, 0.6)
    run.live(60)
    run.discharge(100.0, 900, 5.0)
    run.recharge()
    return run


def test_the_figures_are_those_of_the_plant() -> None:
    run = weak()
    figures = run.analysis().discharge.figures
    assert figures.hours == pytest.approx(8.0, rel=1e-3)
    # The sensor of this plant errs by 1.5 %.
    assert figures.given_ah == pytest.approx(run.true_ah, rel=0.02)
    assert figures.given_wh == pytest.approx(run.true_wh, rel=0.02)
    assert figures.mean_current_a == pytest.approx(10.0, rel=0.02)
    assert figures.largest_current_a == pytest.approx(10.2, abs=0.1)
    assert figures.depth_percent == pytest.approx(80.0, rel=0.02)
    assert figures.start_voltage_v == pytest.approx(12 * 2.27, abs=0.05)
    assert figures.temperature_rise_k is not None
    assert 0 < figures.temperature_rise_k < 5
    assert (figures.lower_bound, figures.gaps) == (False, [])


def test_a_weak_cell_is_named_with_its_capacity() -> None:
    run = weak()
    told = run.analysis()
    true_percent = run.plant.truth_rows().capacity_ah / STRING.capacity_ah * 100
    assert [(found.cell, found.fault) for found in told.faults] == [(WEAK, CellFault.WEAK)]
    assert told.faults[0].text == "cell 5: holds only 72 % of its rated capacity"
    assert told.cells.capacity_basis[WEAK - 1] is Basis.DISCHARGE
    measured, error = (
        told.cells.capacity_percent[WEAK - 1],
        told.cells.capacity_uncertainty_percent[WEAK - 1],
    )
    assert measured is not None
    assert error is not None
    assert abs(measured - true_percent[WEAK - 1]) < error < 8


def test_every_cell_that_did_not_come_to_its_end_holds_at_least_what_it_gave() -> None:
    run = weak()
    told = run.analysis()
    true_percent = run.plant.truth_rows().capacity_ah / STRING.capacity_ah * 100
    for cell in set(range(12)) - {WEAK - 1}:
        bound = told.cells.capacity_percent[cell]
        assert told.cells.capacity_basis[cell] is Basis.LOWER_BOUND
        assert told.cells.capacity_uncertainty_percent[cell] is None
        assert bound is not None
        assert 75 < bound <= true_percent[cell]


def test_the_first_collapse_tells_time_charge_and_voltage() -> None:
    run = weak()
    (collapse,) = run.analysis().collapses
    assert (collapse.rank, collapse.cell, collapse.sign) == (1, WEAK, CollapseSign.END_VOLTAGE)
    assert collapse.voltage_v == pytest.approx(STRING_END_V, abs=0.01)
    assert collapse.after_ah == pytest.approx(10.0 * collapse.after_s / 3600, rel=0.02)
    assert collapse.at.timestamp() == pytest.approx(run.started + collapse.after_s, abs=0.01)


def test_the_end_bar_is_the_lowest_and_the_last_sure_voltage_under_load() -> None:
    run = weak()
    cells = run.analysis().cells
    samples = run.samples()
    loaded = samples.where((samples.at >= run.started * 1000) & (samples.at <= run.ended * 1000))
    assert cells.lowest_v == pytest.approx(loaded.voltage_v.min(axis=0).tolist(), abs=5e-4)
    sure = loaded.where(loaded.at <= loaded.at[-1] - 10_000)
    assert cells.end_v == pytest.approx(sure.voltage_v[-1].tolist(), abs=5e-4)
    before_v, loaded_v = cells.before_v[0], cells.loaded_v[0]
    assert before_v is not None
    assert loaded_v is not None
    assert before_v > loaded_v


def test_the_smallest_cells_of_a_healthy_battery_come_to_their_end_first_and_none_is_weak() -> None:
    run = healthy()
    told = run.analysis()
    smallest = np.argsort(run.plant.truth_rows().capacity_ah).tolist()
    order = [collapse.cell - 1 for collapse in told.collapses]
    assert len(order) >= 3
    # Cells within a percent of each other: modules err by more than that.
    assert set(order) <= set(smallest[: len(order) + 1])
    assert order[0] in smallest[:3]
    assert [one.after_s for one in told.collapses] == sorted(one.after_s for one in told.collapses)
    assert told.faults == []
    assert told.spread.before_v is not None
    assert told.spread.end_v is not None
    assert told.spread.end_v > 5 * told.spread.before_v


def test_capacities_of_cells_that_came_to_their_end_hold_within_their_uncertainty() -> None:
    run = healthy()
    cells = run.analysis().cells
    true_percent = run.plant.truth_rows().capacity_ah
    measured = [
        (percent, error, true)
        for percent, error, true, basis in zip(
            cells.capacity_percent,
            cells.capacity_uncertainty_percent,
            true_percent,
            cells.capacity_basis,
            strict=True,
        )
        if basis is Basis.DISCHARGE and percent is not None and error is not None
    ]
    assert len(measured) >= 3
    assert all(abs(percent - true) < error for percent, error, true in measured)


def test_a_cell_with_a_shorted_element_is_named_from_the_first_moment() -> None:
    run = Run(BLOCKS)
    run.plant.defects.short(SHORTED - 1, 1)
    run.live(1800, COARSE_S)
    run.discharge(20.0, 1800)
    run.recharge()
    told = run.analysis()
    assert [(found.cell, found.fault) for found in told.faults] == [(SHORTED, CellFault.SHORTED)]
    assert told.faults[0].wording.code == "discharge_shorted"
    assert told.faults[0].wording.arguments["amount"] == pytest.approx(1.8, abs=0.4)
    assert told.cells.capacity_basis[SHORTED - 1] is Basis.NONE
    assert {told.cells.capacity_basis[cell] for cell in (0, 1, 3)} == {Basis.LOWER_BOUND}


def test_a_cell_that_opens_is_named_as_the_place_where_the_current_ceased() -> None:
    run = Run()
    run.live(60)
    run.discharge(20.0, 1200)
    run.plant.defects.break_open(OPEN - 1)
    run.live(60)
    told = run.analysis()
    assert [(found.cell, found.fault) for found in told.faults] == [(OPEN, CellFault.OPEN)]


def test_a_load_that_is_switched_off_opens_no_cell() -> None:
    run = Run()
    run.live(60)
    run.discharge(20.0, 600)
    run.rest()
    assert run.analysis().faults == []


def test_a_weak_cell_shows_in_a_discharge_that_ends_long_before_it_is_empty() -> None:
    run = short_load()
    told = run.analysis()
    assert [(found.cell, found.fault) for found in told.faults] == [(WEAK, CellFault.WEAK)]
    assert told.faults[0].wording.code == "discharge_weak_behind"
    assert told.collapses == []


def test_without_a_current_sensor_everything_is_told_that_needs_none() -> None:
    run = weak()
    blind = without_current(run)
    told, seeing = blind.analysis(start=run.start), run.analysis()
    figures = told.discharge.figures
    assert (figures.given_ah, figures.given_wh, figures.depth_percent) == (None, None, None)
    assert (figures.mean_current_a, figures.largest_current_a) == (None, None)
    assert (figures.gap_count, figures.lower_bound) == (0, False)
    assert told.cells.lowest_v == seeing.cells.lowest_v
    assert told.cells.empty_at == seeing.cells.empty_at
    assert [collapse.after_ah for collapse in told.collapses] == [None]
    assert [(found.cell, found.fault) for found in told.faults] == [(WEAK, CellFault.WEAK)]
    assert set(told.cells.capacity_basis) == {Basis.NONE}


def test_over_a_gap_the_sums_are_lower_bounds_and_the_gap_is_told() -> None:
    run = short_load()
    whole = run.samples()
    lost = (whole.at > (run.started + 300) * 1000) & (whole.at < (run.started + 600) * 1000)
    fold = folding.begun(run.battery, round(run.started * 1000))
    fold = folding.added(fold, whole.where(~lost & (whole.at <= run.ended * 1000)))
    figures = run.analysis(fold=fold).discharge.figures
    assert figures.lower_bound
    assert figures.gap_count == 1
    assert figures.gap_s == pytest.approx(300, abs=11)
    assert figures.gaps[0].start.timestamp() == pytest.approx(run.started + 300, abs=6)
    assert figures.given_ah == pytest.approx(100 * 600 / 3600, rel=0.03)


def test_a_current_that_is_lost_for_a_while_is_a_gap_too() -> None:
    run = short_load()
    samples = run.samples()
    lost = (samples.at > (run.started + 300) * 1000) & (samples.at < (run.started + 400) * 1000)
    blind = replace(samples, current_a=np.where(lost, np.nan, samples.current_a))
    fold = folding.begun(run.battery, round(run.started * 1000))
    fold = folding.added(fold, blind.where(blind.at <= run.ended * 1000))
    figures = run.analysis(fold=fold).discharge.figures
    assert figures.lower_bound
    assert figures.gap_count == 1
    assert figures.given_ah == pytest.approx(100 * 800 / 3600, rel=0.03)


def test_a_discharge_whose_beginning_nobody_saw_measures_no_capacity() -> None:
    run = weak()
    told = run.analysis(seen=Seen(start=False))
    assert told.discharge.figures.lower_bound
    assert Basis.DISCHARGE not in told.cells.capacity_basis
    assert told.cells.capacity_basis[WEAK - 1] is Basis.LOWER_BOUND


def test_where_the_charge_at_the_beginning_is_unknown_there_are_only_bounds() -> None:
    run = weak()
    told = run.analysis(start=Start.unknown(12))
    assert set(told.cells.capacity_basis) == {Basis.LOWER_BOUND}


def test_what_was_learned_of_the_weakest_cell_gives_the_second_depth() -> None:
    run = weak()
    learned = np.full(12, np.nan)
    learned[WEAK - 1] = 70.0
    figures = run.analysis(start=replace(run.start, learned_percent=learned)).discharge.figures
    assert figures.depth_percent is not None
    assert figures.depth_of_learned_percent == pytest.approx(figures.depth_percent / 0.7, rel=1e-3)


@pytest.mark.parametrize("per_block", [1, 7, 1000])
def test_it_does_not_matter_in_which_pieces_the_samples_come(per_block: int) -> None:
    run = short_load()
    assert run.analysis(fold=run.fold(per_block)) == run.analysis()


def test_moments_that_come_twice_count_once() -> None:
    run = short_load()
    samples = run.samples()
    again = np.concatenate([np.arange(50), np.arange(len(samples.at))])
    fold = folding.begun(run.battery, round(run.started * 1000))
    doubled = Samples(
        samples.at[again],
        samples.voltage_v[again],
        samples.temperature_c[again],
        samples.sum_v[again],
        samples.current_a[again],
    )
    fold = folding.added(fold, doubled.where(doubled.at <= run.ended * 1000))
    assert fold.ledger.given_ah == pytest.approx(run.fold().ledger.given_ah, rel=1e-9)


def test_a_step_of_the_clock_moves_every_time_and_nothing_else() -> None:
    run = weak()
    fold = run.fold()
    moved = folding.shifted(fold, 3_600_000)
    told, later = (
        analysing.analysed(discharge_of(each, run.start), each, run.start, final=True)
        for each in (fold, moved)
    )
    assert later.collapses[0].at.timestamp() - told.collapses[0].at.timestamp() == 3600
    assert later.collapses[0].after_s == told.collapses[0].after_s
    assert later.cells.lowest_v == told.cells.lowest_v


def opening(voltages_v: list[float], chemistry: Chemistry = Chemistry.VRLA) -> Run:
    """A string whose cells all show these voltages, ten seconds apart."""
    run = Run(replace(a_string(4, capacity_ah=100.0), chemistry=chemistry))
    run.started, run.ended = 1e9, 1e9 + 10 * len(voltages_v)
    return run


def dip(run: Run, voltages_v: list[float], current_a: list[float] | None = None) -> folding.Fold:
    count = len(voltages_v)
    voltage_v = np.repeat(np.array(voltages_v)[:, np.newaxis], 4, axis=1)
    samples = Samples(
        np.array([round((run.started + 10 * place) * 1000) for place in range(count)]),
        voltage_v,
        np.full((count, 4), 25.0),
        voltage_v.sum(axis=1),
        np.array(current_a or [-20.0] * count),
    )
    return folding.added(folding.begun(run.battery, round(run.started * 1000)), samples)


COUP = [2.10, 2.02, 1.98, 1.97, 1.985, 1.995, 2.00, 2.00, 1.995, 1.99, 1.98]


def test_the_dip_at_the_beginning_of_a_lead_battery_is_told() -> None:
    found = analysing.coup_de_fouet(dip(opening(COUP), COUP))
    assert found is not None
    assert (found.trough_v, found.trough_after_s) == (1.97, 30.0)
    assert (found.plateau_v, found.plateau_after_s) == (2.0, 60.0)


def test_a_voltage_that_only_falls_has_no_such_dip() -> None:
    falls = [2.10 - 0.005 * place for place in range(12)]
    assert analysing.coup_de_fouet(dip(opening(falls), falls)) is None


def test_a_voltage_that_rises_because_the_load_fell_is_no_such_dip() -> None:
    currents = [-40.0] * 4 + [-20.0] * 7
    assert analysing.coup_de_fouet(dip(opening(COUP), COUP, currents)) is None


def test_other_chemistries_have_no_such_dip() -> None:
    run = opening(COUP, Chemistry.NICD)
    assert analysing.coup_de_fouet(dip(run, COUP)) is None


def test_a_cell_that_bends_down_while_the_others_go_on_shows_a_knee() -> None:
    run = opening([0.0] * 60)
    run.ended = run.started + 600
    count = 61
    voltage_v = np.full((count, 4), 2.0) - np.arange(count)[:, np.newaxis] * 1e-4
    voltage_v[30:, 1] -= np.linspace(0, 0.18, count - 30)
    samples = Samples(
        np.array([round((run.started + 10 * place) * 1000) for place in range(count)]),
        voltage_v,
        np.full((count, 4), 25.0),
        voltage_v.sum(axis=1),
        np.full(count, -20.0),
    )
    fold = folding.added(folding.begun(run.battery, round(run.started * 1000)), samples)
    told = analysing.analysed(discharge_of(fold, run.start), fold, run.start, final=True)
    assert [(one.cell, one.sign) for one in told.collapses] == [(2, CollapseSign.KNEE)]
    assert 300 < told.collapses[0].after_s < 600
    assert [found.fault for found in told.faults] == [CellFault.WEAK]


def test_cells_that_touch_the_end_voltage_only_under_the_first_blow_have_not_collapsed() -> None:
    blow = [2.10, 1.79, 1.79, *[1.95] * 20]
    assert analysing.collapses_of(dip(opening(blow), blow)) == []
