"""What the job of commissioning is doing, and how it ended, in words of the panel."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from bacs_core.api.messages import (
    CommandName,
    Commissioning,
    CommissioningState,
    FoundUnit,
    StartAddressing,
)
from bacs_core.commissioning.pins import spans
from bacs_hmi.format import MINUTE_S, NO_BREAK, Numbers, minute_of
from bacs_hmi.texts import Texts

AT_WORK: Final = frozenset({CommissioningState.PREPARING, CommissioningState.RUNNING})
#: What the site file calls a module of our own map.
MODULE: Final = "panel_module"
BETWEEN: Final = " · "
#: The sentences of the engine about a job; the named groups are the places of the text. What is in
#: none of them is shown as it came.
SENTENCES: Final[Mapping[str, str]] = {
    "work_waking": r"waking sleeping modules",
    "work_looking": r"looking who has an address already",
    "work_press_button": r"press the button of the next module",
    "work_addressing": r"addressing",
    "work_one_answers": r"1 unit answers",
    "work_units_answer": r"(?P<count>\d+) units answer",
    "work_addressed": r"(?P<count>\d+) modules have an address",
    "work_chain_ended": r"(?P<count>\d+) of (?P<wanted>\d+) modules have an address, no more came",
    "work_moved": r"the module answers at unit (?P<unit>\d+)",
    "work_thresholds_written": r"(?P<count>\d+) modules have them",
    "work_time_limit": r"the line is given back after the longest time it may be lent",
    "work_engine_ended": r"ended by the end of the engine",
    "work_ended_by": r"ended by (?P<name>.+)",
    "work_broke": r"failed; the log of the engine says why",
    "work_address_taken": r"another device answers at unit (?P<unit>\d+) already; "
    r"that address was not given again",
    "work_bad_units": r"modules have unit addresses up to (?P<highest>\d+), not (?P<unit>\d+)",
    "work_no_answer": r"no module answers at unit (?P<unit>\d+)",
    "work_other_serial": r"unit (?P<unit>\d+) has serial number (?P<found>\d+), "
    r"not (?P<wanted>\d+)",
    "work_several": r"(unit (?P<unit>\d+): )?several devices at this address, or a bad line",
    "work_no_module": r"unit (?P<unit>\d+) is no module but: (?P<found>.+)",
    "work_not_taken": r"module (?P<serial>\d+) does not answer at its new address, "
    r"unit (?P<unit>\d+)",
    "work_units_reversed": r"the last unit comes before the first",
    "work_fixed_speed": r"the speed of this line is set in its serial server, not here",
    "work_mixed": r"(?P<before>.*?;? ?)modules of different hardware generations must not share a "
    r"line: (?P<units>.+)",
    "remark_other_version": r"speaks version (?P<found>\d+) of our map, not (?P<wanted>\d+)",
    "remark_sunspec": r"carries the SunSpec marker; whether it has battery models was not read",
    "remark_division": r"its general registers fit; how its modules are divided it does not tell",
    "remark_unknown": r"answers, unknown",
}
_READ: Final = tuple((name, re.compile(pattern)) for name, pattern in SENTENCES.items())
_PRESS: Final = "work_press_button"


def said(message: str, texts: Texts) -> str:
    """Say a sentence of the engine about a job in the panel's language; unknown ones as they came.

    A conflict of generations is told by `conflict`, from what was found.
    """
    for name, pattern in _READ:
        match = pattern.fullmatch(message)
        if match is not None:
            places = {key: value or "" for key, value in match.groupdict().items()}
            if name == "work_mixed":
                return texts[name]
            return texts[name].format(**places)
    return message


def is_waiting_for_button(job: Commissioning) -> bool:
    """Tell whether the next module gets its address once somebody presses its button."""
    match = re.fullmatch(SENTENCES[_PRESS], job.message)
    return job.state is CommissioningState.RUNNING and match is not None


def conflict(found: Iterable[FoundUnit]) -> Mapping[int, str]:
    """Return the units of each hardware generation, where modules of several share a line."""
    units: defaultdict[int, list[int]] = defaultdict(list)
    for unit in found:
        if unit.device == MODULE and unit.hardware_generation is not None:
            units[unit.hardware_generation].append(unit.unit)
    if len(units) < 2:  # noqa: PLR2004 - one generation conflicts with none
        return {}
    return {generation: spans(units[generation]) for generation in sorted(units)}


def conflict_words(found: Iterable[FoundUnit], texts: Texts) -> str:
    """Say which generations share the line, and where; empty where there is no conflict."""
    parts = [
        texts["generation_at"].format(generation=generation, units=units)
        for generation, units in conflict(found).items()
    ]
    return texts["mixed_generations_on_line"].format(units="; ".join(parts)) if parts else ""


def place(job: Commissioning, texts: Texts) -> str:
    """Name the wire of a job."""
    if job.line_id is not None:
        return texts["line_named"].format(line=job.line_id)
    return job.port or ""


def headline(job: Commissioning, texts: Texts) -> str:
    """Say what is done where: `Search on line modules`; empty where nothing was done yet."""
    if job.command is None:
        return ""
    return BETWEEN.join(part for part in (texts[f"work_{job.command}"], place(job, texts)) if part)


def state_words(job: Commissioning, texts: Texts) -> str:
    """Say how far it is, or how it ended, with the engine's own reason."""
    state = texts[f"work_{job.state}"]
    message = said(job.message, texts)
    return f"{state}: {message}" if message else state


