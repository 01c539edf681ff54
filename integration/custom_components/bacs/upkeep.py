"""Keeps an eye on what the stream does not tell, and turns it into things to repair."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from bacs_core.api.client import ClientError, EngineClient
from bacs_core.api.live import LiveSite, Update, UpdateKind
from bacs_core.api.system_messages import Fault

from .const import DOMAIN
from .issues import RECORDING_FAILED, IssueBook, issues_of
from .wording import speech_here

#: The disk of an engine fills slowly; its history writes a few megabytes a day.
ASK_EVERY: Final = timedelta(hours=1)


class Upkeep:
    """Follows one site, and asks its engine now and then how it does itself."""

    def __init__(
        self,
        hass: HomeAssistant,
        client: EngineClient | None,
        live: LiveSite,
        site_id: str,
        site: str,
    ) -> None:
        """Follow `live`; without a client there is no engine to be asked."""
        self._hass = hass
        self._client = client
        self._live = live
        self._book = IssueBook(hass, site_id, site)
        self._faults: list[Fault] = []

    @callback
    def start(self) -> Callable[[], None]:
        """Start; the returned function ends it."""
        stops = (
            self._live.listen(self._on_update),
            async_track_time_interval(self._hass, self._ask_soon, ASK_EVERY),
            self._book.clear,
        )
        self._look()
        self._ask_soon()

        def stop() -> None:
            for each in stops:
                each()

        return stop

    @callback
    def _on_update(self, update: Update) -> None:
        """Look again where something may have changed."""
        alarms = (*update.alarms_raised, *update.alarms_changed, *update.alarms_cleared)
        if update.kind is UpdateKind.CONNECTED or any(
            alarm.rule == RECORDING_FAILED for alarm in alarms
        ):
            self._ask_soon()
        if (
            alarms
            or update.managers
            or any(change.scalars or change.brain for change in update.strings.values())
        ):
            self._look()

    @callback
    def _ask_soon(self, _now: datetime | None = None) -> None:
        if self._client is not None:
            asking = self._ask(self._client)
            self._hass.async_create_background_task(asking, f"{DOMAIN} state of the engine")

    async def _ask(self, client: EngineClient) -> None:
        """Ask the engine for its faults; one that cannot be asked has told nothing new."""
        try:
            self._faults = (await client.system()).faults
        except ClientError:
            return
        self._look()

    @callback
    def _look(self) -> None:
        """Show what is to be repaired; while the connection is lost nothing new is known."""
        info = self._live.info
        if self._live.connected and info is not None:
            self._book.show(issues_of(self._live, info, self._faults, speech_here(self._hass)))
