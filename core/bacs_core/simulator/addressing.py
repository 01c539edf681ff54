"""Whose turn it is to be given a unit address, along a chain of simulated modules."""

from __future__ import annotations

from dataclasses import dataclass, field

from bacs_core.devices.panel_module import (
    ADDRESSING_AUTOMATIC,
    ADDRESSING_CLOSED,
    ADDRESSING_MANUAL,
)
from bacs_core.simulator.served import NEVER


@dataclass(slots=True)
class Turn:
    """One module's part in addressing; `before` is its neighbour towards the head of the chain."""

    before: Turn | None = None
    mode: int = ADDRESSING_CLOSED
    end_s: float = NEVER
    button_pressed: bool = False
    done: bool = False

    @property
    def is_open(self) -> bool:
        """Whether addressing goes on, as far as this module heard."""
        return self.mode != ADDRESSING_CLOSED

    @property
    def has_come(self) -> bool:
        """Whether the module is to be given an address now."""
        if self.done:
            return False
        if self.mode == ADDRESSING_AUTOMATIC:
            return self.before is None or self.before.done
        return self.mode == ADDRESSING_MANUAL and self.button_pressed

    @property
    def is_awaited(self) -> bool:
        """Whether the module keeps silent until its turn comes."""
        return self.mode == ADDRESSING_AUTOMATIC and not self.done

    def open(self, mode: int, end_s: float) -> None:
        """Begin addressing anew."""
        self.mode, self.end_s = mode, end_s
        self.button_pressed = self.done = False

    def close(self) -> None:
        """Go on with the address that the module has."""
        self.mode, self.end_s = ADDRESSING_CLOSED, NEVER
        self.button_pressed = self.done = False


@dataclass(slots=True)
class Chain:
    """The modules of one line in the order in which they are wired."""

    turns: list[Turn] = field(default_factory=list)

    def join(self) -> Turn:
        """Put the next module at the end of the chain."""
        turn = Turn(self.turns[-1] if self.turns else None)
        self.turns.append(turn)
        return turn
