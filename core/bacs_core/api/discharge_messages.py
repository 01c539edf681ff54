"""What a recorded discharge tells: its figures, its analysis, its frames, and two of them compared.

The history keeps discharges in these same messages. Columns have one place per cell. Times are ISO
8601 with a zone, those in columns unix milliseconds. `null` stands where nothing is known.
"""

# ruff: noqa: RUF012 - pydantic copies a default for every message

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from bacs_core.api.message_base import Message, Wording
from bacs_core.model import Basis, Chemistry

Values = list[float | None]
Moments = Annotated[list[int | None], Field(description="unix milliseconds; one place per cell")]
AfterStart = Annotated[float, Field(description="seconds after the discharge began")]

#: Frames of a replay: enough for a film over a whole shift, and for the widest screen.
DEFAULT_FRAMES = 200
MOST_FRAMES = 2000


class DischargeKind(StrEnum):
    """What kind of discharge it was."""

    DISCHARGE = "discharge"
    BATTERY_TEST = "battery_test"
    """Somebody made it on purpose."""
    DIP = "dip"
    """Shorter than a minute, as when the mains flicker."""


class EndCause(StrEnum):
    """Why a discharge ended."""

    MAINS_BACK = "mains_back"
    """The charger was back."""
    LOAD_GONE = "load_gone"
    """The current ceased although the string could give more."""
    END_VOLTAGE = "end_voltage"
    """The current ceased at the end voltage: the load protects the battery."""
    BREAKER = "breaker"
    """The breaker of the string opened."""
    INTERRUPTED = "interrupted"
    """A cell of the string conducts no more."""
    UNKNOWN = "unknown"
    """Nobody looked on when it ended."""


class CollapseSign(StrEnum):
    """By what a cell showed that it was empty before the others."""

    END_VOLTAGE = "end_voltage"
    KNEE = "knee"
    """Its voltage bent down while the others went on."""


class CellFault(StrEnum):
    """What a discharge says is wrong with a cell."""

    SHORTED = "shorted"
    """From the first moment it gave at least one element less than the others."""
    OPEN = "open"
    """The current of the string ceased in it."""
    WEAK = "weak"
    """It was empty well before the others."""


class Gap(Message):
    """A stretch in which nothing, or no current, was recorded."""

    start: datetime
    end: datetime


class Battery(Message):
    """The string as it was when it was discharged; voltages are per cell."""

    string_key: str
    manager_id: str
    number: int
    name: str
    chemistry: Chemistry
    cell_count: int
    cell_voltage_v: float
    float_voltage_v: float
    end_voltage_v: float
    capacity_ah: float
    rated_hours: float
    module_type: str


class DischargeFigures(Message):
    """The figures of a discharge, up to `until` while it runs.

    Voltages are those of the whole string. Where `lower_bound` is set some of it was not recorded
    (`gaps`), or its beginning or end was not seen: then charge, energy and depth are at least what
    is told. `depth_percent` is against the rated capacity, `depth_of_learned_percent` against the
    one that was learnt of the weakest cell.
    """

    until: Annotated[
        datetime, Field(description="its end, while it runs the last sample that carried the load")
    ]
    hours: Annotated[float, Field(description="from its beginning to `until`")] = 0.0
    start_voltage_v: float | None = None
    end_voltage_v: float | None = None
    mean_current_a: Annotated[float | None, Field(description="out of the string")] = None
    largest_current_a: Annotated[float | None, Field(description="out of the string")] = None
    given_ah: float | None = None
    given_wh: float | None = None
    depth_percent: float | None = None
    depth_of_learned_percent: float | None = None
    temperature_start_c: Annotated[
        float | None, Field(description="before the load came, mean of the cells")
    ] = None
    temperature_highest_c: Annotated[
        float | None, Field(description="of the warmest cell under load")
    ] = None
    temperature_rise_k: Annotated[float | None, Field(description="of the cell that rose most")] = (
        None
    )
    warmest_cell: Annotated[int | None, Field(description="the one that rose most, from 1")] = None
    lower_bound: bool = False
    start_unseen: bool = False
    end_unseen: bool = False
    gaps: list[Gap] = []
    gap_count: int = 0
    gap_s: float = 0.0


