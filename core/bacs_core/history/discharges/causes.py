"""Why a discharge ended and what kind it was, as rows: the first that fits holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bacs_core.api.discharge_messages import DischargeKind, EndCause
from bacs_core.model import ChargePhase

#: Shorter than this and not a test: a dip.
DIP_S: Final = 60.0
#: The mean cell is at its end voltage within this share; the load lets go a little above.
_AT_END: Final = 1.01


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What was seen just after the end.

    `end_v` is the last voltage of the mean cell under load, `lowest_v` that of the lowest one that
    was no fault; `breaker_open` what the contact of the breaker says, `None` where nobody knows.
    """

    phase: ChargePhase
    breaker_open: bool | None
    cell_open: bool
    end_v: float | None
    end_voltage_v: float
    watched: bool = True


_CHARGES: Final = frozenset({ChargePhase.BULK, ChargePhase.ABSORPTION, ChargePhase.FLOAT})

_CAUSES: Final[tuple[tuple[EndCause, Callable[[Aftermath], bool]], ...]] = (
    (EndCause.UNKNOWN, lambda seen: not seen.watched),
    (EndCause.BREAKER, lambda seen: seen.breaker_open is True),
    (EndCause.INTERRUPTED, lambda seen: seen.cell_open),
    (EndCause.MAINS_BACK, lambda seen: seen.phase in _CHARGES),
    (
        EndCause.END_VOLTAGE,
        lambda seen: (
            seen.phase is ChargePhase.REST
            and seen.end_v is not None
            and seen.end_v <= _AT_END * seen.end_voltage_v
        ),
    ),
    (EndCause.LOAD_GONE, lambda seen: seen.phase is ChargePhase.REST),
    (EndCause.UNKNOWN, lambda _: True),
)


def cause_of(seen: Aftermath) -> EndCause:
    """Return why the discharge ended."""
    return next(cause for cause, fits in _CAUSES if fits(seen))


def kind_of(seconds: float, *, tested: bool, ended: bool) -> DischargeKind:
    """Return what kind of discharge lasted so long; one that still runs may yet be a dip."""
    if tested:
        return DischargeKind.BATTERY_TEST
    return DischargeKind.DIP if ended and seconds < DIP_S else DischargeKind.DISCHARGE
