"""What the job of commissioning is doing, and how it ended, in words of the panel."""

from __future__ import annotations

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
    Told,
)
from bacs_core.commissioning.pins import spans
from bacs_core.reasons import plain
from bacs_hmi.format import MINUTE_S, NO_BREAK, Numbers, minute_of
from bacs_hmi.line_wording import sentence
from bacs_hmi.texts import Texts

AT_WORK: Final = frozenset({CommissioningState.PREPARING, CommissioningState.RUNNING})
#: What the site file calls a module of our own map.
MODULE: Final = "panel_module"
BETWEEN: Final = " · "
#: Arguments whose values are names of the engine: how the keys of their texts begin.
_NAMED: Final = {"device": "device", "threshold": "threshold"}
_PRESS: Final = "press_button"
#: What is counted meanwhile are addresses that are asked.
_LOOKING: Final = "looking"


def said(told: Told, texts: Texts, numbers: Numbers) -> str:
    """Say a sentence of the engine in the panel's language; one without a code as it came."""
    wording = told.wording
    known = None if wording is None else texts.get(f"said_{wording.code}")
    if known is None or wording is None:
        return sentence(told.text, texts)
    arguments = {
        name: _argument(name, value, texts, numbers) for name, value in wording.arguments.items()
    }
    try:
        return known.format(**arguments)
    except KeyError:
        # A newer engine may say it with other arguments.
        return told.text


def _argument(name: str, value: str | float, texts: Texts, numbers: Numbers) -> str:
    """Say what stands in a sentence: figures, kinds of devices, names of thresholds."""
    if not isinstance(value, str):
        return plain(value).replace(".", numbers.decimal_mark)
    if name in _NAMED:
        return texts.get(f"{_NAMED[name]}_{value}", value)
    return sentence(value, texts)


def is_waiting_for_button(job: Commissioning) -> bool:
    """Tell whether the next module gets its address once somebody presses its button."""
    return job.state is CommissioningState.RUNNING and _PRESS in _codes(job)


def _codes(job: Commissioning) -> set[str]:
    return {told.wording.code for told in job.told if told.wording is not None}


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


def state_words(job: Commissioning, texts: Texts, numbers: Numbers) -> str:
    """Say how far it is, or how it ended, with the engine's own reason."""
    state = texts[f"work_{job.state}"]
    reasons = [told for told in job.told if told.wording is None or told.wording.code != job.state]
    message = "; ".join(said(told, texts, numbers) for told in reasons)
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
    if order is None or not running or job.done >= order.count or _LOOKING in _codes(job):
        return None
    return order.first_unit + job.done


def unit_name(unit: FoundUnit, texts: Texts, numbers: Numbers) -> str:
    """Name a device as people do; what no list knows as the engine calls it."""
    if unit.device is None:
        return said(Told(text=unit.title, wording=unit.title_wording), texts, numbers)
    return texts.get(f"device_{unit.device}", unit.title)


def unit_facts(unit: FoundUnit, texts: Texts, numbers: Numbers) -> str:
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
    parts.append(said(Told(text=unit.remark, wording=unit.remark_wording), texts, numbers))
    return BETWEEN.join(part for part in parts if part)
