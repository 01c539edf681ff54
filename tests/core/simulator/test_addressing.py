"""Simulated modules are given addresses along the chain, by button, or one by one."""

from __future__ import annotations

import pytest

from bacs_core.devices.panel_map import ADDRESSING_UNIT, IDENTITY
from bacs_core.devices.panel_module import (
    ADDRESSING_AUTOMATIC,
    ADDRESSING_CLOSED,
    ADDRESSING_MANUAL,
    ASSIGN,
    READDRESS,
)
from bacs_core.simulator.modules import Module
from bacs_core.simulator.served import ILLEGAL_ADDRESS, ILLEGAL_VALUE, RequestRefusedError
from tests.core.simulator.plants import make_string, plain_plant
from tests.core.simulator.still_room import ModuleRoom, read, write

STRING = make_string(3)


@pytest.fixture
def room() -> ModuleRoom:
    return ModuleRoom(plain_plant(STRING), STRING)


def in_turn(room: ModuleRoom) -> list[Module]:
    return [module for module in room.modules if ADDRESSING_UNIT in module.addresses]


def assign(module: Module, unit: int, serial_number: float | None = None) -> None:
    serial = read(module, IDENTITY, 101.0)["serial_number"]
    write(module, ASSIGN, 101.0, {"serial_number": serial_number or serial, "unit_address": unit})


def test_automatic_addressing_goes_along_the_chain(room: ModuleRoom) -> None:
    room.addressing(100.0, ADDRESSING_AUTOMATIC)
    for place, module in enumerate(room.modules):
        assert in_turn(room) == [module]
        assert all(later.addresses == frozenset() for later in room.modules[place + 1 :])
        identity = read(module, IDENTITY, 101.0)
        assert identity["serial_number"] == 1000 + place
        assert identity["unit_address"] == place + 1, "its old one"
        assign(module, 101 + place)
        assert module.addresses == {101 + place}
    room.addressing(102.0, ADDRESSING_CLOSED)
    assert [module.addresses for module in room.modules] == [{101}, {102}, {103}]


def test_manual_addressing_takes_the_module_whose_button_is_pressed(room: ModuleRoom) -> None:
    room.addressing(100.0, ADDRESSING_MANUAL)
    assert in_turn(room) == []
    room.modules[1].press_button()
    assert in_turn(room) == [room.modules[1]]
    assert room.modules[0].addresses == {1}, "the others go on answering"
    assign(room.modules[1], 77)
    assert [module.addresses for module in room.modules] == [{1}, {77}, {3}]


def test_a_button_means_nothing_while_addressing_is_closed(room: ModuleRoom) -> None:
    room.modules[1].press_button()
    assert room.modules[1].addresses == {2}
    room.addressing(100.0, ADDRESSING_MANUAL)
    assert in_turn(room) == []


def test_addressing_ends_by_itself_and_leaves_the_old_addresses(room: ModuleRoom) -> None:
    room.bypass(99.0, {1: 50.0}, lease_s=600.0)
    room.addressing(100.0, ADDRESSING_AUTOMATIC, duration_s=60.0)
    assert room.conducted_a(100.1)[0] == 0, "no bypass meanwhile"
    room.room.advance_to(159.0)
    assert in_turn(room) == [room.modules[0]]
    room.room.advance_to(160.0)
    assert [module.addresses for module in room.modules] == [{1}, {2}, {3}]


def test_a_module_that_did_not_hear_the_opening_stops_the_chain(room: ModuleRoom) -> None:
    room.modules[1].fall_asleep()
    room.addressing(100.0, ADDRESSING_AUTOMATIC)
    assign(room.modules[0], 101)
    assert in_turn(room) == []
    assert room.modules[2].addresses == frozenset()


@pytest.mark.parametrize(("serial_number", "unit"), [(999, 5), (None, 0), (None, 241)])
def test_a_wrong_serial_number_or_address_is_refused(
    room: ModuleRoom, serial_number: float | None, unit: int
) -> None:
    room.addressing(100.0, ADDRESSING_AUTOMATIC)
    with pytest.raises(RequestRefusedError) as refused:
        assign(room.modules[0], unit, serial_number)
    assert refused.value.code == ILLEGAL_VALUE
    assert in_turn(room) == [room.modules[0]]


def test_a_known_module_can_be_given_another_address_at_any_time(room: ModuleRoom) -> None:
    write(room.modules[2], READDRESS, 100.0, {"serial_number": 1002, "unit_address": 30})
    assert room.modules[2].addresses == {30}
    assert read(room.modules[2], IDENTITY, 100.0)["unit_address"] == 30
    with pytest.raises(RequestRefusedError) as refused:
        write(room.modules[2], ASSIGN, 100.0, {"serial_number": 1002, "unit_address": 31})
    assert refused.value.code == ILLEGAL_ADDRESS, "not its turn"
