"""Which strings can be equalized in which mode; the site file and the command ask the same."""

from __future__ import annotations

from typing import Final

from bacs_core.model import MODULE_TYPES, Chemistry, EqualizationMode

LITHIUM: Final = (Chemistry.LFP, Chemistry.LTO)
#: Modules before it cannot be told to wait for the final phase of charging.
TOP_GENERATION: Final = 4


def misfit(mode: EqualizationMode, chemistry: Chemistry, module_type: str) -> str | None:
    """Say why a string cannot be equalized in `mode`, or return `None`."""
    if mode is EqualizationMode.PARTIAL and chemistry not in LITHIUM:
        return f"counting ampere-hours is for lithium; {chemistry} is equalized by voltage"
    known = MODULE_TYPES.get(module_type)
    if mode is EqualizationMode.TOP and known is not None and known.generation < TOP_GENERATION:
        return (
            f"top balancing needs modules of generation {TOP_GENERATION}, {known.name} is of "
            f"generation {known.generation}"
        )
    return None
