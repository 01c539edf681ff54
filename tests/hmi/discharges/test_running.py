"""The figures over a running discharge are of now, or say how old they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import create_autospec

import pytest

from bacs_core.api.client import EngineClient
from bacs_core.api.discharge_messages import DischargeAnalysis
from bacs_core.api.live import LiveSite, LiveString
from bacs_core.api.messages import StringScalars
from bacs_core.model import EqualizationState, Quantity
from bacs_hmi.pages.discharges.running import Fact, facts, row_facts
from bacs_hmi.texts import LANGUAGES, numbers_of
from tests.hmi.discharged_plant import KEY, discharged, entry, telecom

TEXTS = LANGUAGES["en"]
BEGAN = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def analysis() -> DischargeAnalysis:
    over = entry(discharged(telecom(), 0.55), BEGAN).analysis
    assert over is not None
    running = over.discharge.model_copy(update={"ended_at": None})
    return over.model_copy(update={"discharge": running, "final": False})


def live_at(at: datetime, voltages: list[float | None], *, read_at: datetime) -> LiveSite:
    live = LiveSite(create_autospec(EngineClient, instance=True), clock=at.timestamp)
    live.at = live.received_at = at.timestamp()
    live.connected = True
    string = replace(telecom(), stale_after_s={Quantity.VOLTAGE: 60.0})
    scalars = StringScalars(
        sum_voltage_v=None,
        target_voltage_v=None,
        mean_charge_percent=None,
        current_a=None,
        ac_current_a=None,
        power_w=None,
        room_temperature_c=None,
        equalization=EqualizationState.IDLE,
        inhibited_by=[],
    )
    count = string.cell_count
    columns = {Quantity.VOLTAGE: voltages + [2.0] * (count - len(voltages))}
    ages: dict[Quantity, list[float | None]] = {Quantity.VOLTAGE: [read_at.timestamp()] * count}
    live.strings[KEY] = LiveString(string, scalars, columns, ages, [0] * count)
    return live


def shown(analysis: DischargeAnalysis, live: LiveSite) -> dict[str, Fact]:
    told = facts(analysis, live, TEXTS, numbers_of(TEXTS))
    return {
        name: Fact(fact.heading, fact.value.replace("\u00a0", " ")) for name, fact in told.items()
    }


def test_the_duration_and_the_lowest_cell_are_those_of_now(analysis: DischargeAnalysis) -> None:
    now = analysis.discharge.started_at + timedelta(hours=3, minutes=7)
    told = shown(analysis, live_at(now, [1.9, 1.875], read_at=now))
    assert told["discharge_duration"] == Fact("Duration", "3 h 07 min")
    assert told["discharge_lowest"] == Fact("Lowest cell now", "Cell 02: 1.875 V")


def test_what_the_engine_worked_out_before_says_how_old_it_is(analysis: DischargeAnalysis) -> None:
    now = analysis.discharge.figures.until + timedelta(seconds=40)
    told = shown(analysis, live_at(now, [], read_at=now))
    assert told["discharge_drawn"].heading == "Drawn (of rated), 40\u00a0s old"
    assert told["discharge_outcome"].heading == "End"


@pytest.mark.parametrize("connected", [True, False])
def test_a_lowest_cell_that_nobody_knows_now_is_the_one_of_before_with_its_age(
    analysis: DischargeAnalysis, *, connected: bool
) -> None:
    now = analysis.discharge.figures.until + timedelta(minutes=10)
    live = live_at(now, [1.5], read_at=now - timedelta(minutes=9) * connected)
    live.connected = connected
    fact = shown(analysis, live)["discharge_lowest"]
    assert fact.heading == "Lowest cell, 10\u00a0min old"
    assert "1.500" not in fact.value


def test_the_row_of_one_that_runs_counts_on_and_says_how_old_its_figures_are(
    analysis: DischargeAnalysis,
) -> None:
    told = analysis.discharge
    now = told.figures.until + timedelta(seconds=40)
    live = live_at(now, [1.9, 1.875], read_at=now)
    numbers = numbers_of(TEXTS)
    row = row_facts(told, None, live, TEXTS, numbers)
    assert row["discharge_duration"] == facts(analysis, live, TEXTS, numbers)["discharge_duration"]
    assert row["discharge_drawn"].heading == "Drawn (of rated), 40\u00a0s old"
    assert row["discharge_lowest"] == Fact("Lowest cell", "")
    known = row_facts(told, analysis, live, TEXTS, numbers)
    assert known["discharge_lowest"].heading == "Lowest cell now"


def test_one_that_is_over_has_figures_without_an_age() -> None:
    over = entry(discharged(telecom(), 0.55), BEGAN).analysis
    assert over is not None
    told = shown(over, live_at(BEGAN, [], read_at=BEGAN))
    assert [fact.heading for fact in told.values()] == [TEXTS[name] for name in told]
