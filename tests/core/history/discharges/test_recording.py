"""The frames of a discharge: bounded, with its first sample, its end and every collapse."""

from __future__ import annotations

import numpy as np
import pytest

from bacs_core.history.discharges import folding
from bacs_core.history.discharges.cells import at_end
from bacs_core.history.discharges.recording import (
    KEPT_FRAMES,
    Frames,
    chosen_frames,
    packed,
    unpacked,
)
from bacs_core.history.discharges.samples import Samples
from bacs_core.history.errors import HistoryError
from tests.core.history.discharges.plants import STRING, Run

STARTED = 1_790_000_000_000
BATTERY = Run(STRING).battery


def long_discharge(count: int, collapsed_at: int) -> Samples:
    """One sample a second; cell 4 comes to its end voltage at one of them."""
    voltage_v = np.full((count, 12), 2.0) - np.arange(count)[:, np.newaxis] * 1e-6
    voltage_v[collapsed_at:, 3] = 1.75
    return Samples(
        STARTED + 1000 * np.arange(count),
        voltage_v,
        np.full((count, 12), 25.0),
        voltage_v.sum(axis=1),
        np.full(count, -20.0),
    )


def recorded(samples: Samples, per_block: int = 500) -> folding.Fold:
    fold = folding.begun(BATTERY, STARTED)
    for first in range(0, len(samples.at), per_block):
        part = np.zeros(len(samples.at), np.bool_)
        part[first : first + per_block] = True
        fold = folding.added(fold, samples.where(part))
    return fold


def test_first_end_and_collapse_stay_however_long_it_lasts() -> None:
    samples = long_discharge(20_000, collapsed_at=12_347)
    fold = recorded(samples)
    frames = fold.recording.frames
    assert len(frames.at) <= 2 * KEPT_FRAMES + 2
    for place in (0, 12_347, 19_989):
        (found,) = np.flatnonzero(frames.at == samples.at[place])
        assert frames.voltage_v[found].tolist() == samples.voltage_v[place].tolist()
    shown = chosen_frames(frames, 20, fold.marks)
    assert len(shown.at) <= 21
    assert {samples.at[0], samples.at[12_347], samples.at[19_989]} <= set(shown.at.tolist())
    assert np.diff(shown.at).max() < 20_000_000 / 19 * 1.1


def test_a_short_discharge_is_kept_whole_up_to_its_end() -> None:
    samples = long_discharge(300, collapsed_at=250)
    frames = recorded(samples, per_block=7).recording.frames
    assert frames.at.tolist() == samples.at[:290].tolist()
    assert frames.given_ah[-1] == pytest.approx(20 * 289 / 3600)


@pytest.mark.parametrize("per_block", [1, 7, 500])
def test_cells_that_were_read_after_the_charger_came_back_are_not_told_as_the_end(
    per_block: int,
) -> None:
    samples = long_discharge(310, collapsed_at=310)
    # One round of the line: some cells already rise while the current is still the old one.
    for place in range(302, 305):
        samples.voltage_v[place, : 4 * (place - 301)] += 0.033
    samples.voltage_v[305:] += 0.1
    samples.sum_v[:] = samples.voltage_v.sum(axis=1)
    samples.current_a[305:] = 15.0
    fold = recorded(samples, per_block).under_load
    assert fold.ledger.last_at == samples.at[304]
    assert fold.ledger.given_ah == pytest.approx(20 * 304 / 3600)
    end_v = at_end(fold.cells, fold.end_at)
    assert np.ptp(end_v) == pytest.approx(0.0)
    assert fold.end_sum_v == pytest.approx(end_v.sum())
    assert np.ptp(fold.recording.frames.voltage_v[-1]) == pytest.approx(0.0)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_of_a_dip_the_end_is_half_way(count: int) -> None:
    fold = recorded(long_discharge(count, collapsed_at=count), per_block=1)
    assert fold.end_at == STARTED + 1000 * ((count - 1) // 2)
    assert np.isfinite(at_end(fold.cells, fold.end_at)).all()
    assert len(fold.recording.frames.at) == (count + 1) // 2


def test_a_discharge_of_which_the_first_sample_came_late_has_an_end() -> None:
    samples = long_discharge(100, collapsed_at=100)
    fold = recorded(samples.where(samples.at >= STARTED + 90_000), per_block=1)
    assert fold.end_at == STARTED + 90_000
    assert len(recorded(samples, per_block=1).recording.frames.at) == 90


def test_what_is_stored_comes_back_in_whole_steps() -> None:
    random = np.random.default_rng(4)
    frames = Frames(
        np.sort(random.integers(0, 10**8, 50)) + STARTED,
        np.round(random.uniform(-30, 17, (50, 7)), 3),
        np.round(random.uniform(0, 600, 50), 3),
        np.round(random.uniform(-2000, 10, 50), 3),
        np.sort(np.round(random.uniform(0, 50, 50), 4)),
    )
    frames.voltage_v[3, 2] = frames.current_a[5] = np.nan
    again = unpacked(packed(frames))
    assert again.at.tolist() == frames.at.tolist()
    for name in ("voltage_v", "sum_v", "current_a", "given_ah"):
        assert getattr(again, name) == pytest.approx(getattr(frames, name), abs=1e-9, nan_ok=True)


def test_no_frames_can_be_stored_too() -> None:
    assert unpacked(packed(Frames.none(3))).voltage_v.shape == (0, 3)


@pytest.mark.parametrize("spoil", [slice(0, 5), slice(0, 40), slice(30, None)])
def test_a_spoilt_recording_is_told_and_not_guessed(spoil: slice) -> None:
    stored = packed(recorded(long_discharge(100, 50)).recording.frames)
    with pytest.raises(HistoryError, match=r"damaged|cannot be read"):
        unpacked(stored[spoil])
