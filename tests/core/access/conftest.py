"""A state directory with people in it, and a gate whose time is set by the test."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlite_utils import Database

from bacs_core.access import users
from bacs_core.access.gate import Gate
from bacs_core.access.passwords import Cost
from bacs_core.history.database import open_database
from bacs_core.model import Role

#: Real hashing, but without the cost that protects real people.
CHEAP = Cost(log2_rounds=4, passes=1)
PASSWORD = "battery room 7"
PIN = "482915"
CHANGE = users.Change("test", datetime(2026, 11, 21, 8, tzinfo=UTC))


@dataclass
class Clock:
    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(open_database(tmp_path)) as opened:
        users.add_user(opened, CHANGE, "Tessa", Role.TECHNICIAN, PASSWORD, cost=CHEAP)
        users.set_pin(opened, CHANGE, "tessa", PIN, cost=CHEAP)
        yield opened


@pytest.fixture
def make_gate(tmp_path: Path, clock: Clock, database: Database) -> Callable[..., Gate]:
    def make(panel_token: str | None = None) -> Gate:
        return Gate(tmp_path, clock=clock, cost=CHEAP, panel_token=panel_token)

    return make


@pytest.fixture
def gate(make_gate: Callable[..., Gate]) -> Gate:
    return make_gate()
