from __future__ import annotations

import asyncio

import numpy as np
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from bacs_core.api.broadcast import KEPT_STEPS, NOTHING_RAW, Broadcast, Step
from bacs_core.api.service import Tick
from bacs_core.model import Quantity
from tests.core.api.reader import Reader, expected
from tests.core.api.stand_in import (
    make_alarm,
    make_string,
    make_string_snapshot,
    make_tick,
)

STRINGS = (make_string(1, 3), make_string(2, 2))
KEYS = tuple(string.key for string in STRINGS)


def tick(sequence: int, *voltages_v: float) -> Tick:
    """A tick of one string of three cells."""
    snapshot = make_string_snapshot(
        STRINGS[0], {Quantity.VOLTAGE: np.array(voltages_v)}, read_at=1000.0 + sequence
    )
    return make_tick(sequence, snapshot)


def newest(broadcast: Broadcast) -> Step:
    assert broadcast.newest is not None
    return broadcast.newest


# Few values, inside and outside a band of each other: what matters is how they follow one another.
TIMES = st.sampled_from([np.nan, 1000.0, 1000.04, 1001.0])
COLUMN = {
    Quantity.VOLTAGE: st.sampled_from([np.nan, 2.250, 2.2504, 2.252, 2.257, 2.399, 2.401]),
    Quantity.TEMPERATURE: st.sampled_from([np.nan, 20.0, 20.2, 39.9, 40.1]),
}


@st.composite
def ticks(draw: st.DrawFn) -> Tick:
    """Any tick of the plant; a string has some of the columns."""
    snapshots = [
        make_string_snapshot(
            string,
            {
                quantity: draw(arrays(float, string.cell_count, elements=COLUMN[quantity]))
                for quantity in draw(st.sets(st.sampled_from(list(COLUMN))))
            },
            read_at=draw(arrays(float, string.cell_count, elements=TIMES)),
            status=draw(arrays(np.uint8, string.cell_count, elements=st.integers(0, 3))),
            sum_voltage_v=draw(st.one_of(st.none(), st.floats(6.7, 6.8))),
        )
        for string in STRINGS
    ]
    return make_tick(
        draw(st.integers(0, 1000)),
        *snapshots,
        alarms=tuple(make_alarm(n) for n in draw(st.sets(st.integers(1, 3)))),
        online=draw(st.booleans()),
        requests=draw(st.integers(0, 5)),
    )


