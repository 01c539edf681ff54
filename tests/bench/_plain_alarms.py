"""Alarms on plain objects: every default rule about cells and strings, watched place by place.

A rule with a limit below which it is wrong watches the negative value: then every one is wrong
above. Of the states there are those that come without people: normal, raised, returned.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, isnan, nan
from typing import TYPE_CHECKING, Final

from bacs_core.alarms.layout import Layout, lay_out
from bacs_core.alarms.rules import RULES, Beyond, Rule, Scope, Signal
from bacs_core.alarms.signals import FLOAT_FROM, WARM_SHARE
from bacs_core.devices.panel_module import STATUS_LEASE_EXPIRED
from bacs_core.equalization.tuning import Tuning
from bacs_core.frame import Frame
from bacs_core.model import Basis, ChargePhase, RunawayStage, Site
from bacs_core.protection.tuning import DEFAULT as PROTECTION

if TYPE_CHECKING:
    from tests.bench._plain_cells import PlainCell, PlainString

NORMAL, RAISED, RETURNED = 0, 1, 2
DISCHARGE, BULK, ABSORPTION = ChargePhase.DISCHARGE, ChargePhase.BULK, ChargePhase.ABSORPTION
FLOAT, UNKNOWN = ChargePhase.FLOAT, ChargePhase.UNKNOWN
_CONTRADICTED_S: Final = Tuning().contradicted_s
_MISSING_S: Final = PROTECTION.missing_after_s

CELL_RULES: Final = tuple(rule for rule in RULES if rule.scope is Scope.CELL)
STRING_RULES: Final = tuple(rule for rule in RULES if rule.scope is Scope.STRING)
#: Where the values of a place stand. What is not here is 0 of every cell: limits that trip, unset.
CELL_SIGNALS: Final = (
    Signal.MODULE_SILENT,
    Signal.RUNAWAY_TRIP,
    Signal.RUNAWAY_ALARM,
    Signal.RUNAWAY_PRE_ALERT,
    Signal.TEMPERATURE_SUSPECT,
    Signal.TEMPERATURE_MISSING,
    Signal.CELL_VOLTAGE,
    Signal.CELL_HELD_VOLTAGE,
    Signal.CELL_DEVIATION,
    Signal.CELL_TEMPERATURE,
    Signal.CHARGED_TEMPERATURE,
    Signal.CELL_RESISTANCE,
    Signal.RESISTANCE_RISE,
    Signal.CAPACITY,
    Signal.HEALTH,
    Signal.BYPASS_STUCK_ON,
    Signal.BYPASS_STUCK_OFF,
    Signal.AUTHORITY_EXHAUSTED,
)
STRING_SIGNALS: Final = (
    Signal.STRING_SILENT,
    Signal.LEASES_EXPIRED,
    Signal.CURRENT_MISSING,
    Signal.ROOM_MISSING,
    Signal.TEMPERATURES_MISSING,
    Signal.ON_BATTERY,
    Signal.STRING_MEAN_VOLTAGE,
    Signal.STRING_HELD_VOLTAGE,
    Signal.STRING_CHARGE,
    Signal.STRING_WARM,
)
#: Of cells that are not charged: well by every limit that can be set.
_WELL_C: Final = 20.0


@dataclass(slots=True, eq=False)
class Watch:
    """One rule at one place. Values and limits are turned so that above the limit is wrong."""

    rule: Rule
    place: int
    turn: float
    raises: float
    returns: float
    urgent: float
    raise_after_s: float
    clear_after_s: float
    urgent_after_s: float
    held_by: frozenset[str]
    state: int = NORMAL
    since: float = nan
    urgent_since: float = nan
    quiet: bool = True

    def follow(self, value: float, now: float) -> bool:
        """Follow one value, NaN where nothing is known; tell whether the rule holds its place."""
        raised = self.state == RAISED
        wrong = value > self.raises
        turning = value < self.returns if raised else wrong
        if turning:
            if isnan(self.since):
                self.since = now
        elif not isnan(value):
            self.since = nan
        delay_s = self.clear_after_s if raised else self.raise_after_s
        due = turning and now - self.since >= delay_s
        if self.urgent < inf and not raised:
            far = wrong and value > self.urgent
            if far:
                if isnan(self.urgent_since):
                    self.urgent_since = now
                due = due or now - self.urgent_since >= self.urgent_after_s
            elif not isnan(value):
                self.urgent_since = nan
        if due:
            self.state = RETURNED if raised else RAISED
            self.since = self.urgent_since = nan
        self.quiet = self.state == NORMAL and isnan(self.since)
        return wrong or self.state == RAISED


class Watches:
    """All rules at all places."""

    def __init__(self, site: Site, frame: Frame, strings: Sequence[PlainString]) -> None:
        layout = lay_out(site, (), {})
        self._strings = strings
        self._of_strings = [_watches(layout, STRING_RULES, place) for place in range(len(strings))]
        row = 0
        for string in strings:
            for cell in string.cells:
                cell.watches = _watches(layout, CELL_RULES, row)
                row += 1
        warm = layout.limits["cell_temperature_high"].limit
        self._warm_c = [float(warm[int(first)]) for first in frame.rows.first_cell]
        self._float_limited = layout.float_limited.tolist()

    def evaluate(self, now: float) -> None:
        """Evaluate every rule at unix time `now`."""
        for place, string in enumerate(self._strings):
            values = self._string_values(place, string)
            wider = _evaluated(self._of_strings[place], values, now, frozenset())
            phase = string.counter.phase
            unheld = phase in (DISCHARGE, BULK) and self._float_limited[place]
            floats = phase in (FLOAT, UNKNOWN)
            floats = floats and string.target_v >= FLOAT_FROM * string.string.float_voltage_v
            charged = phase in (BULK, ABSORPTION) or (string.clear and string.current_a > 0)
            known = string.current_a == string.current_a
            for cell in string.cells:
                target_v = string.target_v if floats else nan
                values = _cell_values(cell, target_v, known, unheld=unheld, charged=charged)
                _evaluated(cell.watches, values, now, wider)

    def states(self) -> dict[tuple[str, str, int], int]:
        """Return what is not normal, by rule, string key and cell (from 1; 0: the string)."""
        found = {}
        for string, watches in zip(self._strings, self._of_strings, strict=True):
            places = [(0, watches), *enumerate((cell.watches for cell in string.cells), 1)]
            for cell, its in places:
                for watch in its:
                    if watch.state != NORMAL:
                        found[watch.rule.name, string.string.key, cell] = watch.state
        return found

    def _string_values(self, place: int, string: PlainString) -> tuple[float, ...]:
        phase, target_v = string.counter.phase, string.target_v
        lifted = phase == BULK and self._float_limited[place]
        silent = warm = missing = known = expired = 0
        limit_c = self._warm_c[place]
        for cell in string.cells:
            silent += not cell.voltage_fresh
            missing += cell.missing_s >= _MISSING_S
            if cell.temperature_fresh:
                known += 1
                warm += cell.temperature_c > limit_c
            if cell.status & STATUS_LEASE_EXPIRED:
                expired += cell.sent_percent > 0 and cell.voltage_fresh
        count = len(string.cells)
        proven = string.counter.charge_basis not in (Basis.NONE, Basis.RATED)
        has_sensor = string.current_error_a == string.current_error_a
        return (
            float(silent == count),
            float(expired),
            float(string.runaway.current_missing and has_sensor),
            float(string.runaway.room_missing),
            float(missing == count),
            nan if phase == UNKNOWN else float(phase == DISCHARGE),
            target_v,
            nan if lifted else target_v,
            string.counter.charge_percent if proven else nan,
            float(warm) if warm > WARM_SHARE * known else 0.0,
        )


def _cell_values(
    cell: PlainCell,
    target_v: float,
    current_known: bool,
    *,
    unheld: bool,
    charged: bool,
) -> tuple[float, ...]:
    """Return what the rules watch of a cell, NaN where nothing is known."""
    heard = cell.voltage_fresh
    voltage_v = cell.voltage_v if heard else nan
    temperature_c = cell.temperature_c if cell.temperature_fresh else nan
    stage = float(cell.stage) if cell.temperature_fresh or current_known else nan
    return (
        float(not heard),
        stage - (RunawayStage.TRIP - 1),
        stage - (RunawayStage.ALARM - 1),
        stage,
        float(cell.suspect),
        float(cell.missing_s >= _MISSING_S),
        voltage_v,
        nan if unheld else voltage_v,
        abs(100 * voltage_v / target_v - 100),
        temperature_c,
        temperature_c if charged else _WELL_C,
        cell.resistance_ohm if cell.resistance_fresh else nan,
        cell.rise_percent,
        cell.capacity_percent,
        cell.health_percent,
        float(cell.above_s >= _CONTRADICTED_S) if heard else nan,
        float(cell.below_s >= _CONTRADICTED_S) if heard else nan,
        float(cell.exhausted),
    )


def _evaluated(
    watches: Iterable[Watch], values: tuple[float, ...], now: float, wider: frozenset[str]
) -> frozenset[str]:
    """Follow the rules of one place in their order; return the names of those that hold it."""
    holding = wider
    for watch in watches:
        value = watch.turn * values[watch.place]
        if holding and watch.held_by and not watch.held_by.isdisjoint(holding):
            value = nan
        if watch.quiet and not value > watch.raises:
            continue
        if watch.follow(value, now):
            holding |= {watch.rule.name}
    return holding


def _watches(layout: Layout, rules: Sequence[Rule], row: int) -> list[Watch]:
    """Make the rules of one place; one without a limit is not there."""
    signals = CELL_SIGNALS if rules is CELL_RULES else STRING_SIGNALS
    made = []
    for rule in rules:
        limits = layout.limits[rule.name]
        if isnan(limits.limit[row]) or rule.signal not in signals:
            continue
        turn = 1.0 if rule.beyond is Beyond.ABOVE else -1.0
        urgent = inf if limits.urgent is None else turn * float(limits.urgent[row])
        made.append(
            Watch(
                rule=rule,
                place=signals.index(rule.signal),
                turn=turn,
                raises=turn * float(limits.raises[row]),
                # A count is well at its limit and below; none lies between 0 and 1.
                returns=turn * float(limits.returns[row]),
                urgent=urgent,
                raise_after_s=float(limits.raise_after_s[row]),
                clear_after_s=float(limits.clear_after_s[row]),
                urgent_after_s=0.0 if rule.urgent is None else rule.urgent.raise_after_s,
                held_by=frozenset(rule.held_by),
            )
        )
    return made
