"""What a technician orders of single devices while their line goes on being polled."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Final

from bacs_core.bus.frames import Request
from bacs_core.bus.owner import Owner, Priority
from bacs_core.commissioning.words import say
from bacs_core.devices import panel_relay_box
from bacs_core.devices.panel_map import IDENTITY, KIND_MODULE, MAP_ID
from bacs_core.devices.panel_module import (
    HIGHEST_THRESHOLD_C,
    SET_IDENTIFY,
    SET_THRESHOLDS,
    THRESHOLDS,
)
from bacs_core.devices.registers import Block
from bacs_core.errors import BusError, DeviceError, FrameError, RefusedError
from bacs_core.model import String
from bacs_core.polling import accessories, thresholds
from bacs_core.polling.accessories import AccessoryImage
from bacs_core.polling.guarded import RequestCounter, order, question
from bacs_core.polling.modules import ModulePoll

#: How long an order may wait for its turn on a line whose rounds are long.
PATIENCE_S: Final = 8.0
#: A relay that drops out without renewal stays closed so long after a person closed it.
RELAY_LEASE_S: Final = 3600.0
#: A contact needs so long to follow.
CONTACT_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class SafeRange:
    """What a threshold may be, in the unit of its register."""

    lowest: float
    highest: float
    switches_off: float | None = None
    """A value out of the range that means "never"."""

    def holds(self, value: float) -> bool:
        """Tell whether `value` may be written."""
        return self.lowest <= value <= self.highest or value == self.switches_off


#: Whatever the string is. Electronics get warm by bypass alone, and a module that sleeps between
#: two rounds is never heard again.
SAFE: Final = {
    "module_temperature_high_c": SafeRange(40.0, HIGHEST_THRESHOLD_C),
    "bypass_voltage_low_v": SafeRange(0.5, 16.0),
    "sleep_after_s": SafeRange(60.0, 65534.0, switches_off=0.0),
}
_numbers = count()


async def send(owner: Owner, make: Callable[[], Request]) -> bytes:
    """Put one request between the polls of a line; raises `RefusedError` where that fails."""
    try:
        # A slot of its own: no other order may take its place.
        sent = owner.command(f"order {next(_numbers)}", Priority.ORDER, make)
        return await asyncio.wait_for(sent, PATIENCE_S)
    except DeviceError as error:
        raise RefusedError(say("device_refused", why=str(error)), code="device_refused") from error
    except (BusError, TimeoutError) as error:
        reason = say("line_failed", line=owner.line.id, why=str(error) or "busy")
        raise RefusedError(reason, code="no_answer") from error


async def identify(owner: Owner, counter: RequestCounter, unit: int, seconds: int) -> None:
    """Let the LED of a module blink, but write nothing before it has said that it is one."""
    told = await _read(owner, unit, counter, IDENTITY)
    if (told["map_id"], told["device_kind"]) != (MAP_ID, KIND_MODULE):
        raise RefusedError(f"unit {unit} is no module of our own map", code="not_a_module")
    values = {"blink_s": float(seconds)}
    await send(owner, lambda: order(unit, counter, SET_IDENTIFY, values))


async def switch_relay(owner: Owner, image: AccessoryImage, relay: int, *, closed: bool) -> None:
    """Switch a relay and look whether its contact followed; raises `RefusedError`."""
    request = accessories.switch_request(image, relay, closed=closed, lease_s=RELAY_LEASE_S)
    await send(owner, lambda: request)
    await asyncio.sleep(CONTACT_S)
    values = await _read(
        owner, image.accessory.address.unit, image.identity.counter, panel_relay_box.STATE
    )
    contacts = panel_relay_box.bits(values["contacts"], panel_relay_box.RELAYS)
    if contacts[relay - 1] is not closed:
        reason = f"the contact of relay {relay} of {image.accessory.name} did not follow"
        raise RefusedError(reason, code="contact_stuck")


def checked_thresholds(wanted: Mapping[str, float], string: String) -> None:
    """Refuse thresholds that the map does not have, that do not fit, or that are not safe."""
    rows = {register.name: register for register in SET_THRESHOLDS.registers}
    for name, value in wanted.items():
        if name not in rows:
            known = ", ".join(rows)
            raise RefusedError(f"there is no threshold {name!r}; {known}", code="unknown_threshold")
        register = rows[name]
        if not math.isfinite(value) or not SAFE[name].holds(value):
            raise RefusedError(f"{name} cannot be {value:g}", code="bad_threshold")
        # Half a step is lost in writing, never more.
        if abs((register.value(register.raw(value)) or 0.0) - value) > 0.51 * register.scale:
            raise RefusedError(f"{name} cannot be {value:g}", code="bad_threshold")
    for _, doubt in thresholds.doubts(string, {0: {**dict.fromkeys(rows), **wanted}}):
        raise RefusedError(str(doubt), code="bad_threshold")


async def set_thresholds(owner: Owner, module: ModulePoll, wanted: Mapping[str, float]) -> None:
    """Write thresholds of one module, leave its others as they are, and read all of them back."""
    unit, counter = module.address.unit, module.identity.counter
    if not module.identity.is_believed():
        reason = say("module_doubted", unit=unit, why=module.identity.problem or "does not answer")
        raise RefusedError(reason, code="not_online")
    values = {**await _read(owner, unit, counter, THRESHOLDS), **wanted}
    await send(owner, lambda: order(unit, counter, SET_THRESHOLDS, values))
    kept = await _read(owner, unit, counter, THRESHOLDS)
    for register in SET_THRESHOLDS.registers:
        name = register.name
        if kept[name] != register.value(register.raw(values[name])):
            reason = say(
                "threshold_kept",
                unit=unit,
                threshold=name,
                found=_known(kept[name]),
                wanted=_known(values[name]),
            )
            raise RefusedError(reason, code="not_taken_over")
    # What was doubted of them before is judged anew with the next round.
    module.thresholds_due_at = 0.0


async def _read(
    owner: Owner, unit: int, counter: RequestCounter, block: Block
) -> dict[str, float | None]:
    asking = question(unit, counter, block)
    payload = await send(owner, asking.request)
    try:
        return block.decode(payload, unit=unit, asked=asking.asked)
    except FrameError as error:
        raise RefusedError(say("answer_spoilt", why=str(error)), code="no_answer") from error


def _known(value: float | None) -> float | str:
    return "-" if value is None else value
