"""The safety copy is there whole or not at all, and a spoilt one is known as such."""

from __future__ import annotations

import multiprocessing
import random
import time
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from bacs_core.history.batches import Memory
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import Json
from bacs_core.history.safety_copy import (
    RESERVE_BYTES,
    RESERVE_NAME,
    SafetyCopy,
    copy_path,
    keep_reserve,
    read_copy,
    write_copy,
)

AT = datetime(2026, 11, 21, 9, 5, 1, 250_000, tzinfo=UTC)


def a_copy(revision: int = 3) -> SafetyCopy:
    trips: Json = {"telecom/1": {"state": "tripped", "causes": ["over_voltage"], "since": 1.5}}
    return SafetyCopy(revision, {"trips": Memory(trips, AT), "wishes": Memory(None, AT)})


def test_it_comes_back_as_it_was_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    write_copy(tmp_path, a_copy())
    write_copy(tmp_path, a_copy(4))
    assert read_copy(tmp_path) == a_copy(4)
    assert copy_path(tmp_path).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["safety.json"]


def test_the_reserve_is_taken_once_and_by_its_size(tmp_path: Path) -> None:
    keep_reserve(tmp_path)
    reserve = tmp_path / RESERVE_NAME
    before = reserve.stat()
    assert before.st_size == RESERVE_BYTES
    keep_reserve(tmp_path)
    assert reserve.stat() == before


def test_without_a_file_there_is_none(tmp_path: Path) -> None:
    assert read_copy(tmp_path) is None


def test_every_spoilt_byte_is_noticed(tmp_path: Path) -> None:
    write_copy(tmp_path, a_copy())
    sound = copy_path(tmp_path).read_bytes()
    for place in range(len(sound)):
        copy_path(tmp_path).write_bytes(
            sound[:place] + bytes([sound[place] ^ 0x41]) + sound[place + 1 :]
        )
        with pytest.raises(HistoryError):
            read_copy(tmp_path)
        copy_path(tmp_path).write_bytes(sound[:place])
        with pytest.raises(HistoryError):
            read_copy(tmp_path)


def test_what_a_newer_program_wrote_is_not_guessed_at(tmp_path: Path) -> None:
    write_copy(tmp_path, a_copy())
    _, _, body = copy_path(tmp_path).read_bytes().partition(b"\n")
    newer = body.replace(b'"format":1', b'"format":2')
    assert newer != body
    copy_path(tmp_path).write_bytes(_signed(newer))
    with pytest.raises(HistoryError, match="understood"):
        read_copy(tmp_path)


def _signed(body: bytes) -> bytes:
    return sha256(body).hexdigest().encode() + b"\n" + body


def test_a_directory_that_is_gone_is_an_error_with_a_name(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match=r"safety\.json"):
        write_copy(tmp_path / "gone", a_copy())


def _write_for_ever(folder: Path) -> None:
    for revision in range(1, 1_000_000):
        write_copy(folder, a_copy(revision))


def test_a_writer_killed_at_any_moment_leaves_a_whole_copy(tmp_path: Path) -> None:
    spawned = multiprocessing.get_context("fork")
    moments = random.Random(7)
    write_copy(tmp_path, a_copy(0))
    newest = 0
    for _ in range(20):
        writer = spawned.Process(target=_write_for_ever, args=(tmp_path,))
        writer.start()
        time.sleep(moments.uniform(0.005, 0.03))
        writer.kill()
        writer.join()
        found = read_copy(tmp_path)
        assert found is not None
        newest = max(newest, found.revision)
    assert newest > 0
