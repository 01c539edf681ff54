"""Tells others on the network where the engine is: DNS-SD over multicast DNS (RFC 6762, RFC 6763).

Nothing that is announced is secret, and nothing of it is trusted: who is paired knows the engine by
its certificate. Where nothing can be announced the engine does all else as before.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import unicodedata
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Final

from zeroconf import Error as ZeroconfError, IPVersion, ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

import bacs_core
from bacs_core.api.messages import API_VERSION
from bacs_core.network_addresses import own_addresses

SERVICE_TYPE: Final = "_bacs._tcp.local."
#: The first digits of the certificate's SHA-256: enough to see that two sites are not the same.
FINGERPRINT_DIGITS: Final = 16
#: A label has 63 bytes; what avoids a conflict of names is put behind.
MOST_NAME_BYTES: Final = 56
#: A value of the properties, with its key, has 255 bytes.
MOST_VALUE_BYTES: Final = 200
LOOK_EVERY_S: Final = 15.0

_log = logging.getLogger(__name__)


class Announcer:
    """Announces one engine between `start` and `stop`, also when its addresses change."""

    def __init__(
        self,
        site_id: str,
        site_name: str,
        *,
        addresses: Callable[[], Sequence[str]] = own_addresses,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        """Speak for this site; `addresses` are those of the machine, looked at now and then."""
        self._site_id = site_id
        self._site_name = site_name
        self._addresses = addresses
        self._look_every_s = look_every_s
        self._name: str | None = None
        self._running: asyncio.Task[None] | None = None

    @property
    def name(self) -> str | None:
        """The name under which the engine is found, `None` while it is not announced."""
        return self._name

    def start(self, port: int, fingerprint: bytes) -> None:
        """Announce the engine until stopped; a machine without a network is waited for."""
        self._running = asyncio.create_task(self._announce(port, fingerprint), name="announcer")

    async def stop(self) -> None:
        """Take it back; twice is no error."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def _announce(self, port: int, fingerprint: bytes) -> None:
        failed_at: Sequence[str] | None = None
        while True:
            addresses = list(self._addresses())
            info = service_info(self._site_id, self._site_name, addresses, port, fingerprint)
            try:
                if addresses:
                    await self._tell(info, addresses)
                    continue
            except (OSError, RuntimeError, ZeroconfError) as error:
                if addresses != failed_at:
                    _log.warning("the engine cannot be announced on the network: %s", error)
                failed_at = addresses
            await asyncio.sleep(self._look_every_s)

    async def _tell(self, info: ServiceInfo, addresses: Sequence[str]) -> None:
        """Announce `info` until the addresses change; a name that is taken gets a number."""
        async with contextlib.AsyncExitStack() as opened:
            responder = AsyncZeroconf(interfaces=list(addresses), ip_version=_versions(addresses))
            opened.push_async_callback(responder.async_close)
            opened.callback(self._forget)
            told = await responder.async_register_service(info, allow_name_change=True)
            self._name = info.name.removesuffix(f".{SERVICE_TYPE}")
            await told
            _log.info("announced as %s on %s", self._name, ", ".join(addresses))
            while True:
                await asyncio.sleep(self._look_every_s)
                if list(self._addresses()) != addresses:
                    return

    def _forget(self) -> None:
        self._name = None


def service_info(
    site_id: str, site_name: str, addresses: Sequence[str], port: int, fingerprint: bytes
) -> ServiceInfo:
    """Say who the engine is and where; the name of the site is cut to what a label takes."""
    return ServiceInfo(
        SERVICE_TYPE,
        f"{_label(site_name)}.{SERVICE_TYPE}",
        port,
        properties={
            "site_id": site_id,
            "name": _cut(site_name, MOST_VALUE_BYTES),
            "version": bacs_core.__version__,
            "api": str(API_VERSION),
            "fingerprint": fingerprint.hex()[:FINGERPRINT_DIGITS],
        },
        # A name of its own: that of the machine may belong to another responder on it.
        server=f"bacs-{fingerprint.hex()[:FINGERPRINT_DIGITS]}.local.",
        parsed_addresses=list(addresses),
    )


def _label(name: str) -> str:
    # A dot would begin another label, and nobody can read a control character.
    plain = "".join(
        " " if character == "." or unicodedata.category(character) == "Cc" else character
        for character in name
    )
    return _cut(" ".join(plain.split()), MOST_NAME_BYTES).strip() or "BACS"


def _cut(text: str, most_bytes: int) -> str:
    return text.encode(errors="replace")[:most_bytes].decode(errors="ignore")


def _versions(addresses: Sequence[str]) -> IPVersion:
    versions = {ip_address(address).version for address in addresses}
    if len(versions) > 1:
        return IPVersion.All
    return IPVersion.V4Only if versions == {4} else IPVersion.V6Only
