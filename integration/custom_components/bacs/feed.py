"""From an update of the stream to the entities that it touches: one feed per entry."""

from collections.abc import Callable, Iterable, Iterator
from enum import IntEnum, auto
from functools import partial
from typing import NamedTuple, Protocol

from homeassistant.core import Context, callback

from bacs_core.api.live import LiveSite, StringUpdate, Update, UpdateKind
from bacs_core.model import Quantity

from .freshness import FreshnessWatch
from .readings import Place, View, look, look_again, places_of
from .wording import ENGLISH, Speech
from .writer import ChunkedWriter, Writable


class SourceKind(IntEnum):
    """The parts of the mirrored site that an entity can depend on; numbers are quick to look up."""

    CELL_VALUE = auto()
    CELL_STATUS = auto()
    CELL_FIGURE = auto()
    """What is concluded of a cell."""
    COLUMN = auto()
    """A quantity of any cell of a string."""
    STRING = auto()
    LINES = auto()
    ACCESSORIES = auto()
    ANNUNCIATION = auto()
    ALARMS = auto()


class Source(NamedTuple):
    """One thing that can change. `cell` counts from 0, except for alarms, which name a `Place`."""

    kind: SourceKind
    key: str = ""
    cell: int = 0
    quantity: Quantity | str | None = None


def cell_value_source(key: str, quantity: Quantity, index: int) -> Source:
    """Name a value of a cell as a source."""
    return Source(SourceKind.CELL_VALUE, key, index, quantity)


def cell_status_source(key: str, index: int) -> Source:
    """Name the status of a cell as a source."""
    return Source(SourceKind.CELL_STATUS, key, index)


def cell_figure_source(key: str, figure: str, index: int) -> Source:
    """Name what is concluded of a cell as a source."""
    return Source(SourceKind.CELL_FIGURE, key, index, figure)


def column_source(key: str, quantity: Quantity) -> Source:
    """Name a quantity of all cells of a string as a source."""
    return Source(SourceKind.COLUMN, key, quantity=quantity)


def string_source(key: str) -> Source:
    """Name what is told of a string as a whole as a source."""
    return Source(SourceKind.STRING, key)


def alarms_source(place: Place) -> Source:
    """Name the alarms of a place as a source."""
    return Source(SourceKind.ALARMS, place.key, place.cell)


LINES = Source(SourceKind.LINES)
ACCESSORIES = Source(SourceKind.ACCESSORIES)
ANNUNCIATION = Source(SourceKind.ANNUNCIATION)


class Fed(Writable, Protocol):
    """An entity that a feed can keep up to date."""

    @property
    def sources(self) -> tuple[Source, ...]:
        """What the entity depends on."""


