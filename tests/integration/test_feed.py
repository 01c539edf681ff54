from collections.abc import Iterable

import pytest
from homeassistant.core import HomeAssistant

from bacs_core.api.live import Update, UpdateKind
from bacs_core.api.messages import Annunciation, CellChanges, StringChanges
from bacs_core.model import CellStatus, Quantity
from custom_components.bacs.feed import (
    ACCESSORIES,
    ANNUNCIATION,
    Feed,
    Source,
    alarms_source,
    cell_figure_source,
    cell_status_source,
    cell_value_source,
    column_source,
    string_source,
)
from custom_components.bacs.readings import SITE, Place
from custom_components.bacs.writer import ChunkedWriter, Writable
from tests.integration.mirrors import KEY, SITE_ID, START, MirroredSite, alarm, scalars

VALUES = [cell_value_source(KEY, Quantity.VOLTAGE, index) for index in range(4)]


class NotedWriter(ChunkedWriter):
    """Keeps what it is given instead of writing it."""

    def __init__(self, hass: HomeAssistant) -> None:
        super().__init__(hass)
        self.given: list[Writable] = []
        self.moved: list[Writable] = []

    def add(self, entities: Iterable[Writable]) -> None:
        self.given += entities

    def add_moved(self, entities: Iterable[Writable]) -> None:
        self.moved += entities


class Entity:
    urgent = False

    def __init__(self, *sources: Source) -> None:
        self.sources = sources

    def strayed_bands(self) -> float:
        raise AssertionError("nobody asks")

    def refresh(self) -> bool:
        return True

    def withdraw(self) -> None: ...

    def async_write_ha_state(self) -> None: ...


class Fed:
    """A feed of a mirrored site with one entity per source."""

    def __init__(self, hass: HomeAssistant, *sources: Source) -> None:
        self.site = MirroredSite()
        self.writer = NotedWriter(hass)
        self.updates: list[UpdateKind] = []
        self.feed = Feed(self.writer, SITE_ID, [KEY], self._note)
        self.entities = {source: Entity(source) for source in sources}
        for entity in self.entities.values():
            self.feed.add(entity)
        self.feed.attach(self.site.live)
        self.writer.given.clear()

    def _note(self, update: Update) -> None:
        self.updates.append(update.kind)

    @property
    def connected(self) -> bool:
        return self.feed.view is not None

    def queued(self) -> set[Source]:
        """Which entities were queued since the last call, to be written now or in turn."""
        given, self.writer.given = [*self.writer.given, *self.moved], []
        self.writer.moved = []
        return {source for source, entity in self.entities.items() if entity in given}

    @property
    def moved(self) -> list[Writable]:
        """What was queued to be written in turn."""
        return self.writer.moved


async def test_only_the_cells_that_changed_are_queued(hass: HomeAssistant) -> None:
    fed = Fed(hass, *VALUES)
    fed.site.tick(voltages={1: 2.3, 3: 2.2})
    assert fed.queued() == {VALUES[1], VALUES[3]}
    fed.site.tick()
    assert fed.queued() == set()


async def test_only_values_that_moved_may_have_to_wait(hass: HomeAssistant) -> None:
    column = column_source(KEY, Quantity.VOLTAGE)
    fed = Fed(hass, *VALUES, column)
    fed.site.tick(voltages={1: 2.3})
    assert fed.moved == [fed.entities[VALUES[1]]]
    assert fed.writer.given == [fed.entities[column]]
    fed.queued()
    fed.site.tick(seconds=11.0, read=[(START + 11.0, 3), (START, 1)])
    assert fed.moved == []
    assert fed.queued() == {VALUES[3], column}


async def test_all_values_of_an_update_have_one_context_and_the_next_update_another(
    hass: HomeAssistant,
) -> None:
    fed = Fed(hass, *VALUES)
    contexts = []
    for volts in (2.3, 2.2):
        fed.site.tick(voltages={1: volts})
        contexts.append(fed.feed.context)
    assert contexts[0].id != contexts[1].id


async def test_a_value_that_grows_stale_is_queued_without_a_new_value(
    hass: HomeAssistant,
) -> None:
    fed = Fed(hass, *VALUES)
    fed.site.tick(seconds=11.0, read=[(START + 11.0, 3), (START, 1)])
    assert fed.queued() == {VALUES[3]}


