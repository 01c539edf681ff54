"""What is concluded of a manager without an engine, minute by minute."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from bacs_core.api.messages import Alarm
from bacs_core.api.service import Tick
from bacs_core.model import CellStatus, EqualizationState, Quantity
from bacs_core.polling.image import reading
from bacs_core.polling.wiring import Wiring
from bacs_core.snapshot import ManagerSnapshot
from custom_components.bacs.const import MANAGER_ID
from custom_components.bacs.direct import judging
from custom_components.bacs.direct.polling import poller_of
from tests.integration.direct.test_description import entry

CELLS = 6
KEY = f"{MANAGER_ID}/1"
START = 1_800_000_000.0
STEP_S = 5.0


@dataclass
class Watched:
    """A manager with one string of six blocks, and what is read of it."""

    wiring: Wiring
    voltages_v: list[float] = field(default_factory=lambda: [13.6] * CELLS)
    temperatures_c: list[float] = field(default_factory=lambda: [22.0] * CELLS)
    current_a: float = 0.1
    online: bool = True
    now: float = START

    def __post_init__(self) -> None:
        for owner in self.wiring.lines.values():
            # It is never run here.
            owner.port_open = True
        self.nothing = judging.nothing_of(self.wiring.settings.site)
        self.memory = judging.first_memory(self.nothing)

    def watch(self, seconds: float) -> Tick:
        """Let time go by, with a reading every five seconds; return the last tick."""
        until = self.now + seconds
        while self.now < until:
            self.now += STEP_S
            if self.online:
                self._read()
            manager = ManagerSnapshot(MANAGER_ID, self.online, 4711, None)
            tick, self.memory = judging.judge(
                self.wiring, {MANAGER_ID: manager}, self.nothing, self.memory, self.now
            )
        return tick

    def _read(self) -> None:
        image = self.wiring.images[KEY]
        image.put(Quantity.VOLTAGE, 0, self.voltages_v, self.now)
        image.put(Quantity.TEMPERATURE, 0, self.temperatures_c, self.now)
        image.current_a = reading(self.current_a, self.now)
        image.reported_at = self.now
        image.reported_equalization = EqualizationState.UNKNOWN


def rules(tick: Tick) -> list[tuple[str, int | None]]:
    return [(alarm.rule, alarm.cell) for alarm in tick.alarms]


@pytest.fixture
def watched() -> Watched:
    limits: dict[str, Any] = {"temperature_high": 35.0}
    return Watched(poller_of(entry({"cells": [CELLS]}), limits, 4711).wiring)


def test_a_sound_string_has_no_alarm_and_its_sum_and_mean_are_told(watched: Watched) -> None:
    watched.voltages_v = [13.5, 13.7] * 3
    tick = watched.watch(120)
    string = tick.snapshot.strings[KEY]
    assert rules(tick) == []
    assert string.summary.sum_voltage_v == pytest.approx(81.6)
    assert string.summary.target_voltage_v == pytest.approx(13.6)
    assert string.summary.current_a == pytest.approx(0.1)
    assert set(string.status.tolist()) == {CellStatus.NORMAL}


def test_nothing_is_claimed_that_only_an_engine_knows(watched: Watched) -> None:
    string = watched.watch(5).snapshot.strings[KEY]
    assert string.brain is None
    assert string.equalization.state is EqualizationState.UNKNOWN
    assert string.summary.mean_charge_percent is None
    assert not np.isfinite(string.readings.columns[Quantity.CHARGE].values).any()


def test_a_crossed_limit_becomes_a_problem_of_its_cell_after_its_delay_and_goes(
    watched: Watched,
) -> None:
    watched.watch(60)
    watched.temperatures_c[2] = 38.0
    assert rules(watched.watch(50)) == []
    tick = watched.watch(15)
    assert rules(tick) == [("cell_temperature_high", 3)]
    (alarm,) = [alarm for alarm in tick.alarms if alarm.cell == 3]
    assert isinstance(alarm, Alarm)
    assert "38.0" in alarm.text
    assert tick.snapshot.strings[KEY].status[2] == CellStatus.WARNING

    # Nobody can acknowledge it here: what is over is gone, and may come again.
    watched.temperatures_c[2] = 22.0
    assert rules(watched.watch(320)) == []
    watched.temperatures_c[2] = 38.0
    assert rules(watched.watch(65)) == [("cell_temperature_high", 3)]


def test_a_discharge_is_one_message_and_not_a_problem_of_each_cell(watched: Watched) -> None:
    watched.watch(120)
    watched.voltages_v, watched.current_a = [11.9] * CELLS, -30.0
    tick = watched.watch(180)
    assert rules(tick) == [("on_battery", None)]


def test_a_manager_that_falls_silent_is_one_problem_and_not_one_of_each_cell(
    watched: Watched,
) -> None:
    watched.watch(30)
    watched.online = False
    tick = watched.watch(150)
    assert rules(tick) == [("manager_silent", None)]
    assert set(tick.snapshot.strings[KEY].status.tolist()) == {CellStatus.SILENT}


def test_a_step_of_the_clock_neither_raises_nor_clears_anything(watched: Watched) -> None:
    watched.temperatures_c[2] = 38.0
    before = rules(watched.watch(90))
    assert before == [("cell_temperature_high", 3)]
    watched.now += 7200.0
    watched.wiring.shift(7200.0)
    watched.memory = judging.shifted(watched.memory, 7200.0)
    assert rules(watched.watch(5)) == before
