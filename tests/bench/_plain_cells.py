"""The battery rooms on plain objects: what `./dev bench control` is held against.

One object per cell and per string, loops and floats, no numpy: how a good programmer writes it who
does not think of columns. It concludes the same from the same readings, as a test with few cells
shows, and does at each tick what the rooms do then; what they do every five or ten seconds or every
minute is done as rarely here. Cells without any sign are passed over early, as is a rule that is
quiet.

It does less than the rooms, always to its own advantage. Left out are: what is learned over hours
and days (zero of the current sensor, baselines, capacity, offsets of modules, float current), proof
of a charge by a voltage at rest or under load, the findings of hours of bypass (exhausted
authority, missing response), the watch for overdue recharges, balancing by ampere-hours, limits
that trip, breakers, orders of people, and the alarm rules of lines, managers, accessories and the
site, which have but a few places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite, nan

from bacs_core.estimation.tuning import DEFAULT as ESTIMATION, plant_of
from bacs_core.frame import Frame
from bacs_core.model import Basis, Quantity, Site, String
from bacs_core.rows import rows_of
from bacs_core.snapshot import Column, StringReadings
from bacs_core.summary import GROSS_DEVIATION, GROSS_SPREADS, LEAST_TRUSTED_SHARE
from tests.bench._plain_alarms import Watch, Watches
from tests.bench._plain_charge import Counter
from tests.bench._plain_law import Law
from tests.bench._plain_runaway import Runaway

_DELIVERED = (
    ("voltage_v", Quantity.VOLTAGE),
    ("temperature_c", Quantity.TEMPERATURE),
    ("resistance_ohm", Quantity.RESISTANCE),
    ("charge_percent", Quantity.CHARGE),
    ("duty_percent", Quantity.DUTY),
)


@dataclass(slots=True, eq=False)
class PlainCell:
    """One cell: what was read of it, and all that is concluded and remembered; NaN is unknown."""

    voltage_v: float = nan
    voltage_v_at: float = nan
    temperature_c: float = nan
    temperature_c_at: float = nan
    resistance_ohm: float = nan
    resistance_ohm_at: float = nan
    charge_percent: float = nan
    charge_percent_at: float = nan
    duty_percent: float = nan
    duty_percent_at: float = nan
    status: int = 0

    voltage_fresh: bool = False
    temperature_fresh: bool = False
    resistance_fresh: bool = False
    charge_fresh: bool = False
    duty_fresh: bool = False
    trusted: bool = False
    seen_v: float = nan
    current_a: float = nan

    missing_ah: float = nan
    proven_ah: float = nan
    proof_error: float = nan
    doubt_ah: float = 0.0
    blind_ah: float = 0.0
    basis: int = int(Basis.NONE)
    proven_at: float = nan
    counted_percent: float = nan
    told_percent: float = nan
    uncertainty: float = nan

    law_percent: float = 0.0
    law_error_v: float = nan
    gathered_v: float = 0.0
    settling: bool = False
    sent_percent: float = 0.0
    hot_at: float = nan
    inhibited: bool = False
    bled_ah: float = 0.0
    above_s: float = 0.0
    below_s: float = 0.0
    exhausted: bool = False

    read_c: float = nan
    believed_c: float = nan
    believed_at: float = nan
    heard_c: float = nan
    suspect: bool = False
    missing_s: float = 0.0
    fast_c: float = nan
    slow_c: float = nan
    ratio: float = nan
    pre_s: float = 0.0
    pre: bool = False
    alarm_s: float = 0.0
    alarm: bool = False
    hot_s: float = 0.0
    worse_s: float = 0.0
    trip: bool = False
    excess_at_alarm_k: float = nan
    ratio_at_alarm: float = nan
    stage: int = 0

    rise_percent: float = nan
    capacity_percent: float = nan
    health_percent: float = nan
    watches: list[Watch] = field(default_factory=list)


class PlainString:
    """One string with its cells, and the rooms at work on it."""

    def __init__(self, string: String) -> None:
        self.string = string
        self.cells = [PlainCell() for _ in range(string.cell_count)]
        self.stale_after_s = string.stale_after_s
        self.figures = plant_of(rows_of([string]), ESTIMATION)
        self.current_a = nan
        self.current_at = nan
        self.current_error_a = nan
        self.room_c = nan
        self.room_at = nan
        self.target_v = nan
        self.mean_c = nan
        self.clear = False
        self.usable = False
        self.counter = Counter(self)
        self.law = Law(self)
        self.runaway = Runaway(self)

    def look(self, now: float) -> None:
        """Tell which readings are fresh, which voltages may count, and what their mean is."""
        after = self.stale_after_s
        voltage_s, temperature_s = after[Quantity.VOLTAGE], after[Quantity.TEMPERATURE]
        resistance_s, duty_s = after[Quantity.RESISTANCE], after[Quantity.DUTY]
        charge_s = after[Quantity.CHARGE]
        lowest_v, highest_v = self.runaway.lowest_v, self.runaway.highest_v
        possible, temperatures = [], []
        for cell in self.cells:
            # What was never read has no time either, and a comparison with NaN is false.
            cell.voltage_fresh = abs(now - cell.voltage_v_at) <= voltage_s
            cell.temperature_fresh = abs(now - cell.temperature_c_at) <= temperature_s
            cell.resistance_fresh = abs(now - cell.resistance_ohm_at) <= resistance_s
            cell.charge_fresh = abs(now - cell.charge_percent_at) <= charge_s
            cell.duty_fresh = abs(now - cell.duty_percent_at) <= duty_s
            cell.trusted = cell.voltage_fresh and lowest_v <= cell.voltage_v <= highest_v
            if cell.trusted:
                possible.append(cell.voltage_v)
            if cell.temperature_fresh:
                temperatures.append(cell.temperature_c)
        self.mean_c = sum(temperatures) / len(temperatures) if temperatures else nan
        median_v = median(possible)
        spread_v = median([abs(voltage_v - median_v) for voltage_v in possible])
        gross_v = max(GROSS_DEVIATION * median_v, GROSS_SPREADS * spread_v)
        total_v, count = 0.0, 0
        for cell in self.cells:
            if cell.trusted and abs(cell.voltage_v - median_v) <= gross_v:
                total_v += cell.voltage_v
                count += 1
            else:
                cell.trusted = False
        enough = count > 0 and count >= LEAST_TRUSTED_SHARE * len(self.cells)
        self.target_v = total_v / count if enough else nan
        if not abs(now - self.current_at) <= voltage_s:
            self.current_a = nan
        if not abs(now - self.room_at) <= voltage_s:
            self.room_c = nan
        self.clear = abs(self.current_a) > self.current_error_a
        self.usable = self.current_error_a < self.current_a / 3


class PlainPlant:
    """All strings of a site."""

    def __init__(self, site: Site, frame: Frame) -> None:
        self.strings = [PlainString(string) for string in site.strings]
        self.watches = Watches(site, frame, self.strings)
        self._at = nan

    def read(self, readings: Mapping[str, StringReadings]) -> None:
        """Write what was read into the objects, as the lines would have done."""
        for string in self.strings:
            told = readings[string.string.key]
            for name, quantity in _DELIVERED:
                _deliver(string.cells, name, told.columns[quantity])
            for cell, status in zip(string.cells, told.module_status.tolist(), strict=True):
                cell.status = status
            if told.current_a is not None:
                string.current_a, string.current_at = told.current_a.value, told.current_a.read_at
            string.current_error_a = (
                nan if told.current_error_a is None else float(told.current_error_a)
            )
            if told.room_temperature_c is not None:
                string.room_c = told.room_temperature_c.value
                string.room_at = told.room_temperature_c.read_at

    def tick(self, now: float) -> None:
        """Conclude everything at unix time `now`."""
        passed_s = now - self._at if isfinite(self._at) else 0.0
        for string in self.strings:
            string.look(now)
            string.counter.estimate(now, passed_s)
            string.law.plan(now, passed_s)
            string.runaway.judge(now, passed_s)
        self.watches.evaluate(now)
        self._at = now


def median(values: list[float]) -> float:
    """Return the median, NaN of nothing."""
    if not values:
        return nan
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle] + ordered[middle - 1]) / 2


def _deliver(cells: Sequence[PlainCell], name: str, column: Column) -> None:
    both = zip(cells, column.values.tolist(), column.read_at.tolist(), strict=True)
    for cell, value, read_at in both:
        setattr(cell, name, value)
        setattr(cell, f"{name}_at", read_at)
