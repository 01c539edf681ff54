"""A snapshot as it goes out: values rounded to what is worth a byte, absence as NaN.

Images are immutable like snapshots and share their arrays where nothing changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.api.message_base import wording_of
from bacs_core.api.messages import (
    AccessoryStatus,
    Alarm,
    Annunciation,
    BrainScalars,
    CellCode,
    CellFigure,
    CellMark,
    Doubt,
    Finding,
    LineStatus,
    ManagerStatus,
    Measured,
    StringScalars,
    TripStatus,
    Wording,
)
from bacs_core.api.service import Tick
from bacs_core.api.stick_messages import status_of
from bacs_core.model import Quantity, String
from bacs_core.snapshot import (
    AccessorySnapshot,
    BrainSummary,
    Floats,
    LineSnapshot,
    ManagerSnapshot,
    Reading,
    Snapshot,
    StringSnapshot,
    TripSummary,
)

#: How many parts of a unit are told: 1 mV, 0.1 K, 1 µΩ, 0.1 %.
PARTS: Final[Mapping[Quantity, float]] = {
    Quantity.VOLTAGE: 1e3,
    Quantity.TEMPERATURE: 1e1,
    Quantity.RESISTANCE: 1e6,
    Quantity.CHARGE: 1e1,
    Quantity.DUTY: 1e1,
}

#: The same of what is concluded: 0.1 %, 10 mAh, 1 µΩ.
FIGURE_PARTS: Final[Mapping[CellFigure, float]] = {
    CellFigure.CHARGE_UNCERTAINTY: 1e1,
    CellFigure.CAPACITY: 1e1,
    CellFigure.CAPACITY_UNCERTAINTY: 1e1,
    CellFigure.HEALTH: 1e1,
    CellFigure.HEALTH_UNCERTAINTY: 1e1,
    CellFigure.BLED: 1e2,
    CellFigure.RESISTANCE_BASELINE: 1e6,
    CellFigure.RESISTANCE_RISE: 1e1,
}

#: Times are told in tenths of a second.
TIME_PARTS: Final = 1e1


@dataclass(frozen=True, slots=True)
class StringImage:
    """One string as clients see it; a quantity without a column is absent in every cell.

    `figures` are not rounded before they are encoded: most of them are never told.
    """

    string: String
    scalars: StringScalars
    columns: Mapping[Quantity, Floats]
    read_at: Mapping[Quantity, Floats]
    status: NDArray[np.uint8]
    brain: BrainScalars | None = None
    figures: Mapping[CellFigure, Floats] = field(default_factory=dict)
    codes: Mapping[CellCode, NDArray[np.uint8]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

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

    `managers_at`, `lines_at`, `accessories_at` and `figures_at` are the ticks that `managers`,
    `lines`, `accessories` and the figures of the strings were taken at.
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
    figures_at: datetime
    annunciation: Annunciation | None = None


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
        figures_at=snapshot.at,
        annunciation=_annunciation(snapshot),
    )


def _string_image(snapshot: StringSnapshot) -> StringImage:
    columns, brain = snapshot.readings.columns, snapshot.brain
    return StringImage(
        string=snapshot.string,
        scalars=_scalars(snapshot),
        columns={
            quantity: rounded(column.values, PARTS[quantity])
            for quantity, column in columns.items()
        },
        # Downwards, so that no reading ever looks fresher than it is.
        read_at={
            quantity: np.floor(column.read_at * TIME_PARTS) / TIME_PARTS
            for quantity, column in columns.items()
        },
        status=snapshot.status,
        brain=None if brain is None else _brain_scalars(brain),
        figures={} if brain is None else _figures(brain),
        codes={} if brain is None else _codes(brain),
        findings=() if brain is None else _findings(brain),
    )


def _figures(brain: BrainSummary) -> dict[CellFigure, Floats]:
    return {
        CellFigure.CHARGE_UNCERTAINTY: brain.charge.uncertainty,
        CellFigure.CAPACITY: brain.capacity.value,
        CellFigure.CAPACITY_UNCERTAINTY: brain.capacity.uncertainty,
        CellFigure.HEALTH: brain.health.value,
        CellFigure.HEALTH_UNCERTAINTY: brain.health.uncertainty,
        CellFigure.BLED: brain.bled_ah,
        CellFigure.RESISTANCE_BASELINE: brain.resistance_baseline_ohm,
        CellFigure.RESISTANCE_RISE: brain.resistance_rise * 100.0,
    }


def _codes(brain: BrainSummary) -> dict[CellCode, NDArray[np.uint8]]:
    marks = {
        CellMark.EQUALIZES: brain.equalizes,
        CellMark.PAUSED: brain.paused,
        CellMark.EXHAUSTED: brain.exhausted,
        CellMark.STUCK_ON: brain.stuck_on,
        CellMark.STUCK_OFF: brain.stuck_off,
    }
    told = np.zeros(len(brain.equalizes), np.uint8)
    for mark, flags in marks.items():
        told |= flags * np.uint8(mark)
    return {
        CellCode.CHARGE_BASIS: brain.charge.basis,
        CellCode.CAPACITY_BASIS: brain.capacity.basis,
        CellCode.HEALTH_BASIS: brain.health.basis,
        CellCode.RUNAWAY_STAGE: brain.stage,
        CellCode.MARKS: told,
    }


def _findings(brain: BrainSummary) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            cell=found.cell,
            score=round(found.score, 1),
            text=found.text,
            wording=Wording(code=found.code, arguments={"amount": float(f"{found.amount:.4g}")}),
        )
        for found in brain.findings
    )


def _brain_scalars(brain: BrainSummary) -> BrainScalars:
    return BrainScalars(
        phase=brain.phase,
        phase_since=_moment(brain.phase_since),
        mode=brain.mode,
        limit_percent=_scalar(brain.limit_percent, 1),
        charge_percent=_scalar(brain.charge_percent, 1),
        charge_uncertainty_percent=_scalar(brain.charge_uncertainty_percent, 1),
        charge_basis=brain.charge_basis,
        trip=_trip_status(brain.trip),
        testing_until=_moment(brain.testing_until),
    )


def _trip_status(trip: TripSummary) -> TripStatus:
    return TripStatus(
        state=trip.state,
        causes=list(trip.causes),
        cell=trip.cell,
        since=_moment(trip.since),
        by=trip.by,
        reason=trip.reason,
        until=_moment(trip.until),
        contact_open=trip.contact_open,
    )


def _moment(unix_s: float | None) -> datetime | None:
    if unix_s is None or not np.isfinite(unix_s):
        return None
    return datetime.fromtimestamp(round(float(unix_s) * TIME_PARTS) / TIME_PARTS, UTC)


def _annunciation(snapshot: Snapshot) -> Annunciation | None:
    told = snapshot.annunciation
    if told is None:
        return None
    return Annunciation(
        sounding=told.sounding,
        muted=told.muted,
        led=told.led,
        stick=None if told.stick is None else status_of(told.stick),
    )


def rounded(values: Floats, parts: float) -> Floats:
    """Round to whole `parts` of a unit; what is not finite is NaN."""
    # Dividing a whole number gives the double nearest to the decimal, which prints short.
    whole = np.rint(values * parts) / parts
    return np.where(np.isfinite(whole), whole, np.nan)


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
                wording=wording_of(doubt.reason),
            )
            for doubt in snapshot.doubts.told
        ],
        doubt_count=snapshot.doubts.count,
    )


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
        problem_wording=wording_of(manager.problem),
        remarks=list(map(str, manager.remarks)),
        remark_wordings=list(map(wording_of, manager.remarks)),
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
        problem_wording=wording_of(accessory.problem),
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
