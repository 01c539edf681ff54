"""The step that gives modules their addresses: all of a chain, by their buttons, or only one."""

from __future__ import annotations

from typing import Final

from bacs_core.api.messages import (
    CommandName,
    Commissioning,
    FoundUnit,
    StartAddressing,
)
from bacs_hmi.choosing import OneOf, Option
from bacs_hmi.fields import number_field
from bacs_hmi.hold import HoldButton, hold_button
from bacs_hmi.pages.commissioning import job as words
from bacs_hmi.pages.commissioning.chosen import BAUDS, LAST_MODULE, LAST_UNIT, Giving
from bacs_hmi.pages.commissioning.found import FoundList
from bacs_hmi.pages.commissioning.guide import Guide
from bacs_hmi.pages.commissioning.place import PlaceChoice
from bacs_hmi.parts import box, label

OWN_SPEED: Final = "own"
#: The fields for a single module, with the least and the most that each can be.
ONE_FIELDS: Final = (
    ("unit", 1, LAST_UNIT),
    ("serial_number", 0, None),
    ("new_unit", 1, LAST_MODULE),
)
_GIVES: Final = frozenset({CommandName.START_ADDRESSING, CommandName.READDRESS_MODULE})


class AddressStep:
    """Asks which addresses, starts giving them, and shows whose turn it is."""

    def __init__(self, guide: Guide) -> None:
        self._guide = guide
        self._order: StartAddressing | None = None
        around, chosen, texts = guide.around, guide.chosen, guide.around.texts
        self._start: HoldButton | None = None
        with box("bacs-form columns") as self._form:
            PlaceChoice(around, chosen.place, guide.place, ports=True)
            with box("bacs-choice-block"):
                OneOf(
                    texts["how_addresses"],
                    [Option(way.value, texts[f"giving_{way}"]) for way in Giving],
                    chosen.giving.value,
                    self._choose_way,
                )
                self._what = label("", "bacs-quiet", tag="p")
            self._fields = box("bacs-choice-block")
            self._speed()
            if around.may(CommandName.START_ADDRESSING):
                self._start = hold_button("", self._give, "bacs-button bacs-action primary")
            self._problem = label("", "bacs-problem").props("role=alert")
        with box("bacs-turn-now").props("role=status") as self._now:
            self._next = label("", "bacs-turn-unit")
            self._do = label("", "bacs-turn-do")
        self._found = FoundList(around, _nothing, _nothing)
        self._build_fields()

    def show(self, job: Commissioning | None) -> None:
        """Follow the job."""
        texts = self._guide.around.texts
        at_work = job is not None and job.state in words.AT_WORK
        is_ours = job is not None and job.command in _GIVES
        self._form.set_visibility(not at_work)
        self._now.set_visibility(at_work and is_ours)
        if job is None or not is_ours:
            self._found.show([], can_identify=False, can_readdress=False, follow=True)
            return
        unit = words.next_unit(job, self._order)
        self._next.set_text("" if unit is None else texts["next_address"].format(unit=unit))
        waits = words.is_waiting_for_button(job)
        told = words.state_words(job, texts, self._guide.around.numbers)
        self._do.set_text(texts["press_button_now"] if waits else told)
        self._found.show(job.found, can_identify=False, can_readdress=False, follow=True)

    def _choose_way(self, value: str) -> None:
        self._guide.chosen.giving = Giving(value)
        self._problem.set_text("")
        self._build_fields()

    def _build_fields(self) -> None:
        texts, chosen, keep = self._guide.around.texts, self._guide.chosen, self._guide.keep_whole
        self._what.set_text(texts[f"giving_{chosen.giving}_what"])
        if self._start is not None:
            self._start.set_text(texts[f"give_{chosen.giving}"])
        self._fields.clear()
        with self._fields, box("bacs-fields-row"):
            if chosen.giving is Giving.ONE:
                for name, lowest, highest in ONE_FIELDS:
                    number_field(
                        texts[f"field_{name}"],
                        getattr(chosen, name),
                        keep(name),
                        minimum=lowest,
                        maximum=highest,
                    )
                return
            for name in ("first_module", "count"):
                number_field(
                    texts[f"field_{name}"],
                    getattr(chosen, name),
                    keep(name),
                    minimum=1,
                    maximum=LAST_MODULE,
                )

    def _speed(self) -> None:
        texts, chosen = self._guide.around.texts, self._guide.chosen
        options = [Option(OWN_SPEED, texts["own_speed"])]
        options += [Option(str(baud), str(baud)) for baud in BAUDS]
        with box("bacs-choice-block"):
            OneOf(
                texts["which_baud"],
                options,
                OWN_SPEED if chosen.baud is None else str(chosen.baud),
                self._choose_speed,
            )

    def _choose_speed(self, value: str) -> None:
        self._guide.chosen.baud = None if value == OWN_SPEED else int(value)

    def _give(self) -> None:
        around, chosen = self._guide.around, self._guide.chosen
        order = chosen.addressing(self._guide.lines)
        if isinstance(order, str):
            self._problem.set_text(around.texts[order])
            return
        self._problem.set_text("")
        self._order = order if isinstance(order, StartAddressing) else None
        around.order(order, around.texts[f"give_{chosen.giving}"])


def _nothing(_: FoundUnit) -> None:
    """Addresses are given here; nothing else is offered for what was found."""
