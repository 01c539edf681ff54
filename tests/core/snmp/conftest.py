"""A real agent for the tests of this folder; a test that changes one has an agent of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.snmp.agent import Agent, Tables

CELLS = 60


@pytest.fixture(scope="session")
def steady_agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    """An agent of 60 modules in two strings that always says the same."""
    with Agent(tmp_path_factory.mktemp("steady_agent"), steady_tables().objects()) as agent:
        yield agent


@pytest.fixture
def own_agent(tmp_path: Path) -> Iterator[Agent]:
    """An agent that a test may change, stop and start."""
    with Agent(tmp_path, steady_tables().objects()) as agent:
        yield agent


def steady_tables() -> Tables:
    """What `steady_agent` serves."""
    return Tables([1200 + cell for cell in range(CELLS)], [(-150, 7264, 1229), (210, 7300, 1231)])
