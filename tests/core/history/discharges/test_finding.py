"""Discharges in samples that nobody watched: those of the plant, and measured ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bacs_core.api.discharge_messages import Battery
from bacs_core.history.discharges import analysing, folding
from bacs_core.history.discharges.describing import battery_of
from bacs_core.history.discharges.finding import discharges_in
from bacs_core.history.discharges.samples import samples_of
from bacs_core.history.measured import Block
from bacs_core.model import Basis, Quantity
from tests.core.equalization.build import a_string
from tests.core.estimation.recordings import STEP_S, Recording, folder, recordings
from tests.core.history.discharges.plants import Run, discharge_of

RATED_AH = 17.0
ALL = [one for one in recordings() if "telemetry" in one.name] if folder().is_dir() else []
measured = pytest.mark.skipif(not ALL, reason=f"no measured recordings in {folder()}")


def test_a_discharge_of_the_plant_is_found_from_its_first_to_its_last_sample() -> None:
    run = Run()
    run.live(1800, 30.0)
    run.discharge(20.0, 1800, 30.0)
    run.recharge(1800)
    (found,) = discharges_in(run.blocks, run.battery)
    assert found.began / 1000 == pytest.approx(run.started, abs=1)
    assert found.last / 1000 == pytest.approx(run.ended, abs=1)
    assert not found.runs


def test_one_that_the_last_sample_belongs_to_still_runs() -> None:
    run = Run()
    run.live(600, 30.0)
    run.discharge(20.0, 600, 30.0)
    (found,) = discharges_in(run.blocks, run.battery)
    assert found.runs
    assert found.last == run.blocks[-1].at[-1]


def test_there_is_none_in_a_float() -> None:
    run = Run()
    run.live(3600, 30.0)
    assert discharges_in(run.blocks, run.battery) == []


def block_of(recording: Recording, battery: Battery) -> Block:
    count = len(recording.at)
    absent = np.full((count, 1), np.nan)
    return Block(
        battery.string_key,
        np.rint(recording.at * 1000).astype(np.int64),
        {
            **dict.fromkeys(Quantity, absent),
            Quantity.VOLTAGE: recording.voltage_v[:, np.newaxis],
            Quantity.TEMPERATURE: recording.temperature_c[:, np.newaxis],
        },
        {"sum_voltage_v": recording.voltage_v, "current_a": recording.current_a},
    )


@measured
def test_each_measured_discharge_is_found_and_its_figures_are_those_of_the_recording() -> None:
    """One 12 V 17 Ah block; the sums are compared with those taken straight from the table."""
    battery = battery_of(
        replace(
            a_string(1, cell_voltage_v=12.0, capacity_ah=RATED_AH, module_type="C24"),
            end_voltage_v=10.8,
        )
    )
    held: list[float] = []
    for recording in ALL:
        block = block_of(recording, battery)
        samples = samples_of(block, battery)
        out_ah = -np.nan_to_num(np.minimum(recording.current_a, 0)).sum() * STEP_S / 3600
        told_ah = 0.0
        for found in discharges_in([block], battery):
            its = samples.where((samples.at >= found.began - 60_000) & (samples.at <= found.last))
            fold = folding.begun(battery, found.began, longest_step_s=2 * STEP_S)
            fold = folding.added(fold, its)
            start = Run(a_string(1)).start
            told = analysing.analysed(discharge_of(fold, start), fold, start, final=True)
            figures = told.discharge.figures
            assert figures.given_ah is not None
            assert figures.given_wh is not None
            told_ah += figures.given_ah
            mean_v = figures.given_wh / figures.given_ah
            assert 10.5 < mean_v < 13.0
            if told.collapses:
                (percent,) = told.cells.capacity_percent
                assert told.cells.capacity_basis == [Basis.DISCHARGE]
                assert percent is not None
                held.append(percent)
        assert told_ah == pytest.approx(out_ah, rel=0.05)
    # Four loads from 1.5 to 3 A: it holds more than its name plate says, and always the same.
    assert len(held) >= 2
    assert max(held) - min(held) < 8
    assert 100 < min(held) < 130
