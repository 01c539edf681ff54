"""Strings and simulated units of devices of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bacs_core.devices import (
    bacs_manager,
    huasu_cellcheck_tv,
    seplos_v3,
    sunspec_battery,
)
from bacs_core.model import Chemistry, EqualizedBy, Manager, String
from bacs_core.polling.foreign import ForeignManager, manager_jobs
from bacs_core.polling.image import StringImage
from bacs_core.settings import Address, ManagerOptions
from bacs_core.simulator.building import PlantOptions
from bacs_core.simulator.foreign import foreign_unit
from bacs_core.simulator.plant import Plant
from bacs_core.simulator.room import Room
from bacs_core.simulator.sensors import IDEAL
from tests.core.polling.by_hand import START, HandLine
from tests.core.simulator.plants import make_string

UNIT = 5
SCALES = ManagerOptions(current_scale_a=0.1, voltage_scale_v=0.1)


def lead_strings(*cells: int) -> tuple[String, ...]:
    first = 1
    strings = []
    for number, count in enumerate(cells, start=1):
        strings.append(
            make_string(
                count,
                manager_id="ups",
                number=number,
                equalized_by=EqualizedBy.MANAGER,
                first_cell=first,
            )
        )
        first += count
    return tuple(strings)


def lithium_strings(*cells: int) -> tuple[String, ...]:
    return tuple(
        make_string(
            count,
            manager_id="ups",
            number=number,
            chemistry=Chemistry.LFP,
            cell_voltage_v=3.2,
            float_voltage_v=3.4,
            capacity_ah=100.0,
            equalized_by=EqualizedBy.MANAGER,
        )
        for number, count in enumerate(cells, start=1)
    )


STRINGS = {
    bacs_manager.NAME: lead_strings(6, 4),
    huasu_cellcheck_tv.NAME: lead_strings(3),
    seplos_v3.NAME: lithium_strings(16),
    sunspec_battery.NAME: lithium_strings(24, 24),
}


@dataclass
class ForeignPlant:
    """A simulated foreign manager, the jobs that read it, and what they found."""

    plant: Plant
    images: dict[str, StringImage]
    line: HandLine
    foreign: ForeignManager

    def image(self, number: int = 1) -> StringImage:
        return self.images[f"ups/{number}"]


def foreign_plant(
    device_name: str,
    strings: Sequence[String] | None = None,
    options: ManagerOptions = SCALES,
    *,
    served: ManagerOptions | None = None,
    claimed: Sequence[String] | None = None,
) -> ForeignPlant:
    """Join a simulated manager with its jobs; `claimed` is what the site file says it has."""
    strings = STRINGS[device_name] if strings is None else strings
    claimed = strings if claimed is None else claimed
    plant = Plant(strings, PlantOptions(tolerances=IDEAL))
    room = Room(plant, 1.0, START)
    simulated = [plant.strings[string.key] for string in strings]
    unit = foreign_unit(device_name, UNIT, simulated, room, served or options)
    room.install([unit])
    line = HandLine([unit])
    images = {string.key: StringImage(string) for string in claimed}
    manager = Manager("ups", "UPS", device_name, tuple(claimed))
    foreign = manager_jobs(
        manager, Address("line", UNIT), images, options, lambda: line.answers(UNIT)
    )
    line.jobs = foreign.jobs
    return ForeignPlant(plant, images, line, foreign)
