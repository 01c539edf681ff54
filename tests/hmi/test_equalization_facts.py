"""What the page of equalization works out of what the engine publishes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bacs_core.api.history_messages import EventMessage
from bacs_core.api.live import LiveSite, LiveString
from bacs_core.api.messages import CellCode, CellFigure, CellMark, StringScalars
from bacs_core.model import (
    Chemistry,
    EqualizationMode,
    EqualizationState,
    EqualizedBy,
    Inhibit,
    Quantity,
)
from bacs_hmi.pages.equalization_facts import (
    bypass_of,
    cells_text,
    inhibits,
    is_odd,
    is_offered,
    marked,
    modes_of,
    most_bled,
    pauses_of,
    spread_of,
    state_words,
)
from bacs_hmi.texts import LANGUAGES
from tests.hmi.standin_engine import small_site, string
from tests.hmi.test_wording import NOON

ENGLISH = LANGUAGES["en"]
TELECOM = small_site().managers[2].strings[0]


class Plant:
    """A mirror of one string of four cells."""

    def __init__(self) -> None:
        self.live = LiveSite(None, clock=NOON.timestamp)  # type: ignore[arg-type]
        self.live.at = self.live.received_at = NOON.timestamp()
        self.string = replace(TELECOM, cell_count=4)
        scalars = StringScalars(
            sum_voltage_v=None,
            target_voltage_v=2.27,
            mean_charge_percent=None,
            current_a=None,
            ac_current_a=None,
            power_w=None,
            room_temperature_c=None,
            equalization=EqualizationState.ACTIVE,
            inhibited_by=[],
        )
        self.mirror = LiveString(self.string, scalars, {}, {}, [0] * 4)
        self.live.strings[self.string.key] = self.mirror

    def tell(
        self, quantity: Quantity, values: list[float | None], ages_s: list[float] | None = None
    ) -> None:
        self.mirror.columns[quantity] = values
        ages = ages_s or [1.0] * len(values)
        self.mirror.read_at[quantity] = [NOON.timestamp() - age for age in ages]


@pytest.fixture
def plant() -> Plant:
    return Plant()


def test_the_spread_is_that_of_the_cells_that_are_known_and_fresh(plant: Plant) -> None:
    plant.tell(Quantity.VOLTAGE, [2.25, 2.29, None, 1.0], [1.0, 1.0, 1.0, 9999.0])
    spread = spread_of(plant.live, plant.mirror)
    assert spread is not None
    assert spread.width_v == pytest.approx(0.04)
    assert (spread.lowest_cell, spread.highest_cell, spread.count) == (1, 2, 2)
    assert not spread.old


def test_where_all_readings_are_old_the_spread_is_marked_old(plant: Plant) -> None:
    plant.tell(Quantity.VOLTAGE, [2.25, 2.29, 2.26, 2.27], [9999.0] * 4)
    spread = spread_of(plant.live, plant.mirror)
    assert spread is not None
    assert spread.old


def test_a_manager_that_gives_no_cells_has_no_spread_and_no_bypass(plant: Plant) -> None:
    assert spread_of(plant.live, plant.mirror) is None
    assert bypass_of(plant.live, plant.mirror) is None


def test_the_bypass_counts_the_cells_that_are_bled(plant: Plant) -> None:
    plant.tell(Quantity.DUTY, [0.0, 40.0, 20.0, 0.0])
    bypass = bypass_of(plant.live, plant.mirror)
    assert bypass is not None
    assert (bypass.working, bypass.count, bypass.mean_percent) == (2, 4, 15.0)
    assert (bypass.highest_percent, bypass.highest_cell) == (40.0, 2)


def test_marked_cells_and_the_most_bled_are_found(plant: Plant) -> None:
    plant.mirror.codes[CellCode.MARKS] = [0, int(CellMark.EXHAUSTED), int(CellMark.PAUSED), 0]
    plant.mirror.figures[CellFigure.BLED] = [0.0, 3.5, None, 1.25]
    assert marked(plant.mirror, CellMark.PAUSED) == [3]
    assert is_odd(plant.mirror)
    assert most_bled(plant.mirror) == [(2, 3.5), (4, 1.25)]


def test_a_paused_cell_alone_is_nothing_odd(plant: Plant) -> None:
    plant.mirror.codes[CellCode.MARKS] = [0, 0, int(CellMark.PAUSED), 0]
    assert not is_odd(plant.mirror)


def test_every_inhibit_is_named_with_what_ends_it(plant: Plant) -> None:
    plant.mirror.scalars = plant.mirror.scalars.model_copy(
        update={"inhibited_by": list(Inhibit), "equalization": EqualizationState.INHIBITED}
    )
    assert [reason for reason, _, _ in inhibits(plant.mirror, ENGLISH)] == list(Inhibit)
    assert state_words(plant.mirror, ENGLISH).startswith("inhibited: discharge, reading too old")


def test_only_what_the_engine_equalizes_is_offered_anything() -> None:
    assert [is_offered(string("x", 1, "x", 4, equalized_by=who)) for who in EqualizedBy] == [
        who is EqualizedBy.ENGINE for who in EqualizedBy
    ]


def test_only_modes_that_fit_to_cells_and_modules_are_offered() -> None:
    assert EqualizationMode.PARTIAL not in modes_of(TELECOM)
    assert EqualizationMode.PARTIAL in modes_of(replace(TELECOM, chemistry=Chemistry.LFP))
    assert EqualizationMode.TOP not in modes_of(replace(TELECOM, module_type="C40"))


def pause_event(string_until: float | None, cells: dict[str, float | None]) -> EventMessage:
    value = {"string": True, "string_until": string_until, "cells_until": cells}
    data = {"key": "equalization_pause", "before": {}, "value": value}
    return EventMessage(id=1, at=NOON, kind="equalization", text="", by="tina", data=data)


def test_until_when_it_pauses_is_read_from_the_newest_event_about_a_pause() -> None:
    later = NOON + timedelta(hours=2)
    mode = EventMessage(
        id=2, at=NOON, kind="equalization", text="", data={"key": "equalization_mode"}
    )
    event = pause_event(later.timestamp(), {"3": None, "4": NOON.timestamp() - 1})
    pauses = pauses_of([mode, event], NOON)
    assert pauses is not None
    assert (pauses.string_until, pauses.by) == (later, "tina")
    # The pause of cell 4 is over.
    assert pauses.cells == {3: None}
    assert pauses_of([mode], NOON) is None


def test_many_cells_are_counted_after_the_first_few() -> None:
    assert cells_text([], TELECOM, ENGLISH) == "—"
    assert cells_text([1, 2], TELECOM, ENGLISH) == "01, 02"
    assert cells_text(list(range(1, 11)), TELECOM, ENGLISH) == "01, 02, 03, 04, 05, 06 and 4 more"
