"""From what one tick concluded to what everybody sees of the strings."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bacs_core.alarms import annunciation
from bacs_core.alarms.book import AlarmBook, Mute
from bacs_core.control import Conclusions
from bacs_core.equalization.orders import MODES
from bacs_core.estimation import Estimate
from bacs_core.findings import Finding
from bacs_core.model import (
    Basis,
    CellStatus,
    ChargePhase,
    EqualizationState,
    EqualizedBy,
    Quantity,
    String,
)
from bacs_core.protection import Trip
from bacs_core.snapshot import (
    Annunciation,
    BrainSummary,
    CellEstimates,
    CellFinding,
    Column,
    Doubts,
    EqualizationSummary,
    StringReadings,
    StringSnapshot,
    StringSummary,
    TripSummary,
    frozen,
)
from bacs_core.stick.states import StickPhase, StickState
from bacs_core.summary import LEAST_TRUSTED_SHARE, fresh_value


def strings_of(
    told: Conclusions,
    readings: Mapping[str, StringReadings],
    book: AlarmBook,
    doubts: Callable[[str], Doubts],
) -> dict[str, StringSnapshot]:
    """Put every string together, by key, with the marks that the alarms of this tick give."""
    status = _status(told, book)
    charge = _charge_column(told)
    summaries = _summaries(told, readings)
    findings: dict[str, list[Finding]] = {}
    for finding in told.findings:
        findings.setdefault(finding.string_key, []).append(finding)
    strings = {}
    for place, string in enumerate(told.frame.rows.strings):
        cells = told.frame.rows.slices[string.key]
        own = readings[string.key]
        column = Column(charge.values[cells], charge.read_at[cells])
        strings[string.key] = StringSnapshot(
            string=string,
            readings=replace(own, columns={**own.columns, Quantity.CHARGE: column}),
            summary=summaries[place],
            equalization=_equalization(told, own, string, place),
            status=status[cells],
            doubts=doubts(string.key),
            brain=_brain(told, place, cells, findings.get(string.key, [])),
        )
    return strings


def annunciation_of(book: AlarmBook, stick: StickState | None) -> Annunciation:
    """Tell what buzzer and LED do, and what becomes of a stick."""
    phase = StickPhase.NONE if stick is None else stick.phase
    led = annunciation.pattern(annunciation.led(book), phase)
    sounds = annunciation.sounding(book)
    muted = not sounds and annunciation.sounding(replace(book, mute=Mute()))
    return Annunciation(sounds, muted, led, stick)


def _status(told: Conclusions, book: AlarmBook) -> NDArray[np.uint8]:
    """Return the worst mark of each cell: its alarms, or silent where its voltage is stale."""
    rows = told.frame.rows
    absent = rows.flags_of_strings(lambda string: Quantity.VOLTAGE in string.absent)
    seen = told.frame.fresh[Quantity.VOLTAGE] | rows.spread(absent)
    return frozen(np.where(seen, book.marks, np.uint8(CellStatus.SILENT)))


def _charge_column(told: Conclusions) -> Column:
    """Return what is known of the charge: from the device, else as it is estimated."""
    estimate, column = told.estimates.charge, told.frame.columns[Quantity.CHARGE]
    estimated = np.isfinite(estimate.value) & (estimate.basis != Basis.DEVICE)
    return Column(
        frozen(np.where(estimated, estimate.value, column.values)),
        frozen(np.where(estimated, told.frame.now, column.read_at)),
    )


def _summaries(told: Conclusions, readings: Mapping[str, StringReadings]) -> list[StringSummary]:
    """Return what is shown below the tables: what the cells say, else what a device reports."""
    frame, rows = told.frame, told.frame.rows
    fresh, voltage = frame.fresh[Quantity.VOLTAGE], frame.columns[Quantity.VOLTAGE].values
    whole, any_fresh = rows.all(fresh), rows.any(fresh)
    sums = rows.total(np.where(fresh, voltage, 0.0))
    charge = told.estimates.charge.value
    charged = np.isfinite(charge)
    enough = rows.total(charged) >= LEAST_TRUSTED_SHARE * rows.counts
    mean_charge = np.where(enough, rows.mean(charge, charged), math.nan)
    summaries = []
    for place, string in enumerate(rows.strings):
        own = readings[string.key]
        stale_after_s = string.stale_after_s[Quantity.VOLTAGE]
        sum_v = float(sums[place]) if whole[place] else None
        target_v = own.reported_target_voltage_v
        if string.equalized_by is not EqualizedBy.MANAGER or target_v is None:
            target_v = _known(frame.target_v[place])
        if not any_fresh[place]:
            sum_v = fresh_value(own.reported_sum_voltage_v, frame.now, stale_after_s)
            if target_v is None:
                target_v = fresh_value(own.reported_mean_voltage_v, frame.now, stale_after_s)
        charge_percent = _known(mean_charge[place])
        if charge_percent is None:
            reported = own.reported_charge_percent
            charge_percent = fresh_value(reported, frame.now, stale_after_s)
        current_a = _known(frame.current_a[place])
        summaries.append(
            StringSummary(
                sum_voltage_v=sum_v,
                target_voltage_v=target_v,
                mean_charge_percent=charge_percent,
                current_a=current_a,
                ac_current_a=_known(frame.ac_current_a[place]),
                power_w=None if sum_v is None or current_a is None else sum_v * current_a,
            )
        )
    return summaries


def _equalization(
    told: Conclusions, own: StringReadings, string: String, place: int
) -> EqualizationSummary:
    if string.equalized_by is EqualizedBy.MANAGER:
        return EqualizationSummary(own.reported_equalization or EqualizationState.UNKNOWN)
    return told.plan.summary(told.frame.rows, place)


def _brain(told: Conclusions, place: int, cells: slice, findings: list[Finding]) -> BrainSummary:
    string = told.frame.rows.strings[place]
    estimates, plan = told.estimates, told.plan
    whole = estimates.string_charge
    trip = told.trips.get(string.key)
    return BrainSummary(
        phase=ChargePhase(estimates.phase[place]),
        phase_since=_known(estimates.phase_since[place]),
        mode=MODES[told.orders.mode[place]],
        limit_percent=_known(plan.limit_percent[place]),
        charge_percent=_known(whole.value[place]),
        charge_uncertainty_percent=_known(whole.uncertainty[place]),
        charge_basis=Basis(whole.basis[place]),
        charge=_cells(estimates.charge, cells),
        capacity=_cells(estimates.capacity, cells),
        health=_cells(estimates.health, cells),
        bled_ah=plan.bled_ah[cells],
        resistance_baseline_ohm=estimates.resistance_baseline_ohm[cells],
        resistance_rise=estimates.resistance_rise[cells],
        stage=told.verdict.stage[cells],
        equalizes=plan.duty_percent[cells] > 0,
        paused=told.orders.paused_cells[cells],
        exhausted=plan.exhausted[cells],
        stuck_on=plan.stuck_on[cells],
        stuck_off=plan.stuck_off[cells],
        trip=TripSummary() if trip is None else _trip(trip),
        testing_until=told.testing_until.get(string.key),
        findings=tuple(
            CellFinding(found.cell, found.code, found.amount, found.text, found.score)
            for found in findings
        ),
    )


def _cells(estimate: Estimate, cells: slice) -> CellEstimates:
    return CellEstimates(estimate.value[cells], estimate.uncertainty[cells], estimate.basis[cells])


def _trip(trip: Trip) -> TripSummary:
    return TripSummary(
        state=trip.state,
        causes=trip.causes,
        cell=trip.cell,
        since=trip.since,
        by=trip.by,
        reason=trip.reason,
        until=trip.until,
        contact_open=trip.contact_open,
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
