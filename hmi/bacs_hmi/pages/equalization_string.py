"""Equalization of one string: what it does, what holds it, what was found out, what can be done."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from bacs_core.api.history_messages import EventPage, EventQuery
from bacs_core.api.live import LiveString
from bacs_core.api.messages import CellMark, CommandName, ResumeEqualization
from bacs_core.model import AlarmSeverity, ChargePhase, EqualizedBy, Inhibit, String, cell_label
from bacs_hmi import people
from bacs_hmi.conclusions import mode, today_of
from bacs_hmi.format import ABSENT, minute_of
from bacs_hmi.hold import hold_button
from bacs_hmi.pages.equalization_facts import (
    Pauses,
    bypass_of,
    cells_text,
    inhibits,
    is_offered,
    marked,
    millivolts,
    most_bled,
    pauses_of,
    spread_of,
    volts,
)
from bacs_hmi.pages.equalization_sheets import ModeSheet, PauseSheet
from bacs_hmi.pages.facts import Fact, Facts
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import arrow, box, button, label
from bacs_hmi.views import View, ViewName

#: The newest events of a string in which its last pause is looked for.
LOOKED_THROUGH = 20


class StringEqualization:
    """Shows the equalization of one string until it is closed."""

    def __init__(self, around: Surroundings, string: String) -> None:
        self._around = around
        self._string = string
        self._pauses: Pauses | None = None
        self._held: tuple[object, ...] = ()
        self._offered: tuple[object, ...] | None = None
        texts = around.texts
        with box("bacs-title bacs-wraps"):
            arrow("back", texts["back"], lambda: around.open(View(ViewName.EQUALIZATION)))
            with box("bacs-title-text"):
                label(texts["equalization"], tag="h1")
                label(string.name, "bacs-quiet")
            button(texts["to_string"], lambda: around.open(View(ViewName.STRING, string.key)))
        self._deeds = box("bacs-toolbar bacs-wraps bacs-equalization-deeds")
        with box("bacs-scrolled bacs-truth"), box("bacs-boards"):
            self._now = self._card("equalization_now")
            self._inhibits = self._card("equalization_inhibits")
            self._spread = self._card("equalization_spread")
            self._bypass = self._card("equalization_bypass")
            self._findings = self._card("equalization_findings")
            self._bled = self._card("equalization_bled")
            self._paused = self._card("equalization_paused", self._resume_cell)
        self.refresh(alarms_changed=True)

    def refresh(self, *, alarms_changed: bool) -> None:  # noqa: ARG002 - told of no alarm
        """Follow the newest values."""
        mirror = self._around.live.strings[self._string.key]
        held = (
            Inhibit.MANUAL_STOP in mirror.scalars.inhibited_by,
            tuple(marked(mirror, CellMark.PAUSED)),
        )
        if held != self._held:
            self._held = held
            self._ask()
        self._offer(mirror)
        self._fill(mirror)

    def close(self) -> None:
        """Nothing to stop."""

    def _card(self, name: str, go: object = None) -> Facts:
        with box("bacs-board"):
            label(self._around.texts[name], tag="h2")
            return Facts(self._to_cell if go is None else go)  # type: ignore[arg-type]

    def _ask(self) -> None:
        """Ask the history until when it pauses: the stream tells only that it does."""
        query = EventQuery(string=self._string.key, kind=("equalization",), limit=LOOKED_THROUGH)
        self._around.ask.history(
            "pauses", lambda history: history.events(query), self._answered, lambda _: None
        )

    def _answered(self, page: EventPage) -> None:
        self._pauses = pauses_of(page.events, today_of(self._around.live))
        self._fill(self._around.live.strings[self._string.key])

    # -- what can be done ----------------------------------------------------------------------

    def _offer(self, mirror: LiveString) -> None:
        """Offer what fits: nothing where the manager equalizes by itself."""
        around, texts = self._around, self._around.texts
        is_paused = Inhibit.MANUAL_STOP in mirror.scalars.inhibited_by
        may_pause = around.may(CommandName.PAUSE_EQUALIZATION)
        may_set = around.may(CommandName.SET_EQUALIZATION_MODE)
        offered = (is_paused, may_pause, may_set)
        if offered == self._offered:
            return
        self._offered = offered
        self._deeds.clear()
        with self._deeds:
            if not is_offered(self._string):
                label(texts[f"nothing_offered_{self._string.equalized_by.value}"], "bacs-quiet")
                return
            words = box("bacs-toolbar-text")
            if is_paused and may_pause:
                text = texts["resume_equalization"]
                hold_button(text, partial(self._resume, text), "bacs-button bacs-action primary")
            elif may_pause:
                text = texts["pause_equalization"]
                button(text, lambda: PauseSheet(around, self._string), "bacs-button bacs-action")
            if may_set:
                text = texts["set_equalization_mode"]
                button(text, lambda: ModeSheet(around, self._string), "bacs-button bacs-action")
            else:
                needs = people.who_may(
                    CommandName.SET_EQUALIZATION_MODE, texts["set_this_mode"], texts
                )
                with words:
                    label(needs, "bacs-quiet")

    def _resume(self, text: str) -> None:
        self._around.order(ResumeEqualization(string_key=self._string.key), text)

    def _resume_cell(self, cell: object) -> None:
        command = ResumeEqualization(string_key=self._string.key, cells=[int(str(cell))])
        self._around.order(command, self._around.texts["resume_equalization"])

    def _to_cell(self, cell: object) -> None:
        self._around.open(View(ViewName.CELL, self._string.key, int(str(cell))))

    # -- what is shown -------------------------------------------------------------------------

    def _fill(self, mirror: LiveString) -> None:
        self._now.show(self._now_facts(mirror))
        self._inhibits.show(self._inhibit_facts(mirror))
        self._spread.show(self._spread_facts(mirror))
        self._bypass.show(self._bypass_facts(mirror))
        self._findings.show(self._finding_facts(mirror))
        self._bled.show(self._bled_facts(mirror))
        self._paused.show(self._paused_facts(mirror))

    def _now_facts(self, mirror: LiveString) -> list[Fact]:
        texts, brain = self._around.texts, mirror.brain
        facts = [
            Fact(texts["state"], texts[f"equalization_{mirror.scalars.equalization.value}"]),
            Fact(texts["who_equalizes"], texts[f"by_{self._string.equalized_by.value}"]),
        ]
        if mode(mirror, texts):
            facts.append(Fact(texts["mode"], mode(mirror, texts)))
        if brain is not None and brain.phase is not ChargePhase.UNKNOWN:
            facts.append(Fact(texts["charger"], texts[f"charger_{brain.phase.name.lower()}"]))
        return facts

    def _inhibit_facts(self, mirror: LiveString) -> list[Fact]:
        texts = self._around.texts
        told = inhibits(mirror, texts)
        if not told:
            return [Fact(texts["nothing_inhibits"])]
        return [
            Fact(name, self._pause_end() if reason is Inhibit.MANUAL_STOP else "", ends)
            for reason, name, ends in told
        ]

    def _pause_end(self) -> str:
        """Say until when the string pauses, as far as the history tells."""
        pauses, texts = self._pauses, self._around.texts
        if pauses is None or pauses.by is None:
            return ""
        by = texts["trip_by"].format(name=pauses.by)
        return f"{self._until(pauses.string_until)}, {by}"

    def _until(self, until: datetime | None) -> str:
        texts = self._around.texts
        if until is None:
            return texts["until_resumed"]
        clock = minute_of(until, today_of(self._around.live), texts["day_format"])
        return texts["trip_until"].format(until=clock)

    def _spread_facts(self, mirror: LiveString) -> list[Fact]:
        texts, numbers, string = self._around.texts, self._around.numbers, self._string
        spread = spread_of(self._around.live, mirror)
        if spread is None:
            return [Fact(texts["no_cells_told"])]

        def cell(number: int) -> str:
            return texts["cell_title"].format(cell=cell_label(number, string.cell_count))

        target_v = mirror.scalars.target_voltage_v
        return [
            Fact(texts["highest_lowest"], millivolts(spread.width_v, numbers), old=spread.old),
            Fact(texts["mean"], volts(spread.mean_v, string, numbers), old=spread.old),
            Fact(texts["target_voltage"], volts(target_v, string, numbers)),
            Fact(
                texts["highest"],
                volts(spread.highest_v, string, numbers),
                cell(spread.highest_cell),
                old=spread.old,
                way=texts["to_cell"],
                target=spread.highest_cell,
            ),
            Fact(
                texts["lowest"],
                volts(spread.lowest_v, string, numbers),
                cell(spread.lowest_cell),
                old=spread.old,
                way=texts["to_cell"],
                target=spread.lowest_cell,
            ),
        ]

    def _bypass_facts(self, mirror: LiveString) -> list[Fact]:
        texts, numbers = self._around.texts, self._around.numbers
        bypass, brain = bypass_of(self._around.live, mirror), mirror.brain
        if bypass is None:
            return [Fact(texts["no_duty_told"])]
        limit = ABSENT if brain is None else numbers.with_unit(brain.limit_percent, 0, "%")
        highest = cell_label(bypass.highest_cell, self._string.cell_count)
        facts = [
            Fact(
                texts["cells_bled_now"],
                texts["count_of"].format(count=bypass.working, of=bypass.count),
                old=bypass.old,
            ),
            Fact(
                texts["mean_duty"], numbers.with_unit(bypass.mean_percent, 0, "%"), old=bypass.old
            ),
            Fact(
                texts["highest_duty"],
                numbers.with_unit(bypass.highest_percent, 0, "%"),
                texts["cell_title"].format(cell=highest) if bypass.working else "",
                old=bypass.old,
            ),
        ]
        if self._string.equalized_by is EqualizedBy.ENGINE:
            facts.append(Fact(texts["duty_limit"], limit))
        return facts

    def _finding_facts(self, mirror: LiveString) -> list[Fact]:
        texts = self._around.texts
        facts = []
        for mark, name in (
            (CellMark.STUCK_ON, "mark_stuck_on"),
            (CellMark.STUCK_OFF, "mark_stuck_off"),
            (CellMark.EXHAUSTED, "mark_exhausted"),
        ):
            cells = marked(mirror, mark)
            if cells:
                named = cells_text(cells, self._string, texts)
                key = "cell" if len(cells) == 1 else "cells"
                facts.append(
                    Fact(
                        texts[name],
                        note=f"{texts[key]} {named}",
                        severity=AlarmSeverity.WARNING,
                        way=texts["to_cell"],
                        target=cells[0],
                    )
                )
        return facts or [Fact(texts["no_findings"])]

    def _bled_facts(self, mirror: LiveString) -> list[Fact]:
        texts, numbers, count = self._around.texts, self._around.numbers, self._string.cell_count
        facts = [
            Fact(
                texts["cell_title"].format(cell=cell_label(cell, count)),
                numbers.with_unit(ah, 1, "Ah"),
                way=texts["to_cell"],
                target=cell,
            )
            for cell, ah in most_bled(mirror)
        ]
        return facts or [Fact(texts["nothing_bled"])]

    def _paused_facts(self, mirror: LiveString) -> list[Fact]:
        texts, count = self._around.texts, self._string.cell_count
        paused = marked(mirror, CellMark.PAUSED)
        ends = None if self._pauses is None else self._pauses.cells
        may = is_offered(self._string) and self._around.may(CommandName.RESUME_EQUALIZATION)
        facts = [
            Fact(
                texts["cell_title"].format(cell=cell_label(cell, count)),
                self._until(ends[cell]) if ends is not None and cell in ends else "",
                way=texts["resume_equalization"] if may else "",
                target=cell,
                held=True,
            )
            for cell in paused
        ]
        return facts or [Fact(texts["no_cell_paused"])]
