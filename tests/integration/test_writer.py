import asyncio
from typing import Any

import pytest
from homeassistant.core import HomeAssistant

from custom_components.bacs.writer import CHUNK_ENTITIES, PAUSE_S, ChunkedWriter
from tests.integration.waiting import until


class Entity:
    """Stands for an entity, and notes when it is written."""

    def __init__(
        self, journal: list[Entity | None], *, urgent: bool = False, changed: bool = True
    ) -> None:
        self.urgent = urgent
        self.changed = changed
        self.journal = journal

    def refresh(self) -> bool:
        return self.changed

    def async_write_ha_state(self) -> None:
        self.journal.append(self)


@pytest.fixture
def journal(monkeypatch: pytest.MonkeyPatch) -> list[Entity | None]:
    """What is written; each pause stands in it as `None`."""
    journal: list[Entity | None] = []
    sleep = asyncio.sleep

    async def noted_sleep(delay: float, *arguments: Any) -> None:
        if delay == PAUSE_S:
            journal.append(None)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", noted_sleep)
    return journal


def portions(journal: list[Entity | None]) -> list[int]:
    """Count what is written between the pauses."""
    counts = [0]
    for entry in journal:
        if entry is None:
            counts.append(0)
        else:
            counts[-1] += 1
    return counts


async def test_512_cells_are_written_in_portions_with_pauses(
    hass: HomeAssistant, journal: list[Entity | None]
) -> None:
    writer = ChunkedWriter(hass)
    entities = [Entity(journal) for _ in range(512 * 5)]
    writer.add(entities)
    await until(lambda: len([entry for entry in journal if entry]) == len(entities))
    assert max(portions(journal)) == CHUNK_ENTITIES
    assert [entry for entry in journal if entry] == entities


async def test_urgent_entities_overtake_all_that_wait(
    hass: HomeAssistant, journal: list[Entity | None]
) -> None:
    writer = ChunkedWriter(hass)
    values = [Entity(journal) for _ in range(1000)]
    writer.add(values)
    await until(lambda: len(journal) > CHUNK_ENTITIES)
    problem = Entity(journal, urgent=True)
    writer.add([problem])
    await until(lambda: problem in journal)
    position = [entry for entry in journal if entry].index(problem)
    assert position % CHUNK_ENTITIES == 0
    assert position < 1000
    await until(lambda: values[-1] in journal)


async def test_what_has_not_changed_is_not_written(
    hass: HomeAssistant, journal: list[Entity | None]
) -> None:
    writer = ChunkedWriter(hass)
    last = Entity(journal)
    writer.add([*(Entity(journal, changed=False) for _ in range(500)), last])
    await until(lambda: last in journal)
    assert [entry for entry in journal if entry] == [last]


async def test_an_entity_that_waits_is_written_once_however_often_it_changes(
    hass: HomeAssistant, journal: list[Entity | None]
) -> None:
    writer = ChunkedWriter(hass)
    entity, last = Entity(journal), Entity(journal)
    writer.add([entity])
    writer.add([entity, last])
    await until(lambda: last in journal)
    assert journal.count(entity) == 1


async def test_an_entity_that_is_removed_is_forgotten(
    hass: HomeAssistant, journal: list[Entity | None]
) -> None:
    writer = ChunkedWriter(hass)
    removed, last = Entity(journal), Entity(journal)
    writer.add([Entity(journal) for _ in range(CHUNK_ENTITIES)])
    writer.add([removed, last])
    writer.discard(removed)
    await until(lambda: last in journal)
    assert removed not in journal


async def test_an_entity_that_fails_does_not_silence_the_others(
    hass: HomeAssistant, journal: list[Entity | None], caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Entity):
        def refresh(self) -> bool:
            raise RuntimeError("broken on purpose")

    writer = ChunkedWriter(hass)
    last = Entity(journal)
    writer.add([Broken(journal), last])
    await until(lambda: last in journal)
    assert "broken on purpose" in caplog.text
    caplog.clear()
