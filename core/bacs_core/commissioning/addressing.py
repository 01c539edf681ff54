"""Gives modules of our own map their unit addresses, over a borrowed line.

Nothing is written to an address at which somebody answers, and every new address is read back: it
counts only with the serial number that was meant. Whatever ends the work early leaves the modules
with the addresses they have by then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bacs_core.bus.frames import BROADCAST_UNIT
from bacs_core.commissioning import own_map
from bacs_core.commissioning.found import Found, mixed_generations
from bacs_core.commissioning.recognition import SEVERAL, Ear
from bacs_core.commissioning.scan import Speed
from bacs_core.commissioning.words import say
from bacs_core.devices import panel_module
from bacs_core.devices.panel_map import ADDRESSING_UNIT, MAX_MODULE_UNIT
from bacs_core.devices.panel_module import ADDRESSING, ADDRESSING_CLOSED, ASSIGN, READDRESS
from bacs_core.errors import RefusedError
from bacs_core.reasons import Reason

#: The next module of a chain comes within this time, or the chain ends here.
CHAIN_PATIENCE_S: Final = 3.0
#: How often a line is asked whether somebody has pressed a button.
ASK_AGAIN_S: Final = 0.2
#: How often a module is asked at its new address, which it may take a moment to use.
READ_BACK_TRIES: Final = 5

Report = Callable[[Found], None]


@dataclass(frozen=True, slots=True)
class Order:
    """`count` addresses from `first_unit` on; `patience_s` is how long the next module may take.

    The modules end addressing by themselves after `duration_s`.
    """

    mode: int
    first_unit: int
    count: int
    patience_s: float
    duration_s: float

    @property
    def units(self) -> range:
        """The addresses that are given away."""
        return range(self.first_unit, self.first_unit + self.count)


def refusal(order: Order, present: Sequence[Found]) -> RefusedError | None:
    """Say why these addresses cannot be given on a line on which `present` answered.

    A module may get the address that it has already; that shows when its turn comes.
    """
    if order.units[-1] > MAX_MODULE_UNIT:
        reason = say("bad_units", highest=MAX_MODULE_UNIT, unit=order.units[-1])
        return RefusedError(reason, code="bad_unit")
    for other in present:
        if other.unit in order.units and other.device != panel_module.NAME:
            return address_taken(other.unit)
    return mixed_generations(present)


def address_taken(unit: int) -> RefusedError:
    """Refuse to give an address at which another device answers."""
    return RefusedError(say("address_taken", unit=unit), code="address_taken")


async def address(
    ear: Ear, speed: Speed, order: Order, present: Sequence[Found], report: Report
) -> Reason:
    """Address modules until `order` is done or nobody comes; say how it ended.

    Raises `RefusedError` where a module must not get its address, `PortGoneError`.
    """
    if (error := refusal(order, present)) is not None:
        raise error
    done: list[Found] = []
    await _switch(ear, order.mode, order.duration_s)
    try:
        for unit in order.units:
            module = await _whose_turn(ear, speed, order.patience_s)
            if module is None:
                return say("chain_ended", count=len(done), wanted=order.count)
            if error := _misfit(unit, module, present, done):
                raise error
            await _require_free(ear, speed, unit, module)
            await _assign(ear, module, unit)
            done.append(await _read_back(ear, speed, unit, module))
            report(done[-1])
    finally:
        await _switch(ear, ADDRESSING_CLOSED, 0)
    return say("addressed", count=len(done))


def _misfit(
    unit: int, module: Found, present: Sequence[Found], done: Sequence[Found]
) -> RefusedError | None:
    """Say why `module` must not get the address `unit`.

    A module that has it and waits silently for its own turn would share it if the work ended now.
    """
    moved = {other.serial_number for other in done} | {module.serial_number}
    for other in present:
        if other.unit == unit and other.serial_number not in moved:
            return address_taken(unit)
    return mixed_generations([*present, *done, module])


async def readdress(ear: Ear, speed: Speed, unit: int, serial_number: int, new_unit: int) -> Found:
    """Move one module from `unit` to `new_unit` and return it as it answers there.

    Raises `RefusedError` where another device answers, or the new address is taken.
    """
    module = await _module_at(ear, speed, unit)
    if module is None:
        raise RefusedError(say("no_answer", unit=unit), code="no_answer")
    if module.serial_number != serial_number:
        found = module.serial_number or 0
        reason = say("other_serial", unit=unit, found=found, wanted=serial_number)
        raise RefusedError(reason, code="another_device")
    await _require_free(ear, speed, new_unit, module)
    values = {"serial_number": float(serial_number), "unit_address": float(new_unit)}
    await ear.ask(own_map.write(READDRESS, unit, values))
    return await _read_back(ear, speed, new_unit, module)


async def _switch(ear: Ear, mode: int, duration_s: float) -> None:
    values = {"mode": float(mode), "duration_s": duration_s}
    await ear.ask(own_map.write(ADDRESSING, BROADCAST_UNIT, values))


async def _whose_turn(ear: Ear, speed: Speed, patience_s: float) -> Found | None:
    """Wait for the next module; `None` where none comes. Raises `RefusedError` for two at once."""
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + patience_s
    while True:
        module = await _module_at(ear, speed, ADDRESSING_UNIT)
        if module is not None or loop.time() >= give_up_at:
            return module
        await asyncio.sleep(ASK_AGAIN_S)


async def _module_at(ear: Ear, speed: Speed, unit: int) -> Found | None:
    found = await ear.look_for_own(unit, speed)
    if found is None:
        return None
    if found.title == SEVERAL:
        raise RefusedError(say("several_at", unit=unit), code="several")
    if found.device != panel_module.NAME:
        reason = (
            say("no_module", unit=unit, device=found.device)
            if found.device is not None
            else say("unknown_at", unit=unit)
        )
        raise RefusedError(reason, code="another_device")
    return found


async def _require_free(ear: Ear, speed: Speed, unit: int, module: Found) -> None:
    other = await ear.look(unit, speed)
    if other is not None and other.serial_number != module.serial_number:
        raise address_taken(unit)


async def _assign(ear: Ear, module: Found, unit: int) -> None:
    values = {"serial_number": float(module.serial_number or 0), "unit_address": float(unit)}
    await ear.ask(own_map.write(ASSIGN, ADDRESSING_UNIT, values))


async def _read_back(ear: Ear, speed: Speed, unit: int, module: Found) -> Found:
    """Return the module as it answers at its new address, or raise `RefusedError`."""
    for _ in range(READ_BACK_TRIES):
        found = await ear.look_for_own(unit, speed)
        if found is not None and found.serial_number == module.serial_number:
            return found
        await asyncio.sleep(ASK_AGAIN_S)
    reason = say("not_taken", serial=module.serial_number or 0, unit=unit)
    raise RefusedError(reason, code="not_taken_over")
