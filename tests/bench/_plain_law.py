"""Equalization on plain objects: inhibits, duty limit, law, and what modules report of it."""

from __future__ import annotations

from math import exp, isfinite, isnan, nan
from typing import TYPE_CHECKING

from bacs_core.devices.panel_module import (
    STATUS_BYPASS_ON,
    STATUS_HOT,
    STATUS_MEASURING_RESISTANCE,
)
from bacs_core.equalization.limits import FULL_IN, MINIMUM_IN
from bacs_core.equalization.orders import MODES
from bacs_core.equalization.tuning import MOST_FLOAT_A_PER_AH, REFERENCE_C, Tuning, loops_of
from bacs_core.model import ChargePhase, EqualizationMode
from bacs_core.rows import rows_of

if TYPE_CHECKING:
    from tests.bench._plain_cells import PlainCell, PlainString

TUNING = Tuning()


class Law:
    """Plans the bypass of one string."""

    def __init__(self, string: PlainString) -> None:
        self._string = string
        loops = loops_of(rows_of([string.string]), TUNING)
        self._bypass_a = float(loops.bypass_a[0])
        self._float_a = float(loops.float_a[0])
        self._most_float_a = MOST_FLOAT_A_PER_AH * float(loops.capacity_ah[0])
        self._doubling_k = float(loops.doubling_k[0])
        self._least_final_v = float(loops.least_final_v[0])
        self._engine = bool(loops.engine[0])
        self._ah_per_percent_s = float(loops.cell_ah_per_percent_s[0])
        self._percent_per_v_s = float(loops.cell_percent_per_v_s[0])
        self._percent_per_v = float(loops.cell_percent_per_v[0])
        self._critical_c = float(loops.cell_critical_c[0])
        mode = MODES.index(string.string.equalization)
        self._off = string.string.equalization is EqualizationMode.OFF
        self._allowed_in = [
            100.0 if full else TUNING.top_minimum_percent if least else 0.0
            for full, least in zip(FULL_IN[mode], MINIMUM_IN[mode], strict=True)
        ]
        self._unjudged_s = 0.0
        self._unworked_s, self._readings = 0.0, 0
        self._worked_out = nan
        self.limit_percent = 0.0
        self.discharging = False

    def plan(self, now: float, gap_s: float) -> None:
        """Plan at unix time `now`, `gap_s` after the last tick."""
        string, counter = self._string, self._string.counter
        dt_s = gap_s if 0 < gap_s <= TUNING.longest_step_s else 0.0
        allowed = self._allowed_in[counter.phase]
        self.discharging = counter.phase == ChargePhase.DISCHARGE
        waits = allowed == 0 or string.target_v < self._least_final_v
        stopped = self.discharging or waits or isnan(string.target_v) or self._off
        self._unworked_s += dt_s
        works_law = self._unworked_s >= TUNING.law_every_s
        if works_law or isnan(self._worked_out):
            self._worked_out = self._work_out()
        limit = self._limit(allowed)
        runs = self._engine and not stopped
        self._unjudged_s += dt_s
        if self._unjudged_s >= TUNING.judge_every_s:
            self._judge_reports()
            self._unjudged_s = 0.0
        self._inhibit(now, dt_s)
        if dt_s > 0:
            self._gather(runs=runs)
            if works_law:
                self._follow(limit, self._unworked_s, runs=runs)
        elif gap_s != 0:
            for cell in string.cells:
                cell.law_error_v, cell.gathered_v = nan, 0.0
        if works_law or dt_s == 0 != gap_s:
            self._unworked_s, self._readings = 0.0, 0
        for cell in string.cells:
            works = runs and not cell.inhibited
            cell.sent_percent = min(cell.law_percent, limit) if works else 0.0
        self.limit_percent = limit

    def _inhibit(self, now: float, dt_s: float) -> None:
        """Tell which cells must not be bypassed now, and count what was bled."""
        bled_per_percent = self._ah_per_percent_s * dt_s
        for cell in self._string.cells:
            hot = cell.temperature_fresh and cell.temperature_c >= self._critical_c
            if hot or cell.status & STATUS_HOT:
                cell.hot_at = now
            cell.inhibited = (
                not cell.trusted
                or bool(cell.status & STATUS_MEASURING_RESISTANCE)
                or cell.hot_at > now - TUNING.hot_hold_s
            )
            if cell.duty_fresh and cell.duty_percent > 0:
                cell.bled_ah += cell.duty_percent * bled_per_percent

    def _limit(self, allowed: float) -> float:
        """Return the duty limit in force."""
        string = self._string
        per_a = 100 / self._bypass_a if self._bypass_a > 0 else 0.0
        measured = per_a * (
            string.current_a - string.current_error_a - TUNING.reserve * self._float_a
        )
        floats = string.usable and string.current_a < self._most_float_a
        if floats and isfinite(measured):
            return min(max(measured, 0.0), allowed)
        blind = min(self._worked_out, TUNING.blind_limit_percent)
        most = per_a * max(string.current_a + string.current_error_a, 0.0)
        blind = min(blind, most)
        return min(max(blind, 0.0), allowed)

    def _work_out(self) -> float:
        """Return the duty limit that the voltages allow, whatever the sensor says."""
        string, taken = self._string, 0.0
        for cell in string.cells:
            if cell.duty_fresh and cell.duty_percent > 0:
                taken += min(cell.sent_percent, cell.duty_percent)
        per_a = 100 / self._bypass_a if self._bypass_a > 0 else 0.0
        warmer_k = string.mean_c - REFERENCE_C if string.mean_c < REFERENCE_C else 0.0
        worked_out = per_a * self._float_a * 2 ** (warmer_k / self._doubling_k)
        return worked_out + taken / len(string.cells)

    def _gather(self, *, runs: bool) -> None:
        """Add the errors of this tick up; what is unknown makes the sum unknown."""
        reference_v = self._string.target_v if runs else nan
        self._readings += 1
        for cell in self._string.cells:
            cell.gathered_v += cell.voltage_v - reference_v if cell.trusted else nan

    def _follow(self, limit: float, dt_s: float, *, runs: bool) -> None:
        """Move the duty of every cell by the law."""
        string = self._string
        share = 1 - exp(-dt_s / TUNING.filter_s)
        deepest_v, highest_v = -float("inf"), -float("inf")
        filtered: list[tuple[PlainCell, float, float]] = []
        for cell in string.cells:
            error_v = cell.gathered_v / self._readings
            cell.gathered_v = 0.0
            step_v = share * (error_v - cell.law_error_v)
            if step_v == step_v:  # noqa: PLR0124 - not NaN
                error_v = cell.law_error_v + step_v
            else:
                step_v = 0.0
            known_v = error_v if isfinite(error_v) else 0.0
            deepest_v = max(deepest_v, -known_v)
            highest_v = max(highest_v, known_v)
            filtered.append((cell, error_v, step_v))
        lift_v = TUNING.lift_share * (deepest_v - max(highest_v, TUNING.lift_below_v))
        lift_v = min(max(lift_v, 0.0), TUNING.lift_most_v)
        lagging = deepest_v > TUNING.goal_v
        start_v = (TUNING.dead_band_v if lagging else TUNING.start_above_v) - lift_v
        worn = min(dt_s / TUNING.integral_s, 1.0)
        integral, damping = self._percent_per_v_s * dt_s, self._percent_per_v
        for cell, error_v, step_v in filtered:
            wanted_v = error_v + lift_v
            cell.settling = (cell.settling and wanted_v * (cell.law_error_v + lift_v) > 0) or abs(
                wanted_v
            ) > TUNING.dead_band_v
            duty = cell.law_percent
            moves = runs and not cell.inhibited
            if moves and (duty > 0 or error_v >= start_v):
                change = (wanted_v * integral if cell.settling else 0.0) + damping * step_v
                raised = min(duty + change, max(duty, limit))
                raised -= max(raised - limit, 0.0) * worn
                cell.law_percent = min(max(raised, 0.0), 100.0)
            cell.law_error_v = error_v

    def _judge_reports(self) -> None:
        """Compare the duty that modules report with the one that was ordered."""
        for cell in self._string.cells:
            more = cell.duty_percent - cell.sent_percent if cell.duty_fresh else nan
            conducts = bool(cell.status & STATUS_BYPASS_ON) and cell.sent_percent == 0
            above = more > TUNING.contradicted_percent or conducts
            cell.above_s = cell.above_s + self._unjudged_s if above else 0.0
            below = more < -TUNING.contradicted_percent
            cell.below_s = cell.below_s + self._unjudged_s if below else 0.0
