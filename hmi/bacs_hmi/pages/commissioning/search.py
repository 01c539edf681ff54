"""The step that asks a wire who answers."""

from __future__ import annotations

from typing import Final

from bacs_core.api.messages import CommandName, Commissioning, FoundUnit, Identify
from bacs_core.settings import Parity
from bacs_hmi.choosing import OneOf, Option, SomeOf
from bacs_hmi.fields import number_field
from bacs_hmi.hold import HoldButton, hold_button
from bacs_hmi.pages.commissioning.chosen import BAUDS, FIRST_UNIT, LAST_UNIT, Giving
from bacs_hmi.pages.commissioning.found import FoundList
from bacs_hmi.pages.commissioning.guide import Guide
from bacs_hmi.pages.commissioning.job import AT_WORK
from bacs_hmi.pages.commissioning.place import PlaceChoice
from bacs_hmi.parts import box, label

IDENTIFY_S: Final = 60
ALL, SOME = "all", "some"


class SearchStep:
    """Asks which wire, addresses and speeds, starts the search and lists who answers."""

    def __init__(self, guide: Guide) -> None:
        self._guide = guide
        self._around = around = guide.around
        self._chosen = guide.chosen
        self._job: Commissioning | None = None
        self._scan: HoldButton | None = None
        texts = around.texts
        with box("bacs-form columns") as self._form:
            PlaceChoice(around, guide.chosen.place, self._choose_place, ports=True)
            self._units()
            self._speeds()
            label(texts["speeds_hint"], "bacs-quiet", tag="p")
            label(texts["search_what"], "bacs-quiet", tag="p")
            if around.may(CommandName.START_SCAN):
                self._scan = hold_button(
                    texts["start_scan"], self._start, "bacs-button bacs-action primary"
                )
                self._scan.set_off(not guide.chosen.place)
            self._problem = label("", "bacs-problem").props("role=alert")
        self._found = FoundList(around, self._identify, self._readdress)

    def show(self, job: Commissioning | None) -> None:
        """Follow the search."""
        self._job = job
        at_work = job is not None and job.state in AT_WORK
        self._form.set_visibility(not at_work)
        is_search = job is not None and job.command is CommandName.START_SCAN
        self._found.show(
            job.found if job is not None and is_search else [],
            can_identify=not at_work and job is not None and job.line_id is not None,
            can_readdress=not at_work,
            follow=at_work,
        )

    def _choose_place(self, place: str) -> None:
        self._guide.place(place)
        if self._scan is not None:
            self._scan.set_off(not place)

    def _units(self) -> None:
        texts, chosen = self._around.texts, self._chosen
        with box("bacs-choice-block"):
            options = [Option(ALL, texts["all_units"]), Option(SOME, texts["some_units"])]
            OneOf(
                texts["which_units"], options, ALL if chosen.all_units else SOME, self._choose_units
            )
            with box("bacs-fields-row") as self._range:
                number_field(
                    texts["first_unit"],
                    chosen.first_unit,
                    self._guide.keep_whole("first_unit"),
                    minimum=FIRST_UNIT,
                    maximum=LAST_UNIT,
                )
                number_field(
                    texts["last_unit"],
                    chosen.last_unit,
                    self._guide.keep_whole("last_unit"),
                    minimum=FIRST_UNIT,
                    maximum=LAST_UNIT,
                )
            self._range.set_visibility(not chosen.all_units)

    def _choose_units(self, value: str) -> None:
        self._chosen.all_units = value == ALL
        self._range.set_visibility(value == SOME)

    def _speeds(self) -> None:
        texts, chosen = self._around.texts, self._chosen
        with box("bacs-choice-block"):
            SomeOf(
                texts["which_bauds"],
                [Option(str(baud), str(baud)) for baud in BAUDS],
                chosen.bauds,
                lambda bauds: setattr(chosen, "bauds", bauds),
            )
        with box("bacs-choice-block"):
            SomeOf(
                texts["which_parities"],
                [Option(parity.value, texts[f"parity_{parity}"]) for parity in Parity],
                chosen.parities,
                lambda parities: setattr(chosen, "parities", parities),
            )

    def _start(self) -> None:
        around = self._around
        order = self._chosen.scan(self._guide.lines)
        if isinstance(order, str):
            self._problem.set_text(around.texts[order])
            return
        self._problem.set_text("")
        around.order(order, around.texts["start_scan"])

    def _identify(self, unit: FoundUnit) -> None:
        if self._job is not None and self._job.line_id is not None:
            order = Identify(line_id=self._job.line_id, unit=unit.unit, seconds=IDENTIFY_S)
            self._around.order(order, self._around.texts["identify"])

    def _readdress(self, unit: FoundUnit) -> None:
        chosen, job = self._chosen, self._job
        chosen.giving = Giving.ONE
        chosen.unit, chosen.serial_number, chosen.new_unit = unit.unit, unit.serial_number, None
        chosen.baud = unit.baud
        if job is not None:
            self._guide.place(job.line_id or job.port or chosen.place)
        self._guide.go("addresses")
