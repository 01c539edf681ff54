"""A discharge in few frames, that stay when the samples behind them are thinned out.

While it runs every `stride`-th sample is kept; of too many, every second one is dropped.
The first sample, the end and the moment of every collapse are always among the frames. The end is
a little before the last sample: in that one some cells may have been read after the load was gone.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import zstandard
from numpy.typing import NDArray

from bacs_core.history.discharges.ledger import MS_PER_S
from bacs_core.history.errors import HistoryError
from bacs_core.history.measured import Moments
from bacs_core.snapshot import Flags, Floats

#: Frames that are kept of a discharge; twice as many while it runs.
KEPT_FRAMES: Final = 256
#: Within it every cell of a line is read once.
ROUND_S: Final = 10.0
_VERSION: Final = 1
_LEVEL: Final = 9
_HEADER: Final = struct.Struct("<BIIq")
#: Steps that are kept: 1 mV, 1 mV of the string, 1 mA, 0.1 mAh.
_STEPS: Final = (1e3, 1e3, 1e3, 1e4)
_ABSENT: Final = np.iinfo(np.int32).min


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Some samples of a discharge, oldest first: (frames,), and (frames, cells) for `voltage_v`."""

    at: Moments
    voltage_v: Floats
    sum_v: Floats
    current_a: Floats
    given_ah: Floats

    @classmethod
    def none(cls, cell_count: int) -> Frames:
        """Return no frames."""
        no = np.zeros(0)
        return cls(np.zeros(0, np.int64), np.zeros((0, cell_count)), no, no, no)

    def where(self, chosen: Flags) -> Frames:
        """Return some of the frames."""
        return Frames(
            self.at[chosen],
            self.voltage_v[chosen],
            self.sum_v[chosen],
            self.current_a[chosen],
            self.given_ah[chosen],
        )

    def with_more(self, more: Frames) -> Frames:
        """Return these frames and others, in time, each moment once."""
        at = np.concatenate([self.at, more.at])
        at, places = np.unique(at, return_index=True)
        return Frames(
            at,
            np.concatenate([self.voltage_v, more.voltage_v])[places],
            np.concatenate([self.sum_v, more.sum_v])[places],
            np.concatenate([self.current_a, more.current_a])[places],
            np.concatenate([self.given_ah, more.given_ah])[places],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """The frames so far: the even ones with their numbers, those of collapses, and the end.

    `waiting` are the newest ones, of which nobody knows yet whether all cells were under load.
    """

    even: Frames
    numbers: NDArray[np.int64]
    marked: Frames
    end: Frames
    waiting: Frames
    stride: int = 1
    seen: int = 0

    @classmethod
    def none(cls, cell_count: int) -> Recording:
        """Begin without a frame."""
        nothing = Frames.none(cell_count)
        return cls(nothing, np.zeros(0, np.int64), nothing, nothing, nothing)

    @property
    def frames(self) -> Frames:
        """All frames up to the end, and those of collapses after it."""
        even = self.even
        if len(self.end.at):
            even = even.where(even.at <= self.end.at[-1])
        return even.with_more(self.marked).with_more(self.end)


def settled(recording: Recording, frames: Frames, started: int) -> tuple[Recording, Frames]:
    """Let new frames wait; return also those of all that no longer have to.

    They wait for a round of a line, and in a short discharge for half of it.
    """
    waiting = recording.waiting.with_more(frames)
    last = int(waiting.at[-1])
    due = waiting.at <= last - min(ROUND_S * MS_PER_S, (last - started) / 2)
    if not len(recording.end.at):
        due[0] = True
    done = waiting.where(due)
    end = done.where(done.at == done.at[-1]) if len(done.at) else recording.end
    return replace(recording, end=end, waiting=waiting.where(~due)), done


def recorded(recording: Recording, frames: Frames, marks: Floats) -> Recording:
    """Take frames under load; `marks` are the moments that must stay, also earlier ones."""
    numbers = recording.seen + np.arange(len(frames.at))
    chosen = numbers % recording.stride == 0
    even = recording.even.with_more(frames.where(chosen))
    numbers = np.concatenate([recording.numbers, numbers[chosen]])
    stride = recording.stride
    while len(even.at) > 2 * KEPT_FRAMES:
        stride *= 2
        even, numbers = even.where(numbers % stride == 0), numbers[numbers % stride == 0]
    stays = recording.marked.where(np.isin(recording.marked.at, marks))
    return replace(
        recording,
        even=even,
        numbers=numbers,
        marked=stays.with_more(frames.where(np.isin(frames.at, marks))),
        stride=stride,
        seen=recording.seen + len(frames.at),
    )


def chosen_frames(frames: Frames, points: int, marks: Floats) -> Frames:
    """Return about `points` frames evenly in time: first, last and `marks` are among them."""
    if len(frames.at) <= points:
        return frames
    wanted = np.linspace(frames.at[0], frames.at[-1], points)
    after = np.clip(np.searchsorted(frames.at, wanted), 1, len(frames.at) - 1)
    nearer = wanted - frames.at[after - 1] < frames.at[after] - wanted
    chosen = np.isin(frames.at, marks)
    chosen[np.where(nearer, after - 1, after)] = True
    return frames.where(chosen)


def shifted(recording: Recording, step_ms: int) -> Recording:
    """Return the recording with its times moved by a step of the clock."""

    def moved(frames: Frames) -> Frames:
        return replace(frames, at=frames.at + step_ms)

    return replace(
        recording,
        even=moved(recording.even),
        marked=moved(recording.marked),
        end=moved(recording.end),
        waiting=moved(recording.waiting),
    )


def packed(frames: Frames) -> bytes:
    """Return frames as they are stored: whole steps, differences in time, compressed."""
    count, cells = frames.voltage_v.shape
    first = int(frames.at[0]) if count else 0
    rows = [
        (frames.at - first).astype(np.int32)[:, np.newaxis],
        _steps(frames.voltage_v, _STEPS[0]),
        *(
            _steps(values[:, np.newaxis], steps)
            for values, steps in zip(
                (frames.sum_v, frames.current_a, frames.given_ah), _STEPS[1:], strict=True
            )
        ),
    ]
    table = np.concatenate(rows, axis=1)
    # Sums of 32 bits wrap around and come back when they are added up again.
    changes = np.diff(table, axis=0, prepend=np.zeros((1, cells + 4), np.int32))
    planes = np.ascontiguousarray(changes.T.astype("<i4")).view(np.uint8).reshape(-1, 4).T
    header = _HEADER.pack(_VERSION, count, cells, first)
    return header + zstandard.compress(np.ascontiguousarray(planes).tobytes(), _LEVEL)


def unpacked(stored: bytes) -> Frames:
    """Read stored frames; raises `HistoryError` where they cannot be understood."""
    try:
        version, count, cells, first = _HEADER.unpack_from(stored)
        raw = zstandard.decompress(stored[_HEADER.size :])
        if version != _VERSION or len(raw) != 4 * count * (cells + 4):
            msg = f"a recorded discharge of version {version} cannot be read"
            raise HistoryError(msg)
    except (struct.error, zstandard.ZstdError) as error:
        msg = f"a recorded discharge is damaged: {error}"
        raise HistoryError(msg) from error
    planes = np.frombuffer(raw, np.uint8).reshape(4, -1)
    changes = np.ascontiguousarray(planes.T).view("<i4").reshape(cells + 4, count).T
    table = np.cumsum(changes, axis=0, dtype=np.int32)
    values = [_values(table[:, cells + 1 + place], steps) for place, steps in enumerate(_STEPS[1:])]
    return Frames(
        table[:, 0].astype(np.int64) + first,
        _values(table[:, 1 : cells + 1], _STEPS[0]),
        *values,
    )


def _steps(values: Floats, steps_per_unit: float) -> NDArray[np.int32]:
    whole = np.rint(values * steps_per_unit)
    return np.where(np.isfinite(whole), whole, _ABSENT).astype(np.int32)


def _values(numbers: NDArray[np.int32], steps_per_unit: float) -> Floats:
    return np.where(numbers == _ABSENT, np.nan, numbers / steps_per_unit)
