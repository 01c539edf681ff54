"""Finds the models of a SunSpec battery, then polls what they hold.

The chain of models is walked a few requests per round: the marker, then the head of each model,
which says where the next one begins. What was found becomes questions; a pool of jobs, as many as
the site file can need, asks them. A battery that was away, or that shows another model where one
was found, is walked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from bacs_core.bus.frames import Request
from bacs_core.bus.schedule import Job
from bacs_core.devices.registers import Block
from bacs_core.devices.sunspec_battery import (
    END_OF_CHAIN,
    HEADER,
    HEADS,
    MARKER,
    MARKER_ADDRESSES,
    START,
    Model,
    disagreement,
    most_questions,
    questions,
)
from bacs_core.model import Manager, String
from bacs_core.polling.belief import Belief
from bacs_core.polling.foreign_values import Plan, Told, read_block, told_serial_number
from bacs_core.settings import Address, ManagerOptions

MARKER_EVERY_S: Final = 60.0
STEPS_PER_ROUND: Final = 32
#: A model that does not show its head in so many attempts breaks the chain.
MOST_ATTEMPTS: Final = 8
#: No battery of 512 cells needs more; a longer chain never ends.
MOST_MODELS: Final = 1200
LAST_HEADER: Final = 0x10000 - HEADER.count
_NO_MARKER: Final = "shows no SunSpec marker at 40000, 50000 or 0"


@dataclass(slots=True)
class Walk:
    """The way along one chain of models, and what was found on it.

    `next_block` is what the next step reads; `None` while there is nothing to walk. `steps` and
    `asked` keep what each job has asked, as several requests may be open at once.
    """

    manager: Manager
    address: Address
    options: ManagerOptions
    belief: Belief
    told: Told
    next_block: Block | None = None
    attempts: int = 0
    found: list[Model] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    steps: dict[int, Block] = field(default_factory=dict)
    asked: dict[int, Plan] = field(default_factory=dict)
    marker_place: int = 0
    marker_missed: int = 0
    marker_found: bool = False

    @property
    def strings(self) -> Sequence[String]:
        """The strings that the site file declares."""
        return self.manager.strings

    def jobs(self) -> list[Job]:
        """Build the jobs: the marker, the steps of the walk, and the pool of questions."""
        name = self.manager.id
        unit, turnaround_s = self.address.unit, self.address.max_turnaround_s
        return [
            Job(
                f"{name} marker",
                unit,
                self._ask_marker,
                self._deliver_marker,
                interval_s=MARKER_EVERY_S,
                urgent=self._seeks_marker,
                max_turnaround_s=turnaround_s,
            ),
            *(
                Job(
                    f"{name} model step {step}",
                    unit,
                    partial(self._ask_step, step),
                    partial(self._deliver_step, step),
                    wanted=self._is_walking,
                    max_turnaround_s=turnaround_s,
                )
                for step in range(STEPS_PER_ROUND)
            ),
            *(
                Job(
                    f"{name} model part {place}",
                    unit,
                    partial(self._ask_part, place),
                    partial(self._deliver_part, place),
                    wanted=partial(self._has_part, place),
                    max_turnaround_s=turnaround_s,
                )
                for place in range(most_questions(self.strings))
            ),
        ]

    def _ask_marker(self) -> Request:
        alive = self.belief.answers() is True
        if not alive:
            # It may be another battery when it comes back.
            self.belief.forget()
            self._read_next(None)
        if self.belief.is_doubtful() and (alive or not self.marker_found):
            # An answer resets the count: only a place that stays silent or refuses is left.
            self.marker_missed += 1
            if self.marker_missed > 1:
                self.marker_place = (self.marker_place + 1) % len(MARKER_ADDRESSES)
        return read_block(self.address.unit, START.at(MARKER_ADDRESSES[self.marker_place]))

    def _deliver_marker(self, payload: bytes, _read_at: float) -> None:
        if START.decode(payload)["marker"] != MARKER:
            self._fail(_NO_MARKER)
            return
        self.marker_missed = 0
        self.marker_found = True
        if self.belief.is_doubtful() and not self._is_walking():
            self.found = []
            self._read_next(HEADER.at(MARKER_ADDRESSES[self.marker_place] + START.count))

    def _seeks_marker(self) -> bool:
        unknown = not self.belief.is_contradicted() or self.belief.problem == _NO_MARKER
        return self.belief.is_doubtful() and unknown

    def _is_walking(self) -> bool:
        return self.next_block is not None

    def _read_next(self, block: Block | None) -> None:
        self.next_block = block
        self.attempts = 0

    def _ask_step(self, step: int) -> Request:
        block = self.next_block or START
        self.steps[step] = block
        self.attempts += 1
        if self.attempts > MOST_ATTEMPTS:
            self._fail(f"the chain of models breaks at register {block.address}")
        return read_block(self.address.unit, block)

    def _deliver_step(self, step: int, payload: bytes, _read_at: float) -> None:
        block = self.steps.pop(step)
        if block is not self.next_block:
            # Another step that was open at the same time has been here already.
            return
        values = block.decode(payload)
        model = Model(block.address, values)
        head = HEADS.get(model.id)
        if model.id == END_OF_CHAIN:
            self._finish()
        elif len(self.found) >= MOST_MODELS or model.next_address > LAST_HEADER:
            self._fail("the chain of models never ends")
        elif block.name == HEADER.name and head is not None and model.is_at_least(head):
            self._read_next(head.at(block.address))
        else:
            if block.texts:
                self._introduce(block.decode_texts(payload))
            self.found.append(model)
            self._read_next(HEADER.at(model.next_address))

    def _introduce(self, texts: dict[str, str]) -> None:
        self.told.firmware_version = texts["Vr"] or None
        self.told.serial_number = told_serial_number(texts["SN"])

    def _finish(self) -> None:
        known = [model for model in self.found if model.id in HEADS]
        problem = disagreement(known, self.strings)
        if problem is not None:
            self._fail(problem)
            return
        self.plans = [Plan.of(row) for row in questions(known, self.strings, self.options)]
        self._read_next(None)
        self.belief.judge("models", None)

    def _fail(self, problem: str) -> None:
        self._read_next(None)
        self.plans = []
        self.belief.judge("models", problem)

    def _has_part(self, place: int) -> bool:
        return place < len(self.plans) and self.belief.holds()

    def _ask_part(self, place: int) -> Request:
        self.asked[place] = self.plans[place]
        return read_block(self.address.unit, self.plans[place].question.block)

    def _deliver_part(self, place: int, payload: bytes, read_at: float) -> None:
        plan = self.asked.pop(place)
        values = plan.question.decode(payload)
        problem = plan.question.disagreement(values)
        if problem is not None:
            self._fail(problem)
        elif self.belief.holds():
            self.told.take(plan, values, read_at)
