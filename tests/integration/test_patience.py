from custom_components.bacs.patience import (
    DRIFT_S,
    FAR_BANDS,
    SETTLE_S,
    WaitingRoom,
    patience_s,
)


def test_the_farther_a_value_went_the_sooner_it_is_written() -> None:
    assert patience_s(FAR_BANDS) == 0.0
    assert patience_s(1.0) == SETTLE_S
    assert patience_s(0.5) == DRIFT_S


def test_each_guest_is_called_once_and_the_first_that_came_first() -> None:
    room = WaitingRoom[str]()
    room.seat("drifts", DRIFT_S, 0.0)
    room.seat("settles", SETTLE_S, 0.0)
    room.seat("settles later", SETTLE_S, 1.0)
    room.seat("settles", SETTLE_S, 1.0)
    assert list(room.call(SETTLE_S - 0.1)) == []
    assert list(room.call(SETTLE_S)) == [("settles", SETTLE_S)]
    assert list(room.call(DRIFT_S)) == [("settles later", SETTLE_S), ("drifts", DRIFT_S)]
    assert list(room.call(2 * DRIFT_S)) == []


def test_whoever_was_dismissed_is_not_called() -> None:
    room = WaitingRoom[str]()
    room.seat("gone", SETTLE_S, 0.0)
    room.seat("gone", DRIFT_S, 0.0)
    room.dismiss("gone")
    assert list(room.call(DRIFT_S)) == []
