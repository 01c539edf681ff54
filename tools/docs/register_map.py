"""Writes docs/REGISTER-MAP.md from the declarations, so that page and code cannot differ."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from bacs_core.devices import (
    guard,
    panel_current_sensor,
    panel_environment_sensor,
    panel_manager,
    panel_map,
    panel_module,
    panel_relay_box,
)
from bacs_core.devices.guard import Guard
from bacs_core.devices.registers import (
    CELLS_PER_PAGE,
    PAGE_STRIDE,
    Access,
    Block,
    Column,
    Register,
)

PAGE = Path(__file__).parents[2] / "docs" / "REGISTER-MAP.md"
EXAMPLE_UNIT = 7
EXAMPLE_COUNTER = 5

INTRODUCTION = f"""\
# Register map, version {panel_map.MAP_VERSION}

This page is generated from `core/bacs_core/devices/` by `./dev docs`; do not edit it.

The map is ours to define and free to implement. It is spoken on Modbus RTU (and, behind a gateway,
on Modbus TCP):

* addresses are those on the wire, counted from 0 (`mbpoll -0` shows the same numbers);
* function 3 reads, function 16 writes; a register that is not listed answers exception 2, a value
  that is not allowed exception 3, another function exception 1;
* 16-bit registers, big-endian; 32-bit values have the high word first; `HIGH_BYTE` and `LOW_BYTE`
  are two unsigned numbers in one register;
* value = raw number x scale; where the raw number is the one under "absent", there is no value;
* unit addresses: 1-{panel_map.MAX_MODULE_UNIT} modules, {panel_map.MAX_MODULE_UNIT + 1}-\
{panel_map.ADDRESSING_UNIT - 1} other devices, managers any free, {panel_map.ADDRESSING_UNIT} the
  module that waits for an address;
* unit 0 is a broadcast: every device obeys, nobody answers.
"""

GUARD = f"""\
## Guard: request counter, echo, check

Modbus ties an answer to its request only by unit address and length, and its CRC lets one in 65 536
of the longer bursts of errors pass. Everything in this map is therefore guarded.

**Request counter.** Register addresses take {guard.ADDRESS_BITS} bits (`0x0000`-\
`{guard.LAST_ADDRESS:#06x}`). The three high bits of the address in a request are a counter of the
master, 0-7. A device serves, and takes, the same registers under each of the eight; it needs no
memory of the counter. A master counts on with each request to the same unit, so that an answer up
to seven requests late is recognised.

**Echo.** The first word of every block that is read is its own address as it was asked for, counter
included.

**Check.** The last word of every block, read or written, is a CRC-16/CCITT (polynomial `0x1021`,
start `0xFFFF`, high bit first, not inverted; `binascii.crc_hqx(data, 0xFFFF)` in Python) over these
bytes:

1. unit address (0 for a broadcast),
2. function (3 or 16),
3. the address in the request, counter included, high byte first,
4. all register bytes of the answer, or of the order, before the check itself. For a block that is
   read this includes the echo.

Together with the CRC of the frame it lets no burst of up to 24 bits pass. A device refuses an order
to itself whose check is wrong with exception 3 and ignores such a broadcast. A block may also be
read in part; then what has not been read is missing from the check too. A foreign master that wants
no more than numbers asks with counter 0 and leaves echo and check alone.
"""

SLEEP = f"""\
A module that hears nothing at all on its line for `sleep_after_s` sleeps: bypass off, no answers,
broadcasts not obeyed. {panel_module.WAKE_AFTER_S:g} s of activity wake it, whoever is spoken to,
as long as no pause is longer than {panel_module.WAKE_PAUSE_S:g} s. It then has no bypass, bypass
sequence 0 and hold sequence 0.
"""

ADDRESSING = f"""\
A module is told from its neighbours by its serial number. Step by step:

1. The master broadcasts *addressing* with a mode and a duration. Every module switches its bypass
   off and obeys no bypass broadcast until addressing ends.
2. *Automatic*: the modules keep silent. The first of the chain has its turn, then each one as soon
   as its neighbour towards the head of the chain has been given an address. *Manual*: the modules
   go on answering at their addresses; a module whose button is pressed has its turn.
3. The module whose turn it is answers at unit {panel_map.ADDRESSING_UNIT}, and there only. The
   master reads its identity: serial number, type, generation, and the address it had.
4. The master writes *assign* to unit {panel_map.ADDRESSING_UNIT}, with that serial number. The
   module confirms the write as unit {panel_map.ADDRESSING_UNIT}, keeps the new address without
   power, and answers at it from then on. A wrong serial number or address is refused with exception
   3; a module that has not its turn refuses *assign* with exception 2.
