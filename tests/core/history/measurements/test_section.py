"""Sections: every number comes back, alone or with the others; nothing damaged becomes a number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from bacs_core.history.measurements import section
from bacs_core.history.measurements.buffers import lengthened, shortened
from bacs_core.history.measurements.chunk import (
    ChunkError,
    join,
    read_axis,
    section_of,
    sections_of,
    write_axis,
)
from bacs_core.history.measurements.numbers import ABSENT, LARGEST

number = st.one_of(
    st.just(ABSENT),
    st.integers(-5, 5),
    st.integers(-40_000, 40_000),
    st.integers(-LARGEST, LARGEST),
)


@st.composite
def blocks(draw: st.DrawFn) -> NDArray[np.int32]:
    cells, moments = draw(st.integers(1, 40)), draw(st.integers(1, 9))
    rows = [
        [draw(number)] * moments
        if draw(st.booleans())
        else draw(st.lists(number, min_size=moments, max_size=moments))
        for _ in range(cells)
    ]
    return np.array(rows, dtype=np.int32)


@settings(max_examples=60, deadline=None)
@given(blocks())
def test_any_numbers_come_back_whole_by_cell_and_by_moment(numbers: NDArray[np.int32]) -> None:
    cells, moments = numbers.shape
    stored = section.encode(shortened(numbers))
    np.testing.assert_array_equal(section.decode(stored, moments, cells).whole(), numbers)
    for cell in range(cells):
        back = section.decode_cell(stored, moments, cells, cell)
        np.testing.assert_array_equal(back, numbers[cell])
        for each in section.decode_cell_of_each([stored, stored], moments, cells, cell):
            assert not isinstance(each, section.SectionError)
            np.testing.assert_array_equal(each, numbers[cell])
    for moment in range(moments):
        back = section.decode_moment(stored, moments, cells, moment)
        np.testing.assert_array_equal(back, numbers[:, moment])


def test_a_spoilt_section_among_several_spoils_no_other() -> None:
    random = np.random.default_rng(1)
    every = [random.integers(2200, 2300, (40, 60)).astype(np.int16) for _ in range(3)]
    stored = [section.encode(numbers) for numbers in every]
    stored[1] = stored[1][:-1]
    first, spoilt, last = section.decode_cell_of_each(stored, 60, 40, 17)
    assert isinstance(spoilt, section.SectionError)
    np.testing.assert_array_equal(np.asarray(first), every[0][17])
    np.testing.assert_array_equal(np.asarray(last), every[2][17])


@given(blocks())
def test_sixteen_bits_are_used_only_where_nothing_is_lost(numbers: NDArray[np.int32]) -> None:
    short = shortened(numbers)
    back = lengthened(short) if short.dtype == np.int16 else short
    np.testing.assert_array_equal(back, numbers)


def test_noise_on_many_cells_is_stored_near_its_entropy() -> None:
    random = np.random.default_rng(1)
    common = np.rint(20 * np.sin(np.arange(360) / 30))
    noise = np.rint(random.normal(0, 1.5, (64, 360)))
    numbers = (2250 + np.arange(64)[:, np.newaxis] + common + noise).astype(np.int16)
    _, counts = np.unique(noise, return_counts=True)
    share = counts / noise.size
    entropy_bytes = -(share * np.log2(share)).sum() * noise.size / 8
    assert len(section.encode(numbers)) < 1.12 * entropy_bytes


def test_a_cell_that_stands_still_costs_next_to_nothing() -> None:
    assert len(section.encode(np.full((64, 360), 420, dtype=np.int16))) < 64


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_chunk_is_an_error_or_unchanged(data: st.DataObject) -> None:
    numbers = np.arange(160, dtype=np.int16).reshape(16, 10) % 7
    body = bytearray(join([section.encode(numbers), b"", section.encode(numbers[:3])]))
    position = data.draw(st.integers(0, len(body) - 1))
    body[position] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(ChunkError):
        sections_of(bytes(body), 3)


def test_one_section_is_read_without_the_others() -> None:
    sections = [section.encode(np.full((4, 5), place, dtype=np.int16)) for place in range(3)]
    body = join(sections)
    read = []

    def source(offset: int, length: int) -> bytes:
        read.append(length)
        return body[offset : offset + length]

    assert section_of(source, 3, 1) == sections[1]
    assert sum(read) < len(body) - len(sections[0])


@given(st.binary(max_size=80))
def test_random_bytes_raise_nothing_but_the_error_of_their_own(body: bytes) -> None:
    for read in (
        lambda: section.decode(body, 5, 3),
        lambda: section.decode_cell(body, 5, 3, 1),
        lambda: sections_of(body, 2),
        lambda: read_axis(body, 0),
    ):
        with pytest.raises((section.SectionError, ChunkError)):
            read()


@given(st.lists(st.integers(0, 1 << 40), min_size=1, max_size=50), st.booleans())
def test_any_moments_come_back(at: list[int], counted: bool) -> None:
    moments = np.array(sorted(at), dtype=np.int64)
    counts = np.arange(len(at), dtype=np.int64) if counted else None
    back, samples = read_axis(write_axis(moments, counts), int(moments[0]))
    np.testing.assert_array_equal(back, moments)
    assert samples.tolist() == (list(range(len(at))) if counted else [1] * len(at))


def test_regular_moments_cost_next_to_nothing() -> None:
    assert len(write_axis(np.arange(360, dtype=np.int64) * 10_000)) < 40
