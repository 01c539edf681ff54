"""The alarm book: which alarms there are. A book is never changed: every step makes a new one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bacs_core.alarms.layout import Layout, Told
from bacs_core.alarms.once import Made
from bacs_core.alarms.place import Place
from bacs_core.alarms.rules import RULE_OF, RULES, Rule, Scope
from bacs_core.alarms.slow_signals import SlowSignals
from bacs_core.alarms.states import IS_SHOWN, ChangeKind, State
from bacs_core.model import AlarmSeverity, AlarmState, CellStatus
from bacs_core.rows import Indices
from bacs_core.snapshot import Flags, Floats

_MARKS: Final = {
    AlarmSeverity.WARNING: CellStatus.WARNING,
    AlarmSeverity.ALARM: CellStatus.ALARM,
}

Key = tuple[str, int]
"""Rule name and row."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One alarm from its raising until it is normal again. Times are unix seconds.

    `value` and `limit` are those of the raising; an alarm that comes back before anybody
    acknowledged it is the same occurrence. `first_out` marks the alarm that came first in a burst
    of alarms of its string. `ring` counts the ticks in which anything became new to people, as the
    book did when this one did.
    """

    id: str
    rule: Rule
    place: Place
    state: AlarmState
    value: float
    limit: float
    raised_at: float
    acknowledged_by: str | None = None
    acknowledged_at: float | None = None
    note: str = ""
    first_out: bool = False
    shelved_until: float | None = None
    shelved_by: str | None = None
    suppressed_by: str | None = None
    """The name of a `Suppression`, or who took the place out of service."""
    ring: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One change, with the alarm as it was after it (or last was); `by` names a person, if any."""

    kind: ChangeKind
    alarm: Occurrence
    at: float
    by: str | None = None


@dataclass(frozen=True, slots=True)
class OutOfService:
    """A rule (`None`: every one that does not stand) that a person stopped at a place."""

    rule: str | None
    place: Place
    by: str
    at: float
    reason: str


@dataclass(frozen=True, slots=True)
class Mute:
    """The buzzer is silent for all that rang up to `ring`."""

    ring: int = 0
    by: str | None = None
    at: float | None = None


@dataclass(frozen=True, slots=True)
class RuleMemory:
    """One rule at all its places: the states, and since when each is about to change (or NaN).

    `urgent_since` tells since when the signal is so far out that the shorter delay holds. `quiet`
    means that nothing is raised and nothing about to be. `standing` has the flags of the
    places whose condition holds: while it holds just there, and nothing is known of the places in
    the rows `unheard`, nothing changes before `until` (`None`: not known), and `raised` are the
    places of which the rule speaks (`None`: of none).
    """

    state: NDArray[np.uint8]
    turning_since: Floats
    urgent_since: Floats | None = None
    quiet: bool = True
    standing: bytes | None = None
    raised: Flags | None = None
    unheard: Indices | None = None
    until: float = np.inf

    @classmethod
    def initial(cls, count: int) -> RuleMemory:
        """Begin with everything normal."""
        return cls(np.zeros(count, np.uint8), np.full(count, np.nan))


@dataclass(frozen=True, slots=True)
class AlarmBook:
    """All alarms of a site, by rule name and row; `told` is what the last step changed.

    `slow` are the signals that change every ten seconds only, `still` those that mostly do not at
    all. By rule name, `well` has the signal that was nowhere beyond its limit, and `stood` the one
    with which nothing became of what is up: while it is the same, and those that hold the rule
    speak of the same places (`holding`), there is nothing to look at. `made` is that of `Once`.

    `at` is the unix time of the last tick, `last_raised` per string that of its newest alarm
    (minus infinity where it had none). `away` marks per rule the places that are out of service.
    """

    occurrences: Mapping[Key, Occurrence] = field(default_factory=dict)
    memories: Mapping[str, RuleMemory] = field(default_factory=dict)
    told: tuple[Change, ...] = ()
    layout: Layout | None = None
    marks: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))
    """The worst active mark of each cell of the site."""
    at: float | None = None
    last_raised: Floats = field(default_factory=lambda: np.zeros(0))
    out_of_service: tuple[OutOfService, ...] = ()
    away: Mapping[str, Flags] = field(default_factory=dict)
    rings: int = 0
    mute: Mute = field(default_factory=Mute)
    slow: SlowSignals | None = None
    still: tuple[SlowSignals, ...] = ()
    well: Mapping[str, Told] = field(default_factory=dict)
    stood: Mapping[str, Told] = field(default_factory=dict)
    holding: Mapping[str, Flags] = field(default_factory=dict)
    made: Mapping[object, Made] = field(default_factory=dict)

    @property
    def raised(self) -> tuple[Occurrence, ...]:
        """All alarms that are not normal, in the order of raising."""
        return tuple(self.occurrences.values())

    @property
    def running(self) -> bool:
        """Whether anything is raised, or about to be."""
        return not all(memory.quiet for memory in self.memories.values())


def marks_of(memories: Mapping[str, RuleMemory], layout: Layout) -> NDArray[np.uint8]:
    """Return the worst mark of each cell that its alarms give it; what is put aside gives none."""
    marks = np.zeros(layout.count(Scope.CELL), np.uint8)
    for rule in RULES:
        if rule.scope is not Scope.CELL:
            continue
        memory = memories.get(rule.name)
        if memory is None or memory.quiet:
            continue
        silent = rule.name == "module_silent"
        mark = CellStatus.SILENT if silent else _MARKS[rule.severity]
        marks = np.maximum(marks, IS_SHOWN[memory.state] * np.uint8(mark))
    return marks


def away_of(layout: Layout, orders: Iterable[OutOfService]) -> dict[str, Flags]:
    """Mark per rule the places that are out of service; what stands never is."""
    away: dict[str, Flags] = {}
    for order in orders:
        named = RULES if order.rule is None else (RULE_OF[order.rule],)
        for rule in named:
            marks = layout.inside(order.place, rule.scope)
            if not rule.stands and marks.any():
                away[rule.name] = away.get(rule.name, layout.nobody[rule.scope]) | marks
    return away


def string_of(layout: Layout, rule: Rule, row: int) -> int | None:
    """Return the row of the string that a place of a rule lies in, if it lies in one."""
    if rule.scope is Scope.STRING:
        return row
    return int(layout.rows.string_of_cell[row]) if rule.scope is Scope.CELL else None


def is_quiet(state: NDArray[np.uint8], turning_since: Floats) -> bool:
    """Tell whether nothing is raised and nothing about to be."""
    return not state.any() and bool(np.isnan(turning_since).all())


#: What a state is entered with again after a restart.
STATES: Final = {
    AlarmState.UNACKNOWLEDGED: State.UNACKNOWLEDGED,
    AlarmState.ACKNOWLEDGED: State.ACKNOWLEDGED,
    AlarmState.RETURNED: State.RETURNED,
    AlarmState.SHELVED: State.SHELVED,
    AlarmState.SUPPRESSED: State.SUPPRESSED,
    AlarmState.OUT_OF_SERVICE: State.OUT_OF_SERVICE,
}
