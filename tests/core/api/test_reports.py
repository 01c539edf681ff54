"""The route of reports: the real server, the real program, and live values of the engine."""

from __future__ import annotations

import tempfile
from contextlib import closing
from http import HTTPStatus
from pathlib import Path

import pytest

from bacs_core.history.store import History
from tests.core.api.conftest import STRING, Engine, string
from tests.core.api.stand_in import START, make_tick

KEY = STRING.key


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    with closing(History(tmp_path, clock=START.timestamp)) as history:
        history.record_sample(make_tick(1, string(2.11, 2.22, 2.33)).snapshot)
    return tmp_path


async def get(engine: Engine, path: str, token: str | None = "viewer") -> tuple[int, str, str]:  # noqa: S107
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    url = f"{engine.url}/api/v1/history/reports/{path}"
    async with engine.session.get(url, headers=headers) as response:
        return response.status, response.content_type, await response.text()


@pytest.mark.timeout(300)  # a report gives way to everything else that runs beside it
async def test_a_report_has_the_live_values_of_the_engine(
    engine: Engine, recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = tmp_path / "letters"
    letters.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(letters))
    engine.tick(2.2511, 2.2522, 2.2533)
    status, kind, page = await get(engine, f"{KEY}?language=de")
    assert (status, kind) == (HTTPStatus.OK, "text/html")
    assert "Batteriebericht: String 1" in page
    assert "laufenden Engine" in page
    assert "2,252" in page
    assert "2,220" not in page
    assert page.rstrip().endswith("</html>")
    assert list(letters.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        (KEY, None, HTTPStatus.UNAUTHORIZED),
        ("ups/9", "viewer", HTTPStatus.CONFLICT),
        (f"{KEY}?language=fr", "viewer", HTTPStatus.UNPROCESSABLE_ENTITY),
        (
            f"{KEY}?from=2026-11-22T00:00:00Z&to=2026-11-21T00:00:00Z",
            "viewer",
            HTTPStatus.UNPROCESSABLE_ENTITY,
        ),
    ],
)
async def test_what_cannot_be_reported_is_refused(
    engine: Engine, path: str, token: str | None, status: HTTPStatus
) -> None:
    assert (await get(engine, path, token))[0] == status
