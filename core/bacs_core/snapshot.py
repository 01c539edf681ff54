"""The process image: what the whole plant looked like at one tick, column-wise per string.

A snapshot is never changed after it was made. Every value carries the time it was read; a value
that was never read, or that the device does not have, is NaN with the time NaN. Columns are
read-only numpy arrays with one place per cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from bacs_core.model import (
    Basis,
    ChargePhase,
    EqualizationMode,
    EqualizationState,
    Inhibit,
    Quantity,
    String,
    TripCause,
    TripState,
)
from bacs_core.stick.states import StickState

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Column:
    """One quantity of all cells of a string: values, and unix times of reading in seconds."""

    values: Floats
    read_at: Floats

    @classmethod
    def absent(cls, cell_count: int) -> Column:
        """Make a column in which nothing was read yet."""
        return cls(frozen(np.full(cell_count, np.nan)), frozen(np.full(cell_count, np.nan)))

    def fresh(self, now: float, stale_after_s: float | Floats) -> Flags:
        """Tell which cells have a value that is not older than `stale_after_s`."""
        # A time far in the future can only come from a stepped clock and proves nothing.
        age = now - self.read_at
        return np.isfinite(self.values) & (age <= stale_after_s) & (age >= -stale_after_s)


@dataclass(frozen=True, slots=True)
class Reading:
    """One value with the unix time of its reading."""

    value: float
    read_at: float


@dataclass(frozen=True, slots=True)
class StringReadings:
    """What the line delivered for one string, before anything was concluded from it.

    `module_status` holds the status bits of each module (0 where it has none). The error is the
    stated one of the current sensor, in ampere. `reported_*` come from a manager that works for
    itself; they are `None` where the engine works. Voltage and charge are reported of strings
    whose cells a foreign device does not show.
    """

    columns: Mapping[Quantity, Column]
    module_status: NDArray[np.uint16]
    current_a: Reading | None = None
    current_error_a: float | None = None
    ac_current_a: Reading | None = None
    room_temperature_c: Reading | None = None
    reported_equalization: EqualizationState | None = None
    reported_target_voltage_v: float | None = None
    reported_sum_voltage_v: Reading | None = None
    reported_mean_voltage_v: Reading | None = None
    reported_charge_percent: Reading | None = None


@dataclass(frozen=True, slots=True)
class StringSummary:
    """What is shown below the table of a string; `None` where too little is known."""

    sum_voltage_v: float | None
    target_voltage_v: float | None
    mean_charge_percent: float | None
    current_a: float | None
    ac_current_a: float | None
    power_w: float | None


@dataclass(frozen=True, slots=True)
class EqualizationSummary:
    """What equalization of a string does, and what keeps it from working."""

    state: EqualizationState
    inhibited_by: tuple[Inhibit, ...] = ()


@dataclass(frozen=True, slots=True)
class Doubt:
    """A module about which something is wrong, by its cell (counted from 1).

    One that is not `believed` is not what the site file promises: its values do not count.
    """

    cell: int
    reason: str
    believed: bool = False


@dataclass(frozen=True, slots=True)
class Doubts:
    """Modules of a string that answer, but about which something is wrong.

    `told` has the first few of the `count`, those that are not believed before the others.
    """

    told: tuple[Doubt, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class CellEstimates:
    """What is estimated of each cell of a string; NaN where unknown. `basis` holds a `Basis`."""

    value: Floats
    uncertainty: Floats
    basis: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class TripSummary:
    """Where the protection of a string stands, and who or what brought it there.

    `contact_open` is what the contact of the breaker says, `None` where nobody knows. `cell` is the
    first that demanded the trip, from 1; times are unix seconds.
    """

    state: TripState = TripState.NO_BREAKER
    causes: tuple[TripCause, ...] = ()
    cell: int | None = None
    since: float | None = None
    by: str | None = None
    reason: str = ""
    until: float | None = None
    contact_open: bool | None = None


@dataclass(frozen=True, slots=True)
class CellFinding:
    """A cell (from 1) that stands out: a code with the amount in it, and the same in English."""

    cell: int
    code: str
    amount: float
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class BrainSummary:
    """What was concluded of one string; arrays have one place per cell and may be slices of rows.

    Charge, capacity and health are in percent, `bled_ah` in ampere-hours since the cell was put in.
    `resistance_baseline_ohm` is the cell's own resistance at 25 °C as this site learnt it, and
    `resistance_rise` how far it is above that now, as a fraction; NaN while it is being learnt.
    The charge itself stands in the readings. `stage` holds a `RunawayStage`. Times are unix
    seconds. `testing_until` is set while a battery test runs. `findings` has the oddest cell first.
    """

    phase: ChargePhase
    phase_since: float | None
    mode: EqualizationMode
    limit_percent: float | None
    charge_percent: float | None
    charge_uncertainty_percent: float | None
    charge_basis: Basis
    charge: CellEstimates
    capacity: CellEstimates
    health: CellEstimates
    bled_ah: Floats
    resistance_baseline_ohm: Floats
    resistance_rise: Floats
    stage: NDArray[np.uint8]
    equalizes: Flags
    paused: Flags
    exhausted: Flags
    stuck_on: Flags
    stuck_off: Flags
    trip: TripSummary = field(default_factory=TripSummary)
    testing_until: float | None = None
    findings: tuple[CellFinding, ...] = ()


@dataclass(frozen=True, slots=True)
class Annunciation:
    """How the plant calls for somebody: the buzzer, and what the LED shows.

    `muted` tells that the buzzer would sound if nobody had silenced it. `stick` is what is told of
    a stick, `None` where nobody looks after one.
    """

    sounding: bool
    muted: bool
    led: str
    stick: StickState | None = None


@dataclass(frozen=True, slots=True)
class StringSnapshot:
    """One string at the tick. `status` holds a `CellStatus` per cell."""

    string: String
    readings: StringReadings
    summary: StringSummary
    equalization: EqualizationSummary
    status: NDArray[np.uint8]
    doubts: Doubts = field(default_factory=Doubts)
    brain: BrainSummary | None = None


@dataclass(frozen=True, slots=True)
class ManagerSnapshot:
    """One manager at the tick; `online` is `None` until it was asked for the first time.

    `problem` tells why one that answers is not believed, `remarks` what else has to be known of its
    values: what is unverified, and what is absent because nobody has declared it. A manager of
    another maker tells more than cells and strings: `phases` of charge, `flags` that are set, and
    numbers in `registers`, by block and name.
    """

    id: str
    online: bool | None
    serial_number: int | None
    firmware_version: str | None
    problem: str | None = None
    remarks: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    registers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LineSnapshot:
    """One line at the tick: is its port open, how long does a round take, how many errors.

    `wire_round_s` is what the wire itself needs for the last round: frames, silences and the
    thinking time of the devices left out. `lent` tells that somebody commissions the line: nothing
    on it is polled, equalized or protected meanwhile.
    """

    id: str
    port_open: bool
    message: str
    round_s: float | None
    requests: int
    timeouts: int
    frame_errors: int
    wire_round_s: float | None = None
    refusals: int = 0
    lost_bytes: int = 0
    silent_units: tuple[int, ...] = ()
    lent: bool = False


@dataclass(frozen=True, slots=True)
class AccessorySnapshot:
    """A relay box or an environment sensor at the tick; `None` where nothing fresh is known.

    `inputs` and `relays` are in the order of the device; a relay shows what its contact does.
    `problem` tells why one that answers is not believed.
    """

    id: str
    name: str
    device: str
    online: bool | None
    serial_number: int | None = None
    firmware_version: str | None = None
    inputs: tuple[bool | None, ...] = ()
    relays: tuple[bool | None, ...] = ()
    temperature_c: Reading | None = None
    humidity_percent: Reading | None = None
    hydrogen_percent: Reading | None = None
    problem: str | None = None
    line_id: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole site at one tick. Keys of `strings` are string keys, in site order."""

    sequence: int
    at: datetime
    strings: Mapping[str, StringSnapshot]
    managers: Mapping[str, ManagerSnapshot]
    lines: Mapping[str, LineSnapshot]
    accessories: Mapping[str, AccessorySnapshot] = field(default_factory=dict)
    annunciation: Annunciation | None = None


def frozen(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """Make `array` read-only and return it."""
    array.flags.writeable = False
    return array
