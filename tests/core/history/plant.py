"""Snapshots for the history: a small site, and a large one with the noise of real sensors."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bacs_core.model import (
    Chemistry,
    EqualizationState,
    EqualizedBy,
    Inhibit,
    Limits,
    Quantity,
    String,
)
from bacs_core.snapshot import (
    Column,
    EqualizationSummary,
    Reading,
    Snapshot,
    StringReadings,
    StringSnapshot,
    StringSummary,
)

START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
STEP = timedelta(seconds=10)

Columns = dict[Quantity, NDArray[np.float64]]


def string(number: int = 1, cell_count: int = 4, manager_id: str = "ups-a") -> String:
    return String(
        manager_id=manager_id,
        number=number,
        name=f"String {number}",
        chemistry=Chemistry.VRLA,
        cell_count=cell_count,
        cell_voltage_v=2.0,
        float_voltage_v=2.25,
        capacity_ah=500,
        module_type="C44",
        equalized_by=EqualizedBy.ENGINE,
        limits=Limits(None, None, None, None, None),
        stale_after_s=dict.fromkeys(Quantity, 60.0),
    )


def steady(cell_count: int) -> Columns:
    cells = np.arange(cell_count)
    return {
        Quantity.VOLTAGE: 2.250 + cells * 0.001,
        Quantity.TEMPERATURE: 25.0 - cells * 0.1,
        Quantity.RESISTANCE: 0.000512 + cells * 1e-6,
        Quantity.CHARGE: np.full(cell_count, 99.5),
        Quantity.DUTY: cells * 0.5,
    }


def string_snapshot(of: String, columns: Columns, at: datetime, **scalars: Any) -> StringSnapshot:
    now = at.timestamp()
    return StringSnapshot(
        string=of,
        readings=StringReadings(
            columns={
                quantity: Column(values, np.full(of.cell_count, now))
                for quantity, values in columns.items()
            },
            module_status=np.zeros(of.cell_count, dtype=np.uint16),
            room_temperature_c=Reading(21.5, now),
        ),
        summary=StringSummary(
            sum_voltage_v=scalars.get("sum_voltage_v", 54.123),
            target_voltage_v=scalars.get("target_voltage_v", 2.251),
            mean_charge_percent=scalars.get("mean_charge_percent", 99.5),
            current_a=scalars.get("current_a", -1.234),
            ac_current_a=scalars.get("ac_current_a"),
            power_w=scalars.get("power_w", -66.8),
        ),
        equalization=EqualizationSummary(
            EqualizationState.INHIBITED, (Inhibit.DISCHARGE, Inhibit.MANUAL_STOP)
        ),
        status=np.zeros(of.cell_count, dtype=np.uint8),
    )


def snapshot(at: datetime, *strings: StringSnapshot, sequence: int = 0) -> Snapshot:
    return Snapshot(
        sequence=sequence,
        at=at,
        strings={each.string.key: each for each in strings},
        managers={},
        lines={},
    )


def small(at: datetime, voltage_v: float | None = None, cell_count: int = 4) -> Snapshot:
    """One string; `voltage_v` sets all its cells."""
    columns = steady(cell_count)
    if voltage_v is not None:
        columns[Quantity.VOLTAGE] = np.full(cell_count, voltage_v)
    return snapshot(at, string_snapshot(string(cell_count=cell_count), columns, at))


def noisy(strings: int, cells: int, samples: int, seed: int = 1) -> Iterator[Snapshot]:
    """Float charge as in reference/performance.md §3: noise, ripple, the day, bypass at work.

    Voltage: cells differ by 6 mV, charger ripple 2 mV, day 3 mV, noise 1.5 mV. Temperature: day
    1.5 K, noise 0.025 K. Bypass on 30 % of the cells, noise 0.4 %. Resistance and charge stand.
    """
    random = np.random.default_rng(seed)
    plant = [string(number % 16 + 1, cells, f"m{number // 16}") for number in range(strings)]
    total = strings * cells
    offset = random.normal(0, 0.006, total)
    bypassed = random.random(total) < 0.3
    duty = np.where(bypassed, random.uniform(5, 60, total), 0)
    resistance = random.normal(500e-6, 30e-6, total)
    for index in range(samples):
        at = START + index * STEP
        day = np.sin(2 * np.pi * index / 8640)
        ripple = np.repeat(random.normal(0, 0.002, strings), cells)
        voltage = 2.25 + offset + ripple + 0.003 * day + random.normal(0, 0.0015, total)
        temperature = 25 + 1.5 * day + 30 * offset + random.normal(0, 0.025, total)
        bypass = np.where(bypassed, duty + random.normal(0, 0.4, total), 0)
        values = {
            Quantity.VOLTAGE: np.round(voltage, 3),
            Quantity.TEMPERATURE: np.round(temperature, 1),
            Quantity.RESISTANCE: np.round(resistance, 6),
            Quantity.CHARGE: np.full(total, 100.0),
            Quantity.DUTY: np.round(2 * bypass) / 2,
        }
        parts = []
        for position, each in enumerate(plant):
            place = slice(position * cells, (position + 1) * cells)
            sum_voltage_v = float(values[Quantity.VOLTAGE][place].sum())
            current_a = round(0.25 + random.normal(0, 0.05), 3)
            parts.append(
                string_snapshot(
                    each,
                    {quantity: column[place] for quantity, column in values.items()},
                    at,
                    sum_voltage_v=sum_voltage_v,
                    target_voltage_v=sum_voltage_v / cells,
                    current_a=current_a,
                    power_w=sum_voltage_v * current_a,
                )
            )
        yield snapshot(at, *parts, sequence=index)
