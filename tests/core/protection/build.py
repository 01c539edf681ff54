"""Strings, readings and estimates made by hand: what a test does not say is calm and healthy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bacs_core import chemistries, protection
from bacs_core.estimation.estimates import ChargerFindings, Estimate, Estimates
from bacs_core.frame import Frame, frame_of
from bacs_core.model import (
    ChargePhase,
    Chemistry,
    EqualizedBy,
    Limits,
    Quantity,
    String,
)
from bacs_core.protection import Memory, Tuning, Verdict
from bacs_core.rows import Rows, rows_of
from bacs_core.snapshot import Column, Floats

START = 1_800_000_000.0
STALE_S = dict.fromkeys(Quantity, 30.0)


def string(
    number: int = 1,
    cell_count: int = 4,
    *,
    cell_voltage_v: float = 12.0,
    capacity_ah: float = 100.0,
    chemistry: Chemistry = Chemistry.VRLA,
    module_type: str = "C24",
    limits: Limits | None = None,
    stale_s: float = 30.0,
    absent: tuple[Quantity, ...] = (),
) -> String:
    return String(
        manager_id="ups",
        number=number,
        name=f"String {number}",
        chemistry=chemistry,
        cell_count=cell_count,
        cell_voltage_v=cell_voltage_v,
        float_voltage_v=chemistries.float_voltage_v(chemistry, cell_voltage_v),
        capacity_ah=capacity_ah,
        module_type=module_type,
        equalized_by=EqualizedBy.ENGINE,
        limits=limits or chemistries.limits(chemistry, cell_voltage_v),
        stale_after_s=dict.fromkeys(Quantity, stale_s),
        absent=absent,
    )


def frame(
    rows: Rows,
    now: float,
    temperature_c: Floats,
    *,
    room_c: float | Floats = 25.0,
    current_a: float | Floats = 0.04,
    voltage_v: Floats | None = None,
    duty_percent: float | Floats = 0.0,
    read_at: float | None = None,
) -> Frame:
    """A frame of readings made at `now`; NaN is a reading that never came."""
    at = now if read_at is None else read_at
    float_v = rows.spread(rows.of_strings(lambda one: one.float_voltage_v))
    told: dict[Quantity, Any] = {
        Quantity.VOLTAGE: float_v if voltage_v is None else voltage_v,
        Quantity.TEMPERATURE: temperature_c,
        Quantity.DUTY: np.zeros(rows.cell_count) + duty_percent,
    }
    columns = {}
    for quantity in Quantity:
        values = np.array(told.get(quantity, np.full(rows.cell_count, np.nan)), np.float64)
        columns[quantity] = Column(values, np.where(np.isnan(values), np.nan, at))
    per_string = np.zeros(rows.string_count)
    return frame_of(
        rows,
        now,
        columns,
        module_status=np.zeros(rows.cell_count, np.uint16),
        current_a=per_string + current_a,
        current_error_a=per_string + 0.005,
        ac_current_a=per_string + np.nan,
        room_c=per_string + room_c,
    )


def estimates(
    rows: Rows,
    *,
    phase: ChargePhase = ChargePhase.FLOAT,
    phase_since: float = START - 30 * 86400.0,
    absorption_since: float = np.nan,
    recharging_since: float = np.nan,
    cell_current_a: float | Floats = np.nan,
    usable: bool = False,
) -> Estimates:
    """What estimation says of every string alike."""
    strings, cells = np.zeros(rows.string_count), np.zeros(rows.cell_count)
    unknown = Estimate.unknown(rows.cell_count)
    return Estimates(
        phase=np.full(rows.string_count, phase, np.uint8),
        phase_since=strings + phase_since,
        absorption_since=strings + absorption_since,
        recharging_since=strings + recharging_since,
        current_clear=np.full(rows.string_count, usable),
        float_current_usable=np.full(rows.string_count, usable),
        cell_current_a=cells + cell_current_a,
        charge=unknown,
        string_charge=Estimate.unknown(rows.string_count),
        capacity=unknown,
        health=unknown,
        resistance_baseline_ohm=cells + np.nan,
        resistance_rise=cells + np.nan,
        charger=ChargerFindings(strings + np.nan, cells + np.nan),
    )


@dataclass
class Watch:
    """Protection of some strings, ticked by hand; seconds count from the start."""

    rows: Rows = field(default_factory=lambda: rows_of([string()]))
    tuning: Tuning = field(default_factory=lambda: Tuning(longest_step_s=60.0))
    seconds: float = 0.0
    verdict: Verdict | None = None
    memory: Memory = field(init=False)

    def __post_init__(self) -> None:
        self.memory = protection.initial(self.rows)

    @property
    def now(self) -> float:
        return START + self.seconds

    def tick(self, temperature_c: Any, step_s: float = 60.0, **told: Any) -> Verdict:
        """Let `step_s` pass, then judge; what is told goes to the frame or to the estimates."""
        self.seconds += step_s
        of_frame = {"room_c", "current_a", "voltage_v", "duty_percent", "read_at"}
        seen = {name: value for name, value in told.items() if name in of_frame}
        rest = {name: value for name, value in told.items() if name not in of_frame}
        warm_c = np.zeros(self.rows.cell_count) + temperature_c
        self.verdict = protection.judge(
            frame(self.rows, self.now, warm_c, **seen),
            estimates(self.rows, **rest),
            self.memory,
            self.tuning,
        )
        self.memory = self.verdict.memory
        return self.verdict

    def run(self, minutes: float, temperature_c: Any, **told: Any) -> Verdict:
        """Tick once a minute."""
        for _ in range(round(minutes)):
            self.tick(temperature_c, **told)
        assert self.verdict is not None
        return self.verdict
