"""What simulated devices that never sleep and never change their address have in common."""

from __future__ import annotations

from collections.abc import Iterable

from bacs_core.simulator.served import (
    ILLEGAL_ADDRESS,
    NEVER,
    Environment,
    RegisterTable,
    RequestRefusedError,
    Served,
)


class WakefulUnit:
    """A device that serves a table, does nothing by itself and obeys nobody."""

    def __init__(self, unit: int, rows: Iterable[Served], environment: Environment) -> None:
        """Answer at `unit` from `rows`."""
        self.addresses = frozenset({unit})
        self.unit = unit
        self.environment = environment
        self._table = RegisterTable(rows)

    @property
    def next_event_s(self) -> float:
        """When the device will next do something by itself."""
        return NEVER

    def act(self, now: float) -> None:
        """Do nothing."""

    def sense(self, now: float) -> None:
        """Do nothing: the device is always awake."""

    def read(self, function: int, address: int, count: int, now: float) -> bytes:
        """Answer a read of registers."""
        self.environment.settle(now)
        return self._table.read(self.unit, function, address, count, now)

    def write(self, address: int, payload: bytes, now: float) -> None:  # noqa: ARG002
        """Refuse: nothing is written."""
        raise RequestRefusedError(ILLEGAL_ADDRESS)

    def hear(self, address: int, payload: bytes, now: float) -> None:
        """Ignore broadcasts: they are for modules."""
