"""Who is believed from then on, and what happens when somebody else answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from bacs_core.commissioning import pins
from bacs_core.commissioning.familiar import Familiar
from bacs_core.devices.panel_map import IDENTITY, KIND_MODULE, MAP_ID, MAP_VERSION
from bacs_core.errors import RefusedError
from bacs_core.model import Manager, Site
from bacs_core.polling.identity import Identity
from tests.core.equalization.build import a_string

STRING = a_string(3)
KEY = STRING.key
SITE = Site("Test", (Manager(STRING.manager_id, "Room", "engine", (STRING,)),))


@dataclass
class Plant:
    """Three modules, a sensor and an accessory that answer with the serial numbers they have."""

    kept: list[Mapping[str, int]] = field(default_factory=list)
    alive: dict[str, bool | None] = field(default_factory=dict)
    identities: dict[str, Identity] = field(default_factory=dict)

    def __post_init__(self) -> None:
        places = [pins.cell(KEY, cell) for cell in (1, 2, 3)]
        places += [pins.sensor(KEY), pins.accessory("box")]
        for unit, place in enumerate(places, start=1):
            self.alive[place] = True
            identity = Identity(unit, KIND_MODULE)
            identity.answers = lambda place=place: self.alive[place]
            self.identities[place] = identity
        self.familiar = self.restarted()

    def restarted(self) -> Familiar:
        return Familiar(SITE, self.identities, {"box": "rack"}, self.kept.append)

    def show(self, serials: Mapping[str, int]) -> None:
        for place, serial in serials.items():
            identity = self.identities[place]
            values = {
                "map_id": MAP_ID,
                "map_version": MAP_VERSION,
                "device_kind": KIND_MODULE,
                "serial_number": serial,
                "unit_address": identity.unit,
            }
            zeros = {register.name: 0 for register in IDENTITY.registers}
            identity.request()
            asked = identity._question.asked
            payload = IDENTITY.encode(zeros | values, unit=identity.unit, asked=asked)
            identity.deliver(payload, 0.0)
        self.familiar.follow()

    def believed(self) -> list[bool]:
        return [identity.is_believed() for identity in self.identities.values()]


FIRST = {
    pins.cell(KEY, 1): 101,
    pins.cell(KEY, 2): 102,
    pins.cell(KEY, 3): 103,
    pins.sensor(KEY): 900,
    pins.accessory("box"): 800,
}
SWAPPED = {place: serial + 5000 for place, serial in FIRST.items()}


@pytest.fixture
def plant() -> Plant:
    plant = Plant()
    plant.show(FIRST)
    return plant


def test_the_first_that_is_believed_is_remembered(plant: Plant) -> None:
    assert plant.kept[-1] == FIRST
    assert all(plant.believed())
    plant.familiar.follow()
    assert len(plant.kept) == 1


def test_another_serial_number_is_not_believed_from_the_first_answer_on(plant: Plant) -> None:
    plant.show(SWAPPED)
    assert not any(plant.believed())
    told = plant.familiar.strangers()
    assert told.cells == {KEY: (0, 1, 2)}
    assert told.sensors == {KEY}
    assert told.accessories == {"rack": ("box",)}
    assert plant.familiar.notes() == {
        ("devices_exchanged", KEY): "cells 1-3, current sensor",
        ("accessories_exchanged", "rack"): "box",
    }
    assert plant.kept == [FIRST]


def test_who_comes_back_is_believed_again_without_anybody(plant: Plant) -> None:
    plant.show(SWAPPED)
    plant.show(FIRST)
    assert all(plant.believed())
    assert plant.familiar.strangers().cells == {}


def test_memory_outlives_a_restart(plant: Plant) -> None:
    plant.familiar = plant.restarted()
    assert plant.familiar.restore(dict(plant.kept[-1])) is None
    plant.show(SWAPPED)
    assert not any(plant.believed())


def test_damaged_memory_believes_the_next_that_answer_and_says_so(plant: Plant) -> None:
    plant.familiar = plant.restarted()
    assert "forgotten" in (plant.familiar.restore("damaged") or "")
    plant.show(SWAPPED)
    assert all(plant.believed())


def test_a_technician_confirms_those_of_one_string(plant: Plant) -> None:
    plant.show(SWAPPED)
    assert plant.familiar.confirm(KEY) == 4
    assert plant.believed() == [True, True, True, True, False]
    assert plant.kept[-1] == SWAPPED | {pins.accessory("box"): 800}
    assert plant.familiar.confirm("all") == 1
    assert all(plant.believed())
    plant.show(FIRST)
    assert not any(plant.believed())


@pytest.mark.parametrize(("key", "code"), [("no/1", "unknown_device"), (KEY, "nothing_to_confirm")])
def test_what_is_not_there_cannot_be_confirmed(plant: Plant, key: str, code: str) -> None:
    with pytest.raises(RefusedError) as refused:
        plant.familiar.confirm(key)
    assert refused.value.code == code


def test_nobody_becomes_familiar_while_a_line_is_lent(plant: Plant) -> None:
    plant.show(SWAPPED)
    for place in plant.alive:
        plant.alive[place] = None
    plant.familiar.follow()
    assert plant.familiar.strangers().cells == {KEY: (0, 1, 2)}


def test_a_stranger_that_is_silent_is_no_stranger_any_more(plant: Plant) -> None:
    plant.show({pins.cell(KEY, 2): 5102})
    assert plant.familiar.strangers().cells == {KEY: (1,)}
    plant.alive[pins.cell(KEY, 2)] = False
    plant.familiar.follow()
    assert plant.familiar.strangers().cells == {}
