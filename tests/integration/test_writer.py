import asyncio
from math import inf
from typing import Any

import pytest
from homeassistant.core import HomeAssistant

from custom_components.bacs.pace import TURN_S
from custom_components.bacs.patience import DRIFT_S, SETTLE_S
from custom_components.bacs.writer import (
    CHUNK_ENTITIES,
    LULL_S,
    PAUSE_S,
    PORTION_S,
    ChunkedWriter,
)
from tests.integration.waiting import until


class Entity:
    """Stands for an entity, and notes when it is written."""

    def __init__(
        self, journal: list[Entity | None], *, urgent: bool = False, changed: bool = True
    ) -> None:
        self.urgent = urgent
        self.changed = changed
        self.strayed = inf
        self.withdrawn = False
        self.journal = journal

    def strayed_bands(self) -> float:
        return self.strayed

    def refresh(self) -> bool:
        return self.changed

    def withdraw(self) -> None:
        self.withdrawn = True

    def async_write_ha_state(self) -> None:
        self.journal.append(self)


class Clock:
    """Stands still unless a pause or an entity takes its time."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> list[Entity | None]:
    """What is written; each pause stands in it as `None`, and the clock goes on by it."""
    journal: list[Entity | None] = []
    sleep = asyncio.sleep

    async def noted_sleep(delay: float, *arguments: Any) -> None:
        if delay in {PAUSE_S, LULL_S}:
            journal.append(None)
            clock.now_s += delay
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
    hass: HomeAssistant, journal: list[Entity | None], clock: Clock
) -> None:
    writer = ChunkedWriter(hass, clock_s=clock)
    entities = [Entity(journal) for _ in range(512 * 5)]
    writer.add(entities)
    await until(lambda: len([entry for entry in journal if entry]) == len(entities))
    assert max(portions(journal)) == CHUNK_ENTITIES
    assert [entry for entry in journal if entry] == entities


async def test_a_portion_ends_early_where_writing_takes_long(
    hass: HomeAssistant, journal: list[Entity | None], clock: Clock
) -> None:
    class Slow(Entity):
        def async_write_ha_state(self) -> None:
            super().async_write_ha_state()
            clock.now_s += PORTION_S / 3.5

    writer = ChunkedWriter(hass, clock_s=clock)
    entities = [Slow(journal) for _ in range(20)]
    writer.add(entities)
    await until(lambda: entities[-1] in journal)
    assert max(portions(journal)) == 4


async def test_values_that_move_all_the_time_are_written_in_turn(
    hass: HomeAssistant, journal: list[Entity | None], clock: Clock
) -> None:
    writer = ChunkedWriter(hass, clock_s=clock)
    values = [Entity(journal) for _ in range(2000)]
    for value in values:
        writer.enroll(value)
    begun_s = clock.now_s
    writer.add_moved(values)
    await until(lambda: values[-1] in journal)
    assert clock.now_s - begun_s < 1.0
    journal.clear()
    begun_s = clock.now_s
    writer.add_moved(values)
    await until(lambda: values[-1] in journal)
    assert [entry for entry in journal if entry] == values
    assert clock.now_s - begun_s == pytest.approx(TURN_S, abs=1.0)


async def test_whatever_else_changes_overtakes_the_values_that_wait_for_their_turn(
    hass: HomeAssistant, journal: list[Entity | None], clock: Clock
) -> None:
    writer = ChunkedWriter(hass, clock_s=clock)
    values = [Entity(journal) for _ in range(2000)]
    for _ in range(2):
        writer.add_moved(values)
        await until(lambda: len(journal) > 200)
    lost, problem = Entity(journal), Entity(journal, urgent=True)
    writer.add([lost])
    writer.add_moved([problem])
    await until(lambda: lost in journal)
    written = [entry for entry in journal if entry]
    assert written.index(problem) + 1 == written.index(lost)
    assert values[-1] not in written


async def test_a_value_that_comes_back_into_its_dead_band_is_not_written_soon(
    hass: HomeAssistant, journal: list[Entity | None], clock: Clock
) -> None:
    writer = ChunkedWriter(hass, clock_s=clock)
    stays, returns, far = (Entity(journal) for _ in range(3))
    stays.strayed, returns.strayed, far.strayed = 1.2, 1.2, 20.0
    writer.add_moved([stays, returns, far])
    await until(lambda: far in journal)
    returns.strayed = 0.4
    clock.now_s += SETTLE_S
    writer.add_moved([])
    await until(lambda: stays in journal)
    assert [entry for entry in journal if entry] == [far, stays]
    stays.strayed = 0.0
    clock.now_s += DRIFT_S
    writer.add_moved([])
    await until(lambda: returns in journal)
    assert [entry for entry in journal if entry] == [far, stays, returns]


async def test_where_many_values_move_at_once_they_are_not_taken_for_noise(
    hass: HomeAssistant, journal: list[Entity | None], clock: Clock
) -> None:
    writer = ChunkedWriter(hass, clock_s=clock)
    values = [Entity(journal) for _ in range(200)]
    for value in values:
        writer.enroll(value)
        value.strayed = 1.2
    writer.add_moved(values)
    await until(lambda: values[-1] in journal)
    assert [entry for entry in journal if entry] == values[CHUNK_ENTITIES:]
    clock.now_s += SETTLE_S
    writer.add_moved([])
    await until(lambda: values[CHUNK_ENTITIES - 1] in journal)
    assert [entry for entry in journal if entry][-CHUNK_ENTITIES:] == values[:CHUNK_ENTITIES]


async def test_a_value_that_waits_is_written_with_whatever_else_is_told_of_it(
    hass: HomeAssistant, journal: list[Entity | None], clock: Clock
) -> None:
    writer = ChunkedWriter(hass, clock_s=clock)
    value, removed, last = (Entity(journal) for _ in range(3))
    value.strayed = removed.strayed = last.strayed = 1.2
    writer.add_moved([value, removed, last])
    writer.add([value])
    await until(lambda: value in journal)
    value.strayed = 0.0
    writer.discard(removed)
    clock.now_s += SETTLE_S
    writer.add_moved([])
    await until(lambda: last in journal)
    assert [entry for entry in journal if entry] == [value, last]


async def test_urgent_entities_overtake_all_that_wait(
    hass: HomeAssistant, journal: list[Entity | None], clock: Clock
) -> None:
    writer = ChunkedWriter(hass, clock_s=clock)
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
    hass: HomeAssistant, journal: list[Entity | None], clock: Clock
) -> None:
    writer = ChunkedWriter(hass, clock_s=clock)
    last = Entity(journal)
    writer.add([*(Entity(journal, changed=False) for _ in range(500)), last])
    await until(lambda: last in journal)
    assert [entry for entry in journal if entry] == [last]


async def test_an_entity_that_waits_is_written_once_however_often_it_changes(
    hass: HomeAssistant, journal: list[Entity | None], clock: Clock
) -> None:
    writer = ChunkedWriter(hass, clock_s=clock)
    entity, last = Entity(journal), Entity(journal)
    writer.add([entity])
    writer.add([entity, last])
    await until(lambda: last in journal)
    assert journal.count(entity) == 1


async def test_an_entity_that_is_removed_is_forgotten(
    hass: HomeAssistant, journal: list[Entity | None], clock: Clock
) -> None:
    writer = ChunkedWriter(hass, clock_s=clock)
    removed, last = Entity(journal), Entity(journal)
    writer.add([Entity(journal) for _ in range(CHUNK_ENTITIES)])
    writer.add([removed, last])
    writer.discard(removed)
    await until(lambda: last in journal)
    assert removed not in journal


async def test_an_entity_that_fails_is_withdrawn_and_does_not_silence_the_others(
    hass: HomeAssistant,
    journal: list[Entity | None],
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken(Entity):
        def strayed_bands(self) -> float:
            raise RuntimeError("broken on purpose")

        def refresh(self) -> bool:
            raise RuntimeError("broken on purpose")

    writer = ChunkedWriter(hass, clock_s=clock)
    broken, last = Broken(journal), Entity(journal)
    writer.add_moved([broken, last])
    await until(lambda: last in journal)
    assert "broken on purpose" in caplog.text
    assert broken.withdrawn
    assert [entry for entry in journal if entry] == [broken, last]
    caplog.clear()
