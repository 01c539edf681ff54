"""Walks every device file: what it declares is consistent and can be decoded as it says."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

from bacs_core import devices
from bacs_core.devices import example, sunspec_battery
from bacs_core.devices.catalogue import (
    DEVICES,
    MANAGER_QUESTIONS,
    MODULE_QUESTIONS,
    gives,
    refusal,
)
from bacs_core.devices.device import Device, Evidence, Role
from bacs_core.devices.places import Question
from bacs_core.devices.registers import Access, Register
from bacs_core.model import Chemistry, Quantity
from bacs_core.settings import Link, ManagerOptions, ModuleBlock
from tests.core.simulator.plants import make_string

ALL = {**DEVICES, example.NAME: example.DEVICE}
FOREIGN = {name: device for name, device in ALL.items() if device.evidence is not Evidence.OWN}
LITHIUM = make_string(4, chemistry=Chemistry.LFP, cell_voltage_v=3.2, float_voltage_v=3.4)


def registers(device: Device) -> Iterator[Register]:
    for block in device.blocks:
        yield from block.registers
    for column in device.columns:
        yield column.register


def questions(name: str) -> tuple[Question, ...]:
    if name in MODULE_QUESTIONS:
        return MODULE_QUESTIONS[name](7, make_string(4))
    if name == sunspec_battery.NAME:
        counts = {"NStr": 1.0, "Idx": 1.0, "StrIdx": 1.0, "ModIdx": 1.0, "NCell": 4.0}
        found = [
            sunspec_battery.Model(40002 + 100 * place, counts | {"ID": float(number), "L": 62.0})
            for place, number in enumerate((802, 803, 804, 805))
        ]
        return sunspec_battery.questions(found, [LITHIUM], ManagerOptions())
    ask = example.questions if name == example.NAME else MANAGER_QUESTIONS[name]
    return ask([LITHIUM], ManagerOptions())


def test_every_device_file_is_in_the_catalogue() -> None:
    found = set()
    for module in pkgutil.iter_modules(devices.__path__):
        device = getattr(
            importlib.import_module(f"bacs_core.devices.{module.name}"), "DEVICE", None
        )
        if isinstance(device, Device) and device.name != example.NAME:
            found.add(device.name)
    assert found == set(DEVICES)
    assert example.NAME not in DEVICES


@pytest.mark.parametrize("device", ALL.values(), ids=lambda device: device.name)
def test_a_device_says_what_it_is_and_where_its_map_can_be_read(device: Device) -> None:
    assert device.title
    assert device.maker
    assert device.source
    assert device.links
    assert device.blocks or device.links == (Link.SNMP,)
    assert {block.source for block in device.blocks}.isdisjoint({""})
    assert device.role in Role


@pytest.mark.parametrize("device", ALL.values(), ids=lambda device: device.name)
def test_every_register_survives_decoding_and_encoding_at_its_extremes(device: Device) -> None:
    for register in registers(device):
        low, high = register.kind.bounds
        raws = {low, high, 0, min(1, high), low if register.absent is None else register.absent}
        for raw in raws:
            words = register.kind.to_words(raw)
            assert register.kind.raw(words) == raw, register.name
            assert register.raw(register.value(raw)) == raw, register.name
        if register.absent is not None:
            assert register.value(register.absent) is None


@pytest.mark.parametrize("name", FOREIGN)
def test_nothing_of_a_foreign_device_can_be_written(name: str) -> None:
    assert FOREIGN[name].read_only
    assert {register.access for register in registers(FOREIGN[name])} <= {Access.READ}


@pytest.mark.parametrize("name", sorted(FOREIGN.keys() - {"bacs_manager_snmp"}))
def test_every_declared_quantity_comes_out_of_an_answer_and_every_place_has_its_register(
    name: str,
) -> None:
    given: set[Quantity] = set()
    for question in questions(name):
        values = question.decode(bytes(question.block.payload_bytes))
        assert {place.register for place in question.places} <= set(values)
        assert {check.register for check in question.checks} <= set(values)
        given |= {place.target for place in question.places if isinstance(place.target, Quantity)}
    assert given == set(FOREIGN[name].gives)
    assert any(question.checks for question in questions(name))


@pytest.mark.parametrize("device", DEVICES.values(), ids=lambda device: device.name)
def test_a_device_of_our_own_map_has_a_register_for_each_quantity_that_it_gives(
    device: Device,
) -> None:
    if device.evidence is Evidence.OWN:
        assert {quantity.value for quantity in device.gives} <= {
            register.name for register in registers(device)
        }


def test_a_web_manager_gives_cells_only_where_its_installer_declares_them() -> None:
    assert gives("bacs_manager") == frozenset()
    block = ModuleBlock(2000, 1, 3, {Quantity.VOLTAGE: 0}, {Quantity.VOLTAGE: 0.001})
    assert gives("bacs_manager", ManagerOptions(module_block=block)) == {Quantity.VOLTAGE}
    assert gives("panel_manager") == set(Quantity)


def test_a_device_that_can_be_anything_is_never_refused() -> None:
    assert refusal("bacs_manager", [LITHIUM, LITHIUM]) is None
    assert refusal("seplos_v3", [LITHIUM, LITHIUM]) is not None
