"""What people want of the plant until they take it back or its time is over: pauses, modes, tests.

Immutable; times are unix seconds. `None` as a time means until somebody takes it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Annotated, Final, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bacs_core.equalization_modes import misfit
from bacs_core.model import EqualizationMode, String

Until = float | None
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
#: Later than this no time can be published.
_LAST_TIME_S: Final = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
#: No battery test lasts longer, whatever became of the clock since.
LONGEST_TEST_S: Final = 86_400.0
_Time = Annotated[float, Field(allow_inf_nan=False, ge=0, le=_LAST_TIME_S)]


class _Kept(BaseModel):
    """The wishes as they lie in the history."""

    model_config = ConfigDict(strict=True, frozen=True)

    pauses: dict[str, _Time | None]
    cell_pauses: dict[str, dict[Annotated[int, Field(strict=False, ge=1)], _Time | None]]
    modes: dict[str, Annotated[EqualizationMode, Field(strict=False)]]
    testing: dict[str, _Time]


@dataclass(frozen=True, slots=True)
class Wishes:
    """By string key: pauses of strings, of single cells (from 1), modes, and battery tests."""

    pauses: Mapping[str, Until] = field(default_factory=dict)
    cell_pauses: Mapping[str, Mapping[int, Until]] = field(default_factory=dict)
    modes: Mapping[str, EqualizationMode] = field(default_factory=dict)
    testing: Mapping[str, float] = field(default_factory=dict)

    def at(self, now: float) -> Self:
        """Return them without those whose time is over at `now`."""
        if not (self.pauses or self.cell_pauses or self.testing):
            return self
        cells = {key: _lasting(paused, now) for key, paused in self.cell_pauses.items()}
        return replace(
            self,
            pauses=_lasting(self.pauses, now),
            cell_pauses={key: paused for key, paused in cells.items() if paused},
            testing={
                key: until
                for key, until in self.testing.items()
                if 0 < until - now <= LONGEST_TEST_S
            },
        )

    def shifted(self, step_s: float) -> Self:
        """Return them with the end of tests moved by a step of the clock; pauses have dates."""
        moved = {key: until + step_s for key, until in self.testing.items()}
        return replace(self, testing=moved)

    def paused(self, key: str, cells: Iterable[int], until: Until) -> Self:
        """Return them with a pause more: of some cells, or of the string where none is named."""
        named = dict.fromkeys(cells, until)
        if not named:
            return replace(self, pauses={**self.pauses, key: until})
        both = {**self.cell_pauses.get(key, {}), **named}
        return replace(self, cell_pauses={**self.cell_pauses, key: both})

    def resumed(self, key: str, cells: Iterable[int]) -> Self:
        """Return them without the pause of some cells, or of the string and all its cells."""
        named = frozenset(cells)
        own = self.cell_pauses.get(key, {})
        left = {cell: until for cell, until in own.items() if cell not in named} if named else {}
        others = {other: paused for other, paused in self.cell_pauses.items() if other != key}
        return replace(
            self,
            pauses=self.pauses if named else _without(self.pauses, key),
            cell_pauses={**others, key: left} if left else others,
        )

    def in_mode(self, key: str, mode: EqualizationMode | None) -> Self:
        """Return them with a mode for a string; `None` is that of the site file."""
        modes = _without(self.modes, key)
        return replace(self, modes=modes if mode is None else {**modes, key: mode})

    def tested(self, key: str, until: float | None) -> Self:
        """Return them with a battery test of a string, or without one (`None`)."""
        others = _without(self.testing, key)
        return replace(self, testing=others if until is None else {**others, key: until})

    def keep(self) -> dict[str, object]:
        """Return them as plain JSON."""
        return {
            "pauses": dict(self.pauses),
            "cell_pauses": {
                key: {str(cell): until for cell, until in paused.items()}
                for key, paused in self.cell_pauses.items()
            },
            "modes": {key: mode.value for key, mode in self.modes.items()},
            "testing": dict(self.testing),
        }


def restore(kept: object, strings: Mapping[str, String]) -> Wishes:
    """Return the wishes that `keep` gave; `strings` are those of the site, by key.

    What names a string or a cell that is no more, or a mode that does not fit to what hangs there
    now, is left out. Where nothing of it can be
    understood, every string is paused for good: somebody may have had a reason, and not to bypass
    is the safe side.
    """
    if kept is None:
        return Wishes()
    try:
        told = _Kept.model_validate(kept)
    except ValidationError:
        return Wishes(pauses=dict.fromkeys(strings))
    return Wishes(
        pauses=_known(told.pauses, strings),
        cell_pauses={
            key: {cell: until for cell, until in cells.items() if cell <= strings[key].cell_count}
            for key, cells in _known(told.cell_pauses, strings).items()
        },
        modes={
            key: mode
            for key, mode in _known(told.modes, strings).items()
            if misfit(mode, strings[key].chemistry, strings[key].module_type) is None
        },
        testing=_known(told.testing, strings),
    )


def _lasting(pauses: Mapping[_Key, Until], now: float) -> dict[_Key, Until]:
    return {key: until for key, until in pauses.items() if until is None or until > now}


def _without(told: Mapping[str, _Value], key: str) -> dict[str, _Value]:
    return {other: value for other, value in told.items() if other != key}


def _known(told: Mapping[str, _Value], strings: Mapping[str, String]) -> dict[str, _Value]:
    return {key: value for key, value in told.items() if key in strings}
