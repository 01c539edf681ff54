"""One event entity per string, and one for all alarms that are of no string."""

from collections import deque
from collections.abc import Iterator
from typing import ClassVar, Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from bacs_core.api.messages import Alarm

from .alarm_events import AlarmEvent, AlarmEventType, alarm_events, alarms_of, told
from .devices import device_of, identity
from .entity import BacsEntity, Subject
from .feed import Feed, alarms_source
from .readings import SITE, UNAVAILABLE, UNKNOWN, Place, Shown, View
from .runtime import BacsConfigEntry, is_manager
from .writer import WRITER, ChunkedWriter

PARALLEL_UPDATES = 0

#: Each event is a state of its own; a burst must not hold up everything else.
EVENTS_AT_ONCE: Final = 32

ALARMS: Final = EventEntityDescription(
    key="alarms",
    translation_key="alarms",
    event_types=[type_.value for type_ in AlarmEventType],
)


def _connected(view: View | None) -> Shown:
    return UNAVAILABLE if view is None else UNKNOWN


class AlarmEvents(BacsEntity, EventEntity):
    """What happens to the alarms of a string, or to those of no string.

    What it finds when it is set up is no event. What happened while the connection was lost is told
    as soon as it is back.
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
        self._seen: dict[str, Alarm] | None = None
        self._waiting: deque[AlarmEvent] = deque()

    @override
    def refresh(self) -> bool:
        """Tell the next events; the state of the last of them is left to be written."""
        # Home Assistant takes no event that comes together with the end of being unavailable.
        turned = super().refresh()
        self._look()
        view = self._feed.view
        if view is None or view.live.info is None or not self._waiting:
            return turned
        if turned:
            self._writer.add([self])
            return True
        portion = min(EVENTS_AT_ONCE, len(self._waiting))
        for number in range(portion):
            if number:
                self.async_write_ha_state()
            event = self._waiting.popleft()
            self._trigger_event(event.type, told(event, view.live.info.site))
        if self._waiting:
            self._writer.add([self])
        return True

    @override
    def show(self, shown: Shown) -> None:
        """An event entity shows nothing but its events."""

    def _look(self) -> None:
        """Note what has happened since the last look."""
        view = self._feed.view
        if view is None:
            return
        alarms = alarms_of(view.live.alarms.values(), self._string_key)
        if self._seen is not None:
            self._waiting.extend(alarm_events(self._seen, alarms))
        self._seen = alarms


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
