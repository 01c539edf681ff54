from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bacs_core.history.store import History
from tests.core.history.plant import START


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with closing(History(tmp_path, clock=START.timestamp)) as opened:
        yield opened
