"""What the temperature of a cell is held against, per string: the room, or its own past.

A cell follows its room over hours, so its rise counts over the room or over the room as it was,
whichever is warmer. Without a room sensor the usual temperature of the string stands in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bacs_core.estimation.estimates import Estimates
from bacs_core.frame import Frame
from bacs_core.model import ChargePhase
from bacs_core.protection.arithmetic import followed, share
from bacs_core.protection.memory import StringMemory
from bacs_core.protection.tuning import Tuning
from bacs_core.snapshot import Flags, Floats


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Per string. `reference_c` is what a rise counts over, NaN unknown.

    `warming_k` is how much of a trend the room explains. `cooling` marks the strings that their
    charger has held long enough in this recharge: from here on they must cool down.
    `had_room` is `with_room` one tick before.
    """

    with_room: Flags
    missing: Flags
    reference_c: Floats
    warming_k: Floats
    allowance_k: Floats
    cooling: Flags
    had_room: Flags
    room_c: Floats
    room_missing_s: Floats
    room_lag_c: Floats
    room_slow_c: Floats


def surround(
    frame: Frame,
    estimates: Estimates,
    strings: StringMemory,
    signs: Flags,
    step: tuple[float, float],
    tuning: Tuning,
) -> Surroundings:
    """Follow room and charger; `signs` marks strings with a stage up.

    `step` is the time that counts and the time that passed since the last tick, in seconds.
    """
    dt_s, gap_s = step
    possible = frame.room_c >= tuning.lowest_possible_c
    possible &= frame.room_c <= tuning.highest_possible_c
    missing_s = np.where(
        possible, 0.0, np.minimum(strings.room_missing_s + dt_s, tuning.missing_after_s)
    )
    missing = missing_s >= tuning.missing_after_s
    was_missing = strings.room_missing_s >= tuning.missing_after_s
    room_c = np.where(possible, frame.room_c, strings.room_c)
    with_room = np.isfinite(room_c) & ~missing
    found = was_missing & possible
    lag_c = followed(
        np.where(found, room_c, strings.room_lag_c), room_c, share(gap_s, tuning.room_lag_s)
    )
    slow_c = followed(
        np.where(found, room_c, strings.room_slow_c), lag_c, share(gap_s, tuning.slow_s)
    )
    held_s = frame.now - estimates.absorption_since
    phase = estimates.phase
    held = (phase == ChargePhase.ABSORPTION) | (phase == ChargePhase.FLOAT)
    cooling = held & (held_s >= tuning.overdue_after_s)
    heats = (phase == ChargePhase.DISCHARGE) | (phase == ChargePhase.BULK)
    heats |= held & (held_s < tuning.overdue_after_s)
    # A charger that gives all it can to a string that runs away is no recharge.
    heats &= ~signs | (phase == ChargePhase.DISCHARGE) | (strings.allowance_k >= tuning.allowance_k)
    faded_k = strings.allowance_k * (1 - share(gap_s, tuning.allowance_fades_s))
    return Surroundings(
        with_room=with_room,
        missing=missing,
        reference_c=np.where(with_room, np.maximum(room_c, lag_c), strings.usual_c),
        warming_k=np.where(with_room, np.maximum(lag_c - slow_c, 0.0), 0.0),
        allowance_k=np.where(heats, tuning.allowance_k, faded_k),
        cooling=cooling,
        had_room=np.isfinite(strings.room_c) & ~was_missing,
        room_c=room_c,
        room_missing_s=missing_s,
        room_lag_c=lag_c,
        room_slow_c=slow_c,
    )
