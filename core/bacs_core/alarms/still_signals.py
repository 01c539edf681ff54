"""Signals of lines, accessories and managers: told anew only where something about them is other.

What did not change is the same object from tick to tick, so that a rule over it is not evaluated
again (`machine`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from bacs_core.alarms.declaration import Scope, Signal
from bacs_core.alarms.inputs import Inputs
from bacs_core.alarms.layout import Layout, Told
from bacs_core.alarms.slow_signals import SlowSignals
from bacs_core.alarms.steady_signals import Online


def still_signals(
    layout: Layout, inputs: Inputs, online: Online, before: tuple[SlowSignals, ...]
) -> tuple[SlowSignals, ...]:
    """Return the signals: those from `before` where they would be the same."""
    return tuple(
        tell(layout, inputs, online, before[place] if before else None)
        for place, tell in enumerate(_TELL)
    )


def _of_lines(layout: Layout, inputs: Inputs, _: Online, before: SlowSignals | None) -> SlowSignals:
    lines = [inputs.lines[line_id] for line_id in layout.line_ids]
    strange = inputs.strangers.accessories
    failed = inputs.recording_problem is not None
    made_of = (layout, failed, strange, *[(line.port_open, line.lent) for line in lines])
    if before is not None and before.made_of == made_of:
        return before
    exchanged = [float(len(strange.get(line_id, ()))) for line_id in layout.line_ids]
    return SlowSignals(
        made_of,
        {
            Signal.RECORDING_FAILED: Told(np.array([failed])),
            Signal.LINE_GONE: Told(np.array([not line.port_open for line in lines], np.bool_)),
            Signal.LINE_LENT: Told(np.array([line.lent for line in lines], np.bool_)),
            Signal.ACCESSORIES_EXCHANGED: Told(np.array(exchanged)),
        },
    )


def _of_accessories(
    layout: Layout, inputs: Inputs, _: Online, before: SlowSignals | None
) -> SlowSignals:
    found = [inputs.accessories[name] for name in layout.accessory_lines]
    strange = inputs.strangers.accessories
    hydrogen = [None if each.hydrogen_percent is None else each.hydrogen_percent.value
                for each in found]  # fmt: skip
    room_c = [None if each.temperature_c is None else each.temperature_c.value for each in found]
    online = [each.online for each in found]
    made_of = (layout, strange, online, hydrogen, room_c)
    if before is not None and before.made_of == made_of:
        return before
    silent = [
        None if each.online is None or each.id in strange.get(line, ()) else not each.online
        for each, line in zip(found, layout.accessory_lines.values(), strict=True)
    ]
    return SlowSignals(
        made_of,
        {
            Signal.ACCESSORY_SILENT: Told(np.array(silent, np.float64)),
            Signal.HYDROGEN: Told(np.array(hydrogen, np.float64)),
            Signal.ROOM_TEMPERATURE: Told(np.array(room_c, np.float64)),
        },
    )


def _of_managers(
    layout: Layout, inputs: Inputs, online: Online, before: SlowSignals | None
) -> SlowSignals:
    strange, room_c = inputs.strangers.managers, inputs.frame.room_c
    measured = any(found.temperature_c is not None for found in inputs.accessories.values())
    made_of = (layout, strange, online, measured, room_c.tobytes())
    if before is not None and before.made_of == made_of:
        return before
    exchanged = [manager.id in strange for manager in layout.managers]
    warmest_c = np.full(len(layout.managers), np.nan)
    if not measured:
        np.fmax.at(warmest_c, layout.inside_of[Scope.MANAGER, Scope.STRING], room_c)
    return SlowSignals(
        made_of,
        {
            Signal.MANAGER_EXCHANGED: Told(np.array(exchanged, np.bool_)),
            Signal.MANAGER_SILENT: Told(1.0 - np.array(online, np.float64)),
            Signal.MANAGER_ROOM_TEMPERATURE: Told(warmest_c),
        },
    )


_Tell = Callable[[Layout, Inputs, Online, SlowSignals | None], SlowSignals]
_TELL: Final[tuple[_Tell, ...]] = (_of_lines, _of_accessories, _of_managers)