def numbers_words(job: Commissioning, texts: Texts, numbers: Numbers) -> str:
    """Say what is counted: `40 of 247 · 9600 baud, no parity · 3 found · at most 2 min more`."""
    parts = []
    if job.total:
        parts.append(texts["work_done_of"].format(done=job.done, total=job.total))
    if job.baud is not None and job.parity is not None:
        parts.append(f"{job.baud} {texts['baud']}, {texts[f'parity_{job.parity}']}")
    if job.command is CommandName.START_SCAN:
        parts.append(texts["work_found"].format(count=len(job.found)))
    if job.state in AT_WORK and job.remaining_s is not None:
        parts.append(texts["work_remaining"].format(time=duration(numbers, job.remaining_s)))
    return BETWEEN.join(parts)


def duration(numbers: Numbers, duration_s: float) -> str:
    """Write a time that is left, rounded up: seconds below two minutes, then minutes."""
    if duration_s < 2 * MINUTE_S:
        return f"{int(duration_s) + 1}{NO_BREAK}s"
    return numbers.with_unit(int(duration_s / MINUTE_S) + 1, 0, "min")


def share(job: Commissioning) -> float | None:
    """Return how much of the job is done, from 0 to 1; nothing where nobody can know."""
    return None if job.total == 0 else min(1.0, job.done / job.total)


def pause_words(job: Commissioning, texts: Texts, today: datetime) -> str:
    """Say that protection is paused on a line, and until when at the latest; else nothing."""
    if job.state not in AT_WORK or job.line_id is None or job.command is CommandName.SET_THRESHOLDS:
        return ""
    if job.state is CommissioningState.PREPARING or job.ends_at_latest is None:
        return texts["pause_begins"].format(line=job.line_id)
    until = minute_of(job.ends_at_latest, today, texts["day_format"])
    return texts["pause_stands"].format(line=job.line_id, until=until)


def next_unit(job: Commissioning, order: StartAddressing | None) -> int | None:
    """Return the address that is given next, where this panel gave the order."""
    running = job.command is CommandName.START_ADDRESSING and job.state in AT_WORK
    if order is None or not running or job.done >= order.count:
        return None
    return order.first_unit + job.done


def unit_name(unit: FoundUnit, texts: Texts) -> str:
    """Name a device as people do; what no list knows as the engine calls it."""
    if unit.device is None:
        return said(unit.title, texts)
    return texts.get(f"device_{unit.device}", unit.title)


def unit_facts(unit: FoundUnit, texts: Texts) -> str:
    """Say what a device tells of itself, on one line."""
    parts = [unit.module_type or ""]
    if unit.hardware_generation:
        parts.append(texts["generation"].format(generation=unit.hardware_generation))
    if unit.serial_number is not None:
        parts.append(texts["serial_number"].format(number=unit.serial_number))
    if unit.firmware_version:
        parts.append(texts["firmware"].format(version=unit.firmware_version))
    cells = [str(count) for count in unit.string_cells if count is not None]
    if cells:
        parts.append(texts["cells_of_strings"].format(cells=" + ".join(cells)))
    parts.append(said(unit.remark, texts))
    return BETWEEN.join(part for part in parts if part)
