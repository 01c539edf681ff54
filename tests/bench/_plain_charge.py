"""Estimation on plain objects: charger phase, throughput, and the charge with its uncertainty."""

from __future__ import annotations

from math import exp, expm1, isfinite, isnan, nan
from typing import TYPE_CHECKING

from bacs_core.estimation.tuning import DEFAULT as TUNING, SECONDS_PER_HOUR
from bacs_core.model import Basis, ChargePhase

if TYPE_CHECKING:
    from tests.bench._plain_cells import PlainCell, PlainString

UNKNOWN, DISCHARGE, REST = ChargePhase.UNKNOWN, ChargePhase.DISCHARGE, ChargePhase.REST
BULK, ABSORPTION, FLOAT = ChargePhase.BULK, ChargePhase.ABSORPTION, ChargePhase.FLOAT


class Counter:
    """Follows the charger of one string and counts the charge of its cells."""

    def __init__(self, string: PlainString) -> None:
        self._string = string
        figures = string.figures
        self._float_v = float(figures.float_v[0])
        self._below_v = float(figures.below_v[0])
        self._recovered_v = float(figures.recovered_v[0])
        self._held_from_v = float(figures.held_from[0]) * self._float_v
        self._float_from_v = float(figures.float_from_v[0])
        self._boost_v = float(figures.boost_v[0])
        self._tail_a = float(figures.tail_a[0])
        self._telling_a = float(figures.telling_a[0])
        self._capacity_ah = float(figures.capacity_ah[0])
        self._tau_h = (float(figures.float_tau_h[0]), float(figures.boost_tau_h[0]))
        self._gas = (
            float(figures.gas_a[0]),
            float(figures.gas_slope_v[0]),
            float(figures.gas_doubling_k[0]),
        )
        self.bypass_a_per_percent = float(figures.bypass_a[0]) / 100
        self.phase = UNKNOWN
        self.since = nan
        self._level_v = self._held_v = self._smooth_v = self._smooth_a = nan
        self._peak_v = self._peak_at = self._well_since = self._seen_at = self._peak_a = nan
        self._away = self._boosted = self._steady = False
        self._missing_percent = 100.0
        self.recharging_since = self.absorption_since = self._held_since = nan
        self._given_ah = self._stored_ah = self._doubt_ah = self._blind_ah = 0.0
        self._counted_s = self._span_s = self._unknown_s = 0.0
        self._gas_a, self._lost = nan, False
        self._worked_at = nan
        self.charge_percent = nan
        self.charge_basis = Basis.NONE

    def estimate(self, now: float, gap_s: float) -> None:
        """Estimate at unix time `now`, `gap_s` after the last tick."""
        dt_s = gap_s if gap_s <= TUNING.longest_step_s else 0.0
        before = self.phase
        self._follow_level(dt_s)
        self._follow_phase(now)
        due = not now - self._worked_at < TUNING.slow_s - 0.5
        if due or self.phase != before:
            self._follow_recharge(before, now)
        self._count_throughput(gap_s)
        string, per_percent = self._string, self.bypass_a_per_percent
        string_a = string.current_a
        for cell in string.cells:
            taken_a = cell.duty_percent * per_percent if cell.duty_fresh else 0.0
            cell.current_a = string_a - taken_a
        if due:
            self._worked_at = now
            self._bound_missing(now)
            self._count_cells(now)
            self._begin_count()
        self._publish()

    def _follow_level(self, dt_s: float) -> None:
        string = self._string
        change_v, count = 0.0, 0
        for cell in string.cells:
            voltage_v = cell.voltage_v if cell.trusted else nan
            step_v = voltage_v - cell.seen_v
            if step_v == step_v:  # noqa: PLR0124 - not NaN
                change_v += step_v
                count += 1
            cell.seen_v = voltage_v
        self._smooth_a = _averaged(self._smooth_a, string.current_a, dt_s, TUNING.smooth_s)
        mean_v = string.target_v if isfinite(string.target_v) else self._level_v
        if dt_s == 0:
            self._level_v = self._held_v = self._smooth_v = mean_v
            return
        self._level_v += change_v / count if count else nan
        if not isfinite(self._level_v):
            self._level_v = self._held_v = self._smooth_v = mean_v
        self._held_v += _share(dt_s, TUNING.fall_s) * (self._level_v - self._held_v)
        self._smooth_v += _share(dt_s, TUNING.smooth_s) * (self._level_v - self._smooth_v)

    def _follow_phase(self, now: float) -> None:
        string, setting_v, mean_v = self._string, self._float_v, self._string.target_v
        current_a, clear = string.current_a, string.clear
        gives = clear and current_a < 0
        takes = clear and not gives
        reference_v = setting_v if self._held_v > 1.01 * setting_v else self._held_v
        fallen = (reference_v - self._level_v) / setting_v
        steady = fallen <= TUNING.steady_share
        fell = fallen > TUNING.fall_share and not clear
        leaves = gives or (not takes and (fell or mean_v < self._below_v))
        well = not leaves and (clear or steady) and mean_v >= self._recovered_v
        well_since = nan if not well else now if isnan(self._well_since) else self._well_since
        away = leaves or (self._away and not (well and now - well_since >= TUNING.recovery_s))
        boosted = self._boosted or self._smooth_v > self._boost_v
        moved = not self._smooth_v <= (1 + TUNING.held_share) * self._peak_v
        moved = moved or self._smooth_v < 0.97 * self._peak_v
        peak_at = now - TUNING.smooth_s if moved else self._peak_at
        peak_a = self._smooth_a if moved else self._peak_a
        falls = not takes or self._smooth_a <= TUNING.falls_to * peak_a
        stood_s = now - peak_at
        holds = stood_s >= TUNING.held_s and (falls or stood_s >= TUNING.held_long_s)
        holds = holds and mean_v >= self._held_from_v
        above = mean_v > self._boost_v
        in_band = not above and mean_v >= self._float_from_v
        floats = (
            not away
            and in_band
            and (
                not takes
                or self.phase == FLOAT
                or (boosted and current_a <= 4 * self._tail_a)
                or self._smooth_a <= self._tail_a
            )
        )
        if floats:
            phase = FLOAT
        elif takes or above or (in_band and not away):
            phase = ABSORPTION if holds else BULK
        elif self._rests(fallen, steady=steady, now=now):
            phase = REST
        else:
            phase = DISCHARGE if away else UNKNOWN
        if isfinite(mean_v):
            self._seen_at = now
        else:
            seen_at = max((self._seen_at, self.since), key=lambda at: (isfinite(at), at))
            phase = UNKNOWN if now - seen_at > TUNING.unseen_s else self.phase
            well_since, away = self._well_since, self._away or gives
        if gives:
            phase = DISCHARGE
        discharges = phase == DISCHARGE
        self._peak_v = self._smooth_v if moved or discharges else self._peak_v
        self._peak_at = now if discharges else peak_at
        self._peak_a = peak_a
        self._well_since, self._away, self._boosted = well_since, away, boosted and not discharges
        near = abs(mean_v - setting_v) <= 0.015 * setting_v
        self._steady = fallen <= TUNING.calm_share and near
        if phase != self.phase or isnan(self.since):
            self.since = now
        self.phase = phase

    def _rests(self, fallen: float, *, steady: bool, now: float) -> bool:
        string = self._string
        if string.current_error_a <= self._telling_a and isfinite(string.current_a):
            return True
        risen = (self._level_v - self._smooth_v) / self._float_v
        still = steady and abs(risen) <= TUNING.steady_share
        long = self.phase == REST or now - self.since >= TUNING.rest_after_s
        return self.phase in (DISCHARGE, REST) and still and long

    def _follow_recharge(self, before: ChargePhase, now: float) -> None:
        discharges = self.phase == DISCHARGE
        absorbs, floats = self.phase == ABSORPTION, self.phase == FLOAT
        charges = absorbs or self.phase == BULK
        ended = before == DISCHARGE and not discharges
        since = self.recharging_since
        if ended or (charges and isnan(since)):
            since = now
        reached_at = self._peak_at if absorbs else now
        absorption_since = self.absorption_since
        if not (absorbs or floats):
            absorption_since = nan
        elif isnan(absorption_since) and isfinite(since):
            absorption_since = reached_at
        over = floats and now - self.since >= TUNING.recovery_s
        over = over and self._missing_percent <= TUNING.over_percent
        if over or discharges:
            since = absorption_since = nan
        held = absorbs or (floats and self._steady)
        held_since = reached_at if isnan(self._held_since) else min(self._held_since, reached_at)
        self._held_since = held_since if held else nan
        self.recharging_since, self.absorption_since = since, absorption_since

    def _count_throughput(self, gap_s: float) -> None:
        string, hours = self._string, gap_s / SECONDS_PER_HOUR
        current_a, zero_error_a = string.current_a, string.current_error_a
        floats, follows = self.phase == FLOAT, gap_s <= TUNING.longest_step_s
        known = isfinite(current_a) and isfinite(zero_error_a) and follows
        guessed_a = 0.0 if floats else abs(self._smooth_a)
        self._unknown_s = 0.0 if known or (floats and follows) else self._unknown_s + gap_s
        lost = (not known and isnan(guessed_a)) or self._unknown_s > TUNING.longest_gap_s
        self._lost = self._lost or lost
        counted = known and abs(current_a) > zero_error_a
        flows_a = current_a if counted else 0.0
        taken_a = max(flows_a, 0.0)
        kept_a = TUNING.acceptance * max(taken_a - self._gas_a, 0.0) if taken_a else 0.0
        doubt_a = (
            TUNING.gain_error * abs(flows_a)
            + TUNING.acceptance_error * kept_a
            + TUNING.gas_error * min(taken_a, self._gas_a)
        )
        blind_a = (0.0 if floats else zero_error_a) if known else guessed_a
        self._given_ah -= hours * min(flows_a, 0.0)
        self._stored_ah += hours * kept_a
        self._doubt_ah += hours * doubt_a
        self._blind_ah += 0.0 if self._lost else hours * blind_a
        self._counted_s += gap_s if counted else 0.0
        self._span_s += gap_s

    def _bound_missing(self, now: float) -> None:
        per_ah, string = 100 / self._capacity_ah, self._string
        out_ah = self._given_ah
        if self.phase in (DISCHARGE, REST):
            out_ah += self._doubt_ah + self._blind_ah
        missing = self._missing_percent + per_ah * out_ah
        tau_h = self._tau_h[string.target_v > self._boost_v]
        if isfinite(self._held_since):
            missing *= exp(-self._span_s / SECONDS_PER_HOUR / tau_h)
            tail = per_ah * (max(self._smooth_a, 0.0) + string.current_error_a) * tau_h
            if now - self._held_since >= TUNING.proof_s and isfinite(tail):
                missing = min(missing, tail)
        sound = isfinite(missing) and not self._lost
        self._missing_percent = min(max(missing, 0.0), 100.0) if sound else 100.0

    def _count_cells(self, now: float) -> None:
        """Count what moved into every cell, take what a held voltage proves, publish it."""
        capacity_ah, missing = self._capacity_ah, self._missing_percent
        held_s = now - self._held_since
        shown = 0.0 if missing <= TUNING.shown_full_percent else missing / 2
        flows_a = abs(self._smooth_a) + self._string.current_error_a
        full = flows_a <= TUNING.full_a_per_ah * capacity_ah
        floor = TUNING.full_error_percent if full else TUNING.near_full_error_percent
        error = shown + (floor if shown else max(floor, missing))
        proves = held_s >= TUNING.proof_s and error <= TUNING.proof_error_percent
        is_full = isfinite(self._held_since) and missing <= TUNING.shown_full_percent
        bled_h = self._counted_s / SECONDS_PER_HOUR * self.bypass_a_per_percent
        moved_ah = self._given_ah - self._stored_ah
        for cell in self._string.cells:
            # The first of both is NaN where nothing is known, and stays so.
            out_ah = moved_ah + (cell.duty_percent * bled_h if cell.duty_fresh else 0.0)
            cell.missing_ah = min(max(cell.missing_ah + out_ah, 0.0), capacity_ah)
            cell.doubt_ah += self._doubt_ah
            cell.blind_ah += self._blind_ah
            if self._lost:
                _forget(cell)
            known_error = self._error_of(cell)
            percent = 100 * (1 - cell.missing_ah / capacity_ah)
            if proves:
                apart = abs(100 - shown - percent) > error + known_error
                if isnan(known_error) or error <= known_error or apart:
                    cell.missing_ah = cell.proven_ah = shown / 100 * capacity_ah
                    cell.proof_error, cell.doubt_ah, cell.blind_ah = error, 0.0, 0.0
                    cell.basis, cell.proven_at = Basis.PROVEN_FULL, now
                    known_error = self._error_of(cell)
                    percent = 100 - shown
            if known_error > TUNING.most_error_percent:
                _forget(cell)
                known_error = percent = nan
            fresh_proof = now - cell.proven_at <= TUNING.slow_s * 6
            most = 100.0 if is_full and fresh_proof else TUNING.unproven_percent
            cell.counted_percent = min(max(percent, 0.0), most)
            cell.uncertainty = known_error
            if not fresh_proof and isfinite(cell.proven_at):
                cell.basis = Basis.COUNTED

    def _error_of(self, cell: PlainCell) -> float:
        moved = (cell.missing_ah - cell.proven_ah) * TUNING.rated_error
        squares = moved**2 + (cell.doubt_ah + cell.blind_ah) ** 2
        error: float = (cell.proof_error**2 + squares * (100 / self._capacity_ah) ** 2) ** 0.5
        return error

    def _begin_count(self) -> None:
        string = self._string
        self._given_ah = self._stored_ah = self._doubt_ah = self._blind_ah = 0.0
        self._counted_s = self._span_s = 0.0
        self._lost = False
        temperature_c = string.mean_c if isfinite(string.mean_c) else string.room_c
        warmer_k = temperature_c - 25.0 if isfinite(temperature_c) else 0.0
        full_a, slope_v, doubling_k = self._gas
        decades = min(max((string.target_v - self._float_v) / slope_v, -3.0), 1.5)
        gas_a = full_a * 2 ** (warmer_k / doubling_k) * 10**decades
        self._gas_a = gas_a if isfinite(gas_a) else self._gas_a

    def _publish(self) -> None:
        """Put what devices say in the place of the count; the weakest cell decides."""
        least, known, basis = 100.0, 0, Basis.NONE
        for cell in self._string.cells:
            says = cell.charge_fresh
            told = cell.told_percent = cell.charge_percent if says else cell.counted_percent
            if told == told:  # noqa: PLR0124 - not NaN
                known += 1
                if told <= least:
                    least, basis = told, Basis.DEVICE if says else Basis(cell.basis)
        enough = 2 * known >= len(self._string.cells)
        self.charge_percent = least if enough else nan
        self.charge_basis = basis if enough else Basis.NONE


def _forget(cell: PlainCell) -> None:
    cell.missing_ah = cell.proven_ah = cell.proof_error = cell.proven_at = nan
    cell.doubt_ah = cell.blind_ah = 0.0
    cell.basis = Basis.NONE


def _share(dt_s: float, time_s: float) -> float:
    return -expm1(-dt_s / time_s)


def _averaged(average: float, value: float, dt_s: float, time_s: float) -> float:
    moved = average + _share(dt_s, time_s) * (value - average)
    if isfinite(moved):
        return moved
    return average if isfinite(average) else value
