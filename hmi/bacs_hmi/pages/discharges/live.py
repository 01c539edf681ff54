"""A discharge that runs: how long it may still go on, which cells fall out first, the curve."""

from __future__ import annotations

from math import isfinite
from typing import Final

from bacs_core.api.discharge_messages import Battery, DischargeAnalysis, Replay
from bacs_core.api.live import LiveString
from bacs_core.api.messages import CellCode, CellFigure
from bacs_core.model import Basis, Quantity
from bacs_hmi.charts.cell_bars import Bars, CellBars, Mark
from bacs_hmi.charts.line_chart import LineChart
from bacs_hmi.charts.reading import ReadingNote
from bacs_hmi.format import NO_BREAK, SHOWN, Numbers
from bacs_hmi.pages.discharges import pictures, telling
from bacs_hmi.pages.discharges.part import cell_row
from bacs_hmi.pages.discharges.time_left import Capacity, TimeLeft, Unknown, time_left
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import box, choose, label
from bacs_hmi.texts import Texts

#: Frames of the curve so far.
FRAMES: Final = 200
#: One frame alone is no curve yet.
FEWEST_FRAMES: Final = 2
ORDER_EVERY_S: Final = 10.0
#: Cells that are named: those that fell out, then those that are closest to it.
MOST_ROWS: Final = 6


class LivePart:
    """Follows a discharge; bars and figures come from the stream, the curve from the history."""

    def __init__(self, around: Surroundings, analysis: DischargeAnalysis) -> None:
        self._around = around
        self._analysis = analysis
        texts, battery = around.texts, analysis.discharge.battery
        with box("bacs-live"):
            with box("bacs-live-words"):
                label(texts["time_left"], "bacs-quiet")
                self._left = label("", "bacs-time-left")
                self._why = label("", "bacs-quiet")
                label(texts["cells_falling_out"], tag="h2")
                self._rows = box("bacs-cell-rows")
            with box("bacs-live-charts"):
                with box("bacs-live-curve") as self._curve:
                    self._chart = LineChart(texts, around.language)
                    self._note = ReadingNote(texts, self._read_curve_again)
                self._bars = CellBars(texts, self._plan(pictures.by_number(battery)))
        self._rows_told: tuple[tuple[int, str], ...] = ()
        self._drawn = False
        self._ordered_at = 0.0
        self._show_chart(shown=False)
        self._read_curve()
        self.refresh()

    def refresh(self) -> None:
        """Follow the stream."""
        self._note.tick()
        around, battery = self._around, self._analysis.discharge.battery
        mirror = around.live.strings.get(battery.string_key)
        self._tell_time_left(mirror)
        if mirror is None or mirror.string.cell_count != battery.cell_count:
            return
        if (around.live.at or 0.0) - self._ordered_at > ORDER_EVERY_S:
            self._put_in_order(mirror)
        self._bars.show(self._voltages(mirror), marks=self._marks(mirror))
        choose(self._bars, "bacs-old", not self._is_fresh(mirror))

    def follow(self, analysis: DischargeAnalysis) -> None:
        """Take up what the engine has worked out: who fell out, and the curve so far."""
        if analysis == self._analysis and self._drawn:
            return
        self._analysis = analysis
        self._ordered_at = 0.0
        self._read_curve()
        self.refresh()

    def _put_in_order(self, mirror: LiveString) -> None:
        """Put those first that fell out or are closest to it; seldom, so that nothing jumps."""
        self._ordered_at = self._around.live.at or 0.0
        voltages = self._voltages(mirror)
        order = falling_out_first(self._analysis, voltages)
        self._bars.show(voltages, bars=self._plan(order))
        self._build_rows(order, voltages)

    def _read_curve_again(self) -> None:
        self._note.reading()
        self._read_curve()

    def _read_curve(self) -> None:
        number = self._analysis.discharge.id
        self._around.ask.history(
            "curve", lambda history: history.replay(number, FRAMES), self._draw, self._failed
        )

    def _failed(self, why: str) -> None:
        if not self._drawn:
            self._note.failed(why)

    def _draw(self, replay: Replay) -> None:
        if not self._drawn and len(replay.at) < FEWEST_FRAMES:
            self._note.say(self._around.texts["curve_to_come"])
            return
        self._drawn = True
        self._show_chart(shown=True)
        self._note.say("")
        self._chart.show(pictures.curve(replay, self._around.texts))

    def _show_chart(self, *, shown: bool) -> None:
        """Leave the room to the bars until there is a curve."""
        self._chart.set_visibility(shown)
        choose(self._curve, "to-come", not shown)

    def _plan(self, order: list[int]) -> Bars:
        battery = self._analysis.discharge.battery
        name = self._around.texts["discharge_bars_now"]
        loaded = [*self._analysis.cells.loaded_v, *self._analysis.cells.lowest_v]
        return pictures.voltage_bars(battery, loaded, order, name)

    def _voltages(self, mirror: LiveString) -> list[float | None]:
        column = mirror.columns.get(Quantity.VOLTAGE)
        return list(column) if column else [None] * mirror.string.cell_count

    def _marks(self, mirror: LiveString) -> dict[int, Mark]:
        marks: dict[int, Mark] = {each.cell: "warning" for each in self._analysis.collapses}
        end_v = self._analysis.discharge.battery.end_voltage_v
        for cell, value in enumerate(self._voltages(mirror), start=1):
            if value is not None and value <= end_v:
                marks[cell] = "alarm"
        return marks

    def _is_fresh(self, mirror: LiveString) -> bool:
        key = mirror.string.key
        return any(
            not self._around.live.stale(key, Quantity.VOLTAGE, index)
            for index in range(mirror.string.cell_count)
        )

    def _tell_time_left(self, mirror: LiveString | None) -> None:
        texts, numbers = self._around.texts, self._around.numbers
        battery = self._analysis.discharge.battery
        told: TimeLeft | Unknown = Unknown.NOT_CONNECTED
        if self._around.live.connected:
            told = Unknown.NO_CURRENT
        if self._around.live.connected and mirror is not None:
            told = time_left(
                mirror.brain, battery, mirror.scalars.current_a, weakest_capacity(mirror)
            )
        if isinstance(told, Unknown):
            self._left.set_text(texts["time_left_unknown"])
            self._why.set_text(texts[f"time_left_{told.value}"])
            return
        self._left.set_text(time_left_words(told, texts))
        self._why.set_text(time_left_basis(told, battery, texts, numbers))

    def _build_rows(self, order: list[int], voltages: list[float | None]) -> None:
        told = tuple(self._telling(order, voltages))
        if told == self._rows_told:
            return
        self._rows_told = told
        self._rows.clear()
        with self._rows:
            for cell, words in told:
                cell_row(self._around, self._analysis.discharge.battery, cell, words)

    def _telling(self, order: list[int], voltages: list[float | None]) -> list[tuple[int, str]]:
        around, battery = self._around, self._analysis.discharge.battery
        odd = fallen_out(self._analysis, around.texts)
        told = []
        for cell in order[:MOST_ROWS]:
            value = voltages[cell - 1]
            if value is None and cell not in odd:
                continue
            amount = SHOWN[Quantity.VOLTAGE].text(around.numbers, value, battery.cell_voltage_v)
            words = odd.get(cell) or _above_end(value, battery, around.texts, around.numbers)
            told.append((cell, f"{amount} · {words}"))
        return told


