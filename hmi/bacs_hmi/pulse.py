"""The heartbeat that each browser gets once a second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from nicegui.element import Element

from bacs_hmi.live import Connection
from bacs_hmi.texts import Texts

_TEXTS: Final = ("engine_lost", "server_lost", "alarms_unknown", "alarms_unknown_last")


class Pulse(Element, component="pulse.js", dependencies=["canvas/shared/*.js"]):
    """Says in the browser when the engine, or this very server, is no longer there."""

    def __init__(
        self,
        texts: Texts,
        connection: Connection,
        *,
        on_travel: Callable[[str], None],
        on_drawn: Callable[[], None] | None,
    ) -> None:
        """Beat once; `on_drawn` is told now and then that the browser draws, if anybody asks."""
        super().__init__()
        self._told = connection
        self.texts = {name: texts[name] for name in _TEXTS}
        self._props["texts"] = self.texts
        self._props["state"] = connection.state.value
        self._props["since"] = connection.since
        self._props["reports"] = on_drawn is not None
        self.on("travel", lambda event: on_travel(str(event.args)))
        if on_drawn is not None:
            self.on("drawn", lambda _: on_drawn())

    def beat(self, connection: Connection, *, carried: bool) -> None:
        """Tell the browser that the server lives, and how the engine is.

        A frame `carried` in the same tick says as much: then only news of the engine are told.
        """
        if carried and connection == self._told:
            return
        self._told = connection
        self.run_method("beat", connection.state.value, connection.since)
