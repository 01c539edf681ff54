"""Writes docs/REGISTER-MAP.md from the declarations, so that page and code cannot differ."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from bacs_core.devices import (
    panel_current_sensor,
    panel_manager,
    panel_map,
    panel_module,
)
from bacs_core.devices.registers import (
    CELLS_PER_PAGE,
    PAGE_STRIDE,
    Access,
    Block,
    Column,
    Register,
)

PAGE = Path(__file__).parents[2] / "docs" / "REGISTER-MAP.md"

INTRODUCTION = f"""\
# Register map, version {panel_map.MAP_VERSION}

This page is generated from `core/bacs_core/devices/` by `./dev docs`; do not edit it.

The map is ours to define and free to implement. It is spoken on Modbus RTU:

* addresses are those on the wire, counted from 0 (`mbpoll -0` shows the same numbers);
* function 3 reads, function 16 writes; a register that is not listed answers exception 2;
* 16-bit registers, big-endian; 32-bit values have the high word first;
* value = raw number x scale; where the raw number is the one under "absent", there is no value;
* unit addresses: 1-{panel_map.MAX_MODULE_UNIT} modules, 241-247 other devices, managers any free;
* unit 0 is a broadcast: every device obeys, nobody answers.
"""


def page() -> str:
    """Return the whole page as Markdown."""
    return (
        "\n".join([INTRODUCTION, *_identity(), *_module(), *_current_sensor(), *_manager()]) + "\n"
    )


def _identity() -> Iterator[str]:
    yield "## Every device: identity\n"
    yield from _block(panel_map.IDENTITY)
    kinds = ", ".join(f"{number} {name}" for number, name in panel_map.KINDS.items())
    yield f"Kinds of device: {kinds}.\n"


def _module() -> Iterator[str]:
    yield "## Module\n"
    yield from _block(panel_module.MEASUREMENT)
    yield "Status bits:\n"
    yield from (f"* `{bit:#06x}` {text}" for bit, text in panel_module.STATUS_BITS.items())
    yield ""
    yield from _block(panel_module.SLOW)
    yield from _block(panel_module.BYPASS_HEADER)
    first = panel_module.BYPASS_ADDRESS + panel_module.BYPASS_HEADER.count
    last = panel_module.BYPASS_ADDRESS + panel_module.BYPASS_WORDS - 1
    yield (
        f"Registers `{first:#06x}`-`{last:#06x}` follow in the same broadcast: the duty of each "
        f"unit in steps of {panel_module.DUTY_STEP_PERCENT} %, 8 bits per unit address, unit 1 "
        "in the high byte of the first register. 200 is full; larger numbers mean off. A module "
        "whose lease ends without a new broadcast switches its bypass off by itself.\n"
    )
    yield from _block(panel_module.HOLD)
    yield (
        "A hold pauses all bypass, latches all measurements of the line at the same instant after "
        "the current has settled (16 ms), and ends by itself, within "
        f"{panel_module.MAX_HOLD_S:g} s at the latest. The latched values are served for 20 s, "
        "while the bypass works on; after that a module serves live values and `hold_sequence` "
        "0.\n"
    )


def _current_sensor() -> Iterator[str]:
    yield "## Current sensor\n"
    yield from _block(panel_current_sensor.MEASUREMENT)


def _manager() -> Iterator[str]:
    yield "## Manager\n"
    yield (
        f"String n has its block at `{panel_manager.STRING.address:#06x}` + "
        f"{panel_manager.STRING_STRIDE:#x} x (n - 1).\n"
    )
    yield from _block(panel_manager.STRING)
    names = panel_manager.EQUALIZATION_STATES
    states = ", ".join(f"{code} {name}" for code, name in names.items())
    yield f"Equalization: {states}.\n"
    yield (
        "Cells are counted through over all strings, string 1 first. Each quantity is a column in "
        f"pages of {CELLS_PER_PAGE} cells, {PAGE_STRIDE} registers apart. A page begins with its "
        "own address and the age of its oldest value in 0.1 s; then one register per cell. A page "
        "may be read only as far as there are cells.\n"
    )
    yield from _columns(panel_manager.COLUMNS)


def _block(block: Block) -> Iterator[str]:
    broadcast = any(register.access is Access.BROADCAST for register in block.registers)
    how = "broadcast, function 16" if broadcast else "function 3"
    yield f"### {block.name.capitalize()}: `{block.address:#06x}`, {how}\n"
    yield from _table(
        (f"`{block.address + register.offset:#06x}`", register) for register in block.registers
    )


def _columns(columns: Iterable[Column]) -> Iterator[str]:
    yield "### Columns: first page, function 3\n"
    yield from _table((f"`{column.address:#06x}`", column.register) for column in columns)


def _table(rows: Iterable[tuple[str, Register]]) -> Iterator[str]:
    yield "| address | name | meaning | type | scale | unit | absent |"
    yield "|---|---|---|---|---|---|---|"
    for address, register in rows:
        absent = "" if register.absent is None else str(register.absent)
        yield (
            f"| {address} | `{register.name}` | {register.label} | {register.kind.name} "
            f"| {register.scale:g} | {register.unit} | {absent} |"
        )
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"wrote {PAGE.name}\n")