class Discharge(Message):
    """One discharge of one string. Without `ended_at` it still runs.

    `ended_at` is the last sample that carried the load, however long the charger took to be
    confirmed after it. `recharged_at` is when the recharge after it was over, `recharged_ah` what
    that put in.
    """

    id: int
    battery: Battery
    kind: DischargeKind
    started_at: datetime
    ended_at: datetime | None = None
    recharged_at: datetime | None = None
    recharged_ah: float | None = None
    cause: EndCause | None = None
    figures: DischargeFigures


class Discharges(Message):
    """Answer of `GET /history/discharges`, the newest first."""

    discharges: list[Discharge]


class Collapse(Message):
    """A cell that was empty before the others: when, and after how much.

    `rank` counts from 1: first the cells that came to their end voltage, in that order, then those
    that only bent down.
    """

    rank: int
    cell: int
    sign: CollapseSign
    at: datetime
    after_s: AfterStart
    after_ah: float | None
    voltage_v: float | None


class FoundFault(Message):
    """What is wrong with a cell (from 1), and the reason in English and for a screen."""

    cell: int
    fault: CellFault
    text: str
    wording: Wording


class CellColumns(Message):
    """What the discharge showed of each cell; every column has one place per cell.

    `before_v` was before the load came, `loaded_v` just after, `lowest_v` the lowest under load (at
    `lowest_at`) and `end_v` the last that was surely under load: the end-of-discharge bar.
    `empty_*` is when the cell came to its end voltage, `knee_*` when it bent down before others.
    Capacity is in percent of the rated one at 25 °C and the rated time; `capacity_basis` holds a
    `Basis`: `discharge` for a value with an uncertainty, `lower_bound` for at least so much.
    """

    before_v: Values
    loaded_v: Values
    lowest_v: Values
    lowest_at: Moments
    end_v: Values
    empty_at: Moments
    empty_after_ah: Values
    knee_at: Moments
    knee_after_ah: Values
    highest_c: Values
    capacity_percent: Values
    capacity_uncertainty_percent: Values
    capacity_basis: list[Basis]


class Spread(Message):
    """Highest less lowest cell voltage: before, with the load on, and at the end; in volt."""

    before_v: float | None
    loaded_v: float | None
    end_v: float | None


class CoupDeFouet(Message):
    """The dip in which the voltage of a full lead battery begins; mean of the cells, in volt.

    It is told for the record: its depth has no clear relation to the state of health.
    """

    trough_v: float
    trough_after_s: AfterStart
    plateau_v: float
    plateau_after_s: AfterStart


class DischargeAnalysis(Message):
    """Answer of `GET /history/discharges/{id}`.

    `final` is false while the discharge runs. `from_recording` tells that the samples behind it
    are no longer kept in full.
    """

    discharge: Discharge
    final: bool
    cells: CellColumns
    collapses: list[Collapse] = []
    faults: list[FoundFault] = []
    spread: Spread
    coup_de_fouet: CoupDeFouet | None = None


class Replay(Message):
    """Answer of `GET /history/discharges/{id}/replay`; one place per frame.

    First and last sample and the moment of every collapse are among the frames. `voltage_v` holds
    one list per frame with one place per cell.
    """

    id: int
    battery: Battery
    at: Annotated[list[int], Field(description="unix milliseconds; one place per frame")]
    sum_voltage_v: Values
    current_a: Values
    given_ah: Values
    voltage_v: list[Values]


class ReplacedCell(Message):
    """A cell that was exchanged between the two discharges."""

    cell: int
    at: datetime


class Comparison(Message):
    """Answer of `GET /history/discharges/compare`: the second discharge against the first.

    Both are compared over `over`: ampere-hours drawn, or seconds where no current is known, at the
    places `axis`, which both have. `string_v` is how much higher the mean cell was in the second
    one at each place. Per cell: `mean_difference_v` and `end_difference_v` are its mean difference
    and that at the last place, less those of the median cell: what changed of this cell alone.
    `capacity_change_percent` is known where both measured the cell.
    """

    first: Discharge
    second: Discharge
    over: Literal["given_ah", "time_s"]
    axis: list[float]
    string_v: Values
    mean_difference_v: Values
    end_difference_v: Values
    lowest_difference_v: Values
    capacity_change_percent: Values
    replaced: list[ReplacedCell] = []
    changed: Annotated[list[int], Field(description="cells that differ clearly, most first")] = []
