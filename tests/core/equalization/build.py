"""Strings and readings for tests of the pure battery rooms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bacs_core import chemistries
from bacs_core.model import Chemistry, EqualizedBy, Limits, Quantity, String
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
