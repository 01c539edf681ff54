"""What a view shows is what the engine published, rounded to what the screen can show."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bacs_core.api.live import LiveSite
from bacs_core.api.messages import CellCode, CellFigure
from bacs_core.model import AlarmState, Basis, CellStatus, EqualizationState, Inhibit, Quantity
from bacs_hmi.contents import SCALARS
from bacs_hmi.frames import (
    BLED_COLUMN,
    DEVIATION_COLUMN,
    HEALTH_COLUMN,
    QUANTITIES,
    STALE_BIT,
    OverviewContent,
)
from bacs_hmi.live import ConnectionState, Link
from bacs_hmi.overview_content import OverviewReader
from bacs_hmi.string_content import StringReader, string_content
from tests.hmi.conftest import plant_at_rest, running_engine, write_token
from tests.hmi.standin_engine import Plant

#: A guard only: nothing here takes so long.
TIMEOUT_S = 60.0


@pytest.fixture
def plant() -> Plant:
    return plant_at_rest()


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


def overview(live: LiveSite) -> OverviewContent:
    return OverviewReader().read(live)


async def test_the_overview_has_every_string_and_every_cell(live: LiveSite, plant: Plant) -> None:
    content = overview(live)
    assert content.managers == (True, True, True)
    assert len(content.strings) == 4
    assert [len(marks) for marks in content.marks] == [40, 40, 60, 24]
    assert content.strings[0].equalization is EqualizationState.INHIBITED
    assert content.strings[0].inhibited_by == (Inhibit.DISCHARGE,)


async def test_a_silent_cell_is_marked_silent_and_old(live: LiveSite) -> None:
    silent = overview(live).marks[2][30]
    assert silent & 0x03 == CellStatus.SILENT
    assert silent & STALE_BIT


async def test_a_silent_cell_with_a_warning_still_counts_in_the_warnings_of_its_string(
    plant: Plant, live: LiveSite
) -> None:
    assert [(string.alarms, string.warnings) for string in overview(live).strings] == [
        (0, 0),
        (0, 1),
        (0, 1),
        (0, 0),
    ]
    for cell in range(1, 61):
        plant.silence("ups-b/1", cell, since_s=75)
    async with asyncio.timeout(TIMEOUT_S):
        while set(live.strings["ups-b/1"].status) != {CellStatus.SILENT}:
            await asyncio.sleep(0.05)
    assert overview(live).strings[2].warnings == 1


async def test_an_alarm_that_is_over_is_not_counted(live: LiveSite) -> None:
    for alarm_id, alarm in live.alarms.items():
        live.alarms[alarm_id] = alarm.model_copy(update={"state": AlarmState.RETURNED})
    assert {string.warnings for string in overview(live).strings} == {0}


async def test_a_fresh_string_has_no_age_so_that_nothing_is_sent_for_it(live: LiveSite) -> None:
    assert {string.age_s for string in overview(live).strings} == {0}


async def test_the_string_page_has_the_values_of_the_engine(live: LiveSite, plant: Plant) -> None:
    content = string_content(live, "telecom/1")
    values = plant.strings["telecom/1"].values
    voltages = content.columns[QUANTITIES.index(Quantity.VOLTAGE)]
    assert voltages == pytest.approx(tuple(values[Quantity.VOLTAGE]), abs=0.0005)
    resistances = content.columns[QUANTITIES.index(Quantity.RESISTANCE)]
    assert resistances == pytest.approx(tuple(values[Quantity.RESISTANCE] * 1e3), abs=0.0005)
    target_v = float(values[Quantity.VOLTAGE].mean())
    expected = tuple((values[Quantity.VOLTAGE] - target_v) * 1e3)
    assert content.columns[DEVIATION_COLUMN] == pytest.approx(expected, abs=0.5)
    sum_place = [scalar.text for scalar in SCALARS].index("sum_voltage")
    assert content.scalars[sum_place] == pytest.approx(target_v * 24, abs=0.005)


async def test_a_column_that_is_not_given_is_absent_and_not_old(live: LiveSite) -> None:
    content = string_content(live, "ups-b/1")
    assert set(content.columns[QUANTITIES.index(Quantity.CHARGE)]) == {None}
    charge_bit = 1 << QUANTITIES.index(Quantity.CHARGE)
    assert not any(cell.stale_bits & charge_bit for cell in content.cells)


async def test_an_old_reading_says_which_quantity_and_how_old(live: LiveSite) -> None:
    cell = string_content(live, "ups-b/1").cells[30]
    assert cell.stale_bits & 1 << QUANTITIES.index(Quantity.VOLTAGE)
    assert cell.stale_age_s is not None
    assert cell.stale_age_s >= 75


async def test_what_is_read_again_is_what_a_fresh_look_reads(live: LiveSite, plant: Plant) -> None:
    reader = OverviewReader()
    before = reader.read(live)
    mirror = live.strings["ups-a/1"]
    mirror.columns[Quantity.VOLTAGE][4] = 13.9
    mirror.columns[Quantity.VOLTAGE][5] = None
    live.strings["ups-a/2"].status[3] = CellStatus.ALARM
    live.strings["telecom/1"].scalars = live.strings["telecom/1"].scalars.model_copy(
        update={"target_voltage_v": 2.2}
    )
    live.strings["ups-b/1"].read_at[Quantity.VOLTAGE][7] = 1.0
    again = reader.read(live)
    assert again.marks == overview(live).marks
    assert all(now != then for now, then in zip(again.marks, before.marks, strict=True))


async def test_a_string_that_did_not_move_keeps_its_very_marks(live: LiveSite) -> None:
    reader = OverviewReader()
    before = reader.read(live)
    live.strings["ups-a/1"].columns[Quantity.VOLTAGE][4] = 13.9
    again = reader.read(live)
    assert again.marks[1] is before.marks[1]
    assert again.marks[0] is not before.marks[0]


async def test_health_and_bled_charge_are_columns_where_they_rest_on_something(
    live: LiveSite,
) -> None:
    content = string_content(live, "telecom/1")
    assert set(content.columns[HEALTH_COLUMN]) == {None}
    mirror = live.strings["telecom/1"]
    mirror.figures[CellFigure.HEALTH] = [88.4] * 24
    mirror.figures[CellFigure.BLED] = [1.66] * 24
    bases = (Basis.RESISTANCE, Basis.RATED, *[Basis.NONE] * 22)
    mirror.codes[CellCode.HEALTH_BASIS] = [int(basis) for basis in bases]
    content = string_content(live, "telecom/1")
    assert content.columns[HEALTH_COLUMN][:3] == (88.0, None, None)
    assert set(content.columns[BLED_COLUMN]) == {1.7}


async def test_a_string_that_is_read_again_is_what_a_fresh_look_reads(live: LiveSite) -> None:
    reader = StringReader("telecom/1")
    before = reader.read(live)
    mirror = live.strings["telecom/1"]
    mirror.columns[Quantity.TEMPERATURE][3] = None
    mirror.columns[Quantity.VOLTAGE][4] = 2.31
    mirror.scalars = mirror.scalars.model_copy(update={"target_voltage_v": 2.2})
    mirror.figures[CellFigure.HEALTH] = [88.4] * 24
    mirror.codes[CellCode.HEALTH_BASIS] = [int(Basis.RESISTANCE)] * 24
    mirror.figures[CellFigure.BLED] = [1.66] * 24
    mirror.status[6] = CellStatus.ALARM
    mirror.read_at[Quantity.VOLTAGE][7] = 1.0
    again = reader.read(live)
    fresh = string_content(live, "telecom/1")
    assert (again.scalars, again.columns) == (fresh.scalars, fresh.columns)
    assert [cell.stale_bits for cell in again.cells] == [cell.stale_bits for cell in fresh.cells]
    assert again.cells[6].status == CellStatus.ALARM
    changed = [now != then for now, then in zip(again.columns, before.columns, strict=True)]
    places = [place for place, is_changed in enumerate(changed) if is_changed]
    own = (QUANTITIES.index(Quantity.VOLTAGE), QUANTITIES.index(Quantity.TEMPERATURE))
    assert places == sorted((*own, DEVIATION_COLUMN, HEALTH_COLUMN, BLED_COLUMN))


async def test_a_column_that_did_not_move_stays_the_very_same(live: LiveSite) -> None:
    reader = StringReader("telecom/1")
    before = reader.read(live)
    live.strings["telecom/1"].columns[Quantity.TEMPERATURE][3] = 44.0
    again = reader.read(live)
    same = [now is then for now, then in zip(again.columns, before.columns, strict=True)]
    assert same.count(False) == 1
    assert not same[QUANTITIES.index(Quantity.TEMPERATURE)]
