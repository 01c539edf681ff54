"""What is told of discharges out of the history: what was kept of them, else the samples anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import numpy as np

from bacs_core.api.discharge_messages import (
    Comparison,
    Discharge,
    DischargeAnalysis,
    ReplacedCell,
    Replay,
)
from bacs_core.errors import RefusedError
from bacs_core.history.discharges import analysing, folding, recording
from bacs_core.history.discharges.analysing import Seen, values
from bacs_core.history.discharges.comparing import Recorded, compared
from bacs_core.history.discharges.folding import Fold
from bacs_core.history.discharges.ledger import counted
from bacs_core.history.discharges.recording import Frames
from bacs_core.history.discharges.rows import Kept
from bacs_core.history.discharges.samples import Samples, samples_of
from bacs_core.history.measured import Moments
from bacs_core.history.moments import to_milliseconds
from bacs_core.history.reader import HistoryReader
from bacs_core.model import MaintenanceWork
from bacs_core.snapshot import Floats

_MILLISECOND: Final = timedelta(milliseconds=1)


def kept(reader: HistoryReader, number: int) -> Kept:
    """Return a discharge; raises `RefusedError` (`unknown_discharge`)."""
    found = reader.discharge(number)
    if found is None:
        raise RefusedError(f"there is no discharge {number}", code="unknown_discharge")
    return found


def kept_analysis(reader: HistoryReader, number: int) -> DischargeAnalysis | None:
    """Return what is kept of what a discharge says; `None`: the samples have to be read anew."""
    return kept(reader, number).analysis


def analysis_of(reader: HistoryReader, number: int) -> DischargeAnalysis:
    """Return what a discharge says; one that runs is analysed as far as it is recorded."""
    found = kept(reader, number)
    if found.analysis is None or not found.analysis.final:
        return _analysed_anew(reader, found)
    return found.analysis


def kept_replay(reader: HistoryReader, number: int, points: int) -> Replay | None:
    """Return a discharge in about `points` of the kept frames; `None`: they are too few."""
    found = kept(reader, number)
    if found.frames is None or points > len(found.frames.at):
        return None
    return _replay(found, found.frames, points, _marks(found.analysis))


def replay_of(reader: HistoryReader, number: int, points: int) -> Replay:
    """Return a discharge in about `points` frames; the samples are read where too few are kept."""
    if (told := kept_replay(reader, number, points)) is not None:
        return told
    found = kept(reader, number)
    frames, marks = found.frames, _marks(found.analysis)
    finer, its_marks = _frames_anew(reader, found, points)
    if frames is None or len(finer.at) > len(frames.at):
        frames, marks = finer, np.union1d(marks, its_marks)
    return _replay(found, frames, points, marks)


def kept_comparison(reader: HistoryReader, first: int, second: int) -> Comparison | None:
    """Compare two discharges by what is kept; `None`: one of them is not kept, for it runs."""
    both = [kept(reader, number) for number in (first, second)]
    if any(found.frames is None or found.analysis is None for found in both):
        return None
    return comparison_of(reader, first, second)


def comparison_of(reader: HistoryReader, first: int, second: int) -> Comparison:
    """Compare two discharges of a string, the earlier one first."""
    one, other = sorted(
        (kept(reader, first), kept(reader, second)), key=lambda found: found.discharge.started_at
    )
    replaced = [
        ReplacedCell(cell=entry.cell, at=entry.at)
        for entry in reader.maintenance(string_key=one.discharge.battery.string_key)
        if entry.cell is not None
        and entry.entry.work is MaintenanceWork.CELL_REPLACED
        and one.discharge.started_at < entry.at <= other.discharge.started_at
    ]
    return compared(_recorded(reader, one), _recorded(reader, other), replaced)


def _replay(found: Kept, frames: Frames, points: int, marks: Floats) -> Replay:
    shown = recording.chosen_frames(frames, points, marks)
    return Replay(
        id=found.discharge.id,
        battery=found.discharge.battery,
        at=[int(at) for at in shown.at],
        sum_voltage_v=values(shown.sum_v, 3),
        current_a=values(shown.current_a, 3),
        given_ah=values(shown.given_ah, 4),
        voltage_v=[values(row, 3) for row in shown.voltage_v],
    )


def _fold_of(reader: HistoryReader, discharge: Discharge) -> Fold:
    """Fold the samples of a discharge anew."""
    fold = folding.begun(discharge.battery, to_milliseconds(discharge.started_at))
    for samples in _samples(reader, discharge):
        fold = folding.added(fold, samples)
    return fold.under_load


def _recorded(reader: HistoryReader, found: Kept) -> Recorded:
    frames = found.frames
    if frames is None:
        frames = _fold_of(reader, found.discharge).recording.frames
    return Recorded(found.analysis or _analysed_anew(reader, found), frames)


def _analysed_anew(reader: HistoryReader, found: Kept) -> DischargeAnalysis:
    discharge = found.discharge
    fold = _fold_of(reader, discharge)
    if fold.is_empty and found.analysis is not None:
        return found.analysis
    if not fold.is_empty:
        told = discharge.figures
        seen = Seen(start=not told.start_unseen, end=not told.end_unseen)
        newest = analysing.figures(fold, found.start, fold.ledger.last_at, seen)
        discharge = discharge.model_copy(update={"figures": newest})
    return analysing.analysed(discharge, fold, found.start, final=discharge.ended_at is not None)


def _frames_anew(reader: HistoryReader, found: Kept, points: int) -> tuple[Frames, Floats]:
    """Read the samples twice: for the moments of the frames and the collapses, then for them."""
    discharge = found.discharge
    fold = begun = folding.begun(discharge.battery, to_milliseconds(discharge.started_at))
    moments: list[Moments] = []
    for samples in _samples(reader, discharge):
        moments.append(samples.at)
        fold = folding.added(fold, samples)
    at = np.concatenate(moments) if moments else np.zeros(0, np.int64)
    at = at[(at >= fold.started) & (at <= fold.under_load.end_at)]
    frames, marks = Frames.none(discharge.battery.cell_count), fold.marks
    if not len(at):
        return frames, marks
    places = np.unique(np.rint(np.linspace(0, len(at) - 1, points)).astype(np.intp))
    wanted = np.union1d(at[places], marks)
    ledger = begun.ledger
    for samples in _samples(reader, discharge):
        loaded = samples.where(samples.at >= fold.started)
        ledger, ah = counted(ledger, loaded, fold.longest_step_s)
        chosen = np.isin(loaded.at, wanted)
        part = loaded.where(chosen)
        more = Frames(part.at, part.voltage_v, part.sum_v, part.current_a, ah[chosen])
        frames = frames.with_more(more)
    return frames, marks


def _samples(reader: HistoryReader, discharge: Discharge) -> Iterator[Samples]:
    start = discharge.started_at - timedelta(seconds=folding.BEFORE_S)
    end = (discharge.ended_at or discharge.figures.until) + _MILLISECOND
    for block in reader.blocks(discharge.battery.string_key, start, end):
        yield samples_of(block, discharge.battery)


def _marks(analysis: DischargeAnalysis | None) -> Floats:
    if analysis is None:
        return np.zeros(0)
    return np.array([to_milliseconds(collapse.at) for collapse in analysis.collapses], np.float64)
