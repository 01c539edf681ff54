"""Exports and backups through the API: who may, what comes, and what is left when a client goes."""

from __future__ import annotations

import asyncio
import io
import os
import tarfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bacs_core.access.principal import Principal
from bacs_core.api import history_access
from bacs_core.history.backup.checking import unpack
from bacs_core.history.reader import HistoryReader
from bacs_core.history.store import History
from bacs_core.model import Role
from tests.core.api.conftest import Engine
from tests.core.api.stand_in import START, make_string, make_string_snapshot, make_tick
from tests.core.history.plant import steady

PATIENCE = aiohttp.ClientTimeout(total=100)


@pytest.fixture(autouse=True)
def no_lower_priority(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside other tests, a process of the lowest priority would hardly ever run."""
    monkeypatch.setattr(history_access, "LOW_PRIORITY", 0)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """What was recorded of the site of the stand-in engine."""
    string = make_string(cell_count=3)
    with closing(History(tmp_path)) as history:
        for number in range(3):
            at = START + timedelta(seconds=10 * number)
            values = make_string_snapshot(string, steady(3), read_at=at.timestamp())
            history.record_sample(make_tick(number, values, at=at).snapshot)
    return tmp_path


async def ask(engine: Engine, what: str, token: str | None, **query: Any) -> tuple[int, bytes]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    url = f"{engine.url}/api/v1/history/{what}"
    async with engine.session.get(url, params=query, headers=headers, timeout=PATIENCE) as response:
        return response.status, await response.read()


def packed(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as found:
        return {member.name: found.extractfile(member).read() for member in found}  # type: ignore[union-attr]


def events(state: Path) -> list[tuple[str, str | None]]:
    with HistoryReader(state) as reader:
        return [(stored.event.text, stored.event.by) for stored in reader.events()]


@pytest.mark.parametrize(
    ("what", "query", "refused"),
    [
        ("export", {}, ("viewer",)),
        ("backup", {}, ("viewer", "operator")),
        ("backup", {"credentials": "true"}, ("viewer", "operator", "panel")),
    ],
)
async def test_who_may_not_have_something_is_refused(
    engine: Engine, state: Path, what: str, query: dict[str, str], refused: tuple[str, ...]
) -> None:
    for token in refused:
        assert (await ask(engine, what, token, **query))[0] == 403
    assert (await ask(engine, what, None, **query))[0] == 401
    assert events(state) == []


async def test_an_export_is_an_archive_of_the_files_and_is_recorded(
    engine: Engine, state: Path
) -> None:
    status, archive = await ask(
        engine,
        "export",
        "operator",
        **{
            "from": (START + timedelta(seconds=5)).isoformat(),
            "to": (START + timedelta(hours=1)).isoformat(),
            "decimal_comma": "true",
        },
    )
    assert status == 200
    files = packed(archive)
    assert {"DataLog.csv", "Event.csv", "System.csv"} < files.keys()
    (name,) = [name for name in files if name.endswith("_volt.csv")]
    assert name.startswith("bacs/ups_01_")
    # The heading and two of the three samples.
    assert len(files[name].splitlines()) == 3
    assert b";2,2" in files[name]
    assert events(state) == [("export", "otto")]


async def test_an_administrator_gets_credentials_too(engine: Engine, state: Path) -> None:
    engine.gate.principals["admin"] = Principal("ada", Role.ADMINISTRATOR)
    (state / "network-certificate.pem").write_text("key")
    status, archive = await ask(engine, "backup", "admin", credentials="true")
    assert status == 200
    assert packed(archive)["network-certificate.pem"] == b"key"
    assert events(state) == [("backup", "ada")]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"string": "ups/9"}, 409, "unknown_string"),
        ({"every": "-1"}, 422, "invalid"),
        ({"from": "yesterday"}, 422, "invalid"),
        ({"from": "2026-11-22T00:00:00Z", "to": "2026-11-21T00:00:00Z"}, 422, "invalid"),
        ({"from": "2150-01-01T00:00:00Z"}, 422, "invalid"),
    ],
)
async def test_what_cannot_be_meant_is_refused(
    engine: Engine, state: Path, query: dict[str, str], status: int, code: str
) -> None:
    found, body = await ask(engine, "export", "operator", **query)
    assert (found, code in body.decode()) == (status, True)
    assert events(state) == []


async def test_a_client_that_leaves_ends_the_work(engine: Engine, state: Path) -> None:
    # Much more than fits into the buffers between the two ends.
    with (state / "measurements.journal").open("ab") as journal:
        journal.write(os.urandom(24 << 20))
    async with engine.session.get(
        f"{engine.url}/api/v1/history/backup?measurements=true",
        headers={"Authorization": "Bearer panel"},
        timeout=PATIENCE,
    ) as response:
        assert response.status == 200
        await response.content.read(1000)
        assert children()
        response.close()
    async with asyncio.timeout(100):
        while children():
            await asyncio.sleep(0.05)
    # The engine is not held up, and the next one can have its turn.
    await engine.client().health()
    status, archive = await ask(engine, "backup", "panel")
    assert status == 200
    (state / "unpacked").mkdir()
    (state / "backup.tar.gz").write_bytes(archive)
    assert not unpack(state / "backup.tar.gz", state / "unpacked").with_credentials
    assert events(state) == [("backup", "panel")] * 2


def children() -> list[int]:
    """The processes that this one has started and that have not ended."""
    tasks = Path("/proc/self/task")
    return [int(pid) for task in tasks.iterdir() for pid in (task / "children").read_text().split()]
