"""Where a value of a cell comes from: which device on which line, or an estimate; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bacs_core.api.live import LiveString
from bacs_core.api.messages import CellCode, LineInfo
from bacs_core.model import Basis, Quantity, Site
from bacs_hmi import conclusions
from bacs_hmi.format import Numbers
from bacs_hmi.texts import Texts
from bacs_hmi.wording import manager_of


@dataclass(frozen=True, slots=True)
class ModulePlace:
    """The module of a cell that the engine reads itself."""

    line_id: str
    unit: int


def module_of(lines: Sequence[LineInfo], key: str, cell: int) -> ModulePlace | None:
    """Find the module of a cell (from 1); None where a manager reads it, or nobody says."""
    for line in lines:
        units = line.units.get(key, [])
        unit = units[cell - 1] if 0 < cell <= len(units) else None
        if unit is not None:
            return ModulePlace(line.id, unit)
    return None


def source(
    quantity: Quantity,
    mirror: LiveString,
    cell: int,
    site: Site,
    lines: Sequence[LineInfo],
    texts: Texts,
    numbers: Numbers,
) -> str:
    """Say where a quantity of a cell (from 1) comes from, an estimate with its basis."""
    if quantity is Quantity.CHARGE and _basis(mirror, cell) not in {Basis.NONE, Basis.DEVICE}:
        note = conclusions.charge_note(mirror, cell - 1, texts, numbers)
        return texts["source_estimate"].format(note=note)
    return device(mirror, cell, site, lines, texts)


def device(
    mirror: LiveString, cell: int, site: Site, lines: Sequence[LineInfo], texts: Texts
) -> str:
    """Name what measures a cell (from 1): its module, or the manager that tells of it."""
    key = mirror.string.key
    place = module_of(lines, key, cell)
    if place is not None:
        return texts["source_module"].format(unit=place.unit, line=place.line_id)
    driven = next((each for each in lines if key in each.strings), None)
    if driven is not None:
        return texts["source_module_line"].format(line=driven.id)
    line = next((each for each in lines if mirror.string.manager_id in each.managers), None)
    manager = manager_of(site, mirror.string.manager_id)
    name = mirror.string.manager_id if manager is None else manager.name
    if line is None:
        return texts["source_manager"].format(manager=name)
    return texts["source_manager_line"].format(manager=name, line=line.id)


def _basis(mirror: LiveString, cell: int) -> Basis:
    column = mirror.codes.get(CellCode.CHARGE_BASIS)
    code = Basis.NONE if column is None else column[cell - 1]
    # A newer engine may know more bases.
    return Basis(code) if code in set(Basis) else Basis.NONE
