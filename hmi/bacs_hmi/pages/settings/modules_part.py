"""The part of the settings that writes thresholds into modules of our own map."""

from __future__ import annotations

from functools import partial
from typing import Final, NamedTuple

from bacs_core.api.client import EngineClient
from bacs_core.api.messages import CommandName, Commissioning, SetThresholds
from bacs_core.model import String
from bacs_hmi.choosing import OneOf, Option
from bacs_hmi.fields import number_field
from bacs_hmi.hold import hold_button
from bacs_hmi.pages.commissioning.progress import JobBand
from bacs_hmi.pages.page import Surroundings
from bacs_hmi.parts import box, label
from bacs_hmi.rereading import Rereading
from bacs_hmi.views import View


class Threshold(NamedTuple):
    """A threshold of a module, as its register map calls it, and what is safe."""

    name: str
    unit: str
    lowest: float
    highest: float
    decimals: int
    switches_off: float | None = None
    """A value out of the range that means "never"."""


THRESHOLDS: Final = (
    Threshold("module_temperature_high_c", "°C", 40.0, 85.0, 1),
    Threshold("bypass_voltage_low_v", "V", 0.5, 16.0, 3),
    Threshold("sleep_after_s", "s", 60.0, 65534.0, 0, switches_off=0.0),
)


class ModulesPart:
    """Asks for a string or one cell, and for the thresholds that shall change."""

    def __init__(self, around: Surroundings, view: View) -> None:
        self._around = around
        self._strings = strings_with_modules(around)
        keys = [string.key for string in self._strings]
        self._key = view.key if view.key in keys else next(iter(keys), "")
        self._cell: int | None = None
        self._wanted: dict[str, float | None] = {}
        self._jobs: Rereading[Commissioning] = Rereading(
            around.ask,
            "job",
            read=_read,
            then=self._told,
            failed=lambda _problem, _person: self._band.hide(),
            every=2,
        )
        texts = around.texts
        self._band = JobBand(around)
        self._band.hide()
        with box("bacs-form"):
            label(texts["modules_title"], tag="h2")
            label(texts["modules_what"], "bacs-quiet", tag="p")
            if not self._strings:
                label(texts["modules_none"], "bacs-empty", tag="p")
                return
            OneOf(
                texts["modules_string"],
                [Option(string.key, string.name) for string in self._strings],
                self._key,
                self._choose_string,
            )
            self._cell_field = box("bacs-fields-row")
            self._offer_cells()
            with box("bacs-fields-row"):
                for threshold in THRESHOLDS:
                    self._field(threshold)
            self._problem = label("", "bacs-problem").props("role=alert")
            if around.may(CommandName.SET_THRESHOLDS):
                hold_button(texts["modules_write"], self._write, "bacs-button bacs-action primary")

    def refresh(self, *, alarms_changed: bool) -> None:
        """Follow how far the writing is."""
        if alarms_changed:
            self._jobs.soon()
        if self._around.session() is not None:
            self._jobs.tick()

    def _field(self, threshold: Threshold) -> None:
        lowest = threshold.lowest if threshold.switches_off is None else threshold.switches_off
        number_field(
            self._around.texts[f"threshold_{threshold.name}"],
            None,
            partial(self._wanted.__setitem__, threshold.name),
            unit=threshold.unit,
            minimum=lowest,
            maximum=threshold.highest,
            decimals=threshold.decimals,
        )

    def _choose_string(self, key: str) -> None:
        self._key = key
        self._offer_cells()

    def _offer_cells(self) -> None:
        """Ask anew which cell of the chosen string is meant: each has its own numbers."""
        self._cell = None
        string = next(string for string in self._strings if string.key == self._key)
        self._cell_field.clear()
        with self._cell_field:
            number_field(
                self._around.texts["modules_cell"],
                None,
                self._choose_cell,
                minimum=1,
                maximum=string.cell_count,
            )

    def _choose_cell(self, number: float | None) -> None:
        self._cell = None if number is None else int(number)

    def _write(self) -> None:
        texts = self._around.texts
        wanted = {name: value for name, value in self._wanted.items() if value is not None}
        if not wanted:
            self._problem.set_text(texts["modules_nothing"])
            return
        if unsafe := [name for name, value in wanted.items() if not is_safe(name, value)]:
            self._problem.set_text(texts[f"unsafe_{unsafe[0]}"])
            return
        self._problem.set_text("")
        order = SetThresholds(string_key=self._key, cell=self._cell, thresholds=wanted)
        self._around.order(order, texts["modules_write"])
        self._jobs.soon()

    def _told(self, job: Commissioning) -> None:
        if job.command is CommandName.SET_THRESHOLDS:
            self._band.show(job)
        else:
            self._band.hide()


def strings_with_modules(around: Surroundings) -> list[String]:
    """List the strings whose modules the engine itself drives."""
    info = around.live.info
    driven = set() if info is None else {key for line in info.lines for key in line.strings}
    return [string for string in around.site.strings if string.key in driven]


def is_safe(name: str, value: float) -> bool:
    """Tell whether a threshold may be written."""
    threshold = next(each for each in THRESHOLDS if each.name == name)
    return threshold.lowest <= value <= threshold.highest or value == threshold.switches_off


async def _read(client: EngineClient, token: str | None) -> Commissioning:
    return await client.commissioning(session_token=token)
