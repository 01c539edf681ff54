"""What commissioning says of its work and of what it found: English by code, the only place of it.

A screen with its own language says the same by code and arguments.
"""

from __future__ import annotations

from typing import Final

from bacs_core.devices.catalogue import DEVICES
from bacs_core.reasons import Argument, Reason, worded

#: By code. An argument named `device` is the name of a kind of device in the site file.
SENTENCES: Final = {
    "waking": "waking sleeping modules",
    "looking": "looking who has an address already",
    "press_button": "press the button of the next module",
    "addressing": "addressing",
    "one_answers": "1 unit answers",
    "units_answer": "{count} units answer",
    "addressed": "{count} modules have an address",
    "chain_ended": "{count} of {wanted} modules have an address, no more came",
    "moved": "the module answers at unit {unit}",
    "thresholds_written": "{count} modules have them",
    "time_limit": "the line is given back after the longest time it may be lent",
    "ended_by": "ended by {name}",
    "engine_ended": "ended by the end of the engine",
    "broke": "failed; the log of the engine says why",
    "units_reversed": "the last unit comes before the first",
    "bad_units": "modules have unit addresses up to {highest}, not {unit}",
    "fixed_speed": "the speed of this line is set in its serial server, not here",
    "mixed_generations": "modules of different hardware generations must not share a line: {units}",
    "address_taken": (
        "another device answers at unit {unit} already; that address was not given again"
    ),
    "no_answer": "no module answers at unit {unit}",
    "other_serial": "unit {unit} has serial number {found}, not {wanted}",
    "several_at": "unit {unit}: several devices at this address, or a bad line",
    "no_module": "unit {unit} is no module but: {device}",
    "unknown_at": "unit {unit} answers, but as no kind of device that is known here",
    "not_taken": "module {serial} does not answer at its new address, unit {unit}",
    "modules_failed": "{failed} of {count} modules failed",
    "module_doubted": "unit {unit}: {why}",
    "threshold_kept": "unit {unit} keeps {threshold} at {found}, not at {wanted}",
    "device_refused": "{why}",
    "line_failed": "line {line}: {why}",
    "answer_spoilt": "{why}",
    # What a unit is called, and what stays unknown of it.
    "several": "several devices at this address, or a bad line",
    "unknown": "answers, unknown",
    "own_device": "device of our own map",
    "other_version": "speaks version {found} of our map, not {wanted}",
    "sunspec_marker": "carries the SunSpec marker; whether it has battery models was not read",
    "division_unknown": "its general registers fit; how its modules are divided it does not tell",
}


def say(code: str, **arguments: Argument) -> Reason:
    """Say a sentence; raises `KeyError` for a code or an argument that is not there."""
    device = arguments.get("device")
    shown = {} if device is None else {"device": DEVICES[str(device)].title}
    return worded(SENTENCES, code, arguments, shown)
