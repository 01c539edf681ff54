"""Real multicast DNS between two responders on the loopback interface."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from zeroconf import IPVersion, ServiceListener, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

import bacs_core
from bacs_core.announcing import SERVICE_TYPE, Announcer, service_info

FINGERPRINT = bytes(range(32))
LOOPBACK = "127.0.0.1"
GUARD_S = 30.0


class Listener(ServiceListener):
    """What another machine sees of the engines around it."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.changed = asyncio.Event()

    def add_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        self.seen.add(name)
        self.changed.set()

    def update_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        self.changed.set()

    def remove_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        self.seen.discard(name)
        self.changed.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(GUARD_S):
            while not holds():
                self.changed.clear()
                await self.changed.wait()


@pytest.fixture
async def other() -> AsyncIterator[AsyncZeroconf]:
    responder = AsyncZeroconf(interfaces=[LOOPBACK], ip_version=IPVersion.V4Only)
    yield responder
    await responder.async_close()


@pytest.fixture
async def listener(other: AsyncZeroconf) -> AsyncIterator[Listener]:
    listener = Listener()
    browser = AsyncServiceBrowser(other.zeroconf, SERVICE_TYPE, listener=listener)
    yield listener
    await browser.async_cancel()


@dataclass
class Machine:
    """Whose addresses a test changes."""

    addresses: list[str]

    def __call__(self) -> list[str]:
        return list(self.addresses)


@pytest.fixture
def site() -> str:
    """A name that no other test uses just now: they all share the loopback interface."""
    return f"Cabinet {uuid.uuid4().hex[:8]}"


@asynccontextmanager
async def announced(site: str, machine: Machine) -> AsyncIterator[Announcer]:
    announcer = Announcer("site-1", site, addresses=machine, look_every_s=0.05)
    announcer.start(8480, FINGERPRINT)
    try:
        yield announcer
    finally:
        await announcer.stop()


def full(name: str) -> str:
    return f"{name}.{SERVICE_TYPE}"


async def addresses_of(other: AsyncZeroconf, name: str) -> list[str]:
    info = AsyncServiceInfo(SERVICE_TYPE, full(name))
    assert await info.async_request(other.zeroconf, GUARD_S * 1000)
    return info.parsed_addresses()


async def test_an_engine_is_found_with_what_a_client_needs_to_know_and_goes_when_it_ends(
    other: AsyncZeroconf, listener: Listener, site: str
) -> None:
    async with announced(site, Machine([LOOPBACK])) as announcer:
        await listener.until(lambda: full(site) in listener.seen)
        info = AsyncServiceInfo(SERVICE_TYPE, full(site))
        assert await info.async_request(other.zeroconf, GUARD_S * 1000)
        assert (info.port, info.parsed_addresses()) == (8480, [LOOPBACK])
        assert info.decoded_properties == {
            "site_id": "site-1",
            "name": site,
            "version": bacs_core.__version__,
            "api": "1",
            "fingerprint": "0001020304050607",
        }
        assert announcer.name == site
        # A second engine of that name gets another one, and both stay.
        async with announced(site, Machine([LOOPBACK])) as second:
            await listener.until(lambda: full(f"{site}-2") in listener.seen)
            assert second.name == f"{site}-2"
            assert full(site) in listener.seen
    await listener.until(lambda: not listener.seen & {full(site), full(f"{site}-2")})
    assert announcer.name is None


async def test_an_engine_without_a_network_waits_for_one_and_follows_its_addresses(
    other: AsyncZeroconf, listener: Listener, site: str
) -> None:
    machine = Machine([])
    async with announced(site, machine) as announcer:
        await asyncio.sleep(0.1)
        assert announcer.name is None
        machine.addresses = ["203.0.113.77"]
        # Of no interface of this machine: nothing can be announced there, and nothing breaks.
        await asyncio.sleep(0.1)
        machine.addresses = [LOOPBACK]
        await listener.until(lambda: full(site) in listener.seen)
        assert await addresses_of(other, site) == [LOOPBACK]
        machine.addresses = [LOOPBACK, "127.0.0.2"]
        await listener.until(lambda: full(site) not in listener.seen)
        await listener.until(lambda: full(site) in listener.seen)
        async with asyncio.timeout(GUARD_S):
            while sorted(await addresses_of(other, site)) != [LOOPBACK, "127.0.0.2"]:
                await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("UPS room 2", "UPS room 2"),
        ("St. Gallen\n", "St Gallen"),
        ("Zürich ⚡", "Zürich ⚡"),
        ("ä" * 40, "ä" * 28),
        ("...", "BACS"),
        ("", "BACS"),
    ],
)
def test_any_name_of_a_site_makes_a_name_on_the_network(name: str, shown: str) -> None:
    info = service_info("site-1", name, [LOOPBACK, "2001:db8::1"], 8480, FINGERPRINT)
    assert info.name == full(shown)
    assert info.parsed_addresses() == [LOOPBACK, "2001:db8::1"]