class Feed:
    """Keeps the entities of one entry true to the stream, or unavailable without one.

    `keys` are the strings of the entry; `on_update` is told each update too. The view is `None`
    while there is no connection, and while what answers at the address is another site. All values
    of one update have one `context`, as they have one cause: one of its own for each would tie
    every state and its event to each other, until Python's garbage collection finds them.
    """

    def __init__(
        self,
        writer: ChunkedWriter,
        site_id: str,
        keys: Iterable[str],
        on_update: Callable[[Update], None],
        speech: Speech = ENGLISH,
    ) -> None:
        self._writer = writer
        self._site_id = site_id
        self._on_update = on_update
        self._keys = frozenset(keys)
        self._speech = speech
        self._entities: dict[Fed, None] = {}
        self._by_source: dict[Source, list[Fed]] = {}
        self._live: LiveSite | None = None
        self._stop: Callable[[], None] | None = None
        self._freshness: FreshnessWatch | None = None
        self.view: View | None = None
        self.context = Context()

    @callback
    def attach(self, live: LiveSite) -> None:
        """Follow `live` from now on."""
        self.detach()
        self._live = live
        self._stop = live.listen(self._handle)
        self._look_again()

    @callback
    def detach(self) -> None:
        """Follow nothing: everything becomes unavailable."""
        if self._stop is not None:
            self._stop()
        self._live = self._stop = None
        self._look_again()

    @callback
    def add(self, entity: Fed) -> Callable[[], None]:
        """Keep `entity` up to date until the returned function is called."""
        self._entities[entity] = None
        self._writer.enroll(entity)
        for source in entity.sources:
            self._by_source.setdefault(source, []).append(entity)
        # No function made here: it would be five objects for each of thousands of entities.
        return partial(self._remove, entity)

    @callback
    def _remove(self, entity: Fed) -> None:
        """Forget an entity."""
        del self._entities[entity]
        for source in entity.sources:
            self._by_source[source].remove(entity)
        self._writer.discard(entity)

    @callback
    def _handle(self, update: Update) -> None:
        """Queue what `update` touches."""
        live, view, freshness = self._live, self.view, self._freshness
        self.context = Context()
        # Whether a manager answers decides over everything that belongs to it.
        everything = update.kind is not UpdateKind.CHANGES or update.managers
        if everything or live is None or view is None or freshness is None:
            self._look_again()
        else:
            if update.alarms_raised or update.alarms_changed or update.alarms_cleared:
                self.view = look_again(view, update)
            self._writer.add(self._fed_by(self._touched(update)))
            self._writer.add(self._fed_by(_turned(freshness, update)))
            self._writer.add_moved(self._fed_by(self._moved(update)))
        self._on_update(update)

    def _fed_by(self, sources: Iterable[Source]) -> Iterator[Fed]:
        """Find the entities that depend on any of these."""
        for source in sources:
            yield from self._by_source.get(source, ())

    def _look_again(self) -> None:
        """Take a new view and queue every entity."""
        live = self._live
        if live is not None and live.connected and _site_id(live) == self._site_id:
            self.view = look(live, self._speech)
            self._freshness = FreshnessWatch(live, self._keys)
        else:
            self.view = self._freshness = None
        self._writer.add(self._entities)

    def _moved(self, update: Update) -> Iterator[Source]:
        """Name the values of cells that `update` has."""
        for key, change in update.strings.items():
            if key in self._keys:
                for quantity, indexes in change.cells.items():
                    for index in indexes:
                        yield cell_value_source(key, quantity, index)

    def _touched(self, update: Update) -> Iterator[Source]:
        """Name everything else that `update` says has changed."""
        for key, change in update.strings.items():
            if key in self._keys:
                yield from _touched_in_string(key, change)
        for changed, source in (
            (update.lines, LINES),
            (update.accessories, ACCESSORIES),
            (update.annunciation, ANNUNCIATION),
        ):
            if changed:
                yield source
        for alarm in (*update.alarms_raised, *update.alarms_changed, *update.alarms_cleared):
            # A cell before its string: who hears of the string may ask for the cell at once.
            for place in reversed(places_of(alarm)):
                yield alarms_source(place)


def _turned(freshness: FreshnessWatch, update: Update) -> Iterator[Source]:
    """Name what has become stale or fresh, although nothing else about it has changed."""
    for key, quantity, index in freshness.turned(update):
        yield cell_value_source(key, quantity, index)
        yield column_source(key, quantity)


def _touched_in_string(key: str, change: StringUpdate) -> Iterator[Source]:
    """Name everything that has changed in one string, but for the values of its cells."""
    if change.scalars or change.brain or change.findings or change.codes:
        yield string_source(key)
    for quantity in change.cells:
        yield column_source(key, quantity)
    for figure, indexes in change.figures.items():
        for index in indexes:
            yield cell_figure_source(key, figure, index)
    for index in change.status:
        yield cell_status_source(key, index)
    if change.status:
        # A silent cell no longer counts, whatever its last values were.
        for quantity in Quantity:
            yield column_source(key, quantity)


def _site_id(live: LiveSite) -> str | None:
    """Tell which site is mirrored."""
    return None if live.info is None else live.info.site_id
