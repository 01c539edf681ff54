"""Polls a web manager of our own map: strings and fast columns every round, slow ones seldom."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from bacs_core.bus.schedule import Job
from bacs_core.devices import panel_manager
from bacs_core.devices.panel_map import KIND_MANAGER
from bacs_core.devices.registers import Block, Column
from bacs_core.model import EqualizationState, Manager, Quantity
from bacs_core.polling.guarded import Question, question
from bacs_core.polling.identity import Answers, Identity, identity_job
from bacs_core.polling.image import StringImage, reading

SLOW_EVERY_S: Final = 60.0
FAST: Final = (Quantity.VOLTAGE, Quantity.TEMPERATURE, Quantity.DUTY)


def identity_of(manager: Manager, unit: int, max_turnaround_s: float | None = None) -> Identity:
    """Say what the manager's identity block must show, and how long it may think at most."""
    cells = sum(string.cell_count for string in manager.strings)
    expected = {"string_count": float(len(manager.strings)), "cell_count": float(cells)}
    parts = frozenset(string.number for string in manager.strings)
    return Identity(unit, KIND_MANAGER, expected, parts=parts, max_turnaround_s=max_turnaround_s)


def jobs(
    manager: Manager,
    images: dict[str, StringImage],
    identity: Identity,
    answers: Answers,
) -> list[Job]:
    """Build every job of one manager."""
    return [
        identity_job(identity, answers),
        *_string_jobs(manager, images, identity),
        *_column_jobs(manager, images, identity),
    ]


def _string_jobs(
    manager: Manager, images: dict[str, StringImage], identity: Identity
) -> Iterator[Job]:
    for string in manager.strings:
        block = panel_manager.string_block(string.number)
        asking = question(identity.unit, identity.counter, block)
        yield Job(
            name=f"{string.key} string",
            unit=identity.unit,
            make=asking.request,
            deliver=partial(_deliver_string, block, asking, images[string.key], identity),
            wanted=identity.is_known,
            max_turnaround_s=identity.max_turnaround_s,
        )


def _deliver_string(
    block: Block,
    asking: Question,
    image: StringImage,
    identity: Identity,
    payload: bytes,
    read_at: float,
) -> None:
    values = block.decode(payload, unit=asking.unit, asked=asking.asked)
    if values["cell_count"] != image.string.cell_count:
        # Cells are counted through: with one string of another length, all pages are shifted.
        identity.agrees[image.string.number] = False
        return
    identity.agrees[image.string.number] = True
    image.current_a = reading(values["current_a"], read_at)
    image.ac_current_a = reading(values["ac_current_a"], read_at)
    image.room_temperature_c = reading(values["room_temperature_c"], read_at)
    image.reported_at = read_at
    image.reported_target_voltage_v = values["target_voltage_v"]
    state = panel_manager.EQUALIZATION_STATES.get(int(values["equalization"] or 0))
    image.reported_equalization = EqualizationState(state) if state else EqualizationState.UNKNOWN


def _column_jobs(
    manager: Manager, images: dict[str, StringImage], identity: Identity
) -> Iterator[Job]:
    cell_count = sum(string.cell_count for string in manager.strings)
    for column in panel_manager.COLUMNS:
        quantity = Quantity(column.name)
        for address, count, first in column.pages(cell_count):
            asking = Question(identity.unit, identity.counter, address, count)
            yield Job(
                name=f"{manager.id} {quantity} from cell {first + 1}",
                unit=identity.unit,
                make=asking.request,
                deliver=partial(_deliver_page, manager, images, column, asking, first),
                interval_s=None if quantity in FAST else SLOW_EVERY_S,
                wanted=identity.is_believed,
                max_turnaround_s=identity.max_turnaround_s,
            )


def _deliver_page(
    manager: Manager,
    images: dict[str, StringImage],
    column: Column,
    asking: Question,
    first: int,
    payload: bytes,
    read_at: float,
) -> None:
    age_s, values = column.decode(payload, unit=asking.unit, asked=asking.asked)
    quantity = Quantity(column.name)
    for string in manager.strings:
        start = max(first, string.first_cell - 1)
        end = min(first + len(values), string.first_cell - 1 + string.cell_count)
        if start < end:
            images[string.key].put(
                quantity,
                start - (string.first_cell - 1),
                values[start - first : end - first],
                read_at - age_s,
            )
