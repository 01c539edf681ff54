from __future__ import annotations

import json

import pytest
from pydantic import TypeAdapter, ValidationError

from bacs_core.access.principal import Principal
from bacs_core.api.client import (
    CommandRefusedError,
    EngineUnreachableError,
    NotAuthorizedError,
    VersionMismatchError,
)
from bacs_core.api.messages import (
    API_VERSION,
    Acknowledge,
    Command,
    CommandName,
    Login,
    Me,
    ResumeEqualization,
    SetNetwork,
)
from bacs_core.errors import BacsError
from bacs_core.model import Quantity, Role
from tests.core.api.conftest import Engine
from tests.core.api.stand_in import make_alarm


async def test_anybody_may_ask_who_is_there(engine: Engine) -> None:
    health = await engine.client(None).health()
    assert (health.api_version, health.site_name) == (API_VERSION, "Test site")


async def test_the_plant_arrives_as_it_was_built(engine: Engine) -> None:
    assert (await engine.client().site()).site == engine.service.site


async def test_the_snapshot_tells_the_published_values(engine: Engine) -> None:
    engine.tick(2.250, 2.25, float("nan"))
    await engine.told()
    engine.tick(2.253, 2.26, float("nan"))
    await engine.told()
    snapshot = await engine.client().snapshot()
    assert snapshot.strings[0].columns == {Quantity.VOLTAGE: [2.250, 2.26, None]}


async def test_before_the_first_tick_the_snapshot_is_not_ready(engine: Engine) -> None:
    with pytest.raises(EngineUnreachableError, match="just started"):
        await engine.client().snapshot()
    assert await engine.client().alarms() == []


async def test_raised_alarms_are_told(engine: Engine) -> None:
    engine.tick(2.41, 2.25, 2.25, alarms=(make_alarm(),))
    assert await engine.client().alarms() == [make_alarm()]


async def test_the_engine_tells_whom_it_takes_the_caller_for(engine: Engine) -> None:
    assert await engine.client("panel").me() == Me(
        name="panel", role=Role.TECHNICIAN, at_cabinet=True
    )


@pytest.mark.parametrize("token", [None, "wrong"])
async def test_all_but_health_needs_a_valid_token(engine: Engine, token: str | None) -> None:
    await engine.ready()
    client = engine.client(token)
    calls = (client.me, client.site, client.snapshot, client.alarms)
    for call in calls:
        with pytest.raises(NotAuthorizedError):
            await call()
    with pytest.raises(NotAuthorizedError):
        await client.command(Acknowledge())
    with pytest.raises(NotAuthorizedError):
        async with client.stream():
            pass
    assert engine.service.executed == []


async def test_a_command_is_carried_out_in_the_name_of_the_caller(engine: Engine) -> None:
    command = ResumeEqualization(string_key="ups/1")
    result = await engine.client("operator").command(command)
    assert (result.command, result.by) == (CommandName.RESUME_EQUALIZATION, "otto")
    assert engine.service.executed == [(command, Principal("otto", Role.OPERATOR))]


async def test_a_command_may_be_given_in_the_name_of_a_person(engine: Engine) -> None:
    panel = engine.client("panel")
    session = await panel.login(Login(user="tina", secret="1234"))
    result = await panel.command(SetNetwork(enabled=True), session_token=session.token)
    assert result.by == "tina"
    await panel.logout(session.token)
    with pytest.raises(NotAuthorizedError):
        await panel.command(SetNetwork(enabled=True), session_token=session.token)


@pytest.mark.parametrize(
    ("token", "command", "code"),
    [
        ("viewer", Acknowledge(), "forbidden"),
        ("session", SetNetwork(enabled=True), "cabinet_only"),
        ("operator", ResumeEqualization(string_key="nowhere/1"), "unknown_string"),
    ],
)
async def test_a_refused_command_says_why(
    engine: Engine, token: str, command: Acknowledge | SetNetwork | ResumeEqualization, code: str
) -> None:
    engine.gate.principals["session"] = Principal("tina", Role.TECHNICIAN)
    with pytest.raises(CommandRefusedError) as refused:
        await engine.client(token).command(command)
    assert refused.value.code == code
    assert refused.value.reason
    assert engine.service.executed == []


@pytest.mark.parametrize(
    ("login", "code"),
    [
        (Login(user="tina", secret="wrong"), "wrong_credentials"),
        (Login(user="locked", secret="right"), "locked_out"),
        (Login(user="tina", secret="1234"), "cabinet_only"),
    ],
)
async def test_a_refused_login_says_why(engine: Engine, login: Login, code: str) -> None:
    with pytest.raises(CommandRefusedError) as refused:
        await engine.client(None).login(login)
    assert refused.value.code == code


async def test_a_login_forwarded_with_a_revoked_token_is_not_taken_for_a_strangers(
    engine: Engine,
) -> None:
    with pytest.raises(NotAuthorizedError):
        await engine.client("revoked").login(Login(user="tina", secret="right"))


