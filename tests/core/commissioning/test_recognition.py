"""Who a unit is, asked of simulated devices and of made-up foreign ones."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bacs_core.commissioning.probes import PROBES
from bacs_core.commissioning.recognition import SEVERAL, UNKNOWN, Ear
from bacs_core.commissioning.scan import Speed
from bacs_core.devices import bacs_manager, huasu_cellcheck_tv, seplos_v3, sunspec_battery
from bacs_core.devices.registers import Block
from bacs_core.model import MAX_STRINGS_PER_MANAGER
from bacs_core.settings import Parity
from bacs_core.simulator.served import ILLEGAL_ADDRESS, NEVER, RequestRefusedError
from tests.core.commissioning.pair import SPEED, Pair, hurried, modules_of, simulated

TURNAROUND_S = 0.05


@dataclass
class Foreign:
    """A device that answers exactly these reads, by function, address and count."""

    unit: int
    answers: dict[tuple[int, int, int], bytes] = field(default_factory=dict)
    mute: bool = False
    next_event_s: float = NEVER

    def serve(self, block: Block, values: dict[str, float]) -> Foreign:
        known = {register.name: 0.0 for register in block.registers} | values
        asked = (block.function, block.address, block.count)
        self.answers[asked] = block.encode(known)
        return self

    @property
    def addresses(self) -> frozenset[int]:
        return frozenset({self.unit})

    def act(self, now: float) -> None: ...

    def sense(self, now: float) -> None: ...

    def hear(self, address: int, payload: bytes, now: float) -> None: ...

    def read(self, function: int, address: int, count: int, now: float) -> bytes:
        if (function, address, count) in self.answers:
            return self.answers[function, address, count]
        raise RequestRefusedError(ILLEGAL_ADDRESS)

    def write(self, address: int, payload: bytes, now: float) -> None:
        pytest.fail("recognition writes nothing")


def look(pair: Pair, unit: int, speed: Speed = SPEED) -> object:
    return hurried(Ear(pair, TURNAROUND_S).look(unit, speed))


HUASU = (
    Foreign(7)
    .serve(huasu_cellcheck_tv.ADDRESS, {"unit_address": 7})
    .serve(huasu_cellcheck_tv.MODULE_TYPE, {"nominal_voltage_v": 12})
)
SEPLOS = (
    Foreign(7)
    .serve(seplos_v3.CELL_COUNT, {"cell_count": 16})
    .serve(seplos_v3.PACK, {"charge_percent": 80, "mean_voltage_v": 3.3})
)
BACS = Foreign(7).serve(
    bacs_manager.GENERAL, {"general_status": 0x41, "string_count": 2, "module_count": 48}
)
SUNSPEC = Foreign(7).serve(sunspec_battery.START, {"marker": sunspec_battery.MARKER})


def test_a_module_tells_type_generation_serial_number_and_firmware(tmp_path: Path) -> None:
    pair, devices = simulated(tmp_path)
    found = hurried(Ear(pair, TURNAROUND_S).look(2, SPEED))
    assert found is not None
    assert found.device == "panel_module"
    assert found.serial_number == modules_of(devices)[1].plate.serial_number
    assert (found.module_type, found.hardware_generation) == ("C44", 4)
    assert found.firmware_version == "2.0"


def test_a_manager_tells_the_cells_of_its_strings(tmp_path: Path) -> None:
    pair, _ = simulated(tmp_path)
    found = hurried(Ear(pair, TURNAROUND_S).look(242, SPEED))
    assert found is not None
    assert (found.device, found.string_cells) == ("panel_manager", (6,))


def test_nobody_is_nobody(tmp_path: Path) -> None:
    pair, _ = simulated(tmp_path)
    assert look(pair, 99) is None


def test_two_devices_at_one_address_are_told_as_such(tmp_path: Path) -> None:
    pair, devices = simulated(tmp_path)
    modules_of(devices)[0].unit = 2
    found = hurried(Ear(pair, TURNAROUND_S).look(2, SPEED))
    assert found is not None
    assert (found.title, found.device) == (SEVERAL, None)


@pytest.mark.parametrize(
    ("device", "name", "cells"),
    [
        (HUASU, "huasu_cellcheck_tv", (None,)),
        (SEPLOS, "seplos_v3", (16,)),
        (BACS, "bacs_manager", (None, None)),
        (SUNSPEC, "sunspec_803", (None,)),
    ],
)
def test_a_foreign_device_is_known_by_its_marks(
    device: Foreign, name: str, cells: tuple[int | None, ...]
) -> None:
    found = hurried(Ear(Pair([device]), TURNAROUND_S).look(7, SPEED))
    assert found is not None
    assert (found.device, found.string_cells) == (name, cells)


@pytest.mark.parametrize(
    "device",
    [
        Foreign(7),
        Foreign(7)
        .serve(huasu_cellcheck_tv.ADDRESS, {"unit_address": 8})
        .serve(huasu_cellcheck_tv.MODULE_TYPE, {"nominal_voltage_v": 12}),
        Foreign(7)
        .serve(huasu_cellcheck_tv.ADDRESS, {"unit_address": 7})
        .serve(huasu_cellcheck_tv.MODULE_TYPE, {"nominal_voltage_v": 5}),
        Foreign(7).serve(
            bacs_manager.GENERAL, {"general_status": 0x8000, "string_count": 2, "module_count": 9}
        ),
        Foreign(7).serve(
            bacs_manager.GENERAL, {"general_status": 1, "string_count": 0, "module_count": 9}
        ),
    ],
)
def test_what_does_not_fit_entirely_stays_unknown(device: Foreign) -> None:
    found = hurried(Ear(Pair([device]), TURNAROUND_S).look(7, SPEED))
    assert found is not None
    assert (found.device, found.title) == (None, UNKNOWN)


class Reserved(Foreign):
    """Keeps silent to whatever it does not know."""

    def knows(self, function: int, address: int, count: int) -> bool:
        return (function, address, count) in self.answers


class ReservedPair(Pair):
    async def ask(self, request: object, max_turnaround_s: float | None = None) -> bytes:
        pdu: bytes = request.pdu  # type: ignore[attr-defined]
        asked = pdu[0], int.from_bytes(pdu[1:3], "big"), int.from_bytes(pdu[3:5], "big")
        device = self.units[0]
        assert isinstance(device, Reserved)
        if not device.knows(*asked):
            await self._silence(max_turnaround_s)
        return await super().ask(request, max_turnaround_s)  # type: ignore[arg-type]


def test_a_pack_that_keeps_silent_to_unknown_questions_is_found_at_its_own_speed() -> None:
    device = Reserved(7, dict(SEPLOS.answers))
    speed = Speed(19200, Parity.NONE)
    pair = ReservedPair([device], speed, present_speed=speed)
    found = hurried(Ear(pair, TURNAROUND_S).look(7, speed))
    assert found is not None
    assert found.device == "seplos_v3"
    other = Speed(9600, Parity.NONE)
    pair = ReservedPair([device], other, present_speed=other)
    assert hurried(Ear(pair, TURNAROUND_S).look(7, other)) is None


def test_every_probe_asks_for_registers_of_its_own_declaration_only() -> None:
    for probe in PROBES:
        assert probe.asks
        for ask in probe.asks:
            names = {register.name for register in ask.block.registers}
            assert {expect.register for expect in ask.expects} <= names
            assert ask.block.function in (3, 4)


def test_a_lost_port_ends_the_look() -> None:
    from bacs_core.errors import PortGoneError

    class Gone(Pair):
        async def ask(self, request: object, max_turnaround_s: float | None = None) -> bytes:
            await asyncio.sleep(0)
            raise PortGoneError("port is gone")

    with pytest.raises(PortGoneError):
        look(Gone([]), 1)


def test_nobody_is_asked_for_more_strings_than_there_can_be() -> None:
    pair = Pair([])
    assert len(hurried(Ear(pair, TURNAROUND_S)._strings(5, 65535))) == MAX_STRINGS_PER_MANAGER
    assert len(pair.asked) == MAX_STRINGS_PER_MANAGER
