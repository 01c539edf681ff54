"""How long owners of lines rest in these tests."""

from __future__ import annotations

import pytest

from bacs_core.bus import line as line_module


@pytest.fixture
def no_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the owner of a serial line begin each round at once, and open its port again soon."""
    monkeypatch.setattr(line_module, "ROUND_S", 0.0)
    monkeypatch.setattr(line_module, "REOPEN_AFTER_S", 0.01)
