from datetime import UTC, datetime
from typing import Any

import pytest

from bacs_core.api.messages import CellCode, CellFigure, Finding, TripStatus, Wording
from bacs_core.model import (
    AlarmSeverity,
    Basis,
    CellStatus,
    ChargePhase,
    Quantity,
    RunawayStage,
    TripCause,
    TripState,
)
from custom_components.bacs.readings import UNAVAILABLE, UNKNOWN, Shown, View, look
from custom_components.bacs.string_readings import (
    cell_figure,
    charge_phase,
    highest_of_cells,
    lowest_of_cells,
    mean_of_cells,
    runaway_stage,
    spread_of_cells,
    string_charge,
    trip_state,
    worst_cell,
)
from tests.integration.mirrors import KEY, START, MirroredSite, alarm
from tests.integration.scripted_engine import brain

VOLTAGE: dict[str, Any] = {"key": KEY, "quantity": Quantity.VOLTAGE}
OF_CELLS = (lowest_of_cells, highest_of_cells, mean_of_cells, spread_of_cells)
CONCLUDED = (string_charge, charge_phase, runaway_stage, trip_state, worst_cell)


@pytest.fixture
def site() -> MirroredSite:
    """Four cells that are apart."""
    site = MirroredSite()
    site.tick(voltages={0: 2.20, 1: 2.31, 2: 2.25, 3: 2.24})
    return site


def view_of(site: MirroredSite) -> View:
    return look(site.live)


def shown(value: Any, **attributes: Any) -> Shown:
    return Shown(available=True, value=value, attributes=attributes)


def concluded(**changes: Any) -> View:
    site = MirroredSite()
    live = site.live.strings[KEY]
    live.brain = changes.pop("brain", brain())
    for name, value in changes.items():
        setattr(live, name, value)
    return view_of(site)


def test_the_cells_at_the_ends_are_named(site: MirroredSite) -> None:
    view = view_of(site)
    assert lowest_of_cells(view, **VOLTAGE) == shown(2.20, cell=1)
    assert highest_of_cells(view, **VOLTAGE) == shown(2.31, cell=2)
    assert mean_of_cells(view, **VOLTAGE) == shown(2.25, cells=4)
    assert spread_of_cells(view, **VOLTAGE) == shown(0.11, lowest_cell=1, highest_cell=2)


def test_of_cells_that_are_alike_the_first_is_named() -> None:
    view = view_of(MirroredSite())
    assert spread_of_cells(view, **VOLTAGE) == shown(0.0, lowest_cell=1, highest_cell=1)


def test_figures_come_in_the_unit_shown() -> None:
    view = view_of(MirroredSite())
    read: dict[str, Any] = {"key": KEY, "quantity": Quantity.RESISTANCE, "scale": 1e3}
    assert highest_of_cells(view, **read) == shown(0.45, cell=1)


def test_silent_stale_and_absent_cells_do_not_count(site: MirroredSite) -> None:
    site.tick(voltages={2: None}, status={0: CellStatus.SILENT})
    assert lowest_of_cells(view_of(site), **VOLTAGE).attributes == {"cell": 4}
    site.tick(seconds=11.0, read=[(START + 12.0, 2), (START, 2)])
    assert mean_of_cells(view_of(site), **VOLTAGE) == shown(2.31, cells=1)


def test_values_grow_old_also_while_no_message_comes(site: MirroredSite) -> None:
    site.clock.now += 9.0
    assert mean_of_cells(view_of(site), **VOLTAGE).attributes == {"cells": 4}
    site.clock.now += 2.0
    assert mean_of_cells(view_of(site), **VOLTAGE) == UNKNOWN


@pytest.mark.parametrize("read", OF_CELLS)
def test_where_no_cell_counts_nothing_is_known(read: Any) -> None:
    view = view_of(MirroredSite())
    assert read(view, key=KEY, quantity=Quantity.TEMPERATURE) == UNKNOWN
    assert read(view, key=KEY, quantity=Quantity.CHARGE) == UNKNOWN
    assert read(None, key=KEY, quantity=Quantity.VOLTAGE) == UNAVAILABLE
    offline = view_of(MirroredSite(online=False))
    assert read(offline, key=KEY, quantity=Quantity.VOLTAGE) == UNAVAILABLE


