"""Protection on plain objects: which temperatures are believed, and the stages of runaway."""

from __future__ import annotations

from math import exp, inf, isfinite, isnan, log, nan
from typing import TYPE_CHECKING

from bacs_core.model import ChargePhase, RunawayStage
from bacs_core.protection.layout import layout_of
from bacs_core.protection.tuning import DEFAULT as TUNING
from bacs_core.rows import rows_of

if TYPE_CHECKING:
    from tests.bench._plain_cells import PlainCell, PlainString

DISCHARGE, BULK = ChargePhase.DISCHARGE, ChargePhase.BULK
ABSORPTION, FLOAT = ChargePhase.ABSORPTION, ChargePhase.FLOAT


class Runaway:
    """Watches the cells of one string."""

    def __init__(self, string: PlainString) -> None:
        self._string = string
        layout = layout_of(rows_of([string.string]))
        self.lowest_v, self.highest_v = float(layout.lowest_v[0]), float(layout.highest_v[0])
        self._expected = bool(layout.temperature_expected[0])
        self._floats = bool(layout.floats[0])
        self._float_v = float(layout.float_v[0])
        self._design_a = TUNING.design_float_a_per_ah * float(layout.capacity_ah[0])
        self._room_c = self._lag_c = self._slow_c = nan
        self._room_missing_s = self._current_missing_s = 0.0
        self._with_room = False
        self._reference_c, self._warming_k, self._allowance_k = nan, 0.0, 0.0
        self._same_room = False
        self._usual_c, self._usual_s = nan, 0.0
        self._middle_c = self._level_c = nan
        self._fast_log = self._slow_log = nan
        self._waiting_s = inf
        self.current_missing = self.room_missing = False
        self._unlooked_s = 0.0
        self._looked = self._hot = False
        self.stage = 0

    def judge(self, now: float, passed_s: float) -> None:
        """Judge the tick at unix time `now`, `passed_s` after the last one."""
        tick_s = passed_s if passed_s <= TUNING.longest_step_s else 0.0
        hottest_c = self._sense(tick_s)
        self._unlooked_s += passed_s
        hot = hottest_c >= TUNING.trip_c
        if self._looked and not (hot or self._hot) and self._unlooked_s < TUNING.look_s:
            return
        dt_s = tick_s if tick_s < passed_s else self._unlooked_s
        passed_s, self._unlooked_s = self._unlooked_s, 0.0
        raised = self.stage > 0 and any(cell.pre or cell.alarm for cell in self._string.cells)
        self._surround(now, (dt_s, passed_s), raised=raised)
        self._follow_heat(dt_s, passed_s)
        self._waiting_s += dt_s
        rises = self._fast_log - self._slow_log >= TUNING.rising
        usual_c = self._usual_c
        if self._waiting_s >= TUNING.slow_work_s:
            worked_s = dt_s if self._waiting_s == inf else self._waiting_s
            self._waiting_s = 0.0
            self._sort()
            usual_c = self._middle_c if isnan(usual_c) else usual_c
            self._weigh(worked_s)
            self._learn(worked_s)
        usual_c = self._middle_c if isnan(usual_c) else usual_c
        known = isfinite(self._string.current_a)
        missing_s = min(self._current_missing_s + dt_s, TUNING.missing_after_s)
        self._current_missing_s = 0.0 if known else missing_s
        self.current_missing = self._current_missing_s >= TUNING.missing_after_s
        # Who is hot since this tick was not so all the time since the last look.
        counts_s = min(dt_s, tick_s) if hot and not self._hot else dt_s
        self._stage(usual_c, counts_s, rises=rises)
        self._looked = True
        self._hot = hot or any(cell.hot_s > 0 for cell in self._string.cells)

    def _surround(self, now: float, step: tuple[float, float], *, raised: bool) -> None:
        dt_s, gap_s = step
        read_c = self._string.room_c
        possible = TUNING.lowest_possible_c <= read_c <= TUNING.highest_possible_c
        was_missing = self.room_missing
        had_room = isfinite(self._room_c) and not was_missing
        missing_s = min(self._room_missing_s + dt_s, TUNING.missing_after_s)
        self._room_missing_s = 0.0 if possible else missing_s
        self.room_missing = self._room_missing_s >= TUNING.missing_after_s
        if possible:
            self._room_c = read_c
            if was_missing:
                self._lag_c = self._slow_c = read_c
        self._with_room = isfinite(self._room_c) and not self.room_missing
        self._same_room = had_room == self._with_room
        self._lag_c = _followed(self._lag_c, self._room_c, _share(gap_s, TUNING.room_lag_s))
        self._slow_c = _followed(self._slow_c, self._lag_c, _share(gap_s, TUNING.slow_s))
        counter = self._string.counter
        phase, held_s = counter.phase, now - counter.absorption_since
        held = phase in (ABSORPTION, FLOAT) and held_s < TUNING.overdue_after_s
        heats = phase in (DISCHARGE, BULK) or held
        if raised and phase != DISCHARGE and self._allowance_k < TUNING.allowance_k:
            heats = False
        faded_k = self._allowance_k * (1 - _share(gap_s, TUNING.allowance_fades_s))
        self._allowance_k = TUNING.allowance_k if heats else faded_k
        self._reference_c, self._warming_k = self._usual_c, 0.0
        if self._with_room:
            self._reference_c = max(self._room_c, self._lag_c)
            self._warming_k = max(self._lag_c - self._slow_c, 0.0)

    def _sense(self, dt_s: float) -> float:
        """Sort the readings; return the hottest that is believed."""
        hottest_c = -inf
        for cell in self._string.cells:
            if not cell.temperature_fresh:
                cell.read_c = nan
                cell.missing_s = min(cell.missing_s + dt_s, TUNING.missing_after_s)
                continue
            read_c = cell.temperature_c
            cell.missing_s = 0.0
            if isnan(cell.believed_c) and isnan(cell.heard_c):
                # The first reading of all counts once a second one agrees.
                cell.heard_c, cell.read_c = read_c, nan
                continue
            possible = TUNING.lowest_possible_c <= read_c <= TUNING.highest_possible_c
            moved_k = abs(read_c - cell.believed_c)
            if moved_k > TUNING.possible_jump_k:
                elapsed_s = max(cell.temperature_c_at - cell.believed_at, 0.0)
                reach_k = TUNING.possible_jump_k + TUNING.possible_k_per_s * elapsed_s
                possible = possible and moved_k <= (TUNING.return_k if cell.suspect else reach_k)
            cell.suspect = not possible
            if not possible:
                cell.read_c = nan
                continue
            cell.read_c = cell.believed_c = read_c
            cell.believed_at = cell.temperature_c_at
            hottest_c = max(hottest_c, read_c)
        return hottest_c

    def _follow_heat(self, dt_s: float, passed_s: float) -> None:
        """Follow the readings that are believed, since the last look."""
        fast, slow = _share(dt_s, TUNING.fast_s), _share(dt_s, TUNING.slow_s)
        gap = dt_s < passed_s
        for cell in self._string.cells:
            read_c = cell.read_c
            if isnan(read_c):
                continue
            if gap:
                trend_k = cell.fast_c - cell.slow_c
                cell.fast_c = read_c
                cell.slow_c = read_c - (0.0 if isnan(trend_k) else trend_k)
            elif isnan(cell.fast_c):
                cell.fast_c = cell.slow_c = read_c
            else:
                cell.fast_c += fast * (read_c - cell.fast_c)
                cell.slow_c += slow * (read_c - cell.slow_c)

    def _sort(self) -> None:
        known = sorted(cell.read_c for cell in self._string.cells if isfinite(cell.read_c))
        middle = len(known) // 2
        self._middle_c = (known[middle] + known[~middle]) / 2 if known else nan
        self._level_c = self._middle_c if len(known) >= TUNING.fewest_for_spread else nan

    def _weigh(self, dt_s: float) -> None:
        """Compare the current through each cell with the string's own float current."""
        string, around_c = self._string, self._reference_c
        usable = string.usable and string.current_a > 0
        warmer_k = 0.0 if isnan(around_c) else around_c - TUNING.reference_c
        warmer_log = warmer_k * (log(2) / TUNING.doubling_k)
        least_a = 0.01 * self._design_a
        logs = [log(max(cell.current_a, least_a)) - warmer_log for cell in string.cells if usable]
        level = sum(logs) / len(logs) if usable else nan
        self._fast_log = _followed(self._fast_log, level, _share(dt_s, TUNING.current_fast_s))
        self._slow_log = _followed(self._slow_log, level, _share(dt_s, TUNING.current_slow_s))
        phase = string.counter.phase
        if phase == DISCHARGE:
            self._fast_log = self._slow_log = nan
        near_v = TUNING.float_tolerance * self._float_v
        judged = (
            phase in (FLOAT, ABSORPTION)
            and abs(string.target_v - self._float_v) <= near_v
            and self._floats
            and self._allowance_k < TUNING.calm_allowance_k
            and not self._fast_log - self._slow_log < -TUNING.falling
        )
        base_log = log(self._design_a)
        if not (judged and usable):
            for cell in string.cells:
                cell.ratio = nan
            return
        string_log = level - base_log
        for cell, cell_log in zip(string.cells, logs, strict=True):
            cell.ratio = exp(min(cell_log - base_log, string_log))

    def _learn(self, dt_s: float) -> None:
        """Follow what the string is wont to have."""
        phase = self._string.counter.phase
        quiet = self._allowance_k < TUNING.calm_allowance_k and phase not in (DISCHARGE, BULK)
        if quiet:
            quiet = not any(cell.pre or cell.alarm or cell.suspect for cell in self._string.cells)
        if isnan(self._middle_c):
            return
        if isnan(self._usual_c):
            self._usual_c = self._middle_c
            self._usual_s += dt_s if quiet else 0.0
        elif quiet:
            self._usual_s += dt_s
            step_k = self._middle_c - self._usual_c
            if self._usual_s <= TUNING.first_learning_s:
                step_k *= dt_s / max(self._usual_s, 3600.0 + dt_s)
            else:
                limit_k = TUNING.usual_k_per_s * dt_s
                step_k = min(max(step_k, -limit_k), limit_k)
            self._usual_c += step_k

    def _stage(self, usual_c: float, dt_s: float, *, rises: bool) -> None:
        """Pass over the cells without a sign, and judge the others."""
        allowed_k, margin_k = self._allowance_k, 0.0
        if not self._with_room:
            margin_k = TUNING.roomless_margin_k
        reference_c = usual_c if isnan(self._reference_c) else self._reference_c
        rise_from_c = reference_c + TUNING.pre_rise_k + allowed_k + margin_k
        spread_from_c = self._level_c + TUNING.pre_spread_k
        trend_from_k = TUNING.pre_trend_k + allowed_k + self._warming_k
        worst = 0
        for cell in self._string.cells:
            read_c = cell.read_c
            if (
                cell.stage
                or cell.pre_s
                or cell.alarm_s
                or cell.hot_s
                or cell.worse_s
                or read_c >= rise_from_c
                or read_c >= spread_from_c
                or cell.fast_c - cell.slow_c >= trend_from_k
                or read_c >= TUNING.alarm_c
                or cell.ratio >= TUNING.pre_ratio
            ):
                self._judge_cell(cell, (reference_c, usual_c), dt_s, rises=rises)
                worst = max(worst, cell.stage)
        self.stage = worst

    def _judge_cell(
        self, cell: PlainCell, against: tuple[float, float], dt_s: float, *, rises: bool
    ) -> None:
        reference_c, usual_c = against
        read_c, ratio = cell.read_c, cell.ratio
        charged = self._string.counter.phase != DISCHARGE
        known_s = dt_s if isfinite(read_c) else 0.0
        signed_s = dt_s if isfinite(ratio) else known_s
        excess_k = cell.fast_c - (self._lag_c if self._with_room else 0.0)
        cell.hot_s = _counted(
            cell.hot_s, known_s, TUNING.trip_c_delay_s, sign=read_c >= TUNING.trip_c
        )
        hot = cell.hot_s >= TUNING.trip_c_delay_s
        margin_k = 0.0 if self._with_room else TUNING.roomless_margin_k
        rise_k = read_c - reference_c - self._allowance_k - margin_k
        wide_k = read_c - self._level_c
        share = TUNING.allowance_spread_k / TUNING.allowance_k
        # The errors of the modules are not known here, so they are allowed for.
        spread_k = wide_k - self._allowance_k * share - TUNING.module_error_k
        trend_k = cell.fast_c - cell.slow_c - self._warming_k
        by_current = ratio >= TUNING.alarm_ratio
        grows = rises and ratio >= TUNING.worsening_ratio * cell.ratio_at_alarm

        kept_k = TUNING.hysteresis_k if cell.pre else 0.0
        trending_k = trend_k - self._allowance_k
        pre = charged and (
            rise_k + kept_k >= TUNING.pre_rise_k
            or spread_k + kept_k >= TUNING.pre_spread_k
            or ratio >= TUNING.pre_ratio
            or trending_k >= TUNING.pre_trend_k
        )
        over_k = _most(
            rise_k - TUNING.pre_rise_k,
            spread_k - TUNING.pre_spread_k,
            trending_k - TUNING.pre_trend_k,
        )
        delay_s = TUNING.sign_delay_s
        cell.pre_s = _counted(cell.pre_s, signed_s, delay_s, _weight(over_k), sign=pre)

        kept_k = TUNING.hysteresis_k if cell.alarm else 0.0
        too_warm = read_c + kept_k >= TUNING.alarm_c
        risen = rise_k + kept_k >= TUNING.alarm_rise_k
        wide = spread_k + kept_k >= TUNING.alarm_spread_k
        wide = wide or (by_current and spread_k >= TUNING.pre_spread_k)
        over_k = read_c - TUNING.alarm_c
        if charged:
            over_k = _most(over_k, rise_k - TUNING.alarm_rise_k, spread_k - TUNING.alarm_spread_k)
        sign = too_warm or (charged and (risen or wide or by_current))
        cell.alarm_s = _counted(cell.alarm_s, signed_s, delay_s, _weight(over_k), sign=sign)
        path = charged and (
            wide
            or (risen and self._with_room and not read_c - usual_c < TUNING.own_rise_k)
            or read_c >= TUNING.certain_c
            or (not self._with_room and (risen or too_warm) and trend_k >= TUNING.pre_trend_k)
        )
        cell.pre = _switched(cell.pre, cell.pre_s, delay_s)
        alarm = _switched(cell.alarm, cell.alarm_s, delay_s) or hot
        self._worsen(cell, (alarm, hot), (path, grows and charged), (excess_k, trend_k), signed_s)
        cell.stage = RunawayStage.NONE
        if cell.pre:
            cell.stage = RunawayStage.PRE_ALERT
        if cell.alarm:
            cell.stage = RunawayStage.ALARM
        if cell.trip:
            cell.stage = RunawayStage.TRIP

    def _worsen(
        self,
        cell: PlainCell,
        stages: tuple[bool, bool],
        signs: tuple[bool, bool],
        warmth: tuple[float, float],
        dt_s: float,
    ) -> None:
        """Move on from alarm to trip where it gets worse."""
        (alarm, hot), (path, grows), (excess_k, trend_k) = stages, signs, warmth
        began_k = cell.excess_at_alarm_k if self._same_room else nan
        begins = not cell.alarm or isnan(began_k)
        now_k = _most(excess_k, excess_k - cell.fast_c + cell.read_c)
        began_ratio = cell.ratio
        if cell.alarm and not isnan(cell.ratio_at_alarm):
            least = cell.ratio_at_alarm
            began_ratio = least if isnan(cell.ratio) else min(least, cell.ratio)
        began_k = (now_k if begins else began_k) if alarm else nan
        path = path and alarm
        worse = path and trend_k >= TUNING.worsening_trend_k
        worse = worse and excess_k >= began_k + TUNING.worsening_k
        worse = worse or (grows and alarm)
        cell.worse_s = _counted(cell.worse_s, dt_s, TUNING.worsening_delay_s, sign=worse)
        per_s = trend_k / (TUNING.slow_s - TUNING.fast_s)
        soon = cell.read_c + per_s * TUNING.worsening_delay_s >= TUNING.trip_c
        soon = soon and path and trend_k >= TUNING.calm_allowance_k
        lasting = alarm and (cell.trip or cell.worse_s >= TUNING.worsening_delay_s)
        cell.alarm, cell.trip = alarm, lasting or soon or hot
        cell.excess_at_alarm_k = began_k
        cell.ratio_at_alarm = began_ratio if alarm else nan


def _share(dt_s: float, over_s: float) -> float:
    return 1 - exp(-dt_s / over_s)


def _followed(old: float, new: float, part: float) -> float:
    if isnan(old):
        return new
    return old if isnan(new) else old + part * (new - old)


def _counted(
    seconds: float, dt_s: float, full_s: float, weight: float = 1.0, *, sign: bool
) -> float:
    step_s = dt_s * weight if sign else -dt_s
    return min(max(seconds + step_s, 0.0), full_s)


def _switched(flag: bool, seconds: float, full_s: float) -> bool:
    return (flag and seconds > 0) or seconds >= full_s


def _weight(over_k: float) -> float:
    return 1.0 if isnan(over_k) else min(max(1 + over_k / TUNING.hasty_k, 1.0), TUNING.most_hasty)


def _most(*values: float) -> float:
    return max((value for value in values if isfinite(value)), default=nan)
