"""What hours of bypass tell about a cell and its module. Worked every minute or so.

Exhausted authority: the error stays above the goal for hours although the cell has all the duty
that its limit in force allows, and does not fall meanwhile; or a cell stays as far below although
others bypass for it as much as they may. After a day of that, the string heats no longer for
nothing: its bypass is reduced, and tried in full again every week.

Whether a bypass really acts is seen in two ways.

* The module says so: the duty in force that it reports differs from the one that was ordered, or
  its status says that the bypass conducts while none is ordered, for longer than any lease.
* The voltage says so. After the duty of a cell was raised far enough, its voltage must fall by at
  least a small share of the nominal response; where it stays high and does not move in all the time
  that a float voltage needs, the bypass does not conduct: stuck off. Where the voltage was in order
  and then sinks below the goal and stays there although the duty fell to zero, the bypass still
  conducts, or the cell has begun to fail: stuck on. Both are judged in float only and begin anew
  with every inhibit, because a voltage that comes back from a discharge moves by itself.

What cannot be seen: a bypass that conducted before anything was ever ordered looks like a cell that
floats low, and one whose full duty is worth less than a few millivolts (thousands of Ah) like none.
Voltages are read with the bypass held, which a stuck one does not obey: that lowers all its
readings alike and stays hidden too. One that fails in the middle of its work while its limit leaves
no room for more shows as exhausted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bacs_core.equalization.tuning import Loops, Tuning
from bacs_core.rows import Rows
from bacs_core.snapshot import Flags, Floats, frozen


@dataclass(frozen=True, slots=True)
class FindingsMemory:
    """Per cell, how long and from where on something was observed.

    `limited_s`: at the limit since the error was `limited_error_v`. `eased_percent` is the duty to
    which a cell is reduced after a day of that; inf where it is not. `above_s` and `below_s`: the
    module reports more, or less, than was ordered. The anchor is duty (relative to the mean of the
    string, and its own) and error against which a response is judged; NaN where there is none.
    `silent_s`: so long the response has been missing.
    """

    limited_s: Floats
    limited_error_v: Floats
    exhausted: Flags
    eased_percent: Floats
    above_s: Floats
    below_s: Floats
    anchor_duty_percent: Floats
    anchor_relative_percent: Floats
    anchor_error_v: Floats
    anchor_s: Floats
    silent_s: Floats
    unmoved_on: Flags
    unmoved_off: Flags

    @classmethod
    def initial(cls, cell_count: int) -> FindingsMemory:
        """Begin with nothing observed."""
        nothing, never = np.zeros(cell_count), np.full(cell_count, np.nan)
        no = np.zeros(cell_count, np.bool_)
        return cls(
            limited_s=nothing,
            limited_error_v=never,
            exhausted=no,
            eased_percent=np.full(cell_count, np.inf),
            above_s=nothing,
            below_s=nothing,
            anchor_duty_percent=never,
            anchor_relative_percent=never,
            anchor_error_v=never,
            anchor_s=nothing,
            silent_s=nothing,
            unmoved_on=no,
            unmoved_off=no,
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """What is looked at, per cell.

    `sent_percent` was ordered before this frame was read; `reported_percent` is NaN where it is not
    fresh; `conducts` is what the status of a module says. `limit_percent` is the limit in force,
    inf where being there means nothing. `floats` marks the cells that run in a string that floats,
    `off` those whose string nobody wants equalized.
    """

    error_v: Floats
    running: Flags
    floats: Flags
    off: Flags
    duty_percent: Floats
    limit_percent: Floats
    sent_percent: Floats
    reported_percent: Floats
    conducts: Flags


@dataclass(frozen=True, slots=True)
class Found:
    """What is concluded per cell, and the memory `of` which; columns are read-only.

    `exhausted`: still too high after hours at the duty limit in force. `stuck_on` and `stuck_off`:
    the bypass verifiably does not do what is ordered. `eases` tells that any duty is reduced.
    """

    of: FindingsMemory
    eases: bool
    exhausted: Flags
    stuck_on: Flags
    stuck_off: Flags


def found(memory: FindingsMemory, before: Found | None, tuning: Tuning) -> Found:
    """Conclude from what was observed; `before` where nothing was since."""
    if before is not None and before.of is memory:
        return before
    return Found(
        of=memory,
        eases=bool(np.isfinite(memory.eased_percent).any()),
        exhausted=frozen(memory.exhausted & ~memory.unmoved_off),
        stuck_on=frozen(memory.unmoved_on | (memory.above_s >= tuning.contradicted_s)),
        stuck_off=frozen(memory.unmoved_off | (memory.below_s >= tuning.contradicted_s)),
    )


def judge(
    memory: FindingsMemory, rows: Rows, seen: Seen, dt_s: float, loops: Loops, tuning: Tuning
) -> FindingsMemory:
    """Return the memory `dt_s` after the last look."""
    memory = _judge_authority(memory, rows, seen, dt_s, tuning)
    memory = _judge_report(memory, seen, dt_s, loops, tuning)
    return _judge_response(memory, rows, seen, dt_s, loops, tuning)


#: A duty is as good as at its limit this close to it: noise pushes it down, the limit not up.
_NEAR_PERCENT: Final = 5.0


def _judge_authority(
    memory: FindingsMemory, rows: Rows, seen: Seen, dt_s: float, tuning: Tuning
) -> FindingsMemory:
    """Find the cells that all bypass their limit allows does not bring to the target.

    A high cell must be at its limit itself. A low one is lifted by the others: it counts where one
    of these is.
    """
    error_v, kept_v = seen.error_v, memory.limited_error_v
    high, low = error_v > tuning.goal_v, error_v < -tuning.goal_v
    at_limit = seen.running & (seen.duty_percent >= seen.limit_percent - _NEAR_PERCENT)
    limited = (high & at_limit) | (low & rows.spread(rows.any(at_limit)))
    better = np.abs(error_v) < (1 - tuning.exhausted_progress) * np.abs(kept_v)
    better |= error_v * kept_v < 0
    begins = limited & (better | np.isnan(kept_v))
    # What was found stays while the error is there, although its duty has been reduced since.
    freed = np.isfinite(error_v) & ~limited & (better | ~((high | low) & memory.exhausted))
    freed |= seen.off
    anew = begins | freed
    limited_s = np.where(anew, 0.0, memory.limited_s + np.where(limited, dt_s, 0.0))
    limited_error_v = np.where(begins, error_v, np.where(freed, np.nan, kept_v))
    hopeless = np.abs(limited_error_v) > tuning.ease_above_v
    hopeless &= np.fmod(limited_s, tuning.retry_after_s) >= tuning.ease_after_s
    return replace(
        memory,
        limited_s=limited_s,
        limited_error_v=limited_error_v,
        exhausted=(memory.exhausted & ~anew) | (limited_s >= tuning.exhausted_after_s),
        eased_percent=_eased_percent(memory, rows, seen, rows.any(hopeless), tuning),
    )


def _eased_percent(
    memory: FindingsMemory, rows: Rows, seen: Seen, eased: Flags, tuning: Tuning
) -> Floats:
    """Return the duty to which the cells of eased strings are reduced.

    All cells of such a string are, in proportion: what one cell has more than the others is what
    equalizes it.
    """
    duty = seen.duty_percent
    highest = rows.most(duty, np.ones(rows.cell_count, np.bool_))
    share = tuning.eased_percent / np.maximum(highest, tuning.eased_percent)
    begun = np.where(np.isinf(memory.eased_percent), rows.spread(share) * duty, np.inf)
    kept = np.minimum(memory.eased_percent, begun)
    return np.where(rows.spread(eased), kept, np.inf)


def _judge_report(
    memory: FindingsMemory, seen: Seen, dt_s: float, loops: Loops, tuning: Tuning
) -> FindingsMemory:
    """Compare the duty in force with the one that was ordered; NaN compares as false."""
    judged = ~loops.cell_ordered_elsewhere
    more = seen.reported_percent - seen.sent_percent
    above = (more > tuning.contradicted_percent) | (seen.conducts & (seen.sent_percent == 0))
    above &= judged
    below = (more < -tuning.contradicted_percent) & judged
    return replace(
        memory,
        above_s=np.where(above, memory.above_s + dt_s, 0.0),
        below_s=np.where(below, memory.below_s + dt_s, 0.0),
    )


def _judge_response(
    memory: FindingsMemory, rows: Rows, seen: Seen, dt_s: float, loops: Loops, tuning: Tuning
) -> FindingsMemory:
    """Look whether the voltages follow the duty."""
    error_v, duty = seen.error_v, seen.sent_percent
    relative = duty - rows.spread(rows.total(duty) / rows.counts)
    raised = duty - memory.anchor_duty_percent
    expected_v = (relative - memory.anchor_relative_percent) / 100 * loops.cell_authority_v
    fallen_v = memory.anchor_error_v - error_v
    missing = fallen_v < tuning.response_share * expected_v
    high, low = error_v > tuning.goal_v, error_v < -tuning.goal_v
    enough = tuning.response_duty_percent
    off = seen.floats & high & (raised >= enough) & (expected_v >= tuning.response_v) & missing
    # Below one step of the duty nothing is ordered.
    on = seen.floats & low & (raised <= -enough) & (expected_v <= -tuning.response_v) & (duty < 1)
    on &= memory.anchor_error_v >= -tuning.goal_v
    silent_s = np.where(off | on, memory.silent_s + dt_s, 0.0)
    concluded = silent_s >= tuning.response_s
    # What was found stays until the voltage denies it; a cell that does not float says nothing.
    unmoved_on = (on & concluded) | (memory.unmoved_on & (low | ~seen.floats))
    unmoved_off = (off & concluded) | (memory.unmoved_off & (high | ~seen.floats))
    age_s = memory.anchor_s + dt_s
    sinking = low & (raised < 0)
    anew = (age_s >= tuning.response_s) & ~(off | on | sinking)
    anew |= np.isnan(memory.anchor_error_v) | ((raised >= enough) & ~missing)
    gone = ~seen.floats
    return replace(
        memory,
        anchor_duty_percent=_anchored(memory.anchor_duty_percent, duty, anew, gone),
        anchor_relative_percent=_anchored(memory.anchor_relative_percent, relative, anew, gone),
        anchor_error_v=_anchored(memory.anchor_error_v, error_v, anew, gone),
        anchor_s=np.where(anew | gone, 0.0, age_s),
        silent_s=silent_s,
        unmoved_on=unmoved_on,
        unmoved_off=unmoved_off,
    )


def _anchored(anchor: Floats, now: Floats, anew: Flags, gone: Flags) -> Floats:
    return np.where(gone, np.nan, np.where(anew, now, anchor))