@settings(deadline=None)
@given(
    story=st.lists(
        st.tuples(
            ticks(),
            st.frozensets(st.sampled_from(KEYS)),
            st.sampled_from(["reads", "sleeps", "joins"]),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_a_reader_always_knows_what_is_published_whatever_it_missed(
    story: list[tuple[Tick, frozenset[str], str]],
) -> None:
    broadcast, reader = Broadcast(), Reader()
    was_raw: frozenset[str] = NOTHING_RAW
    for drawn, raw, act in story:
        broadcast.publish(drawn)
        if act == "sleeps":
            continue
        if act == "joins":
            reader = Reader()
        step = newest(broadcast)
        reader.take(step.message(reader.sequence, was_raw, raw))
        was_raw = raw
        published = step.after.published
        assert reader.strings == expected(step.after, raw)
        assert (reader.managers, reader.lines, reader.alarms) == (
            list(published.managers),
            list(published.lines),
            list(published.alarms),
        )


def test_the_same_message_is_encoded_once_for_all_readers() -> None:
    broadcast = Broadcast()
    broadcast.publish(tick(1, 2.25, 2.25, 2.25))
    broadcast.publish(tick(2, 2.26, 2.25, 2.25))
    step = newest(broadcast)
    assert step.message(1, NOTHING_RAW, NOTHING_RAW) is step.message(1, NOTHING_RAW, NOTHING_RAW)
    assert step.snapshot() is step.snapshot()


def test_the_numbers_of_messages_have_no_gap_when_ticks_were_skipped() -> None:
    broadcast = Broadcast()
    for sequence in (7, 9, 40):
        broadcast.publish(tick(sequence, 2.25, 2.25, 2.25))
    assert newest(broadcast).sequence == 3


def test_a_change_within_the_dead_band_is_told_only_to_whom_watches_raw() -> None:
    broadcast = Broadcast()
    published, raw = Reader(), Reader()
    only_raw = frozenset({KEYS[0]})
    for sequence, voltage_v in ((1, 2.250), (2, 2.253)):
        broadcast.publish(tick(sequence, voltage_v, 2.25, 2.25))
        published.take(newest(broadcast).message(published.sequence, NOTHING_RAW, NOTHING_RAW))
        raw.take(newest(broadcast).message(raw.sequence, only_raw, only_raw))
    assert published.strings[KEYS[0]].values[Quantity.VOLTAGE, 0] == 2.250
    assert raw.strings[KEYS[0]].values[Quantity.VOLTAGE, 0] == 2.253


def test_a_reader_that_begins_or_ceases_to_watch_raw_gets_what_it_lacks() -> None:
    broadcast, reader = Broadcast(), Reader()
    nothing, all_raw = NOTHING_RAW, frozenset({KEYS[0]})
    seen = []
    was_raw = nothing
    for sequence, (voltage_v, raw) in enumerate(
        [(2.250, nothing), (2.252, nothing), (2.252, all_raw), (2.252, nothing)], 1
    ):
        broadcast.publish(tick(sequence, voltage_v, 2.25, 2.25))
        reader.take(newest(broadcast).message(reader.sequence, was_raw, raw))
        was_raw = raw
        seen.append(reader.strings[KEYS[0]].values[Quantity.VOLTAGE, 0])
    assert seen == [2.250, 2.250, 2.252, 2.250]
    assert reader.snapshots == 1


def test_a_changed_plant_is_told_by_a_snapshot_to_everybody() -> None:
    broadcast, reader = Broadcast(), Reader()
    broadcast.publish(tick(1, 2.25, 2.25, 2.25))
    reader.take(newest(broadcast).message(reader.sequence, NOTHING_RAW, NOTHING_RAW))
    other = make_string_snapshot(STRINGS[1], {Quantity.VOLTAGE: np.array([2.2, 2.3])})
    broadcast.publish(make_tick(2, other))
    reader.take(newest(broadcast).message(reader.sequence, NOTHING_RAW, NOTHING_RAW))
    assert list(reader.strings) == [KEYS[1]]
    assert reader.snapshots == 2


async def test_a_follower_that_was_busy_for_a_moment_misses_nothing() -> None:
    broadcast, reader = Broadcast(), Reader()
    messages = broadcast.follow(lambda: NOTHING_RAW)
    broadcast.publish(tick(1, 2.25, 2.25, 2.25))
    reader.take(await anext(messages))
    for sequence in range(2, 2 + KEPT_STEPS):
        broadcast.publish(tick(sequence, 2.25 + sequence / 100, 2.25, 2.25))
    for _ in range(KEPT_STEPS):
        reader.take(await anext(messages))
    assert reader.snapshots == 1
    assert reader.strings == expected(newest(broadcast).after, NOTHING_RAW)


async def test_a_follower_that_was_busy_for_long_gets_a_fresh_snapshot() -> None:
    broadcast, reader = Broadcast(), Reader()
    messages = broadcast.follow(lambda: NOTHING_RAW)
    broadcast.publish(tick(1, 2.25, 2.25, 2.25))
    reader.take(await anext(messages))
    for sequence in range(2, 3 + KEPT_STEPS):
        broadcast.publish(tick(sequence, 2.25 + sequence / 100, 2.25, 2.25))
    reader.take(await anext(messages))
    assert reader.snapshots == 2
    assert reader.strings == expected(newest(broadcast).after, NOTHING_RAW)


async def test_a_follower_waits_for_the_first_tick_and_then_for_each_further_one() -> None:
    broadcast, reader = Broadcast(), Reader()
    messages = broadcast.follow(lambda: NOTHING_RAW)
    for sequence in (1, 2, 3):
        waiting = asyncio.ensure_future(anext(messages))
        await asyncio.sleep(0)
        assert not waiting.done()
        broadcast.publish(tick(sequence, 2.25, 2.25, 2.25))
        reader.take(await waiting)
    assert (reader.sequence, reader.snapshots) == (3, 1)


async def test_somebody_who_joins_late_starts_with_the_newest_state() -> None:
    broadcast, reader = Broadcast(), Reader()
    for sequence in (1, 2, 3):
        broadcast.publish(tick(sequence, 2.25, 2.25, 2.25))
    reader.take(await anext(broadcast.follow(lambda: NOTHING_RAW)))
    assert (reader.sequence, reader.snapshots) == (3, 1)


async def test_unknown_strings_in_a_subscription_are_ignored() -> None:
    broadcast = Broadcast()
    broadcast.publish(tick(1, 2.25, 2.25, 2.25))
    reader = Reader()
    reader.take(await anext(broadcast.follow(lambda: frozenset({"nowhere/1"}))))
    assert list(reader.strings) == [KEYS[0]]
