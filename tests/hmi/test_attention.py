"""The strip of the overview names what is wrong first, one cause once, and then what is odd."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bacs_core.api.live import LiveSite
from bacs_core.api.messages import Finding, Wording
from bacs_core.model import AlarmSeverity, AlarmState
from bacs_hmi.attention import MOST_ITEMS, Item, attention
from bacs_hmi.format import Numbers
from bacs_hmi.live import ConnectionState, Link
from bacs_hmi.texts import LANGUAGES
from tests.hmi.conftest import running_engine, write_token
from tests.hmi.standin_engine import Plant, small_site

#: A guard only: nothing here takes so long.
TIMEOUT_S = 60.0
ENGLISH = LANGUAGES["en"]


@pytest.fixture
def plant() -> Plant:
    plant = Plant(small_site())
    for key, plant_string in plant.strings.items():
        # Nothing but what a test makes wrong stands out.
        for values in plant_string.values.values():
            values[:] = values.mean()
        assert key
    return plant


@pytest.fixture
async def live(plant: Plant, tmp_path: Path) -> AsyncIterator[LiveSite]:
    async with running_engine(plant, tmp_path) as engine:
        link = Link(engine.url, write_token(tmp_path))
        following = asyncio.create_task(link.run())
        async with asyncio.timeout(TIMEOUT_S):
            while link.connection().state is not ConnectionState.LIVE:
                await link.wake.wait()
                link.wake.clear()
        assert link.live is not None
        yield link.live
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


def told(live: LiveSite) -> list[Item]:
    assert live.info is not None
    return list(attention(live, live.info.site, ENGLISH, Numbers(".")))


def raise_alarms(live: LiveSite, plant: Plant) -> None:
    live.alarms.update(plant.alarms)


async def test_a_calm_plant_names_nothing(live: LiveSite) -> None:
    assert told(live) == []


async def test_cells_of_a_string_with_one_cause_are_one_item_behind_what_is_worse(
    live: LiveSite, plant: Plant
) -> None:
    for cell in (3, 9, 17, 20):
        plant.raise_alarm("cell_voltage_low", "ups-b/1", cell, value=2.1, limit=2.2)
    plant.raise_alarm(
        "cell_temperature_critical", "ups-a/2", 7, severity=AlarmSeverity.ALARM, limit=50.0
    )
    raise_alarms(live, plant)
    critical, low = told(live)
    assert (critical.severity, critical.place) == ("alarm", "UPS A string 2, cell 07")
    assert (critical.key, critical.cell) == ("ups-a/2", 7)
    assert low == Item("warning", "UPS B string 1", "4 × voltage low", "ups-b/1", None)


async def test_what_was_put_aside_or_is_over_does_not_stand_out(
    live: LiveSite, plant: Plant
) -> None:
    alarm = plant.raise_alarm("cell_voltage_low", "ups-b/1", 3, value=2.1, limit=2.2)
    for state in (AlarmState.SHELVED, AlarmState.RETURNED):
        live.alarms[alarm.id] = alarm.model_copy(update={"state": state})
        assert told(live) == []


async def test_odd_cells_come_next_the_oddest_first_and_then_the_furthest(live: LiveSite) -> None:
    for key, cell, score in (("ups-a/1", 4, 5.0), ("ups-a/2", 8, 9.0)):
        live.strings[key].findings = [
            Finding(
                cell=cell,
                score=score,
                text="2.3 K warmer",
                wording=Wording(code="warmer_than_string", arguments={"amount": 2.3}),
            )
        ]
    column = next(iter(live.strings["telecom/1"].columns.values()))
    first = column[0]
    assert first is not None
    column[11] = first + 0.021
    oddest, odd, furthest = told(live)
    assert (oddest.key, oddest.cell, oddest.severity) == ("ups-a/2", 8, None)
    assert oddest.text == "2.3 K warmer than the median of its string"
    assert (odd.key, odd.cell) == ("ups-a/1", 4)
    assert (furthest.key, furthest.cell) == ("telecom/1", 12)
    assert furthest.text == "furthest from its target: +21\u00a0mV"


async def test_an_old_voltage_is_not_the_furthest(live: LiveSite) -> None:
    quantity, column = next(iter(live.strings["telecom/1"].columns.items()))
    assert column[0] is not None
    column[11] = column[0] + 0.021
    live.strings["telecom/1"].read_at[quantity][11] = 1.0
    assert told(live) == []


async def test_a_flood_of_alarms_fills_the_strip_and_no_more(live: LiveSite, plant: Plant) -> None:
    for rule in ("a", "b", "c", "d"):
        for key in plant.strings:
            plant.raise_alarm(rule, key)
    raise_alarms(live, plant)
    assert len(told(live)) == MOST_ITEMS
