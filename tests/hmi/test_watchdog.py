from __future__ import annotations

import stat
from pathlib import Path

from bacs_hmi.watchdog import Counter


def test_a_counter_goes_on_where_another_user_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "page"
    counter = Counter(path)
    for _ in range(3):
        counter.go_on()
    assert path.read_text() == "3\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_counter_without_a_file_still_counts(tmp_path: Path) -> None:
    nowhere, impossible = Counter(None), Counter(tmp_path / "not there" / "page")
    for counter in (nowhere, impossible):
        counter.go_on()
        counter.go_on()
        assert counter.count == 2