@pytest.mark.parametrize("read", CONCLUDED)
def test_what_is_concluded_needs_a_connection_and_an_answering_manager(read: Any) -> None:
    assert read(None, key=KEY) == UNAVAILABLE
    assert read(view_of(MirroredSite(online=False)), key=KEY) == UNAVAILABLE


@pytest.mark.parametrize("read", CONCLUDED[:-1])
def test_where_nothing_is_concluded_nothing_is_known(read: Any) -> None:
    assert read(view_of(MirroredSite()), key=KEY) == UNKNOWN


def test_the_charge_of_a_string_tells_how_sure_it_is() -> None:
    assert string_charge(concluded(), key=KEY) == shown(97.0, uncertainty=3.0, basis="proven_full")
    assert string_charge(concluded(brain=brain(charge_percent=None)), key=KEY) == UNKNOWN


def test_the_phase_of_the_charger_is_told_once_it_is_known() -> None:
    since = "2026-01-01T00:00:00+00:00"
    assert charge_phase(concluded(), key=KEY) == shown("float", since=since)
    begun = brain(phase=ChargePhase.DISCHARGE, phase_since=None)
    assert charge_phase(concluded(brain=begun), key=KEY) == shown("discharge", since=None)
    assert charge_phase(concluded(brain=brain(phase=ChargePhase.UNKNOWN)), key=KEY) == UNKNOWN


def test_the_worst_runaway_stage_decides_and_names_its_cells() -> None:
    def stages(*codes: int) -> View:
        return concluded(codes={CellCode.RUNAWAY_STAGE: list(codes)})

    assert runaway_stage(stages(0, 0, 0, 0), key=KEY) == shown("none", cells=[])
    hot = stages(RunawayStage.PRE_ALERT, 0, RunawayStage.ALARM, RunawayStage.ALARM)
    assert runaway_stage(hot, key=KEY) == shown("alarm", cells=[3, 4])


def test_a_trip_tells_who_or_what_brought_it_there() -> None:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    tripped = TripStatus(
        state=TripState.TRIPPED,
        causes=[TripCause.THERMAL_RUNAWAY],
        cell=3,
        since=at,
        contact_open=True,
    )
    assert trip_state(concluded(brain=brain(trip=tripped)), key=KEY) == shown(
        "tripped",
        causes=["thermal_runaway"],
        cell=3,
        since=at.isoformat(),
        contact_open=True,
    )
    off = TripStatus(state=TripState.OFF, by="somebody", reason="work", until=at)
    assert trip_state(concluded(brain=brain(trip=off)), key=KEY) == shown(
        "off", by="somebody", reason="work", until=at.isoformat()
    )


def test_what_is_concluded_of_a_cell_tells_its_basis() -> None:
    view = concluded(
        figures={CellFigure.HEALTH: [90.0, None, 80.0, 70.0]},
        codes={CellCode.HEALTH_BASIS: [Basis.DISCHARGE, 0, 0, 0]},
    )
    health: dict[str, Any] = {
        "key": KEY,
        "figure": CellFigure.HEALTH,
        "uncertainty": CellFigure.HEALTH_UNCERTAINTY,
        "basis": CellCode.HEALTH_BASIS,
    }
    told = cell_figure(view, index=0, **health)
    assert told == shown(90.0, uncertainty=None, basis="discharge")
    assert cell_figure(view, index=1, **health) == UNKNOWN
    assert cell_figure(None, index=0, **health) == UNAVAILABLE
    assert cell_figure(view, key=KEY, figure=CellFigure.BLED, index=0) == UNKNOWN
    assert cell_figure(view, key=KEY, figure=CellFigure.HEALTH, index=2) == shown(80.0)


def test_the_worst_cell_is_the_one_with_the_severest_alarm() -> None:
    site = MirroredSite()
    warning = alarm(cell=1, text="low", at=START - 9).model_copy(
        update={"severity": AlarmSeverity.WARNING}
    )
    site.tick(alarms=[warning, alarm(cell=3, text="hot"), alarm(cell=None, text="string")])
    assert worst_cell(view_of(site), key=KEY) == shown("03", reason="hot", rule="voltage_low")


def test_without_an_alarm_the_oddest_cell_is_the_worst() -> None:
    finding = Finding(cell=4, score=5.5, text="resistance high", wording=Wording(code="x"))
    view = concluded(findings=[finding])
    assert worst_cell(view, key=KEY) == shown("04", reason="resistance high", score=5.5)
    assert worst_cell(view_of(MirroredSite()), key=KEY) == shown("none")