def falling_out_first(analysis: DischargeAnalysis, voltages: list[float | None]) -> list[int]:
    """Order cells (from 1): those that fell out by rank, then the lowest voltage first."""
    ranks = {collapse.cell: collapse.rank for collapse in analysis.collapses}
    last = len(voltages) + 1

    def key(cell: int) -> tuple[int, float, int]:
        value = voltages[cell - 1]
        return ranks.get(cell, last), float("inf") if value is None else value, cell

    return sorted(range(1, len(voltages) + 1), key=key)


def fallen_out(analysis: DischargeAnalysis, texts: Texts) -> dict[int, str]:
    """Say in few words how each cell (from 1) fell out, or what is wrong with it."""
    told = {
        each.cell: texts[f"live_sign_{each.sign.value}"].format(
            time=telling.duration(each.after_s / 3600)
        )
        for each in analysis.collapses
    }
    faults = {
        found.cell: texts.get(f"live_fault_{found.fault.value}", found.text)
        for found in analysis.faults
    }
    return told | faults


def weakest_capacity(mirror: LiveString) -> Capacity:
    """Return the lowest capacity of a string that was measured; else that of the name plate."""
    values = mirror.figures.get(CellFigure.CAPACITY) or []
    errors = mirror.figures.get(CellFigure.CAPACITY_UNCERTAINTY) or []
    bases = mirror.codes.get(CellCode.CAPACITY_BASIS) or []
    measured = [
        (value, error)
        for value, error, basis in zip(values, errors, bases, strict=False)
        if basis == Basis.DISCHARGE and value is not None and isfinite(value) and value > 0
    ]
    if not measured:
        return Capacity()
    value, error = min(measured, key=lambda each: each[0])
    return Capacity(value, error if error is not None else 0.0, measured=True)


def time_left_words(told: TimeLeft, texts: Texts) -> str:
    """Write the time that is left, and by how much it may be off."""
    hours, error = telling.duration(told.hours), telling.duration(told.uncertainty_h)
    return texts["time_left_about"].format(time=hours, error=f"±{NO_BREAK}{error}")


def time_left_basis(told: TimeLeft, battery: Battery, texts: Texts, numbers: Numbers) -> str:
    """Say what the time rests on."""
    capacity = numbers.with_unit(battery.capacity_ah, 0, "Ah")
    kind = "measured" if told.capacity_measured else "rated"
    return texts["time_left_basis"].format(
        charge=texts[f"basis_{told.basis.name.lower()}"],
        capacity=texts[f"time_left_capacity_{kind}"].format(capacity=capacity),
    )


def _above_end(value: float | None, battery: Battery, texts: Texts, numbers: Numbers) -> str:
    if value is None:
        return ""
    margin_v = value - battery.end_voltage_v
    if margin_v <= 0:
        return texts["below_end"]
    return texts["above_end"].format(margin=numbers.with_unit(margin_v * 1e3, 0, "mV"))
