"""Whatever a decoder makes of foreign data, it ends as an error of that one unit."""

from __future__ import annotations

import logging

import pytest

from bacs_core.bus.delivery import Delivery
from bacs_core.bus.frames import read_registers
from bacs_core.bus.schedule import Job
from bacs_core.errors import FrameError


def job_that_raises(error: Exception) -> Job:
    def deliver(_payload: bytes, _at: float) -> None:
        raise error

    return Job("a", 5, lambda: read_registers(5, 0, 1), deliver)


def test_a_surprise_is_a_bad_answer_and_told_once_for_each_job(
    caplog: pytest.LogCaptureFixture,
) -> None:
    delivery = Delivery("line", lambda: 1.0)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            with pytest.raises(FrameError, match=r"unit 5.*OverflowError"):
                delivery.deliver(job_that_raises(OverflowError("too big")), b"")
    (record,) = caplog.records
    assert record.exc_info is not None


def test_a_bad_answer_that_the_job_found_is_passed_on_and_is_no_surprise(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(FrameError, match="another echo"):
        Delivery("line", lambda: 1.0).deliver(job_that_raises(FrameError("another echo")), b"")
    assert not caplog.records
