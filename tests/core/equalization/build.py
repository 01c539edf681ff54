"""Strings and readings for tests of the pure battery rooms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bacs_core import chemistries
from bacs_core.estimation import ChargerFindings, Estimate, Estimates
from bacs_core.frame import Frame, gather
from bacs_core.model import (
    ChargePhase,
    Chemistry,
    EqualizationMode,
    EqualizedBy,
    Limits,
    Quantity,
    String,
)
from bacs_core.rows import Rows, rows_of
from bacs_core.snapshot import Column, Floats, Reading, StringReadings

NAN = float("nan")
STALE_S = 10.0
START = 1_790_000_000.0


def a_string(
    cell_count: int = 4,
    *,
    cell_voltage_v: float = 2.0,
    capacity_ah: float = 500.0,
    module_type: str = "C44",
    chemistry: Chemistry = Chemistry.VRLA,
    equalized_by: EqualizedBy = EqualizedBy.ENGINE,
    manager_id: str = "room",
    number: int = 1,
    limits: Limits | None = None,
    equalization: EqualizationMode = EqualizationMode.CONTINUOUS,
) -> String:
    return String(
        manager_id=manager_id,
        number=number,
        name=f"{manager_id.upper()} string {number}",
        chemistry=chemistry,
        cell_count=cell_count,
        cell_voltage_v=cell_voltage_v,
        float_voltage_v=chemistries.float_voltage_v(chemistry, cell_voltage_v),
        capacity_ah=capacity_ah,
        module_type=module_type,
        equalized_by=equalized_by,
        limits=limits or chemistries.limits(chemistry, cell_voltage_v),
        stale_after_s=dict.fromkeys(Quantity, STALE_S),
        equalization=equalization,
    )


def readings(
    voltage_v: Sequence[float] | Floats,
    read_at: float = START,
    *,
    temperature_c: Sequence[float] | Floats | None = None,
    resistance_ohm: Sequence[float] | Floats | None = None,
    charge_percent: Sequence[float] | Floats | None = None,
    duty_percent: Sequence[float] | Floats | None = None,
    status: Sequence[int] | None = None,
    current_a: float | None = None,
    current_error_a: float | None = None,
    voltage_read_at: Sequence[float] | Floats | None = None,
) -> StringReadings:
    count = len(voltage_v)

    def column(
        values: Sequence[float] | Floats | None, at: Sequence[float] | Floats | None = None
    ) -> Column:
        if values is None:
            return Column.absent(count)
        known = np.asarray(values, np.float64)
        times = np.full(count, read_at) if at is None else np.asarray(at, np.float64)
        return Column(known, np.where(np.isnan(known), np.nan, times))

    return StringReadings(
        columns={
            Quantity.VOLTAGE: column(voltage_v, voltage_read_at),
            Quantity.TEMPERATURE: column(temperature_c),
            Quantity.RESISTANCE: column(resistance_ohm),
            Quantity.CHARGE: column(charge_percent),
            Quantity.DUTY: column(duty_percent),
        },
        module_status=np.array([0] * count if status is None else status, np.uint16),
        current_a=None if current_a is None else Reading(current_a, read_at),
        current_error_a=current_error_a,
    )


def rows_and_frame(
    strings: Sequence[String] | String, told: Sequence[StringReadings] | StringReadings, now: float
) -> tuple[Rows, Frame]:
    """Put strings in rows, and what was read of each into one frame."""
    strings = [strings] if isinstance(strings, String) else strings
    told = [told] if isinstance(told, StringReadings) else told
    rows = rows_of(strings)
    keys = [string.key for string in strings]
    return rows, gather(rows, dict(zip(keys, told, strict=True)), now)


def estimates(
    rows: Rows,
    phase: ChargePhase = ChargePhase.FLOAT,
    *,
    usable: bool = False,
    charge_percent: Sequence[float] | Floats | None = None,
    capacity_percent: Sequence[float] | Floats | None = None,
) -> Estimates:
    """Estimates of which only what equalization needs is known."""
    cells, strings = rows.cell_count, rows.string_count
    unknown_cells, unknown_strings = np.full(cells, np.nan), np.full(strings, np.nan)

    def of_cells(values: Sequence[float] | Floats | None) -> Estimate:
        estimate = Estimate.unknown(cells)
        return estimate if values is None else replace(estimate, value=np.asarray(values))

    return Estimates(
        phase=np.full(strings, phase, np.uint8),
        phase_since=np.zeros(strings),
        absorption_since=unknown_strings,
        recharging_since=unknown_strings,
        current_clear=np.zeros(strings, np.bool_),
        float_current_usable=np.full(strings, usable),
        cell_current_a=unknown_cells,
        charge=of_cells(charge_percent),
        string_charge=Estimate.unknown(strings),
        capacity=of_cells(capacity_percent),
        health=Estimate.unknown(cells),
        resistance_baseline_ohm=unknown_cells,
        resistance_rise=unknown_cells,
        charger=ChargerFindings(unknown_strings, unknown_strings),
    )
