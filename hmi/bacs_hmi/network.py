"""The panel on the network: a second listener, open while the engine's network switch is on.

The page at the cabinet stays where it is, on loopback. The listener shares its port, speaks TLS
with a certificate of its own, and stands behind the door (`door.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from starlette.applications import Starlette

from bacs_core.api.guard import Guard, own_names
from bacs_core.api.listener import PATIENCE_S, Listener
from bacs_core.api.tls import own_certificate
from bacs_core.errors import BacsError
from bacs_hmi.door import Door
from bacs_hmi.live import Link
from bacs_hmi.standing import settle
from bacs_hmi.visits import Visits

#: All addresses in both families.
EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 - only while a person has it switched on
#: How soon a person is signed out whom the engine no longer knows.
LOOK_EVERY_S: Final = 5.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Address:
    """Where browsers on the network reach the panel; SHA-256 of its certificate (32 bytes)."""

    port: int
    fingerprint: bytes


class NetworkSide:
    """Serves the panel to the network while the engine says that the network is on."""

    def __init__(
        self,
        link: Link,
        visits: Visits,
        *,
        app: Starlette,
        own_sockets: Callable[[], Iterable[socket.socket]],
        folder: Path | None,
        host_names: frozenset[str] = frozenset(),
    ) -> None:
        """`own_sockets` are those of loopback, whose port is shared.

        `folder` keeps the certificate; without one it is new at each start. `host_names` is what
        browsers may call this computer besides its own name and addresses.
        """
        #: Set while browsers on the network are served.
        self.address: Address | None = None
        self._link = link
        self._visits = visits
        self._app = Guard(Door(app, link, visits), host_names=host_names)
        self._own_sockets = own_sockets
        self._folder = folder
        self._host_names = host_names
        self._listener: Listener | None = None
        self._wanted = False
        self._changed = asyncio.Event()
        self._problem = ""

    def follow(self) -> None:
        """Look what the engine says; while it is silent, its last word holds."""
        live = self._link.live
        info = None if live is None else live.info
        if info is not None and info.network_enabled is not self._wanted:
            self._wanted = info.network_enabled
            self._changed.set()

    async def run(self) -> None:
        """Open and close as it was followed; ends only when cancelled."""
        with contextlib.ExitStack() as stack:
            folder = self._folder or Path(stack.enter_context(TemporaryDirectory()))
            try:
                while True:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_EVERY_S):
                            await self._changed.wait()
                    self._changed.clear()
                    await self._settle(folder)
            finally:
                await self._close()

    async def _settle(self, folder: Path) -> None:
        if not self._wanted:
            await self._close()
        elif self._listener is None:
            try:
                await self._open(folder)
            except (BacsError, OSError) as error:
                if str(error) != self._problem:
                    _log.error("the panel is not served to the network: %s", error)
                self._problem = str(error)
        else:
            await self._sign_out_strangers()

    async def _open(self, folder: Path) -> None:
        names = own_names() | self._host_names
        certificate = await asyncio.to_thread(own_certificate, folder, names, datetime.now(UTC))
        port = 0
        for own in self._own_sockets():
            # The kernel gives each connection to the most exact address: loopback keeps its own.
            own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            port = own.getsockname()[1]
        self._listener = await Listener.open(
            self._app,
            EVERYWHERE,
            port,
            alone=False,
            patience_s=PATIENCE_S,
            certificate=certificate.path,
        )
        self._problem = ""
        self.address = Address(port, certificate.fingerprint)
        _log.info("the panel is served to the network on port %s", port)

    async def _close(self) -> None:
        listener, self._listener, self.address = self._listener, None, None
        if listener is None:
            return
        for visit in self._visits.elsewhere():
            self._visits.sign_out(visit)
        await listener.close()
        _log.info("the panel is no longer served to the network")

    async def _sign_out_strangers(self) -> None:
        """End the visits of whom the engine has removed or forgotten; take over a changed role."""
        for visit in self._visits.elsewhere():
            if self._link.stranger is not None:
                await settle(self._link.stranger, self._visits, visit)
