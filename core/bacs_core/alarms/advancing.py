"""One rule at the places where anything is up: delays run, alarms are raised, change and end.

What stands, or waits for its delay to end, is noted with the time until which nothing can change.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.alarms.book import RuleMemory, is_quiet
from bacs_core.alarms.entering import Tick, enter
from bacs_core.alarms.layout import RuleLimits, Told
from bacs_core.alarms.rules import Beyond, Rule
from bacs_core.alarms.states import IS_ACTIVE, NEXT, Happening, State
from bacs_core.rows import Indices
from bacs_core.snapshot import Flags, Floats

#: Rows whose time on the shelf is over, places out of service, and places that are suppressed.
PutAside = tuple[list[int] | None, Flags | None, Flags | None]
NOTHING_ASIDE: Final[PutAside] = (None, None, None)

_ABOVE: Final = Beyond.ABOVE
_NORMAL: Final = np.uint8(State.NORMAL)
_IS_PUT_ASIDE: Final = np.isin(np.arange(len(State)), (State.SUPPRESSED, State.OUT_OF_SERVICE))
#: A sum of times is rounded: so much before a delay is over, it is looked at.
_EARLY_S: Final = 0.01


def advance(
    rule: Rule,
    memory: RuleMemory,
    told: Told,
    wrong: Flags,
    put_aside: PutAside,
    tick: Tick,
) -> RuleMemory:
    """Return the rule's new memory, and write into the tick what became of its alarms.

    Only the places are worked on at which anything is or was up; nothing becomes of the others,
    nor of what was raised and still holds.
    """
    up = wrong | (memory.state != _NORMAL) | ~np.isnan(memory.turning_since)
    rows, now, wrong_anywhere = np.flatnonzero(up), tick.now, wrong
    limits, told = tick.layout.limits[rule.name].at(rows), _told_at(told, rows)
    wrong, before = wrong[rows], memory.state[rows]
    active = IS_ACTIVE[before]
    known = known_of(told)
    turning = np.where(active, _well(rule, told, limits), wrong)
    running = memory.turning_since[rows]
    aside = is_aside(put_aside) or bool(_IS_PUT_ASIDE[before].any())
    runs = np.isfinite(running) & known
    if not aside and np.count_nonzero(turning | runs) == 0:
        return _standing(memory, wrong_anywhere, (rows, known), limits)
    since = _running(running, turning, known, now)
    delay_s = np.where(active, limits.clear_after_s, limits.raise_after_s)
    due = turning & (now - since >= delay_s)
    urgent_since = np.full(len(rows), np.nan)
    if limits.urgent is not None and rule.urgent is not None:
        above = rule.beyond is _ABOVE
        far = told.values > limits.urgent if above else told.values < limits.urgent
        ran = urgent_since if memory.urgent_since is None else memory.urgent_since[rows]
        far = far & wrong & ~active
        urgent_since = _running(ran, far, known, now)
        due |= far & (now - urgent_since >= rule.urgent.raise_after_s)
        urgent_since[due] = np.nan
    began = since.copy()
    since[due] = np.nan
    over, away, kept_back = put_aside
    state = _next_states(
        before,
        due,
        active,
        (
            None if over is None else np.isin(rows, over),
            None if away is None else away[rows],
            None if kept_back is None else kept_back[rows],
        ),
    )
    for place in np.flatnonzero(state != before).tolist():
        row, step = int(rows[place]), (State(before[place]), State(state[place]))
        enter(rule, row, step, float(told.values[place]), tick)
        if (rule.name, row) in tick.began:
            tick.began[rule.name, row] = float(began[place])
    after = _remembered(memory, rows, state, since, urgent_since)
    if aside or _IS_PUT_ASIDE[state].any():
        return after
    return _standing(after, wrong_anywhere, (rows, known), limits)


def is_aside(put_aside: PutAside) -> bool:
    """Tell whether anything may be put aside or come back from there."""
    return put_aside is not NOTHING_ASIDE and any(marks is not None for marks in put_aside)


def stands(memory: RuleMemory, told: Told, wrong: Flags) -> bool:
    """Tell that the condition holds just where it is known to: nothing changes before `until`."""
    unheard = memory.unheard
    if wrong.tobytes() != memory.standing:
        return False
    return unheard is None or not np.count_nonzero(known_of(_told_at(told, unheard)))


def known_of(told: Told) -> Flags:
    """Mark the places at which the signal is known."""
    return ~np.isnan(told.values) if told.known is None else told.known


def _well(rule: Rule, told: Told, limits: RuleLimits) -> Flags:
    """Mark the places that are known to be back, and those whose limit was switched off."""
    away: Flags
    if told.values.dtype == np.bool_:
        away = told.values.astype(np.bool_)
    elif rule.counts:
        away = told.values > limits.returns
    elif rule.beyond is _ABOVE:
        away = told.values >= limits.returns
    else:
        away = told.values <= limits.returns
    known = known_of(told)
    return (known & ~away) | np.isnan(limits.limit)


def _told_at(told: Told, rows: Indices) -> Told:
    return Told(told.values[rows], None if told.known is None else told.known[rows])


def _remembered(
    memory: RuleMemory,
    rows: Indices,
    state: NDArray[np.uint8],
    since: Floats,
    urgent_since: Floats,
) -> RuleMemory:
    """Return the memory with what became of some places; at all others nothing is up."""
    states, turning_since = memory.state.copy(), memory.turning_since.copy()
    states[rows], turning_since[rows] = state, since
    urgent = None
    if not np.isnan(urgent_since).all():
        urgent = np.full(len(states), np.nan)
        urgent[rows] = urgent_since
    return RuleMemory(states, turning_since, urgent, is_quiet(state, since))


def _standing(
    memory: RuleMemory, wrong: Flags, heard: tuple[Indices, Flags], limits: RuleLimits
) -> RuleMemory:
    """Note until when nothing changes if the condition goes on to hold just where it does now.

    So it is where it holds at every place that is raised or about to be, or where nothing is known
    of the place. What is urgent may become so by its value alone. `heard` has the rows at which
    anything is up, and whether their signal is known.
    """
    rows, known = heard
    state, since = memory.state[rows], memory.turning_since[rows]
    active, runs, wrong_here = IS_ACTIVE[state], ~np.isnan(since), wrong[rows]
    may_end = np.where(active, runs | ~wrong_here, runs & ~wrong_here)
    waits = runs & ~may_end
    urgent = limits.urgent is not None
    if (may_end & known).any() or (urgent and waits.any()):
        return memory if memory.standing is None else replace(memory, standing=None)
    over_at = np.min(since + limits.raise_after_s, where=waits, initial=np.inf)
    unheard = rows[may_end] if may_end.any() else None
    raised = wrong if unheard is None else wrong | IS_ACTIVE[memory.state]
    return replace(
        memory,
        standing=wrong.tobytes(),
        raised=raised if np.count_nonzero(raised) else None,
        unheard=unheard,
        until=float(over_at) - _EARLY_S,
    )


def _running(since: Floats, turning: Flags, known: Flags, now: float) -> Floats:
    """Return since when each place is turning; where nothing is known, what ran goes on."""
    begun = np.where(np.isnan(since), now, since)
    return np.where(turning, begun, np.where(known, np.nan, since))


def _next_states(
    state: NDArray[np.uint8],
    due: Flags,
    active: Flags,
    put_aside: tuple[Flags | None, Flags | None, Flags | None],
) -> NDArray[np.uint8]:
    """Let happen what does: conditions first, then what ends, then what puts aside."""
    over, away, kept_back = put_aside
    state = np.where(due & ~active, NEXT[state, Happening.BEGINS], state)
    state = np.where(due & active, NEXT[state, Happening.ENDS], state)
    if over is not None:
        state = np.where(over, NEXT[state, Happening.LEAVES_SHELF], state)
    for marks, begins, ends in (
        (away, Happening.LEAVES_SERVICE, Happening.RETURNS_TO_SERVICE),
        (kept_back, Happening.IS_SUPPRESSED, Happening.IS_RELEASED),
    ):
        if marks is None:
            state = NEXT[state, ends]
        else:
            state = np.where(marks, NEXT[state, begins], NEXT[state, ends])
    return state
