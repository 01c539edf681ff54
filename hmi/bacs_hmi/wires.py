"""What the page of lines and devices says: one row per line, and under it what hangs on it.

Rows are plain texts, read from the mirror at each tick; how they look is the page's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bacs_core.api.live import LiveSite
from bacs_core.api.messages import (
    AccessoryInfo,
    AccessoryStatus,
    Doubt,
    LineInfo,
    LineStatus,
    Measured,
)
from bacs_core.model import AlarmSeverity, Manager, cell_label
from bacs_core.reasons import plain
from bacs_hmi.format import ABSENT, NO_BREAK, Numbers, age
from bacs_hmi.line_wording import register_name, sentence
from bacs_hmi.texts import Texts
from bacs_hmi.wording import said, word

#: Up to one garbled answer in a thousand comes of a switch or a motor nearby. From one in a hundred
#: on every round of a line has some, and whoever is asked late is near its time-out.
GARBLED_RAISED: Final = 0.001
GARBLED_BAD: Final = 0.01
#: Of fewer requests a share says nothing: the first ones meet devices that are being started.
BAD_FROM: Final = 1000
JUDGED_FROM: Final = 10_000
#: An environment sensor is asked every round.
STALE_AFTER_S: Final = 15.0
SEPARATOR: Final = " · "
#: Where the system names adapters by maker, kind and serial number.
BY_ID: Final = "/dev/serial/by-id/"
#: Longer names than this are broken.
ONE_LINE: Final = 24
MAY_BREAK: Final = "\u200b"
_PARTS: Final = re.compile(r"[-_/:.]+")


class RowKind(StrEnum):
    """What a row is about."""

    LINE = "line"
    MANAGER = "manager"
    ACCESSORY = "accessory"


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `old` says that its values were not read for a while.

    `more` is a list that is folded away until somebody wants it.
    """

    kind: RowKind
    key: str
    name: str
    facts: str = ""
    state: str = ""
    reason: str = ""
    values: str = ""
    counts: str = ""
    severity: AlarmSeverity | None = None
    old: bool = False
    more: tuple[str, ...] = ()


def rows(live: LiveSite, texts: Texts, numbers: Numbers) -> tuple[Row, ...]:
    """Read all rows, in the order of the site file: each line, then what hangs on it."""
    info = live.info
    if info is None:
        return ()
    told: set[str] = set()
    found: list[Row] = []
    for line in info.lines:
        found.append(_line(line, live.lines.get(line.id), texts, numbers))
        for manager in info.site.managers:
            if _hangs_on(manager, line) and manager.id not in told:
                told.add(manager.id)
                found.append(_manager(manager, live, texts, numbers))
        found += [
            _accessory(accessory, live, texts, numbers)
            for accessory in info.accessories
            if accessory.line_id == line.id
        ]
    return tuple(found)


def _hangs_on(manager: Manager, line: LineInfo) -> bool:
    return manager.id in line.managers or any(
        string.key in line.strings for string in manager.strings
    )


def _line(info: LineInfo, status: LineStatus | None, texts: Texts, numbers: Numbers) -> Row:
    facts = [texts[f"link_{info.link.value}"], port_name(info.port)]
    if info.baud is not None:
        facts.insert(1, f"{info.baud}{NO_BREAK}{texts['baud']}")
    name = texts["line_named"].format(line=info.id)
    row = Row(RowKind.LINE, info.id, name, SEPARATOR.join(facts))
    if status is None:
        return row
    state, severity = texts["line_open"], None
    if not status.port_open:
        state, severity = texts["line_gone"], AlarmSeverity.ALARM
    elif status.lent:
        state, severity = texts["line_lent"], AlarmSeverity.WARNING
    elif status.silent_units:
        severity = AlarmSeverity.WARNING
    silent = ", ".join(map(str, status.silent_units))
    quality, garbled = _garbled(status, texts, numbers)
    if garbled is not None and severity is None:
        severity = garbled
    reasons = [texts["silent_units"].format(units=silent) if silent else ""]
    reasons.append(quality)
    times = [texts["round"].format(round=_seconds(status.round_s, numbers))]
    if status.wire_round_s is not None:
        times.append(texts["wire"].format(wire=_seconds(status.wire_round_s, numbers)))
    counted = ("requests", "timeouts", "frame_errors", "refusals", "lost_bytes")
    return Row(
        row.kind,
        row.key,
        row.name,
        row.facts,
        state,
        SEPARATOR.join(filter(None, reasons)) or sentence(status.message, texts),
        SEPARATOR.join(times),
        SEPARATOR.join(_counted(getattr(status, name), name, texts) for name in counted),
        severity,
    )


