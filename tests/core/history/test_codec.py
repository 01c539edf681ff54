"""The codec: every number comes back bit by bit, nothing damaged comes back as a number."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from bacs_core.devices.panel_module import MEASUREMENT, SLOW
from bacs_core.history.codec import (
    ABSENT,
    LARGEST,
    NOTHING,
    Codec,
    CodecError,
    Image,
    Means,
    nothing,
    split,
    to_numbers,
    to_values,
)
from bacs_core.history.layout import COLUMNS

numbers = st.one_of(st.just(ABSENT), st.integers(-200, 200), st.integers(-LARGEST, LARGEST))


@st.composite
def image_rows(draw: st.DrawFn) -> list[Image]:
    sizes = draw(st.lists(st.integers(0, 9), min_size=1, max_size=4))
    count = draw(st.integers(1, 5))
    return [
        tuple(
            np.array(draw(st.lists(numbers, min_size=size, max_size=size)), dtype=np.int32)
            for size in sizes
        )
        for _ in range(count)
    ]


def start(rows: list[Image]) -> Means:
    return nothing(tuple(len(section) for section in rows[0]))


@given(image_rows())
def test_a_chain_of_samples_comes_back_exactly(rows: list[Image]) -> None:
    codec, written, read = Codec(), start(rows), start(rows)
    for image in rows:
        body, written = codec.encode(image, written)
        back, read = codec.decode(body, read)
        for got, expected in zip(back, image, strict=True):
            np.testing.assert_array_equal(got, expected)


@given(image_rows())
def test_one_number_read_alone_is_the_one_in_the_whole_sample(rows: list[Image]) -> None:
    codec, written = Codec(), start(rows)
    means = [[NOTHING] * len(section) for section in written]
    for image in rows:
        body, written = codec.encode(image, written)
        for place, section in enumerate(split(body, len(image))):
            size = len(image[place])
            for index in range(size):
                number, mean = codec.decode_one(section, index, size, means[place][index])
                means[place][index] = mean
                assert number == image[place][index]


@pytest.mark.parametrize(
    "register",
    [
        each
        for each in (*MEASUREMENT.registers, *SLOW.registers)
        if each.name in {column.name for column in COLUMNS}
    ],
    ids=lambda register: register.name,
)
def test_every_value_a_module_register_can_have_comes_back_bit_exact(register: object) -> None:
    track = next(each for each in COLUMNS if each.name == register.name)  # type: ignore[attr-defined]
    low, high = register.kind.bounds  # type: ignore[attr-defined]
    values: NDArray[np.float64] = np.array(
        [register.value(raw) for raw in range(low, high + 1)],  # type: ignore[attr-defined]
        dtype=np.float64,
    )
    back = to_values(to_numbers(values, track.steps_per_unit), track.steps_per_unit)
    np.testing.assert_array_equal(back, values)


def test_what_is_no_number_or_absurdly_large_is_absent() -> None:
    values = np.array([np.nan, np.inf, -np.inf, 1e300, 2.25])
    assert to_numbers(values, 1000).tolist() == [ABSENT] * 4 + [2250]


def test_a_sample_in_which_nothing_changed_takes_a_few_bytes() -> None:
    image = (np.arange(4096, dtype=np.int32), np.full(4096, ABSENT, dtype=np.int32))
    codec = Codec()
    _, means = codec.encode(image, nothing((4096, 4096)))
    body, _ = codec.encode(image, means)
    assert len(body) == 8


@given(st.data())
def test_a_damaged_body_is_an_error_or_unchanged_but_never_other_numbers(
    data: st.DataObject,
) -> None:
    codec = Codec()
    image = (np.arange(0, 4000, 10, dtype=np.int32), np.arange(50, dtype=np.int32))
    before = nothing((400, 50))
    body = bytearray(codec.encode(image, before)[0])
    position = data.draw(st.integers(0, len(body) - 1))
    body[position] ^= 1 << data.draw(st.integers(0, 7))
    try:
        back, _ = codec.decode(bytes(body), before)
    except CodecError:
        return
    for got, expected in zip(back, image, strict=True):
        np.testing.assert_array_equal(got, expected)


@given(st.binary(max_size=60))
def test_random_bytes_raise_nothing_but_the_codecs_own_error(body: bytes) -> None:
    with suppress(CodecError):
        Codec().decode(body, nothing((5, 3)))
