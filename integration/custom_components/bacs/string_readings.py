"""What the entities of a string show, as pure functions of the mirrored site.

A cell counts while it is not silent and its reading is not too old; the others are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from bacs_core.api.live import LiveSite, LiveString
from bacs_core.api.messages import Alarm, CellCode, CellFigure
from bacs_core.model import (
    AlarmSeverity,
    Basis,
    CellStatus,
    Quantity,
    RunawayStage,
    cell_label,
)

from .readings import (
    SCALED_DIGITS,
    UNAVAILABLE,
    UNKNOWN,
    Place,
    Shown,
    View,
    answering_string,
)
from .wording import alarm_said, finding_said

#: As many as the entity shows: millivolts.
MEAN_DIGITS: Final = 3
#: What the worst cell of a string is where none stands out.
NO_CELL: Final = "none"


@dataclass(frozen=True, slots=True)
class ColumnFigures:
    """One quantity of a string; cells are counted from 1, `counted` is how many of them count."""

    lowest: float
    lowest_cell: int
    highest: float
    highest_cell: int
    mean: float
    counted: int


def column_figures(live: LiveSite, mirror: LiveString, quantity: Quantity) -> ColumnFigures | None:
    """Sum up a quantity over the cells that count; `None` where none does."""
    column, read_at = mirror.columns.get(quantity), mirror.read_at.get(quantity)
    if column is None or read_at is None or live.at is None:
        return None
    limit_s = mirror.string.stale_after_s.get(quantity)
    waited_s = live.age_of(live.at)
    oldest = None if limit_s is None or waited_s is None else live.at + waited_s - limit_s
    if _all_count(mirror.status, column, read_at, oldest):
        values: list[float | None] = column
        cells: Sequence[int] = range(1, len(column) + 1)
    else:
        cells = [
            cell
            for cell, (value, at, status) in enumerate(
                zip(column, read_at, mirror.status, strict=True), start=1
            )
            if value is not None
            and at is not None
            and (oldest is None or at >= oldest)
            and status != CellStatus.SILENT
        ]
        values = [column[cell - 1] for cell in cells]
    return _summed_up(cast("list[float]", values), cells) if values else None


def _all_count(
    status: list[int], column: list[float | None], read_at: list[float | None], oldest: float | None
) -> bool:
    """Tell whether every cell counts, as nearly always; much cheaper than to look at each."""
    if None in column or None in read_at or CellStatus.SILENT in status:
        return False
    return oldest is None or min(cast("list[float]", read_at)) >= oldest


def _summed_up(values: list[float], cells: Sequence[int]) -> ColumnFigures:
    """Find the ends; of cells that are alike the first one is named."""
    lowest, highest = min(values), max(values)
    return ColumnFigures(
        lowest,
        cells[values.index(lowest)],
        highest,
        cells[values.index(highest)],
        sum(values) / len(values),
        len(values),
    )


def _figures_of(view: View | None, key: str, quantity: Quantity) -> ColumnFigures | None:
    mirror = answering_string(view, key)
    if view is None or mirror is None:
        return None
    live, known = view.live, view.summed_up.get((key, quantity))
    if known is None or known[0] != (live.at, live.received_at):
        known = ((live.at, live.received_at), column_figures(live, mirror, quantity))
        view.summed_up[key, quantity] = known
    figures: ColumnFigures | None = known[1]
    return figures


def mean_of_cells(view: View | None, *, key: str, quantity: Quantity, scale: float = 1.0) -> Shown:
    """Tell the mean of a quantity, multiplied by `scale` into the unit shown."""
    told = _figures_of(view, key, quantity)
    if told is None:
        return _nothing(view, key)
    # Of noise below the resolution of the modules a mean would show a new value at every tick.
    return _measured(round(told.mean * scale, MEAN_DIGITS), {"cells": told.counted})


def lowest_of_cells(
    view: View | None, *, key: str, quantity: Quantity, scale: float = 1.0
) -> Shown:
    """Tell the lowest value of a quantity, and which cell has it."""
    told = _figures_of(view, key, quantity)
    if told is None:
        return _nothing(view, key)
    return _measured(told.lowest * scale, {"cell": told.lowest_cell})


def highest_of_cells(
    view: View | None, *, key: str, quantity: Quantity, scale: float = 1.0
) -> Shown:
    """Tell the highest value of a quantity, and which cell has it."""
    told = _figures_of(view, key, quantity)
    if told is None:
        return _nothing(view, key)
    return _measured(told.highest * scale, {"cell": told.highest_cell})


def spread_of_cells(
    view: View | None, *, key: str, quantity: Quantity, scale: float = 1.0
) -> Shown:
    """Tell how far the cells are apart, and which two are at the ends."""
    told = _figures_of(view, key, quantity)
    if told is None:
        return _nothing(view, key)
    ends = {"lowest_cell": told.lowest_cell, "highest_cell": told.highest_cell}
    return _measured((told.highest - told.lowest) * scale, ends)


def _measured(value: float, attributes: dict[str, Any]) -> Shown:
    return Shown(available=True, value=round(value, SCALED_DIGITS), attributes=attributes)


def _nothing(view: View | None, key: str) -> Shown:
    """Show that no cell counts, or that nothing can be said of the string at all."""
    return UNAVAILABLE if answering_string(view, key) is None else UNKNOWN


def cell_figure(
    view: View | None,
    *,
    key: str,
    figure: CellFigure,
    index: int,
    uncertainty: CellFigure | None = None,
    basis: CellCode | None = None,
) -> Shown:
    """Read what is concluded of a cell (index from 0), how surely, and what it rests on."""
    mirror = answering_string(view, key)
    if mirror is None:
        return UNAVAILABLE
    value = _at(mirror.figures.get(figure), index)
    if value is None:
        return UNKNOWN
    attributes: dict[str, Any] = {}
    if uncertainty is not None:
        attributes["uncertainty"] = _at(mirror.figures.get(uncertainty), index)
    if basis is not None:
        code = _at(mirror.codes.get(basis), index)
        attributes["basis"] = Basis(code or 0).name.lower()
    return Shown(available=True, value=value, attributes=attributes)


def _at[Told](column: list[Told] | None, index: int) -> Told | None:
    return None if column is None else column[index]


def string_charge(view: View | None, *, key: str) -> Shown:
    """Read the charge of a string, which its weakest cell decides, as the engine estimates it."""
    mirror = answering_string(view, key)
    if mirror is None:
        return UNAVAILABLE
    brain = mirror.brain
    if brain is None or brain.charge_percent is None:
        return UNKNOWN
    return Shown(
        available=True,
        value=brain.charge_percent,
        attributes={
            "uncertainty": brain.charge_uncertainty_percent,
            "basis": brain.charge_basis.name.lower(),
        },
    )


def charge_phase(view: View | None, *, key: str) -> Shown:
    """Read what the charger does with a string."""
    mirror = answering_string(view, key)
    if mirror is None:
        return UNAVAILABLE
    if mirror.brain is None or not mirror.brain.phase:
        return UNKNOWN
    since = _time(mirror.brain.phase_since)
    return Shown(available=True, value=mirror.brain.phase.name.lower(), attributes={"since": since})


def runaway_stage(view: View | None, *, key: str) -> Shown:
    """Read how far the signs of thermal runaway have come, and in which cells (from 1)."""
    mirror = answering_string(view, key)
    if mirror is None:
        return UNAVAILABLE
    codes = mirror.codes.get(CellCode.RUNAWAY_STAGE)
    if codes is None:
        return UNKNOWN
    stage = RunawayStage(max(codes))
    cells = [cell for cell, code in enumerate(codes, start=1) if code and code == stage]
    return Shown(available=True, value=stage.name.lower(), attributes={"cells": cells})


def trip_state(view: View | None, *, key: str) -> Shown:
    """Read where the protection of a string stands, and who or what brought it there."""
    mirror = answering_string(view, key)
    if mirror is None:
        return UNAVAILABLE
    if mirror.brain is None:
        return UNKNOWN
    trip = mirror.brain.trip
    told = {
        "causes": [cause.value for cause in trip.causes],
        "cell": trip.cell,
        "since": _time(trip.since),
        "until": _time(trip.until),
        "reason": trip.reason,
        "by": trip.by,
        "contact_open": trip.contact_open,
    }
    attributes = {name: value for name, value in told.items() if value not in (None, "", [])}
    return Shown(available=True, value=trip.state.value, attributes=attributes)


def worst_cell(view: View | None, *, key: str) -> Shown:
    """Name the cell that needs attention most: by its alarms, else by how odd it is."""
    mirror = answering_string(view, key)
    if view is None or mirror is None:
        return UNAVAILABLE
    alarms = [alarm for alarm in view.alarms.get(Place(key), ()) if alarm.cell is not None]
    if alarms:
        worst = min(alarms, key=_urgency)
        return _named(
            mirror, worst.cell, alarm_said(worst, view.live, view.speech), {"rule": worst.rule}
        )
    if mirror.findings:
        oddest = mirror.findings[0]
        return _named(
            mirror, oddest.cell, finding_said(oddest, view.speech), {"score": oddest.score}
        )
    return Shown(available=True, value=NO_CELL)


def _urgency(alarm: Alarm) -> tuple[bool, datetime]:
    """Order alarms: severe ones first, and of those the one that came first."""
    return alarm.severity is not AlarmSeverity.ALARM, alarm.raised_at


def _named(mirror: LiveString, cell: int | None, reason: str, also: dict[str, Any]) -> Shown:
    label = NO_CELL if cell is None else cell_label(cell, mirror.string.cell_count)
    return Shown(available=True, value=label, attributes={"reason": reason, **also})


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