async def test_status_scalars_and_alarms_queue_what_depends_on_them(hass: HomeAssistant) -> None:
    status, line_below = cell_status_source(KEY, 2), string_source(KEY)
    cell, other, whole = (
        alarms_source(Place(KEY, 1)),
        alarms_source(Place(KEY, 2)),
        alarms_source(SITE),
    )
    fed = Fed(hass, status, line_below, cell, other, whole)
    fed.site.tick(status={2: CellStatus.WARNING})
    assert fed.queued() == {status}
    fed.site.tick(new_scalars=scalars(current_a=1.0))
    assert fed.queued() == {line_below}
    fed.site.tick(alarms=[alarm(cell=1)])
    assert fed.queued() == {cell, whole}
    assert fed.feed.view is not None
    assert Place(KEY, 1) in fed.feed.view.alarms
    fed.site.tick(alarms=[])
    assert fed.queued() == {cell, whole}
    assert fed.feed.view.alarms == {}


async def test_a_cell_is_queued_before_its_string_and_that_before_its_manager(
    hass: HomeAssistant,
) -> None:
    places = (SITE, Place("ups-a"), Place(KEY), Place(KEY, 1))
    fed = Fed(hass, *map(alarms_source, places))
    fed.site.tick(alarms=[alarm(cell=1)])
    wanted = [fed.entities[alarms_source(place)] for place in reversed(places)]
    assert [*fed.writer.given] == wanted


async def test_columns_figures_and_what_is_concluded_queue_what_depends_on_them(
    hass: HomeAssistant,
) -> None:
    column, other = column_source(KEY, Quantity.VOLTAGE), column_source(KEY, Quantity.CHARGE)
    figure = cell_figure_source(KEY, "health", 1)
    whole = string_source(KEY)
    fed = Fed(hass, column, other, figure, whole, ACCESSORIES, ANNUNCIATION)
    fed.site.tick(voltages={1: 2.3})
    assert fed.queued() == {column}
    fed.site.tick(status={2: CellStatus.SILENT})
    assert fed.queued() == {column, other}
    fed.site.tick(seconds=11.0, read=[(START + 13.0, 3), (START, 1)])
    assert fed.queued() == {column}
    health = {"health": CellChanges(index=[1], value=[90.0])}
    fed.site.publish(StringChanges(key=KEY, figures=health))
    assert fed.queued() == {figure}
    fed.site.publish(StringChanges(key=KEY, codes={"runaway_stage": [(1, 4)]}))
    assert fed.queued() == {whole}
    fed.site.publish(accessories=[])
    assert fed.queued() == {ACCESSORIES}
    fed.site.publish(annunciation=Annunciation(sounding=True, muted=False, led="red"))
    assert fed.queued() == {ANNUNCIATION}


async def test_a_manager_that_stops_to_answer_queues_everything(hass: HomeAssistant) -> None:
    fed = Fed(hass, *VALUES)
    fed.site.tick(online=False)
    assert fed.queued() == set(VALUES)


async def test_a_lost_connection_queues_everything_and_leaves_no_view(
    hass: HomeAssistant,
) -> None:
    fed = Fed(hass, *VALUES)
    fed.site.lose()
    assert (fed.queued(), fed.connected) == (set(VALUES), False)
    fed.site.connect()
    assert (fed.queued(), fed.connected) == (set(VALUES), True)
    assert fed.updates == [UpdateKind.LOST, UpdateKind.CONNECTED]


async def test_another_site_at_the_same_address_is_not_shown(hass: HomeAssistant) -> None:
    fed = Fed(hass, *VALUES)
    fed.site.lose()
    fed.site.connect(site_id="another")
    assert fed.feed.view is None
    fed.site.tick(voltages={0: 2.3})
    assert fed.feed.view is None


async def test_a_detached_feed_hears_nothing(hass: HomeAssistant) -> None:
    fed = Fed(hass, *VALUES)
    fed.feed.detach()
    assert fed.queued() == set(VALUES)
    assert fed.feed.view is None
    fed.site.tick(voltages={0: 2.3})
    assert fed.queued() == set()


async def test_a_removed_entity_is_no_longer_queued(hass: HomeAssistant) -> None:
    fed = Fed(hass)
    entity = Entity(VALUES[0])
    remove = fed.feed.add(entity)
    remove()
    fed.site.tick(voltages={0: 2.3})
    assert (fed.writer.given, fed.moved) == ([], [])


@pytest.mark.parametrize("online", [True, False])
async def test_a_feed_attached_to_a_connected_site_has_its_view_at_once(
    hass: HomeAssistant, online: bool
) -> None:
    feed = Feed(NotedWriter(hass), SITE_ID, [KEY], lambda _update: None)
    assert feed.view is None
    feed.attach(MirroredSite(online=online).live)
    assert feed.view is not None
