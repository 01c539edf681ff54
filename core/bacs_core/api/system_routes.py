"""The route about the engine itself."""

from __future__ import annotations

import asyncio
import platform
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from fastapi.requests import HTTPConnection

import bacs_core
from bacs_core.api.history_access import Access, HistoryAccess
from bacs_core.api.history_routes import extent_of
from bacs_core.api.messages import API_PREFIX
from bacs_core.api.routes import TOKEN_NEEDED, Parts, Served
from bacs_core.api.system_messages import (
    Disk,
    Fault,
    FaultKind,
    NetworkStatus,
    Retention,
    StoredHistory,
    System,
)
from bacs_core.errors import RefusedError
from bacs_core.history.safety_copy import copy_path
from bacs_core.network_addresses import own_addresses
from bacs_core.own_load import LoadMeter, disk_of

SYSTEM_ROUTES: Final = APIRouter(prefix=API_PREFIX)

#: The packages that a question about a fault begins with.
PACKAGES: Final = (
    "bacs-hmi",
    "pymodbus",
    "pyserial",
    "snmp",
    "fastapi",
    "uvicorn",
    "aiohttp",
    "pydantic",
    "numpy",
    "zeroconf",
)
#: With less the history has hours left, or it is somebody else who fills the disk.
LEAST_FREE_BYTES: Final = 200_000_000
LEAST_FREE_SHARE: Final = 0.02


@dataclass(frozen=True, slots=True)
class Gauges:
    """What the route reads besides the engine; `create_app` puts it into the state."""

    state_dir: Path
    meter: LoadMeter = field(default_factory=LoadMeter)


async def _gauges(connection: HTTPConnection) -> Gauges:
    gauges: Gauges = connection.app.state.gauges
    return gauges


Measured = Annotated[Gauges, Depends(_gauges)]


@SYSTEM_ROUTES.get("/system", dependencies=TOKEN_NEEDED)
async def system(parts: Served, access: Access, gauges: Measured) -> System:
    """Tell how the engine itself does."""
    health = parts.service.health()
    faults = list(parts.service.faults())
    stored = await _stored(access, faults)
    disk = await asyncio.to_thread(disk_of, gauges.state_dir)
    if disk is not None and _is_nearly_full(disk):
        detail = f"{disk.free_bytes} of {disk.size_bytes} bytes are free"
        faults.append(Fault(kind=FaultKind.DISK_NEARLY_FULL, detail=detail))
    if parts.network.network_enabled and parts.network.announced_as is None:
        faults.append(Fault(kind=FaultKind.NOT_ANNOUNCED))
    return System(
        versions=dict(versions()),
        started_at=health.started_at,
        now=datetime.now(UTC),
        clock=health.clock,
        load=gauges.meter.load(),
        disk=disk,
        history=stored,
        safety_copy_at=_written_at(copy_path(gauges.state_dir)),
        network=await _network(parts),
        faults=faults,
    )


@cache
def versions() -> Mapping[str, str]:
    """Return the versions of the engine and of what it rests on, by name."""
    found = {
        "bacs-core": bacs_core.__version__,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": platform.platform(),
    }
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


async def _stored(access: HistoryAccess, faults: list[Fault]) -> StoredHistory:
    """Tell what is kept; where that cannot be read, only why."""
    keeping = access.keeping
    retention = Retention(
        budget_bytes=keeping.budget_bytes,
        full_days=keeping.full_days,
        minute_days=keeping.minute_days,
        hour_days=keeping.hour_days,
    )
    try:
        extent = await access.read(lambda reader: extent_of(reader, keeping.budget_bytes))
    except RefusedError as error:
        faults.append(Fault(kind=FaultKind.HISTORY_UNREADABLE, detail=error.reason))
        return StoredHistory(retention=retention)
    return StoredHistory(tiers=extent.tiers, retention=retention)


async def _network(parts: Parts) -> NetworkStatus:
    network = parts.network
    try:
        paired = len(await asyncio.to_thread(parts.people.tokens))
    except RefusedError:
        # That the database cannot be read is told elsewhere.
        paired = 0
    return NetworkStatus(
        enabled=network.network_enabled,
        port=network.port,
        addresses=own_addresses() if network.network_enabled else [],
        fingerprint=None if network.fingerprint is None else network.fingerprint.hex(),
        announced_as=network.announced_as,
        paired_tokens=paired,
    )


def _is_nearly_full(disk: Disk) -> bool:
    return disk.free_bytes < min(LEAST_FREE_BYTES, LEAST_FREE_SHARE * disk.size_bytes)


def _written_at(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None
