"""What the page of one string shows of the mirror of the engine; what did not move stays."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

from bacs_core.api.live import LiveSite, LiveString
from bacs_core.api.messages import CellCode, CellFigure
from bacs_core.model import CellStatus, Quantity
from bacs_hmi.ages import Ages, ages_of
from bacs_hmi.conclusions import health_of
from bacs_hmi.contents import SCALARS, rounded, value_of
from bacs_hmi.format import SHOWN
from bacs_hmi.frames import QUANTITIES, CellState, StringContent

#: Fresh cells are all told by these.
_FRESH: Final = {status.value: CellState(status, 0, None) for status in CellStatus}

Column = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A column as it is shown, and what it was made of."""

    made_of: tuple[object, ...]
    column: Column


class StringReader:
    """Reads what the page of one string shows; a column is rounded anew only where it moved."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._kept: dict[Hashable, _Kept] = {}

    def read(self, live: LiveSite) -> StringContent:
        """Read the newest values; `KeyError` if there is no such string."""
        mirror = live.strings[self._key]
        string, scalars = mirror.string, mirror.scalars
        return StringContent(
            scalars=tuple(
                rounded(scalar.read(scalars), scalar.factor, scalar.decimals(string))
                for scalar in SCALARS
            ),
            equalization=scalars.equalization,
            inhibited_by=tuple(scalars.inhibited_by),
            columns=(
                *(self._quantity(mirror, quantity) for quantity in QUANTITIES),
                self._deviations_mv(mirror),
                self._health(mirror),
                self._bled(mirror),
            ),
            cells=_cell_states(live, mirror),
        )

    def _quantity(self, mirror: LiveString, quantity: Quantity) -> Column:
        shown = SHOWN[quantity]
        decimals = shown.decimals(mirror.string.cell_voltage_v)
        column = _copy(mirror.columns.get(quantity))
        return self._made(
            quantity, mirror, (column,), lambda: _all_rounded(column, shown.factor, decimals)
        )

    def _deviations_mv(self, mirror: LiveString) -> Column:
        target_v = mirror.scalars.target_voltage_v
        column = None if target_v is None else _copy(mirror.columns.get(Quantity.VOLTAGE))
        return self._made(
            "deviation",
            mirror,
            (column, target_v),
            lambda: _all_rounded(column, 1e3, 0, above=target_v or 0.0),
        )

    def _health(self, mirror: LiveString) -> Column:
        values = _copy(mirror.figures.get(CellFigure.HEALTH))
        bases = mirror.codes.get(CellCode.HEALTH_BASIS)
        made_of = (values, None if bases is None else list(bases))
        cells = range(0 if values is None else len(values))
        return self._made(
            CellFigure.HEALTH,
            mirror,
            made_of,
            lambda: _all_rounded([health_of(mirror, cell) for cell in cells], 1.0, 0),
        )

    def _bled(self, mirror: LiveString) -> Column:
        values = _copy(mirror.figures.get(CellFigure.BLED))
        return self._made(CellFigure.BLED, mirror, (values,), lambda: _all_rounded(values, 1.0, 1))

    def _made(
        self,
        name: Hashable,
        mirror: LiveString,
        made_of: tuple[object, ...],
        make: Callable[[], Column],
    ) -> Column:
        """Return the column of before where what it is made of did not change."""
        kept = self._kept.get(name)
        if kept is None or kept.made_of != made_of:
            kept = _Kept(made_of, make() or (None,) * mirror.string.cell_count)
            self._kept[name] = kept
        return kept.column


def string_content(live: LiveSite, key: str) -> StringContent:
    """Read once what the page of a string shows; `KeyError` if there is no such string."""
    return StringReader(key).read(live)


def _copy(values: Sequence[float | None] | None) -> list[float | None] | None:
    """Keep what the mirror will change in place."""
    return None if values is None else list(values)


def _all_rounded(
    values: Sequence[float | None] | None, factor: float, decimals: int, above: float = 0.0
) -> Column:
    """Scale and round what is `above`, cell by cell."""
    return tuple(
        None if value is None or not isfinite(value) else round((value - above) * factor, decimals)
        for value in values or ()
    )


def _cell_states(live: LiveSite, mirror: LiveString) -> tuple[CellState, ...]:
    limits_s = mirror.string.stale_after_s
    judged = [
        (quantity, ages_of(live, mirror.read_at.get(quantity), limits_s.get(quantity)))
        for quantity in mirror.columns
    ]
    old = [(quantity, ages) for quantity, ages in judged if ages.stale is not False]
    if not old:
        return tuple([_FRESH[status] for status in mirror.status])
    return tuple(
        _cell_state(mirror, index, old)
        if any(ages.is_stale(index) for _, ages in old)
        else _FRESH[status]
        for index, status in enumerate(mirror.status)
    )


def _cell_state(mirror: LiveString, index: int, old: Sequence[tuple[Quantity, Ages]]) -> CellState:
    """Say which values of a cell are too old; what is not given does not grow old."""
    bits = 0
    known: list[float] = []
    for quantity, ages in old:
        if not ages.is_stale(index) or value_of(mirror, quantity, index) is None:
            continue
        bits |= 1 << QUANTITIES.index(quantity)
        age_s = ages.each[index] if ages.each else None
        if age_s is not None:
            known.append(age_s)
    return CellState(mirror.status[index], bits, int(max(known)) if known else None)
