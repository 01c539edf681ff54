"""From signs to stages: what is up, for how long, and whether it gets worse.

A discharge hides signs only while the voltage is below float: a current sensor that is stuck at a
small discharge hides none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bacs_core.estimation.estimates import Estimates
from bacs_core.frame import Frame
from bacs_core.model import ChargePhase
from bacs_core.protection.arithmetic import counted, switched
from bacs_core.protection.heat import Heat
from bacs_core.protection.layout import layout_of
from bacs_core.protection.memory import CellMemory, StringMemory
from bacs_core.protection.surroundings import Surroundings
from bacs_core.protection.tuning import Tuning
from bacs_core.rows import Rows
from bacs_core.snapshot import Flags, Floats

_DISCHARGE: Final = int(ChargePhase.DISCHARGE)
#: Share of the float voltage. A lead cell at rest has 0.95 of it, and less under any load.
_HELD_AT_FLOAT: Final = 0.98


@dataclass(frozen=True, slots=True)
class Seen:
    """What the signs of one tick are taken from; `ratio` is that of the currents, per cell."""

    frame: Frame
    estimates: Estimates
    strings: StringMemory
    around: Surroundings
    heat: Heat
    ratio: Floats


@dataclass(frozen=True, slots=True)
class _Signs:
    """Per cell: what is up now.

    What is on the `path` ends in a trip if it gets worse, and so does a current that `grows`. The
    weights tell how much faster a stage is raised because a limit is passed by far.
    """

    pre: Flags
    pre_weight: Floats
    alarm: Flags
    alarm_weight: Floats
    path: Flags
    grows: Flags


def nothing_seen(seen: Seen, tuning: Tuning) -> bool:
    """Tell that no cell shows any sign, and no string is at a place where it has to cool down."""
    heat, around, spread = seen.heat, seen.around, seen.frame.rows.spread
    if around.cooling.any() or seen.strings.current_overdue.any():
        return False
    allowed_k = _allowance_k(seen, tuning)
    rise_k = tuning.pre_rise_k + allowed_k + np.where(around.with_room, 0.0, _margin_k(tuning))
    trend_k = tuning.pre_trend_k + allowed_k + around.warming_k
    return not (
        (heat.rise_k >= spread(rise_k)).any()
        or (heat.spread_k >= tuning.pre_spread_k).any()
        or (heat.trend_k >= spread(trend_k)).any()
        or (heat.corrected_c >= tuning.alarm_c).any()
        or (heat.read_c >= tuning.trip_c).any()
        or (seen.ratio >= tuning.pre_ratio).any()
    )


def staged(seen: Seen, cells: CellMemory, dt_s: float, tuning: Tuning) -> CellMemory:
    """Count the signs of `dt_s` and move the stages; what is not read leaves them as they are."""
    rows, heat = seen.frame.rows, seen.heat
    known_dt_s = np.where(np.isfinite(heat.read_c), dt_s, 0.0)
    signed_dt_s = np.where(np.isfinite(seen.ratio), dt_s, known_dt_s)
    excess_k = heat.fast_c - rows.spread(
        np.where(seen.around.with_room, seen.around.room_lag_c, 0.0)
    )
    cells = _watched_cooling(seen, cells, excess_k, known_dt_s, tuning)
    worst_c = np.maximum(heat.corrected_c, heat.read_c)
    hot_s = counted(cells.hot_s, worst_c >= tuning.trip_c, known_dt_s, tuning.trip_c_delay_s)
    hot = hot_s >= tuning.trip_c_delay_s
    signs = _signs(seen, cells, tuning)
    delay_s = tuning.sign_delay_s
    pre_s = counted(cells.pre_s, signs.pre, signed_dt_s, delay_s, signs.pre_weight)
    alarm_s = counted(cells.alarm_s, signs.alarm, signed_dt_s, delay_s, signs.alarm_weight)
    alarm = switched(cells.alarm, alarm_s, tuning.sign_delay_s) | cells.overdue | hot
    if seen.strings.current_overdue.any():
        alarm |= _hottest(rows, heat.spread_k) & rows.spread(seen.strings.current_overdue)
    before = replace(
        cells,
        pre_s=pre_s,
        pre=switched(cells.pre, pre_s, tuning.sign_delay_s),
        alarm_s=alarm_s,
        hot_s=hot_s,
    )
    return _worsened(seen, before, signs, (alarm, hot), (excess_k, worst_c), signed_dt_s, tuning)


def is_quiet(cells: CellMemory) -> bool:
    """Tell that nothing is up and no count is running."""
    counts = (cells.pre_s, cells.alarm_s, cells.overdue_s, cells.hot_s, cells.worse_s)
    flags = (cells.pre, cells.alarm, cells.overdue, cells.trip)
    watched = np.isfinite(cells.lowest_excess_k).any()
    return not watched and not any(array.any() for array in (*flags, *counts))


def is_urgent(heat: Heat, around: Surroundings, cells: CellMemory, tuning: Tuning) -> bool:
    """Tell that a cell is so hot that seconds count, or that a room sensor was lost or found."""
    hot = (heat.read_c >= tuning.trip_c) | (heat.corrected_c >= tuning.trip_c)
    other_room = around.had_room != around.with_room
    return bool(hot.any() or cells.hot_s.any() or other_room.any())


def truly_discharges(frame: Frame, estimates: Estimates) -> Flags:
    """Tell which strings are in a discharge that their voltage does not deny."""
    discharges: Flags = estimates.phase == _DISCHARGE
    if discharges.any():
        float_v = layout_of(frame.rows).float_v
        discharges &= ~(frame.target_v >= _HELD_AT_FLOAT * float_v)
    return discharges


def _allowance_k(seen: Seen, tuning: Tuning) -> Floats:
    """Return what heat a recharge explains; at a denied discharge it fades as in float."""
    allowance_k = seen.around.allowance_k
    denied = (seen.estimates.phase == _DISCHARGE) & ~truly_discharges(seen.frame, seen.estimates)
    if not denied.any():
        return allowance_k
    lasted_s = np.maximum(seen.frame.now - seen.estimates.phase_since, 0.0)
    faded_k = allowance_k * np.exp(-lasted_s / tuning.allowance_fades_s)
    return np.where(denied, faded_k, allowance_k)


def _margin_k(tuning: Tuning) -> float:
    return tuning.roomless_margin_k


def _signs(seen: Seen, cells: CellMemory, tuning: Tuning) -> _Signs:
    heat, around, spread = seen.heat, seen.around, seen.frame.rows.spread
    roomless = spread(~around.with_room)
    discharges = spread(truly_discharges(seen.frame, seen.estimates))
    allowance_k = spread(_allowance_k(seen, tuning))
    rise_k = heat.rise_k - allowance_k - np.where(roomless, _margin_k(tuning), 0.0)
    spread_k = heat.spread_k - allowance_k * (tuning.allowance_spread_k / tuning.allowance_k)
    # Before the errors of the modules are known, they are allowed for.
    unknown = np.clip(1 - seen.strings.learned_s / tuning.known_after_s, 0.0, 1.0)
    if unknown.any():
        spread_k -= spread(unknown * tuning.module_error_k)
    trend_k = heat.trend_k - spread(around.warming_k)
    rises = spread(seen.strings.fast_log - seen.strings.slow_log >= tuning.rising)
    by_current = seen.ratio >= tuning.alarm_ratio
    grows = rises & (seen.ratio >= tuning.worsening_ratio * cells.ratio_at_alarm)

    kept_k = np.where(cells.pre, tuning.hysteresis_k, 0.0)
    pre = rise_k + kept_k >= tuning.pre_rise_k
    pre |= spread_k + kept_k >= tuning.pre_spread_k
    pre |= seen.ratio >= tuning.pre_ratio
    trending_k = trend_k - allowance_k
    pre |= trending_k >= tuning.pre_trend_k
    pre_over_k = np.fmax(rise_k - tuning.pre_rise_k, spread_k - tuning.pre_spread_k)
    pre_over_k = np.fmax(pre_over_k, trending_k - tuning.pre_trend_k)

    kept_k = np.where(cells.alarm, tuning.hysteresis_k, 0.0)
    too_warm = heat.corrected_c + kept_k >= tuning.alarm_c
    risen = rise_k + kept_k >= tuning.alarm_rise_k
    wide = spread_k + kept_k >= tuning.alarm_spread_k
    wide |= by_current & (spread_k >= tuning.pre_spread_k)
    over_k = np.fmax(rise_k - tuning.alarm_rise_k, spread_k - tuning.alarm_spread_k)
    over_k = np.fmax(np.where(discharges, np.nan, over_k), heat.corrected_c - tuning.alarm_c)

    path = wide | (cells.overdue & (heat.spread_k >= tuning.overdue_spread_k))
    own_rise_k = heat.corrected_c - spread(heat.usual_c)
    path |= risen & ~roomless & ~(own_rise_k < tuning.own_rise_k)
    path |= heat.corrected_c >= tuning.certain_c
    path |= roomless & (risen | too_warm) & (trend_k >= tuning.pre_trend_k)
    charged = ~discharges
    return _Signs(
        pre=pre & charged,
        pre_weight=_weight(pre_over_k, tuning),
        alarm=too_warm | (charged & (risen | wide | by_current)),
        alarm_weight=_weight(over_k, tuning),
        path=path & charged,
        grows=grows & charged,
    )


def _weight(over_k: Floats, tuning: Tuning) -> Floats:
    """Return how much faster a stage is raised where its limit is passed by `over_k`."""
    weight: Floats = np.fmin(np.fmax(1 + over_k / tuning.hasty_k, 1.0), tuning.most_hasty)
    return weight


def _worsened(
    seen: Seen,
    cells: CellMemory,
    signs: _Signs,
    stages: tuple[Flags, Flags],
    temperatures: tuple[Floats, Floats],
    dt_s: Floats,
    tuning: Tuning,
) -> CellMemory:
    """Move on from alarm to trip where it gets worse, or is about to reach the end of all."""
    alarm, hot = stages
    excess_k, worst_c = temperatures
    trend_k = seen.heat.trend_k - seen.frame.rows.spread(seen.around.warming_k)
    began_k = np.where(_same_room(seen), cells.excess_at_alarm_k, np.nan)
    begins = ~cells.alarm | np.isnan(began_k)
    # A reading may have run ahead of its average; that the average follows is no worsening.
    now_k = np.fmax(excess_k, excess_k - seen.heat.fast_c + seen.heat.read_c)
    began_ratio = np.where(cells.alarm, np.fmin(cells.ratio_at_alarm, seen.ratio), seen.ratio)
    began_k = np.where(alarm, np.where(begins, now_k, began_k), np.nan)
    path = signs.path & alarm
    worse = path & (trend_k >= tuning.worsening_trend_k)
    worse &= excess_k >= began_k + tuning.worsening_k
    worse |= signs.grows & alarm
    worse_s = counted(cells.worse_s, worse, dt_s, tuning.worsening_delay_s)
    per_s = trend_k / (tuning.slow_s - tuning.fast_s)
    soon = worst_c + per_s * tuning.worsening_delay_s >= tuning.trip_c
    soon &= path & (trend_k >= tuning.calm_allowance_k)
    lasting = alarm & (cells.trip | (worse_s >= tuning.worsening_delay_s))
    return replace(
        cells,
        alarm=alarm,
        worse_s=worse_s,
        trip=lasting | soon | hot,
        excess_at_alarm_k=began_k,
        ratio_at_alarm=np.where(alarm, began_ratio, np.nan),
    )


def _watched_cooling(
    seen: Seen, cells: CellMemory, excess_k: Floats, dt_s: Floats, tuning: Tuning
) -> CellMemory:
    """Watch that each cell cools once the charger has held its voltage for long enough."""
    around, spread = seen.around, seen.frame.rows.spread
    watched = np.isfinite(cells.lowest_excess_k).any()
    if not (around.cooling.any() or watched or cells.overdue_s.any()):
        return cells
    lowest_k = np.fmin(np.where(_same_room(seen), cells.lowest_excess_k, np.nan), excess_k)
    lowest_k = np.where(spread(around.cooling), lowest_k, np.nan)
    held_s = seen.frame.now - seen.estimates.absorption_since
    late = ~around.with_room & (held_s > tuning.overdue_roomless_until_s)
    sign = excess_k >= lowest_k + spread(np.where(late, np.nan, tuning.overdue_rise_k))
    sign &= seen.heat.trend_k - spread(around.warming_k) >= tuning.overdue_trend_k
    overdue_s = counted(cells.overdue_s, sign, dt_s, tuning.sign_delay_s)
    return replace(
        cells,
        overdue_s=overdue_s,
        overdue=switched(cells.overdue, overdue_s, tuning.sign_delay_s),
        lowest_excess_k=lowest_k,
    )


def _same_room(seen: Seen) -> Flags:
    """Tell which cells are held against the same kind of surroundings as one tick before."""
    return seen.frame.rows.spread(seen.around.had_room == seen.around.with_room)


def _hottest(rows: Rows, spread_k: Floats) -> Flags:
    """Mark the warmest cell of each string, or all cells where nothing tells."""
    most_k = rows.most(spread_k, np.isfinite(spread_k))
    hottest: Flags = (spread_k >= rows.spread(most_k)) | rows.spread(np.isnan(most_k))
    return hottest
