"""A snapshot as it goes out: values rounded to what is worth a byte, absence as NaN.

Images are immutable like snapshots and share their arrays where nothing changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.api.messages import (
    AccessoryStatus,
    Alarm,
    Doubt,
    LineStatus,
    ManagerStatus,
    Measured,
    StringScalars,
    Wording,
)
from bacs_core.api.service import Tick
from bacs_core.model import Quantity, String
from bacs_core.reasons import Reason
from bacs_core.snapshot import (
    AccessorySnapshot,
    Floats,
    LineSnapshot,
    ManagerSnapshot,
    Reading,
    StringSnapshot,
)

#: How many parts of a unit are told: 1 mV, 0.1 K, 1 µΩ, 0.1 %.
PARTS: Final[Mapping[Quantity, float]] = {
    Quantity.VOLTAGE: 1e3,
    Quantity.TEMPERATURE: 1e1,
    Quantity.RESISTANCE: 1e6,
    Quantity.CHARGE: 1e1,
    Quantity.DUTY: 1e1,
}

#: Reading times are told in tenths of a second.
TIME_PARTS: Final = 1e1


@dataclass(frozen=True, slots=True)
class StringImage:
    """One string as clients see it; a quantity without a column is absent in every cell."""

    string: String
    scalars: StringScalars
    columns: Mapping[Quantity, Floats]
    read_at: Mapping[Quantity, Floats]
    status: NDArray[np.uint8]

    def column(self, quantity: Quantity) -> Floats:
        """Values of one quantity, NaN in every cell if there is no column."""
        column = self.columns.get(quantity)
        return np.full(self.string.cell_count, np.nan) if column is None else column

    def times(self, quantity: Quantity) -> Floats:
        """Reading times of one quantity, NaN in every cell if there is no column."""
        times = self.read_at.get(quantity)
        return np.full(self.string.cell_count, np.nan) if times is None else times


@dataclass(frozen=True, slots=True)
class SiteImage:
    """The whole site as clients see it.

    `managers_at`, `lines_at` and `accessories_at` are the ticks that `managers`, `lines` and
    `accessories` were taken at.
    """

    at: datetime
    strings: Mapping[str, StringImage]
    managers: tuple[ManagerStatus, ...]
    managers_at: datetime
    lines: tuple[LineStatus, ...]
    lines_at: datetime
    alarms: tuple[Alarm, ...]
    accessories: tuple[AccessoryStatus, ...]
    accessories_at: datetime


def site_image(tick: Tick) -> SiteImage:
    """Make the raw image of a tick."""
    snapshot = tick.snapshot
    return SiteImage(
        at=snapshot.at,
        strings={key: _string_image(string) for key, string in snapshot.strings.items()},
        managers=tuple(map(_manager_status, snapshot.managers.values())),
        managers_at=snapshot.at,
        lines=tuple(map(_line_status, snapshot.lines.values())),
        lines_at=snapshot.at,
        alarms=tick.alarms,
        accessories=tuple(map(_accessory_status, snapshot.accessories.values())),
        accessories_at=snapshot.at,
    )


def _string_image(snapshot: StringSnapshot) -> StringImage:
    columns = snapshot.readings.columns
    return StringImage(
        string=snapshot.string,
        scalars=_scalars(snapshot),
        columns={
            quantity: _rounded(column.values, PARTS[quantity])
            for quantity, column in columns.items()
        },
        # Downwards, so that no reading ever looks fresher than it is.
        read_at={
            quantity: np.floor(column.read_at * TIME_PARTS) / TIME_PARTS
            for quantity, column in columns.items()
        },
        status=snapshot.status,
    )


def _rounded(values: Floats, parts: float) -> Floats:
    # Dividing a whole number gives the double nearest to the decimal, which prints short.
    rounded = np.rint(values * parts) / parts
    return np.where(np.isfinite(rounded), rounded, np.nan)


def _scalars(snapshot: StringSnapshot) -> StringScalars:
    summary = snapshot.summary
    return StringScalars(
        sum_voltage_v=_scalar(summary.sum_voltage_v, 3),
        target_voltage_v=_scalar(summary.target_voltage_v, 4),
        mean_charge_percent=_scalar(summary.mean_charge_percent, 1),
        current_a=_scalar(summary.current_a, 3),
        ac_current_a=_scalar(summary.ac_current_a, 3),
        power_w=_scalar(summary.power_w, 1),
        room_temperature_c=_scalar(_value(snapshot.readings.room_temperature_c), 1),
        equalization=snapshot.equalization.state,
        inhibited_by=list(snapshot.equalization.inhibited_by),
        doubts=[
            Doubt(
                cell=doubt.cell,
                reason=str(doubt.reason),
                believed=doubt.believed,
                wording=_wording(doubt.reason),
            )
            for doubt in snapshot.doubts.told
        ],
        doubt_count=snapshot.doubts.count,
    )


def _wording(told: str | None) -> Wording | None:
    """Return how a screen says it in its own language; not everything has a code."""
    if not isinstance(told, Reason):
        return None
    return Wording(code=told.code, arguments=dict(told.arguments))


def _value(reading: Reading | None) -> float | None:
    return None if reading is None else reading.value


def _scalar(value: float | None, digits: int) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), digits)


def _manager_status(manager: ManagerSnapshot) -> ManagerStatus:
    return ManagerStatus(
        id=manager.id,
        online=manager.online,
        serial_number=manager.serial_number,
        firmware_version=manager.firmware_version,
        problem=None if manager.problem is None else str(manager.problem),
        problem_wording=_wording(manager.problem),
        remarks=list(map(str, manager.remarks)),
        remark_wordings=list(map(_wording, manager.remarks)),
        phases=list(manager.phases),
        flags=list(manager.flags),
        registers=dict(manager.registers),
    )


def _line_status(line: LineSnapshot) -> LineStatus:
    return LineStatus(
        id=line.id,
        port_open=line.port_open,
        message=line.message,
        round_s=_scalar(line.round_s, 3),
        requests=line.requests,
        timeouts=line.timeouts,
        frame_errors=line.frame_errors,
        wire_round_s=_scalar(line.wire_round_s, 3),
        refusals=line.refusals,
        lost_bytes=line.lost_bytes,
        silent_units=list(line.silent_units),
        lent=line.lent,
    )


def _accessory_status(accessory: AccessorySnapshot) -> AccessoryStatus:
    return AccessoryStatus(
        id=accessory.id,
        online=accessory.online,
        serial_number=accessory.serial_number,
        firmware_version=accessory.firmware_version,
        problem=None if accessory.problem is None else str(accessory.problem),
        problem_wording=_wording(accessory.problem),
        inputs=list(accessory.inputs),
        relays=list(accessory.relays),
        temperature_c=_measured(accessory.temperature_c, 1),
        humidity_percent=_measured(accessory.humidity_percent, 1),
        hydrogen_percent=_measured(accessory.hydrogen_percent, 2),
    )


def _measured(reading: Reading | None, digits: int) -> Measured | None:
    value = _scalar(_value(reading), digits)
    if reading is None or value is None:
        return None
    return Measured(value=value, read_at=np.floor(reading.read_at * TIME_PARTS) / TIME_PARTS)
