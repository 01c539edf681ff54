"""What a discharge showed of each cell: capacity with its basis, who fell out, what is wrong."""

from __future__ import annotations

from typing import Final

from bacs_core.api.discharge_messages import DischargeAnalysis
from bacs_core.model import Basis, Quantity
from bacs_hmi.charts.cell_bars import Bars, CellBars, Mark
from bacs_hmi.format import SHOWN
from bacs_hmi.pages.discharges import pictures, telling
from bacs_hmi.pages.discharges.part import cell_row
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import box, label

#: As many rows as a person reads; the bars show all cells.
MOST_ROWS: Final = 12
#: IEEE 450 and IEEE 1188: a cell is worn out at 80 % of its rated capacity.
WORN_OUT_PERCENT: Final = 80.0


class CellsPart:
    """Bars of capacity (of end voltage where no capacity is known), and the odd cells in words."""

    def __init__(self, around: Surroundings, analysis: DischargeAnalysis) -> None:
        self._around = around
        self._analysis = analysis
        self._capacities = telling.shown_capacities(analysis.cells)
        with box("bacs-discharge-cells"):
            label(self._title(), tag="h2")
            if self._any_bound():
                label(around.texts["capacity_at_least"], "bacs-quiet")
            self._bars = CellBars(around.texts, self._plan(), on_cell=self._touched)
            self._touched_row = box("bacs-touched")
            self._rows = box("bacs-cell-rows")
        self.follow(analysis)

    def refresh(self) -> None:
        """Nothing changes from tick to tick."""

    def follow(self, analysis: DischargeAnalysis) -> None:
        """Draw what was worked out anew."""
        self._analysis = analysis
        self._capacities = telling.shown_capacities(analysis.cells)
        self._bars.show(
            self._values(), bars=self._plan(), marks=marks_of(analysis), notes=self._notes()
        )
        self._build_rows()

    def _measured(self) -> bool:
        return any(value is not None for value in self._capacities)

    def _any_bound(self) -> bool:
        return any(basis is Basis.LOWER_BOUND for basis in self._analysis.cells.capacity_basis)

    def _title(self) -> str:
        texts = self._around.texts
        name = "discharge_capacities" if self._measured() else "discharge_lowest_voltages"
        return texts[name]

    def _values(self) -> list[float | None]:
        return self._capacities if self._measured() else self._analysis.cells.lowest_v

    def _plan(self) -> Bars:
        texts, analysis = self._around.texts, self._analysis
        if self._measured():
            return pictures.capacity_bars(self._capacities, texts)
        battery = analysis.discharge.battery
        order = pictures.by_number(battery)
        loaded = analysis.cells.loaded_v
        return pictures.voltage_bars(battery, loaded, order, texts["discharge_lowest_voltages"])

    def _notes(self) -> dict[int, str]:
        return dict(odd_cells(self._around, self._analysis))

    def _build_rows(self) -> None:
        around, battery = self._around, self._analysis.discharge.battery
        odd = odd_cells(around, self._analysis)
        self._rows.clear()
        with self._rows:
            if not odd:
                label(around.texts["no_odd_cells"], "bacs-quiet")
            for cell, words in odd[:MOST_ROWS]:
                cell_row(around, battery, cell, words)
            if len(odd) > MOST_ROWS:
                more = around.texts["and_more"].format(count=len(odd) - MOST_ROWS)
                label(more, "bacs-quiet")

    def _touched(self, cell: int) -> None:
        around, analysis = self._around, self._analysis
        battery = analysis.discharge.battery
        lowest = SHOWN[Quantity.VOLTAGE].text(
            around.numbers, analysis.cells.lowest_v[cell - 1], battery.cell_voltage_v
        )
        told = [
            around.texts["cell_lowest"].format(voltage=lowest),
            around.texts["cell_capacity"].format(
                capacity=telling.capacity(analysis.cells, cell, around.texts, around.numbers)
            ),
            dict(odd_cells(around, analysis)).get(cell, ""),
        ]
        self._touched_row.clear()
        with self._touched_row:
            cell_row(around, battery, cell, " · ".join(part for part in told if part))


def odd_cells(around: Surroundings, analysis: DischargeAnalysis) -> list[tuple[int, str]]:
    """Return the cells (from 1) that fell out or that something is wrong with, the worst first."""
    texts, numbers = around.texts, around.numbers
    told: dict[int, list[str]] = {}
    for found in analysis.faults:
        told.setdefault(found.cell, []).append(telling.fault(found, texts))
    for collapse in analysis.collapses:
        words = texts[f"discharge_sign_{collapse.sign.value}"].format(
            rank=collapse.rank, time=telling.duration(collapse.after_s / 3600)
        )
        given = numbers.with_unit(collapse.after_ah, 1, "Ah")
        if collapse.after_ah is not None:
            words += texts["after_charge"].format(given=given)
        told.setdefault(collapse.cell, []).append(words)
    return [(cell, ", ".join(words)) for cell, words in told.items()]


def marks_of(analysis: DischargeAnalysis) -> dict[int, Mark]:
    """Return how cells are marked: what is wrong, what fell out, and what gave at least so much."""
    shown = telling.shown_capacities(analysis.cells)
    marks: dict[int, Mark] = {
        cell: "least"
        for cell, value in enumerate(shown, start=1)
        if value is not None and not _is_measured(analysis, cell)
    }
    marks |= {collapse.cell: "warning" for collapse in analysis.collapses}
    for cell, value in enumerate(shown, start=1):
        if value is not None and value < WORN_OUT_PERCENT and _is_measured(analysis, cell):
            marks[cell] = "alarm"
    return marks | {found.cell: "alarm" for found in analysis.faults}


def _is_measured(analysis: DischargeAnalysis, cell: int) -> bool:
    """Tell a measured capacity from a lower bound, which says nothing bad of a cell."""
    return analysis.cells.capacity_basis[cell - 1] is Basis.DISCHARGE
