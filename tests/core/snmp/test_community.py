"""Messages of version 2c, proper and bent."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from bacs_core.errors import FrameError
from bacs_core.snmp import ber, pdu
from bacs_core.snmp.community import Community

OPEN = Community("reading")
NAME = ber.oid("1.3.6.1.2.1.33.5.2.5.1.2.5")


def message(number: int, *values: bytes) -> bytes:
    bindings = (ber.sequence(ber.element(ber.OID, NAME), value) for value in values)
    return OPEN.wrap(
        ber.element(
            pdu.RESPONSE,
            ber.integer(number) + ber.integer(0) + ber.integer(0) + ber.sequence(*bindings),
        ),
        0,
        0.0,
    )


@given(st.integers(-(1 << 63), (1 << 63) - 1), st.integers(1, pdu.MAX_ID))
def test_a_number_of_any_size_is_read(number: int, request_id: int) -> None:
    answer = OPEN.unwrap(message(request_id, ber.integer(number), ber.octets(b"x" * 300)), 0, 0.0)
    assert answer.request_id == request_id
    assert answer.bindings == [(NAME, number), (NAME, b"x" * 300)]


@given(
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=3),
    st.integers(0, 10_000),
)
def test_a_bent_message_is_read_or_refused_but_never_breaks_anything(
    turned: list[tuple[int, int]], length: int
) -> None:
    data = bytearray(message(5, *(ber.integer(number) for number in (227, -3, 70_000))))
    for place, byte in turned:
        data[place % len(data)] = byte
    try:
        answer = OPEN.unwrap(bytes(data[: length or None]), 0, 0.0)
    except FrameError:
        return
    assert answer.kind == pdu.RESPONSE


def test_a_message_of_another_community_is_refused() -> None:
    with pytest.raises(FrameError, match="community"):
        Community("other").unwrap(message(5), 0, 0.0)


def test_the_community_is_not_shown() -> None:
    assert "reading" not in repr(OPEN)
