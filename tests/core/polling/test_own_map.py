"""Nothing of our own map is believed that does not answer the very question that was asked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from bacs_core.bus.schedule import Job
from bacs_core.model import Manager as ManagerModel, Quantity
from bacs_core.polling import current_sensor, manager, modules
from bacs_core.polling.identity import Identity
from bacs_core.polling.image import StringImage
from bacs_core.polling.modules import (
    DEAF_AFTER_HOLDS,
    THRESHOLDS_EVERY_S,
    LineModules,
    ModulePoll,
    mixed_generations,
)
from bacs_core.settings import Address
from bacs_core.simulator.addressing import Chain
from bacs_core.simulator.current_sensors import CurrentSensor
from bacs_core.simulator.managers import Manager
from bacs_core.simulator.modules import Module
from bacs_core.simulator.plant import Plant
from bacs_core.simulator.room import Room
from tests.core.polling.bench import Bench, alive, refuses
from tests.core.simulator.plants import make_block_string, make_string, plain_plant

SENSOR = 241
MANAGER = 5
READ_AT = 1_000_000.0


class Modules:
    """The modules of two strings on one line, and how the engine polls them."""

    def __init__(self) -> None:
        self.strings = (make_string(3), make_string(2, number=2))
        plant = Plant(self.strings)
        room = Room(plant, 1.0, 100.0)
        self.images = {string.key: StringImage(string) for string in self.strings}
        self.units: list[Module] = []
        self.line = LineModules()
        self.polls: dict[str, list[ModulePoll]] = {}
        chain = Chain()
        for string in self.strings:
            self.polls[string.key] = []
            for cell in range(string.cell_count):
                unit = len(self.units) + 1
                simulated = plant.strings[string.key]
                self.units.append(Module(unit, simulated, cell, 1000 + unit, room, chain))
                poll = modules.module_poll(
                    string,
                    cell,
                    Address("modules", unit),
                    self.images[string.key],
                    self.line.hold,
                )
                self.polls[string.key].append(poll)
                self.line.modules.append(poll)
        room.install(self.units)
        self.bench = Bench(self.units)
        self.jobs = modules.jobs(self.line, lambda _unit: True)

    def round(self, times: int = 1) -> None:
        """Poll everything once, with time for the hold to latch."""
        for _ in range(times):
            self.bench.poll(self.jobs[:1])
            self.bench.now += 0.1
            self.bench.poll(self.jobs[1:])
            self.bench.now += 0.9

    def job(self, name: str) -> Job:
        return next(job for job in self.jobs if job.name == name)


@pytest.fixture
def line() -> Modules:
    return Modules()


def earlier_answers(jobs: Sequence[Job], bench: Bench) -> list[tuple[Job, bytes]]:
    """Each job with an answer that an earlier request to it got."""
    bench.poll(jobs)
    return [(job, bench.ask(job.make())) for job in jobs if job.unit]


def believe_only_what_was_asked(jobs: Sequence[Job], bench: Bench) -> None:
    """A late answer, or that to another block of the device, is refused by each job."""
    earlier = earlier_answers(jobs, bench)
    for job, late in earlier:
        job.make()
        assert refuses(job.deliver, late, READ_AT), f"{job.name}: an earlier answer"
    for job, _ in earlier:
        request = job.make()
        sound = bench.ask(request)
        for bit in range(8 * len(sound)):
            changed = bytearray(sound)
            changed[bit // 8] ^= 1 << bit % 8
            assert refuses(job.deliver, bytes(changed), READ_AT), f"{job.name}: bit {bit}"
        job.deliver(sound, READ_AT)


def test_a_module_is_believed_only_where_it_answers_the_question(line: Modules) -> None:
    line.round()
    jobs = [job for job in line.jobs if job.unit == 2]
    assert len(jobs) == 4
    believe_only_what_was_asked(jobs, line.bench)


def test_an_answer_of_another_module_is_refused(line: Modules) -> None:
    for name in ("identity", "measurement", "slow values", "thresholds"):
        mine, other = line.job(f"unit 2 {name}"), line.job(f"unit 3 {name}")
        answer = line.bench.ask(other.make())
        mine.make()
        assert refuses(mine.deliver, answer, READ_AT), name


def test_a_current_sensor_is_believed_only_where_it_answers_the_question() -> None:
    string = make_string(1)
    plant = plain_plant(string)
    unit = CurrentSensor(SENSOR, plant.strings[string.key], 1, Room(plant, 1.0, 100.0))
    image = StringImage(string)
    jobs = current_sensor.jobs(Address("line", SENSOR), image, alive)
    believe_only_what_was_asked(jobs, Bench([unit]))
    assert image.current_a is not None
    assert image.current_a.read_at == READ_AT
    assert image.current_error_a is not None


class ManagerBench:
    """A manager with two strings, the second of which reaches into the second page."""

    def __init__(self) -> None:
        self.strings = (make_block_string(110, number=1), make_block_string(20, number=2))
        plant = Plant(self.strings)
        self.room = Room(plant, 1.0, 100.0)
        simulated = [plant.strings[string.key] for string in self.strings]
        self.unit = Manager(MANAGER, simulated, 4711, self.room, 100.0)
        self.room.install([self.unit])
        model = ManagerModel("ups", "UPS", "panel_manager", self.strings)
        self.images = {string.key: StringImage(string) for string in self.strings}
        self.identity = manager.identity_of(model, MANAGER)
        self.jobs = manager.jobs(model, self.images, self.identity, alive)
        self.bench = Bench([self.unit])


def test_a_manager_is_believed_only_where_it_answers_the_question() -> None:
    room = ManagerBench()
    believe_only_what_was_asked(room.jobs, room.bench)


def test_values_of_a_manager_are_as_old_as_it_says() -> None:
    room = ManagerBench()
    room.bench.now = 100.7
    room.bench.poll(room.jobs)
    for key in room.images:
        column = room.images[key].freeze(room.bench.now).columns[Quantity.VOLTAGE]
        assert np.isfinite(column.values).all()
        np.testing.assert_allclose(column.read_at, 100.0, atol=1e-6)


def test_no_two_requests_in_a_row_to_a_unit_look_alike(line: Modules) -> None:
    line.round()
    asked = [
        line.job(f"unit 1 {name}").make().pdu[1:3]
        for name in ("measurement", "measurement", "slow values", "slow values", "identity")
    ]
    counters = [address[0] >> 5 for address in asked]
    assert all(after == (before + 1) % 8 for before, after in pairwise(counters))


def test_modules_of_two_generations_on_a_line_are_reported_for_all_its_strings(
    line: Modules,
) -> None:
    line.round()
    assert mixed_generations(line.polls) == frozenset()
    line.units[4].plate.generation = 3
    line.round()
    assert mixed_generations(line.polls) == {"telecom/1", "telecom/2"}
    problem = line.polls["telecom/2"][1].identity.problem
    assert problem == "unit 5: hardware generation is 3, the site file says 4"


def test_generations_must_not_be_mixed_even_where_the_site_file_says_so(line: Modules) -> None:
    line.polls["telecom/2"][1].identity.expected = {}
    line.units[4].plate.generation = 3
    line.round()
    assert line.polls["telecom/2"][1].identity.is_believed()
    assert mixed_generations(line.polls) == {"telecom/1", "telecom/2"}


def test_a_module_of_another_type_is_reported_like_another_generation(line: Modules) -> None:
    line.units[0].plate.module_type = "C24"
    line.round()
    assert mixed_generations(line.polls) == {"telecom/1", "telecom/2"}


def test_a_module_that_was_taken_away_mixes_nothing(line: Modules) -> None:
    line.units[4].plate.generation = 3
    line.round()
    line.line.modules[4].identity.answers = lambda: False
    assert mixed_generations(line.polls) == frozenset()


def test_a_module_that_hears_no_broadcast_is_noticed(line: Modules) -> None:
    line.round(2)
    assert not any(poll.is_deaf for poll in line.line.modules)
    line.units[1].hear = lambda *_: None  # type: ignore[method-assign]
    line.bench.now += 30.0
    line.units[1].act(line.bench.now)
    line.round(DEAF_AFTER_HOLDS - 1)
    assert not line.line.modules[1].is_deaf
    line.round()
    assert [poll.is_deaf for poll in line.line.modules] == [False, True, False, False, False]
    del line.units[1].hear
    line.round()
    assert not line.line.modules[1].is_deaf


def test_a_device_with_another_serial_number_than_the_confirmed_one_is_not_believed(
    line: Modules,
) -> None:
    identity = line.polls["telecom/1"][1].identity
    identity.pin(1002)
    line.round()
    assert identity.is_believed()
    line.units[1].plate.serial_number = 4711
    line.round()
    assert identity.problem == (
        "unit 2: another device (serial 4711) answers, 1002 was confirmed here: confirm it"
    )
    identity.pin(4711)
    assert identity.is_believed()
    identity.pin(1002)
    assert not identity.is_believed()
    identity.pin(None)
    assert identity.is_believed()


def test_thresholds_are_read_once_and_then_seldom(line: Modules) -> None:
    line.round()
    assert not any(poll.wants_thresholds() for poll in line.line.modules)
    thresholds = line.images["telecom/1"].thresholds.values
    assert thresholds[0] == {
        "module_temperature_high_c": 70.0,
        "bypass_voltage_low_v": 1.8,
        "sleep_after_s": 900.0,
    }
    line.bench.now += THRESHOLDS_EVERY_S
    line.bench.poll([job for job in line.jobs if "thresholds" not in job.name])
    assert all(poll.wants_thresholds() for poll in line.line.modules)


def test_a_module_that_was_away_shows_its_thresholds_anew(line: Modules) -> None:
    line.round()
    poll, unit = line.line.modules[0], line.units[0]
    line.units[0].voltage_low_v = 2.3
    poll.identity.answers = lambda: False
    line.job("unit 1 identity").make()
    poll.identity.answers = alive
    assert not poll.wants_thresholds()
    line.bench.poll([line.job("unit 1 identity")])
    assert poll.wants_thresholds()
    # What the module before it kept says nothing about this one.
    assert poll.threshold_doubt() is None
    line.bench.poll([line.job("unit 1 thresholds")])
    assert unit.voltage_low_v == 2.3
    assert poll.threshold_doubt() == (
        "no bypass below 2.3 V, but the string floats at 2.27 V: it is never equalized"
    )
    assert poll.identity.is_believed()


def test_a_pin_changes_nothing_about_a_device_that_is_not_the_promised_one() -> None:
    identity = Identity(7, 1, answers=alive)
    identity.pin(None)
    assert identity.problem == "has not answered yet"


def test_the_number_of_a_hold_is_never_the_0_of_a_module_that_heard_none() -> None:
    hold = modules.HoldCounter(254)
    numbers = []
    for _ in range(3):
        hold.request()
        numbers.append(hold.sequence)
    assert numbers == [255, 1, 2]