def port_name(port: str) -> str:
    """Write a port so that it can be recognised: without what all of them begin with.

    A long name may be broken where its parts end, and nowhere else.
    """
    name = port.removeprefix(BY_ID)
    return name if len(name) <= ONE_LINE else _PARTS.sub(rf"\g<0>{MAY_BREAK}", name)


def _garbled(
    status: LineStatus, texts: Texts, numbers: Numbers
) -> tuple[str, AlarmSeverity | None]:
    """Say how many of the answers came garbled since the engine started, and how bad that is."""
    if status.requests < BAD_FROM:
        return "", None
    share = status.frame_errors / status.requests
    shown = numbers.with_unit(100 * share, 2 if share < GARBLED_BAD else 1, "%")
    if share >= GARBLED_BAD:
        return texts["line_bad"].format(share=shown), AlarmSeverity.WARNING
    if status.requests < JUDGED_FROM:
        return "", None
    if share >= GARBLED_RAISED:
        return texts["line_doubtful"].format(share=shown), AlarmSeverity.WARNING
    return texts["line_sound"].format(share=shown), None


def _counted(count: int, name: str, texts: Texts) -> str:
    """Write a count with what is counted; a large one so that it can be read."""
    words = texts[f"{name}_one" if count == 1 else name]
    return f"{count:,}".replace(",", NO_BREAK) + NO_BREAK + words


def _seconds(value_s: float | None, numbers: Numbers) -> str:
    return numbers.with_unit(value_s, 2, "s")


def _manager(manager: Manager, live: LiveSite, texts: Texts, numbers: Numbers) -> Row:
    status = live.managers.get(manager.id)
    doubts, worst = _doubts(manager, live, texts, numbers)
    if manager.device == "engine":
        severity = None if worst is None else AlarmSeverity.WARNING
        state = "" if worst is None else texts["doubtful" if worst.believed else "not_believed"]
        facts = texts["drives_modules"]
        return Row(
            RowKind.MANAGER, manager.id, manager.name, facts, state, doubts, severity=severity
        )
    online = None if status is None else status.online
    words = {True: "online", False: "offline", None: "not_asked"}
    state, severity = texts[words[online]], AlarmSeverity.ALARM if online is False else None
    reason = ""
    if status is None:
        return Row(
            RowKind.MANAGER,
            manager.id,
            manager.name,
            device_name(manager.device, texts),
            state,
            doubts,
            severity=severity,
        )
    if status.problem is not None:
        state, severity = texts["not_believed"], AlarmSeverity.ALARM
        reason = said(status.problem, status.problem_wording, texts, numbers)
    wordings = status.remark_wordings or [None] * len(status.remarks)
    phases = [texts.get(f"phase_{phase}", phase) for phase in status.phases]
    return Row(
        RowKind.MANAGER,
        manager.id,
        manager.name,
        device_name(manager.device, texts),
        state,
        reason or doubts,
        SEPARATOR.join(
            [*_who(status.serial_number, status.firmware_version, texts), *phases]
            + [word(texts, flag) for flag in status.flags]
        ),
        SEPARATOR.join(
            said(remark, wording, texts, numbers)
            for remark, wording in zip(status.remarks, wordings, strict=False)
        ),
        severity,
        more=tuple(
            f"{register_name(name, texts)} {plain(value).replace('.', numbers.decimal_mark)}"
            for name, value in status.registers.items()
        ),
    )