5. When nobody answers at unit {panel_map.ADDRESSING_UNIT} any more, the chain is through. The
   master broadcasts *addressing* with mode 0. A module that was given none goes on with its old
   address. After the duration, and at the latest after {panel_module.MAX_ADDRESSING_S:g} s, all
   modules do so by themselves.

*Readdress* is written to a module at the address it has, at any other time: it must name its serial
number, and moves that one module. The master makes sure that an address is free before it gives it
away: two modules at one address both answer, and nobody understands either.
"""

RELAYS = """\
A relay is switched alone, so that an order for one never repeats an old state of another. Contacts
are read back at the contact: `contacts` differs from `ordered` where one is welded or a coil is
dead.

When the master falls silent, each relay does what `drops_out` says for it:

* 0, for string breakers: it holds for ever. `lease_s` of the order has no meaning.
* 1, for the alarm relay: closed, it opens when `lease_s` have passed since its last order, and its
  bit in `lapsed` is set until the next order. An order that closes it with lease 0 is refused with
  exception 3. A closed relay that is told to drop out from now on has no lease and opens at once.

Without power all relays are open; the box keeps `drops_out`.
"""


def page() -> str:
    """Return the whole page as Markdown."""
    parts = (
        (INTRODUCTION, GUARD),
        _example(),
        _identity(),
        _module(),
        _current_sensor(),
        _relay_box(),
        _environment_sensor(),
        _manager(),
    )
    return "\n".join(line for part in parts for line in part) + "\n"


def _example() -> Iterator[str]:
    block = panel_module.SLOW
    asked = guard.asked_address(block.address, EXAMPLE_COUNTER)
    values = {"resistance_ohm": 0.000412, "charge_percent": 98.5, "module_temperature_c": 24.3}
    payload = block.encode(values, unit=EXAMPLE_UNIT, asked=asked)
    request = f"{EXAMPLE_UNIT:02x} 03 {asked.to_bytes(2, 'big').hex(' ')} 00 {block.count:02x}"
    covered = bytes([EXAMPLE_UNIT, guard.READ]) + asked.to_bytes(2, "big") + payload[:-2]
    yield (
        f"**Example.** The {block.name} of module {EXAMPLE_UNIT} at `{block.address:#06x}`, asked "
        f"for with counter {EXAMPLE_COUNTER}, hence at `{asked:#06x}` "
        f"(`{block.address:#06x} + {EXAMPLE_COUNTER} x 0x2000`); all numbers are hexadecimal, the "
        "frame's own CRC is left out:\n"
    )
    yield "| | bytes |"
    yield "|---|---|"
    yield f"| request | `{request}` |"
    yield (
        f"| answer | `{EXAMPLE_UNIT:02x} 03 {len(payload):02x}` `{payload[:2].hex(' ')}` (echo) "
        f"`{payload[2:-2].hex(' ')}` (0.412 mΩ, 98.5 %, 24.3 °C) `{payload[-2:].hex(' ')}` "
        "(check) |"
    )
    yield f"| the check covers | `{covered.hex(' ')}` |"
    yield ""
    order = panel_module.SET_IDENTIFY.encode({"blink_s": 30}, unit=EXAMPLE_UNIT)
    address = panel_module.SET_IDENTIFY.address
    covered = bytes([EXAMPLE_UNIT, guard.WRITE]) + address.to_bytes(2, "big") + order[:-2]
    yield (
        f"An order: module {EXAMPLE_UNIT} shall blink for 30 s. Written to `{address:#06x}` with "
        f"counter 0: `{order[:-2].hex(' ')}` `{order[-2:].hex(' ')}` (check), which covers "
        f"`{covered.hex(' ')}`.\n"
    )


def _identity() -> Iterator[str]:
    yield "## Every device: identity\n"
    yield from _block(panel_map.IDENTITY)
    kinds = ", ".join(f"{number} {name}" for number, name in panel_map.KINDS.items())
    yield f"Kinds of device: {kinds}.\n"
    yield (
        "Modules of different hardware generations must not be mixed on a line: the engine then "
        "equalizes nothing on it.\n"
    )


def _module() -> Iterator[str]:
    yield "## Module\n"
    yield from _block(panel_module.MEASUREMENT)
    yield "Status bits:\n"
    yield from (f"* `{bit:#06x}` {text}" for bit, text in panel_module.STATUS_BITS.items())
    yield ""
    yield from _block(panel_module.SLOW)
    yield from _block(panel_module.THRESHOLDS)
    yield (
        "A module keeps its thresholds without power. It refuses a `module_temperature_high_c` "
        f"above {panel_module.HIGHEST_THRESHOLD_C:g} °C with exception 3. A cell whose voltage it "
        "cannot measure gets no bypass.\n"
    )
    yield from _block(panel_module.IDENTIFY)
    yield "The LED stops by itself.\n"
    yield from _bypass()
    yield from _block(panel_module.HOLD)
    yield (
        "A hold pauses all bypass, latches all measurements of the line at the same instant after "
        "the current has settled (16 ms), and ends by itself, within "
        f"{panel_module.MAX_HOLD_S:g} s at the latest. The latched values are served for 20 s, "
        "while the bypass works on; after that a module serves live values and `hold_sequence` "
        "0.\n"
    )
    yield "### Sleep\n"
    yield SLEEP
    yield "### Addresses\n"
    yield ADDRESSING
    yield from _block(panel_module.ADDRESSING)
    modes = panel_module.ADDRESSING_MODES.items()
    yield "Modes: " + "; ".join(f"{number} {name}" for number, name in modes) + ".\n"
    yield from _block(panel_module.ASSIGN)
    yield from _block(panel_module.READDRESS)


def _bypass() -> Iterator[str]:
    block = panel_module.BYPASS
    yield from _block(block, first_rows=2)
    first, last = block.address + 2, block.address + block.count - 2
    yield (
        f"Registers `{first:#06x}`-`{last:#06x}` follow in the same broadcast: the duty of each "
        f"unit in steps of {panel_module.DUTY_STEP_PERCENT} %, 8 bits per unit address, unit 1 in "
        f"the high byte of the first register. {panel_module.FULL_DUTY_STEPS} is full; larger "
        "numbers mean off. The check is the last of "
        f"{block.count} registers, all that one write can carry. A module repeats the sequence in "
        "its measurement block, so that a lost or foreign broadcast is seen. A module whose lease "
        "ends without a new broadcast switches its bypass off by itself; sequence 0 or above 255 "
        "is ignored.\n"
    )


def _current_sensor() -> Iterator[str]:
    yield "## Current sensor\n"
    yield from _block(panel_current_sensor.MEASUREMENT)


def _relay_box() -> Iterator[str]:
    yield "## Relay box\n"
    yield from _block(panel_relay_box.STATE)
    yield from _block(panel_relay_box.LOSS)
    yield from _block(panel_relay_box.SWITCH)
    yield RELAYS


def _environment_sensor() -> Iterator[str]:
    yield "## Environment sensor\n"
    yield from _block(panel_environment_sensor.MEASUREMENT)


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
        f"pages of {CELLS_PER_PAGE} cells, {PAGE_STRIDE} registers apart. A page begins with the "
        "echo and the age of its oldest value in 0.1 s; then one register per cell; the check "
        "follows the last cell. A page has only as many registers as there are cells.\n"
    )
    yield from _columns(panel_manager.COLUMNS)


def _block(block: Block, first_rows: int | None = None) -> Iterator[str]:
    yield f"### {block.name.capitalize()}: `{block.address:#06x}`, {_how(block)}\n"
    rows = [
        (f"`{block.address + register.offset:#06x}`", register)
        for register in block.registers[:first_rows]
    ]
    yield from _table(rows, block)


def _how(block: Block) -> str:
    accesses = {register.access for register in block.registers}
    if Access.BROADCAST in accesses:
        return "broadcast, function 16"
    if Access.READ_WRITE in accesses:
        last = block.address + block.count - 1
        written = f"`{block.address + 1:#06x}`-`{last:#06x}`"
        return f"function 3; {written} also function 16"
    return "function 16" if Access.WRITE in accesses else "function 3"


def _columns(columns: Iterable[Column]) -> Iterator[str]:
    yield "### Columns: first page, function 3\n"
    yield from _table((f"`{column.address:#06x}`", column.register) for column in columns)


def _table(rows: Iterable[tuple[str, Register]], block: Block | None = None) -> Iterator[str]:
    yield "| address | name | meaning | type | scale | unit | absent |"
    yield "|---|---|---|---|---|---|---|"
    if block is not None and block.guard is Guard.ANSWER:
        yield f"| `{block.address:#06x}` | `echo` | own address as asked for | U16 | 1 |  |  |"
    for address, register in rows:
        absent = "" if register.absent is None else str(register.absent)
        yield (
            f"| {address} | `{register.name}` | {register.label} | {register.kind.name} "
            f"| {register.scale:g} | {register.unit} | {absent} |"
        )
    if block is not None:
        last = block.address + block.count - 1
        yield f"| `{last:#06x}` | `check` | see above | U16 | 1 |  |  |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"wrote {PAGE.name}\n")
