"""How long things take on the wire."""

from __future__ import annotations

from typing import Final

#: Modbus over serial line V1.02, 2.5.1.1: frames are separated by at least 3.5 character times;
#: above 19200 baud a fixed 1.750 ms is recommended.
SILENCE_CHARACTERS: Final = 3.5
FIXED_SILENCE_S: Final = 0.00175
FIXED_SILENCE_ABOVE_BAUD: Final = 19200
#: Added to each silence: a device that sees its answer end a little later than we do still sees all
#: of it.
MARGIN_S: Final = 25e-6


def silence_s(character_s: float, baud: int) -> float:
    """Return the silence that separates two frames."""
    if baud > FIXED_SILENCE_ABOVE_BAUD:
        return FIXED_SILENCE_S
    return SILENCE_CHARACTERS * character_s
