"""One event entity per string, and one for all alarms that are of no string."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, override

from homeassistant.components.event import (
    EventEntity,
    EventEntityDescription,
    EventExtraStoredData,
)
from homeassistant.core import CoreState, HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.start import async_at_started
from pydantic import TypeAdapter, ValidationError

from bacs_core.api.messages import Alarm

from .alarm_events import AlarmEvent, AlarmEventType, alarm_events, told
from .devices import device_of, identity
from .entity import BacsEntity, Subject
from .feed import Feed, alarms_source
from .readings import SITE, UNAVAILABLE, UNKNOWN, Place, Shown, View
from .runtime import BacsConfigEntry, is_manager
from .wording import alarm_said
from .writer import WRITER, ChunkedWriter

PARALLEL_UPDATES = 0

#: Each event is a state of its own; a burst must not hold up everything else.
EVENTS_AT_ONCE: Final = 32
#: Automations set their triggers up when Home Assistant has started; those of many take a while.
AUTOMATIONS_START_S: Final = 10.0

ALARMS: Final = EventEntityDescription(
    key="alarms",
    translation_key="alarms",
    event_types=[type_.value for type_ in AlarmEventType],
)


_ALARMS: Final[TypeAdapter[list[Alarm]]] = TypeAdapter(list[Alarm])


def _connected(view: View | None) -> Shown:
    return UNAVAILABLE if view is None else UNKNOWN


@dataclass
class ToldAlarms(EventExtraStoredData):
    """What an event entity has to know after a restart: the alarms that everybody was told of."""

    alarms: str | None

    @classmethod
    def of(cls, last: EventExtraStoredData, told: Mapping[str, Alarm] | None) -> ToldAlarms:
        """Keep these alarms beside the last event."""
        alarms = None if told is None else _ALARMS.dump_json([*told.values()]).decode()
        return cls(last.last_event_type, last.last_event_attributes, alarms)

    @staticmethod
    def alarms_in(stored: Mapping[str, Any]) -> dict[str, Alarm] | None:
        """Get the alarms back; `None` where none were kept, or by a version that kept others."""
        try:
            alarms = _ALARMS.validate_json(stored.get("alarms") or "")
        except ValidationError:
            return None
        return {alarm.id: alarm for alarm in alarms}


class AlarmEvents(BacsEntity, EventEntity):
    """What happens to the alarms of a string, or to those of no string.

    What it finds when it is set up for the first time is no event. What happened without the
    connection, or without Home Assistant, is told as soon as anybody can hear it.
    """

    urgent: ClassVar[bool] = True

    def __init__(
        self, writer: ChunkedWriter, feed: Feed, name: str, string_key: str | None = None
    ) -> None:
        place = SITE if string_key is None else Place(string_key)
        sources = (alarms_source(place),)
        subject = Subject(f"{name}/{ALARMS.key}", device_of(name), _connected, sources)
        super().__init__(feed, subject, ALARMS)
        self._writer = writer
        self._string_key = string_key
        self._found: tuple[Alarm, ...] | None = None
        self._seen: Mapping[str, Alarm] | None = None
        self._told: Mapping[str, Alarm] | None = None
        self._waiting: deque[AlarmEvent] = deque()
        self._is_heard = False

    @override
    async def async_added_to_hass(self) -> None:
        """Go on where the entity ended before a restart or a reload."""
        stored = await self.async_get_last_extra_data()
        if stored is not None:
            self._seen = self._told = ToldAlarms.alarms_in(stored.as_dict())
        self._is_heard = self.hass.state is CoreState.running
        await super().async_added_to_hass()
        if not self._is_heard:
            self.async_on_remove(async_at_started(self.hass, self._on_started))

    @property
    @override
    def extra_restore_state_data(self) -> ToldAlarms:
        """Keep what everybody was told of, beside the last event."""
        return ToldAlarms.of(super().extra_restore_state_data, self._told)

    @callback
    def _on_started(self, hass: HomeAssistant) -> None:
        """Automations listen only from now on, and need a moment for it."""
        self.async_on_remove(async_call_later(hass, AUTOMATIONS_START_S, self._begin))

    @callback
    def _begin(self, _now: datetime) -> None:
        self._is_heard = True
        self._writer.add([self])

    @override
    def refresh(self) -> bool:
        """Tell the next events; the state of the last of them is left to be written."""
        # Home Assistant takes no event that comes together with the end of being unavailable.
        turned = super().refresh()
        self._look()
        view = self._feed.view
        if view is None or view.live.info is None or not self._waiting or not self._is_heard:
            return turned
        if turned:
            self._writer.add([self])
            return True
        portion = min(EVENTS_AT_ONCE, len(self._waiting))
        for number in range(portion):
            if number:
                self.async_write_ha_state()
            event = self._waiting.popleft()
            reason = alarm_said(event.alarm, view.live, view.speech)
            self._trigger_event(event.type, told(event, view.live.info.site, reason))
        if self._waiting:
            self._writer.add([self])
        else:
            self._told = self._seen
        return True

    @override
    def show(self, shown: Shown) -> None:
        """An event entity shows nothing but its events."""

    def _look(self) -> None:
        """Note what has happened since the last look."""
        view = self._feed.view
        if view is None:
            return
        found = view.by_string.get(self._string_key, ())
        if found is self._found:
            return
        self._found = found
        alarms = {alarm.id: alarm for alarm in found}
        if self._seen is not None:
            self._waiting.extend(alarm_events(self._seen, alarms))
        self._seen = alarms
        if not self._waiting:
            self._told = alarms


async def async_setup_entry(
    hass: HomeAssistant, entry: BacsConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the event entities of a site or of a manager."""
    async_add_entities(_event_entities(hass.data[WRITER], entry))


def _event_entities(writer: ChunkedWriter, entry: BacsConfigEntry) -> Iterator[AlarmEvents]:
    """Make the event entities of an entry."""
    if not is_manager(entry):
        yield AlarmEvents(writer, entry.runtime_data.feed, str(entry.unique_id))
        return
    runtime = entry.runtime_data
    for string in runtime.manager.strings:
        name = identity(runtime.site_id, string.key)
        yield AlarmEvents(writer, runtime.feed, name, string.key)
