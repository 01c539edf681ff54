from __future__ import annotations

import asyncio
import logging
import signal
import socket
import ssl
from pathlib import Path

import aiohttp
import pytest

from bacs_core.access.principal import Principal
from bacs_core.api.client import CertificateError, EngineClient, EngineUnreachableError
from bacs_core.api.listener import PortError
from bacs_core.api.messages import SnapshotMessage
from bacs_core.api.server import ApiServer
from bacs_core.model import Role
from tests.core.api.conftest import Engine
from tests.core.api.stand_in import StandInEngine, StandInGate, make_site


def network_address() -> str:
    """An address of this machine that is not loopback, as another machine would use it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Sends nothing: it only asks which of our addresses leads there.
            probe.connect(("198.51.100.1", 9))
        except OSError:
            pytest.skip("this machine has no network address")
        address: str = probe.getsockname()[0]
        return address


def over_network(
    engine: Engine,
    fingerprint: bytes | None = None,
    token: str = "viewer",  # noqa: S107
) -> EngineClient:
    url = f"https://{network_address()}:{engine.server.port}"
    pinned = engine.server.fingerprint if fingerprint is None else fingerprint
    return EngineClient(engine.session, url, token, fingerprint=pinned)


async def test_only_loopback_is_served_until_the_network_is_switched_on(engine: Engine) -> None:
    await engine.ready()
    with pytest.raises(EngineUnreachableError):
        await over_network(engine).health()

    await engine.server.set_network(enabled=True)
    switched = [engine.server.network_enabled]
    assert (await over_network(engine).me()).name == "home assistant"
    assert (await engine.client().me()).name == "home assistant"

    await engine.server.set_network(enabled=False)
    switched.append(engine.server.network_enabled)
    assert switched == [True, False]
    with pytest.raises(EngineUnreachableError):
        await over_network(engine).health()
    assert (await engine.client().me()).name == "home assistant"


async def test_a_loopback_stream_goes_on_while_the_network_is_switched(engine: Engine) -> None:
    await engine.ready()
    async with engine.client().stream() as stream:
        first = await anext(stream)
        for enabled in (True, True, False, False):
            await engine.server.set_network(enabled=enabled)
            engine.tick(2.25, 2.25, 2.25)
            assert (await anext(stream)).sequence > first.sequence


async def test_loopback_stays_plain_while_the_network_is_on(engine: Engine) -> None:
    await engine.server.set_network(enabled=True)
    for _ in range(20):
        # A new connection each time: sharing the port must never hand one to the other listener.
        async with aiohttp.ClientSession() as session:
            client = EngineClient(session, engine.url, None)
            await client.health()


async def test_the_network_speaks_tls_only(engine: Engine) -> None:
    await engine.server.set_network(enabled=True)
    plain = EngineClient(
        engine.session, f"http://{network_address()}:{engine.server.port}", "viewer"
    )
    with pytest.raises(EngineUnreachableError):
        await plain.health()


async def test_the_stream_works_over_the_network_and_ends_with_it(engine: Engine) -> None:
    await engine.ready()
    await engine.server.set_network(enabled=True)
    async with over_network(engine).stream() as stream:
        assert isinstance(await anext(stream), SnapshotMessage)
        await engine.server.set_network(enabled=False)
        with pytest.raises(EngineUnreachableError):
            await anext(stream)


async def test_another_certificate_than_the_pinned_one_is_refused(engine: Engine) -> None:
    await engine.server.set_network(enabled=True)
    for call in (over_network(engine, bytes(32)).me, over_network(engine, bytes(32)).health):
        with pytest.raises(CertificateError):
            await call()
    with pytest.raises(CertificateError):
        async with over_network(engine, bytes(32)).stream():
            pass


async def test_a_certificate_that_nobody_pinned_is_refused(engine: Engine) -> None:
    await engine.server.set_network(enabled=True)
    url = f"https://{network_address()}:{engine.server.port}"
    with pytest.raises(CertificateError):
        await EngineClient(engine.session, url, "viewer").health()


async def test_a_token_of_the_cabinet_is_not_at_the_cabinet_over_the_network(
    engine: Engine,
) -> None:
    engine.gate.principals["panel"] = Principal("panel", Role.TECHNICIAN, at_cabinet=True)
    await engine.server.set_network(enabled=True)
    assert (await engine.client("panel").me()).at_cabinet
    assert not (await over_network(engine, token="panel").me()).at_cabinet


async def test_a_foreign_name_is_refused_over_the_network_and_a_known_one_is_not(
    engine: Engine,
) -> None:
    await engine.server.set_network(enabled=True)
    url = f"https://{network_address()}:{engine.server.port}/api/v1/health"
    assert engine.server.fingerprint is not None
    pinned = aiohttp.Fingerprint(engine.server.fingerprint)
    for host, status in (("evil.example", 403), (f"{socket.gethostname()}.local", 200)):
        async with engine.session.get(url, headers={"Host": host}, ssl=pinned) as response:
            assert response.status == status


async def test_certificate_and_fingerprint_survive_a_restart(
    engine: Engine, tmp_path: Path
) -> None:
    other_folder = tmp_path / "other"
    other_folder.mkdir()
    shown = [engine.server.fingerprint]
    for folder in (tmp_path, tmp_path, other_folder):
        server = ApiServer(engine.service, engine.gate, folder=folder, port=0)
        await server.start()
        await server.set_network(enabled=True)
        shown.append(server.fingerprint)
        await server.stop()
    before, first, again, other = shown
    assert before is None
    assert first is not None
    assert len(first) == 32
    assert again == first != other


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_old_tls_is_refused(engine: Engine) -> None:
    await engine.server.set_network(enabled=True)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection(network_address(), engine.server.port, ssl=context)


async def test_a_port_in_use_is_named(engine: Engine, tmp_path: Path) -> None:
    port = engine.server.port
    second = ApiServer(engine.service, engine.gate, folder=tmp_path, port=port)
    with pytest.raises(PortError, match=f"port {port} on 127.0.0.1 is in use"):
        await second.start()
    await second.stop()
    await engine.client().health()


async def test_a_network_port_in_use_leaves_loopback_alone(engine: Engine) -> None:
    with socket.socket() as other:
        other.bind((network_address(), engine.server.port))
        other.listen()
        with pytest.raises(PortError, match="in use"):
            await engine.server.set_network(enabled=True)
    assert not engine.server.network_enabled
    await engine.client().health()
    await engine.server.set_network(enabled=True)
    await over_network(engine).health()


async def test_the_server_can_be_stopped_twice_and_frees_its_port(tmp_path: Path) -> None:
    service, gate = StandInEngine(make_site()), StandInGate()
    server = ApiServer(service, gate, folder=tmp_path, port=0)
    await server.start()
    port = server.port
    await server.stop()
    await server.stop()
    again = ApiServer(service, gate, folder=tmp_path, port=port)
    await again.start()
    assert again.port == port
    await again.stop()


async def test_signals_and_logging_stay_with_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = signal.getsignal(signal.SIGTERM)
    log = logging.getLogger("uvicorn")
    monkeypatch.setattr(log, "handlers", [])
    monkeypatch.setattr(log, "propagate", True)
    server = ApiServer(StandInEngine(make_site()), StandInGate(), folder=tmp_path, port=0)
    await server.start()
    assert signal.getsignal(signal.SIGTERM) is handler
    assert log.handlers == []
    assert log.propagate
    await server.stop()
    assert signal.getsignal(signal.SIGTERM) is handler


async def test_a_tick_that_cannot_be_told_does_not_end_the_api(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    await engine.ready()
    async with engine.client().stream() as stream:
        await anext(stream)
        engine.tick(2.3, 2.3)
        await engine.told()
        engine.tick(2.3, 2.3, 2.3)
        await anext(stream)
    assert "cannot be published" in caplog.text
