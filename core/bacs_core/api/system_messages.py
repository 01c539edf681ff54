"""What the API tells of the engine itself: `GET /system`.

Needs no more than pydantic: clients import it.
"""

# ruff: noqa: RUF012 - pydantic copies a default for every message

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from bacs_core.api.history_messages import TierExtentMessage
from bacs_core.api.message_base import Message
from bacs_core.api.messages import ClockStatus


class FaultKind(StrEnum):
    """What is wrong with the engine or its surroundings just now; alarms of the plant are not."""

    RECORDING = "recording"
    """The history cannot be written."""
    HISTORY_UNREADABLE = "history_unreadable"
    LINE_GONE = "line_gone"
    """The port of a line cannot be opened."""
    CLOCK_NOT_SET = "clock_not_set"
    DISK_NEARLY_FULL = "disk_nearly_full"
    NOT_ANNOUNCED = "not_announced"
    """The network is on, but the engine cannot be found there by itself."""


class Fault(Message):
    """One fault; `place` is the id of a line, `detail` the raw facts, in English."""

    kind: FaultKind
    place: str | None = None
    detail: str = ""


class Load(Message):
    """What the engine needs of its machine; absent where the machine does not tell.

    `processor_percent` is of one core: since the last time it was asked for, or of the whole run.
    """

    processor_percent: float | None = None
    over_s: Annotated[float | None, Field(description="the time that it is a mean of")] = None
    memory_bytes: Annotated[int | None, Field(description="of the engine, resident")] = None
    machine_memory_bytes: int | None = None
    machine_memory_free_bytes: int | None = None


class Disk(Message):
    """The file system that the state lies on."""

    folder: str
    size_bytes: int
    free_bytes: int
    state_bytes: Annotated[int, Field(description="all files of the engine")]


class Retention(Message):
    """How long measurements are kept, and how much of them at most."""

    budget_bytes: int
    full_days: float
    minute_days: float
    hour_days: float


class StoredHistory(Message):
    """How much there is of the history; tiers from the finest on."""

    tiers: list[TierExtentMessage] = []
    retention: Retention


class NetworkStatus(Message):
    """Whether and how others reach the engine; no fingerprint before the first time."""

    enabled: bool
    port: int
    addresses: Annotated[list[str], Field(description="of this machine, as others reach it")] = []
    fingerprint: Annotated[
        str | None, Field(description="SHA-256 of the certificate, 64 hexadecimal digits")
    ] = None
    announced_as: Annotated[str | None, Field(description="the name on the network")] = None
    paired_tokens: int = 0


class System(Message):
    """Answer of `GET /system`; `versions` are by the name of the program or package."""

    versions: dict[str, str]
    started_at: datetime
    now: datetime
    clock: ClockStatus | None = None
    load: Load
    disk: Disk | None = None
    history: StoredHistory
    safety_copy_at: Annotated[
        datetime | None, Field(description="when the second copy was last written")
    ] = None
    network: NetworkStatus
    faults: list[Fault] = []
