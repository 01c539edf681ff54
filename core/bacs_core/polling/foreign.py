"""Polls managers, packs and modules that somebody else made, as their device files declare them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from bacs_core.bus.schedule import Job
from bacs_core.devices import sunspec_battery
from bacs_core.devices.catalogue import MANAGER_QUESTIONS, MODULE_QUESTIONS, refusal
from bacs_core.errors import SettingsError
from bacs_core.model import Manager, String
from bacs_core.polling import foreign_sunspec
from bacs_core.polling.belief import Belief
from bacs_core.polling.foreign_values import Beside, Told, question_jobs
from bacs_core.polling.identity import Answers
from bacs_core.polling.image import StringImage
from bacs_core.settings import Address, ManagerOptions


@dataclass(slots=True)
class ForeignManager:
    """A manager or pack that somebody else made, as it hangs on its line.

    `missing` names the values that are absent because nobody has declared their scale.
    """

    told: Told
    belief: Belief
    jobs: list[Job] = field(default_factory=list)
    missing: tuple[str, ...] = ()

    @property
    def problem(self) -> str | None:
        """Why it is not believed, or `None`."""
        return self.belief.problem

    @property
    def serial_number(self) -> int | None:
        """Its serial number, where it tells one that is a number."""
        return self.told.serial_number

    @property
    def firmware_version(self) -> str | None:
        """Its firmware version, where it tells one."""
        return self.told.firmware_version

    def beside(self, now: float) -> Beside:
        """Tell what it says beside cells and strings at unix time `now`, while it is believed."""
        return self.told.beside(now) if self.is_believed() else Beside()

    def is_believed(self) -> bool:
        """Whether its values count."""
        return self.belief.holds()

    def is_contradicted(self) -> bool:
        """Whether it answers, but is not built as the site file says."""
        return self.belief.is_contradicted()

    def shift(self, step_s: float) -> None:
        """Move all times of reading by a step of the clock."""
        self.told.shift(step_s)


def manager_jobs(
    manager: Manager,
    address: Address,
    images: Mapping[str, StringImage],
    options: ManagerOptions | None,
    answers: Answers,
) -> ForeignManager:
    """Build every job of one foreign manager.

    Raises `SettingsError` where this kind of device cannot be what the site file declares.
    """
    options = options or ManagerOptions()
    _refuse(f"manager {manager.id}", manager.device, manager.strings)
    told = Told({string.number: images[string.key] for string in manager.strings})
    foreign = ForeignManager(told, Belief(answers))
    if manager.device == sunspec_battery.NAME:
        walk = foreign_sunspec.Walk(manager, address, options, foreign.belief, told)
        foreign.jobs = walk.jobs()
        foreign.missing = sunspec_battery.missing(manager.strings, options)
        return foreign
    questions = MANAGER_QUESTIONS[manager.device](manager.strings, options)
    foreign.jobs = question_jobs(manager.id, address, questions, foreign.belief, told)
    foreign.missing = tuple(text for question in questions for text in question.unscaled())
    return foreign


def module_jobs(
    string: String,
    addresses: Sequence[Address],
    device_name: str,
    image: StringImage,
    answers_of: Callable[[int], bool | None],
    *,
    line_id: str | None = None,
    beliefs: dict[int, Belief] | None = None,
) -> list[Job]:
    """Build every job for the foreign modules of a string, one per cell in the order of the cells.

    Where a string spans lines, `line_id` picks the modules of one of them. `beliefs` is filled with
    the belief in each module, by its cell counted from 0. Raises `SettingsError` where this kind of
    module cannot sit on these cells.
    """
    _refuse(f"string {string.key}", device_name, (string,))
    jobs: list[Job] = []
    for cell, address in enumerate(addresses):
        if line_id is not None and address.line_id != line_id:
            continue
        belief = Belief(partial(answers_of, address.unit))
        if beliefs is not None:
            beliefs[cell] = belief
        told = Told({1: image}, first_cell=cell)
        questions = MODULE_QUESTIONS[device_name](address.unit, string)
        jobs += question_jobs(f"unit {address.unit}", address, questions, belief, told)
    return jobs


def _refuse(who: str, device_name: str, strings: Sequence[String]) -> None:
    reason = refusal(device_name, strings)
    if reason is not None:
        msg = f"{who}: {reason}"
        raise SettingsError(msg)
