"""How the engine itself does, over the API."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import bacs_core
from bacs_core.api import system_routes
from bacs_core.api.system_messages import Fault, FaultKind
from bacs_core.history.database import open_database
from bacs_core.history.safety_copy import SafetyCopy, copy_path, write_copy
from bacs_core.history.store import History
from bacs_core.own_load import disk_of
from tests.core.api.conftest import STRING, Engine
from tests.core.api.stand_in import START, make_string_snapshot, make_tick
from tests.core.api.test_pairing import cabinet, code_of, paired

__all__ = ["cabinet"]


async def test_a_new_engine_tells_its_versions_and_that_there_is_nothing_yet(
    engine: Engine, tmp_path: Path
) -> None:
    open_database(tmp_path).close()
    told = await engine.client().system()
    assert told.versions["bacs-core"] == bacs_core.__version__
    assert told.versions["python"] == platform.python_version()
    assert {"sqlite", "pymodbus", "uvicorn", "zeroconf"} <= set(told.versions)
    assert told.started_at == START
    assert abs((told.now - datetime.now(UTC)).total_seconds()) < 60
    assert told.disk is not None
    assert told.disk.folder == str(tmp_path)
    assert told.history.tiers == []
    assert told.history.retention.budget_bytes == 6_000_000_000
    assert told.safety_copy_at is None
    assert (told.network.enabled, told.network.addresses, told.network.fingerprint) == (
        False,
        [],
        None,
    )
    assert told.faults == []


async def test_what_is_kept_is_told_by_tier_and_the_safety_copy_by_its_time(
    engine: Engine, tmp_path: Path
) -> None:
    history = History(tmp_path, clock=START.timestamp)
    tick = make_tick(1, make_string_snapshot(STRING, {}))
    history.record_sample(tick.snapshot)
    history.close()
    write_copy(tmp_path, SafetyCopy(1, {}))
    told = await engine.client().system()
    (tier,) = told.history.tiers
    assert (tier.tier, tier.first, tier.last) == ("full", tick.snapshot.at, tick.snapshot.at)
    assert told.safety_copy_at is not None
    assert told.safety_copy_at.timestamp() == pytest.approx(copy_path(tmp_path).stat().st_mtime)


async def test_the_network_is_told_with_its_certificate_and_who_was_paired(
    engine: Engine, cabinet: Any
) -> None:
    await paired(engine, await code_of(cabinet))
    told = (await engine.client().system()).network
    assert told.enabled
    assert told.port == engine.server.port
    assert "127.0.0.1" not in told.addresses
    assert told.addresses
    assert engine.server.fingerprint is not None
    assert told.fingerprint == engine.server.fingerprint.hex()
    assert told.paired_tokens == 1


async def test_faults_are_told_by_name(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Fault(kind=FaultKind.LINE_GONE, place="bus", detail="no such file")
    engine.service.wrong = [gone]
    disk = disk_of(tmp_path)
    assert disk is not None
    full = disk.model_copy(update={"free_bytes": 100_000_000, "size_bytes": 64_000_000_000})
    monkeypatch.setattr(system_routes, "disk_of", lambda _: full)
    (tmp_path / "bacs.db").write_text("this is no database, but something else")
    await engine.server.set_network(enabled=True)
    told = await engine.client().system()
    assert told.faults[0] == gone
    assert [fault.kind for fault in told.faults[1:]] == [
        FaultKind.HISTORY_UNREADABLE,
        FaultKind.DISK_NEARLY_FULL,
        FaultKind.NOT_ANNOUNCED,
    ]
