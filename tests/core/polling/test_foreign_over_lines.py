"""Every kind of device on a real pseudo-terminal or socket, read once from end to end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from bacs_core.bus.frames import read_registers
from bacs_core.bus.owners import owner_for
from bacs_core.bus.schedule import Job
from bacs_core.devices import example
from bacs_core.devices.catalogue import DEVICES, MANAGER_QUESTIONS, MODULE_QUESTIONS
from bacs_core.devices.device import Device, Evidence
from bacs_core.devices.guard import Guard
from bacs_core.devices.registers import Block
from bacs_core.model import Manager as ManagerModel, Quantity
from bacs_core.polling.foreign import manager_jobs, module_jobs
from bacs_core.polling.image import StringImage
from bacs_core.settings import Address, Line, Link
from bacs_core.simulator.building import PlantOptions
from bacs_core.simulator.current_sensors import CurrentSensor
from bacs_core.simulator.environment_sensors import EnvironmentSensor
from bacs_core.simulator.foreign import foreign_module, foreign_unit
from bacs_core.simulator.gateway import Gateway
from bacs_core.simulator.line import VirtualLine
from bacs_core.simulator.managers import Manager
from bacs_core.simulator.modules import Module
from bacs_core.simulator.plant import Plant
from bacs_core.simulator.port import VirtualPort
from bacs_core.simulator.relay_boxes import RelayBox
from bacs_core.simulator.room import Room
from bacs_core.simulator.sensors import IDEAL
from bacs_core.simulator.served import Unit
from bacs_core.simulator.string_view import SimulatedString
from bacs_core.simulator.tcp_front import TcpFront
from tests.core.polling.foreign_plants import SCALES, STRINGS, UNIT, lead_strings
from tests.core.simulator.plants import make_line

#: A guard only: nothing here takes so long.
PATIENCE_S = 60.0
OWN = [name for name, device in DEVICES.items() if device.evidence is Evidence.OWN]
FOREIGN = [
    *(name for name in DEVICES if name not in OWN and Link.SERIAL in DEVICES[name].links),
    example.NAME,
]


def own_unit(name: str, simulated: SimulatedString, room: Room, now: float) -> Unit:
    makers: dict[str, Callable[[], Unit]] = {
        "panel_manager": lambda: Manager(UNIT, [simulated], 1, room, now),
        "panel_module": lambda: Module(UNIT, simulated, 0, 1, room),
        "panel_current_sensor": lambda: CurrentSensor(UNIT, simulated, 1, room),
        "panel_relay_box": lambda: RelayBox(UNIT, 1, room),
        "panel_environment_sensor": lambda: EnvironmentSensor(UNIT, lambda: 20.0, 1, room),
    }
    return makers[name]()


def served(link: Link, folder: Path, units: Sequence[Unit]) -> tuple[Line, VirtualPort | TcpFront]:
    """Put `units` on a pseudo-terminal, or behind a Modbus TCP gateway."""
    lock = threading.RLock()
    random = np.random.default_rng(1)
    if link is Link.SERIAL:
        line = replace(make_line("line"), port=str(folder / "line"))
        virtual = VirtualLine(line, units, turnaround_s=0.001, random=random)
        return line, VirtualPort(virtual, folder / "line", lock)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    line = replace(make_line("line"), port=f"127.0.0.1:{port}", link=link, in_flight=4)
    return line, TcpFront(Gateway(line, units, turnaround_s=0.001, random=random), port, lock)


async def until_read(
    served_by: tuple[Line, VirtualPort | TcpFront], jobs: Sequence[Job], done: Callable[[], bool]
) -> None:
    """Poll `jobs` until `done`."""
    line, port = served_by
    port.start()
    owner = owner_for(line, jobs, time.time)
    holder.append(owner.has_answered)
    running = asyncio.ensure_future(owner.run())
    try:
        give_up_at = time.monotonic() + PATIENCE_S
        while not done():
            assert not running.done()
            assert time.monotonic() < give_up_at, owner.message
            await asyncio.sleep(0.02)
    finally:
        holder.clear()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        port.stop()


#: Jobs are built before the owner that can tell who answers.
holder: list[Callable[[int], bool | None]] = []


def answers(unit: int) -> bool | None:
    return holder[0](unit) if holder else None


def read_job(block: Block, seen: set[str]) -> Job:
    def deliver(payload: bytes, _read_at: float) -> None:
        assert block.decode(payload, unit=UNIT)
        seen.add(block.name)

    return Job(block.name, UNIT, partial(read_registers, UNIT, block.address, block.count), deliver)


@pytest.mark.parametrize("name", OWN)
async def test_a_device_of_our_own_map_serves_every_block_that_it_declares(
    name: str, tmp_path: Path
) -> None:
    device: Device = DEVICES[name]
    string = lead_strings(3)[0]
    plant = Plant([string], PlantOptions(tolerances=IDEAL))
    now = time.monotonic()
    room = Room(plant, 1.0, now)
    unit = own_unit(name, plant.strings[string.key], room, now)
    room.install([unit])
    blocks = [block for block in device.blocks if block.guard is Guard.ANSWER]
    seen: set[str] = set()
    jobs = [read_job(block, seen) for block in blocks]
    served_by = served(Link.SERIAL, tmp_path, [unit])
    await until_read(served_by, jobs, lambda: len(seen) == len(blocks))


@pytest.mark.parametrize(
    ("name", "link"),
    [
        *((name, Link.SERIAL) for name in FOREIGN),
        ("bacs_manager", Link.MODBUS_TCP),
        ("sunspec_803", Link.MODBUS_TCP),
    ],
)
async def test_a_foreign_device_gives_each_of_its_quantities_over_a_line(
    name: str, link: Link, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MANAGER_QUESTIONS, example.NAME, example.questions)
    device = {**DEVICES, example.NAME: example.DEVICE}[name]
    strings = STRINGS.get(name, lead_strings(4))
    plant = Plant(strings, PlantOptions(tolerances=IDEAL))
    room = Room(plant, 1.0, time.monotonic())
    simulated = [plant.strings[string.key] for string in strings]
    images = {string.key: StringImage(string) for string in strings}
    units: list[Unit]
    is_module = name in MODULE_QUESTIONS
    if is_module:
        addresses = [Address("line", unit) for unit in range(1, strings[0].cell_count + 1)]
        units = [
            foreign_module(name, address.unit, simulated[0], cell, room)
            for cell, address in enumerate(addresses)
        ]
        jobs = module_jobs(strings[0], addresses, name, images[strings[0].key], answers)
    else:
        units = [foreign_unit(name, UNIT, simulated, room, SCALES)]
        manager = ManagerModel("ups", "UPS", name, strings)
        jobs = manager_jobs(
            manager, Address("line", UNIT), images, SCALES, lambda: answers(UNIT)
        ).jobs
    room.install(units)

    def complete() -> bool:
        readings = [image.freeze(time.time()) for image in images.values()]
        cells = all(
            np.isfinite(read.columns[quantity].values).all()
            for read in readings
            for quantity in device.gives
        )
        return cells and (is_module or all(read.current_a is not None for read in readings))

    await until_read(served(link, tmp_path, units), jobs, complete)
    for string in strings:
        read = images[string.key].freeze(time.time()).columns[Quantity.VOLTAGE].values
        if Quantity.VOLTAGE in device.gives:
            assert read == pytest.approx(plant.truth(string.key).voltage_v, abs=2e-3)
