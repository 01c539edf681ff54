"""The API on its sockets, inside the engine's event loop.

The loopback address is always served, without encryption: panel and engine share a computer. With
the network switched on, every other address is served with TLS on the same port. The listeners
share the port by SO_REUSEPORT; the kernel gives each connection to the most exact address, so
loopback stays where it is.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bacs_core.access.pairing import Pairing
from bacs_core.access.people import People
from bacs_core.api.app import create_app
from bacs_core.api.broadcast import Broadcast
from bacs_core.api.guard import own_names
from bacs_core.api.listener import PATIENCE_S, Listener, PortError
from bacs_core.api.messages import DEFAULT_PORT
from bacs_core.api.publication import DeadBands
from bacs_core.api.routes import Parts
from bacs_core.api.service import Announcer, EngineService, Gate
from bacs_core.api.tls import Certificate, own_certificate
from bacs_core.settings import Keeping

#: The loopback addresses in both families, and everything else.
LOOPBACK: Final = ("127.0.0.1", "::1")
NETWORK: Final = ("0.0.0.0", "::")  # noqa: S104 - only once a person has switched it on

_log = logging.getLogger(__name__)


class ApiServer:
    """The server of one engine: start, switch the network on and off, stop.

    `announcer` tells others of the engine while the network is on; it is set before that.
    """

    def __init__(
        self,
        service: EngineService,
        gate: Gate,
        *,
        folder: Path,
        keeping: Keeping | None = None,
        port: int = DEFAULT_PORT,
        bands: DeadBands | None = None,
        host_names: frozenset[str] = frozenset(),
        patience_s: float = PATIENCE_S,
    ) -> None:
        """`folder` keeps certificate, people and history, of which `keeping` says how much.

        Port 0 takes a free one. `host_names` is what clients may call this machine besides its own
        name and addresses. A client that takes nothing for `patience_s` is cut off.
        """
        self.announcer: Announcer | None = None
        self._service = service
        self._folder = folder
        self._wanted_port = port
        self._host_names = host_names
        self._patience_s = patience_s
        self._broadcast = Broadcast(bands)
        people = People(folder)
        self._pairing = Pairing(people)
        self._app = create_app(
            Parts(service, gate, self._broadcast, people, self._pairing, self),
            state_dir=folder,
            keeping=keeping,
            host_names=host_names,
        )
        self._certificate: Certificate | None = None
        self._feeding: asyncio.Task[None] | None = None
        self._loopback: Listener | None = None
        self._network: Listener | None = None
        self._switching = asyncio.Lock()

    @property
    def port(self) -> int:
        """The port that is served; only while started."""
        if self._loopback is None:
            raise PortError("the API is not started")
        return self._loopback.port

    @property
    def network_enabled(self) -> bool:
        """Whether other machines can reach the API."""
        return self._network is not None

    @property
    def fingerprint(self) -> bytes | None:
        """SHA-256 of the certificate (32 bytes), `None` before the network was first on."""
        return None if self._certificate is None else self._certificate.fingerprint

    @property
    def announced_as(self) -> str | None:
        """The name under which others find the engine, `None` while it is not announced."""
        return None if self.announcer is None else self.announcer.name

    async def start(self) -> None:
        """Serve loopback; raise `PortError` if the port is not free."""
        self._loopback = await Listener.open(
            self._app, LOOPBACK, self._wanted_port, alone=True, patience_s=self._patience_s
        )
        self._feeding = asyncio.create_task(self._feed())

    async def stop(self) -> None:
        """Close everything; streams are told to come again."""
        await self.set_network(enabled=False)
        if self._loopback is not None:
            await self._loopback.close()
            self._loopback = None
        if self._feeding is not None:
            self._feeding.cancel()
            await asyncio.gather(self._feeding, return_exceptions=True)
            self._feeding = None

    async def set_network(self, *, enabled: bool) -> None:
        """Open the API to other machines, or close it; raise `PortError`, `CertificateFileError`.

        Loopback is served all the time. Clients are sent a full snapshot, and read the site again.
        """
        async with self._switching:
            if enabled and self._network is None:
                await self._open_network()
            elif not enabled and self._network is not None:
                await self._close_network(self._network)
            else:
                return
            self._broadcast.renew()

    async def _open_network(self) -> None:
        if self._certificate is None:
            names = own_names() | self._host_names
            # In a thread: it may have to be made and written first.
            self._certificate = await asyncio.to_thread(
                own_certificate, self._folder, names, datetime.now(UTC)
            )
        self._network = await Listener.open(
            self._app,
            NETWORK,
            self.port,
            alone=False,
            patience_s=self._patience_s,
            certificate=self._certificate.path,
        )
        self._pairing.allow()
        if self.announcer is not None:
            self.announcer.start(self.port, self._certificate.fingerprint)

    async def _close_network(self, network: Listener) -> None:
        self._pairing.drop()
        if self.announcer is not None:
            await self.announcer.stop()
        await network.close()
        self._network = None

    async def _feed(self) -> None:
        """Publish each tick of the engine."""
        subscription = self._service.subscribe()
        try:
            async for tick in subscription:
                try:
                    self._broadcast.publish(tick)
                except Exception:  # noqa: BLE001 - the API outlives a tick that it cannot tell
                    # Clients see silence, which they count as a lost connection.
                    _log.exception("tick %s cannot be published", tick.snapshot.sequence)
        finally:
            subscription.close()
