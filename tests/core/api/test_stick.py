"""What the API tells of a stick: asked for, and with the stream."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from bacs_core.api.messages import API_PREFIX
from bacs_core.snapshot import Annunciation
from bacs_core.stick.states import StickPhase, StickProblem, StickState
from tests.core.api.conftest import STRING, Engine, string
from tests.core.api.stand_in import make_tick

CALM = Annunciation(sounding=False, muted=False, led="green")
WRITING = StickState(StickPhase.WRITING, 1_800_000_000.0, "KINGSTON", percent=41)
FULL = StickState(
    StickPhase.PROBLEM,
    1_800_000_000.0,
    "KINGSTON",
    problem=StickProblem.NOT_ENOUGH_SPACE,
    needed_bytes=2000,
    free_bytes=1000,
    unattended=False,
)


async def tell(engine: Engine, stick: StickState | None) -> None:
    engine.sequence += 1
    made = make_tick(engine.sequence, string(*[2.25] * STRING.cell_count))
    snapshot = replace(made.snapshot, annunciation=replace(CALM, stick=stick))
    engine.service.publish(replace(made, snapshot=snapshot))
    await engine.told()


async def asked(engine: Engine, session: aiohttp.ClientSession, token: str) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    async with session.get(f"{engine.url}{API_PREFIX}/stick", headers=headers) as answer:
        return answer.status, await answer.json()


async def test_the_state_of_the_stick_is_told_to_whoever_has_a_token(
    engine: Engine, session: aiohttp.ClientSession
) -> None:
    assert (await asked(engine, session, "nobody"))[0] == 401
    assert (await asked(engine, session, "viewer"))[0] == 503
    await tell(engine, None)
    status, nothing = await asked(engine, session, "viewer")
    assert (status, nothing["phase"]) == (200, "none")
    await tell(engine, WRITING)
    _, writing = await asked(engine, session, "viewer")
    assert writing["since"] == "2027-01-15T08:00:00Z"
    assert {
        key: writing[key] for key in ("phase", "label", "percent", "problem", "unattended")
    } == {
        "phase": "writing",
        "label": "KINGSTON",
        "percent": 41,
        "problem": None,
        "unattended": True,
    }
    await tell(engine, FULL)
    _, full = await asked(engine, session, "viewer")
    assert (full["problem"], full["needed_bytes"], full["free_bytes"], full["unattended"]) == (
        "not_enough_space",
        2000,
        1000,
        False,
    )


async def test_the_stream_tells_of_a_stick_only_when_something_changed(engine: Engine) -> None:
    await tell(engine, None)
    async with engine.client().stream() as stream:
        first = await anext(stream)
        assert first.annunciation is not None
        assert first.annunciation.stick is None
        told = []
        for stick in (WRITING, WRITING, replace(WRITING, percent=42), FULL):
            await tell(engine, stick)
            message = await anext(stream)
            calling = message.annunciation
            told.append(None if calling is None or calling.stick is None else calling.stick.percent)
        assert told == [41, None, 42, 0]


async def test_the_published_document_shows_route_and_commands(
    engine: Engine, session: aiohttp.ClientSession
) -> None:
    async with session.get(f"{engine.url}{API_PREFIX}/openapi.json") as answer:
        document = json.loads(await answer.text())
    assert f"{API_PREFIX}/stick" in document["paths"]
    assert {"StickStatus", "ExportToStick", "SetStickExport"} <= set(
        document["components"]["schemas"]
    )


@pytest.mark.parametrize("enabled", ["true", 1, None])
async def test_a_choice_that_is_not_yes_or_no_is_refused(
    engine: Engine, session: aiohttp.ClientSession, enabled: object
) -> None:
    async with session.post(
        f"{engine.url}{API_PREFIX}/commands",
        json={"command": "set_stick_export", "enabled": enabled},
        headers={"Authorization": "Bearer viewer"},
    ) as answer:
        assert answer.status == 422
