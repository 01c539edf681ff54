"""A file that stands while the network is switched on at the panel; the firewall follows it.

It lies in the runtime directory of the service, so that it is gone when the engine is.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

NETWORK_MARK: Final = "network"

_log = logging.getLogger(__name__)


class Network(Protocol):
    """What can open and close the API to the network."""

    async def set_network(self, *, enabled: bool) -> None:
        """Listen on all addresses, or on this machine only."""


class MarkedNetwork:
    """Opens and closes a network, and leaves the mark only while it is open.

    Without a service manager that gives a runtime directory nothing is marked.
    """

    def __init__(self, network: Network, environment: Mapping[str, str] = os.environ) -> None:
        """Begin closed; a mark that an engine left that was killed is removed."""
        self._network = network
        folder = environment.get("RUNTIME_DIRECTORY", "")
        self._mark = Path(folder) / NETWORK_MARK if folder else None
        self._put(enabled=False)

    async def set_network(self, *, enabled: bool) -> None:
        """Open or close it. Raises what the network raises; the mark then stays away."""
        if not enabled:
            self._put(enabled=False)
        await self._network.set_network(enabled=enabled)
        if enabled:
            self._put(enabled=True)

    def _put(self, *, enabled: bool) -> None:
        if self._mark is None:
            return
        try:
            if enabled:
                self._mark.touch(mode=0o644)
            else:
                self._mark.unlink(missing_ok=True)
        except OSError as error:
            _log.error("the firewall does not learn that the network is %s: %s", enabled, error)
