"""Builds, for a whole site, one owner per line with the jobs of every device on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Protocol

from bacs_core.bus.owner import Owner
from bacs_core.bus.owners import owner_for
from bacs_core.bus.schedule import Job
from bacs_core.devices import panel_manager
from bacs_core.model import Manager, String
from bacs_core.polling import accessories, current_sensor, foreign, manager, modules
from bacs_core.polling.accessories import AccessoryImage
from bacs_core.polling.belief import Belief
from bacs_core.polling.foreign import ForeignManager
from bacs_core.polling.foreign_values import Beside
from bacs_core.polling.identity import Identity
from bacs_core.polling.image import StringImage
from bacs_core.polling.modules import LineModules, ModulePoll
from bacs_core.reasons import reason
from bacs_core.settings import Address, Line, Link, Settings
from bacs_core.snapshot import AccessorySnapshot, Doubt, Doubts, LineSnapshot, ManagerSnapshot
from bacs_core.snmp.owner import SnmpOwner

Jobs = dict[str, list[Job]]

#: Nobody reads more; the count tells of the others.
DOUBTS_TOLD: Final = 5
REMARKS_TOLD: Final = 3
UNVERIFIED: Final = reason("unverified")


class Doubtful(Protocol):
    """A device that may be contradicted by what it shows."""

    @property
    def problem(self) -> str | None:
        """Why it is not believed."""

    def is_contradicted(self) -> bool:
        """Whether it answers, but is not what the site file says."""


class Shown(Doubtful, Protocol):
    """A device that has to show who it is before it is believed."""

    @property
    def serial_number(self) -> int | None:
        """Its serial number, as far as it tells one."""

    @property
    def firmware_version(self) -> str | None:
        """Its firmware version, as far as it tells one."""

    def is_believed(self) -> bool:
        """Whether its values count."""


@dataclass(slots=True)
class Wiring:
    """A site as it hangs on its lines.

    `identities` has the managers and `sensors` the current sensors of our own map, `modules` the
    polled modules of our own map of each string, in cell order; `foreign` has the managers of
    others, `beliefs` what each foreign module has shown, by string key and cell counted from 0.
    `line_of` names the line of each manager id and string key, and that of each cell where a string
    spans lines.
    """

    settings: Settings
    lines: dict[str, Owner] = field(default_factory=dict)
    images: dict[str, StringImage] = field(default_factory=dict)
    identities: dict[str, Identity] = field(default_factory=dict)
    foreign: dict[str, ForeignManager] = field(default_factory=dict)
    modules: dict[str, list[ModulePoll]] = field(default_factory=dict)
    beliefs: dict[str, dict[int, Belief]] = field(default_factory=dict)
    sensors: dict[str, Identity] = field(default_factory=dict)
    accessories: dict[str, AccessoryImage] = field(default_factory=dict)
    line_of: dict[str, str | tuple[str, ...]] = field(default_factory=dict)

    def manager_snapshot(self, plant_manager: Manager, now: float) -> ManagerSnapshot:
        """Tell how a manager does at unix time `now`; the engine in that role is always online."""
        address = self.settings.managers.get(plant_manager.id)
        if address is None:
            return ManagerSnapshot(plant_manager.id, True, None, None)  # noqa: FBT003
        shown = self._shown(plant_manager.id, self.lines[address.line_id])
        polled = self.foreign.get(plant_manager.id)
        beside = Beside() if polled is None else polled.beside(now)
        return ManagerSnapshot(
            plant_manager.id,
            self._online(address, shown),
            shown.serial_number,
            shown.firmware_version,
            problem=_problem(shown),
            remarks=self._remarks(plant_manager.id),
            phases=beside.phases,
            flags=beside.flags,
            registers=beside.registers,
        )

    def sensors_online(self) -> dict[str, bool | None]:
        """Tell by string key which current sensors answer and are believed.

        `None` where nobody knows, or where its line is gone or lent, of which the line tells.
        """
        found: dict[str, bool | None] = {}
        for key, address in self.settings.current_sensors.items():
            owner = self.lines[address.line_id]
            is_polled = owner.port_open and not owner.lent
            found[key] = self._online(address, self.sensors[key]) if is_polled else None
        return found

    def accessory_snapshots(self, now: float) -> dict[str, AccessorySnapshot]:
        """Freeze what is known of relay boxes and environment sensors at unix time `now`."""
        return {
            name: replace(
                image.freeze(now, self._online(image.accessory.address, image.identity)),
                problem=_problem(image.identity),
            )
            for name, image in self.accessories.items()
        }

    def doubts(self, key: str) -> Doubts:
        """Tell which modules of a string answer, but about which something is wrong."""
        found = [
            *(told for module in self.modules[key] if (told := _doubt(module)) is not None),
            *(
                Doubt(cell + 1, problem)
                for cell, belief in sorted(self.beliefs.get(key, {}).items())
                if (problem := _problem(belief)) is not None
            ),
        ]
        found.sort(key=lambda told: told.believed)
        return Doubts(tuple(found[:DOUBTS_TOLD]), len(found))

    def line_snapshots(self) -> dict[str, LineSnapshot]:
        """Tell how each line does."""
        return {line_id: _line_snapshot(owner) for line_id, owner in self.lines.items()}

    def shift(self, step_s: float) -> None:
        """Move all times of reading by a step of the clock."""
        for image in self.images.values():
            image.shift(step_s)
        for accessory in self.accessories.values():
            accessory.shift(step_s)
        for polled in self.foreign.values():
            polled.shift(step_s)
        for modules_of_string in self.modules.values():
            for module in modules_of_string:
                module.shift(step_s)

    def _shown(self, manager_id: str, owner: Owner) -> Shown:
        if isinstance(owner, SnmpOwner):
            return owner
        return self.identities.get(manager_id) or self.foreign[manager_id]

    def _remarks(self, manager_id: str) -> tuple[str, ...]:
        remarks: list[str] = [UNVERIFIED] if manager_id in self.settings.manager_options else []
        if (polled := self.foreign.get(manager_id)) is not None:
            remarks += polled.missing
        return tuple(remarks[:REMARKS_TOLD])

    def _online(self, address: Address, shown: Shown) -> bool | None:
        owner = self.lines[address.line_id]
        online = owner.has_answered(address.unit) if owner.port_open else False
        if online and not shown.is_believed():
            return False if shown.is_contradicted() else None
        return online


def wire(settings: Settings, wall_clock: Callable[[], float]) -> Wiring:
    """Prepare everything that polls; nothing is opened yet."""
    wiring = Wiring(settings)
    wiring.images = {string.key: StringImage(string) for string in settings.site.strings}
    jobs: Jobs = defaultdict(list)
    _wire_managers(wiring, jobs)
    _wire_modules(wiring, jobs)
    _wire_sensors(wiring, jobs)
    _wire_accessories(wiring, jobs)
    for line in settings.lines.values():
        wiring.lines[line.id] = _owner(wiring, line, jobs[line.id], wall_clock)
    return wiring


def _owner(
    wiring: Wiring, line: Line, jobs: Sequence[Job], wall_clock: Callable[[], float]
) -> Owner:
    if line.link is not Link.SNMP:
        return owner_for(line, jobs, wall_clock)
    managers = [
        manager
        for manager in wiring.settings.site.managers
        if wiring.line_of.get(manager.id) == line.id
    ]
    return SnmpOwner(line, managers, wiring.images, wall_clock)


def _wire_managers(wiring: Wiring, jobs: Jobs) -> None:
    settings = wiring.settings
    for plant_manager in settings.site.managers:
        address = settings.managers.get(plant_manager.id)
        if address is None:
            continue
        wiring.line_of[plant_manager.id] = address.line_id
        for string in plant_manager.strings:
            wiring.line_of[string.key] = address.line_id
        answers = _answers(wiring, address.line_id, address.unit)
        if settings.lines[address.line_id].link is Link.SNMP:
            continue
        if plant_manager.device == panel_manager.NAME:
            identity = manager.identity_of(plant_manager, address.unit, address.max_turnaround_s)
            wiring.identities[plant_manager.id] = identity
            jobs[address.line_id] += manager.jobs(plant_manager, wiring.images, identity, answers)
        else:
            options = settings.manager_options.get(plant_manager.id)
            polled = foreign.manager_jobs(plant_manager, address, wiring.images, options, answers)
            wiring.foreign[plant_manager.id] = polled
            jobs[address.line_id] += polled.jobs


def _wire_modules(wiring: Wiring, jobs: Jobs) -> None:
    line_modules: dict[str, LineModules] = defaultdict(LineModules)
    for string in wiring.settings.site.strings:
        addresses = wiring.settings.modules.get(string.key, ())
        wiring.modules[string.key] = []
        lines = tuple(dict.fromkeys(address.line_id for address in addresses))
        if len(lines) == 1:
            wiring.line_of[string.key] = lines[0]
        elif lines:
            wiring.line_of[string.key] = tuple(address.line_id for address in addresses)
        device = wiring.settings.module_devices.get(string.key)
        if device is not None:
            for line_id in lines:
                jobs[line_id] += _foreign_jobs(wiring, string, device, line_id)
            continue
        for cell, address in enumerate(addresses):
            on_line = line_modules[address.line_id]
            image = wiring.images[string.key]
            module = modules.module_poll(string, cell, address, image, on_line.hold)
            wiring.modules[string.key].append(module)
            on_line.modules.append(module)
    for line_id, polled in line_modules.items():
        jobs[line_id] += modules.jobs(polled, partial(_has_answered, wiring, line_id))


def _foreign_jobs(wiring: Wiring, string: String, device: str, line_id: str) -> list[Job]:
    beliefs = wiring.beliefs.setdefault(string.key, {})
    return foreign.module_jobs(
        string,
        wiring.settings.modules[string.key],
        device,
        wiring.images[string.key],
        partial(_has_answered, wiring, line_id),
        line_id=line_id,
        beliefs=beliefs,
    )


def _wire_sensors(wiring: Wiring, jobs: Jobs) -> None:
    for key, address in wiring.settings.current_sensors.items():
        identity = current_sensor.identity_of(address)
        wiring.sensors[key] = identity
        answers = _answers(wiring, address.line_id, address.unit)
        jobs[address.line_id] += current_sensor.jobs(address, wiring.images[key], answers, identity)


def _wire_accessories(wiring: Wiring, jobs: Jobs) -> None:
    for accessory in wiring.settings.accessories:
        image = AccessoryImage(accessory)
        wiring.accessories[accessory.id] = image
        address = accessory.address
        answers = _answers(wiring, address.line_id, address.unit)
        jobs[address.line_id] += accessories.jobs(accessory, image, answers)


def _answers(wiring: Wiring, line_id: str, unit: int) -> Callable[[], bool | None]:
    return partial(_has_answered, wiring, line_id, unit)


def _has_answered(wiring: Wiring, line_id: str, unit: int) -> bool | None:
    # Owners are made last: they take the finished jobs.
    return wiring.lines[line_id].has_answered(unit)


def _problem(shown: Doubtful) -> str | None:
    """Tell why a device that answers is not believed."""
    if not shown.is_contradicted():
        return None
    return shown.problem or reason("other_length")


def _doubt(module: ModulePoll) -> Doubt | None:
    """Tell what is wrong with a module that answers."""
    if module.identity.problem is not None:
        problem = _problem(module.identity)
        return None if problem is None else Doubt(module.cell + 1, problem)
    found = reason("deaf") if module.is_deaf else module.threshold_doubt()
    return None if found is None else Doubt(module.cell + 1, found, believed=True)


def _line_snapshot(owner: Owner) -> LineSnapshot:
    statistics = owner.statistics
    return LineSnapshot(
        id=owner.line.id,
        port_open=owner.port_open,
        message=owner.message,
        round_s=owner.last_round_s,
        requests=statistics.requests,
        timeouts=statistics.timeouts,
        frame_errors=statistics.frame_errors,
        wire_round_s=owner.wire_round_s,
        refusals=statistics.refusals,
        lost_bytes=statistics.lost_bytes,
        silent_units=owner.silent_units(),
        lent=owner.lent,
    )
