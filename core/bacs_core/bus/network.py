"""Connections to serial servers and to devices that speak Modbus TCP."""

from __future__ import annotations

import asyncio
import socket
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


def host_and_port(place: str) -> tuple[str, int]:
    """Split `host:port`; an IPv6 host stands in brackets."""
    host, _, number = place.rpartition(":")
    return host.strip("[]"), int(number)


async def connect(place: str) -> socket.socket:
    """Connect to `host:port`; raises `PortGoneError` with a reason that a technician understands.

    Names are resolved in a thread, so that a slow name server delays nobody else.
    """
    host, number = host_and_port(place)
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            return await _connect_any(host, number)
    except TimeoutError as error:
        raise PortGoneError(
            f"{place} does not answer within {CONNECT_TIMEOUT_S:g} s: wrong address, switched off,"
            " or kept away by a firewall"
        ) from error
    except socket.gaierror as error:
        raise PortGoneError(f"the name {host} cannot be resolved: {error.strerror}") from error
    except OSError as error:
        raise PortGoneError(f"{place} cannot be reached: {reason(error)}") from error


def reason(error: OSError) -> str:
    """Say what the system says, without its number."""
    return error.strerror or str(error)


async def _connect_any(host: str, number: int) -> socket.socket:
    loop = asyncio.get_running_loop()
    places = await loop.getaddrinfo(host, number, type=socket.SOCK_STREAM)
    failure: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in places:
        link = socket.socket(family, kind, protocol)
        try:
            link.settimeout(0.0)
            await loop.sock_connect(link, address)
            _tune(link)
        except OSError as error:
            link.close()
            failure = error
        except BaseException:
            link.close()
            raise
        else:
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
