"""Takes the answers of a foreign device apart, and puts each value where its file says.

One question of a device file becomes one job. Only declared blocks are asked for, and nothing is
ever written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, TypeVar

from bacs_core.bus.frames import Request, read_bits, read_registers
from bacs_core.bus.schedule import Job
from bacs_core.devices.panel_module import STATUS_BYPASS_ON
from bacs_core.devices.places import Place, Question, StringValue, names_of
from bacs_core.devices.ranges import range_of
from bacs_core.devices.registers import Block, Kind
from bacs_core.model import EqualizationState, Quantity
from bacs_core.polling.belief import Belief
from bacs_core.polling.image import StringImage, fresh, reading
from bacs_core.settings import Address
from bacs_core.snapshot import Reading

Key = TypeVar("Key")

#: What is asked every round, and what every minute, may be missed twice before it no longer counts.
PHASES_STALE_AFTER_S: Final = 30.0
REGISTERS_STALE_AFTER_S: Final = 150.0
#: No device file declares more beside the cells; a chain of models might.
MOST_REGISTERS: Final = 200

#: Which reading of a string's image takes which value.
READINGS: Final[dict[StringValue | Quantity, str]] = {
    StringValue.CURRENT: "current_a",
    StringValue.AC_CURRENT: "ac_current_a",
    StringValue.ROOM_TEMPERATURE: "room_temperature_c",
    StringValue.SUM_VOLTAGE: "reported_sum_voltage_v",
    StringValue.MEAN_VOLTAGE: "reported_mean_voltage_v",
    StringValue.CHARGE: "reported_charge_percent",
}


#: The largest number of 64 bits has so many.
SERIAL_NUMBER_DIGITS: Final = 20


def told_serial_number(text: str) -> int | None:
    """Read a serial number; `None` where it is none that a device could have."""
    if not text.isdecimal() or len(text) > SERIAL_NUMBER_DIGITS:
        return None
    return int(text)


@dataclass(frozen=True, slots=True)
class Beside:
    """What a device tells beside cells and strings, as far as it is fresh."""

    phases: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    registers: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Told:
    """Where the values of one device go.

    `images` has the image of each string number; `first_cell` is added to the cells of the device.
    `registers` keeps what was read beside the quantities of cells, as `block.register`; `phases`
    tells what the strings do according to the device. `bits` names the bits of those registers that
    are words of flags; `elsewhere` are those of which a string or a check tells already.
    """

    images: Mapping[int, StringImage]
    first_cell: int = 0
    serial_number: int | None = None
    firmware_version: str | None = None
    registers: dict[str, Reading] = field(default_factory=dict)
    phases: dict[tuple[int, StringValue], Reading] = field(default_factory=dict)
    bits: dict[str, Mapping[int, str]] = field(default_factory=dict)
    elsewhere: set[str] = field(default_factory=set)

    def beside(self, now: float) -> Beside:
        """Tell what is fresh at unix time `now`, in words where there are words for it."""
        phases = (
            target.value
            for (_, target), told in self.phases.items()
            if told.value and fresh(told, now, PHASES_STALE_AFTER_S)
        )
        flags: list[str] = []
        registers: dict[str, float] = {}
        for name, told in self.registers.items():
            if fresh(told, now, REGISTERS_STALE_AFTER_S) is None:
                continue
            if name in self.bits:
                flags += filter(None, names_of(self.bits[name], int(told.value)))
            elif name not in self.elsewhere and len(registers) < MOST_REGISTERS:
                registers[name] = told.value
        return Beside(tuple(dict.fromkeys(phases)), tuple(dict.fromkeys(flags)), registers)

    def shift(self, step_s: float) -> None:
        """Move all times of reading by a step of the clock; images move theirs themselves."""
        self.registers = _moved(self.registers, step_s)
        self.phases = _moved(self.phases, step_s)

    def take(self, plan: Plan, values: Mapping[str, float | None], read_at: float) -> None:
        """Store the values of one answer."""
        factors = plan.question.factors
        for string, quantity, first, places in plan.rows:
            image = self.images[string]
            taken = range_of(quantity, image.string).taken
            row = [taken(place.value(values, factors)) for place in places]
            image.put(quantity, self.first_cell + first - 1, row, read_at)
        for place in plan.others:
            self._take_other(place, place.value(values, factors), read_at)
        self.bits |= plan.bits
        self.elsewhere |= plan.elsewhere
        for name in plan.kept:
            self._keep(plan.full_name(name), values[name], read_at)

    def _take_other(self, place: Place, value: float | None, read_at: float) -> None:
        image = self.images[place.string]
        if place.target in READINGS:
            taken = range_of(place.target, image.string).taken(value)
            setattr(image, READINGS[place.target], reading(taken, read_at))
        elif place.target is StringValue.EQUALIZING:
            _report_equalization(image, value, read_at)
        elif place.target is StringValue.CELL_BYPASS:
            self._take_bypass(image, place.cell, value, read_at)
        elif isinstance(place.target, StringValue) and value is not None:
            self.phases[place.string, place.target] = Reading(value, read_at)

    def _take_bypass(
        self, image: StringImage, cell: int, value: float | None, read_at: float
    ) -> None:
        if value is None:
            return
        image.module_status[self.first_cell + cell - 1] = STATUS_BYPASS_ON if value else 0
        _report_equalization(image, float(image.module_status.any()), read_at)

    def _keep(self, name: str, value: float | None, read_at: float) -> None:
        if value is None:
            self.registers.pop(name, None)
        else:
            self.registers[name] = Reading(value, read_at)


@dataclass(frozen=True, slots=True)
class Plan:
    """A question with its places sorted once: whole rows of cells, other values, kept registers."""

    question: Question
    rows: tuple[tuple[int, Quantity, int, tuple[Place, ...]], ...]
    others: tuple[Place, ...]
    kept: tuple[str, ...]
    bits: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    elsewhere: frozenset[str] = frozenset()

    @classmethod
    def of(cls, question: Question) -> Plan:
        """Sort the places of a question."""
        others = tuple(place for place in question.places if isinstance(place.target, StringValue))
        of_cells = {
            place.register for place in question.places if isinstance(place.target, Quantity)
        }
        names = (register.name for register in question.block.registers)
        kept = tuple(name for name in names if name not in of_cells)
        plan = cls(question, tuple(_rows(question.places)), others, kept)
        bits = {plan.full_name(name): named for name, named in _bits(question)}
        elsewhere = kept if of_cells else _elsewhere(question)
        return replace(plan, bits=bits, elsewhere=frozenset(map(plan.full_name, elsewhere)))

    def full_name(self, register: str) -> str:
        """Name a register among all those of the device."""
        return f"{self.question.block.name}.{register}"


def question_job(
    owner: str, address: Address, question: Question, belief: Belief, told: Told
) -> Job:
    """Build the job of one question; `owner` names the device in the names of its jobs."""
    name = f"{owner} {question.block.name}"
    return Job(
        name=name,
        unit=address.unit,
        make=partial(_ask, address.unit, question, belief),
        deliver=partial(_deliver, Plan.of(question), name, belief, told),
        interval_s=question.interval_s,
        wanted=_always if question.checks else belief.holds,
        urgent=belief.is_doubtful if question.checks else _never,
        max_turnaround_s=address.max_turnaround_s,
    )


def question_jobs(
    owner: str, address: Address, questions: Sequence[Question], belief: Belief, told: Told
) -> list[Job]:
    """Build the jobs of all questions of a device; those with checks have to agree."""
    jobs = [question_job(owner, address, question, belief, told) for question in questions]
    belief.checks = frozenset(
        job.name for job, question in zip(jobs, questions, strict=True) if question.checks
    )
    return jobs


def read_block(unit: int, block: Block) -> Request:
    """Build the request that reads a declared block."""
    build = read_bits if block.is_of_bits else read_registers
    return build(unit, block.address, block.count, block.function)


def _ask(unit: int, question: Question, belief: Belief) -> Request:
    if question.checks:
        belief.asked()
    return read_block(unit, question.block)


def _deliver(
    plan: Plan, name: str, belief: Belief, told: Told, payload: bytes, read_at: float
) -> None:
    values = plan.question.decode(payload)
    if plan.question.checks:
        belief.judge(name, plan.question.disagreement(values))
    if belief.holds():
        told.take(plan, values, read_at)


def _rows(places: Sequence[Place]) -> Iterator[tuple[int, Quantity, int, tuple[Place, ...]]]:
    """Join the places of neighbouring cells, so that they are stored at once."""
    rows: dict[tuple[int, Quantity, int], list[Place]] = {}
    for place in sorted(places, key=lambda place: place.cell):
        if not isinstance(place.target, Quantity):
            continue
        for key, row in rows.items():
            if key[:2] == (place.string, place.target) and row[-1].cell == place.cell - 1:
                row.append(place)
                break
        else:
            rows[place.string, place.target, place.cell] = [place]
    for (string, quantity, first), row in rows.items():
        yield string, quantity, first, tuple(row)


def _bits(question: Question) -> Iterator[tuple[str, Mapping[int, str]]]:
    """Yield the registers that are flags, without those flags that mean something to a string."""
    placed = {place.register: 0 for place in question.places}
    for place in question.places:
        placed[place.register] |= place.mask or 0
    for register in question.block.registers:
        taken = placed.get(register.name, 0)
        if register.symbols is not None:
            yield (
                register.name,
                {bit: "" if bit & taken else name for bit, name in register.symbols.items()},
            )
        elif register.kind is Kind.BIT and register.name not in placed:
            yield register.name, {1: register.label}


def _elsewhere(question: Question) -> Iterator[str]:
    """Yield the registers that a place, a check or another register takes."""
    for place in question.places:
        if place.factor is None or place.factor in question.factors:
            yield place.register
    yield from (check.register for check in question.checks)
    yield from (row.power for row in question.block.registers if row.power is not None)


def _report_equalization(image: StringImage, value: float | None, read_at: float) -> None:
    if value is None:
        return
    image.reported_equalization = EqualizationState.ACTIVE if value else EqualizationState.IDLE
    image.reported_at = read_at


def _moved(readings: dict[Key, Reading], step_s: float) -> dict[Key, Reading]:
    return {key: Reading(told.value, told.read_at + step_s) for key, told in readings.items()}


def _always() -> bool:
    return True


def _never() -> bool:
    return False