def _doubts(
    manager: Manager, live: LiveSite, texts: Texts, numbers: Numbers
) -> tuple[str, Doubt | None]:
    """Say about which modules of a manager something is wrong, and return the worst doubt."""
    found: list[tuple[Doubt, str]] = []
    count = 0
    for string in manager.strings:
        mirror = live.strings.get(string.key)
        if mirror is None:
            continue
        count += mirror.scalars.doubt_count
        for doubt in mirror.scalars.doubts:
            reason = said(doubt.reason, doubt.wording, texts, numbers)
            cell = cell_label(doubt.cell, string.cell_count)
            found.append((doubt, texts["cell_doubted"].format(cell=cell, reason=reason)))
    if not found:
        return "", None
    worst, text = min(found, key=lambda row: row[0].believed)
    if count > 1:
        text = f"{text}; {texts['and_more'].format(count=count - 1)}"
    return text, worst


def _who(serial_number: int | None, firmware_version: str | None, texts: Texts) -> list[str]:
    known = []
    if serial_number is not None:
        known.append(texts["serial_number"].format(number=serial_number))
    if firmware_version is not None:
        known.append(texts["firmware"].format(version=firmware_version))
    return known


def _accessory(info: AccessoryInfo, live: LiveSite, texts: Texts, numbers: Numbers) -> Row:
    status = live.accessories.get(info.id)
    facts = f"{device_name(info.device, texts)}{SEPARATOR}{texts['unit'].format(unit=info.unit)}"
    row = Row(RowKind.ACCESSORY, info.id, info.name, facts)
    if status is None:
        return row
    words = {True: "online", False: "offline", None: "not_asked"}
    state = texts[words[status.online]]
    severity = AlarmSeverity.WARNING if status.online is False else None
    if status.problem is not None:
        state, severity = texts["not_believed"], AlarmSeverity.WARNING
    measured, old = _environment(status, live, texts, numbers)
    contacts = [*_contacts(info.inputs, status.inputs, texts), *_relays(info, status, texts)]
    return Row(
        row.kind,
        row.key,
        row.name,
        row.facts,
        state,
        said(status.problem or "", status.problem_wording, texts, numbers),
        SEPARATOR.join([*contacts, *measured]),
        SEPARATOR.join(_who(status.serial_number, status.firmware_version, texts)),
        severity,
        old,
    )


def device_name(name: str, texts: Texts) -> str:
    """Name a kind of device; one of a newer engine by its own name."""
    return texts.get(f"device_{name}", name.replace("_", " "))


def _contacts(names: list[str], states: list[bool | None], texts: Texts) -> Iterator[str]:
    for name, state in zip(names, states, strict=False):
        yield f"{name} {_contact(state, texts)}"


def _relays(info: AccessoryInfo, status: AccessoryStatus, texts: Texts) -> Iterator[str]:
    for number, (name, state) in enumerate(zip(info.relays, status.relays, strict=False), start=1):
        if state is not None and number in info.breakers:
            # Open or closed would be taken for the breaker's own state.
            yield f"{name}: {texts['breaker_relay_on' if state else 'breaker_relay_off']}"
        else:
            yield f"{name} {_contact(state, texts)}"


def _contact(state: bool | None, texts: Texts) -> str:  # noqa: FBT001 - what a contact does
    if state is None:
        return ABSENT
    return texts["contact_closed" if state else "contact_open"]


def _environment(
    status: AccessoryStatus, live: LiveSite, texts: Texts, numbers: Numbers
) -> tuple[list[str], bool]:
    """Return the values of the room with the age of the oldest, and whether that is too old."""
    shown: tuple[tuple[Measured | None, str, int, str], ...] = (
        (status.temperature_c, texts["temperature"], 1, "°C"),
        (status.humidity_percent, texts["humidity"], 0, "%"),
        (status.hydrogen_percent, texts["hydrogen"], 2, "%"),
    )
    parts: list[str] = []
    ages: list[float] = []
    for measured, name, decimals, unit in shown:
        if measured is not None:
            parts.append(f"{name} {numbers.with_unit(measured.value, decimals, unit)}")
            ages.append(live.age_of(measured.read_at) or 0.0)
    if not ages:
        return [], False
    oldest_s = max(ages)
    parts.append(texts["age_of"].format(age=age(numbers, oldest_s)))
    return parts, oldest_s > STALE_AFTER_S
