"""Follows one string for one card, through every reload of its entry."""

from collections.abc import Callable, Mapping
from math import inf
from typing import Any

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from bacs_core.model import Quantity, String

from .const import DOMAIN
from .devices import identity
from .feed import Feed, Source, alarms_source, column_source, string_source
from .readings import Place
from .runtime import ManagerRuntime
from .string_picture import StringPicture, built, changes, picture_of, whole


@callback
def loaded_strings(hass: HomeAssistant) -> dict[str, tuple[ManagerRuntime, String]]:
    """Find the strings of all loaded managers, by their identity."""
    return {
        identity(runtime.site_id, string.key): (runtime, string)
        for entry in hass.config_entries.async_entries(DOMAIN)
        if entry.state is ConfigEntryState.LOADED
        and isinstance(runtime := entry.runtime_data, ManagerRuntime)
        for string in runtime.manager.strings
    }


def sources_of(key: str) -> tuple[Source, ...]:
    """Name everything in a string that a card shows; a new status touches the columns too."""
    columns = (column_source(key, quantity) for quantity in Quantity)
    return (string_source(key), alarms_source(Place(key)), *columns)


class StringWatch:
    """Tells `send` of one string: first everything, then what changed.

    It waits in the queue of the one writer as the entities do, so a card costs one comparison per
    tick, and goes with the alarms: one message is cheap, and a card shows alarms.
    """

    urgent = True

    def __init__(
        self, hass: HomeAssistant, string_id: str, send: Callable[[Mapping[str, Any]], None]
    ) -> None:
        self.sources: tuple[Source, ...] = ()
        self._hass = hass
        self._string_id = string_id
        self._send = send
        self._string: String | None = None
        self._feed: Feed | None = None
        self._leave: Callable[[], None] | None = None
        self._picture: StringPicture | None = None
        self._news: Mapping[str, Any] | None = None
        self._told_state = ""

    @callback
    def start(self) -> Callable[[], None]:
        """Send what is there, and go on until the returned function is called."""
        self._follow()
        stop = async_dispatcher_connect(
            self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._entry_changed
        )

        @callback
        def end() -> None:
            stop()
            self._let_go()

        return end

    def strayed_bands(self) -> float:
        """Let no card wait."""
        return inf

    def refresh(self) -> bool:
        """Work out what there is to tell; tells whether that is anything."""
        before, string, feed = self._picture, self._string, self._feed
        view = None if feed is None else feed.view
        after = None if string is None else picture_of(view, string.key)
        self._picture = after
        if string is None or after is None:
            self._news = self._absence()
            return bool(self._news["state"] != self._told_state)
        if before is None:
            self._news = {"state": "live", "string": built(string), **whole(after)}
            return True
        self._news = changes(before, after)
        return bool(self._news)

    def withdraw(self) -> None:
        """Tell that nothing true can be told."""
        self._picture = None
        self._news = self._absence()

    def async_write_ha_state(self) -> None:
        """Send what there is to tell."""
        if self._news:
            self._told_state = self._news.get("state", self._told_state)
            self._send(self._news)

    @callback
    def _entry_changed(self, change: ConfigEntryChange, entry: ConfigEntry) -> None:
        """Look again when an entry came, went, or was set up anew."""
        if entry.domain == DOMAIN:
            self._follow()

    @callback
    def _follow(self) -> None:
        """Follow the feed that has the string now."""
        runtime, string = loaded_strings(self._hass).get(self._string_id, (None, None))
        feed = None if runtime is None else runtime.feed
        if feed is None or feed is not self._feed:
            self._let_go()
            self._feed, self._string = feed, string
            if feed is not None and string is not None:
                self.sources = sources_of(string.key)
                self._leave = feed.add(self)
            if self.refresh():
                self.async_write_ha_state()

    @callback
    def _let_go(self) -> None:
        """Follow nothing."""
        if self._leave is not None:
            self._leave()
        self._leave = self._feed = self._string = self._picture = None

    def _absence(self) -> Mapping[str, Any]:
        """Tell a string that is only out of reach, with its name, from one that is not there."""
        registry = dr.async_get(self._hass)
        found = (
            registry.async_get_device_by_identifier((DOMAIN, self._string_id), entry.entry_id)
            for entry in self._hass.config_entries.async_entries(DOMAIN)
        )
        device = next((each for each in found if each is not None), None)
        if device is None:
            return {"state": "missing"}
        return {"state": "lost", "name": device.name_by_user or device.name}
