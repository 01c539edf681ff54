"""Connections to serial servers and to devices that speak Modbus TCP."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from bacs_core.errors import PortGoneError

CONNECT_TIMEOUT_S: Final = 3.0
#: What a network adds to the turnaround of a device. A lost segment is sent again after 0.2 s at
#: the earliest, one on the way there and one on the way back; the rest is for the box itself.
NETWORK_ALLOWANCE_S: Final = 0.5
#: A far end that was switched off says nothing: what it does not confirm so long is lost.
_UNCONFIRMED_MS: Final = 5000
_KEEPALIVE_AFTER_S: Final = 5
_KEEPALIVE_EVERY_S: Final = 2
_KEEPALIVE_TRIES: Final = 3

#: Threads of its own: a name server that hangs keeps nobody from opening a port or logging in.
_RESOLVER: Final = ThreadPoolExecutor(max_workers=8, thread_name_prefix="name resolution")
_being_resolved: Final[set[tuple[str, int]]] = set()


Place = tuple[socket.AddressFamily, tuple[str | int | bytes, ...]]
"""Family and address of a host, as the system wants them."""


def host_and_port(place: str) -> tuple[str, int]:
    """Split `host:port`; an IPv6 host stands in brackets."""
    host, _, number = place.rpartition(":")
    return host.strip("[]"), int(number)


async def connect(place: str) -> socket.socket:
    """Connect to `host:port`; raises `PortGoneError` with a reason for a technician."""
    host, number = host_and_port(place)
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            return await _connect_any(host, number)
    except TimeoutError as error:
        raise PortGoneError(
            f"{place} does not answer within {CONNECT_TIMEOUT_S:g} s: wrong address, switched off,"
            " or kept away by a firewall"
        ) from error
    except OSError as error:
        raise PortGoneError(f"{place} cannot be reached: {reason(error)}") from error


async def resolve(host: str, number: int, kind: socket.SocketKind) -> list[Place]:
    """Return the addresses of a host; raises `PortGoneError`.

    Names are resolved in a thread, so that a slow name server delays nobody else; as long as it
    has not answered, it is not asked again for the same place.
    """
    try:
        return _numeric(host, number, kind) or await _named(host, number, kind)
    except socket.gaierror as error:
        raise PortGoneError(f"the name {host} cannot be resolved: {error.strerror}") from error
    except UnicodeError as error:
        raise PortGoneError(f"{host[:80]!r} cannot be the name of a host") from error


def _numeric(host: str, number: int, kind: socket.SocketKind) -> list[Place]:
    """Read a host that is written as an address; nobody is asked for it."""
    try:
        found = socket.getaddrinfo(host, number, type=kind, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        return []
    return [(family, address) for family, _, _, _, address in found]


async def _named(host: str, number: int, kind: socket.SocketKind) -> list[Place]:
    place = (host, number)
    if place in _being_resolved:
        raise PortGoneError(f"the name server has not answered yet where {host} is")
    _being_resolved.add(place)
    asked = _RESOLVER.submit(socket.getaddrinfo, host, number, type=kind)
    # It ends when the name server answers, however soon the line has lost patience.
    asked.add_done_callback(lambda _: _being_resolved.discard(place))
    return [(family, address) for family, _, _, _, address in await asyncio.wrap_future(asked)]


def reason(error: OSError) -> str:
    """Say what the system says, without its number."""
    return error.strerror or str(error)


async def _connect_any(host: str, number: int) -> socket.socket:
    loop = asyncio.get_running_loop()
    failure: OSError = OSError(f"{host} has no address")
    for family, address in await resolve(host, number, socket.SOCK_STREAM):
        with contextlib.ExitStack() as half_open:
            link = half_open.enter_context(socket.socket(family, socket.SOCK_STREAM))
            try:
                link.settimeout(0.0)
                await loop.sock_connect(link, address)
                _tune(link)
            except OSError as error:
                failure = error
            else:
                half_open.pop_all()
                return link
    raise failure


def _tune(link: socket.socket) -> None:
    """Send small frames at once, and notice a far end that is gone."""
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEPALIVE_AFTER_S)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _KEEPALIVE_EVERY_S)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _KEEPALIVE_TRIES)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNCONFIRMED_MS)
