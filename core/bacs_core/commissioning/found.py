"""What a scan found, and what of it does not go together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from bacs_core.commissioning.pins import spans
from bacs_core.commissioning.scan import Speed
from bacs_core.commissioning.words import say
from bacs_core.devices import panel_module
from bacs_core.devices.device import Role
from bacs_core.errors import RefusedError


@dataclass(frozen=True, slots=True)
class Found:
    """One unit that answered. `device` is what the site file calls it; `None` is unknown.

    `string_cells` has the cells of each string of a manager, `None` where it does not tell them.
    A screen says `title` and `remark` in its own language where they are a `Reason`.
    """

    unit: int
    speed: Speed
    title: str
    device: str | None = None
    role: Role | None = None
    serial_number: int | None = None
    firmware_version: str | None = None
    hardware_generation: int | None = None
    module_type: str | None = None
    string_cells: tuple[int | None, ...] = ()
    remark: str = ""


def mixed_generations(found: Iterable[Found]) -> RefusedError | None:
    """Refuse modules of different hardware generations on one line, and name them.

    They differ in bypass current and accuracy, so that one law cannot equalize them together.
    """
    units: defaultdict[int, list[int]] = defaultdict(list)
    for module in found:
        if module.device == panel_module.NAME and module.hardware_generation is not None:
            units[module.hardware_generation].append(module.unit)
    if len(units) <= 1:
        return None
    parts = "; ".join(
        f"generation {generation} at {spans(units[generation])}" for generation in sorted(units)
    )
    return RefusedError(say("mixed_generations", units=parts), code="mixed_generations")
