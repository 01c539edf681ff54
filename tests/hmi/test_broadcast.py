"""One view is packed once per tick, whoever and however many look at it."""

from __future__ import annotations

from base64 import b64decode

from bacs_core.model import EqualizationState
from bacs_hmi.broadcast import SILENT_TICK_S, Channel
from bacs_hmi.frames import CellState, StringContent, pack_string
from bacs_hmi.live import LATE_AFTER_S


class Source:
    """A string whose first scalar a test changes; counts how often it is packed."""

    def __init__(self) -> None:
        self.voltage_v: float | None = 54.0
        self.gone = False
        self.packed = 0

    def read(self) -> StringContent | None:
        if self.gone:
            return None
        column = (self.voltage_v, 2.25)
        cells = (CellState(0, 0, None), CellState(0, 0, None))
        return StringContent((self.voltage_v,), EqualizationState.IDLE, (), (column,), cells)

    def pack(
        self, content: StringContent, before: StringContent | None, sequence: int, at: float
    ) -> bytes:
        self.packed += 1
        return pack_string(content, before, sequence, at)


def channel_of(source: Source) -> Channel[StringContent]:
    return Channel(source.read, source.pack, lambda: 1e9)


def is_full(frame: str) -> bool:
    return b64decode(frame)[2] == 1


def sequence_of(frame: str) -> int:
    return int.from_bytes(b64decode(frame)[4:8], "little")


def test_a_tick_is_packed_once_for_all_browsers() -> None:
    source = Source()
    channel = channel_of(source)
    first: list[str] = []
    second: list[str] = []
    channel.join(first.append)
    channel.join(second.append)
    channel.tick()
    assert source.packed == 1
    assert first == second
    assert len(first) == 1


def test_who_joins_later_gets_a_full_frame_that_the_next_changes_follow() -> None:
    source = Source()
    channel = channel_of(source)
    channel.join(lambda _: None)
    channel.tick()
    full = channel.full()
    assert full is not None
    assert is_full(full)
    frames: list[str] = []
    channel.join(frames.append)
    source.voltage_v = 54.5
    channel.tick()
    assert not is_full(frames[0])
    assert sequence_of(frames[0]) == sequence_of(full) + 1


def test_what_did_not_change_is_not_sent_again() -> None:
    source = Source()
    channel = channel_of(source)
    frames: list[str] = []
    channel.join(frames.append)
    channel.tick()
    source.voltage_v = 55.0
    channel.tick()
    assert len(b64decode(frames[0])) < len(b64decode(frames[1]))


def test_who_left_gets_nothing_more_and_the_last_one_ends_the_channel() -> None:
    channel = channel_of(Source())
    frames: list[str] = []
    leave = channel.join(frames.append)
    assert channel.used
    leave()
    channel.tick()
    assert frames == []
    assert not channel.used


def test_a_string_that_is_gone_sends_nothing() -> None:
    source = Source()
    channel = channel_of(source)
    frames: list[str] = []
    channel.join(frames.append)
    source.gone = True
    channel.tick()
    assert frames == []


def test_the_full_frame_is_packed_once_a_tick_however_many_browsers_join() -> None:
    source = Source()
    channel = channel_of(source)
    assert channel.full() == channel.full()
    assert source.packed == 1
    source.voltage_v = 54.5
    channel.tick()
    full = channel.full()
    assert full is not None
    assert sequence_of(full) == 1
    assert source.packed == 3


def test_a_silent_engine_is_told_within_3_s_and_one_that_sends_each_second_is_waited_for() -> None:
    assert SILENT_TICK_S > 1.0
    assert LATE_AFTER_S < 2 * SILENT_TICK_S < 3.0
