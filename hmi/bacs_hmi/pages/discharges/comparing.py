"""Two discharges of one string: voltages at the same ampere-hours, and what changed per cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from bacs_core.api.discharge_messages import Comparison, Discharge, DischargeAnalysis, Replay
from bacs_core.api.history_client import HistoryClient
from bacs_hmi.charts.cell_bars import CellBars, Mark
from bacs_hmi.charts.line_chart import LineChart
from bacs_hmi.charts.reading import ReadingNote
from bacs_hmi.conclusions import today_of
from bacs_hmi.format import ABSENT
from bacs_hmi.pages.discharges import pictures, telling
from bacs_hmi.pages.discharges.part import cell_row
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import box, button, label

MOST_CHOICES: Final = 20
MOST_ROWS: Final = 10
FRAMES: Final = 200


@dataclass(frozen=True, slots=True)
class _Both:
    comparison: Comparison
    first: Replay
    second: Replay


class ComparePart:
    """Lets a person choose the other discharge, then shows the two; the older is the first."""

    def __init__(
        self,
        around: Surroundings,
        analysis: DischargeAnalysis,
        other: int | None,
        note_other: Callable[[int | None], None],
    ) -> None:
        self._around = around
        self._told = analysis.discharge
        self._other = other
        self._note_other = note_other
        self._note = ReadingNote(around.texts, self._again)
        self._place = box("bacs-compare")
        self._again()

    def refresh(self) -> None:
        """Nothing changes from tick to tick once it was read."""
        self._note.tick()

    def follow(self, analysis: DischargeAnalysis) -> None:
        """What was compared stays as it is."""
        self._told = analysis.discharge

    def _again(self) -> None:
        self._note.reading()
        key, other = self._told.battery.string_key, self._other
        if other is None:
            self._around.ask.history(
                "choices", lambda history: history.discharges(key), self._offer, self._note.failed
            )
            return
        first, second = sorted((other, self._told.id))
        self._around.ask.history(
            "comparison", lambda history: _both(history, first, second), self._show, self._refused
        )

    def _offer(self, told: list[Discharge]) -> None:
        around, texts, numbers = self._around, self._around.texts, self._around.numbers
        others = [one for one in told if one.id != self._told.id][:MOST_CHOICES]
        self._note.say(texts["choose_other" if others else "no_other_discharge"])
        self._place.clear()
        with self._place, box("bacs-compare-choices"):
            for one in others:
                parts = (
                    telling.started(one, today_of(around.live), texts),
                    telling.lasted(one, texts),
                    telling.depth(one.figures, texts, numbers),
                    telling.kind(one, texts),
                )
                words = " · ".join(part for part in parts if part)
                button(words, partial(self._choose, one.id), "bacs-button bacs-compare-choice")

    def _choose(self, other: int | None) -> None:
        self._other = other
        self._note_other(other)
        self._place.clear()
        self._again()

    def _refused(self, why: str) -> None:
        self._note.failed(why)
        self._place.clear()
        with self._place:
            button(self._around.texts["choose_another"], partial(self._choose, None))

    def _show(self, both: _Both) -> None:
        around, texts = self._around, self._around.texts
        told = both.comparison
        names = (self._name(told.first), self._name(told.second))
        values = pictures.differences(told)
        self._note.say("")
        self._place.clear()
        with self._place:
            with box("bacs-compare-head"):
                how = "comparing" if told.over == "given_ah" else "comparing_times"
                label(texts[how].format(first=names[0], second=names[1]))
                button(texts["choose_another"], partial(self._choose, None))
            with box("bacs-compare-charts"):
                chart = LineChart(texts, around.language)
                chart.show(pictures.compared_curves(told, both.first, both.second, names, texts))
                bars = CellBars(texts, pictures.difference_bars(values, texts))
                marks: dict[int, Mark] = dict.fromkeys(told.changed, "warning")
                bars.show(values, marks=marks, notes=dict(self._rows(told, values)))
            label(texts["changed_cells"], tag="h2")
            rows = self._rows(told, values)
            if not told.changed:
                label(texts["no_changed_cells"], "bacs-quiet")
            for cell, words in rows[:MOST_ROWS]:
                cell_row(around, told.second.battery, cell, words)

    def _rows(self, told: Comparison, values: list[float | None]) -> list[tuple[int, str]]:
        """Say of the cells what changed: those that were exchanged, and those that differ."""
        texts, numbers = self._around.texts, self._around.numbers
        exchanged = {each.cell for each in told.replaced}
        rows = []
        wanted = [*told.changed, *sorted(exchanged - set(told.changed))]
        for cell in wanted:
            parts = []
            value = values[cell - 1]
            if value is not None:
                sign = "+" if value > 0 else ""
                amount = sign + numbers.with_unit(value, 0, "mV")
                parts.append(texts["differs_by"].format(amount=amount))
            change = told.capacity_change_percent[cell - 1]
            if change is not None:
                sign = "+" if change > 0 else ""
                amount = sign + numbers.with_unit(change, 0, "%")
                parts.append(texts["capacity_changed_by"].format(amount=amount))
            if cell in exchanged:
                parts.append(texts["exchanged_between"])
            rows.append((cell, " · ".join(parts) or ABSENT))
        return rows

    def _name(self, told: Discharge) -> str:
        return telling.started(told, today_of(self._around.live), self._around.texts)


async def _both(history: HistoryClient, first: int, second: int) -> _Both:
    comparison = await history.compare(first, second)
    return _Both(
        comparison,
        await history.replay(first, FRAMES),
        await history.replay(second, FRAMES),
    )