@pytest.mark.parametrize(
    ("status", "method", "path", "token", "body"),
    [
        (401, "GET", "me", None, None),
        (401, "POST", "session", None, '{"user": "tina", "secret": "wrong"}'),
        (403, "POST", "commands", "viewer", '{"command": "acknowledge"}'),
        (404, "GET", "nothing", "viewer", None),
        (405, "PUT", "commands", "viewer", "{}"),
        (
            409,
            "POST",
            "commands",
            "operator",
            '{"command": "resume_equalization", "string_key": "x/1"}',
        ),
        (413, "POST", "commands", "operator", " " * 70_000),
        (422, "POST", "commands", "operator", '{"command": "open_breaker"}'),
        (422, "POST", "commands", "operator", "not JSON"),
        (429, "POST", "session", None, '{"user": "locked", "secret": "right"}'),
        (
            500,
            "POST",
            "commands",
            "operator",
            '{"command": "resume_equalization", "string_key": "bug"}',
        ),
    ],
)
async def test_every_refusal_is_a_problem_that_gives_nothing_away(
    engine: Engine, status: int, method: str, path: str, token: str | None, body: str | None
) -> None:
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    async with engine.session.request(
        method, f"{engine.url}/api/v1/{path}", headers=headers, data=body
    ) as response:
        problem = await response.json()
    assert response.status == status
    assert set(problem) == {"code", "reason"}
    assert problem["reason"]
    assert "secret detail" not in problem["reason"]
    assert "Traceback" not in problem["reason"]


async def test_the_secret_of_an_invalid_login_is_not_sent_back(engine: Engine) -> None:
    url = f"{engine.url}/api/v1/session"
    async with engine.session.post(url, json={"user": ["x"], "secret": ["hunter2"]}) as response:
        assert response.status == 422
        assert "hunter2" not in await response.text()


async def test_a_body_of_untold_length_is_refused(engine: Engine) -> None:
    async def endless() -> object:
        yield b"{}"

    async with engine.session.post(f"{engine.url}/api/v1/session", data=endless()) as response:
        assert response.status == 411


async def test_the_openapi_document_describes_every_route_and_message(engine: Engine) -> None:
    async with engine.session.get(f"{engine.url}/api/v1/openapi.json") as response:
        document = json.loads(await response.text())
    operations = {
        (method, path.removeprefix("/api/v1/"))
        for path, methods in document["paths"].items()
        for method in methods
    }
    assert operations == {
        ("get", "health"),
        ("get", "site"),
        ("get", "snapshot"),
        ("get", "alarms"),
        ("get", "me"),
        ("get", "commissioning"),
        ("get", "stick"),
        ("get", "rules"),
        ("get", "system"),
        ("get", "users"),
        ("post", "users"),
        ("get", "users/at-cabinet"),
        ("get", "users/first"),
        ("post", "users/first"),
        ("delete", "users/{name}"),
        ("put", "users/{name}/role"),
        ("put", "users/{name}/password"),
        ("put", "users/{name}/pin"),
        ("put", "me/password"),
        ("get", "tokens"),
        ("delete", "tokens/{name}"),
        ("get", "pairing"),
        ("post", "pairing"),
        ("delete", "pairing"),
        ("post", "pair"),
        ("get", "history/extent"),
        ("get", "history/series"),
        ("get", "history/sample"),
        ("get", "history/samples"),
        ("get", "history/events"),
        ("get", "history/maintenance"),
        ("get", "history/discharges"),
        ("get", "history/discharges/compare"),
        ("get", "history/discharges/{number}"),
        ("get", "history/discharges/{number}/replay"),
        ("get", "history/export"),
        ("get", "history/backup"),
        ("get", "history/reports/{string_key}"),
        ("post", "commands"),
        ("post", "session"),
        ("delete", "session"),
        ("get", "stream"),
    }
    schemas = document["components"]["schemas"]
    assert {
        "SnapshotMessage",
        "ChangesMessage",
        "Subscribe",
        "Problem",
        "SetNetwork",
        "Rules",
        "System",
    } <= set(schemas)
    references = [
        word.removeprefix("#/components/schemas/")
        for word in json.dumps(document).split('"')
        if word.startswith("#/components/schemas/")
    ]
    assert set(references) <= set(schemas)


async def test_users_that_cannot_be_read_are_no_reason_to_let_somebody_in(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(bearer: str | None) -> Principal | None:
        raise BacsError("the disk is gone")

    monkeypatch.setattr(engine.gate, "authenticate", fail)
    with pytest.raises(EngineUnreachableError) as failed:
        await engine.client().me()
    assert "disk" not in str(failed.value)
    assert "the disk is gone" in caplog.text
    with pytest.raises(EngineUnreachableError):
        async with engine.client().stream():
            pass


async def test_a_client_of_another_version_is_told_so(engine: Engine) -> None:
    engine.service.api_version = 2
    with pytest.raises(VersionMismatchError, match="API version 2"):
        await engine.client().health()


async def test_only_a_technician_reads_what_is_commissioned(engine: Engine) -> None:
    assert (await engine.client("panel").commissioning()).state == "idle"
    with pytest.raises(CommandRefusedError) as refused:
        await engine.client("operator").commissioning()
    assert refused.value.code == "forbidden"
    report = await engine.client("operator").commissioning(session_token="panel")
    assert report.state == "idle"


async def test_a_scan_names_either_a_line_or_a_port(engine: Engine) -> None:
    for place in ({}, {"line_id": "rack", "port": "/dev/ttyUSB0"}):
        async with engine.session.post(
            f"{engine.url}/api/v1/commands",
            json={"command": "start_scan", **place},
            headers={"Authorization": "Bearer panel"},
        ) as response:
            assert response.status == 422
            assert "either a line or a port" in await response.text()


@pytest.mark.parametrize(
    "command",
    [
        {"command": "acknowledge", "alarm_idd": "x"},
        {"command": "switch_relay", "device_id": "box", "relay": 1, "closed": "yes"},
        {"command": "set_network", "enabled": 1},
        {"command": "start_scan", "line_id": "rack", "parities": ["none"] * 4},
    ],
)
def test_a_command_with_an_unknown_or_a_loose_field_means_nothing(command: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Command).validate_json(json.dumps(command))
