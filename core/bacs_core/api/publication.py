"""The publication dead band: what of a new image is worth telling.

Noise stays off the network; what a person must see at once is always told: a crossed limit, a
changed status, a value that appears or vanishes. Reading times always go out, so a held value is
never stale. A value is compared with the last *published* one, so a slow drift cannot hide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import sqrt
from typing import Final

import numpy as np

from bacs_core.api.image import PARTS, SiteImage, StringImage
from bacs_core.api.messages import (
    AccessoryStatus,
    BrainScalars,
    CellFigure,
    Finding,
    LineStatus,
    ManagerStatus,
    Measured,
    StringScalars,
)
from bacs_core.model import Limits, Quantity, String
from bacs_core.snapshot import Flags, Floats

#: Request counters and round times go out this often at most; faults of a line at once.
LINE_STATISTICS_EVERY: Final = timedelta(seconds=5)
#: So do the numbers that a foreign manager tells beside its strings.
REGISTERS_EVERY: Final = timedelta(seconds=5)
#: So do the reading times of accessories whose values stay where they are.
ACCESSORY_TIMES_EVERY: Final = timedelta(seconds=5)
#: So do estimates of cells, which move slowly; their codes and marks go out at once.
FIGURES_EVERY: Final = timedelta(seconds=5)
#: Values are told in hundredths at most; half of one settles what rounding leaves open.
HALF_PART: Final = 0.005


@dataclass(frozen=True, slots=True)
class DeadBands:
    """How far a value may move before it is told.

    The voltage band grows linearly with the nominal cell voltage through its two points. An
    internal resistance is measured rarely and repeats to about 2 %, so its band is relative. Charge
    is an estimate; half of what a screen without decimals shows is enough.
    """

    voltage_of_2v_cell_v: float = 0.005
    voltage_of_12v_cell_v: float = 0.020
    temperature_k: float = 0.3
    resistance_fraction: float = 0.02
    charge_percent: float = 0.5
    duty_percent: float = 2.0
    #: String current: this fraction of the current that empties the string in one hour (100 Ah:
    #: 10 mA), or of the current itself, whichever is more.
    current_of_capacity: float = 1e-4
    current_fraction: float = 0.01
    estimate_percent: float = 0.5
    bled_ah: float = 0.1
    resistance_baseline_ohm: float = 1e-6
    resistance_rise_percent: float = 2.0
    humidity_percent: float = 1.0
    hydrogen_percent: float = 0.05

    def of_cells(self, quantity: Quantity, string: String, published: Floats) -> Floats | float:
        """Dead band of one quantity in the unit of that quantity, per cell where it differs."""
        match quantity:
            case Quantity.VOLTAGE:
                return self.voltage_v(string.cell_voltage_v)
            case Quantity.TEMPERATURE:
                return self.temperature_k
            case Quantity.RESISTANCE:
                return self.resistance_fraction * np.abs(published)
            case Quantity.CHARGE:
                return self.charge_percent
            case Quantity.DUTY:
                return self.duty_percent

    def voltage_v(self, cell_voltage_v: float) -> float:
        """Dead band of a cell voltage: 2 V and 12 V as set, others on the line through both."""
        slope = (self.voltage_of_12v_cell_v - self.voltage_of_2v_cell_v) / 10.0
        return max(0.0, self.voltage_of_2v_cell_v + slope * (cell_voltage_v - 2.0))

    def of_scalars(self, string: String, published: StringScalars) -> Mapping[str, float]:
        """Dead band per scalar of a string; noise of a sum grows with the root of its terms."""
        cell_v = self.voltage_v(string.cell_voltage_v)
        current_a = max(
            self.current_of_capacity * string.capacity_ah,
            self.current_fraction * abs(published.current_a or 0.0),
        )
        return {
            "sum_voltage_v": cell_v * sqrt(string.cell_count),
            "target_voltage_v": cell_v / sqrt(string.cell_count),
            "mean_charge_percent": self.charge_percent,
            "current_a": current_a,
            "ac_current_a": max(
                self.current_of_capacity * string.capacity_ah,
                self.current_fraction * abs(published.ac_current_a or 0.0),
            ),
            "power_w": current_a * string.cell_voltage_v * string.cell_count,
            "room_temperature_c": self.temperature_k,
        }

    def of_figure(self, figure: CellFigure) -> float:
        """Dead band of what is concluded of cells, in the unit of the figure."""
        match figure:
            case CellFigure.BLED:
                return self.bled_ah
            case CellFigure.RESISTANCE_BASELINE:
                return self.resistance_baseline_ohm
            case CellFigure.RESISTANCE_RISE:
                return self.resistance_rise_percent
            case _:
                return self.estimate_percent

    def of_brain(self) -> Mapping[str, float]:
        """Dead band per scalar of what is concluded of a string."""
        return {
            "limit_percent": self.duty_percent,
            "charge_percent": self.charge_percent,
            "charge_uncertainty_percent": self.estimate_percent,
        }


def rebuilt(before: SiteImage, after: SiteImage) -> bool:
    """Tell whether the plant itself changed, so that only a full snapshot describes it."""
    return list(before.strings) != list(after.strings) or any(
        before.strings[key].string is not image.string
        and before.strings[key].string != image.string
        for key, image in after.strings.items()
    )


def publish(published: SiteImage, raw: SiteImage, bands: DeadBands) -> SiteImage:
    """Make the next published image out of the last one and the newest raw one.

    Both must describe the same plant (`rebuilt`). Parts that are not worth telling are the very
    objects of the last published image.
    """
    keep_lines = _same_faults(published.lines, raw.lines) and (
        # Either direction: after a stepped clock the counters must not stand still.
        abs(raw.at - published.lines_at) < LINE_STATISTICS_EVERY
    )
    keep_managers = _without_registers(published.managers) == _without_registers(raw.managers) and (
        published.managers == raw.managers or abs(raw.at - published.managers_at) < REGISTERS_EVERY
    )
    accessories = _publish_accessories(published.accessories, raw.accessories, bands)
    keep_accessories = _same_states(published.accessories, accessories) and (
        abs(raw.at - published.accessories_at) < ACCESSORY_TIMES_EVERY
    )
    # In either direction, as above.
    keep_figures = abs(raw.at - published.figures_at) < FIGURES_EVERY
    return SiteImage(
        at=raw.at,
        strings={
            key: _publish_string(published.strings[key], image, bands, keep_figures=keep_figures)
            for key, image in raw.strings.items()
        },
        managers=published.managers if keep_managers else raw.managers,
        managers_at=published.managers_at if keep_managers else raw.managers_at,
        lines=published.lines if keep_lines else raw.lines,
        lines_at=published.lines_at if keep_lines else raw.lines_at,
        alarms=published.alarms if published.alarms == raw.alarms else raw.alarms,
        accessories=published.accessories if keep_accessories else accessories,
        accessories_at=published.accessories_at if keep_accessories else raw.accessories_at,
        figures_at=published.figures_at if keep_figures else raw.figures_at,
        annunciation=raw.annunciation,
    )


def _publish_string(
    published: StringImage, raw: StringImage, bands: DeadBands, *, keep_figures: bool
) -> StringImage:
    # A cell whose mark changes shows the values that changed it.
    marked = published.status != raw.status
    quantities = {**published.columns, **raw.columns}
    return StringImage(
        string=raw.string,
        scalars=_publish_scalars(published.scalars, raw.scalars, raw.string, bands),
        columns={
            quantity: _publish_column(published, raw, quantity, marked, bands)
            for quantity in quantities
        },
        read_at=raw.read_at,
        status=raw.status if marked.any() else published.status,
        brain=_publish_brain(published.brain, raw.brain, bands),
        figures=(
            published.figures
            if keep_figures and raw.figures.keys() == published.figures.keys()
            else _publish_figures(published.figures, raw.figures, bands)
        ),
        codes=raw.codes,
        findings=(
            published.findings if _said(published.findings) == _said(raw.findings) else raw.findings
        ),
    )


def _publish_brain(
    published: BrainScalars | None, raw: BrainScalars | None, bands: DeadBands
) -> BrainScalars | None:
    """Keep what was told of a string if no state changed and nothing moved out of its band."""
    if published is None or raw is None:
        return raw
    within = bands.of_brain()
    names = within.keys()
    held = {
        name: getattr(published, name)
        for name in names
        if not _moved(getattr(published, name), getattr(raw, name), within[name])
    }
    if held.keys() == names and raw.model_copy(update=held) == published:
        return published
    return raw


def _moved(old: float | None, new: float | None, band: float) -> bool:
    if old is None or new is None:
        return old is not new
    return abs(new - old) >= band


def _publish_figures(
    published: Mapping[CellFigure, Floats], raw: Mapping[CellFigure, Floats], bands: DeadBands
) -> Mapping[CellFigure, Floats]:
    told = {}
    for figure, new in raw.items():
        old = published.get(figure)
        if old is None:
            told[figure] = new
            continue
        moved = np.abs(new - old) >= bands.of_figure(figure)
        moved |= np.isnan(old) != np.isnan(new)
        told[figure] = np.where(moved, new, old) if moved.any() else old
    return told


def _said(findings: tuple[Finding, ...]) -> list[tuple[int, str]]:
    """Return what people read of findings; scores and amounts behind it never stand still."""
    return [(finding.cell, finding.text) for finding in findings]


def _publish_column(
    published: StringImage, raw: StringImage, quantity: Quantity, marked: Flags, bands: DeadBands
) -> Floats:
    old, new = published.column(quantity), raw.column(quantity)
    band = bands.of_cells(quantity, raw.string, old)
    # Both are whole parts, but their difference is not exact: half a part settles it.
    told = np.abs(new - old) > band - 0.5 / PARTS[quantity]
    told |= np.isnan(old) != np.isnan(new)
    told |= marked
    for limit in _limits(quantity, raw.string.limits):
        told |= ((old > limit) != (new > limit)) | ((old < limit) != (new < limit))
    return np.where(told, new, old) if told.any() else old


def _limits(quantity: Quantity, limits: Limits) -> tuple[float, ...]:
    """Limits whose crossing is always told."""
    match quantity:
        case Quantity.VOLTAGE:
            of_quantity = (limits.voltage_low_v, limits.voltage_high_v)
        case Quantity.TEMPERATURE:
            of_quantity = (limits.temperature_high_c, limits.temperature_critical_c)
        case Quantity.RESISTANCE:
            of_quantity = (limits.resistance_high_ohm, None)
        case Quantity.CHARGE | Quantity.DUTY:
            of_quantity = (None, None)
    return tuple(limit for limit in of_quantity if limit is not None)


def _publish_scalars(
    published: StringScalars, raw: StringScalars, string: String, bands: DeadBands
) -> StringScalars:
    """Keep the published scalars if none of them moved out of its band."""
    if _states(raw) != _states(published):
        return raw
    for name, band in bands.of_scalars(string, published).items():
        old, new = getattr(published, name), getattr(raw, name)
        if old is None or new is None:
            if old is not new:
                return raw
        elif old != new and abs(new - old) >= band:
            return raw
    return published


def _states(scalars: StringScalars) -> tuple[object, ...]:
    """Return what is always told of a string."""
    return (scalars.equalization, scalars.inhibited_by, scalars.doubts, scalars.doubt_count)


def _publish_accessories(
    published: tuple[AccessoryStatus, ...], raw: tuple[AccessoryStatus, ...], bands: DeadBands
) -> tuple[AccessoryStatus, ...]:
    """Return the newest accessories with values held inside their bands."""
    known = {accessory.id: accessory for accessory in published}
    width = {
        "temperature_c": bands.temperature_k,
        "humidity_percent": bands.humidity_percent,
        "hydrogen_percent": bands.hydrogen_percent,
    }
    return tuple(
        accessory.model_copy(
            update={
                name: _held(getattr(known[accessory.id], name), getattr(accessory, name), band)
                for name, band in width.items()
            }
        )
        if accessory.id in known
        else accessory
        for accessory in raw
    )


def _held(published: Measured | None, raw: Measured | None, band: float) -> Measured | None:
    """Return the newest reading, with the value told last where it stayed inside its band."""
    if published is None or raw is None or abs(raw.value - published.value) >= band - HALF_PART:
        return raw
    return Measured(value=published.value, read_at=raw.read_at)


def _same_states(before: tuple[AccessoryStatus, ...], after: tuple[AccessoryStatus, ...]) -> bool:
    """Tell whether nothing but the times of reading is new."""
    return list(map(_without_times, before)) == list(map(_without_times, after))


def _without_times(accessory: AccessoryStatus) -> tuple[object, ...]:
    measured = (accessory.temperature_c, accessory.humidity_percent, accessory.hydrogen_percent)
    return (
        accessory.id,
        accessory.online,
        accessory.serial_number,
        accessory.firmware_version,
        accessory.problem,
        accessory.inputs,
        accessory.relays,
        *(None if reading is None else reading.value for reading in measured),
    )


def _without_registers(managers: tuple[ManagerStatus, ...]) -> list[ManagerStatus]:
    return [manager.model_copy(update={"registers": {}}) for manager in managers]


def _same_faults(before: tuple[LineStatus, ...], after: tuple[LineStatus, ...]) -> bool:
    return list(map(_faults, before)) == list(map(_faults, after))


def _faults(line: LineStatus) -> tuple[object, ...]:
    return (
        line.id,
        line.port_open,
        line.message,
        line.timeouts,
        line.frame_errors,
        line.refusals,
        line.silent_units,
        line.lent,
    )
