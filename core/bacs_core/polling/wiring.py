"""Builds, for a whole site, one owner per line with the jobs of every device on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from bacs_core.bus.line import LineOwner
from bacs_core.bus.schedule import Job
from bacs_core.model import Manager
from bacs_core.polling import current_sensor, manager, modules
from bacs_core.polling.identity import Identity
from bacs_core.polling.image import StringImage
from bacs_core.polling.modules import LineModules, ModulePoll
from bacs_core.settings import Settings
from bacs_core.snapshot import LineSnapshot, ManagerSnapshot


@dataclass(slots=True)
class Wiring:
    """A site as it hangs on its lines.

    `modules` has the polled modules of each string that the engine manages, in cell order.
    `line_of` names the line of each manager id and string key that hangs on one line only.
    """

    settings: Settings
    lines: dict[str, LineOwner] = field(default_factory=dict)
    images: dict[str, StringImage] = field(default_factory=dict)
    identities: dict[str, Identity] = field(default_factory=dict)
    modules: dict[str, list[ModulePoll]] = field(default_factory=dict)
    line_of: dict[str, str] = field(default_factory=dict)

    def manager_snapshot(self, plant_manager: Manager) -> ManagerSnapshot:
        """Tell how a manager does; the engine in that role is always online."""
        identity = self.identities.get(plant_manager.id)
        if identity is None:
            return ManagerSnapshot(plant_manager.id, True, None, None)  # noqa: FBT003
        owner = self.lines[self.settings.managers[plant_manager.id].line_id]
        online = owner.schedule.has_answered(identity.unit) if owner.port_open else False
        if online and not identity.is_believed():
            online = False if identity.is_contradicted() else None
        return ManagerSnapshot(
            plant_manager.id, online, identity.serial_number, identity.firmware_version
        )

    def line_snapshots(self) -> dict[str, LineSnapshot]:
        """Tell how each line does."""
        return {line_id: _line_snapshot(owner) for line_id, owner in self.lines.items()}


def wire(settings: Settings, wall_clock: Callable[[], float]) -> Wiring:
    """Prepare everything that polls; nothing is opened yet."""
    wiring = Wiring(settings)
    wiring.images = {string.key: StringImage(string) for string in settings.site.strings}
    jobs: dict[str, list[Job]] = defaultdict(list)
    for line in settings.lines.values():
        wiring.lines[line.id] = LineOwner(line, jobs[line.id], wall_clock)
    _wire_managers(wiring, jobs)
    _wire_modules(wiring, jobs)
    _wire_sensors(wiring, jobs)
    for owner in wiring.lines.values():
        owner.schedule.forget()
    return wiring


def _wire_managers(wiring: Wiring, jobs: dict[str, list[Job]]) -> None:
    for plant_manager in wiring.settings.site.managers:
        address = wiring.settings.managers.get(plant_manager.id)
        if address is None:
            continue
        identity = manager.identity_of(plant_manager, address.unit)
        wiring.identities[plant_manager.id] = identity
        jobs[address.line_id] += manager.jobs(
            plant_manager, wiring.images, identity, _answers(wiring, address.line_id, address.unit)
        )
        wiring.line_of[plant_manager.id] = address.line_id
        for string in plant_manager.strings:
            wiring.line_of[string.key] = address.line_id


def _wire_modules(wiring: Wiring, jobs: dict[str, list[Job]]) -> None:
    line_modules: dict[str, LineModules] = defaultdict(LineModules)
    for string in wiring.settings.site.strings:
        addresses = wiring.settings.modules.get(string.key, ())
        wiring.modules[string.key] = [
            modules.module_poll(
                string,
                cell,
                address,
                wiring.images[string.key],
                line_modules[address.line_id].hold,
            )
            for cell, address in enumerate(addresses)
        ]
        for module in wiring.modules[string.key]:
            line_modules[module.address.line_id].modules.append(module)
        if len({address.line_id for address in addresses}) == 1:
            wiring.line_of[string.key] = addresses[0].line_id
    for line_id, polled in line_modules.items():
        jobs[line_id] += modules.jobs(polled, wiring.lines[line_id].schedule.has_answered)


def _wire_sensors(wiring: Wiring, jobs: dict[str, list[Job]]) -> None:
    for key, address in wiring.settings.current_sensors.items():
        answers = _answers(wiring, address.line_id, address.unit)
        jobs[address.line_id] += current_sensor.jobs(address, wiring.images[key], answers)


def _answers(wiring: Wiring, line_id: str, unit: int) -> Callable[[], bool | None]:
    schedule = wiring.lines[line_id].schedule
    return lambda: schedule.has_answered(unit)


def _line_snapshot(owner: LineOwner) -> LineSnapshot:
    statistics = owner.statistics
    return LineSnapshot(
        id=owner.line.id,
        port_open=owner.port_open,
        message=owner.message,
        round_s=owner.schedule.last_round_s,
        requests=statistics.requests,
        timeouts=statistics.timeouts,
        frame_errors=statistics.frame_errors,
    )
